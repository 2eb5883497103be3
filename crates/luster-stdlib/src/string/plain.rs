//! Finding a string in another as it is, without patterns: in portions, however long both are.
//!
//! Short needles are looked for by the `memchr` crate, in one portion of the subject after the other.
//! That reads the needle anew each time, so for long ones there is Crochemore and Perrin's two-way
//! algorithm ("Two-way string-matching", Journal of the ACM 38, 1991), which can stop anywhere: its
//! time is linear, and it keeps a few numbers only.

use std::cmp::Ordering;

use gc_arena::Collect;
use luster_value::{CallbackReturn, Context, Error, LuaString, Poll, Sequence, Stack, Value};

/// How many bytes of the subject are searched before the fuel is looked at.
const PORTION: usize = 1 << 18;

/// From how many bytes on a needle is long.
const LONG_NEEDLE: usize = 1 << 13;

/// Up to how many bytes of a needle are looked at together for whether it may be in a place at all.
const SHORT_NEEDLE: usize = 1 << 8;

/// How many bytes the two-way algorithm compares before the fuel is looked at.
const STEPS: usize = 1 << 16;

/// Puts in the place of the arguments where the needle is first found from a position on.
pub(super) fn find<'gc>(
    stack: &mut Stack<'_, 'gc>,
    subject: LuaString<'gc>,
    needle: LuaString<'gc>,
    start: usize,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    if needle.len() > subject.len() - start {
        stack.replace(Value::Nil);
        return Ok(CallbackReturn::Return);
    }
    let is_long = needle.len() > LONG_NEEDLE;
    let two_way = is_long.then(|| TwoWay::new(start));
    let mut finding = Finding { subject, needle, start, two_way };
    if finding.go_on(stack) {
        return Ok(CallbackReturn::Return);
    }
    Ok(CallbackReturn::Sequence(Box::new(finding)))
}

/// A search at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Finding<'gc> {
    subject: LuaString<'gc>,
    needle: LuaString<'gc>,
    /// Where the needle may begin, when it is short.
    start: usize,
    /// How far the search for a long one has come.
    #[collect(require_static)]
    two_way: Option<TwoWay>,
}

impl<'gc> Finding<'gc> {
    /// Searches a portion. Tells whether the results are on the stack.
    fn go_on(&mut self, stack: &mut Stack<'_, 'gc>) -> bool {
        let (subject, needle) = (self.subject.as_bytes(), self.needle.as_bytes());
        let found = match &mut self.two_way {
            Some(search) => {
                stack.burn(STEPS / 5);
                match search.advance(subject, needle, STEPS) {
                    Some(found) => found,
                    None => return false,
                }
            }
            None => {
                let end = subject.len().min(self.start + PORTION + needle.len());
                let found = memchr::memmem::find(&subject[self.start..end], needle);
                let compared = found.unwrap_or(end - self.start) + needle.len();
                stack.burn(compared / if needle.len() > SHORT_NEEDLE { 5 } else { 16 });
                if found.is_none() && end < subject.len() {
                    self.start += PORTION;
                    return false;
                }
                found.map(|offset| self.start + offset)
            }
        };
        match found {
            Some(first) => stack.replace2(
                Value::Integer(first as i64 + 1),
                Value::Integer((first + needle.len()) as i64),
            ),
            None => stack.replace(Value::Nil),
        }
        true
    }
}

impl<'gc> Sequence<'gc> for Finding<'gc> {
    fn poll(
        &mut self,
        _: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.go_on(stack) { Ok(Poll::Return) } else { Ok(Poll::Pending) }
    }
}

/// The search for a maximal suffix of the needle, in one order of the bytes or the other.
#[derive(Clone, Copy, Debug)]
struct Suffix {
    /// Where the greatest suffix so far begins.
    begin: usize,
    /// Where the one begins that it is compared with, and how many bytes of both are equal.
    other: usize,
    equal: usize,
    /// The period of the greatest one.
    period: usize,
}

impl Suffix {
    const fn new() -> Self {
        Suffix { begin: 0, other: 1, equal: 0, period: 1 }
    }

    /// Compares up to so many bytes. Tells whether it is found.
    fn advance(&mut self, needle: &[u8], is_reversed: bool, steps: &mut usize) -> bool {
        while let Some(&byte) = needle.get(self.other + self.equal) {
            if *steps == 0 {
                return false;
            }
            *steps -= 1;
            let order = byte.cmp(&needle[self.begin + self.equal]);
            match if is_reversed { order.reverse() } else { order } {
                // The suffix stays the greatest, and its period is all that has been seen of it.
                Ordering::Less => {
                    self.other += self.equal + 1;
                    self.equal = 0;
                    self.period = self.other - self.begin;
                }
                Ordering::Equal if self.equal + 1 == self.period => {
                    self.other += self.period;
                    self.equal = 0;
                }
                Ordering::Equal => self.equal += 1,
                Ordering::Greater => {
                    *self = Suffix { begin: self.other, other: self.other + 1, ..Suffix::new() };
                }
            }
        }
        true
    }
}

/// How far the two-way algorithm has come.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Where the needle is best cut in two is looked for, in the first order of the bytes.
    Suffix(Suffix),
    /// In the other, when the first one gave this.
    Reversed(Suffix, Suffix),
    /// Whether the needle repeats itself at this distance is looked at, so far up to a place.
    Periodic { cut: usize, period: usize, at: usize },
    /// The needle is looked for, cut in two here.
    Search { cut: usize, period: usize, is_periodic: bool },
}

/// A search by the two-way algorithm.
#[derive(Debug)]
struct TwoWay {
    phase: Phase,
    /// Where the needle may begin.
    start: usize,
    /// How many of its first bytes are there, as far as that is known from what was compared before.
    known: usize,
    /// How far it is compared: up from the cut, then down from it.
    right: usize,
    left: Option<usize>,
}

impl TwoWay {
    fn new(start: usize) -> Self {
        let phase = Phase::Suffix(Suffix::new());
        TwoWay { phase, start, known: 0, right: 0, left: None }
    }

    /// Compares up to so many bytes. Answers where the needle is, or that it is nowhere, once that is
    /// known.
    fn advance(
        &mut self,
        subject: &[u8],
        needle: &[u8],
        mut steps: usize,
    ) -> Option<Option<usize>> {
        while steps > 0 {
            match &mut self.phase {
                Phase::Suffix(suffix) => {
                    if suffix.advance(needle, false, &mut steps) {
                        self.phase = Phase::Reversed(*suffix, Suffix::new());
                    }
                }
                Phase::Reversed(first, suffix) => {
                    if suffix.advance(needle, true, &mut steps) {
                        let last = if first.begin > suffix.begin { first } else { suffix };
                        let (cut, period) = (last.begin, last.period);
                        self.phase = Phase::Periodic { cut, period, at: 0 };
                    }
                }
                Phase::Periodic { cut, period, at } => {
                    let end = (*cut).min(*at + steps);
                    let is_equal = end + *period <= needle.len()
                        && needle[*at..end] == needle[*at + *period..end + *period];
                    steps -= end - *at;
                    *at = end;
                    if !is_equal {
                        // Then it may be moved on by more than half of it when the left half differs.
                        let (cut, period) = (*cut, (*cut).max(needle.len() - *cut) + 1);
                        self.begin_search(cut, period, false);
                    } else if end == *cut {
                        let (cut, period) = (*cut, *period);
                        self.begin_search(cut, period, true);
                    }
                }
                &mut Phase::Search { cut, period, is_periodic } => {
                    if let Some(found) =
                        self.search(subject, needle, cut, period, is_periodic, &mut steps)
                    {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    fn begin_search(&mut self, cut: usize, period: usize, is_periodic: bool) {
        self.phase = Phase::Search { cut, period, is_periodic };
        self.right = cut;
    }

    /// Moves the needle on.
    fn move_on(&mut self, distance: usize, known: usize, cut: usize) {
        self.start += distance;
        self.known = known;
        self.right = cut.max(known);
        self.left = None;
    }

    /// Compares what has not been compared at one place after the other.
    fn search(
        &mut self,
        subject: &[u8],
        needle: &[u8],
        cut: usize,
        period: usize,
        is_periodic: bool,
        steps: &mut usize,
    ) -> Option<Option<usize>> {
        let len = needle.len();
        while *steps > 0 {
            let Some(place) = subject.get(self.start..self.start + len) else { return Some(None) };
            // The right half, from the left.
            if self.left.is_none() {
                let end = len.min(self.right + *steps);
                let (wanted, there) = (&needle[self.right..end], &place[self.right..end]);
                let equal = common_prefix(wanted, there);
                *steps = steps.saturating_sub(equal + 1);
                self.right += equal;
                if equal < wanted.len() {
                    self.move_on(self.right + 1 - cut, 0, cut);
                    continue;
                }
                if end < len {
                    return None;
                }
                self.left = Some(cut);
            }
            // Then the left half, from the right.
            let from = self.left.unwrap_or(cut);
            let to = self.known.min(from).max(from.saturating_sub(*steps));
            let (wanted, there) = (&needle[to..from], &place[to..from]);
            *steps = steps.saturating_sub(from - to + 1);
            if wanted != there {
                let known = if is_periodic { len - period } else { 0 };
                self.move_on(period, known, cut);
            } else if to <= self.known {
                return Some(Some(self.start));
            } else {
                self.left = Some(to);
            }
        }
        None
    }
}

/// How many bytes of two slices of the same length are equal from their beginning.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const WIDE: usize = 64;
    let wide = a.chunks_exact(WIDE).zip(b.chunks_exact(WIDE)).take_while(|(a, b)| a == b).count();
    let from = wide * WIDE;
    let rest = a[from..].iter().zip(&b[from..]).take_while(|(a, b)| a == b).count();
    from + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the needle is found, with pauses after so many steps.
    fn found(subject: &[u8], needle: &[u8], start: usize, steps: usize) -> Option<usize> {
        let mut search = TwoWay::new(start);
        let most = 40 * (subject.len() + needle.len() + 10) / steps + 100;
        for _ in 0..most {
            if let Some(found) = search.advance(subject, needle, steps) {
                return found;
            }
        }
        panic!("it takes more than linear time: {subject:?} {needle:?}");
    }

    #[test]
    fn the_first_place_is_found_whatever_the_portions() {
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % below
        };
        for round in 0..20_000 {
            let letters = 1 + round % 3;
            let mut bytes = |len: usize| -> Vec<u8> {
                (0..len).map(|_| b'a' + random(letters) as u8).collect()
            };
            let subject = bytes(round % 40);
            let needle = match round % 4 {
                // Periodic ones are the hard ones.
                0 => bytes(1 + round % 3).repeat(1 + round % 5),
                _ => bytes(1 + round % 9),
            };
            let start = random(subject.len() + 1);
            let expected = memchr::memmem::find(&subject[start..], &needle).map(|at| start + at);
            for steps in [1, 2, 7, 1000] {
                let context = format!("{subject:?} {needle:?} {start} {steps}");
                assert_eq!(found(&subject, &needle, start, steps), expected, "{context}");
            }
        }
    }
}
