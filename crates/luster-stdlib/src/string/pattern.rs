//! The library functions that match patterns: `find match gmatch gsub`.
//!
//! How patterns are compiled is in `compiled`, how they match in `matcher`. Here every search is
//! driven in portions, each charged to the script's fuel; a search that is out of fuel goes on in a
//! sequence. So is what a substitution copies.

use std::cell::RefCell;
use std::rc::Rc;

use gc_arena::Collect;
use luster_value::{
    Callback, CallbackReturn, Captured, Context, Error, LuaString, Poll, Sequence, Stack, Value,
    account,
};
use luster_vm::operate::{self, Outcome};

use super::compiled::{self, Pattern, PatternError};
use super::long::{LongSource, Wish};
use super::matcher::{self, Found, Search};
use super::plain;
use super::start_position;
use crate::buffer::reserve_results;
use crate::counted::{CountedBuffer, CountedMemory};

/// How many steps a search may take before its fuel is looked at.
const PORTION: i64 = 5_000;

/// From how many bytes on a replacement is paid for by its length.
const LONG_REPLACEMENT: usize = 64;

/// How many bytes a substitution copies at once, and after how many the fuel is looked at.
const LONG_PIECE: usize = 1 << 17;

/// What a capture costs that becomes a value.
const CAPTURE_FUEL: usize = 4;

/// What it costs to look a replacement up in a table: the string to look for and its place may be far away in
/// memory.
const LOOKUP_STEPS: i64 = 14;

/// What the digits of a float cost that is a replacement.
const FLOAT_STEPS: i64 = 8;

/// How many bytes are copied for one unit of fuel.
const BYTES_PER_UNIT: usize = 8;

/// What compiling a pattern costs.
fn pattern_fuel(source: &[u8]) -> usize {
    match source.len() {
        length @ ..=compiled::MAX_REMEMBERED => length / 16,
        length @ ..1000 => length / 2,
        length => length,
    }
}

/// The bytes with a meaning of their own in a pattern.
pub(super) const fn is_special(byte: u8) -> bool {
    matches!(byte, b'^' | b'$' | b'*' | b'+' | b'?' | b'.' | b'(' | b'[' | b'%' | b'-')
}

impl From<PatternError> for Error<'_> {
    fn from(error: PatternError) -> Self {
        Error::message(error.message())
    }
}

/// The pattern without its anchor, and whether it had one.
pub(super) fn anchor(pattern: &[u8]) -> (&[u8], bool) {
    match pattern {
        [b'^', rest @ ..] => (rest, true),
        _ => (pattern, false),
    }
}

/// Goes on with a search until it has found something or is out of fuel.
fn drive<'gc>(
    search: &mut Search,
    pattern: &Pattern,
    subject: LuaString<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<Found, Error<'gc>> {
    loop {
        let mut steps = PORTION;
        let found = search.advance(pattern, subject.as_bytes(), &mut steps)?;
        stack.burn((PORTION - steps).max(0) as usize);
        if found != Found::Paused || stack.out_of_fuel() {
            return Ok(found);
        }
    }
}

/// A capture as a value.
#[inline]
fn capture_value<'gc>(
    ctx: Context<'gc>,
    search: &Search,
    pattern: &Pattern,
    subject: LuaString<'gc>,
    index: usize,
) -> Result<Value<'gc>, Error<'gc>> {
    Ok(match search.capture(pattern, index)? {
        matcher::Captured::Text(from, to) => Value::String(super::slice(ctx, subject, from, to)?),
        matcher::Captured::Position(position) => Value::Integer(position as i64),
    })
}

/// Pushes all captures; the whole match if there are none and it is wanted.
fn push_captures<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    search: &Search,
    pattern: &Pattern,
    subject: LuaString<'gc>,
    whole: bool,
) -> Result<(), Error<'gc>> {
    let count = pattern.capture_count().max(usize::from(whole));
    stack.burn(CAPTURE_FUEL * count);
    reserve_results(stack, count, "too many captures")?;
    if subject.len() > LONG_PIECE {
        return push_captures_of_long(ctx, stack, search, pattern, subject, count);
    }
    for index in 0..count {
        stack.push(capture_value(ctx, search, pattern, subject, index)?);
    }
    Ok(())
}

/// Pushes captures of a long subject: pieces that are long are paid for, and if several captures are the same
/// piece, one string is all of them.
#[cold]
fn push_captures_of_long<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    search: &Search,
    pattern: &Pattern,
    subject: LuaString<'gc>,
    count: usize,
) -> Result<(), Error<'gc>> {
    let mut last = None;
    for index in 0..count {
        let captured = search.capture(pattern, index)?;
        let value = match last {
            Some((same, value)) if same == captured => value,
            _ => capture_value(ctx, search, pattern, subject, index)?,
        };
        if let matcher::Captured::Text(from, to) = captured {
            stack.burn((to - from) / BYTES_PER_UNIT);
        }
        last = Some((captured, value));
        stack.push(value);
    }
    Ok(())
}

/// `string.find(s, pattern [, init [, plain]])`: where the first match is, and its captures.
pub(super) fn find<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    find_or_match(ctx, stack, true)
}

/// `string.match(s, pattern [, init])`: the captures of the first match.
pub(super) fn r#match<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    find_or_match(ctx, stack, false)
}

#[inline]
fn find_or_match<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    find: bool,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let subject = stack.string(ctx, 0)?;
    let source = stack.string(ctx, 1)?;
    let bytes = subject.as_bytes();
    let start = start_position(stack.optional_integer(ctx, 2, 1)?, bytes.len()) - 1;
    if start > bytes.len() {
        stack.replace(Value::Nil);
        return Ok(CallbackReturn::Return);
    }
    let is_plain = find && stack.get(3).is_truthy();
    if !is_plain && source.len() > compiled::PORTION {
        let wish = if find { Wish::Find { start } } else { Wish::Match { start } };
        return Ok(LongSource::begin(subject, source, wish));
    }
    let source_string = source;
    let source = source.as_bytes();
    if find && !is_plain {
        stack.burn(source.len() / 16);
    }
    if is_plain || find && !source.iter().any(|&byte| is_special(byte)) {
        return plain::find(stack, subject, source_string, start);
    }
    let (source, anchored) = anchor(source);
    Pattern::check_room(source)?;
    let pattern = Pattern::of(source);
    stack.burn(pattern_fuel(source));
    begin_search(ctx, stack, subject, pattern, start, anchored, find)
}

/// Begins to look for the first match.
#[inline]
pub(super) fn begin_search<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    subject: LuaString<'gc>,
    pattern: Rc<Pattern>,
    start: usize,
    anchored: bool,
    find: bool,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let mut search = Search::new(&pattern, start, anchored);
    match drive(&mut search, &pattern, subject, stack)? {
        Found::Paused => {
            Ok(CallbackReturn::Sequence(Box::new(FindSequence { subject, pattern, search, find })))
        }
        found => {
            finish_find(ctx, stack, &search, &pattern, subject, find, found)?;
            Ok(CallbackReturn::Return)
        }
    }
}

/// Puts the results of `find` or `match` in the place of their arguments.
fn finish_find<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    search: &Search,
    pattern: &Pattern,
    subject: LuaString<'gc>,
    find: bool,
    found: Found,
) -> Result<(), Error<'gc>> {
    stack.clear();
    if found != Found::Match {
        stack.push(Value::Nil);
        return Ok(());
    }
    if find {
        let (start, end) = search.last_match();
        stack.push(Value::Integer(start as i64 + 1));
        stack.push(Value::Integer(end as i64));
        push_captures(ctx, stack, search, pattern, subject, false)
    } else {
        push_captures(ctx, stack, search, pattern, subject, true)
    }
}

/// A `find` or `match` that takes long.
#[derive(Collect)]
#[collect(no_drop)]
struct FindSequence<'gc> {
    subject: LuaString<'gc>,
    #[collect(require_static)]
    pattern: Rc<Pattern>,
    #[collect(require_static)]
    search: Search,
    find: bool,
}

impl<'gc> Sequence<'gc> for FindSequence<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        match drive(&mut self.search, &self.pattern, self.subject, stack)? {
            Found::Paused => Ok(Poll::Pending),
            found => {
                let (search, pattern) = (&self.search, &self.pattern);
                finish_find(ctx, stack, search, pattern, self.subject, self.find, found)?;
                Ok(Poll::Return)
            }
        }
    }
}

/// What a `gmatch` iterator and a sequence that goes on for it share.
struct Matches {
    pattern: Rc<Pattern>,
    search: RefCell<Search>,
    memory: RefCell<account::Held>,
}

impl Matches {
    /// Counts what it holds.
    #[inline]
    fn count_memory(&self, search: &Search) {
        let owned = self.pattern.size_in_memory() + search.size_in_memory();
        self.memory.borrow_mut().set(size_of::<Matches>() + owned);
    }
}

/// The iterator that `gmatch` returns.
#[derive(Clone, Collect)]
#[collect(no_drop)]
struct MatchIterator<'gc> {
    subject: LuaString<'gc>,
    #[collect(require_static)]
    matches: Rc<Matches>,
}

impl<'gc> MatchIterator<'gc> {
    /// Puts the captures of the next match on the stack, or nothing. Tells whether it is done.
    fn next(&self, ctx: Context<'gc>, stack: &mut Stack<'_, 'gc>) -> Result<bool, Error<'gc>> {
        let Matches { pattern, search, .. } = &*self.matches;
        let mut search = search.borrow_mut();
        let found = drive(&mut search, pattern, self.subject, stack)?;
        if search.has_own_memory() {
            self.matches.count_memory(&search);
        }
        stack.clear();
        match found {
            Found::Paused => return Ok(false),
            Found::Nothing => {}
            Found::Match => push_captures(ctx, stack, &search, pattern, self.subject, true)?,
        }
        Ok(true)
    }
}

impl<'gc> Captured<'gc> for MatchIterator<'gc> {
    fn call(
        &self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<CallbackReturn<'gc>, Error<'gc>> {
        if self.next(ctx, stack)? {
            Ok(CallbackReturn::Return)
        } else {
            Ok(CallbackReturn::Sequence(Box::new(self.clone())))
        }
    }
}

impl<'gc> Sequence<'gc> for MatchIterator<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if self.next(ctx, stack)? { Ok(Poll::Return) } else { Ok(Poll::Pending) }
    }
}

/// `string.gmatch(s, pattern [, init])`: an iterator over all matches. A `^` has no special
/// meaning.
pub(super) fn gmatch<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let subject = stack.string(ctx, 0)?;
    let source = stack.string(ctx, 1)?;
    let start = start_position(stack.optional_integer(ctx, 2, 1)?, subject.len()) - 1;
    if source.len() > compiled::PORTION {
        return Ok(LongSource::begin(subject, source, Wish::Matches { start }));
    }
    Pattern::check_room(source.as_bytes())?;
    let pattern = Pattern::of(source.as_bytes());
    stack.burn(pattern_fuel(source.as_bytes()));
    push_iterator(ctx, stack, subject, pattern, start);
    Ok(CallbackReturn::Return)
}

/// Puts an iterator over all matches in the place of the arguments.
pub(super) fn push_iterator<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    subject: LuaString<'gc>,
    pattern: Rc<Pattern>,
    start: usize,
) {
    let search = RefCell::new(Search::new(&pattern, start, false));
    let matches = Matches { pattern, search, memory: RefCell::default() };
    matches.count_memory(&matches.search.borrow());
    let matches = Rc::new(matches);
    let iterator = Callback::captured(ctx, "gmatch", MatchIterator { subject, matches });
    stack.replace(Value::Callback(iterator));
}

/// `string.gsub(s, pattern, replacement [, n])`: the subject with its matches replaced by a string,
/// by what a table holds, or by what a function returns; and how many there were.
pub(super) fn gsub<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    let subject = stack.string(ctx, 0)?;
    let source = stack.string(ctx, 1)?;
    let replacement = stack.get(2);
    let limit = stack.optional_integer(ctx, 3, subject.len() as i64 + 1)?;
    let replacement = match replacement {
        Value::Integer(_) | Value::Float(_) => Value::String(stack.string(ctx, 2)?),
        Value::String(_) | Value::Closure(_) | Value::Callback(_) | Value::Table(_) => replacement,
        _ => return Err(stack.type_error(ctx, 2, "string/function/table")),
    };
    if source.len() > compiled::PORTION {
        return Ok(LongSource::begin(subject, source, Wish::Substitute { replacement, limit }));
    }
    let (source, anchored) = anchor(source.as_bytes());
    Pattern::check_room(source)?;
    let pattern = Pattern::of(source);
    stack.burn(pattern_fuel(source));
    begin_substitution(ctx, stack, subject, pattern, anchored, replacement, limit)
}

/// Begins to replace up to so many matches.
#[inline]
pub(super) fn begin_substitution<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    subject: LuaString<'gc>,
    pattern: Rc<Pattern>,
    anchored: bool,
    replacement: Value<'gc>,
    limit: i64,
) -> Result<CallbackReturn<'gc>, Error<'gc>> {
    // A long one is searched for what it has of that while it is copied.
    let is_literal = match replacement {
        Value::String(text) if text.len() <= LONG_PIECE => {
            stack.burn(text.len() / 32);
            !text.as_bytes().contains(&b'%')
        }
        _ => false,
    };
    let search = Search::new(&pattern, 0, anchored);
    let mut substitution = Substitution {
        subject,
        replacement,
        pattern,
        search,
        result: CountedBuffer::new(),
        copied: 0,
        count: 0,
        limit,
        changed: false,
        is_literal,
        waits: false,
        piece: None,
        template_left: 0,
        is_due: false,
        calling: false,
        memory: CountedMemory::default(),
    };
    let next = substitution.go_on(ctx, stack, false)?;
    if let Next::Done = next {
        return Ok(CallbackReturn::Return);
    }
    substitution.count_memory();
    Ok(match next {
        Next::Call(function) => {
            substitution.calling = true;
            CallbackReturn::Call(function, Some(Box::new(substitution)))
        }
        _ => CallbackReturn::Sequence(Box::new(substitution)),
    })
}

/// A `gsub` at work.
#[derive(Collect)]
#[collect(no_drop)]
struct Substitution<'gc> {
    subject: LuaString<'gc>,
    replacement: Value<'gc>,
    #[collect(require_static)]
    pattern: Rc<Pattern>,
    #[collect(require_static)]
    search: Search,
    result: CountedBuffer,
    /// How much of the subject is in the result or waits for it, replaced or not.
    copied: usize,
    count: i64,
    limit: i64,
    changed: bool,
    /// Whether the replacement is a string in which nothing stands for anything else.
    is_literal: bool,
    /// Whether there is any of the following to be done, in this order, before anything else.
    waits: bool,
    /// What is to be appended. It is rare, and a script may have many substitutions within each other.
    piece: Option<Box<Piece<'gc>>>,
    /// How much of the replacement string is still to be appended.
    template_left: usize,
    /// Whether the current match is still to be replaced. Its template cannot have been begun then.
    is_due: bool,
    /// Whether a call for a replacement is under way.
    calling: bool,
    /// What it holds beside the result, while it waits.
    memory: CountedMemory,
}

/// A piece of a string that is to be copied in portions.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
struct Piece<'gc> {
    text: LuaString<'gc>,
    from: usize,
    to: usize,
}

/// What a substitution needs to go on.
enum Next<'gc> {
    /// Nothing: its results are on the stack.
    Done,
    /// Fuel.
    Pause,
    /// A call of this function with what is on the stack, behind the function if that was asked for.
    Call(Value<'gc>),
}

impl<'gc> Substitution<'gc> {
    /// Counts what it holds beside the result.
    #[inline]
    fn count_memory(&mut self) {
        let owned = self.pattern.size_in_memory() + self.search.size_in_memory();
        self.memory.set(size_of::<Self>() + owned);
    }

    /// Replaces matches until it is done or needs something. What is to be called is put on the stack,
    /// too, if it is to be `in_place`.
    fn go_on(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        in_place: bool,
    ) -> Result<Next<'gc>, Error<'gc>> {
        let mut steps = PORTION;
        loop {
            while self.count < self.limit || self.waits {
                if self.waits {
                    self.catch_up(stack)?;
                    if stack.out_of_fuel() || account::should_end_slice() {
                        stack.burn((PORTION - steps).max(0) as usize);
                        return Ok(Next::Pause);
                    }
                    if self.piece.is_some() || !std::mem::take(&mut self.is_due) {
                        continue;
                    }
                    self.waits = false;
                } else {
                    let subject = self.subject.as_bytes();
                    match self.search.advance(&self.pattern, subject, &mut steps)? {
                        Found::Match => {
                            let (start, end) = self.search.last_match();
                            steps -= 1;
                            self.count += 1;
                            if self.copied < start {
                                self.append(self.subject, self.copied, start)?;
                            }
                            self.copied = end;
                            if self.waits {
                                self.is_due = true;
                                continue;
                            }
                        }
                        Found::Nothing => {
                            // There are no more.
                            self.limit = self.count;
                            continue;
                        }
                        Found::Paused => {
                            stack.burn((PORTION - steps).max(0) as usize);
                            steps = PORTION;
                            if stack.out_of_fuel() || account::should_end_slice() {
                                return Ok(Next::Pause);
                            }
                            continue;
                        }
                    }
                }
                let before = self.result.len();
                if let Some(function) = self.replace(ctx, stack, in_place, &mut steps)? {
                    stack.burn((PORTION - steps).max(0) as usize);
                    return Ok(Next::Call(function));
                }
                let written = self.result.len() - before;
                if written > LONG_REPLACEMENT {
                    steps -= (written / BYTES_PER_UNIT) as i64;
                }
            }
            if self.changed {
                let rest = std::mem::replace(&mut self.copied, self.subject.len());
                self.append(self.subject, rest, self.subject.len())?;
            }
            if !self.waits {
                break;
            }
        }
        stack.burn((PORTION - steps).max(0) as usize);
        let result = if self.changed {
            if !self.result.gather(stack)? {
                return Ok(Next::Pause);
            }
            stack.burn(self.result.len() / 32);
            self.result.take_string(ctx)
        } else {
            Value::String(self.subject)
        };
        stack.replace2(result, Value::Integer(self.count));
        Ok(Next::Done)
    }

    /// Appends a portion of what waits to be appended.
    #[cold]
    #[inline(never)]
    fn catch_up(&mut self, stack: &mut Stack<'_, 'gc>) -> Result<(), Error<'gc>> {
        let before = self.result.len();
        let mut steps = 0;
        if let Some(piece) = &mut self.piece {
            let Piece { text, from, to } = **piece;
            let stop = to.min(from + LONG_PIECE);
            self.result.extend(&text.as_bytes()[from..stop])?;
            piece.from = stop;
            if stop == to {
                self.piece = None;
            }
        } else if let Value::String(template) = self.replacement
            && self.template_left > 0
        {
            self.append_template(template, template.len() - self.template_left, &mut steps)?;
        }
        self.waits = self.piece.is_some() || self.template_left > 0 || self.is_due;
        let written = self.result.len() - before;
        stack.burn(written / BYTES_PER_UNIT + steps.unsigned_abs() as usize);
        Ok(())
    }

    /// Appends a piece of a string. A long one waits.
    #[inline(always)]
    fn append(&mut self, text: LuaString<'gc>, from: usize, to: usize) -> Result<(), Error<'gc>> {
        if to - from > LONG_PIECE {
            return self.append_later(text, from, to);
        }
        self.result.extend(&text.as_bytes()[from..to])
    }

    /// Has a piece of a string wait to be appended in portions, while there is room for all of it.
    #[cold]
    #[inline(never)]
    fn append_later(
        &mut self,
        text: LuaString<'gc>,
        from: usize,
        to: usize,
    ) -> Result<(), Error<'gc>> {
        self.result.make_room(to - from)?;
        self.piece = Some(Box::new(Piece { text, from, to }));
        self.waits = true;
        Ok(())
    }

    /// Replaces the current match, or says what to call for its replacement. A long template costs `steps`.
    fn replace(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
        in_place: bool,
        steps: &mut i64,
    ) -> Result<Option<Value<'gc>>, Error<'gc>> {
        let (search, pattern) = (&self.search, &self.pattern);
        match self.replacement {
            Value::String(text) if self.is_literal => {
                self.changed = true;
                self.result.extend(text.as_bytes())?;
            }
            Value::String(text) => {
                self.changed = true;
                self.append_template(text, 0, steps)?;
            }
            Value::Table(_) => {
                let key = capture_value(ctx, search, pattern, self.subject, 0)?;
                let found = operate::get(ctx, self.replacement, key);
                *steps -= LOOKUP_STEPS;
                if account::should_end_slice() {
                    // The way to it was long.
                    *steps = 0.min(*steps);
                }
                match found.map_err(|fault| fault.into_error(ctx))? {
                    Outcome::Value(value) => {
                        if let Value::Float(_) = value {
                            *steps -= FLOAT_STEPS;
                        }
                        self.append_value(value)?;
                    }
                    Outcome::Call(function, arguments) => {
                        stack.clear();
                        stack.extend(in_place.then_some(function));
                        reserve_results(stack, arguments.len(), "too many captures")?;
                        stack.extend(arguments);
                        return Ok(Some(function));
                    }
                }
            }
            function => {
                stack.clear();
                stack.extend(in_place.then_some(function));
                push_captures(ctx, stack, search, pattern, self.subject, true)?;
                return Ok(Some(function));
            }
        }
        Ok(None)
    }

    /// Appends what is left of a replacement string, in which `%` and a digit stand for a capture, or a
    /// part of it that is long enough: what comes afterwards waits then. Costs `steps` for what is read.
    fn append_template(
        &mut self,
        template: LuaString<'gc>,
        from: usize,
        steps: &mut i64,
    ) -> Result<(), Error<'gc>> {
        let subject = self.subject;
        let (start, end) = self.search.last_match();
        let mut left = &template.as_bytes()[from..];
        let (length, before) = (left.len(), self.result.len());
        loop {
            let looked_at = &left[..left.len().min(LONG_PIECE)];
            let Some(escape) = looked_at.iter().position(|&byte| byte == b'%') else {
                self.result.extend(looked_at)?;
                left = &left[looked_at.len()..];
                break;
            };
            self.result.extend(&left[..escape])?;
            let (from, to) = match left.get(escape + 1) {
                Some(b'0') => (start, end),
                Some(digit @ b'1'..=b'9') => {
                    let index = usize::from(digit - b'1');
                    match self.search.capture(&self.pattern, index)? {
                        matcher::Captured::Text(from, to) => (from, to),
                        matcher::Captured::Position(position) => {
                            self.result.extend_value(Value::Integer(position as i64))?;
                            (0, 0)
                        }
                    }
                }
                Some(b'%') => {
                    self.result.extend(b"%")?;
                    (0, 0)
                }
                _ => return Err(Error::message("invalid use of '%' in replacement string")),
            };
            self.append(subject, from, to)?;
            left = &left[escape + 2..];
            *steps -= 2;
            let done = length - left.len() + self.result.len() - before;
            if done > LONG_PIECE || self.waits {
                break;
            }
        }
        *steps -= ((length - left.len()) / 8) as i64;
        self.template_left = left.len();
        self.waits |= self.template_left > 0;
        Ok(())
    }

    /// Appends what a table or function gave for the current match.
    fn append_value(&mut self, value: Value<'gc>) -> Result<(), Error<'gc>> {
        if !value.is_truthy() {
            let (start, end) = self.search.last_match();
            return self.append(self.subject, start, end);
        }
        if let Value::String(text) = value {
            self.append(text, 0, text.len())?;
        } else if !self.result.extend_value(value)? {
            let kind = value.type_name();
            return Err(Error::message(format!("invalid replacement value (a {kind})")));
        }
        self.changed = true;
        Ok(())
    }
}

impl<'gc> Sequence<'gc> for Substitution<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if std::mem::take(&mut self.calling) {
            let before = self.result.len();
            let value = stack.get(0);
            self.append_value(value)?;
            let digits = if let Value::Float(_) = value { FLOAT_STEPS as usize } else { 0 };
            stack.burn(digits + (self.result.len() - before) / BYTES_PER_UNIT);
        }
        Ok(match self.go_on(ctx, stack, true)? {
            Next::Done => Poll::Return,
            Next::Pause => Poll::Pending,
            Next::Call(_) => {
                self.calling = true;
                if self.search.has_own_memory() {
                    self.count_memory();
                }
                Poll::CallInPlace(0)
            }
        })
    }
}
