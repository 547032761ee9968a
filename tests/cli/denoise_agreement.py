"""What `denoiscope denoise` says, held to the definition in numpy's doubles: differences, squares, a sum of exponentials.

Usage: denoise_agreement.py PROGRAM
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np

PROGRAM = os.path.realpath(sys.argv[1])
# Sums of n d <= 1e6 terms of double precision, differences divided by Delta_t; the definition itself errs by as much.
TOLERANCE = 1e-9
failures = []


def check(ok, text):
    if not ok:
        failures.append(text)


def run(*words, code=0):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    check(done.returncode == code, f"{' '.join(map(str, words))}: exit code {done.returncode}, {done.stderr.strip()}")
    return done


def definition(a, x, t):
    """The posterior of the data a (n, d) at x (m, d)."""
    delta = -np.expm1(-2 * t)
    square = np.array([((row - np.exp(-t) * a) ** 2).sum(axis=1) for row in x])
    logit = -square / (2 * delta)
    top = logit.max(axis=1, keepdims=True)
    weight = np.exp(logit - top)
    total = weight.sum(axis=1, keepdims=True)
    log_weight = logit - top - np.log(total)
    weight /= total
    order = np.argsort(square, axis=1, kind="stable")[:, :2]
    distance = np.sqrt(np.take_along_axis(square, order, axis=1))
    mean = weight @ a
    n, d = a.shape
    return {"mean": mean, "score": (np.exp(-t) * mean - x) / delta,
            "log_density": (top + np.log(total))[:, 0] - np.log(n) - d / 2 * np.log(2 * np.pi * delta),
            "entropy": -(weight * np.where(weight > 0, log_weight, 0)).sum(axis=1),
            "nearest": order, "d1": distance[:, 0], "d2": distance[:, 1]}


def compare(found, a, x, t, name, tolerance=1e-6):
    expected = definition(a, x.reshape(len(x), -1), t)
    check(set(found) == set(expected) | {"bound", "total_variation"}, f"{name}: arrays {sorted(found)}")
    variation = np.asarray(found["total_variation"])
    check((variation <= tolerance + 3 * np.asarray(found["bound"])).all(), f"{name}: total variation {variation.max():.1e}")
    for key, value in expected.items():
        array = np.asarray(found[key])
        if key in ("mean", "score"):
            check(array.shape == x.shape, f"{name}: {key} has shape {array.shape}, x {x.shape}")
        array = array.reshape(value.shape)
        if key == "nearest":
            check(np.array_equal(array, value), f"{name}: nearest {array.tolist()} instead of {value.tolist()}")
            continue
        scale = np.maximum(1, np.abs(value).max(axis=-1, keepdims=value.ndim == 2))
        worst = (np.abs(array - value) / scale).max()
        allowed = TOLERANCE
        if key in ("mean", "score"):  # weights that differ by v in total variation move a mean by at most v diameters
            allowed += variation.max() * 2 * np.abs(a - a.mean(axis=0)).max() * (1 if key == "mean" else np.exp(-t) / -np.expm1(-2 * t))
        check(worst <= allowed, f"{name}: {key} is off by {worst:.1e}")
    error = np.abs(np.asarray(found["log_density"]) - expected["log_density"])
    bound = np.asarray(found["bound"])
    own = 1e-12 * np.maximum(1, np.abs(expected["log_density"]))  # of the definition in doubles
    check((error <= bound + own).all(), f"{name}: log density off by {error.max():.1e}, bound {bound.max():.1e}")


def of_safetensors(file):
    with open(file, "rb") as stream:
        content = stream.read()
    begin = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for key, entry in json.loads(content[8:begin]).items():
        if key == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        kind = {"F64": "<f8", "I64": "<i8"}[entry["dtype"]]
        tensors[key] = np.frombuffer(content[begin + first:begin + last], dtype=kind).reshape(entry["shape"])
    return tensors


def noisy(rng, rows, t):
    return np.exp(-t) * rows + np.sqrt(-np.expm1(-2 * t)) * rng.normal(size=rows.shape)


def of_arrays(rng):
    a = rng.normal(size=(301, 17)).astype("<f4")
    a[7] = a[3] + np.float32(1e-3)  # near-duplicates part only at small t
    np.save("a.npy", a)
    np.savez("labelled.npz", x=a, y=rng.integers(0, 5, size=301))
    exact = a.astype(float)
    for t in (1e-4, 1e-2, 0.1, 1, 4):
        x = noisy(rng, exact[:30], t)
        np.save("x.npy", x)
        record = json.loads(run("denoise", "a.npy", "--t", t, "--x", "x.npy", "--out", "y.npz", "--force", "--json").stdout)
        with np.load("y.npz") as found:
            written = dict(found)
        compare(written, exact, x, t, f"t = {t}")
        run("denoise", "a.npy", "--t", t, "--x", "x.npy", "--out", "dense.npz", "--force", "--tolerance", 0)
        with np.load("dense.npz") as dense:
            compare(dict(dense), exact, x, t, f"t = {t}, dense", tolerance=0)
        check(record["largest_bound"] == written["bound"].max(), f"t = {t}: largest_bound {record['largest_bound']}")
        check(written["nearest"].dtype == np.dtype("<i8"), "nearest are no 64-bit integers")
        printed = json.loads(run("denoise", "a.npy", "--t", t, "--x", "x.npy", "--json").stdout)
        check(record["out"] == "y.npz" and printed["out"] is None, f"out: {record['out']}, {printed['out']}")
        for key, value in written.items():
            check(np.array_equal(np.array(printed[key], dtype=value.dtype), value), f"t = {t}: {key} printed and written differ")
        run("denoise", "labelled.npz", "--t", t, "--x", "x.npy", "--out", "labelled-y.npz", "--force")
        with np.load("labelled-y.npz") as found:  # classes change nothing
            check(all(np.array_equal(found[key], written[key]) for key in written), f"t = {t}: labels change the posterior")
    # Rows that were chosen keep the number they have in the file; the scale is that of the data, and x is in it.
    labels = np.load("labelled.npz")["y"]
    chosen = np.flatnonzero(np.isin(labels, (1, 3)))
    low, high = exact[chosen].min(), exact[chosen].max()
    scaled = (exact - (low + high) / 2) / ((high - low) / 2)
    x = noisy(rng, scaled[:4], 0.2)
    np.save("x.npy", x)
    run("denoise", "labelled.npz", "--classes", "1,3", "--scale", "pm1", "--t", "0.2", "--x", "x.npy", "--out", "y.safetensors")
    run("denoise", "labelled.npz", "--classes", "1,3", "--scale", "pm1", "--t", "0.2", "--x", "x.npy", "--out", "y.npz", "--force")
    with np.load("y.npz") as found:
        written = dict(found)
    check(np.isin(written["nearest"], chosen).all(), "nearest rows are not among those chosen")
    kept = dict(written)
    written["nearest"] = np.searchsorted(chosen, written["nearest"])
    compare(written, scaled[chosen], x, 0.2, "chosen and scaled")
    tensors = of_safetensors("y.safetensors")
    check(set(tensors) == set(kept) and all(np.array_equal(tensors[key], kept[key]) for key in kept), ".safetensors and .npz differ")


def of_pictures(rng):
    source = "fashion-mnist" if subprocess.run([PROGRAM, "info", "fashion-mnist"], capture_output=True).returncode == 0 else "three-level-mixture"
    run("convert", source, "images.npz", "--rows", 500)
    with np.load("images.npz") as found:
        images = found["images"]
    a = (images.reshape(len(images), -1).astype(float) - 127.5) / 127.5 if images.dtype == np.uint8 else images.reshape(len(images), -1).astype(float)
    for t in (0.02, 0.5, 2):
        x = noisy(rng, a[:10], t).reshape(10, *images.shape[1:])
        np.savez("x.npz", x=x)
        run("denoise", "images.npz", "--t", t, "--x", "x.npz", "--out", "y.npz", "--force")
        with np.load("y.npz") as found:
            compare(dict(found), a, x, t, f"{source}, t = {t}")


def refusals(rng):
    np.save("a.npy", rng.normal(size=(20, 6)))
    np.save("x.npy", rng.normal(size=(3, 6)))
    np.save("wide.npy", rng.normal(size=(3, 7)))
    np.save("folded.npy", rng.normal(size=(3, 2, 3)))
    np.save("nan.npy", np.where(np.arange(18).reshape(3, 6) == 8, np.nan, 1.0))
    np.save("huge.npy", np.full((3, 6), 1e150))
    np.save("many.npy", rng.normal(size=(260_000, 6)))
    cases = [(2, "--t = 0 ", "--t", 0, "--x", "x.npy"), (2, "--t = -1 ", "--t", -1, "--x", "x.npy"), (2, "--t = inf ", "--t", "inf", "--x", "x.npy"),
             (2, "'1s'", "--t", "1s", "--x", "x.npy"), (2, "--t", "--x", "x.npy"), (2, "--x", "--t", 1),
             (3, "wide.npy: rows of shape (7), expected those of a.npy: (6)", "--t", 1, "--x", "wide.npy"),
             (3, "folded.npy: rows of shape (2, 3)", "--t", 1, "--x", "folded.npy"),
             (3, "nan.npy: nan in row 1, column 2", "--t", 1, "--x", "nan.npy"), (3, "huge.npy: 1e+150 in row 0", "--t", 1, "--x", "huge.npy"),
             (3, "absent.npy: no such file", "--t", 1, "--x", "absent.npy"), (2, "--out", "--t", 1, "--x", "x.npy", "--out", "y.csv"),
             (2, "a.npz: exists", "--t", 1, "--x", "x.npy", "--out", "a.npz"), (2, "5200000 numbers", "--t", 1, "--x", "many.npy", "--json"),
             (2, "--tolerance = -1 ", "--t", 1, "--x", "x.npy", "--tolerance", -1), (2, "--tolerance = 1 ", "--t", 1, "--x", "x.npy", "--tolerance", 1),
             (2, "--tolerance = nan ", "--t", 1, "--x", "x.npy", "--tolerance", "nan"), (2, "--tolerance", "--t", 1, "--x", "x.npy", "--tolerance", "much"),
             (2, "--tolerance: 1e-6 with", "--t", 1, "--x", "x.npy", "--tolerance", "1e-6", "--precision", "f32"),
             (2, "--precision = f16 ", "--t", 1, "--x", "x.npy", "--precision", "f16"),
             (4, "x.npy: row 0", "--t", "1e-307", "--x", "x.npy"), (5, "y.npz", "--t", 1, "--x", "x.npy", "--out", "absent/y.npz")]
    open("a.npz", "w").close()
    for code, part, *words in cases:
        done = run("denoise", "a.npy", *words, code=code)
        check(part in done.stderr and done.stdout == "" and done.stderr.count("\n") == 1, f"{words}: no '{part}' in {done.stderr!r}")
    run("info", "--machine", "a.npy", code=2)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    of_arrays(np.random.default_rng(1))
    of_pictures(np.random.default_rng(2))
    refusals(np.random.default_rng(3))
print("all well" if not failures else "\n".join("FAILED: " + text for text in failures))
sys.exit(bool(failures))
