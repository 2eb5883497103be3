//! Prints how long the hostile corpus keeps its host waiting: the longest single step of each case
//! in processor time, the worst cases first, and the time that loading took where it was long.
//!
//! `cargo run --release -p luster-tests --example hostile_latency -- [FILTER or FILE] [RUNS]`

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::time::Duration;

use luster_tests::hostile::{Case, corpus, run};

/// How large a step is.
const FUEL: u64 = 100_000;

/// How long a step may take.
const BAR: Duration = Duration::from_millis(3);

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

fn main() {
    let mut arguments = std::env::args().skip(1);
    let filter = arguments.next().unwrap_or_default();
    let runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    let cases = match std::fs::read(&filter) {
        Ok(source) => vec![Case::of_source(&filter, source)],
        Err(_) => corpus(),
    };
    let mut rows = Vec::new();
    for case in cases.iter().filter(|case| case.name.contains(&filter)) {
        let mut reports: Vec<_> = (0..runs).map(|_| run(case, FUEL, now)).collect();
        reports.sort_by_key(|report| report.longest_step);
        rows.push((reports.swap_remove(runs / 2), &case.name));
    }
    rows.sort_by_key(|(report, _)| std::cmp::Reverse(report.longest_step));
    let beyond = rows.iter().filter(|(report, _)| report.longest_step > BAR).count();
    println!("{} cases, {beyond} with a step over {BAR:?} (median of {runs} runs)", rows.len());
    let shown = beyond.max(10);
    for (report, name) in rows.iter().take(shown) {
        println!("{:9.3} ms  {name}", report.longest_step.as_secs_f64() * 1e3);
    }
    rows.sort_by_key(|(report, _)| std::cmp::Reverse(report.loading));
    println!("loading by the host:");
    for (report, name) in rows.iter().take(5) {
        println!("{:9.3} ms  {name}", report.loading.as_secs_f64() * 1e3);
    }
    for (report, name) in &rows {
        for complaint in &report.complaints {
            println!("{name}: {complaint}");
        }
    }
}
