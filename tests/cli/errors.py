#!/usr/bin/python3
"""Whether errors are what they claim: scatter over seeds divided by the stated error, of every number with an error in
the records of the verbs, on three small data sets and on models.

errors.py PROGRAM            a slice for CI: five numbers, eight seeds
errors.py PROGRAM N TABLE    everything over N seeds, as the table of docs/errors.md

With S seeds the squared ratio times S - 1 is a chi-square of S - 1 degrees of freedom where the claim is right.
"""
import json
import math
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

TIMES = "--times=0.05,0.1,0.2,0.4,0.8,1.6,3.2"
# name: verb and flags; {data} is each of the sets.
ON_DATA = {
    "analyze": "analyze {data} --scale none --queries 128 --strips 0",
    "analyze at times": "analyze {data} --scale none --queries 128 --strips 0 " + TIMES,
    "collapse": "collapse {data} --scale none --queries 128 --trajectories 64 --data-times 0 --generalization",
    "clone": "clone {data} --scale none --pairs 200 --times=0.2,0.4,0.8,1.6,3.2",
    "uturn": "uturn {data} --scale none --starts 200 --times=0.2,0.4,0.8,1.6,3.2",
    "guide": "guide {data} --scale none --rows 0 --queries 128 --scales 2 --samples 32 --steps 16",
}
ON_MODELS = {
    "analyze model": "analyze --model gaussian-mixture d=16 --queries 256 --samples 1e3,1e6",
    "langevin": "langevin double-well --temperature 0.5 --dt 0.05 --steps 2000 --walkers 64 --start equilibrium",
    "work": "langevin harmonic --to k=2 --dt 0.02 --steps 100 --walkers 400",
}
SETS = {
    "pictures": "convert fashion-mnist {file} --resize 8 --rows 600 --classes 1,7,9 --seed 1",
    "mixture": "synth gaussian-mixture d=8 mu2=1 --rows 600 --seed 1 --out {file}",
    "spins": "synth curie-weiss N=40 beta=1.4 --rows 600 --seed 1 --out {file}",
}
# Of 0 to 1: near the ends errors are those of what may not have been seen, above any scatter.
SHARES = r"phi|same_|accuracy|trapped|probability|participation|levels|posterior$|autocorrelation"
# Why a number's ratio may lie outside of 0.8 to 1.25.
REASONS = [
    ("near 0 or 1$", "by intent: what may not have been seen"),
    ("autocorrelation", "two of five times lie at its upper end"),
    (r"samples\.slope", "errors of the four sizes are added as if independent; they share their noise"),
    (r"^analyze at times: collapse\.(subsets\[\]\.)?t_c", "seven times: most of the error is of interpolation"),
    (r"subsets\[\]\.t_c", "which rows a subset holds is not in its error"),
    (r"t_c|t_low|t_high", "noise of neighbouring times is taken for one, and is a little less"),
    (r"gap_left_out|radius2", "every row is asked: how rows differ is in the error, and does not change between seeds"),
    (r"variance_ratio|\.variance$", "of 32 paths: the error of a variance from few samples is too small"),
    (r"accuracy_loo", "constant at the largest time, where leaving a datum out decides the class"),
    (r"t_o", "the random tenth that is held out changes the data too"),
]
SLICE = [  # set, job, path of the number
    ("mixture", "analyze at times", r"collapse\.f\[t=0.4\]\.f_over_alpha"),
    ("mixture", "analyze at times", r"collapse\.t_c"),
    ("mixture", "analyze at times", r"collapse\.phi_c\[t=0.4\]\.value"),
    ("mixture", "clone", r"points\[t=0.8\]\.phi"),
    ("mixture", "uturn", r"uturns\[t=1.6\]\.autocorrelation\.drawn\.value"),
]
# Of one number right by chance further out: 1e-4 each way, so 1e-3 of the slice; sqrt(chi2/7) of eight seeds.
LOW, HIGH = math.sqrt(0.38 / 7), math.sqrt(29.0 / 7)


def numbers(record, path=""):
    """(path, value, error) of everything that states an error."""
    if isinstance(record, list):
        for i, one in enumerate(record):  # of a curve the time, which may differ between seeds
            at = f"t={one['t']:g}" if isinstance(one, dict) and isinstance(one.get("t"), float) else i
            yield from numbers(one, f"{path}[{at}]")
        return
    if not isinstance(record, dict):
        return
    names = [name for name, value in record.items() if isinstance(value, (int, float)) and not isinstance(value, bool)]
    for name in names:
        if name.endswith("stderr"):
            continue
        error = record.get(name + "_stderr")
        if error is None and "stderr" in names and name in ("value", "phi", "t", "f_over_alpha", "mean", "probability"):
            if name != "t" or not {"value", "phi", "f_over_alpha", "probability"} & set(names):
                error = record["stderr"]
        if isinstance(error, (int, float)):
            yield (f"{path}.{name}".lstrip("."), float(record[name]), float(error))
    for name, value in record.items():
        yield from numbers(value, f"{path}.{name}")


def ask(job):
    program, command, seed = job
    with tempfile.TemporaryDirectory() as folder:  # analyze keeps its run somewhere
        done = subprocess.run([program, *command.split(), "--seed", str(seed), "--threads", "1", "--json", "--quiet"],
                              cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command} --seed {seed}: {done.stderr}")
    return list(numbers(json.loads(done.stdout)))


def ratios(answers):
    """path: (scatter over rms error, number of seeds) of each number that most seeds have."""
    found = {}
    for answer in answers:
        for path, value, error in answer:
            found.setdefault(path, []).append((value, error))
    out = {}
    for path, pairs in found.items():
        values, errors = np.array(pairs).T
        if len(pairs) < 0.9 * len(answers) or not np.isfinite(values).all() or not np.isfinite(errors).all():
            continue
        if errors.max() > 1e-100:  # whose square is a number
            out[path] = (np.std(values, ddof=1) / math.sqrt(np.mean(errors ** 2)), values.mean())
    return out


def made(program, folder):
    files = {}
    for name, command in SETS.items():
        files[name] = f"{folder}/{name}.npz"
        subprocess.run([program, *command.format(file=files[name]).split(), "--quiet"], check=True, capture_output=True)
    return files


def slice_of(program, pool, files):
    wrong = []
    for name, job, path in SLICE:
        command = ON_DATA[job].format(data=files[name])
        answers = pool.map(ask, [(program, command, seed) for seed in range(8)])
        (ratio, _), = [found for at, found in ratios(answers).items() if re.fullmatch(path, at)]
        print(f"{name}, {job}, {path}: {ratio:.2f}")
        if not LOW < ratio < HIGH:
            wrong.append(f"{path} scatters by {ratio:.2f} times its error")
        if LOW < ratio * 4 < HIGH:  # the broken variant: errors a quarter of what they are
            wrong.append(f"{path}: errors four times too small would not be seen")
    if wrong:
        sys.exit("errors.py: " + "; ".join(wrong))


def table(program, pool, files, seeds, where):
    rows = []
    jobs = [(name, job, command.format(data=file)) for name, file in files.items() for job, command in ON_DATA.items()]
    jobs += [("model", job, command) for job, command in ON_MODELS.items()]
    for name, job, command in jobs:
        found = ratios(pool.map(ask, [(program, command, seed) for seed in range(seeds)], chunksize=1))
        groups = {}
        for path, (ratio, value) in found.items():
            group = re.sub(r"\[[^]]*\]", "[]", path)
            if re.search(SHARES, group) and not 0.02 < value < 0.98:
                group += " near 0 or 1"
            groups.setdefault(group, []).append(ratio)
        for path, values in sorted(groups.items()):
            rows.append((job, path, name, len(values), np.median(values), min(values), max(values)))
        print(f"{name}: {job}", file=sys.stderr)
    outside = 0
    text = ["| job | number | set | how many | median ratio | least | most | why |", "|---|---|---|---|---|---|---|---|"]
    for job, path, name, many, median, least, most in rows:
        why = ""
        if not 0.8 <= median <= 1.25:
            why = next((reason for pattern, reason in REASONS if re.search(pattern, f"{job}: {path}")), "**not known**")
            outside += 1
        text.append(f"| {job} | `{path}` | {name} | {many} | {median:.2f} | {least:.2f} | {most:.2f} | {why} |")
    text.append(f"\n{len(rows)} rows, {outside} outside of 0.8 to 1.25; {seeds} seeds know a ratio to "
                f"{100 / math.sqrt(2 * (seeds - 1)):.0f} %.")
    with open(where, "w", encoding="utf-8") as file:
        file.write("\n".join(text) + "\n")


def main():
    with tempfile.TemporaryDirectory() as folder, multiprocessing.Pool(2) as pool:
        program = os.path.abspath(sys.argv[1])
        files = made(program, folder)
        if len(sys.argv) == 2:
            slice_of(program, pool, files)
        else:
            table(program, pool, files, int(sys.argv[2]), sys.argv[3])


if __name__ == "__main__":
    main()
