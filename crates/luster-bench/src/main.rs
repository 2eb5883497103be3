//! The command line of the benchmark runner: which programs to run, or which other measurement to
//! take. The measuring itself is elsewhere: `compare` for the Lua programs, `parse` for the front
//! end, `startup` for an empty script, `slices` for how long a host waits, `embedding` for what the
//! boundary between host and script costs (for which `counting` counts memory). `engine` runs programs on either VM for the others.

mod compare;
mod counting;
mod embedding;
mod engine;
mod generate;
mod parse;
mod process;
mod program;
mod slices;
mod startup;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::*;

use crate::compare::Comparison;
use crate::engine::Engine;

const USAGE: &str = "\
Compares luster with PUC-Rio Lua 5.5 on the benchmark programs.

Usage: luster-bench [FILTER] [--runs N] [--generational]
       luster-bench list [FILTER]
       luster-bench parse [--runs N] [--size BYTES]
       luster-bench startup [--runs N]
       luster-bench slices
       luster-bench embedding [FILTER] [--runs N]
       luster-bench generate [--size BYTES]
       luster-bench --child ENGINE FILE

  FILTER           run only the programs whose name contains this, such as library/ or sort
  --runs N         the best of N runs counts
  --generational   let PUC-Rio collect generationally, as its `lua` command does
  --size BYTES     how long the generated source is to be (1000000)
  --child ENGINE   run one file in this process: ENGINE is luster, puc or puc-generational

  list             the names of the programs
  parse            speed of lexing, parsing and compiling a generated source
  startup          time and memory of a whole process that runs an empty script
  slices           the longest time that a script keeps control, collection included
  embedding        what calls, userdata, tables and VMs cost a host, beside mlua; the median of N
                   batches counts, and the bytes of a VM
  generate         print the generated source
";

/// What the command line asked for.
struct Arguments {
    /// The arguments that are not options, in order.
    words: Vec<OsString>,
    runs: Option<usize>,
    size: usize,
    child: Option<Engine>,
    generational: bool,
    help: bool,
}

fn main() -> ExitCode {
    match read_arguments().map_err(|error| error.to_string()).and_then(run) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("luster-bench: {message}");
            ExitCode::FAILURE
        }
    }
}

fn read_arguments() -> Result<Arguments, lexopt::Error> {
    let mut arguments = Arguments {
        words: Vec::new(),
        runs: None,
        size: 1_000_000,
        child: None,
        generational: false,
        help: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("runs") => arguments.runs = Some(parser.value()?.parse::<usize>()?.max(1)),
            Long("size") => arguments.size = parser.value()?.parse()?,
            Long("child") => arguments.child = Some(parser.value()?.parse()?),
            Long("generational") => arguments.generational = true,
            Short('h') | Long("help") => arguments.help = true,
            Value(word) => arguments.words.push(word),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(arguments)
}

fn run(arguments: Arguments) -> Result<ExitCode, String> {
    if arguments.help {
        print(USAGE)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(engine) = arguments.child {
        let [file] = arguments.words.as_slice() else {
            return Err("--child needs exactly one file".to_owned());
        };
        engine::run_file(engine, &PathBuf::from(file))?;
        return Ok(ExitCode::SUCCESS);
    }

    let words = arguments
        .words
        .iter()
        .map(|word| word.to_str().ok_or_else(|| format!("{word:?} is not a name")))
        .collect::<Result<Vec<&str>, String>>()?;
    match words.as_slice() {
        ["parse"] => parse::run(arguments.size, arguments.runs.unwrap_or(7)),
        ["startup"] => startup::run(arguments.runs.unwrap_or(100)),
        ["slices"] => slices::run(),
        ["embedding", filter @ ..] if filter.len() <= 1 => {
            embedding::run(filter.first().copied().unwrap_or(""), arguments.runs.unwrap_or(51))
        }
        ["generate"] => {
            print(&generate::source(arguments.size))?;
            Ok(ExitCode::SUCCESS)
        }
        ["list", filter @ ..] if filter.len() <= 1 => {
            for program in program::find(filter.first().copied().unwrap_or(""))? {
                print(&format!("{}\n", program.name))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        [] | [_] => {
            let reference =
                if arguments.generational { Engine::PucGenerational } else { Engine::Puc };
            Comparison { reference, runs: arguments.runs.unwrap_or(3) }
                .run(&program::find(words.first().copied().unwrap_or(""))?)
        }
        _ => Err(format!("too many arguments\n\n{USAGE}")),
    }
}

/// Writes to standard output at once, so that the rows of a long run appear as they are measured.
/// A reader that has gone away is an error to report, not a panic.
fn print(text: &str) -> Result<(), String> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())
}
