#!/bin/bash
# The program as people and scripts meet it: exit codes, one line per error, JSON on stdout, nothing lost.
# Usage: cli.sh PROGRAM. Needs bash, awk and grep only.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
small_data

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
refuses 2 '--queries = 0' 'at least 1' -- analyze data.npy --queries 0
refuses 2 'label 77' '0, 1' -- analyze data.npy --labels labels.npy --classes 77
refuses 2 'no labels' -- analyze data.npy --classes 1
refuses 2 'rows: 61' '60' -- analyze data.npy --rows 61
refuses 2 '--times = 0' 'at least 1e-12' -- analyze data.npy --times 0
refuses 2 '--scale = pm2' "Did you mean 'pm1'?" -- analyze data.npy --scale pm2
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
refuses 2 '--samples = 1' 'at least 2' -- analyze --model gaussian d=3 --samples 1
refuses 2 'model empirical' -- analyze --model empirical
refuses 2 'threads' -- analyze data.npy --threads -1
refuses 2 'contradict' -- analyze data.npy --resume --force
refuses 2 -- analyze data.npy labels.npy
refuses 2 'missing.toml' -- analyze data.npy --config missing.toml
printf 'queries = 5\ntimes = = 3\n' >malformed.toml
refuses 2 'malformed.toml' 'line 2' -- analyze data.npy --config malformed.toml
printf '\nquerys = 5\n' >unknown.toml
refuses 2 'unknown.toml' 'line 2' "Did you mean 'queries'?" -- analyze data.npy --config unknown.toml
refuses 2 'WHAT = dataset' "Did you mean 'datasets'?" -- list dataset
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
json theory cfg d=16 omega=2; is shift 0.243069; is variance 0.927338; is guidance_scale 3
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
grep -q '^resize = 1$' stdout && grep -q '^gray = true$' stdout && grep -q 'of dimension 1,' stdout || fail "analyze --resize: $(cat stdout)"
"$program" convert data.npy text.csv >stdout 2>stderr || fail "convert: $(cat stderr)"
grep -q 'text.csv .* 60 ' stdout && grep -q 'no labels' stdout || fail "convert: $(cat stdout)"
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
"$program" denoise tree.npz --t 1.5 --x tree.npz --out loose.npz --precision f32 --strict >stdout 2>stderr
[ $? = 4 ] && grep -q -- '--strict' stderr && [ -s loose.npz ] || fail "--strict: $(cat stderr)" # what is found is kept all the same
refuses 2 "no 'mmx'" -- denoise data.npy --t 1 --x data.npy --out no.npz --kernel mmx
[ ! -e no.npz ] || fail 'a refused denoise wrote'
json analyze data.npy --queries 8 --times 0.1,1 --precision f32 --out single; [ "$(field precision)" = '"f32"' ] || fail 'analyze: precision'
refuses 2 '= f16 ' -- analyze data.npy --precision f16 --out none
refuses 2 "no 'mmx'" -- analyze data.npy --kernel mmx --out none
[ ! -e none ] || fail 'a refused analyze made a folder'

# --- stopped: 75, and resumed to the same bits
long=(analyze three-level-mixture --queries 1024 --threads 1)
"$program" "${long[@]}" --quiet --out whole >/dev/null 2>stderr || fail "whole run: $(cat stderr)"
for signal in TERM INT; do
  # A shell without job control starts background jobs with SIGINT ignored; the program sets its own handler all the same.
  "$program" "${long[@]}" --progress never --out "stopped-$signal" >stdout 2>stderr &
  job=$!
  for ((i = 0; i < 1000; ++i)); do
    [ -e "stopped-$signal/units/pilot-003.json" ] && break
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
[ -e long/units/time-000.json ] && fail 'SIGTERM within a unit: the unit had finished; nothing was tested'
grep -q '^denoiscope: .*unit.*--resume' stderr || fail "SIGTERM within a unit: $(cat stderr)"

verdict
