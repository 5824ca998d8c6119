"""Writes a random case for the peers: the sizes of a step as measured, or smaller ones.

    python case.py classify-gnn CASE.json
    python case.py trajectory-gnn CASE.json --rows 20 --width 8 --seed 3

Parameters are Xavier-normal weights, biases near 0.1, batch-norm scales near 1 and shifts near 0,
so that no gradient is zero; inputs are uniform in [0, 1]; about one label in fifty is unknown.
What a case holds is said in harness.py. The numbers mean nothing beyond being the same for all.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np

import harness

# of a step of `tcn`
CROPS = 4


def block(name, n_in, h, batch_norm=True):
    shapes = {f"{name}.w1": (n_in, h), f"{name}.b1": (h,), f"{name}.w2": (h, h), f"{name}.b2": (h,)}
    if batch_norm:
        shapes |= {f"{name}.gamma": (h,), f"{name}.beta": (h,)}
    return shapes


def linear(name, n_in, n_out):
    return {f"{name}.w": (n_in, n_out), f"{name}.b": (n_out,)}


def temporal_blocks(h):
    shapes = {}
    for place in range(len(harness.DISTANCES)):
        shapes |= block(f"blocks.{place}", 3 * h, h, batch_norm=False)
    return shapes


def parameter_shapes(step, n, h, k):
    """Every parameter of the step's model, for n neurons, width h and k classes."""
    return {
        "classify-mlp-text": lambda: block("readout", 2 * n, h) | linear("out", h, k),
        "classify-mlp": lambda: (
            block("node", 2, h) | block("readout", n * h, h, False) | linear("out", h, k)
        ),
        "classify-gnn": lambda: (
            block("node", 2, h)
            | block("embed", 2, h, False)
            | block("edge", 2 * h, h)
            | linear("edge_out", h, 2)
            | block("message", h, h)
            | linear("message_out", h, h)
            | block("readout", 2 * n * h, h)
            | linear("out", h, k)
        ),
        "classify-gnn-text": lambda: (
            block("node", 2, h)
            | block("edge", 2 * h, h)
            | linear("edge_out", h, 2)
            | block("readout", 2 * n, h)
            | linear("out", h, k)
        ),
        "trajectory-mlp": lambda: block("message", 2 * n, h) | linear("out", h, 2 * n),
        "trajectory-gnn": lambda: (
            block("node", 2, h)
            | block("edge", 2 * h, h)
            | linear("edge_out", h, 2)
            | block("message", 2, h)
            | linear("out", h, 2)
        ),
        "tcn": lambda: linear("input", 2 * n, h) | temporal_blocks(h) | linear("out", h, k),
    }[step]()


def draw(name, shape, rng):
    noise = rng.standard_normal(shape)
    kind = name.rsplit(".", 1)[1]
    if kind == "gamma":
        return 1.0 + 0.2 * noise
    if kind == "beta":
        return 0.2 * noise
    if kind.startswith("b"):
        return 0.1 + 0.05 * noise
    return noise * math.sqrt(2.0 / sum(shape))


def flat(array):
    """As plain numbers that float32 holds exactly."""
    return np.asarray(array, np.float32).ravel().tolist()


def soft_targets(labels, classes, rng):
    """[..., K], in all 1: smoothed labels, each times the weight of its class; 0 where unknown."""
    weights, smoothing = rng.uniform(0.5, 1.5, classes), 0.05
    known = labels[..., None] >= 0
    smoothed = (1 - smoothing) * np.eye(classes)[labels] + smoothing / classes
    targets = np.where(known, weights[labels][..., None] * smoothed, 0.0)
    return targets / targets.sum()


def make_case(step, rows=None, neurons=None, width=None, classes=7, activation="elu", seed=0):
    """The case as a dictionary; a size not given is the one that is measured."""
    classify = step.startswith("classify")
    sizes = (384, 15, 32) if step == "tcn" else (2640, 15, 16) if classify else (330, 3, 256)
    rows, neurons, width = (a or b for a, b in zip((rows, neurons, width), sizes))
    rng = np.random.default_rng(seed)
    params = {
        name: {"shape": list(shape), "data": flat(draw(name, shape, rng))}
        for name, shape in parameter_shapes(step, neurons, width, classes).items()
    }
    if step.startswith("trajectory"):
        # Small increments, as where training begins well: eight large ones amplify the last bits of float32
        # until no two programs agree on the gradients.
        for name in ("out.w", "out.b"):
            params[name]["data"] = flat(0.1 * np.asarray(params[name]["data"]))
    case = {
        "step": step,
        "activation": activation,
        "n_neurons": neurons,
        "width": width,
        "x": flat(rng.uniform(0.0, 1.0, (rows, neurons, 2))),
        "params": params,
    }
    if step == "tcn":
        case["x"] = flat(rng.uniform(0.0, 1.0, (CROPS, rows, neurons, 2)))
        labels = rng.integers(0, classes, (CROPS, rows))
        labels[rng.uniform(size=labels.shape) < 0.02] = -1
        targets = flat(soft_targets(labels, classes, rng))
        return case | {"n_crops": CROPS, "n_frames": rows, "n_classes": classes, "targets": targets}
    if classify:
        labels = rng.integers(0, classes, rows)
        labels[rng.uniform(size=rows) < 0.02] = -1
        return case | {"n_frames": rows, "n_classes": classes, "labels": labels.tolist()}
    targets = rng.uniform(0.0, 1.0, (rows, 8, neurons, 2))
    return case | {"n_sequences": rows, "n_steps": 8, "targets": flat(targets)}


def main():
    parser = argparse.ArgumentParser(description="a random case for the peers")
    parser.add_argument("step", choices=harness.STEPS)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, help="frames, of a crop too, or sequences of a trajectory")
    parser.add_argument("--neurons", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument("--classes", type=int, default=7)
    parser.add_argument("--activation", choices=("elu", "relu"), default="elu")
    parser.add_argument("--seed", type=int, default=0)
    args = vars(parser.parse_args())
    out = args.pop("out")
    out.write_text(json.dumps(make_case(**args)) + "\n")


if __name__ == "__main__":
    main()
