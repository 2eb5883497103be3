//! Running a case of the corpus as a host would that trusts nobody: in a VM of its own with all
//! libraries, in steps, with a limit of memory, and with a look at the VM afterwards.

use std::time::Duration;

use luster::__private::take_largest_table;
use luster::{Error, ErrorKind, Lua, MultiValue, Result, Step};

use super::{Case, Expect};

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was not as it must be.
    pub complaints: Vec<String>,
    /// How long the host was without control, at most, in one step.
    pub longest_step: Duration,
    /// Which step that was, counted from 1.
    pub longest_at: usize,
    /// How many entries the largest table had that was traced or rehashed in that step, if it had many.
    pub largest_table: usize,
    /// The longest step without what the largest table of each may take.
    pub longest_counted: Duration,
    /// Which step that was.
    pub counted_at: usize,
    /// How many steps there were.
    pub steps: usize,
    /// How long loading took, which the host does as a whole.
    pub loading: Duration,
    /// How many bytes the VM counted beyond its limit at the end of a step, at most.
    pub beyond_limit: usize,
}

/// How long tracing or rehashing a table may take, which nothing can interrupt, per entry.
const PER_ENTRY: Duration = Duration::from_nanos(100);

/// How a case ended.
#[derive(Debug)]
enum End {
    Returned(String),
    Failed(Error),
    OutOfFuel,
}

/// Runs a case in steps of so much fuel. `clock` tells how late it is.
pub fn run(case: &Case, fuel: u64, clock: impl Fn() -> Duration) -> Report {
    let lua = Lua::builder()
        .all_libraries()
        .memory_limit(case.memory)
        .output(std::io::sink())
        .seed(case.name.len() as u64)
        .build();
    let mut report = Report {
        complaints: Vec::new(),
        longest_step: Duration::ZERO,
        longest_at: 0,
        largest_table: 0,
        longest_counted: Duration::ZERO,
        counted_at: 0,
        steps: 0,
        loading: Duration::ZERO,
        beyond_limit: 0,
    };
    let end = match step_through(&lua, case, fuel, clock, &mut report) {
        Ok(end) => end,
        Err(error) => End::Failed(error),
    };
    if !is_expected(&case.expect, &end) {
        report.complaints.push(format!("it came to {end:?}, not to {:?}", case.expect));
    }
    drop(end);
    // The globals are the script's; whatever it has made of them, the VM itself works.
    if case.spoils {
        return report;
    }
    match lua.load("local n = 0 for i = 1, 100 do n = n + i end return n").eval::<i64>() {
        Ok(5050) => {}
        other => report.complaints.push(format!("the VM is not usable afterwards: {other:?}")),
    }
    report
}

fn step_through(
    lua: &Lua,
    case: &Case,
    fuel: u64,
    clock: impl Fn() -> Duration,
    report: &mut Report,
) -> Result<End> {
    let begin = clock();
    let task = lua.load(&case.source).set_name("=case").start::<MultiValue>();
    report.loading = clock() - begin;
    let mut task = task?.forbid_yields();
    let mut spent = 0;
    loop {
        take_largest_table();
        let begin = clock();
        let step = task.step(fuel);
        let took = clock() - begin;
        let entries = take_largest_table();
        report.steps += 1;
        if took > report.longest_step {
            (report.longest_step, report.longest_at) = (took, report.steps);
            report.largest_table = entries;
        }
        let excepted = PER_ENTRY * u32::try_from(entries).unwrap_or(u32::MAX);
        let counted = took.saturating_sub(excepted);
        if counted > report.longest_counted {
            (report.longest_counted, report.counted_at) = (counted, report.steps);
        }
        report.beyond_limit =
            report.beyond_limit.max(lua.used_memory().saturating_sub(case.memory));
        match step? {
            Step::Done(values) => {
                let shown: Vec<String> = values.iter().map(shown).collect();
                return Ok(End::Returned(shown.join(" ")));
            }
            Step::OutOfFuel => spent += fuel,
            step => unreachable!("nothing lets it {step:?}"),
        }
        if spent >= case.fuel {
            return Ok(End::OutOfFuel);
        }
    }
}

fn shown(value: &luster::Value) -> String {
    match value {
        luster::Value::String(text) => text.to_string_lossy(),
        luster::Value::Nil => "nil".into(),
        luster::Value::Boolean(value) => value.to_string(),
        luster::Value::Integer(value) => value.to_string(),
        luster::Value::Number(value) => format!("{value:?}"),
        other => other.type_name().to_owned(),
    }
}

fn is_expected(expect: &Expect, end: &End) -> bool {
    match (expect, end) {
        (Expect::Control, _) | (Expect::OutOfFuel, End::OutOfFuel) => true,
        (Expect::Result(expected), End::Returned(result)) => result.contains(expected.as_str()),
        (Expect::Error(message), End::Failed(error)) => error.message().contains(message.as_str()),
        (Expect::OutOfMemory, End::Failed(error)) => {
            error.kind() == ErrorKind::Memory || error.message().contains("not enough memory")
        }
        (Expect::OutOfMemory, End::Returned(result)) => result.contains("not enough memory"),
        _ => false,
    }
}
