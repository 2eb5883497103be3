//! The cost of a process that runs an empty script: a VM made, its libraries filled in, all of it
//! dropped. Both engines live in the same executable, so that loading it costs both the same.

use std::process::ExitCode;
use std::time::Duration;

use crate::engine::Engine;
use crate::{print, process, program};

/// Runs the empty script `runs` times on both engines in turn and prints the best figures.
pub(crate) fn run(runs: usize) -> Result<ExitCode, String> {
    let file = program::empty();
    let engines = [Engine::Luster, Engine::Puc];
    let mut best = [(Duration::MAX, Duration::MAX, u64::MAX); 2];
    for _ in 0..runs {
        for (engine, (wall, cpu, peak)) in engines.iter().zip(&mut best) {
            let outcome = process::measure(*engine, &file)?;
            *wall = outcome.wall.min(*wall);
            *cpu = outcome.cpu.min(*cpu);
            *peak = outcome.peak_bytes.min(*peak);
        }
    }
    print(&format!("{:<8} {:>9} {:>9} {:>9}\n", "engine", "wall ms", "cpu ms", "peak MB"))?;
    for (engine, (wall, cpu, peak)) in engines.iter().zip(best) {
        print(&format!(
            "{:<8} {:>9.3} {:>9.3} {:>9.2}\n",
            engine.name(),
            wall.as_secs_f64() * 1e3,
            cpu.as_secs_f64() * 1e3,
            peak as f64 / (1024.0 * 1024.0),
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
