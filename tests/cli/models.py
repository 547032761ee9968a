"""`denoiscope synth` and `denoiscope denoise --model` held to the definition of each law in numpy: sums over all its
configurations, or Bayes' rule for Gaussians.

Usage: models.py PROGRAM
"""

import json
import os
import subprocess
import sys
import tempfile
from itertools import product

import numpy as np

PROGRAM = os.path.abspath(sys.argv[1])
RNG = np.random.default_rng(20261122)


def run(*words, code=0):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == code, f"{' '.join(map(str, words))}: exit {done.returncode}, {done.stderr}"
    return done


def posterior(points, log_prior, t, x):
    """Mean, score, log density and entropy of a law on `points`, (k, d), at the rows of x."""
    shrink, delta = np.exp(-t), -np.expm1(-2 * t)
    square = ((x[:, None, :] - shrink * points) ** 2).sum(-1)
    joint = log_prior - np.logaddexp.reduce(log_prior) - square / (2 * delta) - x.shape[1] / 2 * np.log(2 * np.pi * delta)
    density = np.logaddexp.reduce(joint, axis=1)
    log_w = joint - density[:, None]
    w = np.exp(log_w)
    mean = w @ points
    return mean, (shrink * mean - x) / delta, density, -(w * np.where(w > 0, log_w, 0)).sum(1)


def same(name, found, expected, tolerance=1e-9):
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    error = np.abs(found - expected) / np.maximum(1, np.abs(expected))
    assert error.max() <= tolerance, f"{name}: {error.max():.2e}"


def spins(n):
    return np.array(list(product([-1.0, 1.0], repeat=n)))


def ising_energy(a, k, h, periodic):
    bonds = a * np.roll(a, -1, axis=1)
    return k * (bonds if periodic else bonds[:, :-1]).sum(1) + h * a.sum(1)


DISCRETE = [
    ("curie-weiss N=8 beta=1.2", 8, lambda a: 1.2 / 16 * a.sum(1) ** 2),
    ("curie-weiss N=5 beta=1.5 h=0.1", 5, lambda a: 1.5 / 10 * a.sum(1) ** 2 + 0.1 * a.sum(1)),
    ("ising-chain N=8 K=0.7", 8, lambda a: ising_energy(a, 0.7, 0, False)),
    ("ising-chain N=7 K=-1.1 h=0.3 boundary=periodic", 7, lambda a: ising_energy(a, -1.1, 0.3, True)),
    ("product-spins N=6 mean=0.4", 6, lambda a: np.log((1 + 0.4 * a) / 2).sum(1)),
]


def check_discrete():
    for text, n, energy in DISCRETE:
        name, *settings = text.split()
        points = spins(n)
        for t in (1e-3, 0.05, 0.5, 1.7, 8):
            x = np.exp(-t) * points[RNG.integers(len(points), size=6)] + np.sqrt(-np.expm1(-2 * t)) * RNG.normal(size=(6, n))
            np.save("x.npy", x)
            record = json.loads(run("denoise", "--model", name, *settings, "--t", t, "--x", "x.npy", "--json").stdout)
            mean, score, density, entropy = posterior(points, energy(points), t, x)
            for key, expected in (("mean", mean), ("score", score), ("log_density", density), ("entropy", entropy)):
                same(f"{text}, t = {t}: {key}", record[key], expected)


def check_mixture():
    d, mu2, variance, weight, t = 16, 1.3, 0.7, 0.3, 0.9
    x = RNG.normal(size=(5, d))
    np.save("x.npy", x)
    words = ["gaussian-mixture", f"d={d}", f"mu2={mu2}", f"variance={variance}", f"weight={weight}"]
    record = json.loads(run("denoise", "--model", *words, "--t", t, "--x", "x.npy", "--json").stdout)
    shrink, gamma = np.exp(-t), -np.expm1(-2 * t) + np.exp(-2 * t) * variance
    centres = np.sqrt(mu2) * np.array([np.ones(d), -np.ones(d)])
    joint = np.log([weight, 1 - weight]) - ((x[:, None] - shrink * centres) ** 2).sum(-1) / (2 * gamma)
    joint -= d / 2 * np.log(2 * np.pi * gamma)
    density = np.logaddexp.reduce(joint, axis=1)
    w = np.exp(joint - density[:, None])
    parts = centres + shrink * variance / gamma * (x[:, None] - shrink * centres)
    same("mixture: mean", record["mean"], (w[..., None] * parts).sum(1))
    same("mixture: log_density", record["log_density"], density)
    same("mixture: class_log_weight", record["class_log_weight"], joint - density[:, None])
    assert record["entropy"] is None and record["reason"], record["reason"]


def drawn(rows, *words):
    run("synth", *words, "--rows", rows, "--seed", 7, "--out", "s.npy", "--labels-out", "y.npy", "--force")
    return np.load("s.npy"), np.load("y.npy")


def chi_square(name, counts, probability):
    """Null: counts are multinomial with these probabilities. A false alarm once in about 10^6 seeds: 5 deviations."""
    expected = counts.sum() * probability
    statistic = ((counts - expected) ** 2 / expected).sum()
    freedom = len(counts) - 1
    return (statistic - freedom) / np.sqrt(2 * freedom)


def check_synth():
    rows = 40_000
    for text, n, energy in DISCRETE:
        points, (a, y) = spins(n), drawn(rows, *text.split())
        assert set(np.unique(a)) <= {-1.0, 1.0} and y.shape == (rows,)
        log_prior = energy(points)
        probability = np.exp(log_prior - np.logaddexp.reduce(log_prior))
        counts = np.bincount(((a + 1) / 2 @ 2 ** np.arange(n)[::-1]).astype(int), minlength=2**n)
        assert abs(chi_square(text, counts, probability)) < 5, text
        flat = np.full(2**n, 2.0**-n)
        assert chi_square(text, counts, flat) > 5, f"{text}: the test would not see independent spins"
    x, y = drawn(rows, "gaussian-mixture", "d=4", "mu2=4", "weight=0.3")
    assert abs((y == 0).mean() - 0.3) < 5 * np.sqrt(0.21 / rows)
    assert abs(x[y == 0].mean() - 2) < 5 / np.sqrt(4 * (y == 0).sum()) and abs(x[y == 1].mean() + 2) < 5 / np.sqrt(4 * (y == 1).sum())
    h, y = drawn(500, "random-hierarchy", "v=4", "m=2", "s=2", "L=3")
    assert h.shape == (500, 32) and (h.reshape(500, 8, 4).sum(2) == 1).all() and set(y) <= set(range(4))
    first, _ = drawn(10, "random-hierarchy", "v=4", "m=2", "s=2", "L=3")
    assert (first == h[:10]).all(), "a row depends on how many are drawn"


def check_refusals():
    np.save("x.npy", np.zeros((2, 3)))
    for words, said in (
        (["synth", "random-hierarchy", "v=4", "m=9", "s=2", "L=2", "--out", "n.npy"], "m"),
        (["synth", "curie-weiss", "N=-3", "beta=1", "--out", "n.npy"], "N = -3"),
        (["synth", "curie-weis", "N=3", "beta=1", "--out", "n.npy"], "curie-weiss"),
        (["synth", "ising-chain", "N=3", "J=1", "--out", "n.npy"], "unknown parameter 'J'"),
        (["synth", "ising-chain", "N=3", "K=1", "boundary=ring", "--out", "n.npy"], "open or periodic"),
        (["synth", "ising-chain", "N=3", "--out", "n.npy"], "K"),
        (["synth", "linear-manifold", "d=3", "--out", "n.npy"], "variances"),
        (["synth", "gaussian", "spectrum=1,-2", "--out", "n.npy"], "-2"),
        (["synth", "gaussian", "d=3", "--rows", "0", "--out", "n.npy"], "rows"),
        (["denoise", "--model", "hidden-manifold", "d=3", "D=2", "--t", "1", "--x", "x.npy"], "no posterior"),
        (["denoise", "--model", "gaussian", "d=3", "--t", "1", "--x", "x.npy", "--labels", "y.npy"], "labels"),
        (["denoise", "--model", "gaussian", "d=3", "--t", "1", "--x", "x.npy", "--tolerance", "0.1"], "--tolerance"),
    ):
        done = run(*words, code=2)
        assert said in done.stderr and done.stderr.count("\n") == 1, f"{words}: {done.stderr}"
        assert not os.path.exists("n.npy"), f"{words}: wrote a file"
    assert "(3)" in run("denoise", "--model", "gaussian", "d=4", "--t", "1", "--x", "x.npy", code=3).stderr


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    check_discrete()
    check_mixture()
    check_synth()
    check_refusals()
print("models: all well")
