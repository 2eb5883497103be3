//! What it costs a host to embed either engine: calls over the boundary, values of the host, tables,
//! strings, whole VMs. Here is how an operation is timed and shown; the operations are in the files
//! beside this one, each written once for luster's facade and once for mlua.

mod calls;
mod memory;
mod tables;
mod userdata;
mod vms;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::compare::geometric_mean;
use crate::print;

/// The result of an operation, or of getting it ready.
type Fallible<T> = Result<T, Box<dyn Error>>;

/// Does something so many times.
type Operation = Box<dyn FnMut(u64) -> Fallible<()>>;

/// An operation on both engines.
struct Pair {
    luster: Operation,
    mlua: Operation,
}

impl Pair {
    fn new(
        luster: impl FnMut(u64) -> Fallible<()> + 'static,
        mlua: impl FnMut(u64) -> Fallible<()> + 'static,
    ) -> Fallible<Pair> {
        Ok(Pair { luster: Box::new(luster), mlua: Box::new(mlua) })
    }
}

/// A row of the table: what is done, and how to get that ready in fresh VMs.
type Row = (&'static str, fn() -> Fallible<Pair>);

/// How long a batch is to take: long enough that the clock and the switch between the engines do not
/// matter, short enough that both see the same weather.
const BATCH: Duration = Duration::from_millis(4);

/// Measures the rows whose names contain `filter` in `batches` batches, and prints the table.
pub(crate) fn run(filter: &str, batches: usize) -> Result<ExitCode, String> {
    let rows = [calls::ROWS, userdata::ROWS, tables::ROWS, vms::ROWS].concat();
    print(&format!("{:<44} {:>10} {:>10} {:>7}\n", "operation", "luster ns", "mlua ns", "ratio"))?;
    let mut ratios = Vec::new();
    for (name, make) in rows.into_iter().filter(|(name, _)| name.contains(filter)) {
        let (luster, mlua) =
            make().and_then(|pair| time(pair, batches)).map_err(|e| format!("{name}: {e}"))?;
        let ratio = luster / mlua;
        print(&format!("{name:<44} {luster:>10.1} {mlua:>10.1} {ratio:>7.2}\n"))?;
        ratios.push(ratio);
    }
    if let Some((mean, count)) = geometric_mean(ratios.into_iter()) {
        print(&format!(
            "\ngeometric mean {mean:.3} of {count} rows (luster / mlua, less is better)\n"
        ))?;
    }
    let rows = memory::ROWS.iter().filter(|(name, _)| name.contains(filter));
    for (index, (name, script)) in rows.enumerate() {
        if index == 0 {
            print(&format!("\n{:<44} {:>10} {:>10} {:>7}\n", "memory", "luster", "mlua", "ratio"))?;
        }
        let (luster, mlua) = memory::measure(*script).map_err(|e| format!("{name}: {e}"))?;
        print(&format!(
            "{name:<44} {luster:>10} {mlua:>10} {:>7.2}\n",
            luster as f64 / mlua as f64
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The medians of both engines' nanoseconds for one operation, in batches that take turns.
fn time(mut pair: Pair, batches: usize) -> Fallible<(f64, f64)> {
    let counts = [count_for(&mut pair.luster)?, count_for(&mut pair.mlua)?];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..batches {
        let operations = [&mut pair.luster, &mut pair.mlua];
        for ((operation, count), times) in operations.into_iter().zip(counts).zip(&mut times) {
            let start = Instant::now();
            operation(count)?;
            times.push(start.elapsed().as_secs_f64() * 1e9 / count as f64);
        }
    }
    let [luster, mlua] = times.map(median);
    Ok((luster, mlua))
}

/// How many operations make a batch.
fn count_for(operation: &mut Operation) -> Fallible<u64> {
    let mut count = 1;
    loop {
        let start = Instant::now();
        operation(count)?;
        let time = start.elapsed();
        if time >= BATCH / 2 {
            let scale = BATCH.as_secs_f64() / time.as_secs_f64();
            return Ok(((count as f64 * scale) as u64).max(1));
        }
        count *= 2;
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Says that an operation has done something else than it should.
fn check(is_right: bool) -> Fallible<()> {
    if is_right { Ok(()) } else { Err("the operation gave a wrong result".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn all_operations_work_on_both_engines() {
        for (name, make) in [calls::ROWS, userdata::ROWS, tables::ROWS, vms::ROWS].concat() {
            let mut pair = make().unwrap_or_else(|error| panic!("{name}: {error}"));
            for operation in [&mut pair.luster, &mut pair.mlua] {
                operation(3).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
}
