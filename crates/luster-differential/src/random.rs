//! Numbers that look random and are the same in every run: SplitMix64 (Steele, Lea and Flood,
//! "Fast splittable pseudorandom number generators", 2014); or choices that a fuzzer has made.

/// A generator of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
    /// Choices that are made before any others, the next one last.
    choices: Vec<u8>,
}

impl Random {
    /// A generator whose numbers follow from a name and a number.
    pub(crate) fn new(name: &str, seed: u64) -> Random {
        let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        let state = name.bytes().fold(0xCBF2_9CE4_8422_2325 ^ seed, hash);
        Random { state, choices: Vec::new() }
    }

    /// A generator whose choices are these bytes. When there are no more, others follow.
    pub(crate) fn of_choices(choices: &[u8]) -> Random {
        Random {
            choices: choices.iter().rev().copied().collect(),
            ..Random::new("choices", choices.len() as u64)
        }
    }

    /// The next number of 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let number = match self.choices.pop() {
            Some(choice) => u64::from(choice),
            None => self.bits(),
        };
        (number % limit as u64) as usize
    }

    /// Whether something happens that does `n` times of a hundred.
    pub(crate) fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    /// One of several things.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
