#!/usr/bin/env bash
# Runs the tests in builds that are made to find what is wrong with `unsafe` code; docs/testing.md says
# what each is for.
#
#   tests/hardened.sh stress|asan|both [SUITE [FILE.lua ...] | -p PACKAGE ...]
#
# `stress` collects, moves and poisons at every opportunity, `asan` is AddressSanitizer, `both` is one
# with the other. Without SUITE, the tests of the packages run whose `unsafe` it is, and those of the
# whole, or those that are named. With it, files of PUC-Rio's official suite do: all that pass otherwise, if
# none is named. No other compiler than the project's own is needed.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1-} suite='' packages=(-p luster-value -p luster-vm -p luster -p luster-tests)
shift $(($# < 1 ? $# : 1))
case ${1-} in
    '') ;;
    -p) packages=("$@") ;;
    *) suite=$1; shift ;;
esac

case $kind in
    stress) flags='--cfg luster_stress' ;;
    asan) flags='-Zsanitizer=address' ;;
    both) flags='--cfg luster_stress -Zsanitizer=address' ;;
    *) sed -n '5s/^# *//p' "$0" >&2; exit 2 ;;
esac

# The unstable option is the only reason to pass for a nightly compiler. The target has to be named, so
# that build scripts and macros, which the compiler loads, are built as usual. The system's allocator
# is the one that AddressSanitizer takes the place of.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="$flags --cfg luster_system_allocator"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/hardened-$kind
# What is built here is not built again soon, and is large.
export CARGO_INCREMENTAL=0
# The dependencies make for little of what is looked for.
export CARGO_PROFILE_TEST_DEBUG=line-tables-only CARGO_PROFILE_DEV_DEBUG=line-tables-only
# What is alive at the end is no leak: a thread's last VM counts in a variable of the thread.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
host=$(rustc -vV | sed -n 's/^host: //p')

if [ -z "$suite" ]; then
    # What is skipped compares the messages of the compiler, which are about flags too here.
    exec cargo test --quiet --target "$host" --no-fail-fast --lib --tests \
        "${packages[@]}" -- --skip misuse_does_not_compile_and_says_why
fi

export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
cargo build --quiet --release --target "$host" -p luster-cli
# AddressSanitizer takes 20 TB of addresses for itself.
export SUITE_ADDRESS_SPACE=unlimited SUITE_SECONDS=${SUITE_SECONDS:-1800}
command=$CARGO_TARGET_DIR/$host/release/luster
if [ $# -eq 0 ]; then
    exec tests/suite.sh --mode port --list tests/suite-passes.txt "$command" "$suite"
fi
exec tests/suite.sh --mode port "$command" "$suite" "$@"
