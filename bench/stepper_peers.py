"""Steps of backward dynamics in NumPy, as one writes them: the denoiser of N(0, I), E[x_0|x] = e^{-t} x.

Usage: stepper_peers.py M D    prints one JSON object: ns a number of the batch (M, D), by stepper
"""

import json
import sys
import time

import numpy as np

REPEATS, STEPS, START, END = 3, 4, 1.0, 0.99
random = np.random.default_rng(1)


def denoise(t, x):
    return np.exp(-t) * x


def score(t, x):
    return (np.exp(-t) * denoise(t, x) - x) / -np.expm1(-2 * t)


def euler_maruyama(x):
    h = START - END
    return x + h * (x + 2 * score(START, x)) + np.sqrt(2 * h) * random.standard_normal(x.shape)


def ddim(x):
    ratio = np.sqrt(np.expm1(-2 * END) / np.expm1(-2 * START))
    return ratio * x + (np.exp(-END) - ratio * np.exp(-START)) * denoise(START, x)


def heun(x):
    h = START - END
    first = x + score(START, x)
    predicted = x + h * first
    return x + 0.5 * h * (first + predicted + score(END, predicted))


def main():
    x = random.standard_normal((int(sys.argv[1]), int(sys.argv[2])))
    out = {}
    for name, step in {"euler-maruyama": euler_maruyama, "ddim": ddim, "heun": heun}.items():
        seconds, used = [], time.process_time()
        for _ in range(REPEATS):
            y, start = x, time.perf_counter()
            for _ in range(STEPS):
                y = step(y)
            seconds.append(time.perf_counter() - start)
        unit = 1e9 / STEPS / x.size
        out[name] = {"ns": sorted(seconds)[REPEATS // 2] * unit,
                     "processor_ns": (time.process_time() - used) / REPEATS * unit}
    print(json.dumps(out))


main()
