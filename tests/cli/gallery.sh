#!/bin/bash
# What `reproduce --out` has finished is kept: stopped, damaged, continued, refused. Usage: gallery.sh PROGRAM
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"

# expect CODE TEXT ARGUMENTS...: reproduce ends so, and says so on stderr
expect() {
  local code=$1 text=$2
  shift 2
  "$program" reproduce "$@" --quiet >stdout 2>stderr
  local found=$?
  [ $found = "$code" ] || fail "$*: exit code $found instead of $code: $(cat stderr)"
  [ -z "$text" ] || grep -q -- "$text" stderr || fail "$*: '$text' is not in: $(cat stderr)"
}
# content FILE: without what differs from run to run
content() { sed -E 's/"seconds": ?[0-9.e+-]+//' "$1"; }

expect 0 '' uturn-nested --out run
[ -s run/units/uturn-nested.json ] && [ -s run/figures/uturn-nested.vl.json ] && [ -s run/gallery.html ] || fail "run holds $(find run)"
cp -r run whole

# --- a folder that holds a run is continued or overwritten only when that is said
expect 2 'already holds files' uturn-nested --out run
expect 0 '' uturn-nested --out run --resume
cmp -s run/reproduce.json whole/reproduce.json || fail 'what was kept was computed again'  # its seconds are the old ones
grep -q '^uturn-nested: already done' run/log.txt || fail "log: $(cat run/log.txt)"
expect 0 '' uturn-nested --out run --force
cmp -s run/units/uturn-nested.json whole/units/uturn-nested.json && fail 'what --force overwrites was kept' # other seconds
[ "$(content run/reproduce.json)" = "$(content whole/reproduce.json)" ] || fail 'computed again, it differs'

# --- an entry computed alone counts among others, and a damaged one does not count
expect 0 '' random-energy --out run --resume
[ "$(find run/units -name '*.json' | wc -l)" = 2 ] || fail "units: $(ls run/units)"
sed -i 's/"value":0/"value":1/' run/units/uturn-nested.json
expect 0 '' uturn-nested --out run --resume
[ "$(content run/reproduce.json)" = "$(content whole/reproduce.json)" ] || fail 'a damaged unit was believed'

# --- what belongs to another run, or to none
expect 2 'other settings' uturn-nested --out run --resume --scale full
expect 2 'Give its --out' uturn-nested --resume
expect 2 'give one' uturn-nested --out run --resume --force
mkdir foreign && echo mine >foreign/file
expect 2 'no run of denoiscope' uturn-nested --out foreign --force
[ "$(cat foreign/file)" = mine ] || fail 'a file that is not ours was touched'

# --- stopped amid all of them: exit code 75, and what was done is there
"$program" reproduce all --out stopped --quiet >stdout 2>stderr &
process=$!
while [ -z "$(find stopped/units -name '*.json' 2>/dev/null)" ] && kill -0 $process 2>/dev/null; do sleep 0.01; done
kill -TERM $process
wait $process
code=$?
[ $code = 75 ] || fail "stopped: exit code $code: $(cat stderr)"
first=$(basename "$(find stopped/units -name '*.json' | sort | head -1)" .json)
[ ! -e stopped/gallery.html ] || fail 'a page of a run that did not finish'
cp "stopped/units/$first.json" kept.json
expect 0 '' "$first" --out stopped --resume
cmp -s kept.json "stopped/units/$first.json" || fail "$first was computed again"
grep -q "^$first: already done" stopped/log.txt || fail "log: $(cat stopped/log.txt)"

verdict
