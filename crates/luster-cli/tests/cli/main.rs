//! The command as its users see it: run with arguments and input, compared by output, messages and
//! status. What is expected is what PUC-Rio's `lua` does, where that has the same.

mod errors;
mod harness;
mod interactive;
mod leaving;
mod limits;
mod options;
mod tools;
