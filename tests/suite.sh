#!/usr/bin/env bash
# Runs PUC-Rio's official Lua test suite against the luster command, each file in a process of its
# own and in a copy of the suite's folder, so that the original stays as it is.
#
#   tests/suite.sh [--mode port|full] [--list NAMES] COMMAND SUITE [FILE.lua ...]
#
# COMMAND is the interpreter, SUITE the suite's folder `testes`. Without names, all files run but
# the driver all.lua and heavy.lua, which wants more memory than machines have. With --list, those
# run that the file names, one on a line. Mode `port` (the default) leaves out what the suite itself
# calls non-portable or slow. The exit status is 0 when every file passed.
set -uo pipefail

usage() {
    sed -n '5s/^# *//p' "$0" >&2
    exit 2
}

mode=port list=
while [ $# -gt 0 ]; do
    case $1 in
        --mode) mode=${2-}; shift 2 || usage ;;
        --list) list=${2-}; shift 2 || usage ;;
        -*) usage ;;
        *) break ;;
    esac
done
[ $# -ge 2 ] && case $mode in port | full) ;; *) false ;; esac || usage
command=$(realpath "$1")
suite=$2
shift 2
[ -x "$command" ] || { echo "no such command: $command" >&2; exit 2; }
[ -f "$suite/all.lua" ] || { echo "not the folder of the official suite: $suite" >&2; exit 2; }

files=("$@")
if [ -n "$list" ]; then
    mapfile -t files < <(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$list")
elif [ ${#files[@]} -eq 0 ]; then
    mapfile -t files < <(cd "$suite" && ls ./*.lua | sed -e 's|^\./||' -e '/^all\.lua$/d' -e '/^heavy\.lua$/d')
fi
[ ${#files[@]} -gt 0 ] || { echo "no files to run" >&2; exit 2; }

driver=$(dirname "$(realpath "$0")")/suite.lua
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$suite" "$scratch/testes" && cd "$scratch/testes" || exit 2

seconds=${SUITE_SECONDS:-120}
# A file that goes wrong must not take the machine with it: 8 GB of addresses, in KiB.
ulimit -v "${SUITE_ADDRESS_SPACE:-8000000}"

# attempt FILE: the driver prints a last word, since a file may also end the process by itself. The
# standard input is a pipe, as the suite expects: one that cannot seek.
attempt() {
    timeout -k 5 "$seconds" "$command" "$driver" "$1" "$mode" \
        < <(:) >"$scratch/out" 2>"$scratch/err"
    status=$?
    [ "$status" -eq 0 ] && grep -qx 'the file has passed' "$scratch/err"
}

passed=0 failed=0
for file in "${files[@]}"; do
    start=$SECONDS
    # main.lua signals its own child processes and loses the race now and then on a busy machine.
    if attempt "$file" || { [ "$file" = main.lua ] && attempt "$file"; }; then
        passed=$((passed + 1))
        printf 'ok    %-16s %3d s\n' "$file" "$((SECONDS - start))"
    else
        failed=$((failed + 1))
        reason=$(grep -a -m 1 -v '^[.[:space:]]*$' "$scratch/err" | cut -c 1-200)
        [ "$status" -eq 124 ] && reason="not done after $seconds s"
        printf 'FAIL  %-16s exit status %d: %s\n' "$file" "$status" "$reason"
    fi
done
printf 'official suite, mode %s: %d passed, %d failed\n' "$mode" "$passed" "$failed"
[ "$failed" -eq 0 ]
