//! Compares luster with PUC-Rio's Lua 5.5: the same calls of library functions and the same
//! programs run on both engines, and what they print has to be the same, errors included.
//!
//! Nothing here is chosen anew in each run: the calls and programs follow from seeds. What depends
//! on addresses, on the time, on the order of keys or on the process is not shown.

mod compare;
mod engine;
mod exempt;
mod kept;
mod pools;
mod program;
mod random;
mod signature;
mod signatures;
mod text;

pub use compare::{Comparison, compare};
pub use engine::run_script_on_reference;
pub use kept::Kept;
pub use program::{SUBJECTS, chosen_program, faulty_programs, programs};
pub use signatures::calls;
pub use text::{KINDS as TEXT_KINDS, text_calls};
