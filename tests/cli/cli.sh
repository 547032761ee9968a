#!/bin/bash
# The program as people and scripts meet it: exit codes, one line per error, JSON on stdout, nothing lost.
# Usage: cli.sh PROGRAM. Needs bash, awk and grep only.
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

{ npy '|u1' '(60, 4)'; bytes 240; } >data.npy
{ npy '|u1' '(60,)'; for ((i = 0; i < 30; ++i)); do printf '\x00\x01'; done; } >labels.npy
{ npy '|u1' '(10,)'; bytes 10; } >short-labels.npy
head -c 200 data.npy >truncated.npy
{ npy '<f8' '(2, 2)'; for ((i = 0; i < 3; ++i)); do printf '\x00\x00\x00\x00\x00\x00\xf0\x3f'; done; printf '\x00\x00\x00\x00\x00\x00\xf8\x7f'; } >nan.npy
: >empty.npy
mkdir no-images
echo 'not a picture' >no-images/readme.txt

# --- usage: 2
refuses 2 'subcommand' --
refuses 2 "unknown verb 'anlyze'" "Did you mean 'analyze'?" -- anlyze data.npy
refuses 2 "unknown option '--querys'" "Did you mean '--queries'?" -- analyze data.npy --querys 3
refuses 2 '--queries' "'many'" -- analyze data.npy --queries many
refuses 2 'queries: 0' -- analyze data.npy --queries 0
refuses 2 'label 77' '0, 1' -- analyze data.npy --labels labels.npy --classes 77
refuses 2 'no labels' -- analyze data.npy --classes 1
refuses 2 'rows: 61' '60' -- analyze data.npy --rows 61
refuses 2 'times: 0' -- analyze data.npy --times 0
refuses 2 "'pm2'" "Did you mean 'pm1'?" -- analyze data.npy --scale pm2
refuses 2 "'x'" 'KEY=VALUE' -- analyze data.npy --set x
refuses 2 "unknown setting 'querys'" "Did you mean 'queries'?" -- analyze data.npy --set querys=3
refuses 2 "'gaussian'" 'gaussian-mixture' 'unknown model' -- analyze --model gaussan d=3
refuses 2 'model gaussian' 'd' 'missing' -- analyze --model gaussian
refuses 2 'model gaussian' "'D'" -- analyze --model gaussian D=3
refuses 2 "'data.npy'" '--model gaussian' 'key=value' -- analyze data.npy d=3 --model gaussian
refuses 2 "'d=3'" '--model NAME' -- analyze data.npy d=3
refuses 2 "'labels.npy'" 'one data set' '--labels' -- analyze data.npy labels.npy
refuses 2 '--labels' 'for data only' -- analyze --model gaussian d=3 --labels labels.npy
refuses 2 '--strips' 'for data only' -- analyze --model gaussian d=3 --strips 4
refuses 2 '--samples' 'for models only' -- analyze data.npy --samples 100
refuses 2 'samples: 1;' -- analyze --model gaussian d=3 --samples 1
refuses 2 'model empirical' -- analyze --model empirical
refuses 2 'threads' -- analyze data.npy --threads -1
refuses 2 'contradict' -- analyze data.npy --resume --force
refuses 2 -- analyze data.npy labels.npy
refuses 2 'missing.toml' -- analyze data.npy --config missing.toml
printf 'queries = 5\ntimes = = 3\n' >malformed.toml
refuses 2 'malformed.toml' 'line 2' -- analyze data.npy --config malformed.toml
printf '\nquerys = 5\n' >unknown.toml
refuses 2 'unknown.toml' 'line 2' "Did you mean 'queries'?" -- analyze data.npy --config unknown.toml
refuses 2 "unknown list 'dataset'" "Did you mean 'datasets'?" -- list dataset
refuses 2 "'same-clas'" "Did you mean 'same-class'?" -- theory same-clas kappa=1
refuses 2 'kappa' -- theory same-class
refuses 2 "'kapa'" "Did you mean 'kappa'?" -- theory same-class kapa=1
refuses 2 'kappa' "'one'" -- theory same-class kappa=one

# --- input data: 3
refuses 3 'missing.npy' 'no such file' -- analyze missing.npy
refuses 3 'empty.npy' 'empty' -- analyze empty.npy
refuses 3 'truncated.npy' -- analyze truncated.npy
refuses 3 'no-images' -- analyze no-images
refuses 3 'nan.npy' 'NaN' 'row 1' 'column 1' -- analyze nan.npy
refuses 3 'labels' 'short-labels.npy' '10' '60' -- analyze data.npy --labels short-labels.npy
refuses 3 'missing-labels.npy' -- analyze data.npy --labels missing-labels.npy
refuses 3 'data.npy' -- analyze data.npy --labels data.npy
refuses 3 'no-run' -- report no-run
if compgen -G 'denoiscope-*' >/dev/null; then fail "a refused command left $(echo denoiscope-*)"; fi

# --- output: 2 where it is not free, 5 where it cannot be written
mkdir mine
echo precious >mine/thesis.tex
refuses 2 'mine' '--resume' '--force' -- analyze data.npy --out mine
refuses 2 'mine' 'config.resolved.toml' -- analyze data.npy --out mine --force
refuses 2 'mine' 'config.resolved.toml' -- analyze data.npy --out mine --resume
[ "$(ls mine)" = thesis.tex ] || fail "touched a folder that is not ours: $(ls mine)"
refuses 2 'data.npy' 'not a folder' -- analyze data.npy --out data.npy
refuses 5 'data.npy/run' -- analyze data.npy --out data.npy/run
mkdir locked
chmod 755 . locked
chmod 644 ./*.npy
as_nobody=()
if [ "$(id -u)" = 0 ]; then as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups); else chmod 555 locked; fi
if "${as_nobody[@]}" test -x "$program"; then
  "${as_nobody[@]}" "$program" analyze data.npy --out locked/run >stdout 2>stderr
  code=$?
  [ $code = 5 ] && [ "$(wc -l <stderr)" = 1 ] && grep -q '^denoiscope: .*locked/run' stderr || fail "unwritable --out: $code $(cat stderr)"
fi
for arguments in 'list' 'theory same-class kappa=1' 'info data.npy' 'info data.npy --json'; do
  # shellcheck disable=SC2086  # words on purpose
  "$program" $arguments >/dev/full 2>stderr
  code=$?
  [ $code = 5 ] && [ "$(wc -l <stderr)" = 1 ] && grep -q '^denoiscope: standard output' stderr || fail "$arguments to a full disk: $code $(cat stderr)"
done

# --- theories: digits from independent double-precision computations
json theory same-class kappa=1; is value 0.7752002454
grep -q '^{[^{]*}$' stdout || fail "a theory is one flat object"
has_fields name value unit
json theory class-entropy kappa=1; is value 0.3563163602
json theory mixture-phi d=256 mu2=1 variance=1 t=3; is value 0.70685169
json theory collapse-time n=20000 d=256 variance=1; is value 1.29878969
json theory excess-entropy n=20000 d=256 variance=1 t=2; is value "$(awk 'BEGIN { print log(20000) / 256 - 0.5 * log(1 + exp(-4) / (1 - exp(-4))) }' OFMT=%.12g)"
json theory rem alpha=0.5 variance=1 t=0.2; is r 2.03324478; is l_star 0.88188516; is psi -0.55838318; is f -0.05481647
json theory speciation-time lambda=16.72; is value 1.40830280; is half_log 1.40830280; is half_log1p 1.43734697; is half_asinh 1.75532293
json theory speciation-time lambda=0.5; grep -q '"half_log":null' stdout && grep -q '"reason":"' stdout || fail 'lambda < 1 has a reason'
json theory cfg d=16 omega=2; is shift 0.243068; is variance 0.927338; is guidance_scale 3
grep -q '"sampler":"sde"' stdout || fail 'a word is shown as it is typed'
json theory critical-window norm2=1 eps=0.01; grep -q '"t_after":null' stdout && grep -q '"reason":"kappa is 1 ' stdout || fail 'an open window has a reason'
sigma=$(awk 'BEGIN { a = 7.7796658365e-2; printf "%.12g", sqrt(1 / a - 1) }')
clock_is() {
  is t 1.27682840; is alpha_bar 7.7796658365e-2; is ddpm_step 500; is sigma "$sigma"
  is log_snr "$(awk -v s="$sigma" 'BEGIN { printf "%.12g", -2 * log(s) }')"; is flow_s "$(awk -v s="$sigma" 'BEGIN { printf "%.12g", s / (1 + s) }')"
}
json theory clock ddpm_step=500; clock_is
given=()
for name in t sigma log_snr alpha_bar flow_s; do given[${#given[@]}]="$name=$(field $name)"; done
for input in "${given[@]}"; do
  json theory clock "$input"
  is t 1.27682840; is alpha_bar 7.7796658365e-2; is sigma "$sigma"
  awk -v k="$(field ddpm_step)" 'BEGIN { exit !(k > 499.999 && k < 500.001) }' || fail "clock $input: step $(field ddpm_step)"
done

# --- list, info, version
json list; has_fields datasets denoisers theories observables
json list theories; has_fields theories; if grep -q '"datasets"' stdout; then fail 'list theories lists more'; fi
"$program" list datasets | grep -q three-level-mixture || fail 'list datasets'
"$program" --version | grep -qE '^denoiscope [0-9]+\.[0-9]+\.[0-9]+$' || fail '--version'
"$program" analyze --help | grep -q -- '--queries' || fail 'analyze --help'
json info data.npy --labels labels.npy
has_fields name rows dimension shape range duplicates classes trace participation_dimension eigenvalues
is rows 60; is dimension 4; is count 30

# --- convert: the same rows in another file, nobody's file lost
{ npy '|u1' '(60, 2, 2)'; bytes 240; } >pictures.npy
json info data.npy --labels labels.npy
hash=$(field hash)
for out in out.npy out.npz out.safetensors; do
  json convert data.npy $out --labels labels.npy --labels-out $out.labels.csv
  has_fields data rows shape type hash classes file bytes labels_file
  is rows 60; is bytes "$(wc -c <$out)"; is count 30
  [ "$(field type)" = '"u8"' ] && [ "$(field hash)" = "$hash" ] || fail "convert to $out: $(cat stdout)"
  json info $out --labels $out.labels.csv
  [ "$(field hash)" = "$hash" ] || fail "$out holds other rows"
  is count 30
done
json info out.npz; is count 30
json convert out.npz packed.npz --compress; json info packed.npz; [ "$(field hash)" = "$hash" ] || fail 'packed.npz holds other rows'
json convert data.npy out.csv; grep -qF '"classes":[]' stdout || fail 'no labels, no classes'; json info out.csv; is rows 60; is dimension 4
json convert pictures.npy grid.png
[ "$(head -c 4 grid.png | tail -c 3)" = PNG ] && grep -qaF 'pictures.npy' grid.png || fail 'grid.png says where it is from'
json convert pictures.npy small.npy --resize 1 --rgb; [ "$(grep -o '"shape":[^]]*' stdout)" = '"shape":[1,1,3' ] || fail "small.npy: $(cat stdout)"
json info pictures.npy --resize 1 --gray; is dimension 1
"$program" analyze pictures.npy --resize 1 --gray --dry-run >stdout || fail 'analyze --resize'
grep -q '^resize = 1$' stdout && grep -q '^gray = true$' stdout && grep -q 'of dimension 1 ' stdout || fail "analyze --resize: $(cat stdout)"
"$program" convert data.npy text.csv >stdout 2>stderr || fail "convert: $(cat stderr)"
grep -q '^60 rows' stdout && grep -q 'no labels' stdout || fail "convert: $(cat stdout)"
cksum out.npz >before
refuses 2 'out.npz: exists' '--force' -- convert data.npy out.npz
refuses 2 'out.npy: exists' -- convert data.npy new.npz --labels labels.npy --labels-out out.npy
cksum out.npz | cmp -s - before || fail 'a refused convert touched the file'
[ ! -e new.npz ] || fail 'a refused convert wrote'
json convert data.npy out.npz --rows 7 --force; json info out.npz; is rows 7
refuses 2 "'.nyp'" "Did you mean '.npy'?" -- convert data.npy x.nyp
refuses 2 'OUT' -- convert data.npy
mkdir folder.npy
refuses 2 'folder.npy' 'a folder' -- convert data.npy folder.npy --force
refuses 2 '--compress' 'expected a .npz' -- convert data.npy x.npy --compress
refuses 2 '--labels-out' 'has no labels' -- convert data.npy x.npy --labels-out l.npy
refuses 2 '--labels-out' 'another' -- convert data.npy x.npz --labels labels.npy --labels-out ./x.npz
refuses 2 'picture' -- convert data.npy x.npz --labels labels.npy --labels-out l.png
refuses 2 'gray and rgb' -- convert pictures.npy x.npy --gray --rgb
refuses 2 'resize: 5000' '4096' -- convert pictures.npy x.npy --resize 5000
refuses 3 'data.npy' 'shape (4)' 'expected pictures' -- convert data.npy x.png
refuses 3 'data.npy' 'expected pictures' -- convert data.npy x.npy --resize 2
refuses 5 'nowhere/x.npz' -- convert data.npy nowhere/x.npz
if compgen -G 'x.*' >/dev/null; then fail "a refused convert left $(echo x.*)"; fi

# --- selftest
json selftest; is failed 0; has_fields version kernel seconds checks computed expected tolerance
awk -v s="$(field seconds)" 'BEGIN { exit !(s < 10) }' || fail "selftest took $(field seconds) s"
"$program" selftest >stdout 2>stderr || fail "selftest: $(cat stdout stderr)"
[ "$(grep -c '^ok ' stdout)" -ge 20 ] && ! grep -q '^FAILED' stdout || fail "selftest: $(cat stdout)"

# --- analyze
json analyze data.npy --labels labels.npy --queries 40 --times 0.05,0.5,1,2,4 --out run
has_fields data speciation collapse guidance seconds peak_rss_mib half_log phi phi_loo pairs tree t_rs t_rs_loo alpha f phi_c t_c t_c_half t_low t_high
[ -s run/report.html ] && [ -s run/result.json ] && [ -s run/provenance.json ] && [ -s run/curves.csv ] || fail "run directory holds $(ls run)"
if grep -q seconds run/result.json; then fail 'result.json holds the time taken'; fi
[ "$(wc -l <run/curves.csv)" = 6 ] || fail 'curves.csv: one row a time'
if grep -qE '(^|,|:|\[) ?-?(nan|NaN|inf|Infinity)' run/curves.csv run/pairs.csv run/result.json; then fail 'nan in a table'; fi
rm run/report.html
json report run
[ -s run/report.html ] || fail 'report made no page'

# the same run again in a place of its own; the first is left as it was
quick=(--queries 8 --times 0.1,1)
json analyze data.npy "${quick[@]}"
cksum denoiscope-data/* denoiscope-data/units/* >before 2>/dev/null
json analyze data.npy "${quick[@]}" --seed 1
[ -s denoiscope-data-2/result.json ] || fail "the second run is not in denoiscope-data-2: $(ls)"
cksum denoiscope-data/* denoiscope-data/units/* 2>/dev/null | cmp -s - before || fail 'the second run touched the first'
refuses 2 'denoiscope-data' 'other settings or data' -- analyze data.npy "${quick[@]}" --seed 1 --out denoiscope-data --resume

# flags win over --set, which wins over --config
printf 'queries = 8\ntimes = [0.1, 1]\nseed = 3\n' >run.toml
json analyze data.npy --config run.toml --set seed=4 --out configured; is seed 4
json analyze data.npy --config run.toml --set seed=4 --seed 5 --out configured5; is seed 5
"$program" analyze data.npy --config run.toml --dry-run --out dry >stdout || fail '--dry-run'
grep -q '^queries = 8$' stdout || fail '--dry-run prints the settings'
[ ! -e dry ] || fail '--dry-run wrote'

# --- precisions of the posterior: they agree where they must, and --strict refuses what is not certified
json denoise data.npy --t 1 --x data.npy --out f64.npz; [ "$(field precision)" = '"f64"' ] || fail 'precision'
json denoise data.npy --t 1 --x data.npy --out f32.npz --precision f32; [ "$(field precision)" = '"f32"' ] || fail 'precision'
"$program" denoise data.npy --t 1 --x data.npy --out strict.npz --strict >/dev/null 2>stderr || fail "--strict: $(cat stderr)"
"$program" convert three-level-mixture tree.npz --rows 20 >/dev/null # of more dimensions than f32 sums in double anyway
refuses 4 '--strict' -- denoise tree.npz --t 1.5 --x tree.npz --out no.npz --precision f32 --strict
refuses 2 "no 'mmx'" -- denoise data.npy --t 1 --x data.npy --out no.npz --kernel mmx
[ ! -e no.npz ] || fail 'a refused denoise wrote'
json analyze data.npy --queries 8 --times 0.1,1 --precision f32 --out single; [ "$(field precision)" = '"f32"' ] || fail 'analyze: precision'
refuses 2 "'f16'" -- analyze data.npy --precision f16 --out none
refuses 2 "no 'mmx'" -- analyze data.npy --kernel mmx --out none
[ ! -e none ] || fail 'a refused analyze made a folder'

# --- Langevin motion and Fokker-Planck
json fokker-planck double-well --temperature 0.1 --range=-2.6,2.6 --cells 200 --passage=-1,1
grep -q '"eigenvalues_of_cells":\[0.03355722' stdout || fail 'fokker-planck: rate on the grid'
is relaxation 0.0369512318
is time 66.268626
json fokker-planck harmonic k=2 --temperature 0.5 --range=-4,4 --cells 400 --start 1,0.04 --times 0.1
is exact_mean 0.818730753
json langevin harmonic k=2 --temperature 0.5 --dt 0.1 --stepper ula --walkers 9 --steps 20
is stepper_variance 0.277777778
is exact_variance 0.25
mv stdout once
json langevin harmonic k=2 --temperature 0.5 --dt 0.1 --stepper ula --walkers 9 --steps 20 --threads 2
cmp -s stdout once || fail 'langevin: threads change it'
json langevin harmonic k=1 --to k=4 --walkers 50 --steps 20
is exact_free_energy 0.693147181
refuses 2 "'harmonik'" "Did you mean 'harmonic'" -- langevin harmonik
refuses 2 'k = 0' 'stiffness' -- fokker-planck harmonic k=0
refuses 2 "'q'" -- langevin harmonic --to q=1
refuses 2 "'euler'" 'mala' -- langevin harmonic --stepper euler
refuses 2 'a step of -1' -- langevin harmonic --dt=-1
refuses 2 '--temperature' nan -- langevin harmonic --temperature nan
refuses 2 '--walkers 1' -- langevin harmonic --walkers 1
refuses 2 'baoab' -- langevin harmonic --to k=2 --stepper baoab
refuses 4 'walker 0' 'shorter' -- langevin quartic --stepper ula --dt 1 --start 10
refuses 2 '--cells: 2' -- fokker-planck harmonic --cells 2
refuses 2 "--range: '1'" -- fokker-planck harmonic --range 1
refuses 2 '--times' '--start' -- fokker-planck harmonic --times 1
refuses 2 '1 after 2' -- fokker-planck harmonic --start 0,1 --times 2,1
refuses 2 'mean 99' -- fokker-planck harmonic --start 99,1 --times 2
refuses 2 'two different' -- fokker-planck harmonic --passage 1,1
refuses 4 'e^834.8' -- fokker-planck double-well --temperature 0.0003 --passage=-1,1

# --- experiments in run directories: a page, the same record whatever was kept, one line for what is wrong
sde=(clone --model gaussian-mixture d=9 mu2=1 --times 1,2 --pairs 40 --method sde --steps 60 --quiet)
"$program" "${sde[@]}" --out sde >/dev/null 2>stderr || fail "clone --out: $(cat stderr)"
[ -s sde/report.html ] && [ -s sde/figures/clone.vl.json ] || fail 'clone --out: no page'
cp sde/result.json once
rm sde/units/pairs-*.json
"$program" "${sde[@]}" --out sde --resume >/dev/null 2>stderr || fail "clone --resume: $(cat stderr)"
cmp -s once sde/result.json || fail 'clone: resumed run differs'
refuses 2 'sde' 'already holds files' -- "${sde[@]}" --out sde
refuses 2 'other settings' -- "${sde[@]}" --out sde --resume --seed 1
refuses 2 '--resume' '--out' -- "${sde[@]}" --resume
refuses 2 '--resume' '--force' -- "${sde[@]}" --out sde --resume --force
refuses 2 'euler-marujama' 'euler-maruyama' -- clone --model gaussian-mixture d=9 --method sde --stepper euler-marujama
refuses 2 '--steps: 0' -- clone --model gaussian-mixture d=9 --method sde --steps 0
refuses 2 "'karas'" 'karras' -- clone --model gaussian-mixture d=9 --method sde --grid karas
refuses 2 '--t-min' -- clone --model gaussian-mixture d=9 --method sde --t-min=-1
refuses 2 'critical' 'one class' '--grid karras' -- clone --model product-spins N=9 --method sde --grid critical --steps 5 --times 1
json clone --model gaussian-mixture d=9 --times 1,2 --pairs 20 --steps 50 --method sde --grid critical; grep -qF '"grid":"critical"' stdout && grep -qF '"t_min":0.01' stdout || fail "clone: $(cat stdout)"
refuses 2 'no noise' -- clone --model gaussian-mixture d=9 --method sde --stepper heun
"$program" uturn three-level-mixture --rows 60 --times 0.5,1 --starts 20 --quiet --out turned >/dev/null 2>stderr || fail "uturn --out: $(cat stderr)"
[ -s turned/figures/uturn.vl.json ] || fail 'uturn --out: no figure'
"$program" langevin harmonic --walkers 20 --quiet --out walked >/dev/null 2>stderr || fail "langevin --out: $(cat stderr)"
[ -s walked/figures/variance.vl.json ] || fail 'langevin --out: no figure'
"$program" fokker-planck double-well --start=-1,0.1 --times 1 --quiet --out flowed >/dev/null 2>stderr || fail "fokker-planck --out: $(cat stderr)"
[ -s flowed/figures/density.vl.json ] || fail 'fokker-planck --out: no figure'
json report flowed
has_fields report

# --- speciation: a tree of the labels, or of classes that are found
json speciation data.npy --labels labels.npy --queries 20 --times 0.1,1
has_fields speciation pairs tree guidance nodes; grep -qF '"found":null' stdout || fail 'speciation: classes found that were not sought'
# two clouds of the plane, 100 rows each, 20 apart
awk 'BEGIN { srand(1); for (i = 0; i < 200; ++i) print rand() + rand() + rand() + (i % 2) * 20 "," rand() + rand() }' >clouds.csv
parting=(speciation clouds.csv --find --resamples 2 --queries 40 --times 0.1,1,2)
json "${parting[@]}"
has_fields groups stability clarity; is agreement_with_labels null; [ "$(grep -o '"class":[01]' stdout | wc -l)" = 2 ] || fail "speciation: two clouds part into $(cat stdout)"
"$program" "${parting[@]}" --quiet --out parted >stdout 2>stderr || fail "speciation --out: $(cat stderr)"
for file in result.json report.html units/classes-00.json units/classes-01.json; do [ -s parted/$file ] || fail "speciation --out holds $(find parted)"; done
cp parted/result.json once
rm parted/units/classes-01.json parted/units/time-*1.json parted/result.json
refuses 2 'parted' '--resume' -- "${parting[@]}" --out parted
"$program" "${parting[@]}" --quiet --out parted --resume >stdout 2>stderr || fail "speciation --resume: $(cat stderr)"
cmp -s once parted/result.json || fail 'speciation: resumed run differs'
grep -q '^classes-00: already done' parted/log.txt || fail "speciation: log: $(cat parted/log.txt)"
refuses 2 'other settings' -- "${parting[@]}" --landmarks 100 --out parted --resume
awk 'BEGIN { print "x,label"; for (i = 0; i < 80; ++i) print int(i / 2) "," i % 2 }' >repeated.csv
"$program" speciation repeated.csv --times 0.1,1 --quiet >stdout 2>stderr; grep -q '^40 rows repeat a row of another class' stdout || fail "speciation: labels that contradict: $(cat stdout stderr)"
refuses 3 'one class only' '--find' -- speciation data.npy --labels labels.npy --classes 1
refuses 3 '60 rows' '64' '--labels' -- speciation data.npy
awk 'BEGIN { srand(2); for (i = 0; i < 200; ++i) { s = 0; for (k = 0; k < 12; ++k) s += rand(); u = 0; for (k = 0; k < 12; ++k) u += rand(); print s "," u } }' >cloud.csv
refuses 3 'cloud.csv' 'no classes' 'Nothing parts' -- speciation cloud.csv --resamples 1
refuses 2 '1 classes' -- speciation clouds.csv --most-classes 1
refuses 2 '63 landmarks' -- speciation clouds.csv --landmarks 63
refuses 2 '0 resamples' -- speciation clouds.csv --resamples 0

# --- guide: window, table, a scale; the same record resumed; one line for what is wrong
guide=(guide three-level-mixture --rows 90 --queries 64 --scales 2 --samples 16 --steps 12)
json "${guide[@]}" --quiet --out guided
has_fields window guidance_interval guidance_scale table t_low sigma_high ddpm_step_low log_snr_high shift variance convention rule
is omega 0; is samples 16; is rows 90
[ -s guided/report.html ] && [ -s guided/figures/window.vl.json ] && [ -s guided/figures/shift.vl.json ] || fail 'guide --out: no page'
cp guided/result.json once; rm guided/units/sde-class00-scale2-*.json
"$program" "${guide[@]}" --out guided --resume --threads 1 --quiet >/dev/null 2>stderr || fail "guide --resume: $(cat stderr)"
cmp -s once guided/result.json || fail 'guide: resumed run differs'
refuses 2 'other settings' -- "${guide[@]}" --out guided --resume --seed 1
refuses 2 '--scales: 0.5' 'omega' -- guide three-level-mixture --scales 0.5
refuses 2 '--scales: nan' -- guide three-level-mixture --scales nan
refuses 2 '--sde' 'ddim' -- "${guide[@]}" --sde ddim
refuses 2 '--samples: 2' -- guide three-level-mixture --samples 2
refuses 2 'one class' -- guide --model gaussian d=3
refuses 2 'no law of their own' -- guide --model curie-weiss N=9 beta=1.5
awk 'BEGIN { print "x,label"; for (i = 0; i < 80; ++i) print i % 7 "," int(i / 2) }' >many.csv
refuses 2 '40 classes' 'at most 32' '--classes' -- guide many.csv
awk 'BEGIN { print "x,label"; for (i = 0; i < 9; ++i) print i "," (i == 8) }' >lonely.csv
refuses 3 'class 1 has one row' -- guide lonely.csv
refuses 2 '5' -- guide lonely.csv --classes 0,5
awk 'BEGIN { print "x"; for (i = 0; i < 9; ++i) print i }' >unlabelled.csv
refuses 3 'no class labels' '--labels' -- guide unlabelled.csv
awk 'BEGIN { print "x,label"; for (i = 0; i < 20; ++i) print int(i / 2) "," i % 2 }' >leaked.csv
"$program" guide leaked.csv --queries 32 --scales 2 --samples 8 --steps 8 >/dev/null 2>stderr || fail "guide leaked.csv: $(cat stderr)"
grep -q '10 rows repeat a row of another class' stderr || fail "guide: no warning of labels that contradict: $(cat stderr)"

# --- samples: one a seed, whatever stands beside it
json sample data.npy --labels labels.npy --seeds 0-9 --out ten.npz
is count 10; is copies 10; has_fields remark gap_ratio class weight; grep -q 'training datum' stdout || fail 'sample: no remark on copies'
json info ten.npz; is rows 10
by=(--stepper ddpm --steps 20)
json sample data.npy "${by[@]}" --seeds 0-9 --out all.csv --frames 3 --trajectories paths.npz; is steps 20; grep -qF '"kept":[10.0,' stdout || fail "sample: kept $(cat stdout)"
json sample data.npy "${by[@]}" --seeds 7 --out alone.csv --threads 1
[ "$(sed -n 9p all.csv)" = "$(sed -n 2p alone.csv)" ] || fail "seed 7: $(sed -n 9p all.csv) among others, $(sed -n 2p alone.csv) alone"
json sample pictures.npy "${by[@]}" --seeds 0-8 --out nine.png; [ "$(head -c 4 nine.png | tail -c 3)" = PNG ] && [ "$(field type)" = '"u8"' ] || fail "sample: $(cat stdout)"
json sample --model gaussian-mixture d=3 --seeds 5-6 --stepper heun --times 8,2,0.5,0; grep -qF '"grid":"explicit"' stdout && grep -qF '"copies":null' stdout || fail "sample: $(cat stdout)"
"$program" sample --model gaussian d=3 variance=0.01 --stepper heun --steps 5 --grid linear --quiet >stdout 2>stderr; grep -q '^denoiscope: heun is unstable from t = .*log, karras' stderr || fail "no warning of an unstable step: $(cat stderr)"
"$program" sample --model gaussian-mixture d=300 --stepper ddim --t-max 1 --quiet >stdout 2>stderr; grep -q '^denoiscope: --t-max 1 is small' stderr || fail "no warning of a biased start: $(cat stderr)"
"$program" sample --model gaussian-mixture d=3 --stepper ddim --quiet >stdout 2>stderr; [ -s stderr ] && fail "sample warns of nothing: $(cat stderr)"
sampled=(sample pictures.npy --labels labels.npy --stepper ddim --steps 5 --frames 3 --seeds 0-1499)
"$program" "${sampled[@]}" --quiet --out sampled >stdout 2>stderr || fail "sample --out DIR: $(cat stderr)"
for file in samples.npy labels.npy samples.png trajectories.npy result.json provenance.json; do [ -s sampled/$file ] || fail "sample --out DIR holds $(ls sampled)"; done
[ "$(find sampled/units -name '*.json' | wc -l)" -ge 2 ] || fail 'sample: one block; nothing is tested'
cp sampled/result.json sampled/samples.npy sampled/trajectories.npy .
rm sampled/units/samples-00001.json sampled/samples.npy sampled/result.json
refuses 2 'sampled' '--resume' -- "${sampled[@]}" --out sampled
"$program" "${sampled[@]}" --quiet --out sampled --resume >stdout 2>stderr || fail "sample --resume: $(cat stderr)"
for file in result.json samples.npy trajectories.npy; do cmp -s $file sampled/$file || fail "sample --resume: $file differs"; done
grep -q '"file": "samples.npy"' result.json || fail "sample: result.json names $(grep '"file"' result.json)"
"$program" "${sampled[@]}" --quiet --out again >stdout 2>stderr || fail "sample --out DIR: $(cat stderr)"
cmp -s result.json again/result.json || fail 'sample: result.json depends on where it is'
refuses 2 'sampled' 'other settings' -- "${sampled[@]}" --seed 3 --out sampled --resume
refuses 2 "'ddimm'" "Did you mean 'ddim'?" -- sample data.npy --stepper ddimm
refuses 2 "'karas'" "Did you mean 'karras'?" -- sample data.npy --stepper ddim --grid karas
refuses 2 "'critcal'" "Did you mean 'critical'?" -- sample data.npy --stepper ddim --grid critcal
refuses 2 '--grid critical' 'data.npy' 'one class' '--labels' -- sample data.npy --stepper ddim --grid critical
json sample --model gaussian-mixture d=3 mu2=16 --seeds 5-6 --stepper heun --grid critical --steps 12 --frames 13 --trajectories crowded.npz; critical=$(grep -o '"kept":\[[^]]*' stdout)
json sample --model gaussian-mixture d=3 mu2=16 --seeds 5-6 --stepper heun --grid karras --steps 12 --frames 13 --trajectories even.npz; [ "$critical" != "$(grep -o '"kept":\[[^]]*' stdout)" ] || fail 'sample: --grid critical is karras'
within() { tr ',' '\n' <<<"${1#*[}" | awk '$1 > 1 && $1 < 3.5 { ++n } END { print n + 0 }'; }  # t_S = 1.96
[ "$(within "$critical")" -gt "$(within "$(grep -o '"kept":\[[^]]*' stdout)")" ] || fail "sample: --grid critical spends its steps at $critical"
refuses 2 '--steps: 0' -- sample data.npy --stepper ddim --steps 0
refuses 2 '--steps: 9' '--stepper' -- sample data.npy --steps 9
refuses 2 '--grid: log' -- sample data.npy --grid log
for wrong in '5-2' 'a' '-3' '1,1' '1-' ''; do refuses 2 '--seeds' -- sample data.npy "--seeds=$wrong"; done
refuses 2 '--seeds' '1000000' -- sample data.npy --seeds 0-9999999
refuses 2 '--t-min: 3' '--t-max 2' -- sample data.npy --stepper ddim --t-min 3 --t-max 2
refuses 2 '--t-max: nan' -- sample data.npy --stepper ddim --t-max nan
refuses 2 '--t-min: 0' 'linear' -- sample data.npy --stepper ddim --t-min 0
refuses 2 'ddpm' 'schedule' -- sample data.npy --stepper ddim --grid ddpm --t-max 9
refuses 2 '--times: 2 after 1' -- sample data.npy --stepper ddim --times 1,2
refuses 2 '--steps' '--times' -- sample data.npy --stepper ddim --times 2,1 --steps 3
refuses 2 '--churn: 3' 'edm-heun' -- sample data.npy --stepper heun --churn 3
refuses 2 '--tolerance' 'dormand-prince' -- sample data.npy --stepper heun --tolerance 1e-3
refuses 2 '--keep: 11' -- sample data.npy --stepper ddim --keep 11 --trajectories x.npz
refuses 2 '--frames' '--keep' -- sample data.npy --frames 3 --keep 1 --trajectories x.npz
refuses 2 '--trajectories' -- sample data.npy --frames 3
refuses 2 '--trajectories' '.npz' -- sample data.npy --frames 3 --trajectories x.csv
refuses 2 '--resume' 'DIR' -- sample data.npy --out x.npz --resume
refuses 2 'ten.npz: exists' '--force' -- sample data.npy --out ten.npz
refuses 2 "'.pgn'" "Did you mean '.png'?" -- sample data.npy --out x.pgn
refuses 2 '--labels' 'for data only' -- sample --model gaussian d=3 --labels labels.npy
refuses 2 "'gaussian'" -- sample --model gaussan d=3
refuses 3 'x.png' 'no pictures' -- sample data.npy --out x.png
refuses 3 'missing.npy' -- sample missing.npy
refuses 5 'nowhere/x.npz' -- sample data.npy --out nowhere/x.npz
if compgen -G 'x.*' >/dev/null; then fail "a refused sample left $(echo x.*)"; fi

# --- stopped: 75, and resumed to the same bits
long=(analyze three-level-mixture --queries 1024 --threads 1)
"$program" "${long[@]}" --quiet --out whole >/dev/null 2>stderr || fail "whole run: $(cat stderr)"
for signal in TERM INT; do
  # A shell without job control starts background jobs with SIGINT ignored; the program sets its own handler all the same.
  "$program" "${long[@]}" --progress never --out "stopped-$signal" >stdout 2>stderr &
  job=$!
  for ((i = 0; i < 1000; ++i)); do
    [ -e "stopped-$signal/units/pilot-03.json" ] && break
    sleep 0.01
  done
  kill -s "$signal" $job
  asked=$SECONDS
  wait $job
  code=$?
  [ $((SECONDS - asked)) -le 5 ] || fail "SIG$signal: stopped after $((SECONDS - asked)) s"
  [ $code = 75 ] || fail "SIG$signal: exit code $code"
  if [ "$(wc -l <stderr)" != 1 ] || ! grep -q '^denoiscope: .*--resume' stderr; then fail "SIG$signal: $(cat stderr)"; fi
  [ -e "stopped-$signal/result.json" ] && fail "SIG$signal: the run had finished; nothing was tested"
done
"$program" "${long[@]}" --quiet --out stopped-TERM --resume >/dev/null 2>stderr || fail "resume: $(cat stderr)"
cmp -s whole/result.json stopped-TERM/result.json || fail 'resumed run differs'
# without a terminal: plain progress, one line for every tenth
"$program" "${long[@]}" --progress auto --out stopped-INT --resume >/dev/null 2>stderr || fail "resume: $(cat stderr)"
[ "$(wc -l <stderr)" -ge 5 ] && [ "$(wc -l <stderr)" -le 11 ] || fail "progress: $(wc -l <stderr) lines"
cmp -s whole/result.json stopped-INT/result.json || fail 'resumed run differs'

# --- stopped within a unit that takes longer than anybody waits: that unit is lost, the exit code is the same
{
  printf "\x93NUMPY\x01\x00\x76\x00%-117s\n" "{'descr': '|u1', 'fortran_order': False, 'shape': (30000, 1024), }"
  head -c $((30000 * 1024)) /dev/urandom
} >wide.npy
"$program" analyze wide.npy --queries 20000 --times 0.5,1 --duplicates sample --quiet --out long >stdout 2>stderr &
job=$!
for ((i = 0; i < 6000; ++i)); do
  [ -e long/units/data.json ] && break
  sleep 0.01
done
sleep 0.2
kill -TERM $job
asked=$SECONDS
wait $job
code=$?
[ $code = 75 ] || fail "SIGTERM within a unit: exit code $code: $(cat stderr)"
[ $((SECONDS - asked)) -le 5 ] || fail "SIGTERM within a unit: stopped after $((SECONDS - asked)) s"
[ -e long/units/time-00.json ] && fail 'SIGTERM within a unit: the unit had finished; nothing was tested'
grep -q '^denoiscope: .*unit.*--resume' stderr || fail "SIGTERM within a unit: $(cat stderr)"

if [ $failures != 0 ]; then
  echo "$failures failures"
  exit 1
fi
echo 'all well'
