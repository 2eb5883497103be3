//! Patterns of many bytes, which are read and compiled in portions before anything is looked for.
//!
//! How a portion is compiled is in `compiled`; what comes afterwards is what `pattern` does for short
//! patterns at once.

use std::rc::Rc;

use gc_arena::Collect;
use luster_value::{
    BoxSequence, CallbackReturn, Context, Error, LuaString, Poll, Sequence, Stack, Value,
};

use super::compiled::Compilation;
use super::{pattern, plain};
use crate::counted::CountedMemory;

/// How many bytes are looked at for special ones before the fuel is looked at.
const PORTION: usize = 1 << 17;

/// What is wanted with the pattern.
#[derive(Clone, Copy, Collect)]
#[collect(no_drop)]
pub(super) enum Wish<'gc> {
    /// `find`, from a position on.
    Find { start: usize },
    /// `match`, from a position on.
    Match { start: usize },
    /// `gmatch`, from a position on.
    Matches { start: usize },
    /// `gsub`, so many times at most.
    Substitute { replacement: Value<'gc>, limit: i64 },
}

/// How far it has come.
enum Progress {
    /// So many bytes have been looked at, and none of them is special.
    Plain(usize),
    Compiling(Box<Compilation>),
}

gc_arena::static_collect!(Progress);

/// A function with a long pattern, at work.
#[derive(Collect)]
#[collect(no_drop)]
pub(super) struct LongSource<'gc> {
    subject: LuaString<'gc>,
    source: LuaString<'gc>,
    wish: Wish<'gc>,
    progress: Progress,
    /// What the compiled pattern takes, at most, while it is compiled.
    memory: CountedMemory,
    /// What does the rest.
    rest: Option<BoxSequence<'gc>>,
}

impl<'gc> LongSource<'gc> {
    /// What a function with a long pattern returns.
    pub(super) fn begin(
        subject: LuaString<'gc>,
        source: LuaString<'gc>,
        wish: Wish<'gc>,
    ) -> CallbackReturn<'gc> {
        let progress = match wish {
            // Without special bytes it is a string to be found as it is.
            Wish::Find { .. } => Progress::Plain(0),
            _ => Progress::Compiling(Box::new(Compilation::of_long(source.as_bytes()))),
        };
        let mut memory = CountedMemory::default();
        let rest = None;
        if let Progress::Compiling(compilation) = &progress {
            memory.set(compilation.size_in_memory());
        }
        let sequence = LongSource { subject, source, wish, progress, memory, rest };
        CallbackReturn::Sequence(Box::new(sequence))
    }

    /// Reads or compiles a portion. Answers what is to be done once all is compiled.
    fn go_on(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Option<CallbackReturn<'gc>>, Error<'gc>> {
        let (source, anchored) = pattern::anchor(self.source.as_bytes());
        let compilation = match (&mut self.progress, self.wish) {
            (Progress::Plain(at), Wish::Find { start }) => {
                let source = self.source.as_bytes();
                let end = source.len().min(*at + PORTION);
                let has_special = source[*at..end].iter().any(|&byte| pattern::is_special(byte));
                stack.burn((end - *at) / 16);
                *at = end;
                if has_special {
                    let compilation = Compilation::of_long(source);
                    self.progress = Progress::Compiling(Box::new(compilation));
                } else if end == source.len() {
                    return plain::find(stack, self.subject, self.source, start).map(Some);
                }
                return Ok(None);
            }
            (Progress::Plain(_), _) => return Ok(None),
            (Progress::Compiling(compilation), _) => compilation,
        };
        compilation.check_room(source)?;
        let before = compilation.read();
        let is_done = compilation.advance(source);
        // A set without an end is given up.
        stack.burn(compilation.read().saturating_sub(before));
        self.memory.set(compilation.size_in_memory());
        if !is_done {
            return Ok(None);
        }
        let compilation = std::mem::replace(&mut **compilation, Compilation::new());
        let compiled = Rc::new(compilation.finish());
        let subject = self.subject;
        match self.wish {
            Wish::Find { start } => {
                pattern::begin_search(ctx, stack, subject, compiled, start, anchored, true)
            }
            Wish::Match { start } => {
                pattern::begin_search(ctx, stack, subject, compiled, start, anchored, false)
            }
            Wish::Matches { start } => {
                // It takes no anchor for one.
                pattern::push_iterator(ctx, stack, subject, compiled, start);
                Ok(CallbackReturn::Return)
            }
            Wish::Substitute { replacement, limit } => {
                // It counts the pattern itself.
                self.memory.set(0);
                pattern::begin_substitution(
                    ctx,
                    stack,
                    subject,
                    compiled,
                    anchored,
                    replacement,
                    limit,
                )
            }
        }
        .map(Some)
    }
}

impl<'gc> Sequence<'gc> for LongSource<'gc> {
    fn poll(
        &mut self,
        ctx: Context<'gc>,
        stack: &mut Stack<'_, 'gc>,
    ) -> Result<Poll<'gc>, Error<'gc>> {
        if let Some(rest) = &mut self.rest {
            return rest.poll(ctx, stack);
        }
        match self.go_on(ctx, stack)? {
            None => Ok(Poll::Pending),
            Some(CallbackReturn::Sequence(rest)) => {
                self.rest = Some(rest);
                Ok(Poll::Pending)
            }
            Some(CallbackReturn::Call(function, rest)) => {
                self.rest = rest;
                Ok(Poll::Call(function, 0))
            }
            Some(_) => Ok(Poll::Return),
        }
    }
}
