//! Sets of registers, as `flow` reckons with them: one word where a function has few registers, four
//! where it has many. What the sets mean is the business of `flow`.

/// A set of registers.
pub(super) trait Registers: Copy + std::fmt::Debug + Default + Eq {
    /// 1 if the condition holds and the register is not in the set, otherwise 0. If the condition
    /// holds, it must be one that the set can have, and so for the next two.
    fn lacks(&self, condition: bool, register: u8) -> u64;

    /// Puts a register into the set if the condition holds.
    fn insert_if(&mut self, condition: bool, register: u8);

    /// Takes a register out of the set if the condition holds.
    fn remove_if(&mut self, condition: bool, register: u8);

    /// All registers below this one. It may be past the last.
    fn below(register: usize) -> Self;

    /// What is in either set.
    fn with(self, other: Self) -> Self;

    /// What is in both sets.
    fn shared(self, other: Self) -> Self;

    /// What is in this set but not in the other.
    fn without(self, other: Self) -> Self;

    /// The lowest register in the set.
    fn first(self) -> Option<u8>;

    /// `count` registers from `first` on, those past the last left out.
    #[inline]
    fn range(first: usize, count: usize) -> Self {
        Self::below(first + count).without(Self::below(first))
    }
}

/// A set for functions with at most [`Few::COUNT`] registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Few(u64);

impl Few {
    /// How many registers there may be.
    pub(super) const COUNT: u8 = 64;
}

impl Registers for Few {
    #[inline]
    fn lacks(&self, condition: bool, register: u8) -> u64 {
        u64::from(condition) & !(self.0 >> (register & 63))
    }

    #[inline]
    fn insert_if(&mut self, condition: bool, register: u8) {
        self.0 |= u64::from(condition) << (register & 63);
    }

    #[inline]
    fn remove_if(&mut self, condition: bool, register: u8) {
        self.0 &= !(u64::from(condition) << (register & 63));
    }

    #[inline]
    fn below(register: usize) -> Self {
        Few(if register < 64 { !(u64::MAX << register) } else { u64::MAX })
    }

    #[inline]
    fn with(self, other: Self) -> Self {
        Few(self.0 | other.0)
    }

    #[inline]
    fn shared(self, other: Self) -> Self {
        Few(self.0 & other.0)
    }

    #[inline]
    fn without(self, other: Self) -> Self {
        Few(self.0 & !other.0)
    }

    #[inline]
    fn first(self) -> Option<u8> {
        (self.0 != 0).then(|| self.0.trailing_zeros() as u8)
    }
}

/// A set for functions with any number of registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Many([u64; 4]);

impl Registers for Many {
    #[inline]
    fn lacks(&self, condition: bool, register: u8) -> u64 {
        u64::from(condition) & !(self.0[usize::from(register >> 6)] >> (register & 63))
    }

    #[inline]
    fn insert_if(&mut self, condition: bool, register: u8) {
        self.0[usize::from(register >> 6)] |= u64::from(condition) << (register & 63);
    }

    #[inline]
    fn remove_if(&mut self, condition: bool, register: u8) {
        self.0[usize::from(register >> 6)] &= !(u64::from(condition) << (register & 63));
    }

    #[inline]
    fn below(register: usize) -> Self {
        Many(std::array::from_fn(|word| Few::below(register.saturating_sub(word * 64)).0))
    }

    #[inline]
    fn with(self, other: Self) -> Self {
        Many(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    #[inline]
    fn shared(self, other: Self) -> Self {
        Many(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    #[inline]
    fn without(self, other: Self) -> Self {
        Many(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }

    #[inline]
    fn first(self) -> Option<u8> {
        let word = self.0.iter().position(|&word| word != 0)?;
        Some((word as u32 * 64 + self.0[word].trailing_zeros()) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registers of a set, found one by one.
    fn members<S: Registers>(mut set: S) -> Vec<u8> {
        let mut found = Vec::new();
        while let Some(first) = set.first() {
            found.push(first);
            assert_eq!(set.lacks(true, first), 0);
            set.remove_if(false, first);
            assert_eq!(set.lacks(true, first), 0);
            set.remove_if(true, first);
            assert_eq!((set.lacks(true, first), set.lacks(false, first)), (1, 0));
        }
        assert_eq!(set, S::default());
        found
    }

    fn check<S: Registers>(count: usize) {
        let numbers = |from: usize, to: usize| (from..to).map(|n| n as u8).collect::<Vec<u8>>();
        for first in 0..count {
            let mut one = S::default();
            one.insert_if(false, first as u8);
            assert_eq!(one, S::default());
            one.insert_if(true, first as u8);
            assert_eq!(members(one), [first as u8]);
            assert_eq!(members(S::below(first)), numbers(0, first));
            for len in [0, 1, 3, 62, 64, 100, 255] {
                let end = (first + len).min(count);
                let range = S::range(first, len);
                assert_eq!(members(range), numbers(first, end));
                assert_eq!(range.shared(S::below(first)), S::default());
                assert_eq!(range.with(S::below(first)), S::below(end));
            }
        }
        assert_eq!(members(S::below(count)), numbers(0, count));
    }

    #[test]
    fn sets_of_both_sizes_are_sets() {
        check::<Few>(64);
        check::<Many>(256);
    }
}
