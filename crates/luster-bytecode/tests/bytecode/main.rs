//! Tests of the bytecode crate, as its users see it: one file per room, and `samples` to feed them.

mod describe;
mod disassemble;
mod dump;
mod positions;
mod samples;
mod sizes;
mod soundness;
mod verify;
