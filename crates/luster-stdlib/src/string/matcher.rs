//! Matching compiled patterns by backtracking on an explicit stack.
//!
//! Pure: bytes in, positions out. A match can be paused at any step and go on later, it never
//! recurses, and what it costs is counted. How patterns are compiled is in `compiled`; the library
//! functions that use both are in `pattern`.

use smallvec::SmallVec;

use super::compiled::{CaptureKind, Class, Item, Pattern, PatternError};

/// How deep the reference's matcher may recurse: `MAXCCALLS` in `lstrlib.c`.
const MAX_DEPTH: u8 = 200;

/// Below this depth a look at the next literal byte may stand for trying to match the next items,
/// which could go at most as much deeper as there can be ends of captures before they come to it.
const LOOK_AHEAD_DEPTH: u8 = MAX_DEPTH - 70;

/// How many bytes a tight loop looks at for one step's price.
const BYTES_PER_STEP: usize = 16;

/// What to try next when what follows does not match.
#[derive(Clone, Copy, Debug)]
struct Choice {
    /// The item that has the choice.
    item: u32,
    depth: u8,
    /// The first position it may leave off at.
    low: usize,
    /// The position it left off at.
    at: usize,
}

/// How far an attempt came. As [`Found`], it holds no positions, so that it is returned in a register
/// together with the error there may be instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// It matches, up to where the search's position is.
    Matched,
    /// It does not.
    Failed,
    /// It used up its steps.
    Paused,
}

/// What a capture of a match holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Captured {
    /// The piece of the subject between two positions.
    Text(usize, usize),
    /// A position, from 1.
    Position(usize),
}

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A match, whose place the search knows.
    Match,
    /// There is no more.
    Nothing,
    /// The steps are used up; call again.
    Paused,
}

/// A search for the matches of a pattern in a subject, one after the other.
#[derive(Debug)]
pub(super) struct Search {
    /// Where the current attempt begins, or the next one.
    start: usize,
    /// Where the last match begins.
    match_start: usize,
    /// Its end, where no empty match may end; `usize::MAX` before the first match.
    match_end: usize,
    anchored: bool,
    done: bool,
    /// Whether an attempt has been paused.
    attempting: bool,
    position: usize,
    item: usize,
    depth: u8,
    choices: SmallVec<[Choice; 6]>,
    captures: SmallVec<[(usize, usize); 4]>,
}

impl Search {
    /// A search that begins at a position of the subject.
    #[inline(always)]
    pub(super) fn new(pattern: &Pattern, start: usize, anchored: bool) -> Self {
        Search {
            start,
            match_start: 0,
            match_end: usize::MAX,
            anchored,
            done: false,
            attempting: false,
            position: 0,
            item: 0,
            depth: 0,
            choices: SmallVec::new(),
            captures: SmallVec::from_elem((0, 0), pattern.captures.len()),
        }
    }

    /// The next match. `steps` is what it may cost, and then what is left of it.
    ///
    /// # Errors
    /// The pattern is malformed, or too complex for the subject.
    pub(super) fn advance(
        &mut self,
        pattern: &Pattern,
        subject: &[u8],
        steps: &mut i64,
    ) -> Result<Found, PatternError> {
        loop {
            if !self.attempting {
                if self.done || self.start > subject.len() {
                    return Ok(Found::Nothing);
                }
                if let Some(first) = pattern.first
                    && !self.anchored
                {
                    let rest = &subject[self.start..];
                    let skipped = pattern.position(first, rest);
                    *steps -= (skipped.unwrap_or(rest.len()) / BYTES_PER_STEP) as i64;
                    let Some(skipped) = skipped else {
                        self.done = true;
                        return Ok(Found::Nothing);
                    };
                    self.start += skipped;
                }
                self.position = self.start;
                self.item = 0;
                self.depth = 1;
                self.choices.clear();
            }
            self.attempting = false;
            match self.attempt(pattern, subject, steps)? {
                Attempt::Matched if self.match_end != self.position => {
                    self.match_start = self.start;
                    self.match_end = self.position;
                    self.start = self.position;
                    self.done = self.anchored;
                    return Ok(Found::Match);
                }
                Attempt::Paused => {
                    self.attempting = true;
                    return Ok(Found::Paused);
                }
                Attempt::Matched | Attempt::Failed => {
                    self.start += 1;
                    self.done = self.anchored;
                }
            }
        }
    }

    /// Where the last match begins and ends.
    #[inline]
    pub(super) fn last_match(&self) -> (usize, usize) {
        (self.match_start, self.match_end)
    }

    /// A capture of the last match; the whole match if the pattern has no captures and the first one
    /// is asked for.
    ///
    /// # Errors
    /// There is no such capture, or it is not complete.
    #[inline(always)]
    pub(super) fn capture(
        &self,
        pattern: &Pattern,
        index: usize,
    ) -> Result<Captured, PatternError> {
        let Some(kind) = pattern.captures.get(index) else {
            return match index {
                0 => Ok(Captured::Text(self.match_start, self.match_end)),
                // An index is one of a digit, or below the number of captures.
                _ => Err(PatternError::InvalidCaptureIndex(index as u8 + 1)),
            };
        };
        let (from, to) = self.captures[index];
        match kind {
            CaptureKind::Text => Ok(Captured::Text(from, to)),
            CaptureKind::Position => Ok(Captured::Position(from + 1)),
            CaptureKind::Unfinished => Err(PatternError::UnfinishedCapture),
        }
    }

    /// Goes on with matching at `self.position` from `self.item` on.
    fn attempt(
        &mut self,
        pattern: &Pattern,
        subject: &[u8],
        steps: &mut i64,
    ) -> Result<Attempt, PatternError> {
        let items = &pattern.items[..];
        let (mut at, mut item, mut depth) = (self.position, self.item, self.depth);
        loop {
            if *steps <= 0 {
                (self.position, self.item, self.depth) = (at, item, depth);
                return Ok(Attempt::Paused);
            }
            *steps -= 1;
            let goes_on = match items[item] {
                Item::Accept => {
                    self.position = at;
                    return Ok(Attempt::Matched);
                }
                Item::One(class) => match subject.get(at) {
                    Some(&byte) if pattern.matches(class, byte) => {
                        at += 1;
                        item += 1;
                        true
                    }
                    _ => false,
                },
                choosing @ (Item::Star(class) | Item::Plus(class)) => {
                    let length = pattern.span(class, &subject[at..]);
                    *steps -= (length / BYTES_PER_STEP) as i64;
                    if length == 0 {
                        item += 1;
                        matches!(choosing, Item::Star(_))
                    } else {
                        deepen(&mut depth)?;
                        let low = at + usize::from(matches!(choosing, Item::Plus(_)));
                        at += length;
                        if let Item::Accept = items[item + 1] {
                            self.position = at;
                            return Ok(Attempt::Matched);
                        }
                        let index = item as u32;
                        self.choices.push(Choice { item: index, depth, low, at: at + 1 });
                        // What follows is tried as after a failure, from the longest run down.
                        false
                    }
                }
                Item::Lazy(class) => match subject.get(at) {
                    Some(&byte) if pattern.matches(class, byte) => {
                        deepen(&mut depth)?;
                        self.choices.push(Choice { item: item as u32, depth, low: at, at });
                        item += 1;
                        true
                    }
                    _ => {
                        item += 1;
                        true
                    }
                },
                Item::Optional(class) => match subject.get(at) {
                    Some(&byte) if pattern.matches(class, byte) => {
                        let choice = Choice { item: item as u32, depth, low: at, at };
                        deepen(&mut depth)?;
                        self.choices.push(choice);
                        at += 1;
                        item += 1;
                        true
                    }
                    _ => {
                        item += 1;
                        true
                    }
                },
                Item::Open(index) | Item::Position(index) => {
                    deepen(&mut depth)?;
                    self.captures[usize::from(index)].0 = at;
                    item += 1;
                    true
                }
                Item::Close(index) => {
                    deepen(&mut depth)?;
                    self.captures[usize::from(index)].1 = at;
                    item += 1;
                    true
                }
                Item::EndOfSubject => {
                    item += 1;
                    at == subject.len()
                }
                Item::Balance(open, close) => {
                    let end = balanced_end(&subject[at..], open, close);
                    *steps -= (end.unwrap_or(subject.len() - at) / BYTES_PER_STEP) as i64;
                    at += end.unwrap_or(0);
                    item += 1;
                    end.is_some()
                }
                Item::Frontier(set) => {
                    let set = &pattern.sets[set as usize];
                    let before = if at == 0 { 0 } else { subject[at - 1] };
                    let after = subject.get(at).copied().unwrap_or(0);
                    item += 1;
                    !set.contains(before) && set.contains(after)
                }
                Item::BackReference(index) => {
                    let (from, to) = self.captures[usize::from(index)];
                    *steps -= ((to - from) / BYTES_PER_STEP) as i64;
                    item += 1;
                    let matches = subject[at..].starts_with(&subject[from..to]);
                    at += to - from;
                    matches
                }
                Item::Never => false,
                Item::Fail(error) => return Err(error),
            };
            if goes_on {
                continue;
            }
            match self.next_choice(pattern, subject, steps) {
                Some(next) => (at, item, depth) = next,
                None => return Ok(Attempt::Failed),
            }
        }
    }

    /// The next thing to try after a failure: position, item and depth.
    #[inline]
    fn next_choice(
        &mut self,
        pattern: &Pattern,
        subject: &[u8],
        steps: &mut i64,
    ) -> Option<(usize, usize, u8)> {
        loop {
            let choice = self.choices.last_mut()?;
            let (item, depth) = (choice.item as usize, choice.depth);
            // The next position to leave off at, if there is one.
            let next = match pattern.items[item] {
                Item::Star(_) | Item::Plus(_) => {
                    if choice.at == choice.low {
                        None
                    } else {
                        match pattern.next_literal(item + 1) {
                            Some(byte) if depth < LOOK_AHEAD_DEPTH => {
                                let end = choice.at.min(subject.len());
                                let found = memchr::memrchr(byte, &subject[choice.low..end]);
                                let passed = end - choice.low - found.unwrap_or(0);
                                *steps -= (passed / BYTES_PER_STEP) as i64;
                                found.map(|offset| choice.low + offset)
                            }
                            _ => Some(choice.at - 1),
                        }
                    }
                }
                Item::Lazy(class) => {
                    let rest = &subject[choice.at..];
                    match (class, pattern.next_literal(item + 1)) {
                        (Class::Any, Some(byte)) if depth < LOOK_AHEAD_DEPTH => {
                            let found = rest.get(1..).and_then(|rest| memchr::memchr(byte, rest));
                            let passed = found.unwrap_or(rest.len());
                            *steps -= (passed / BYTES_PER_STEP) as i64;
                            found.map(|offset| choice.at + 1 + offset)
                        }
                        _ => match rest.first() {
                            Some(&byte) if pattern.matches(class, byte) => Some(choice.at + 1),
                            _ => None,
                        },
                    }
                }
                _ => {
                    let at = choice.at;
                    self.choices.pop();
                    return Some((at, item + 1, depth));
                }
            };
            match next {
                Some(at) => {
                    choice.at = at;
                    return Some((at, item + 1, depth));
                }
                None => {
                    self.choices.pop();
                }
            }
        }
    }
}

/// One level deeper, where the reference would recurse.
#[inline]
fn deepen(depth: &mut u8) -> Result<(), PatternError> {
    if *depth >= MAX_DEPTH {
        return Err(PatternError::TooComplex);
    }
    *depth += 1;
    Ok(())
}

/// The length of the balanced piece that bytes begin with.
fn balanced_end(bytes: &[u8], open: u8, close: u8) -> Option<usize> {
    if *bytes.first()? != open {
        return None;
    }
    let mut depth = 1_usize;
    for (index, &byte) in bytes.iter().enumerate().skip(1) {
        if byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(index + 1);
            }
        } else if byte == open {
            depth += 1;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(subject: &str, source: &str, pause: bool) -> Result<Option<(usize, usize)>, String> {
        let (source, anchored) = match source.strip_prefix('^') {
            Some(rest) => (rest, true),
            None => (source, false),
        };
        let pattern = Pattern::new(source.as_bytes());
        let mut search = Search::new(&pattern, 0, anchored);
        loop {
            let mut steps = if pause { 1 } else { 1_000_000 };
            match search.advance(&pattern, subject.as_bytes(), &mut steps) {
                Ok(Found::Match) => {
                    for index in 0..pattern.capture_count() {
                        search.capture(&pattern, index).map_err(PatternError::message)?;
                    }
                    return Ok(Some(search.last_match()));
                }
                Ok(Found::Nothing) => return Ok(None),
                Ok(Found::Paused) => assert!(pause, "a million steps should do"),
                Err(error) => return Err(error.message()),
            }
        }
    }

    #[track_caller]
    fn check(subject: &str, source: &str, expected: Result<Option<(usize, usize)>, &str>) {
        assert_eq!(run(subject, source, false), expected.map_err(String::from));
        assert_eq!(run(subject, source, true), expected.map_err(String::from), "with pauses");
    }

    #[test]
    fn items_match_as_the_manual_says() {
        check("hello world", "o w", Ok(Some((4, 7))));
        check("hello", "^h.-o$", Ok(Some((0, 5))));
        check("hello", "l+", Ok(Some((2, 4))));
        check("hello", "z*", Ok(Some((0, 0))));
        check("key = value", "(%w+)%s*=%s*(%w+)", Ok(Some((0, 11))));
        check("f(a(b)c)d", "%b()", Ok(Some((1, 8))));
        check("THE (quick) fox", "%f[%a]%a+%f[%A]", Ok(Some((0, 3))));
        check("abcabc", "(abc)%1", Ok(Some((0, 6))));
        check("aaab", "a-b", Ok(Some((0, 4))));
        check("aXb", "a[^a-z]b", Ok(Some((0, 3))));
        check("]", "[]]", Ok(Some((0, 1))));
        check("a-", "[a-]+", Ok(Some((0, 2))));
        check("ab", "a?b?$", Ok(Some((0, 2))));
        check("abc", "()b()", Ok(Some((1, 2))));
        check("alo xyzK", "(%w+)K", Ok(Some((4, 8))));
        check("x,y,z", "(.-),(.-)$", Ok(Some((0, 5))));
    }

    #[test]
    fn errors_are_raised_only_when_reached() {
        check("a", "b[", Ok(None));
        check("a", "a[", Err("malformed pattern (missing ']')"));
        check("a", "a%", Err("malformed pattern (ends with '%')"));
        check("a", "%f", Err("missing '[' after '%f' in pattern"));
        check("a", "%b(", Err("malformed pattern (missing arguments to '%b')"));
        check("a", "a)", Err("invalid pattern capture"));
        check("a", "(a", Err("unfinished capture"));
        check("a", "%0", Err("invalid capture index %0"));
        check("a", "(a%1)", Err("invalid capture index %1"));
        check("a", &"()".repeat(33), Err("too many captures"));
    }

    #[test]
    fn depth_is_limited_as_in_the_reference() {
        let subject = "a".repeat(300);
        check(&subject, &"a?".repeat(199), Ok(Some((0, 199))));
        check(&subject, &"a?".repeat(200), Err("pattern too complex"));
        check(&subject, &"a*".repeat(250), Ok(Some((0, 300))));
    }
}
