# What the tests of the program share: a folder of their own, what is expected of a command, small data. Source it with the
# program as first argument.
set -u
program=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# refuses CODE PART... -- ARGUMENTS: exit code, nothing on stdout, one line on stderr that holds every part.
refuses() {
  local code=$1 parts=() got part
  shift
  while [ "$1" != -- ]; do parts+=("$1"); shift; done
  shift
  "$program" "$@" >stdout 2>stderr
  got=$?
  [ $got = "$code" ] || fail "exit code $got instead of $code: $* ($(head -c 300 stderr))"
  [ -s stdout ] && fail "wrote to stdout: $*"
  if [ "$(wc -l <stderr)" != 1 ] || ! grep -q '^denoiscope: ' stderr; then fail "not one line: $* ($(head -c 500 stderr))"; fi
  for part in "${parts[@]}"; do
    grep -qF -- "$part" stderr || fail "no '$part' in the error of: $* ($(cat stderr))"
  done
}

# json ARGUMENTS: runs, exit code 0, exactly one JSON object on stdout, left in the file stdout.
json() {
  "$program" "$@" --json >stdout 2>stderr || fail "exit code $?: $* ($(head -c 300 stderr))"
  # One line; braces outside strings close at its last character and not before.
  awk 'NR > 1 { bad = 1 }
       { depth = 0; text = 0
         for (i = 1; i <= length($0); ++i) {
           c = substr($0, i, 1)
           if (text) { if (c == "\\") ++i; else if (c == "\"") text = 0; continue }
           if (c == "\"") text = 1
           if (c == "{") ++depth
           if (c == "}" && --depth == 0 && i < length($0)) bad = 1
           if (i == 1 && c != "{") bad = 1
         }
         if (depth != 0 || text) bad = 1 }
       END { exit bad || NR != 1 }' stdout || fail "not one JSON object: $*"
  if grep -qE '(:|,|\[)-?(nan|NaN|inf|Infinity)(\]|,|\})' stdout; then fail "a number that JSON lacks: $*"; fi
}

field() { grep -o "\"$1\":[^],}]*" stdout | head -1 | cut -d: -f2-; }

# is FIELD NUMBER: the last json's field, to 1e-6 of max(1, |number|).
is() {
  awk -v a="$(field "$1")" -v b="$2" 'BEGIN { d = a - b; if (d < 0) d = -d; s = b < 0 ? -b : b; exit !(a != "" && d <= 1e-6 * (s > 1 ? s : 1)) }' ||
    fail "$1 is $(field "$1") instead of $2 in $(cat stdout)"
}
has_fields() { for name in "$@"; do grep -q "\"$name\":" stdout || fail "no field $name"; done; }

# npy DESCR SHAPE: the header of a .npy file; its data follow.
npy() {
  local header="{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
  while [ $(((${#header} + 11) % 64)) != 0 ]; do header+=' '; done
  printf '\x93NUMPY\x01\x00'
  # shellcheck disable=SC2059  # the format holds the bytes
  printf "$(printf '\\x%02x\\x%02x' $(((${#header} + 1) % 256)) $(((${#header} + 1) / 256)))"
  printf '%s\n' "$header"
}
# bytes N: pseudo-random ones.
bytes() {
  local i text='' state=12345
  for ((i = 0; i < $1; ++i)); do
    state=$(((state * 1103515245 + 12345) % 2147483648))
    printf -v text '%s\\x%02x' "$text" $((state / 65536 % 256))
  done
  printf '%b' "$text"
}

# Rows, their labels and small pictures.
small_data() {
  { npy '|u1' '(60, 4)'; bytes 240; } >data.npy
  { npy '|u1' '(60, 2, 2)'; bytes 240; } >pictures.npy
  { npy '|u1' '(60,)'; for ((i = 0; i < 30; ++i)); do printf '\x00\x01'; done; } >labels.npy
}

# To be called last: the exit code of the test.
verdict() {
  if [ $failures != 0 ]; then
    echo "$failures failures"
    exit 1
  fi
  echo 'all well'
}
