//! The values of the luster virtual machine and what they refer to, branded by the arena that
//! collects them.
//!
//! This crate holds the data: values, strings, tables, functions, coroutines, userdata, and the
//! state that a VM has one of. What is done with them (running code, metamethods, collection) is
//! the VM's business.
//!
//! `unsafe` stands in `string`, `intern`, `marking`, `table`, `closure`, `callback`, `registers`,
//! `frames`, `scan`, `finalizers`, `stash`, `userdata`, `lend` and `weak` only: for bytes, slots and upvalues that follow
//! their header inline, for access without borrow flags, for downcasts and borrows of the host's values,
//! for `Collect` implementations that hold things weakly, and for what they rely on.

pub mod account;
mod arguments;
mod call_info;
mod callback;
mod closure;
mod collector_settings;
mod context;
mod depth_limits;
mod error;
mod finalizers;
mod frames;
mod hook;
mod insides;
mod intern;
mod lend;
pub mod marking;
mod metamethod;
mod registers;
pub mod scan;
mod sequence;
mod stack;
mod stash;
mod string;
mod table;
mod thread;
mod trace;
mod unopened;
mod userdata;
mod value;
pub mod weak;

pub use call_info::{CallInfo, ReturnKind};
pub use callback::{
    Builtin, Callback, CallbackReturn, Captured, CollectRequest, Function, Quick, ResumeKind,
};
pub use closure::{Closure, Code, LinkedInstruction, LinkedOperand, NextInstruction, UpValue};
pub use collector_settings::{CollectorParameter, CollectorSettings};
pub use context::{Context, SetUp, State};
pub use depth_limits::{DepthLimits, MAX_NESTING, MAX_SLOTS};
pub use error::{Error, LONGEST_QUOTED, Raised, RustError, quoted, rust_error};
pub use finalizers::Finalizers;
pub use frames::Frames;
pub use hook::{AfterHook, Hook, HookFrame, Pause, Told, Tracing};
pub use insides::{ClosureInsides, StackInsides, ThreadInsides};
pub use lend::{BorrowFault, Lender, LentCall, LentFunction, UserCell, UserRef, UserRefMut, lend};
pub use metamethod::Metamethod;
pub use registers::{RegisterFile, Slot, integer_mut};
pub use sequence::{BoxSequence, Poll, Sequence};
pub use stack::Stack;
pub use stash::{RemoteStashed, Stash, Stashed};
pub use string::{LuaString, MAX_SHORT};
pub use table::{InvalidKey, Near, SlotCache, Table};
pub use thread::{
    AfterClosing, ClosingFrame, Descent, FinalizerFrame, Frame, HandingOver, HandlerFrame,
    LuaFrame, MANY_VALUES, ProtectedFrame, SequenceFrame, Status, Thread, ThreadState,
    WaitingFrame, WaitsFor,
};
pub use trace::{TraceFrame, Traceback};
pub use unopened::{Opener, Wanted};
pub use userdata::UserData;
pub use value::{Float, Type, Value};
