//! The hostile corpus: scripts, sources and bytes that try to break their host, and what must happen
//! to each. By topic; `run` runs a case as a host would that trusts nobody.
//!
//! A case is a chunk that the host loads and steps. What it says is Lua; families of cases (one for
//! each production of the grammar, or for each function of the library) are generated.

mod allocations;
mod bytes;
mod closing;
mod collector;
mod compile;
mod coroutines;
mod debug;
mod files;
mod huge;
mod long;
mod many;
mod memory;
mod metamethods;
mod nesting;
mod numbers;
mod patterns;
mod run;
mod sources;
mod tables;
mod time;

pub use run::{Report, run};

/// What a case is given, and what must become of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The topic and the case's own name.
    pub name: String,
    /// The chunk.
    pub source: Vec<u8>,
    /// What must happen.
    pub expect: Expect,
    /// How many bytes the VM may use.
    pub memory: usize,
    /// How much fuel the host spends on it before it gives up.
    pub fuel: u64,
    /// Whether it leaves things in the VM that keep other scripts from their work, as a hook does.
    pub spoils: bool,
}

impl Case {
    /// A case that is not of the corpus: anything may come of it.
    pub fn of_source(name: &str, source: Vec<u8>) -> Self {
        let name = name.to_owned();
        Case {
            name,
            source,
            expect: Expect::Control,
            memory: 256 << 20,
            fuel: 100_000_000,
            spoils: true,
        }
    }
}

/// What must become of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It returns a value that prints so.
    Result(String),
    /// It fails, when loaded or when run, with a message that has this in it.
    Error(String),
    /// It would go on for ever: the host's fuel is all used up.
    OutOfFuel,
    /// It uses up its memory, which the script or the host is told.
    OutOfMemory,
    /// The host stays in control, whatever comes out: it depends on chance, or is nobody's concern.
    Control,
}

/// What a case's VM may use, if it does not say otherwise.
const MEMORY: usize = 16 << 20;
/// The fuel of a case that does not say otherwise.
const FUEL: u64 = 3_000_000;

/// Adds the cases of a topic.
type Add = fn(&mut Topic);

/// The cases of a topic.
struct Topic {
    name: &'static str,
    cases: Vec<Case>,
}

impl Topic {
    fn new(name: &'static str) -> Self {
        Topic { name, cases: Vec::new() }
    }

    /// Adds a case, of which the last added one can be changed by what this returns.
    fn add(
        &mut self,
        name: impl AsRef<str>,
        source: impl Into<Vec<u8>>,
        expect: Expect,
    ) -> &mut Case {
        let name = format!("{}: {}", self.name, name.as_ref());
        let (source, spoils) = (source.into(), false);
        self.cases.push(Case { name, source, expect, memory: MEMORY, fuel: FUEL, spoils });
        self.cases.last_mut().expect("one has just been added")
    }

    /// Adds a case that returns a value which prints so.
    fn returns(
        &mut self,
        name: impl AsRef<str>,
        source: impl Into<Vec<u8>>,
        result: &str,
    ) -> &mut Case {
        self.add(name, source, Expect::Result(result.to_owned()))
    }

    /// Adds a case that fails with a message that has this in it.
    fn fails(
        &mut self,
        name: impl AsRef<str>,
        source: impl Into<Vec<u8>>,
        message: &str,
    ) -> &mut Case {
        self.add(name, source, Expect::Error(message.to_owned()))
    }

    /// Adds a case that never ends.
    fn endless(&mut self, name: impl AsRef<str>, source: impl Into<Vec<u8>>) -> &mut Case {
        self.add(name, source, Expect::OutOfFuel)
    }

    /// Adds a case that uses up its memory.
    fn hungry(&mut self, name: impl AsRef<str>, source: impl Into<Vec<u8>>) -> &mut Case {
        self.add(name, source, Expect::OutOfMemory)
    }

    /// Adds a case of which only that matters that the host stays in control.
    fn whatever(&mut self, name: impl AsRef<str>, source: impl Into<Vec<u8>>) -> &mut Case {
        self.add(name, source, Expect::Control)
    }
}

/// The whole corpus, topic by topic.
pub fn corpus() -> Vec<Case> {
    let topics: [(&str, Add); 19] = [
        ("nesting", nesting::add),
        ("compile", compile::add),
        ("sources", sources::add),
        ("bytes", bytes::add),
        ("memory", memory::add),
        ("allocations", allocations::add),
        ("time", time::add),
        ("patterns", patterns::add),
        ("tables", tables::add),
        ("metamethods", metamethods::add),
        ("closing", closing::add),
        ("coroutines", coroutines::add),
        ("collector", collector::add),
        ("debug", debug::add),
        ("numbers", numbers::add),
        ("long", long::add),
        ("many", many::add),
        ("huge", huge::add),
        ("files", files::add),
    ];
    let mut cases = Vec::new();
    for (name, add) in topics {
        let mut topic = Topic::new(name);
        add(&mut topic);
        if let "nesting" | "compile" = name {
            // Sources are what these are about, and not memory.
            for case in &mut topic.cases {
                (case.memory, case.fuel) = (1 << 30, case.fuel.max(60_000_000));
            }
        }
        cases.append(&mut topic.cases);
    }
    cases
}
