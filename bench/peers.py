"""The work of the exact posterior by the libraries people use for it: NumPy, PyTorch, faiss, and the BLAS below them.

Usage: peers.py DATA.npy X.npy T THREADS    prints one JSON object

Mean and log Z of the posterior of DATA (n, d) at X (m, d), both float32, at OU time T: matrix product, exponentials,
matrix product. Every library runs in a process of its own, once as the system ships it and once with OPENBLAS_CORETYPE
set to what this CPU has: OpenBLAS knows CPUs by name, and takes one that it does not know for a slower one. The faster of
all queries at once and 256 at a time counts. What is not installed is null.
"""

import ctypes
import json
import os
import subprocess
import sys
import time

REPEATS, TILE, CHECKED = 3, 256, 4
TOOLS = ["numpy", "torch", "faiss"]


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_seconds(work):
    return sorted(seconds_of(work) for _ in range(REPEATS))[REPEATS // 2]


def fastest(work, m):
    """Median of the faster tile; the first call of each chooses."""
    tiles = [m] if m <= TILE else [m, TILE]
    tile = min(tiles, key=lambda size: seconds_of(lambda: work(size)))
    return median_seconds(lambda: work(tile)), tile


def reference(a, x, t):
    """Score at x in float64, from differences."""
    import numpy as np
    shrink, delta = np.exp(-t), -np.expm1(-2 * t)
    scores = []
    for row in x.astype(float):
        logit = np.concatenate([-((row - shrink * a[i:i + 4096].astype(float)) ** 2).sum(axis=1) for i in range(0, len(a), 4096)]) / (2 * delta)
        weight = np.exp(logit - logit.max())
        mean = sum(weight[i:i + 4096] @ a[i:i + 4096].astype(float) for i in range(0, len(a), 4096)) / weight.sum()
        scores.append((shrink * mean - row) / delta)
    return np.array(scores)


def score_error(mean, a, x, t):
    """Largest relative error of the score of the first queries, from means in float32."""
    import numpy as np
    x = x[:CHECKED]
    exact = reference(a, x, t)
    found = (np.exp(-t) * np.asarray(mean[:CHECKED], dtype=float) - x) / -np.expm1(-2 * t)
    return float((np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)).max())


def constants(a, t):
    """S = factor x.a - norm: the logits but for what does not depend on the datum."""
    import numpy as np
    shrink, delta = np.exp(-t), -np.expm1(-2 * t)
    norm = np.einsum("ij,ij->i", a, a, dtype=np.float64) * shrink**2 / (2 * delta)
    return np.float32(shrink / delta), norm.astype(np.float32)


def run_numpy(a, x, t, threads):
    import numpy as np
    factor, norm = constants(a, t)
    mean, log_z = np.empty_like(x), np.empty(len(x), np.float32)

    def work(tile):
        for begin in range(0, len(x), tile):
            part = slice(begin, begin + tile)
            s = x[part] @ a.T
            s *= factor
            s -= norm
            top = s.max(axis=1, keepdims=True)
            s -= top
            np.exp(s, out=s)
            total = s.sum(axis=1, keepdims=True)
            mean[part] = (s @ a) / total
            log_z[part] = (top + np.log(total))[:, 0]

    product = np.empty((len(x), len(a)), np.float32)
    np.matmul(x, a.T, out=product)
    sgemm = median_seconds(lambda: np.matmul(x, a.T, out=product))
    seconds, tile = fastest(work, len(x))
    return {"seconds": seconds, "tile": tile, "max_relative_score_error": score_error(mean, a, x, t), "version": np.__version__,
            "sgemm_gflops": 2 * a.size * len(x) / sgemm * 1e-9, "core": core_name()}


def run_torch(a, x, t, threads):
    import torch
    torch.set_num_threads(threads)
    factor, norm = constants(a, t)
    bias = torch.from_numpy(-norm)
    data, queries = torch.from_numpy(a), torch.from_numpy(x)
    out = {}

    def work(tile):
        means, log_z = [], []
        for part in torch.split(queries, tile):
            s = torch.addmm(bias, part, data.T, alpha=float(factor))
            top, place = s.max(dim=1)
            weight = torch.softmax(s, dim=1)
            log_z.append(top - torch.log(weight.gather(1, place[:, None])[:, 0]))
            means.append(weight @ data)
        out["mean"], out["log_z"] = torch.cat(means), torch.cat(log_z)

    with torch.no_grad():
        seconds, tile = fastest(work, len(x))
    return {"seconds": seconds, "tile": tile, "max_relative_score_error": score_error(out["mean"].numpy(), a, x, t),
            "version": torch.__version__}


def run_faiss(a, x, t, threads):
    import faiss
    import numpy as np
    faiss.omp_set_num_threads(threads)
    shrunk = np.exp(-t).astype(np.float32) * a
    index = faiss.IndexFlatL2(a.shape[1])
    index.add(shrunk)
    found = index.search(x, 2)
    seconds = median_seconds(lambda: index.search(x, 2))
    squares = [((x[q].astype(float) - shrunk[found[1][q, 0]].astype(float)) ** 2).sum() for q in range(len(x))]
    error = max(abs(found[0][q, 0] - squares[q]) / squares[q] for q in range(len(x)))
    return {"seconds": seconds, "max_relative_square_error": float(error), "version": faiss.__version__}


def core_name():
    """What the loaded OpenBLAS takes this CPU for; None where another BLAS is loaded."""
    with open("/proc/self/maps") as maps:
        libraries = sorted({line.split()[-1] for line in maps if "blas" in line and line.split()[-1].startswith("/")})
    for library in libraries:
        try:
            name = ctypes.CDLL(library).openblas_get_corename
        except (OSError, AttributeError):
            continue
        name.restype = ctypes.c_char_p
        return name().decode()
    return None


def cpu_flags():
    with open("/proc/cpuinfo") as info:
        return next((line.split(":")[1].split() for line in info if line.startswith("flags")), [])


def measure(tool, data, points, t, threads, core):
    """One library in a process of its own; None where it is not installed or fails."""
    count = str(threads)
    environment = dict(os.environ, OPENBLAS_NUM_THREADS=count, OMP_NUM_THREADS=count)
    environment.pop("OPENBLAS_CORETYPE", None)
    if core:
        environment["OPENBLAS_CORETYPE"] = core
    done = subprocess.run([sys.executable, __file__, data, points, str(t), count, tool], env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    print(f"peers: {tool}: {(done.stderr.strip() or 'failed').splitlines()[-1]}", file=sys.stderr)
    return None


def main():
    data, points, t, threads = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    if len(sys.argv) > 5:
        import numpy as np
        work = {"numpy": run_numpy, "torch": run_torch, "faiss": run_faiss}[sys.argv[5]]
        print(json.dumps(work(np.load(data), np.load(points), t, threads)))
        return
    flags = cpu_flags()
    tuned = "SkylakeX" if {"avx512f", "avx512dq", "avx512bw", "avx512vl"} <= set(flags) else "Haswell" if {"avx2", "fma"} <= set(flags) else None
    result = {"shipped": {}, "tuned": {}, "tuned_core": tuned}
    for tool in TOOLS:  # one beside the other, so that both meet the same machine
        result["shipped"][tool] = measure(tool, data, points, t, threads, None)
        result["tuned"][tool] = measure(tool, data, points, t, threads, tuned)
    core = (result["shipped"]["numpy"] or {}).get("core")
    result["core"] = core
    slower = ["prescott", "core2", "nehalem", "sandybridge", "barcelona", "bulldozer", "piledriver", "steamroller", "excavator"]
    mistaken = core is not None and (
        (tuned == "SkylakeX" and core.lower() in slower + ["haswell", "zen"]) or (tuned == "Haswell" and core.lower() in slower))
    result["warning"] = f"OpenBLAS takes this CPU for {core}; OPENBLAS_CORETYPE={tuned} uses what it has" if mistaken else None
    print(json.dumps(result))


main()
