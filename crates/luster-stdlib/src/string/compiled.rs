//! Lua patterns compiled to items.
//!
//! What a pattern means, what is an error in it, and that an error is raised only when a match gets
//! to it, is as in PUC-Rio's `lstrlib.c`. Patterns are linear (nothing but the next item can follow
//! an item), so which captures are open at an item is known here. Matching is in `matcher`.

use std::cell::RefCell;
use std::rc::Rc;

use luster_value::{Error, account};
use smallvec::SmallVec;

use super::byte_set::{ByteSet, NamedClass};

/// The most captures a pattern may have: the reference's `LUA_MAXCAPTURES`.
const MAX_CAPTURES: usize = 32;

/// The most items of a pattern; whatever gets that far is "too complex".
const MAX_ITEMS: usize = 1 << 20;

/// How many bytes of a pattern are compiled before the fuel is looked at.
pub(super) const PORTION: usize = 1 << 14;

/// The longest pattern that is remembered.
pub(super) const MAX_REMEMBERED: usize = 64;

/// How many patterns are remembered.
const REMEMBERED: usize = 32;

/// A pattern that is remembered.
struct Remembered {
    source: Box<[u8]>,
    pattern: Rc<Pattern>,
}

thread_local! {
    /// The patterns compiled last, by a hash of their sources. They depend on nothing else, so that
    /// VMs may share them.
    static CACHE: RefCell<[Option<Remembered>; REMEMBERED]> =
        const { RefCell::new([const { None }; REMEMBERED]) };
}

/// Where a pattern is remembered: a hash of its length and of eight bytes from its beginning, its
/// middle and its end.
fn remembered_place(source: &[u8]) -> usize {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = match source {
        [_, _, _, _, _, _, _, _, ..] => {
            let word = |at: usize| {
                source[at..].first_chunk().map_or(0, |bytes: &[u8; 8]| u64::from_le_bytes(*bytes))
            };
            let last = source.len() - 8;
            let ends = word(0) ^ word(last).rotate_left(29);
            ends.wrapping_mul(MULTIPLIER) ^ word(last / 2)
        }
        _ => source.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    };
    let hash = (mixed ^ source.len() as u64).wrapping_mul(MULTIPLIER);
    (hash >> 32) as usize % REMEMBERED
}

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatternError {
    /// It ends with the escape character.
    EndsWithEscape,
    /// A set has no end.
    MissingBracket,
    /// `%b` lacks its two bytes.
    MissingBalance,
    /// `%f` lacks its set.
    MissingFrontierSet,
    /// A back reference to a capture (numbered from 1) that is not complete.
    InvalidCaptureIndex(u8),
    /// A `)` without its `(`.
    InvalidCapture,
    /// More captures than there may be.
    TooManyCaptures,
    /// A capture that was never closed is asked for.
    UnfinishedCapture,
    /// Too many items have to be tried at once.
    TooComplex,
}

impl PatternError {
    /// The reference's message.
    pub(super) fn message(self) -> String {
        match self {
            PatternError::EndsWithEscape => "malformed pattern (ends with '%')".into(),
            PatternError::MissingBracket => "malformed pattern (missing ']')".into(),
            PatternError::MissingBalance => "malformed pattern (missing arguments to '%b')".into(),
            PatternError::MissingFrontierSet => "missing '[' after '%f' in pattern".into(),
            PatternError::InvalidCaptureIndex(index) => {
                format!("invalid capture index %{index}")
            }
            PatternError::InvalidCapture => "invalid pattern capture".into(),
            PatternError::TooManyCaptures => "too many captures".into(),
            PatternError::UnfinishedCapture => "unfinished capture".into(),
            PatternError::TooComplex => "pattern too complex".into(),
        }
    }
}

/// A single-byte class.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    /// Any byte.
    Any,
    /// This byte.
    Byte(u8),
    /// One of the classes with a name, as `%a`.
    Named(NamedClass),
    /// A set of the pattern.
    Own(u32),
}

/// One item of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// The end of the pattern.
    Accept,
    /// `$` at the end of the pattern.
    EndOfSubject,
    /// `(`
    Open(u8),
    /// `()`
    Position(u8),
    /// `)`
    Close(u8),
    /// `%bxy`
    Balance(u8, u8),
    /// `%f[set]`
    Frontier(u32),
    /// `%1`
    BackReference(u8),
    /// What can never match.
    Never,
    /// A class once.
    One(Class),
    /// `?`
    Optional(Class),
    /// `*`
    Star(Class),
    /// `+`
    Plus(Class),
    /// `-`
    Lazy(Class),
    /// What is an error when a match gets here.
    Fail(PatternError),
}

/// What a capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CaptureKind {
    /// A piece of the subject.
    Text,
    /// A position.
    Position,
    /// Nothing: it is never closed.
    Unfinished,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) items: SmallVec<[Item; 12]>,
    pub(super) sets: SmallVec<[ByteSet; 2]>,
    pub(super) captures: SmallVec<[CaptureKind; 8]>,
    /// The class that every match begins with a byte of, if there is one.
    pub(super) first: Option<Class>,
}

impl Pattern {
    /// Looks whether there is room for what a pattern is compiled to.
    ///
    /// # Errors
    /// There is not that much memory.
    #[inline]
    pub(super) fn check_room<'gc>(source: &[u8]) -> Result<(), Error<'gc>> {
        // While a list of items grows, there are two.
        let bytes = source.len().saturating_mul(3 * (size_of::<Item>() + size_of::<ByteSet>() / 3));
        if source.len() <= MAX_REMEMBERED { Ok(()) } else { Error::check_room(bytes) }
    }

    /// How many bytes it takes.
    #[inline]
    pub(super) fn size_in_memory(&self) -> usize {
        let items = if self.items.spilled() { self.items.capacity() } else { 0 };
        let sets = if self.sets.spilled() { self.sets.capacity() } else { 0 };
        size_of::<Pattern>() + items * size_of::<Item>() + sets * size_of::<ByteSet>()
    }

    /// A pattern (without its anchor), compiled now or remembered.
    pub(super) fn of(source: &[u8]) -> Rc<Pattern> {
        if source.len() > MAX_REMEMBERED {
            return Rc::new(Pattern::new(source));
        }
        let place = remembered_place(source);
        let remembered = CACHE.try_with(|cache| {
            let mut cache = cache.borrow_mut();
            match &cache[place] {
                Some(known) if *known.source == *source => known.pattern.clone(),
                _ => {
                    let pattern = Rc::new(Pattern::new(source));
                    let known = Remembered { source: source.into(), pattern: pattern.clone() };
                    cache[place] = Some(known);
                    pattern
                }
            }
        });
        // A thread that ends has lost its memory, but may still be dropping a VM.
        remembered.unwrap_or_else(|_| Rc::new(Pattern::new(source)))
    }

    /// Compiles a pattern (without its anchor). What is wrong with it becomes an item.
    pub(super) fn new(source: &[u8]) -> Self {
        let mut compilation = Compilation::new();
        while !compilation.advance(source) {}
        compilation.finish()
    }
}

/// A pattern that is being compiled, in portions: patterns may have megabytes.
#[derive(Debug)]
pub(super) struct Compilation {
    pattern: Pattern,
    /// How much of the source has been compiled.
    at: usize,
    /// A set that is not done yet.
    set: Option<OpenSet>,
    /// What it ends with.
    last: Item,
}

/// A set that is being compiled.
#[derive(Clone, Copy, Debug)]
struct OpenSet {
    /// Where its bytes begin, and where they end, as far as that is known.
    first: usize,
    end: usize,
    /// Whether its end has been found, and how far it has been compiled then.
    at: Option<usize>,
    negated: bool,
    set: ByteSet,
}

impl Compilation {
    /// The beginning of a long pattern: with room for as many items as there may be, if there is the memory,
    /// so that they need not be moved.
    pub(super) fn of_long(source: &[u8]) -> Self {
        let mut compilation = Compilation::new();
        let most = source.len().min(MAX_ITEMS) + 1;
        if account::has_room_for(most * size_of::<Item>()) {
            // Otherwise they grow as they come.
            let _ = compilation.pattern.items.try_reserve_exact(most);
        }
        compilation
    }

    /// How many bytes it takes.
    pub(super) fn size_in_memory(&self) -> usize {
        self.pattern.size_in_memory()
    }

    /// Looks whether there is room for what another portion adds, where lists grow beside the old ones.
    ///
    /// # Errors
    /// There is not that much memory.
    pub(super) fn check_room<'gc>(&self, source: &[u8]) -> Result<(), Error<'gc>> {
        let Pattern { items, sets, .. } = &self.pattern;
        let bytes = PORTION.min(source.len().saturating_sub(self.at));
        let more_items = bytes.min(MAX_ITEMS.saturating_sub(items.len())) + 1;
        // The shortest set has three bytes.
        let more_sets = bytes / 3 + 1;
        let items = grown(items.len() + more_items, items.capacity()) * size_of::<Item>();
        let sets = grown(sets.len() + more_sets, sets.capacity()) * size_of::<ByteSet>();
        Error::check_room(items + sets)
    }

    /// The beginning of a pattern, whatever it is.
    pub(super) fn new() -> Self {
        let (items, sets, captures) = (SmallVec::new(), SmallVec::new(), SmallVec::new());
        let pattern = Pattern { items, sets, captures, first: None };
        Compilation { pattern, at: 0, set: None, last: Item::Accept }
    }

    /// Compiles a portion of the pattern (without its anchor). Tells whether that was the last one.
    pub(super) fn advance(&mut self, source: &[u8]) -> bool {
        match self.compile(source) {
            Ok(is_done) => is_done,
            Err(error) => {
                self.last = Item::Fail(error);
                true
            }
        }
    }

    /// How much of the source has been read, twice where it has been looked for the end of a set.
    pub(super) fn read(&self) -> usize {
        let in_set = self.set.map_or(0, |set| {
            let compiled = set.at.unwrap_or(set.first);
            set.end - set.first + compiled - set.first
        });
        self.at + in_set
    }

    /// The pattern, once all of it has been compiled.
    pub(super) fn finish(self) -> Pattern {
        let Compilation { mut pattern, last, .. } = self;
        pattern.items.push(last);
        let (items, sets) = (size_of_val(&*pattern.items), size_of_val(&*pattern.sets));
        if pattern.items.len() > MAX_REMEMBERED && account::has_room_for(items + sets) {
            pattern.items.shrink_to_fit();
            pattern.sets.shrink_to_fit();
        }
        let is_capture = |item: &&Item| matches!(item, Item::Open(_) | Item::Position(_));
        pattern.first = match pattern.items.iter().find(|item| !is_capture(item)) {
            Some(Item::One(class) | Item::Plus(class)) => Some(*class),
            Some(Item::Balance(open, _)) => Some(Class::Byte(*open)),
            _ => None,
        };
        pattern
    }

    /// Compiles items until the source is at its end, which this tells, or a portion of it done.
    fn compile(&mut self, source: &[u8]) -> Result<bool, PatternError> {
        let stop = self.at.saturating_add(PORTION);
        while let Some(&byte) = source.get(self.at) {
            if self.at >= stop {
                return Ok(false);
            }
            if self.pattern.items.len() >= MAX_ITEMS {
                return Err(PatternError::TooComplex);
            }
            let Some(item) = self.item(source, byte)? else { return Ok(false) };
            self.pattern.items.push(item);
        }
        Ok(true)
    }

    /// The next item, which begins with this byte; `None` if it has a set that takes longer.
    fn item(&mut self, source: &[u8], byte: u8) -> Result<Option<Item>, PatternError> {
        let at = self.at;
        let next = source.get(at + 1).copied();
        let captures = &mut self.pattern.captures;
        let (item, end) = match (byte, next) {
            (b'(', _) => {
                let index = captures.len();
                if index >= MAX_CAPTURES {
                    return Err(PatternError::TooManyCaptures);
                }
                if next == Some(b')') {
                    captures.push(CaptureKind::Position);
                    (Item::Position(index as u8), at + 2)
                } else {
                    captures.push(CaptureKind::Unfinished);
                    (Item::Open(index as u8), at + 1)
                }
            }
            (b')', _) => {
                let open = captures.iter().rposition(|&c| c == CaptureKind::Unfinished);
                let index = open.ok_or(PatternError::InvalidCapture)?;
                captures[index] = CaptureKind::Text;
                (Item::Close(index as u8), at + 1)
            }
            (b'$', None) => (Item::EndOfSubject, at + 1),
            (b'%', Some(b'b')) => match source.get(at + 2..at + 4) {
                Some(&[open, close]) => (Item::Balance(open, close), at + 4),
                _ => return Err(PatternError::MissingBalance),
            },
            (b'%', Some(b'f')) => {
                if source.get(at + 2) != Some(&b'[') {
                    return Err(PatternError::MissingFrontierSet);
                }
                let Some((set, end)) = self.compile_set(source, at + 2)? else { return Ok(None) };
                (Item::Frontier(set), end)
            }
            (b'%', Some(digit @ b'0'..=b'9')) => {
                let index = digit.wrapping_sub(b'1');
                let item = match captures.get(usize::from(index)) {
                    None | Some(CaptureKind::Unfinished) => {
                        return Err(PatternError::InvalidCaptureIndex(digit - b'0'));
                    }
                    Some(CaptureKind::Position) => Item::Never,
                    Some(CaptureKind::Text) => Item::BackReference(index),
                };
                (item, at + 2)
            }
            _ => {
                let Some((class, end)) = self.compile_class(source, at)? else { return Ok(None) };
                match source.get(end) {
                    Some(b'?') => (Item::Optional(class), end + 1),
                    Some(b'*') => (Item::Star(class), end + 1),
                    Some(b'+') => (Item::Plus(class), end + 1),
                    Some(b'-') => (Item::Lazy(class), end + 1),
                    _ => (Item::One(class), end),
                }
            }
        };
        self.at = end;
        Ok(Some(item))
    }

    /// The class that begins at `at`, and where it ends; `None` if it is a set that takes longer.
    fn compile_class(
        &mut self,
        source: &[u8],
        at: usize,
    ) -> Result<Option<(Class, usize)>, PatternError> {
        Ok(Some(match source[at] {
            b'.' => (Class::Any, at + 1),
            b'[' => {
                let Some((set, end)) = self.compile_set(source, at)? else { return Ok(None) };
                (Class::Own(set), end)
            }
            b'%' => {
                let &letter = source.get(at + 1).ok_or(PatternError::EndsWithEscape)?;
                let class = NamedClass::of_letter(letter).map_or(Class::Byte(letter), Class::Named);
                (class, at + 2)
            }
            byte => (Class::Byte(byte), at + 1),
        }))
    }

    /// The set whose `[` is at `at`: its index, and where it ends. `None` if that takes longer: the set
    /// is kept then, and gone on with when this is called again.
    fn compile_set(
        &mut self,
        source: &[u8],
        at: usize,
    ) -> Result<Option<(u32, usize)>, PatternError> {
        let mut open = self.set.take().unwrap_or_else(|| OpenSet::new(source, at));
        if !open.advance(source)? {
            self.set = Some(open);
            return Ok(None);
        }
        let set = if open.negated { open.set.complement() } else { open.set };
        let sets = &mut self.pattern.sets;
        sets.push(set);
        Ok(Some(((sets.len() - 1) as u32, open.end + 1)))
    }
}

/// How many items there is memory for when a list has grown to so many, or 0 if it need not.
fn grown(len: usize, capacity: usize) -> usize {
    if len <= capacity { 0 } else { len.next_power_of_two() }
}

impl OpenSet {
    /// The set whose `[` is at `at`.
    fn new(source: &[u8], at: usize) -> Self {
        let negated = source.get(at + 1) == Some(&b'^');
        let first = at + 1 + usize::from(negated);
        OpenSet { first, end: first, at: None, negated, set: ByteSet::EMPTY }
    }

    /// Compiles a portion of the set. Tells whether that was the last one.
    fn advance(&mut self, source: &[u8]) -> Result<bool, PatternError> {
        if self.at.is_none() && !self.find_end(source)? {
            return Ok(false);
        }
        let mut at = self.at.unwrap_or(self.first);
        let stop = self.end.min(at.saturating_add(PORTION));
        while at < stop {
            let byte = source[at];
            if byte == b'%' {
                at += 1;
                // After a range, the escape may stand last: then it escapes the bracket.
                match NamedClass::of_letter(source[at]) {
                    Some(class) => self.set = self.set.union(class.set()),
                    None => self.set.insert(source[at]),
                }
            } else if source[at + 1] == b'-' && at + 2 < self.end {
                self.set.insert_range(byte, source[at + 2]);
                at += 2;
            } else {
                self.set.insert(byte);
            }
            at += 1;
        }
        self.at = Some(at);
        Ok(at >= self.end)
    }

    /// Looks for the end of the set in a portion of the source. Tells whether it is there.
    fn find_end(&mut self, source: &[u8]) -> Result<bool, PatternError> {
        let stop = self.end.saturating_add(PORTION);
        loop {
            // The first byte never ends the set, nor does an escaped one.
            let &byte = source.get(self.end).ok_or(PatternError::MissingBracket)?;
            self.end += 1;
            if byte == b'%' && self.end < source.len() {
                self.end += 1;
            }
            if source.get(self.end) == Some(&b']') {
                return Ok(true);
            }
            if self.end >= stop {
                return Ok(false);
            }
        }
    }
}

impl Pattern {
    /// How many captures a match has, complete or not.
    #[inline]
    pub(super) fn capture_count(&self) -> usize {
        self.captures.len()
    }

    #[inline]
    pub(super) fn matches(&self, class: Class, byte: u8) -> bool {
        match class {
            Class::Any => true,
            Class::Byte(wanted) => byte == wanted,
            Class::Named(class) => class.set().contains(byte),
            Class::Own(set) => self.sets[set as usize].contains(byte),
        }
    }

    /// How many of the first bytes are of a class.
    #[inline(always)]
    pub(super) fn span(&self, class: Class, bytes: &[u8]) -> usize {
        let end = match class {
            Class::Any => None,
            Class::Byte(wanted) => bytes.iter().position(|&byte| byte != wanted),
            Class::Named(class) => {
                let set = class.set();
                bytes.iter().position(|&byte| !set.contains(byte))
            }
            Class::Own(set) => {
                let set = &self.sets[set as usize];
                bytes.iter().position(|&byte| !set.contains(byte))
            }
        };
        end.unwrap_or(bytes.len())
    }

    /// Where the first byte of a class is.
    #[inline]
    pub(super) fn position(&self, class: Class, bytes: &[u8]) -> Option<usize> {
        match class {
            Class::Any => (!bytes.is_empty()).then_some(0),
            Class::Byte(wanted) => memchr::memchr(wanted, bytes),
            Class::Named(class) => {
                let set = class.set();
                bytes.iter().position(|&byte| set.contains(byte))
            }
            Class::Own(set) => {
                let set = &self.sets[set as usize];
                bytes.iter().position(|&byte| set.contains(byte))
            }
        }
    }

    /// The byte that has to come next for the items from `item` on to match, if that is known.
    #[inline]
    pub(super) fn next_literal(&self, mut item: usize) -> Option<u8> {
        loop {
            match self.items[item] {
                Item::One(Class::Byte(byte)) | Item::Plus(Class::Byte(byte)) => return Some(byte),
                Item::Open(_) | Item::Close(_) | Item::Position(_) => item += 1,
                _ => return None,
            }
        }
    }
}
