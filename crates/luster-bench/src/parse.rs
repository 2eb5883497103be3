//! The speed of the front end on one long source: luster's lexer, its parser, its compiler (verifier
//! included) and its linker, each with what comes before it, and PUC-Rio's `load`, which does all of
//! it in one pass.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::engine::{self, LusterLoader, PucLoader};
use crate::{generate, print};

/// Prints the best of `runs` for each stage, in megabytes (of a million bytes) a second.
pub(crate) fn run(size: usize, runs: usize) -> Result<ExitCode, String> {
    let source = generate::source(size);
    let source = source.as_bytes();
    let puc = PucLoader::new()?;
    let luster = LusterLoader::new();

    // One row after the other in every round, so that noise hits all of them alike.
    let mut lex = Duration::MAX;
    let mut parse = Duration::MAX;
    let mut compile = Duration::MAX;
    let mut link = Duration::MAX;
    let mut load = Duration::MAX;
    for _ in 0..runs {
        lex = lex.min(time(|| {
            black_box(engine::lex_luster(source));
            Ok(())
        })?);
        parse = parse.min(time(|| match engine::parse_luster(source) {
            0 => Ok(()),
            faults => Err(format!("luster finds {faults} faults in the generated source")),
        })?);
        compile = compile.min(time(|| engine::compile_luster(source))?);
        link = link.min(time(|| luster.load(source))?);
        luster.collect();
        load = load.min(time(|| puc.load(source))?);
        puc.collect()?;
    }

    print(&format!("{} bytes, {} lines\n", source.len(), source.split(|&b| b == b'\n').count()))?;
    let rows = [
        ("luster lex", lex),
        ("luster lex + parse", parse),
        ("luster lex + parse + compile", compile),
        ("luster load, all of it", link),
        ("puc load", load),
    ];
    for (label, best) in rows {
        print(&format!(
            "{label:<30} {:>8.2} ms {:>8.1} MB/s {:>6.2}\n",
            best.as_secs_f64() * 1e3,
            source.len() as f64 / best.as_secs_f64() / 1e6,
            best.as_secs_f64() / load.as_secs_f64(),
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn time(work: impl FnOnce() -> Result<(), String>) -> Result<Duration, String> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
