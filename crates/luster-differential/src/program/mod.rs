//! Random programs: what they print, and the errors that they raise, have to be the same on both
//! engines.
//!
//! A program is a sequence of blocks, each called by `pcall`, so that an error ends only its block.
//! Values have kinds: most operands are of the kind that the operation wants, so that something is
//! calculated, and some are not, so that errors and the names of variables in them are seen. Every
//! loop counts its turns. What `tostring` says of objects is never calculated with.

mod expression;
mod mutate;
mod statement;
mod subject;

use crate::random::Random;

/// What the subjects of programs are called.
pub use subject::SUBJECTS;

/// What a variable holds, most of the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Number,
    Text,
    Table,
    Function,
}

const KINDS: [Kind; 4] = [Kind::Number, Kind::Text, Kind::Table, Kind::Function];

/// A program being written.
struct Generator {
    random: Random,
    text: String,
    indentation: usize,
    /// The local variables that can be seen, the innermost last.
    locals: Vec<(String, Kind)>,
    /// Whether the innermost function has extra arguments.
    is_vararg: bool,
    /// How many loops of the innermost function are around.
    loops: usize,
    /// For names that must not be used twice.
    count: usize,
    /// How many statements may still be written.
    budget: usize,
}

impl Generator {
    fn line(&mut self, line: &str) {
        for _ in 0..self.indentation {
            self.text.push(' ');
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A name that nothing else has.
    fn fresh(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}{}", self.count)
    }

    /// Writes what is inside a block: its variables end with it.
    fn block(&mut self, write: impl FnOnce(&mut Self)) {
        let visible = self.locals.len();
        self.indentation += 1;
        write(self);
        self.indentation -= 1;
        self.locals.truncate(visible);
    }

    /// Writes the body of a function.
    fn body(&mut self, is_vararg: bool, write: impl FnOnce(&mut Self)) {
        let around = (self.is_vararg, self.loops);
        (self.is_vararg, self.loops) = (is_vararg, 0);
        self.block(write);
        (self.is_vararg, self.loops) = around;
    }
}

/// The text of a program about a subject.
fn program(subject: &str, random: Random) -> String {
    let mut generator = Generator {
        random,
        text: String::new(),
        indentation: 0,
        locals: Vec::new(),
        is_vararg: true,
        loops: 0,
        count: 0,
        budget: 0,
    };
    generator.write(subject);
    generator.text
}

/// Texts that are wrong somewhere, as cases.
pub fn faulty_programs(count: u64) -> Vec<String> {
    let random = &mut Random::new("faulty", 0);
    (0..count)
        .map(|seed| {
            let subject = *random.pick(SUBJECTS);
            let text = mutate::mutate(&program(subject, Random::new(subject, seed)), random);
            format!("SAY(load([=====[{text}]=====], '=program'))")
        })
        .collect()
}

/// A program whose every choice is a byte, as a case; the first one chooses the subject.
pub fn chosen_program(choices: &[u8]) -> String {
    let mut random = Random::of_choices(choices);
    let subject = *random.pick(SUBJECTS);
    format!("RUN([=====[{}]=====])", program(subject, random))
}

/// Programs about a subject, as cases.
pub fn programs(subject: &str, count: u64) -> Vec<String> {
    (0..count)
        .map(|seed| {
            let text = program(subject, Random::new(subject, seed));
            format!("RUN([=====[{text}]=====])")
        })
        .collect()
}
