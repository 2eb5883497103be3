//! Tests of the workspace as a whole; they are in `tests/`, and the scripts that they run in `lua/`.

#![forbid(unsafe_code)]
