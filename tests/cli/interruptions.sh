#!/bin/bash
# Killed at odd moments, out of disk: what is left is whole, and a resumed run has the bits of an undisturbed one.
# Usage: interruptions.sh PROGRAM. Needs bash and coreutils; the full disk also needs the right to mount (else skipped).
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
mounted=''
trap '[ -n "$mounted" ] && umount "$work/disk"; rm -rf "$work"' EXIT

job=(analyze three-level-mixture --queries 256 --threads 1 --quiet)
"$program" "${job[@]}" --out whole >/dev/null 2>stderr || fail "undisturbed run: $(cat stderr)"

units() { find "$1/units" -name '*.json' 2>/dev/null | wc -l; }

# sound RUN: every unit that goes by its own name is that of the undisturbed run.
sound() {
  local file
  for file in "$1"/units/*.json; do
    [ -e "$file" ] || continue
    cmp -s "$file" "whole/units/${file##*/}" || fail "$file is not whole"
  done
}

# finishes RUN: resumed to the end it equals the undisturbed run, and nothing half-written is left.
finishes() {
  "$program" "${job[@]}" --out "$1" --resume >/dev/null 2>stderr || fail "resuming $1: $(cat stderr)"
  cmp -s whole/result.json "$1/result.json" || fail "$1 differs from the undisturbed run"
  diff -rq whole/units "$1/units" >stdout || fail "$1: $(cat stdout)"
}

# --- SIGKILL: after these many milliseconds; every other one counts from the next unit, so that some work is always under way
run=run-0 kills=0 partial=0
for delay in 3 61 17 5 142 88 29 110 7 53 190 13 71 37 23 97 160 2 45 120; do
  before=$(units $run)
  "$program" "${job[@]}" --out $run --resume >/dev/null 2>stderr &
  process=$!
  if [ $((kills % 2)) = 1 ]; then
    while [ "$(units $run)" = "$before" ] && kill -0 $process 2>/dev/null; do sleep 0.005; done
  fi
  sleep "$(printf '0.%03d' "$delay")"
  kill -KILL $process 2>/dev/null
  wait $process 2>/dev/null
  code=$?
  case $code in
    137) kills=$((kills + 1)) ;;
    0) finishes $run; run=run-$delay-$kills; continue ;;
    *) fail "exit code $code: $(cat stderr)" ;;
  esac
  after=$(units $run)
  [ "$after" -ge "$before" ] || fail "a kill lost units: $before, then $after"
  [ "$after" -gt 0 ] && [ ! -e $run/result.json ] && partial=$((partial + 1))
  sound $run
done
finishes $run
[ $kills -ge 5 ] && [ $partial -ge 3 ] || fail "only $kills kills, $partial of them amid the units: nothing was tested"
echo "$kills kills, $partial of them amid the units"

# out_of_space CODE RUN: refused with 5, one line that names a file of the run, nothing half-written
out_of_space() {
  [ "$1" = 5 ] || fail "$2: exit code $1 for a full disk: $(cat stderr)"
  [ "$(wc -l <stderr)" = 1 ] && grep -q "^denoiscope: $2/.*cannot write" stderr || fail "$2: $(cat stderr)"
  if [ -n "$(find "$2" -name '*.tmp')" ]; then fail "$2 holds $(find "$2" -name '*.tmp')"; fi
  sound "$2"
}

# --- a limit on the size of files: write() itself fails, as on a full disk
largest=$(find whole/units -name '*.json' -printf '%k\n' | sort -n | tail -1)
(
  trap '' XFSZ
  ulimit -f $((largest / 2))
  exec "$program" "${job[@]}" --out limited
) >/dev/null 2>stderr
out_of_space $? limited
finishes limited

# --- a disk that fills up
mkdir disk
if mount -t tmpfs -o size=256k tmpfs disk 2>/dev/null; then
  mounted=yes
  "$program" "${job[@]}" --out disk/run >/dev/null 2>stderr
  out_of_space $? disk/run
  [ "$(units disk/run)" -gt 0 ] || fail 'the disk was full before the first unit'
  mount -o remount,size=64m disk || fail 'remount'
  finishes disk/run
else
  echo 'skipped: a full disk (may not mount)'
fi

# --- address space that does not suffice: the exit code says so, and what was stored is whole. (Sanitizers reserve more.)
ran_out=0
for kib in 14000 16000 17000 18000 19000 20000 21000 22000 23000 24000 25000 26000 27000 28000 40000 1048576; do
  (ulimit -v $kib; "$program" --version) >/dev/null 2>&1 || continue
  (ulimit -v $kib; exec "$program" "${job[@]}" --out narrow) >/dev/null 2>stderr
  code=$?
  [ $code = 0 ] || [ $code = 5 ] || fail "$kib KiB of address space: exit code $code: $(cat stderr)"
  if [ $code = 5 ]; then
    ran_out=$((ran_out + 1))
    [ "$(wc -l <stderr)" = 1 ] && grep -q '^denoiscope: ' stderr || fail "$kib KiB of address space: $(cat stderr)"
    [ -d narrow ] && sound narrow
  else
    cmp -s whole/result.json narrow/result.json || fail "$kib KiB of address space: another result"
  fi
  rm -rf narrow
done
if (ulimit -v 1048576; "$program" --version) >/dev/null 2>&1; then
  echo "$ran_out jobs ran out of address space"
  [ $ran_out -ge 1 ] || fail 'no job ran out of address space: nothing was tested'
fi

verdict
