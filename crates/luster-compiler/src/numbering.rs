//! Which number a name has in a function: as a constant, or as an upvalue.
//!
//! Functions being compiled lie inside each other, so that for each name only the innermost one that
//! has it needs to be known, if each entry remembers the one that it hides: finding a number is one
//! look into a vector, and a function that ends puts back what it has hidden. `scope` does the same
//! with declarations.

use crate::names::NameId;

/// The numbers of names in the functions around the current place.
pub(crate) struct Numbering {
    innermost: Vec<Entry>,
}

/// The number of a name in one function.
#[derive(Clone, Copy)]
struct Entry {
    /// One more than how many functions are around that function; 0 if there is no number.
    depth: u32,
    number: u32,
}

/// What the entries of one function hide.
#[derive(Default)]
pub(crate) struct Hidden(Vec<(NameId, Entry)>);

impl Numbering {
    /// No numbers, for so many names.
    pub(crate) fn new(names: usize) -> Self {
        Numbering { innermost: vec![Entry { depth: 0, number: 0 }; names] }
    }

    /// The number of a name in the innermost function that has one, and how many functions are
    /// around that one.
    #[inline]
    pub(crate) fn innermost(&self, name: NameId) -> Option<(usize, u32)> {
        let entry = self.innermost[name.index()];
        Some((entry.depth.checked_sub(1)? as usize, entry.number))
    }

    /// The number of a name in the function with so many around it, which must be the current one.
    #[inline]
    pub(crate) fn get(&self, name: NameId, depth: usize) -> Option<u32> {
        self.innermost(name).filter(|&(found, _)| found == depth).map(|(_, number)| number)
    }

    /// Gives a name a number in a function. None that is inside that function may have one yet.
    pub(crate) fn add(&mut self, name: NameId, depth: usize, number: u32, hidden: &mut Hidden) {
        let entry = &mut self.innermost[name.index()];
        hidden.0.push((name, *entry));
        // Functions nest less deeply than the grammar may.
        *entry = Entry { depth: depth as u32 + 1, number };
    }

    /// Ends a function: its numbers are forgotten.
    pub(crate) fn leave(&mut self, hidden: &mut Hidden) {
        for (name, entry) in hidden.0.drain(..) {
            self.innermost[name.index()] = entry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_functions_hide_and_give_back() {
        let (env, receiver) = (NameId::Env, NameId::Receiver);
        let mut numbers = Numbering::new(2);
        let [mut main, mut middle, mut inner] = [(); 3].map(|_| Hidden::default());
        numbers.add(env, 0, 7, &mut main);
        assert_eq!(numbers.get(env, 0), Some(7));
        assert_eq!(numbers.get(env, 1), None);
        assert_eq!(numbers.innermost(receiver), None);
        // The way from where a variable is to where it is used passes by a function in the middle.
        numbers.add(env, 1, 8, &mut middle);
        numbers.add(env, 2, 9, &mut inner);
        numbers.add(receiver, 2, 3, &mut inner);
        assert_eq!(numbers.innermost(env), Some((2, 9)));
        numbers.leave(&mut inner);
        assert_eq!(numbers.innermost(env), Some((1, 8)));
        assert_eq!(numbers.innermost(receiver), None);
        numbers.leave(&mut middle);
        assert_eq!(numbers.innermost(env), Some((0, 7)));
    }
}
