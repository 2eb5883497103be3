//! How a Lua function was called and where its results go, in one word of its frame: written by one store
//! at each call, and looked at by one comparison at most returns.

use std::fmt;

use gc_arena::Collect;

/// Where the results of a call go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub enum ReturnKind {
    /// To the call's first register on: one less than this many, or all (and they set the top)
    /// for 0. The calling frame is a Lua function.
    Call(u8),
    /// The first, to this register of the calling Lua function: a metamethod's result.
    Register(u8),
    /// The first, as a condition, to the jump instruction that the calling Lua function is at.
    Condition,
    /// To the concatenation that the calling Lua function is at; this many operands remain.
    Concat(u8),
    /// Nowhere.
    Discard,
    /// Nowhere; the calling Lua function does the instruction that it is at once more: there may be
    /// another variable to close.
    Again,
    /// They are the results of the calling Lua function, which called a callback as its last act.
    Tail,
    /// To the stack of the frame below, which is not a Lua function, from where the call began.
    Frame,
}

impl ReturnKind {
    /// As two bytes: which one it is, and its number.
    #[inline(always)]
    const fn encode(self) -> u16 {
        let (kind, number) = match self {
            ReturnKind::Call(number) => (0, number),
            ReturnKind::Register(number) => (1, number),
            ReturnKind::Condition => (2, 0),
            ReturnKind::Concat(number) => (3, number),
            ReturnKind::Discard => (4, 0),
            ReturnKind::Again => (5, 0),
            ReturnKind::Tail => (6, 0),
            ReturnKind::Frame => (7, 0),
        };
        kind | (number as u16) << 8
    }

    #[inline(always)]
    const fn decode(code: u16) -> Self {
        let number = (code >> 8) as u8;
        match code as u8 {
            0 => ReturnKind::Call(number),
            1 => ReturnKind::Register(number),
            2 => ReturnKind::Condition,
            3 => ReturnKind::Concat(number),
            4 => ReturnKind::Discard,
            5 => ReturnKind::Again,
            6 => ReturnKind::Tail,
            _ => ReturnKind::Frame,
        }
    }
}

/// How a Lua function was called. From the lowest byte on: two of [`ReturnKind`], one of flags, one for
/// the arguments of `__call` metamethods, four for the number of extra arguments.
#[derive(Clone, Copy, PartialEq, Eq, Collect)]
#[collect(require_static)]
pub struct CallInfo(u64);

/// It was called in the place of another.
const TAIL_CALL: u64 = 1 << 16;
/// Its registers are not behind the slot that it was called in.
const IS_MOVED: u64 = 1 << 17;
/// The collector has traced what is below it; see `scan`.
const TRACED_BELOW: u64 = 1 << 18;
/// Everything but how many results are wanted, which are returned to a register of the caller.
const UNUSUAL: u64 = !0xFF00;

impl CallInfo {
    /// A call of a function whose registers begin behind the slot that it was called in.
    #[inline(always)]
    pub const fn new(returns: ReturnKind) -> Self {
        CallInfo(returns.encode() as u64)
    }

    /// A call of a function with so many extra arguments, which stand between its slot and its registers.
    #[inline(always)]
    pub const fn with_varargs(returns: ReturnKind, varargs: u32) -> Self {
        CallInfo(returns.encode() as u64 | IS_MOVED | (varargs as u64) << 32)
    }

    /// How many results a call wants, as `ReturnKind::Call` has it, if there is nothing else to it: no tail
    /// call, and its registers are behind the slot of the function.
    #[inline(always)]
    pub const fn plain(self) -> Option<u8> {
        if self.0 & UNUSUAL == 0 { Some((self.0 >> 8) as u8) } else { None }
    }

    /// Where its results go.
    #[inline(always)]
    pub const fn returns(self) -> ReturnKind {
        ReturnKind::decode(self.0 as u16)
    }

    /// How many extra arguments stand below its registers.
    #[inline(always)]
    pub const fn varargs(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether it was called in the place of another.
    #[inline]
    pub const fn is_tail_call(self) -> bool {
        self.0 & TAIL_CALL != 0
    }

    /// The same of a call in the place of another.
    #[inline(always)]
    #[must_use]
    pub const fn in_place(self) -> Self {
        CallInfo(self.0 | TAIL_CALL)
    }

    /// Whether the collector has traced what is below it.
    #[inline]
    pub(crate) const fn is_traced_below(self) -> bool {
        self.0 & TRACED_BELOW != 0
    }

    /// The same of a call below which the collector has traced everything.
    #[inline]
    #[must_use]
    pub(crate) const fn traced_below(self) -> Self {
        CallInfo(self.0 | TRACED_BELOW)
    }

    /// How many arguments `__call` metamethods put before those of the call.
    #[inline]
    pub const fn extra_arguments(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// The same of a call that so many arguments were put before.
    #[inline]
    #[must_use]
    pub const fn with_extra_arguments(self, count: u8) -> Self {
        CallInfo(self.0 & !(0xFF << 24) | (count as u64) << 24)
    }
}

impl fmt::Debug for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo")
            .field("returns", &self.returns())
            .field("varargs", &self.varargs())
            .field("is_tail_call", &self.is_tail_call())
            .field("extra_arguments", &self.extra_arguments())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ReturnKind; 9] = [
        ReturnKind::Call(0),
        ReturnKind::Call(255),
        ReturnKind::Register(254),
        ReturnKind::Condition,
        ReturnKind::Concat(3),
        ReturnKind::Discard,
        ReturnKind::Again,
        ReturnKind::Tail,
        ReturnKind::Frame,
    ];

    #[test]
    fn what_is_put_in_comes_out() {
        for returns in ALL {
            let plain = CallInfo::new(returns);
            assert_eq!((plain.returns(), plain.varargs()), (returns, 0));
            assert!(!plain.is_tail_call() && plain.extra_arguments() == 0);
            let full =
                CallInfo::with_varargs(returns, u32::MAX).with_extra_arguments(255).in_place();
            assert_eq!((full.returns(), full.varargs()), (returns, u32::MAX));
            assert!(full.is_tail_call() && full.extra_arguments() == 255);
            let traced = full.traced_below();
            assert_eq!((traced.returns(), traced.varargs()), (returns, u32::MAX));
            assert!(traced.is_traced_below() && !full.is_traced_below());
            let fewer = full.with_extra_arguments(1);
            assert_eq!((fewer.extra_arguments(), fewer.varargs()), (1, u32::MAX));
            assert_eq!(fewer.plain(), None);
        }
    }

    #[test]
    fn only_what_has_nothing_else_to_it_is_plain() {
        assert_eq!(CallInfo::new(ReturnKind::Call(0)).plain(), Some(0));
        assert_eq!(CallInfo::new(ReturnKind::Call(255)).plain(), Some(255));
        let call = CallInfo::new(ReturnKind::Call(2));
        assert_eq!(call.in_place().plain(), None);
        assert_eq!(call.traced_below().plain(), None);
        assert_eq!(call.with_extra_arguments(1).plain(), None);
        assert_eq!(CallInfo::with_varargs(ReturnKind::Call(2), 0).plain(), None);
        for returns in ALL.into_iter().filter(|kind| !matches!(kind, ReturnKind::Call(_))) {
            assert_eq!(CallInfo::new(returns).plain(), None, "{returns:?}");
        }
    }
}
