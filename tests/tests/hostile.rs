//! The hostile corpus, case by case: the host keeps control and gets what it must, the VM is usable
//! afterwards, and no more memory is in use than the limit allows, but for a little.
//!
//! How long the steps take is not looked at here; the example `hostile_latency` prints it.

#![expect(clippy::print_stdout, reason = "figures for whoever runs it with --nocapture")]

use std::time::{Duration, Instant};

use luster_tests::hostile::{Case, corpus, run};
use peak_alloc::PeakAlloc;

/// What the process really has on its heap: the corpus has one test, so that nothing else counts.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// How large a step is.
const FUEL: u64 = 100_000;

/// How much more than its limit a VM may use.
fn leeway(case: &Case) -> usize {
    (case.memory / 20).max(1 << 20)
}

#[test]
fn every_case_comes_to_what_it_must() {
    let begin = Instant::now();
    let clock = || begin.elapsed();
    let cases = corpus();
    assert!(cases.len() >= 250, "{} cases", cases.len());
    let filter = std::env::var("HOSTILE").unwrap_or_default();
    let mut complaints = Vec::new();
    let mut slowest = (Duration::ZERO, "");
    for case in cases.iter().filter(|case| case.name.contains(&filter)) {
        let (start, heap) = (begin.elapsed(), HEAP.current_usage());
        HEAP.reset_peak_usage();
        let mut report = run(case, FUEL, clock);
        let peak = HEAP.peak_usage().saturating_sub(heap);
        let allowed = case.memory + leeway(case) + case.source.len() * SOURCE_COST;
        if std::env::var("FIGURES").is_ok() {
            println!(
                "FIG {} {} {} {}",
                peak as i64 - case.memory as i64 - (case.source.len() * SOURCE_COST) as i64,
                report.beyond_limit,
                case.memory,
                case.name
            );
        }
        if peak > allowed {
            report.complaints.push(format!("{peak} bytes on the heap, and {allowed} allowed"));
        }
        if report.beyond_limit > leeway(case) {
            report.complaints.push(format!("{} bytes beyond the limit", report.beyond_limit));
        }
        complaints.extend(report.complaints.iter().map(|what| format!("{}: {what}", case.name)));
        let took = begin.elapsed() - start;
        // In the stress build some take their time, and the test some minutes.
        if took > Duration::from_secs(5) {
            println!("{} took {took:?}", case.name);
        }
        slowest = slowest.max((took, &case.name));
    }
    println!("{} cases in {:?}; {} took {:?}", cases.len(), begin.elapsed(), slowest.1, slowest.0);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// What loading a byte of the host's own source may take: the host decides what it loads, and its
/// tree is gone when the script begins.
const SOURCE_COST: usize = 100;
