//! Tests of the workspace as a whole; they are in `tests/`, the scripts that they run in `lua/`, and
//! the hostile ones, which the test and the latency printer share, in `hostile/`.

#![forbid(unsafe_code)]

pub mod hostile;
