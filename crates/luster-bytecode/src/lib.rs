//! The bytecode of the luster virtual machine: its instruction set, prototypes, disassembler,
//! verifier and binary format.
//!
//! Everything here is plain `Send` data: nothing knows the collector, the compiler or how an
//! instruction is run.
#![forbid(unsafe_code)]

mod chunk_id;
mod describe;
mod disassemble;
mod dump;
mod op;
mod prototype;
mod undump;
mod verify;

pub use chunk_id::chunk_id;
pub use describe::VariableKind;
pub use disassemble::Disassembly;
pub use dump::{DumpSize, Dumping, dump};
pub use op::{Flipped, Flow, Instruction, Op, Operand, WideOperand};
pub use prototype::{Capture, Constant, LocalInfo, Parts, Prototype, Source, UpValueInfo};
pub use undump::{UndumpError, undump};
pub use verify::{MAX_LENGTH, Verifier, VerifyError, VerifyErrorKind};
