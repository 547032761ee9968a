"""Posterior means of solvable models in vectorised NumPy: the recursions of denoiscope/denoiser, one array operation for
all points at a time.

Usage: model_peers.py X.npy MEAN.npy T RECURSION PARAMETER...    prints one JSON object

MEAN.npy holds denoiscope's means at X, (m, N) both; they are compared.
"""

import json
import sys
import time

import numpy as np

REPEATS = 3


def curie_weiss(b, beta):
    """Trapezoidal sum over the Hubbard-Stratonovich field; nodes 40 below the best of every point are left out."""
    n = b.shape[1]
    coupling = np.sqrt(float(beta) / n)
    reach = np.ceil((coupling * n + 9.5) / 0.7)
    u = 0.7 * np.arange(-reach, reach + 1)
    odds = np.exp(-2 * b)
    phi = np.stack([coupling * n * v - 0.5 * v * v + np.log1p(np.exp(-2 * coupling * v) * odds).sum(axis=1) for v in u])
    weight = np.exp(phi - phi.max(axis=0))
    weight /= weight.sum(axis=0)
    mean = np.zeros_like(b)
    for v, w in zip(u, weight):
        if w.max() > np.exp(-40):
            mean += w[:, None] * np.tanh(b + coupling * v)
    return mean


def ising_chain(b, coupling):
    """Messages from the left and from the right in terms of hyperbolic tangents."""
    tau = np.tanh(float(coupling))
    t = np.ascontiguousarray(np.tanh(b).T)
    left, mean = np.empty_like(t), np.empty_like(t)
    left[0] = t[0]
    for i in range(1, len(t)):
        message = tau * left[i - 1]
        left[i] = (message + t[i]) / (1 + message * t[i])
    right = np.zeros_like(t[0])
    for i in range(len(t) - 1, -1, -1):
        mean[i] = (left[i] + right) / (1 + left[i] * right)
        right = tau * (right + t[i]) / (1 + right * t[i])
    return mean.T


RECURSIONS = {"curie_weiss": curie_weiss, "ising_chain": ising_chain}


def main():
    x, expected, t = np.load(sys.argv[1]), np.load(sys.argv[2]), float(sys.argv[3])
    recursion, parameters = RECURSIONS[sys.argv[4]], sys.argv[5:]
    seconds, used = [], time.process_time()
    for _ in range(REPEATS):
        start = time.perf_counter()
        mean = recursion(x * (np.exp(-t) / -np.expm1(-2 * t)), *parameters)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": sorted(seconds)[REPEATS // 2], "processor_seconds": (time.process_time() - used) / REPEATS,
                      "largest_difference": float(np.abs(mean - expected).max()), "numpy": np.__version__}))


main()
