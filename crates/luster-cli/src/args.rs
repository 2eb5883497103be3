//! The arguments of the command, as PUC-Rio's `lua` reads them, and what is said about them.
//!
//! What they lead to is done in `run`. The tools' arguments are in `inspect`.

use std::time::Duration;

/// The name in messages when the system gives none.
const PROGRAM: &str = "luster";

/// What limits the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `--memory`: how many bytes may be in use.
    pub(crate) memory: Option<usize>,
    /// `--fuel`: about how many instructions may run.
    pub(crate) fuel: Option<u64>,
    /// `--timeout`: how long it may take.
    pub(crate) timeout: Option<Duration>,
    /// `--sandbox`: the safe libraries only.
    pub(crate) sandbox: bool,
}

/// What is done before the script, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `-e`: run this text.
    Execute(Vec<u8>),
    /// `-l`: require a library, given as `name` or `global=name`.
    Require(Vec<u8>),
    /// `-W`: turn warnings on.
    WarningsOn,
}

/// The arguments, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// All arguments, the program's name first.
    pub(crate) argv: Vec<Vec<u8>>,
    /// The index of the script among them, if there is one.
    pub(crate) script: Option<usize>,
    /// `-i`: be interactive after the script.
    pub(crate) interactive: bool,
    /// `-v`: show the version.
    pub(crate) version: bool,
    /// `-E`: look at no environment variable.
    pub(crate) ignore_environment: bool,
    /// What comes before the script.
    pub(crate) steps: Vec<Step>,
    /// What limits everything.
    pub(crate) limits: Limits,
}

/// An argument that is no option, or lacks what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadOption(pub(crate) Vec<u8>);

impl Arguments {
    /// Understands the arguments: options up to the first that is none, which is the script.
    ///
    /// # Errors
    /// The first option that is not right.
    pub(crate) fn parse(argv: Vec<Vec<u8>>) -> Result<Self, BadOption> {
        let mut arguments = Arguments {
            argv: Vec::new(),
            script: None,
            interactive: false,
            version: false,
            ignore_environment: false,
            steps: Vec::new(),
            limits: Limits::default(),
        };
        let mut index = 1;
        while let Some(argument) = argv.get(index) {
            let bad = || BadOption(argument.clone());
            let [b'-', letter, rest @ ..] = argument.as_slice() else {
                // The script, or `-` for the standard input, which stands for one too.
                if argument.first() != Some(&b'-') || argument.len() == 1 {
                    arguments.script = Some(index);
                }
                break;
            };
            match (letter, rest) {
                (b'-', []) => {
                    arguments.script = Some(index + 1).filter(|&script| script < argv.len());
                    break;
                }
                (b'-', name) => {
                    let operand = argv.get(index + 1).map(Vec::as_slice);
                    match arguments.limits.set(name, operand) {
                        Some(used) => index += used,
                        None => return Err(bad()),
                    }
                }
                (b'E', []) => arguments.ignore_environment = true,
                (b'W', []) => arguments.steps.push(Step::WarningsOn),
                (b'i', []) => (arguments.interactive, arguments.version) = (true, true),
                (b'v', []) => arguments.version = true,
                (b'e' | b'l', rest) => {
                    let operand = match rest {
                        [] => {
                            index += 1;
                            match argv.get(index) {
                                Some(next) if next.first() != Some(&b'-') => next.clone(),
                                _ => return Err(bad()),
                            }
                        }
                        rest => rest.to_vec(),
                    };
                    let step = if *letter == b'e' { Step::Execute } else { Step::Require };
                    arguments.steps.push(step(operand));
                }
                _ => return Err(bad()),
            }
            index += 1;
        }
        arguments.argv = argv;
        Ok(arguments)
    }

    /// Whether some text was given to run, by `-e`.
    pub(crate) fn executes(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Execute(_)))
    }

    /// The script's file name; `None` stands for the standard input.
    pub(crate) fn script_file(&self) -> Option<Option<&[u8]>> {
        let script = self.script?;
        let name = self.argv[script].as_slice();
        // After `--` even `-` is a file's name.
        let is_stdin = name == b"-" && self.argv[script - 1] != b"--";
        Some((!is_stdin).then_some(name))
    }
}

impl Limits {
    /// Takes a long option, with the argument behind it. Tells how many of those it used; `None` when
    /// something is wrong.
    fn set(&mut self, name: &[u8], operand: Option<&[u8]>) -> Option<usize> {
        let text = || std::str::from_utf8(operand?).ok();
        match name {
            b"sandbox" => {
                self.sandbox = true;
                return Some(0);
            }
            b"memory" => self.memory = Some(usize::try_from(number(text()?, &BYTES)?).ok()?),
            b"fuel" => self.fuel = Some(number(text()?, &COUNT)?),
            b"timeout" => self.timeout = Some(duration(text()?)?),
            _ => return None,
        }
        Some(1)
    }
}

/// Suffixes of numbers, and what they multiply by.
const BYTES: [(char, u64); 3] = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
const COUNT: [(char, u64); 3] = [('K', 1_000), ('M', 1_000_000), ('G', 1_000_000_000)];

/// A number that may have a suffix: `64M`.
fn number(text: &str, suffixes: &[(char, u64)]) -> Option<u64> {
    for (suffix, factor) in suffixes {
        if let Some(number) = text.strip_suffix(*suffix) {
            return number.parse::<u64>().ok()?.checked_mul(*factor);
        }
    }
    text.parse().ok()
}

/// A length of time: `5s`, `200ms`, `2m`, or a number of seconds.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text {
        _ if text.ends_with("ms") => (text.strip_suffix("ms")?, 0.001),
        _ if text.ends_with('s') => (text.strip_suffix('s')?, 1.0),
        _ if text.ends_with('m') => (text.strip_suffix('m')?, 60.0),
        _ => (text, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

/// The program's name in messages: what it was called by.
pub(crate) fn program_name(argv: &[Vec<u8>]) -> Vec<u8> {
    match argv.first() {
        Some(name) if !name.is_empty() => name.clone(),
        _ => PROGRAM.as_bytes().to_vec(),
    }
}

/// What is said about a bad option.
pub(crate) fn complaint(program: &[u8], BadOption(option): &BadOption) -> Vec<u8> {
    let mut text = program.to_vec();
    text.extend(b": ");
    if matches!(option.get(1), Some(b'e' | b'l')) {
        text.push(b'\'');
        text.extend(option);
        text.extend(b"' needs argument\n");
    } else if matches!(option.as_slice(), b"--memory" | b"--fuel" | b"--timeout") {
        text.push(b'\'');
        text.extend(option);
        text.extend(b"' needs an amount, as in --memory 64M, --fuel 100M, --timeout 5s\n");
    } else {
        text.extend(b"unrecognized option '");
        text.extend(option);
        text.extend(b"'\n");
    }
    text.extend(usage(&String::from_utf8_lossy(program)).bytes());
    text
}

/// How the command is used.
pub(crate) fn usage(program: &str) -> String {
    format!(
        "\
usage: {program} [options] [script [args]]
Available options are:
  -e stat   execute string 'stat'
  -i        enter interactive mode after executing 'script'
  -l mod    require library 'mod' into global 'mod'
  -l g=mod  require library 'mod' into global 'g'
  -v        show version information
  -E        ignore environment variables
  -W        turn warnings on
  --        stop handling options
  -         stop handling options and execute stdin
Limits, which end the program with status 3:
  --memory SIZE    bytes that may be in use (64M)
  --fuel COUNT     instructions that may run, about (100M)
  --timeout TIME   time that may pass (5s, 200ms)
  --sandbox        the safe libraries only: no files, no processes
Tools for looking at code ('-' as FILE is stdin):
  {program} check FILE...   show everything that is wrong with the syntax
  {program} dis FILE        show the bytecode
  {program} ast FILE        show the syntax tree
  {program} tokens FILE     show the tokens
  {program} help            show this
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Arguments, BadOption> {
        let argv = ["luster"].iter().chain(arguments).map(|text| text.as_bytes().to_vec());
        Arguments::parse(argv.collect())
    }

    fn bad(arguments: &[&str]) -> String {
        let BadOption(option) = parse(arguments).expect_err("a bad option");
        String::from_utf8(option).expect("the options of these tests are text")
    }

    #[test]
    fn options_end_at_the_script() {
        let arguments = parse(&["-e", "x=1", "-lm", "-W", "a.lua", "-i"]).expect("good options");
        assert_eq!(arguments.script, Some(5));
        assert!(!arguments.interactive);
        let steps = [Step::Execute(b"x=1".into()), Step::Require(b"m".into()), Step::WarningsOn];
        assert_eq!(arguments.steps, steps);
        assert_eq!(arguments.script_file(), Some(Some(&b"a.lua"[..])));
    }

    #[test]
    fn a_dash_is_the_standard_input_unless_quoted() {
        assert_eq!(parse(&["-", "-h"]).expect("good").script_file(), Some(None));
        assert_eq!(parse(&["--", "-"]).expect("good").script_file(), Some(Some(&b"-"[..])));
        assert_eq!(parse(&["-i", "--"]).expect("good").script_file(), None);
        assert_eq!(parse(&[""]).expect("good").script_file(), Some(Some(&b""[..])));
    }

    #[test]
    fn what_is_no_option_is_refused() {
        assert_eq!(bad(&["-h"]), "-h");
        assert_eq!(bad(&["---"]), "---");
        assert_eq!(bad(&["-Ex", "--"]), "-Ex");
        assert_eq!(bad(&["-iv"]), "-iv");
        assert_eq!(bad(&["-e"]), "-e");
        assert_eq!(bad(&["-l", "-v"]), "-l");
    }

    #[test]
    fn limits_have_units() {
        let arguments =
            parse(&["--memory", "64M", "--fuel", "2G", "--timeout", "200ms", "--sandbox", "a.lua"])
                .expect("good options");
        let limits = Limits {
            memory: Some(64 << 20),
            fuel: Some(2_000_000_000),
            timeout: Some(Duration::from_millis(200)),
            sandbox: true,
        };
        assert_eq!(arguments.limits, limits);
        assert_eq!(arguments.script, Some(8));
        assert_eq!(
            parse(&["--timeout", "1.5"]).expect("good").limits.timeout,
            Some(Duration::from_millis(1500))
        );
        assert_eq!(bad(&["--memory"]), "--memory");
        assert_eq!(bad(&["--memory", "much"]), "--memory");
        assert_eq!(bad(&["--fuel", "99999999999G"]), "--fuel");
        assert_eq!(bad(&["--timeout", "-1s"]), "--timeout");
        assert_eq!(bad(&["--sandboxes"]), "--sandboxes");
    }
}
