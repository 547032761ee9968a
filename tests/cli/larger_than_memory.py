"""A data file larger than the memory that the program may have: it is mapped, read in blocks, and the answers are right.

Usage: larger_than_memory.py PROGRAM [GIB [LIMIT_MIB]]   (1 GiB under 64 MiB; at night 40 GiB under 1024 MiB)

The file is sparse: zeros but for three rows, so that the posterior is known in closed form. The limit is RLIMIT_DATA, which
counts what a process allocates; pages of the mapped file are not counted, for the system takes them back when it likes.
"""

import os
import resource
import subprocess
import sys
import tempfile

import numpy as np

PROGRAM = os.path.realpath(sys.argv[1])
GIB, LIMIT_MIB = (float(text) for text in (sys.argv[2:] + ["1", "64"][len(sys.argv) - 2:])[:2])
D, T = 64, 0.1  # so few dimensions that eight bytes a row would be seen in the limit at night
N = int(GIB * 2**30) // (4 * D)
PLACES = [0, N // 2, N - 1]
rng = np.random.default_rng(0)
points = rng.normal(size=(3, D)).astype("<f4")


def write_sparse(path):
    with open(path, "wb") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (N, D)})
        begin = stream.tell()
        stream.truncate(begin + 4 * N * D)
        for place, row in zip(PLACES, points):
            stream.seek(begin + 4 * D * place)
            stream.write(row.tobytes())


def limited(mib):
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, (int(mib * 2**20),) * 2)


def denoise(mib):
    words = [PROGRAM, "denoise", "data.npy", "--t", str(T), "--x", "x.npy", "--out", "y.npz", "--force"]
    return subprocess.run(words, capture_output=True, text=True, preexec_fn=limited(mib))


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    write_sparse("data.npy")
    delta = -np.expm1(-2 * T)
    noise = np.sqrt(delta) * rng.normal(size=(4, D))
    x = noise + np.exp(-T) * np.concatenate([points, np.zeros((1, D))])  # from each row that is not zero, and from zero
    np.save("x.npy", x)
    assert denoise(4).returncode == 5, "no limit is enforced here"
    done = denoise(LIMIT_MIB)
    assert done.returncode == 0, done.stderr
    with np.load("y.npz") as found:
        y = dict(found)

clean = np.concatenate([points.astype(float), np.zeros((1, D))])
square = ((x[:, None, :] - np.exp(-T) * clean) ** 2).sum(axis=2)
logit = -square / (2 * delta) + np.log([1, 1, 1, N - 3])
top = logit.max(axis=1, keepdims=True)
total = np.exp(logit - top).sum(axis=1, keepdims=True)
weight = np.exp(logit - top) / total
log_density = (top + np.log(total))[:, 0] - np.log(N) - D / 2 * np.log(2 * np.pi * delta)
first_zeros = [i for i in range(N) if i < 5 and i not in PLACES][:2]
# The sum of N weights and the bound of the program; the rest is the rounding of the terms.
assert (np.abs(y["log_density"] - log_density) <= y["bound"] + 1e-9).all(), (y["log_density"], log_density, y["bound"])
assert np.abs(y["mean"] - weight @ clean).max() <= 1e-7, np.abs(y["mean"] - weight @ clean).max()
assert y["nearest"][:, 0].tolist() == PLACES + first_zeros[:1], y["nearest"]
assert y["nearest"][3].tolist() == first_zeros, y["nearest"]
assert np.allclose(y["d1"], np.sqrt(square.diagonal()), rtol=1e-12), (y["d1"], np.sqrt(square.diagonal()))
assert np.isclose(y["entropy"][3], np.log(N - 3), rtol=1e-9), y["entropy"]
print(f"all well: {N} rows of {D} numbers, {GIB:g} GiB, with at most {LIMIT_MIB:g} MiB of memory")
