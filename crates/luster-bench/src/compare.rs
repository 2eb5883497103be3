//! Runs the programs on both engines in turn, checks that they print the same, and prints a row for
//! each and the means.

use std::process::ExitCode;
use std::time::Duration;

use crate::engine::Engine;
use crate::print;
use crate::process::{self, Outcome};
use crate::program::{self, Program};

/// How to compare.
pub(crate) struct Comparison {
    /// What luster is measured against.
    pub(crate) reference: Engine,
    /// How often each engine runs each program; the best time counts.
    pub(crate) runs: usize,
}

/// The best that one engine did on one program.
struct Best {
    output: Vec<u8>,
    cpu: Duration,
    peak_bytes: u64,
}

impl Best {
    fn new(outcome: Outcome) -> Best {
        Best { output: outcome.output, cpu: outcome.cpu, peak_bytes: outcome.peak_bytes }
    }

    /// Each figure is the smallest seen: noise only ever adds.
    fn improve(&mut self, outcome: &Outcome) {
        self.cpu = self.cpu.min(outcome.cpu);
        self.peak_bytes = self.peak_bytes.min(outcome.peak_bytes);
    }
}

/// luster's figure divided by the reference's, for one program.
struct Ratios {
    group: &'static str,
    allocates: bool,
    time: f64,
    memory: f64,
}

impl Comparison {
    /// Runs the programs and prints the table. The exit code tells of failure if any program failed
    /// or printed something else on one engine than on the other.
    pub(crate) fn run(&self, programs: &[Program]) -> Result<ExitCode, String> {
        print(&format!(
            "{:<28} {:>9} {:>9} {:>7} {:>10} {:>10} {:>7}\n",
            "program", "luster s", "puc s", "time", "luster MB", "puc MB", "memory"
        ))?;
        let mut all = Vec::new();
        let mut failures = Vec::new();
        for program in programs {
            match self.compare(program) {
                Ok((luster, reference)) => {
                    let ratios = Ratios {
                        group: program.group,
                        allocates: program.allocates,
                        time: luster.cpu.as_secs_f64() / reference.cpu.as_secs_f64(),
                        memory: luster.peak_bytes as f64 / reference.peak_bytes as f64,
                    };
                    print(&row(program, &luster, &reference, &ratios))?;
                    all.push(ratios);
                }
                Err(message) => {
                    print(&format!("{:<28} FAILED: {message}\n", program.name))?;
                    failures.push(program.name.as_str());
                }
            }
        }
        print_means(&all)?;
        if failures.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        print(&format!("\n{} failed: {}\n", failures.len(), failures.join(", ")))?;
        Ok(ExitCode::FAILURE)
    }

    fn compare(&self, program: &Program) -> Result<(Best, Best), String> {
        // The reference goes first: should it fail, then it is the program that is wrong.
        let mut reference = Best::new(process::measure(self.reference, &program.file)?);
        let mut luster = Best::new(process::measure(Engine::Luster, &program.file)?);
        if luster.output != reference.output {
            return Err(describe_difference(&luster.output, &reference.output));
        }
        // In turn, so that a machine that slows down or speeds up does so for both.
        for _ in 1..self.runs {
            for (engine, best) in [(self.reference, &mut reference), (Engine::Luster, &mut luster)]
            {
                let outcome = process::measure(engine, &program.file)?;
                if outcome.output != best.output {
                    return Err(format!("{} does not always print the same", engine.name()));
                }
                best.improve(&outcome);
            }
        }
        Ok((luster, reference))
    }
}

fn row(program: &Program, luster: &Best, reference: &Best, ratios: &Ratios) -> String {
    format!(
        "{:<28} {:>9.3} {:>9.3} {:>7.2} {:>10.1} {:>10.1} {:>7.2}{}\n",
        program.name,
        luster.cpu.as_secs_f64(),
        reference.cpu.as_secs_f64(),
        ratios.time,
        megabytes(luster.peak_bytes),
        megabytes(reference.peak_bytes),
        ratios.memory,
        if program.allocates { " *" } else { "" },
    )
}

fn print_means(all: &[Ratios]) -> Result<(), String> {
    print("\ngeometric means (luster / puc, less is better)\n")?;
    for group in program::GROUPS {
        let times = all.iter().filter(|ratios| ratios.group == group).map(|ratios| ratios.time);
        print_mean(&format!("time, {group}"), times)?;
    }
    print_mean("time, all", all.iter().map(|ratios| ratios.time))?;
    let allocating = all.iter().filter(|ratios| ratios.allocates);
    print_mean("memory, rows with *", allocating.map(|ratios| ratios.memory))
}

fn print_mean(label: &str, ratios: impl Iterator<Item = f64>) -> Result<(), String> {
    match geometric_mean(ratios) {
        Some((mean, count)) => print(&format!("  {label:<22} {mean:>6.3}  ({count} programs)\n")),
        None => Ok(()),
    }
}

/// The mean and how many figures it is of; nothing for no figures.
pub(crate) fn geometric_mean(ratios: impl Iterator<Item = f64>) -> Option<(f64, usize)> {
    let (sum, count) = ratios.fold((0.0, 0), |(sum, count), ratio| (sum + ratio.ln(), count + 1));
    (count > 0).then(|| ((sum / count as f64).exp(), count))
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

/// The first line in which the outputs differ.
fn describe_difference(luster: &[u8], reference: &[u8]) -> String {
    let mut ours = luster.split(|&byte| byte == b'\n');
    let mut theirs = reference.split(|&byte| byte == b'\n');
    let mut line = 1;
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return "the outputs differ".to_owned(),
            (our, their) if our != their => {
                return format!(
                    "line {line} of the output is {}, should be {}",
                    describe_line(our),
                    describe_line(their)
                );
            }
            _ => line += 1,
        }
    }
}

fn describe_line(line: Option<&[u8]>) -> String {
    match line {
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)])),
        None => "missing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometric_mean_of_ratios() {
        assert_eq!(geometric_mean([].into_iter()), None);
        let (mean, count) = geometric_mean([0.5, 2.0].into_iter()).expect("two figures");
        assert!((mean - 1.0).abs() < 1e-12);
        assert_eq!(count, 2);
    }

    #[test]
    fn difference_names_the_first_line_that_differs() {
        assert_eq!(
            describe_difference(b"1\n2\n", b"1\n3\n"),
            r#"line 2 of the output is "2", should be "3""#
        );
        assert_eq!(describe_difference(b"", b"1"), r#"line 1 of the output is "", should be "1""#);
        assert_eq!(
            describe_difference(b"1", b"1\n"),
            r#"line 2 of the output is missing, should be """#
        );
    }
}
