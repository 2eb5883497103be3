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
const BYTES_PER_STEP: usize = 8;

/// How many bytes a tight loop looks at before the steps are looked at.
const SCANNED: usize = if cfg!(test) { 3 } else { 1 << 17 };

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

/// What a part of a balanced piece came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Balance {
    /// The piece ends after so many bytes.
    Closed(usize),
    /// It does not end, or does not begin.
    Missing,
    /// It goes on beyond what has been looked at.
    Unknown,
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
    /// How many bytes the current item has looked at, if it has not come to their end yet; 0 otherwise.
    scanned: usize,
    /// How many balanced pieces are open after those bytes.
    nesting: usize,
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
            scanned: 0,
            nesting: 0,
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
                    let looked_at = &rest[..rest.len().min(SCANNED)];
                    let skipped = pattern.position(first, looked_at);
                    *steps -= (skipped.unwrap_or(looked_at.len()) / BYTES_PER_STEP) as i64;
                    let Some(skipped) = skipped else {
                        if looked_at.len() < rest.len() {
                            self.start += looked_at.len();
                            if *steps <= 0 {
                                return Ok(Found::Paused);
                            }
                            continue;
                        }
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

    /// Whether it takes memory beside itself which may have grown.
    #[inline]
    pub(super) fn has_own_memory(&self) -> bool {
        self.choices.spilled()
    }

    /// How many bytes it takes beside itself.
    #[inline]
    pub(super) fn size_in_memory(&self) -> usize {
        let choices = if self.choices.spilled() { self.choices.capacity() } else { 0 };
        let captures = if self.captures.spilled() { self.captures.capacity() } else { 0 };
        choices * size_of::<Choice>() + captures * size_of::<(usize, usize)>()
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
                    let rest = &subject[at..];
                    let length = if rest.len() <= SCANNED {
                        pattern.span(class, rest)
                    } else {
                        match self.span_of_long(pattern, class, rest, steps) {
                            Some(length) => length,
                            None => continue,
                        }
                    };
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
                    match self.balance(&subject[at..], open, close, steps) {
                        Balance::Closed(length) => {
                            at += length;
                            item += 1;
                            true
                        }
                        Balance::Missing => false,
                        Balance::Unknown => continue,
                    }
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
                    let (rest, text) = (&subject[at..], &subject[from..to]);
                    let repeats = if text.len() <= SCANNED {
                        *steps -= (text.len() / BYTES_PER_STEP) as i64;
                        rest.starts_with(text)
                    } else {
                        match self.long_repetition(rest, text, steps) {
                            Some(repeats) => repeats,
                            None => continue,
                        }
                    };
                    item += 1;
                    at += text.len();
                    repeats
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

    /// How many of the first bytes of a long rest are of a class; `None` if more bytes have to be looked
    /// at, which is to be gone on with. Such bytes are paid for beforehand.
    #[cold]
    #[inline(never)]
    fn span_of_long(
        &mut self,
        pattern: &Pattern,
        class: Class,
        rest: &[u8],
        steps: &mut i64,
    ) -> Option<usize> {
        let from = std::mem::take(&mut self.scanned);
        let stop = match class {
            // Its bytes are not looked at.
            Class::Any => rest.len(),
            _ => rest.len().min(from + SCANNED),
        };
        let length = from + pattern.span(class, &rest[from..stop]);
        if length == stop && stop < rest.len() {
            *steps -= (SCANNED / BYTES_PER_STEP) as i64;
            self.scanned = stop;
            return None;
        }
        // All of the length is going to be paid for.
        *steps += (from / BYTES_PER_STEP) as i64;
        Some(length)
    }

    /// Looks for the end of the balanced piece that the rest may begin with, from where that was left off.
    fn balance(&mut self, rest: &[u8], open: u8, close: u8, steps: &mut i64) -> Balance {
        let mut from = std::mem::take(&mut self.scanned);
        if from == 0 {
            if rest.first() != Some(&open) {
                return Balance::Missing;
            }
            from = 1;
            self.nesting = 1;
        }
        let stop = rest.len().min(from + SCANNED);
        let mut nesting = self.nesting;
        for (index, &byte) in rest[from..stop].iter().enumerate() {
            if byte == close {
                nesting -= 1;
                if nesting == 0 {
                    *steps -= (index / BYTES_PER_STEP) as i64;
                    return Balance::Closed(from + index + 1);
                }
            } else if byte == open {
                nesting += 1;
            }
        }
        *steps -= ((stop - from) / BYTES_PER_STEP) as i64;
        if stop == rest.len() {
            return Balance::Missing;
        }
        (self.scanned, self.nesting) = (stop, nesting);
        Balance::Unknown
    }

    /// Whether the rest begins with a long text; `None` if more bytes have to be compared, which is to be
    /// gone on with.
    #[cold]
    #[inline(never)]
    fn long_repetition(&mut self, rest: &[u8], text: &[u8], steps: &mut i64) -> Option<bool> {
        let from = std::mem::take(&mut self.scanned);
        let stop = text.len().min(from + SCANNED);
        if rest.len() < text.len() {
            return Some(false);
        }
        *steps -= ((stop - from) / BYTES_PER_STEP) as i64;
        if rest[from..stop] != text[from..stop] {
            return Some(false);
        }
        if stop < text.len() {
            self.scanned = stop;
            return None;
        }
        Some(true)
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
                                let begin = choice.low.max(end.saturating_sub(SCANNED));
                                let found = memchr::memrchr(byte, &subject[begin..end]);
                                let passed = end - begin - found.unwrap_or(0);
                                *steps -= (passed / BYTES_PER_STEP) as i64;
                                match found {
                                    Some(offset) => Some(begin + offset),
                                    // What follows does not match there, but the steps are looked at.
                                    None => (begin > choice.low).then_some(begin),
                                }
                            }
                            _ => Some(choice.at - 1),
                        }
                    }
                }
                Item::Lazy(class) => {
                    let rest = &subject[choice.at..];
                    match (class, pattern.next_literal(item + 1)) {
                        (Class::Any, Some(byte)) if depth < LOOK_AHEAD_DEPTH => {
                            let next = rest.get(1..).unwrap_or_default();
                            let looked_at = &next[..next.len().min(SCANNED)];
                            let found = memchr::memchr(byte, looked_at);
                            let passed = found.unwrap_or(looked_at.len());
                            *steps -= (passed / BYTES_PER_STEP) as i64;
                            match found {
                                Some(offset) => Some(choice.at + 1 + offset),
                                // As above: the last position that was looked at.
                                None => {
                                    let is_end = looked_at.len() == next.len();
                                    (!is_end).then_some(choice.at + looked_at.len())
                                }
                            }
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

    /// Where a match that begins at `at` ends, found by plain recursion.
    fn matched(
        pattern: &Pattern,
        subject: &[u8],
        at: usize,
        item: usize,
        captures: &mut [(usize, usize)],
    ) -> Option<usize> {
        let rest = &subject[at..];
        let follow = |at, captures: &mut _| matched(pattern, subject, at, item + 1, captures);
        match pattern.items[item] {
            Item::Accept => Some(at),
            Item::EndOfSubject if rest.is_empty() => follow(at, captures),
            Item::EndOfSubject => None,
            Item::Open(index) => {
                captures[usize::from(index)].0 = at;
                follow(at, captures)
            }
            Item::Close(index) => {
                captures[usize::from(index)].1 = at;
                follow(at, captures)
            }
            Item::BackReference(index) => {
                let (from, to) = captures[usize::from(index)];
                let repeats = rest.starts_with(&subject[from..to]);
                repeats.then(|| follow(at + to - from, captures))?
            }
            Item::Balance(open, close) => {
                let mut nesting = 0;
                let length = rest.iter().position(|&byte| {
                    nesting += i32::from(byte == open) - i32::from(byte == close);
                    nesting <= 0
                });
                let length = length.filter(|_| rest[0] == open)?;
                follow(at + length + 1, captures)
            }
            single => {
                let (class, least, most, is_lazy) = match single {
                    Item::One(class) => (class, 1, 1, false),
                    Item::Optional(class) => (class, 0, 1, false),
                    Item::Star(class) => (class, 0, usize::MAX, false),
                    Item::Plus(class) => (class, 1, usize::MAX, false),
                    Item::Lazy(class) => (class, 0, usize::MAX, true),
                    other => panic!("no test has {other:?}"),
                };
                let run = rest.iter().take_while(|&&byte| pattern.matches(class, byte)).count();
                let lengths = least..=run.min(most);
                let mut end = |length| follow(at + length, captures);
                match is_lazy {
                    true => lengths.into_iter().find_map(&mut end),
                    false => lengths.into_iter().rev().find_map(&mut end),
                }
            }
        }
    }

    /// Compares the first match in all short subjects, and in some that are not so short, for what may be
    /// longer than a portion of a scan.
    #[test]
    fn matches_are_those_of_plain_recursion_however_often_they_pause() {
        let pieces =
            ["", "b", "a*", "b+", "[^b]+", ".-", "(.*)", "(a-)", "%bab", "(.+)%1", ".?b", "$"];
        let long = ["aaaaaaaaaab", "abbbbbbbbbb", "aaaabaaaab", "aaaaabbbbb", "ababababab"];
        let short = (0..8).flat_map(|length| {
            (0..1_u32 << length).map(move |bits| {
                (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect()
            })
        });
        let subjects: Vec<String> = short.chain(long.map(String::from)).collect();
        for number in 0..pieces.len().pow(3) {
            let piece = |place: u32| pieces[number / pieces.len().pow(place) % pieces.len()];
            let source = [piece(0), piece(1), piece(2)].concat();
            if source.contains("$") && !source.ends_with("$") || source.matches("%1").count() > 1 {
                continue;
            }
            // A back reference is to the capture before it.
            let number = source.split("%1").next().unwrap_or_default().matches('(').count();
            let source = source.replace("%1", &format!("%{number}"));
            let pattern = Pattern::new(source.as_bytes());
            for subject in &subjects {
                let expected = (0..=subject.len()).find_map(|start| {
                    let mut captures = vec![(0, 0); pattern.capture_count()];
                    let end = matched(&pattern, subject.as_bytes(), start, 0, &mut captures)?;
                    Some(((start, end), captures))
                });
                for portion in [1, 1_000_000] {
                    let mut search = Search::new(&pattern, 0, false);
                    let found = loop {
                        let mut steps = portion;
                        match search.advance(&pattern, subject.as_bytes(), &mut steps) {
                            Ok(Found::Paused) => {}
                            found => break found,
                        }
                    };
                    let found = (found == Ok(Found::Match))
                        .then(|| (search.last_match(), search.captures.to_vec()));
                    assert_eq!(found, expected, "{source} in {subject}");
                }
            }
        }
    }
}
