//! Both engines, kept from case to case: for a fuzzer, which has no batches, and to which two new VMs for
//! each case would be most of the work.

use crate::compare::{Comparison, Folder, chunk, compare, does_not_end, outputs};
use crate::engine::{Engine, Luster, Reference};

/// A pair of VMs, each with the harness.
pub struct Kept {
    test: &'static str,
    folders: [Folder; 2],
    engines: (Reference, Luster),
    /// How many cases they have run.
    cases: usize,
}

impl Kept {
    /// How many cases a pair runs until it is replaced. What a case leaves behind is little, but a finding
    /// should not depend on a million others.
    const CASES: usize = 1_000;

    /// A new pair. `test` is the name of the test, which names its folders.
    ///
    /// # Panics
    /// When an engine does not start.
    pub fn new(test: &'static str) -> Self {
        let folders = [Folder::new(test, "reference"), Folder::new(test, "luster")];
        let engines = Self::engines(&folders);
        Kept { test, folders, engines, cases: 0 }
    }

    fn engines([reference, luster]: &[Folder; 2]) -> (Reference, Luster) {
        let reference = Reference::new(&reference.0).expect("the reference with its harness");
        (reference, Luster::new(&luster.0).expect("luster with its harness"))
    }

    /// Runs a case on both; on luster in steps of so much fuel, if any, with collections between them.
    ///
    /// # Panics
    /// When the engines differ.
    pub fn check(&mut self, case: &str, fuel: Option<i64>) {
        if self.cases == Self::CASES {
            self.renew();
        }
        self.cases += 1;
        let source = chunk(&[case]);
        let reference = self.engines.0.run(&source);
        let luster = match fuel {
            Some(fuel) => self.engines.1.run_in_steps(&source, fuel),
            None => self.engines.1.run(&source),
        };
        let goes_on = reference.is_ok() && luster.is_ok();
        let lines = |result: Result<Vec<u8>, String>| match result {
            Ok(text) => outputs(&text, 1).remove(0),
            Err(error) => does_not_end(&error),
        };
        let mut comparison = Comparison::default();
        comparison.add(case, &lines(reference), &lines(luster));
        if comparison.differences > 0 {
            // Told as the tests tell it, if it is the same in new VMs.
            compare(self.test, &[case.to_owned()]).check();
            panic!(
                "after {} other cases, in steps of {fuel:?}:\n{}",
                self.cases, comparison.report
            );
        }
        if !goes_on {
            self.renew();
        }
    }

    fn renew(&mut self) {
        self.engines = Self::engines(&self.folders);
        self.cases = 0;
    }
}
