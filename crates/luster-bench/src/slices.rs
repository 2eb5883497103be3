//! The longest slices: how long a host waits at most for a script to give control back, collection
//! steps included, over heaps and code that make single steps long.

use std::process::ExitCode;
use std::time::Duration;

use luster::{Lua, Step};

use crate::print;
use crate::process::thread_time;

/// The fuel of a slice: what `luster` runs at a time by itself.
const FUEL: i64 = 100_000;

/// What is run: what makes objects, and what then runs beside them.
struct Case {
    name: &'static str,
    made: String,
    then: &'static str,
}

/// A slice that takes longer than this is counted; those of the collector's atomic parts are among them.
const LONG: Duration = Duration::from_millis(2);

/// Garbage enough for the collector to go around.
const GARBAGE: &str = "for round = 1, 3000000 do local garbage = {round} end";

fn cases() -> Vec<Case> {
    let body: String = (0..1_000).map(|i| format!("  x = x + {i}\n")).collect();
    let million = |name, made: &str| Case {
        name,
        made: format!("t = {{}} local t = t for i = 1, 1000000 do {made} end"),
        then: GARBAGE,
    };
    vec![
        million("table of a million entries", "t[i] = i"),
        million("hash of a million entries", "t[i * 7919 + 0.5] = i"),
        million("hash of a million strings", "t['string ' .. i] = i"),
        million("a million live strings", "t[i] = 'string ' .. i"),
        million("a million live tables", "t[i] = {i}"),
        million("a million live closures", "t[i] = function() return i end"),
        Case {
            name: "a million strings that die",
            made: "for round = 1, 3 do local t = {} \
                   for i = 1, 1000000 do t[i] = round .. ' string ' .. i end end"
                .to_owned(),
            then: GARBAGE,
        },
        Case {
            name: "loop body of 1000 instructions",
            made: format!("local x = 0 for i = 1, 50000 do\n{body}end return x"),
            then: "",
        },
    ]
}

/// Runs each case in slices and prints the longest, how many are long, and how the others are spread; in
/// CPU time, since the time of day says how busy the machine is.
pub(crate) fn run() -> Result<ExitCode, String> {
    print(&format!(
        "{:<44} {:>8} {:>10} {:>10} {:>7}  {}\n",
        "case", "slices", "median us", "99% us", "> 2 ms", "longest, us"
    ))?;
    for case in cases() {
        let lua = Lua::new();
        row(&lua, case.name, &case.made)?;
        if !case.then.is_empty() {
            row(&lua, &format!("  {}, then", case.name), case.then)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a source in slices and prints how long they took.
fn row(lua: &Lua, name: &str, source: &str) -> Result<(), String> {
    let mut task = lua.load(source).start::<()>().map_err(|error| error.to_string())?;
    let mut times: Vec<Duration> = Vec::new();
    loop {
        let start = thread_time();
        let step = task.step(FUEL).map_err(|error| error.to_string())?;
        times.push(thread_time().saturating_sub(start));
        if let Step::Done(()) = step {
            break;
        }
    }
    times.sort_unstable();
    let micros = |time: &Duration| time.as_secs_f64() * 1e6;
    let at = |share: f64| {
        let index = (times.len() as f64 * share) as usize;
        micros(&times[index.min(times.len() - 1)])
    };
    let long = times.iter().filter(|time| **time > LONG).count();
    let longest: Vec<String> =
        times.iter().rev().take(6).map(|time| format!("{:.0}", micros(time))).collect();
    print(&format!(
        "{name:<44} {:>8} {:>10.0} {:>10.0} {long:>7}  {}\n",
        times.len(),
        at(0.5),
        at(0.99),
        longest.join(" "),
    ))
}
