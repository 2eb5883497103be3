//! The longest slices: how long a host waits at most for a script to give control back, collection
//! steps included, over heaps and code that make single steps long.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use luster::{Lua, Step};

use crate::print;

/// The fuel of a slice: what `luster` runs at a time by itself.
const FUEL: i64 = 100_000;

/// What is run, and on what.
struct Case {
    name: &'static str,
    source: String,
}

fn cases() -> Vec<Case> {
    let body: String = (0..1_000).map(|i| format!("  x = x + {i}\n")).collect();
    vec![
        Case {
            name: "table of a million entries",
            source: "local t = {} for i = 1, 1000000 do t[i] = i end \
                     for round = 1, 3000000 do local garbage = {round} end return #t"
                .to_owned(),
        },
        Case {
            name: "hash of a million entries",
            source: "local t = {} for i = 1, 1000000 do t[i * 7919 + 0.5] = i end \
                     for round = 1, 3000000 do local garbage = {round} end return #t"
                .to_owned(),
        },
        Case {
            name: "a million live strings",
            source: "local t = {} for i = 1, 1000000 do t[i] = 'string ' .. i end \
                     for round = 1, 3000000 do local garbage = {round} end return #t"
                .to_owned(),
        },
        Case {
            name: "loop body of 1000 instructions",
            source: format!("local x = 0 for i = 1, 50000 do\n{body}end return x"),
        },
    ]
}

/// Runs each case in slices and prints the longest, and how the others are spread.
pub(crate) fn run() -> Result<ExitCode, String> {
    print(&format!(
        "{:<34} {:>8} {:>10} {:>10} {:>10} {:>10}\n",
        "case", "slices", "median us", "99% us", "99.9% us", "longest us"
    ))?;
    for case in cases() {
        let lua = Lua::new();
        let mut task = lua.load(&case.source).start::<()>().map_err(|error| error.to_string())?;
        let mut times: Vec<Duration> = Vec::new();
        loop {
            let start = Instant::now();
            let step = task.step(FUEL).map_err(|error| error.to_string())?;
            times.push(start.elapsed());
            if let Step::Done(()) = step {
                break;
            }
        }
        times.sort_unstable();
        let at = |share: f64| {
            let index = (times.len() as f64 * share) as usize;
            times[index.min(times.len() - 1)].as_secs_f64() * 1e6
        };
        print(&format!(
            "{:<34} {:>8} {:>10.0} {:>10.0} {:>10.0} {:>10.0}\n",
            case.name,
            times.len(),
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0),
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
