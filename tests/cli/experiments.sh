#!/bin/bash
# The experiments of the program: what they print, what a run directory keeps, what they refuse. Usage: experiments.sh PROGRAM.
# Needs bash, awk and grep only.
# shellcheck source=tests/cli/common.sh
. "$(dirname "$0")/common.sh"
small_data

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
untimed() { sed -E 's/"(seconds|peak_rss_mib)":[^,}]*,?//g' stdout; }
untimed >once
json langevin harmonic k=2 --temperature 0.5 --dt 0.1 --stepper ula --walkers 9 --steps 20 --threads 2
untimed | cmp -s - once || fail 'langevin: threads change it'
json langevin harmonic k=1 --to k=4 --walkers 50 --steps 20
is exact_free_energy 0.693147181
json langevin landau u=0.6 r=-1 --to 'r=0.4 h=-0.2' --walkers 20 --steps 20  # u stays
grep -qF '"to":"landau r=0.4 u=0.6 h=-0.2"' stdout || fail "langevin --to: $(field to)"
refuses 2 "'harmonik'" "Did you mean 'harmonic'" -- langevin harmonik
refuses 2 'k = 0' 'stiffness' -- fokker-planck harmonic k=0
refuses 2 "'q'" -- langevin harmonic --to q=1
refuses 2 '--stepper = euler' 'mala' -- langevin harmonic --stepper euler
refuses 2 '--dt = -1' 'above 0' -- langevin harmonic --dt=-1
refuses 2 '--temperature' nan -- langevin harmonic --temperature nan
refuses 2 '--walkers = 1' 'at least 2' -- langevin harmonic --walkers 1
refuses 2 'baoab' -- langevin harmonic --to k=2 --stepper baoab
refuses 4 'walker 0' 'shorter' -- langevin quartic --stepper ula --dt 1 --start 10
refuses 2 '--cells = 2' -- fokker-planck harmonic --cells 2
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
refuses 2 '--steps = 0' -- clone --model gaussian-mixture d=9 --method sde --steps 0
refuses 2 "'karas'" 'karras' -- clone --model gaussian-mixture d=9 --method sde --grid karas
refuses 2 '--t-min' -- clone --model gaussian-mixture d=9 --method sde --t-min=-1
refuses 2 'critical' 'one class' '--grid karras' -- clone --model product-spins N=9 --method sde --grid critical --steps 5 --times 1
json clone --model gaussian-mixture d=9 --times 1,2 --pairs 20 --steps 50 --method sde --grid critical; grep -qF '"grid":"critical"' stdout && grep -qF '"t_min":0.01' stdout || fail "clone: $(cat stdout)"
refuses 2 'no noise' -- clone --model gaussian-mixture d=9 --method sde --stepper heun
"$program" uturn three-level-mixture --rows 60 --times 0.5,1 --starts 20 --quiet --out turned >/dev/null 2>stderr || fail "uturn --out: $(cat stderr)"
[ -s turned/figures/uturn.vl.json ] || fail 'uturn --out: no figure'
mkdir runs.d  # a folder's name may have a dot; that of a file it writes has an ending
"$program" sample three-level-mixture --rows 60 --seeds 0-3 --quiet --out runs.d >/dev/null 2>stderr || fail "sample --out FOLDER.d: $(cat stderr)"
[ -s runs.d/report.html ] || fail 'sample --out FOLDER.d: no page'
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
for file in result.json report.html units/classes-000.json units/classes-001.json; do [ -s parted/$file ] || fail "speciation --out holds $(find parted)"; done
cp parted/result.json once
rm parted/units/classes-001.json parted/units/time-*1.json parted/result.json
refuses 2 'parted' '--resume' -- "${parting[@]}" --out parted
"$program" "${parting[@]}" --quiet --out parted --resume >stdout 2>stderr || fail "speciation --resume: $(cat stderr)"
cmp -s once parted/result.json || fail 'speciation: resumed run differs'
grep -q '^classes-000: already done' parted/log.txt || fail "speciation: log: $(cat parted/log.txt)"
refuses 2 'other settings' -- "${parting[@]}" --landmarks 100 --out parted --resume
awk 'BEGIN { print "x,label"; for (i = 0; i < 80; ++i) print int(i / 2) "," i % 2 }' >repeated.csv
"$program" speciation repeated.csv --times 0.1,1 --quiet >stdout 2>stderr; grep -q '40 rows repeat a row of another class' stdout || fail "speciation: labels that contradict: $(cat stdout stderr)"
refuses 3 'one class only' '--find' -- speciation data.npy --labels labels.npy --classes 1
refuses 3 '60 rows' '64' '--labels' -- speciation data.npy
awk 'BEGIN { srand(2); for (i = 0; i < 200; ++i) { s = 0; for (k = 0; k < 12; ++k) s += rand(); u = 0; for (k = 0; k < 12; ++k) u += rand(); print s "," u } }' >cloud.csv
refuses 3 'cloud.csv' 'no classes' 'Nothing parts' -- speciation cloud.csv --resamples 1
refuses 2 '--most-classes = 1' 'at least 2' -- speciation clouds.csv --most-classes 1
refuses 2 '--landmarks = 63' 'at least 64' -- speciation clouds.csv --landmarks 63
refuses 2 '--resamples = 0' 'at least 1' -- speciation clouds.csv --resamples 0

# --- collapse: the same record whole and resumed, a page, one line for what is wrong
falling=(collapse clouds.csv --queries 60 --data-times 300 --trajectories 150)
json "${falling[@]}"
has_fields collapse phi_c_half finite_size last_switch data_times duplicates two_classes samples subsets t_c_clusters floor histogram
grep -qF '"two_classes":{"curve":null' stdout || fail 'collapse: two classes without labels'
"$program" "${falling[@]}" --quiet --out fallen >stdout 2>stderr || fail "collapse --out: $(cat stderr)"
grep -q 'own weight through 1/2' stdout || fail "collapse: table: $(cat stdout)"
for file in result.json report.html data_times.csv figures/phi-c.vl.json figures/last-switch.vl.json figures/data-times.vl.json figures/samples.vl.json; do
  [ -s fallen/$file ] || fail "collapse --out holds $(find fallen)"
done
[ "$(wc -l <fallen/data_times.csv)" = 201 ] || fail "collapse: $(wc -l <fallen/data_times.csv) lines for 200 rows"
cp fallen/result.json once
rm fallen/units/switches-001.json fallen/units/time-*1.json fallen/result.json
"$program" "${falling[@]}" --quiet --threads 1 --out fallen --resume >stdout 2>stderr || fail "collapse --resume: $(cat stderr)"
cmp -s once fallen/result.json || fail 'collapse: resumed run differs'
refuses 2 'other settings' -- "${falling[@]}" --noises 4 --out fallen --resume
# row 7 stands apart, rows 8 and 9 are equal
awk 'BEGIN { srand(3); for (i = 0; i < 90; ++i) { s = ""; for (k = 0; k < 6; ++k) s = s (k ? "," : "") (i == 9 ? last[k] : (last[k] = rand()) * (i == 7 ? 9 : 1)); print s } }' >apart.csv
"$program" collapse apart.csv --quiet >stdout 2>stderr || fail "collapse apart.csv: $(cat stderr)"
grep -A1 'row *class *t_C' stdout | grep -q '^ *7 ' || fail "collapse: the outlier is not first: $(cat stdout)"
grep -q '^repeats: 1 rows equal others' stdout && grep -q '2 rows are equal' stdout || fail "collapse: repeats: $(cat stdout)"
printf '1,2,3\n' >one.csv
json collapse one.csv; is alpha 0; grep -qF '"reason":"one datum' stdout || fail "collapse: one datum: $(cat stdout)"
refuses 3 'nowhere.npy' -- collapse nowhere.npy
{ npy '|u1' '(3, 5)'; bytes 15; } >five.npy
refuses 3 'five.npy' 'dimension 5' -- collapse data.npy --test five.npy
refuses 2 '--noises = 0' -- collapse data.npy --noises 0
refuses 2 '--trajectories = -1' -- collapse data.npy --trajectories=-1
refuses 2 '--data-times = -3' -- collapse data.npy --data-times=-3
refuses 2 '--collapse-below = 0' -- collapse data.npy --collapse-below 0

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
refuses 2 '--scales = 0.5' 'omega' -- guide three-level-mixture --scales 0.5
refuses 2 '--scales = nan' -- guide three-level-mixture --scales nan
refuses 2 '--sde' 'ddim' -- "${guide[@]}" --sde ddim
refuses 2 '--samples = 2' 'at least 8' -- guide three-level-mixture --samples 2
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
refuses 2 '--stepper = ddimm' "Did you mean 'ddim'?" -- sample data.npy --stepper ddimm
refuses 2 '--grid = karas' "Did you mean 'karras'?" -- sample data.npy --stepper ddim --grid karas
refuses 2 '--grid = critcal' "Did you mean 'critical'?" -- sample data.npy --stepper ddim --grid critcal
refuses 2 '--grid critical' 'data.npy' 'one class' '--labels' -- sample data.npy --stepper ddim --grid critical
json sample --model gaussian-mixture d=3 mu2=16 --seeds 5-6 --stepper heun --grid critical --steps 12 --frames 13 --trajectories crowded.npz; critical=$(grep -o '"kept":\[[^]]*' stdout)
json sample --model gaussian-mixture d=3 mu2=16 --seeds 5-6 --stepper heun --grid karras --steps 12 --frames 13 --trajectories even.npz; [ "$critical" != "$(grep -o '"kept":\[[^]]*' stdout)" ] || fail 'sample: --grid critical is karras'
within() { tr ',' '\n' <<<"${1#*[}" | awk '$1 > 1 && $1 < 3.5 { ++n } END { print n + 0 }'; }  # t_S = 1.96
[ "$(within "$critical")" -gt "$(within "$(grep -o '"kept":\[[^]]*' stdout)")" ] || fail "sample: --grid critical spends its steps at $critical"
refuses 2 '--steps = 0' -- sample data.npy --stepper ddim --steps 0
refuses 2 '--steps: 9' '--stepper' -- sample data.npy --steps 9
refuses 2 '--grid: log' -- sample data.npy --grid log
for wrong in '5-2' 'a' '-3' '1,1' '1-' ''; do refuses 2 '--seeds' -- sample data.npy "--seeds=$wrong"; done
refuses 2 '--seeds' '1000000' -- sample data.npy --seeds 0-9999999
refuses 2 '--t-min: 3' '--t-max 2' -- sample data.npy --stepper ddim --t-min 3 --t-max 2
refuses 2 '--t-max = nan' -- sample data.npy --stepper ddim --t-max nan
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

# --- audits: what is a copy, what is refused, when the exit code says so
{ npy '|u1' '(9, 4)'; bytes 36; } >nine.npy  # the first nine of data.npy
{ npy '|u1' '(20, 4)'; bytes 300 | tail -c 80; } >fresh.npy
{ npy '|u1' '(12, 4)'; bytes 36; bytes 312 | tail -c 12; } >part.npy  # nine of data.npy, three others
json audit nine.npy --train data.npy; is f_mem 1; is copies 9; is null_rate 0.0123456790; has_fields f_mem_low f_mem_high threshold samples
grep -qF '{"copied":true,"d1":0.0' stdout || fail "audit: $(cat stdout)"
json audit fresh.npy --train data.npy --test part.npy --metric standardized --duplicates near; has_fields p_value q_value likelihood_ratio
audit=(audit fresh.npy --train data.npy --test part.npy --quiet)
"$program" "${audit[@]}" --out audited >stdout 2>stderr || fail "audit --out: $(cat stderr)"
[ -s audited/report.html ] && [ "$(wc -l <audited/samples.csv)" = 21 ] || fail "audit --out: $(ls audited)"
grep -q '9 of the held-out rows are in the training data and would hide copies' stdout || fail "audit: held-out data that are not: $(cat stdout)"
"$program" audit fresh.npy --train pictures.npy --quiet --out drawn >stdout 2>stderr || fail "audit of pictures: $(cat stderr)"
[ -s drawn/samples/worst-00.png ] || fail "audit: no pictures in $(ls drawn)"
cp audited/result.json once
rm audited/units/samples-*.json
"$program" "${audit[@]}" --out audited --resume >/dev/null 2>stderr || fail "audit --resume: $(cat stderr)"
cmp -s once audited/result.json || fail 'audit: resumed run differs'
refuses 2 'other settings' -- "${audit[@]}" --out audited --resume --threshold 0.2
"$program" audit nine.npy --train data.npy --fail-above 0.5 --quiet >stdout 2>stderr; code=$?
[ $code = 1 ] && [ -s stdout ] && [ "$(wc -l <stderr)" = 1 ] && grep -q 'above the 50 %' stderr || fail "audit --fail-above: $code $(cat stderr)"
"$program" audit fresh.npy --train data.npy --fail-above 0.5 --quiet >stdout 2>stderr || fail "audit --fail-above: exit code $? $(cat stderr)"
{ npy '<f8' '(2, 4)'; printf '\0%.0s' {1..56}; printf '\0\0\0\0\0\0\xf8\x7f'; } >nan.npy
{ npy '<f8' '(2, 4)'; printf '\0\0\0\0\0\0\xf0\x3f%.0s' {1..4}; printf '\0\0\0\0\0\0\xf0\xbf%.0s' {1..4}; } >signed.npy
{ npy '|u1' '(1, 4)'; bytes 4; } >single.npy
refuses 3 'nan.npy' 'row 1, column 3' -- audit nan.npy --train data.npy
refuses 3 'signed.npy' '-1 to 1' '2 to 255' '--samples-range' -- audit signed.npy --train data.npy
json audit signed.npy --train data.npy --samples-range=-1,1; grep -q 'are taken for 0 to 255' stdout || fail "audit --samples-range: $(cat stdout)"
refuses 3 'five.npy' '(5)' '(4)' -- audit five.npy --train data.npy
refuses 3 'single.npy' 'one training datum' -- audit nine.npy --train single.npy
refuses 3 'data.npy' 'the same data' -- audit data.npy --train data.npy
refuses 3 'nine.npy' 'none is held out' -- audit fresh.npy --train data.npy --test nine.npy --quiet
refuses 3 'missing.npy' -- audit missing.npy --train data.npy
refuses 3 'five.npy' '3 rows of features, expected 69' -- audit nine.npy --train data.npy --metric five.npy
refuses 2 "'pixel'" "Did you mean 'pixels'?" -- audit nine.npy --train data.npy --metric pixel
refuses 2 '--duplicates = al' 'each or equal or near' -- audit nine.npy --train data.npy --duplicates al
refuses 2 'threshold = 2' -- audit nine.npy --train data.npy --threshold 2 --out unmade
refuses 2 'components = 0' -- audit nine.npy --train data.npy --metric pca --components 0 --out unmade
refuses 3 '3 rows of features' -- audit nine.npy --train data.npy --metric five.npy --out unmade
[ -e unmade ] && fail 'audit: a run directory for settings that cannot be'
refuses 2 '--fail-above = 3' -- audit nine.npy --train data.npy --fail-above 3
refuses 2 '--radius' 'near' -- audit nine.npy --train data.npy --radius 3
refuses 2 'SAMPLES' -- audit

verdict
