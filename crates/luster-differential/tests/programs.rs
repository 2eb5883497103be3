//! Random programs on both engines.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use luster_differential::{SUBJECTS, compare, faulty_programs, programs};

/// How many programs there are about each subject.
const COUNT: u64 = 700;

#[test]
fn programs_print_the_same() {
    for subject in SUBJECTS {
        let comparison = compare(subject, &programs(subject, COUNT));
        println!(
            "{subject}: {} programs, {} lines, {} known differences",
            comparison.cases, comparison.lines, comparison.exempt
        );
        comparison.check();
    }
}

#[test]
fn faults_are_told_the_same() {
    let comparison = compare("faulty", &faulty_programs(10_000));
    println!(
        "{} texts, {} lines, {} known differences",
        comparison.cases, comparison.lines, comparison.exempt
    );
    comparison.check();
}
