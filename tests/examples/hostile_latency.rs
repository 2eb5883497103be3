//! Prints how long the hostile corpus keeps its host waiting: the longest single step of each case
//! in processor time, the median of some runs (three, unless it is said how many), the worst cases
//! first, and how far the VM was beyond its memory limit at the end of a step. Then the time that
//! loading took, and the memory beyond the limit, where they were most.
//!
//! One table being traced or rehashed cannot be interrupted, and may take 100 ns for each entry; nor can
//! the atomic step of a collection, which goes through all weak tables and all objects with finalizers. The VM
//! counts them: a case whose steps are all within the bar but for that is told apart, with how many entries
//! the table had.
//!
//! `cargo run --release -p luster-tests --example hostile_latency -- [FILTER or FILE] [RUNS]`

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::time::Duration;

use luster_tests::hostile::{Case, Report, corpus, run};

/// How large a step is.
const FUEL: u64 = 100_000;

/// How long a step may take.
const BAR: Duration = Duration::from_millis(3);

/// How many runs there are, unless it is said.
const RUNS: usize = 3;

/// The processor time of this thread: what else the machine does, does not count.
#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(unix))]
fn now() -> Duration {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How far a case was beyond its memory limit, in kilobytes.
fn beyond_limit(report: &Report) -> f64 {
    report.beyond_limit as f64 / 1024.0
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let filter = arguments.next().unwrap_or_default();
    let runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS).max(1);
    let cases = match std::fs::read(&filter) {
        Ok(source) => vec![Case::of_source(&filter, source)],
        Err(_) => corpus(),
    };
    let mut rows = Vec::new();
    for case in cases.iter().filter(|case| case.name.contains(&filter)) {
        let mut reports: Vec<_> = (0..runs).map(|_| run(case, FUEL, now)).collect();
        reports.sort_by_key(|report| report.longest_counted);
        let Report { longest_counted, counted_at, .. } = reports[runs / 2];
        reports.sort_by_key(|report| report.longest_step);
        let median = reports.swap_remove(runs / 2);
        rows.push((Report { longest_counted, counted_at, ..median }, &case.name));
    }
    rows.sort_by_key(|(report, _)| std::cmp::Reverse(report.longest_step));
    let beyond = rows.iter().filter(|(report, _)| report.longest_step > BAR).count();
    let (mut counted, excepted): (Vec<_>, Vec<_>) =
        rows[..beyond].iter().partition(|(report, _)| report.longest_counted > BAR);
    println!("{} cases, {beyond} with a step over {BAR:?} (median of {runs} runs):", rows.len());
    println!("{} for one table, {} for something else", excepted.len(), counted.len());
    println!("{:>12} {:>14} {:>13}", "longest step", "beyond limit", "of the steps");
    if counted.is_empty() {
        counted.extend(rows[beyond..].iter().take(10));
    }
    for (report, name) in counted {
        let (milliseconds, kilobytes) =
            (milliseconds(report.longest_counted), beyond_limit(report));
        let (at, steps) = (report.counted_at, report.steps);
        println!("{milliseconds:9.3} ms {kilobytes:11.1} KB {at:6}/{steps:<6} {name}");
    }
    println!("{:>12} {:>14} {:>13}", "one table", "entries", "of the steps");
    for (report, name) in excepted {
        let (milliseconds, entries) = (milliseconds(report.longest_step), report.largest_table);
        let (at, steps) = (report.longest_at, report.steps);
        println!("{milliseconds:9.3} ms {entries:>14} {at:6}/{steps:<6} {name}");
    }
    rows.sort_by_key(|(report, _)| std::cmp::Reverse(report.loading));
    println!("loading by the host:");
    for (report, name) in rows.iter().take(5) {
        println!("{:9.3} ms  {name}", milliseconds(report.loading));
    }
    rows.sort_by_key(|(report, _)| std::cmp::Reverse(report.beyond_limit));
    println!("most memory beyond the limit:");
    for (report, name) in rows.iter().take(5).filter(|(report, _)| report.beyond_limit > 0) {
        println!("{:9.1} KB  {name}", beyond_limit(report));
    }
    for (report, name) in &rows {
        for complaint in &report.complaints {
            println!("{name}: {complaint}");
        }
    }
}
