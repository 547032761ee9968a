#!/bin/bash
# The program among other programs: streams, terminals, colours, closed pipes, locales, odd paths.
# Usage: manners.sh PROGRAM. Needs bash, coreutils, iconv, util-linux's script; localedef for the locale (else skipped).
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
unset NO_COLOR
export TERM=xterm

# 90 rows of 2 x 2 bytes, in 3 classes by the value of one pixel.
{ npy '|u1' '(90, 2, 2)'; for ((i = 0; i < 90; ++i)); do printf '%b' "$(printf '\\x%02x' $((80 * (i % 3) + i * 37 % 41)) $((i * 53 % 97)) $((i * 71 % 101)) $((i * 29 % 89)))"; done; } >data.npy
{ npy '|u1' '(90,)'; for ((i = 0; i < 90; ++i)); do printf '%b' "$(printf '\\x%02x' $((i % 3)))"; done; } >labels.npy
job=(analyze data.npy --labels labels.npy --queries 30 --times 0.05,0.3,1)
"$program" "${job[@]}" --quiet --out whole >whole.txt 2>stderr || fail "plain run: $(cat stderr)"
same() { cmp -s whole/result.json "$1/result.json" || fail "$1: the result differs from that of the plain run"; }

# --- results on stdout, the rest on stderr
for verb in 'list' 'list theories --json' 'info data.npy' 'info data.npy --json' 'theory clock t=1' 'theory clock t=1 --json' \
  'report whole' 'report whole --json' 'selftest' 'selftest --json' 'completion bash' 'completion zsh' 'completion fish' 'man' \
  'man --markdown' '--help' '--version' 'analyze --help' 'analyze data.npy --dry-run'; do
  # shellcheck disable=SC2086  # words on purpose
  "$program" $verb >stdout 2>stderr || fail "$verb: exit code $?"
  [ -s stdout ] || fail "$verb: nothing on stdout"
  [ -s stderr ] && fail "$verb: on stderr: $(head -c 200 stderr)"
  grep -q $'\e' stdout && fail "$verb: escapes sent to a file"
  # shellcheck disable=SC2086
  "$program" $verb >/dev/full 2>stderr
  code=$?
  [ $code = 5 ] && [ "$(wc -l <stderr)" = 1 ] && grep -q '^denoiscope: standard output' stderr || fail "$verb to a full disk: $code $(cat stderr)"
done
"$program" "${job[@]}" --out streams >stdout 2>stderr || fail "analyze: exit code $?"
sed -E 's/^[0-9.]+ s, [0-9]+ MiB\. Report: .*//' whole.txt >expected
sed -E 's/^[0-9.]+ s, [0-9]+ MiB\. Report: .*//' stdout | cmp -s - expected || fail 'progress changed stdout'
if grep -q $'\r' stderr || ! grep -q '100% ' stderr; then fail "progress outside a terminal: $(cat stderr)"; fi

# --- on a terminal, and on half of one. on_terminal COMMAND: what the terminal shows, left in the file shown.
on_terminal() { SHELL=/bin/bash script -qec "$1" typescript </dev/null >shown 2>&1; }
run="$(printf '%q ' "$program" "${job[@]}")"
on_terminal "$run --out tty1"; grep -q $'\r100%|####' shown || fail "no bar on a terminal: $(tail -c 300 shown)"
on_terminal "$run --out tty2 --quiet"; grep -q '%|' shown && fail 'a bar in spite of --quiet'
on_terminal "$run --out tty3 --progress never"; grep -q '%|' shown && fail 'a bar in spite of --progress never'
on_terminal "$run --out tty4 2>stderr"; grep -q '%|' shown stderr && fail 'a bar in a file'
on_terminal "$run --out tty5 --json >stdout"; grep -q '%|' shown || fail 'no bar where only stdout is a file'
grep -q '^{.*}$' stdout && [ "$(wc -l <stdout)" = 1 ] || fail 'stdout is not one JSON object'
for i in 1 2 3 4 5; do same "tty$i"; done

# --- colours: on a terminal that shows them, unless told not to
coloured() { on_terminal "$1"; grep -q $'\e\[[0-9;]*m' shown; }
table="$run --quiet --force --out coloured"
coloured "$table" || fail 'no colours on a terminal'
coloured "NO_COLOR= $table" || fail 'an empty NO_COLOR counts'
coloured "NO_COLOR=1 $table" && fail 'colours in spite of NO_COLOR'
coloured "TERM=dumb $table" && fail 'colours on a dumb terminal'
coloured "$table | cat" && fail 'colours in a pipe'
coloured "$table --json" && fail 'colours in JSON'
coloured "NO_COLOR=1 $program selftest" && fail 'selftest: colours in spite of NO_COLOR'

# --- closed streams: the run is made all the same; what cannot be delivered is an error, and never a signal
"$program" "${job[@]}" --out closed0 <&- >stdout 2>stderr || fail "closed stdin: exit code $?"
"$program" "${job[@]}" --out closed1 --quiet >&- 2>stderr; code=$?
[ $code = 5 ] && [ "$(wc -l <stderr)" = 1 ] || fail "closed stdout: exit code $code, $(cat stderr)"
"$program" "${job[@]}" --out closed2 >stdout 2>&- || fail "closed stderr: exit code $?"
"$program" "${job[@]}" --out closed3 <&- >&- 2>&-; code=$?
[ $code = 5 ] || fail "all streams closed: exit code $code"
{ "$program" "${job[@]}" --out closed4 --json --quiet 2>stderr; echo $? >code; } | true
[ "$(cat code)" = 5 ] && ! [ -s stderr ] || fail "a reader that is gone: exit code $(cat code), $(cat stderr)"
{ "$program" "${job[@]}" --out closed5 --progress always 2>&1 >stdout; echo $? >code; } | true
[ "$(cat code)" = 0 ] || fail "nobody reads stderr: exit code $(cat code)"
for i in 0 1 2 3 4 5; do same closed$i; done
for verb in list man selftest; do
  "$program" $verb 2>stderr | head -1 >first
  code=${PIPESTATUS[0]}
  [ "$code" = 0 ] || [ "$code" = 5 ] || fail "$verb | head -1: exit code $code"
  [ -s first ] && ! [ -s stderr ] || fail "$verb | head -1: $(cat first stderr)"
done

# --- a locale with a decimal comma changes nothing
mkdir locale
if localedef -i de_DE -f UTF-8 locale/de_DE.UTF-8 2>/dev/null && [ "$(LOCPATH=$work/locale LC_ALL=de_DE.UTF-8 bash -c 'printf %.1f 0,5')" = 0,5 ]; then
  export LOCPATH=$work/locale
  for verb in 'theory clock t=0.5' 'theory clock t=0.5 --json' 'info data.npy' 'list'; do
    # shellcheck disable=SC2086
    "$program" $verb >expected
    # shellcheck disable=SC2086
    LC_ALL=de_DE.UTF-8 "$program" $verb 2>&1 | cmp -s - expected || fail "$verb differs in a German locale"
  done
  LC_ALL=de_DE.UTF-8 "$program" "${job[@]}" --quiet --out german >/dev/null || fail "a German locale: exit code $?"
  same german
  cmp -s whole/curves.csv german/curves.csv || fail 'curves.csv differs in a German locale'
  unset LOCPATH
else
  echo 'skipped: no localedef, or no definition of de_DE'
fi

# --- odd paths: read, written, and told of in valid UTF-8
odd() {
  local data=$1 out=$2
  mkdir -p "$(dirname "$data")" && cp data.npy "$data" || fail "cannot make $data"
  "$program" analyze "$data" "${job[@]:2}" --quiet --out "$out" >stdout 2>stderr || fail "${data:0:100}: exit code $?, $(cat stderr)"
  cmp -s whole/curves.csv "$out/curves.csv" || fail "${data:0:100}: curves.csv differs"
  "$program" report "$out" >stdout 2>stderr || fail "report ${out:0:100}: exit code $?, $(cat stderr)"
  "$program" info "$data" --json >info.json 2>stderr || fail "info ${data:0:100}: exit code $?, $(cat stderr)"
  for file in info.json "$out"/{result.json,report.html,provenance.json,units/data.json}; do
    iconv -f UTF-8 -t UTF-8 <"$file" >/dev/null 2>&1 || fail "${file:0:100} is no UTF-8"
  done
}
odd 'with  two spaces .npy' 'run of  spaces'
odd './-starts-with-hyphens/ü — 数据.npy' 'лес'
odd $'caf\xe9 \xff\xc0\x80.npy' $'run \xfe'
odd $'new\nline\ttab \\ "quoted" $(touch run-by-a-shell).npy' $'run\n2'
[ -e run-by-a-shell ] && fail 'a name was run by a shell'
deep=$(printf "%0250d/" {1..15})
odd "${deep}data.npy" "${deep}run"
"$program" info "$(printf 'x%.0s' {1..300}).npy" >stdout 2>stderr; code=$?
[ $code = 3 ] && [ "$(wc -l <stderr)" = 1 ] || fail "a name too long: exit code $code, $(cat stderr)"
"$program" "${job[@]}" --out "$(printf 'x%.0s' {1..300})" >stdout 2>stderr; code=$?
[ $code = 5 ] && [ "$(wc -l <stderr)" = 1 ] || fail "a run directory whose name is too long: exit code $code, $(cat stderr)"
"$program" info $'no\nsuch.npy' >stdout 2>stderr; code=$?
[ $code = 3 ] && [ "$(wc -l <stderr)" = 1 ] || fail "a line break in a name: exit code $code, $(wc -l <stderr) lines"

verdict
