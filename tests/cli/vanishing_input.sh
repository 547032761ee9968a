#!/bin/bash
# A file that is cut short while it is read: one line that names it, exit code 5, no core dump.
# Usage: vanishing_input.sh PROGRAM. Needs bash and the core utilities only.
set -u
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
ulimit -c unlimited

header="{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 800), }"
while [ $(((${#header} + 11) % 64)) != 0 ]; do header+=' '; done
# shellcheck disable=SC2059  # the format holds the bytes
{ printf '\x93NUMPY\x01\x00'; printf "\\x$(printf %02x $((${#header} + 1)))\\x00"; printf '%s\n' "$header"; } >data.npy
truncate -s $(($(wc -c <data.npy) + 800000000)) data.npy # sparse: takes no room

"$program" info data.npy >stdout 2>stderr &
job=$!
for ((i = 0; i < 2000; ++i)); do
  grep -q 'data\.npy' /proc/$job/maps 2>/dev/null && break
  sleep 0.001
done
truncate -s 4096 data.npy # 800 MB take far longer to read than this
wait $job
code=$?
if [ $code != 5 ] || [ -s stdout ] || [ "$(wc -l <stderr)" != 1 ] ||
  ! grep -qE "^denoiscope: $work/data\.npy: byte [0-9]+ \(mapped\): gone while it was read, expected " stderr; then
  echo "FAILED: exit code $code: $(cat stdout stderr)"
  exit 1
fi
byte=$(sed 's/.*: byte \([0-9]*\) .*/\1/' stderr)
if [ "$byte" -lt 4096 ] || [ "$byte" -ge 800000128 ]; then
  echo "FAILED: byte $byte is not in the part that was cut off"
  exit 1
fi
if compgen -G 'core*' >/dev/null; then
  echo 'FAILED: core dump'
  exit 1
fi
echo "all well: byte $byte"
