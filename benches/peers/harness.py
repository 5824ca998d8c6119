"""What the two peers share: reading a case, timing a step, writing the result.

A case is one JSON object: ``step`` (one of `STEPS`), ``activation`` (``elu`` or ``relu``),
``n_neurons``, ``width``, every parameter under ``params`` as ``{"shape": [...], "data": [...]}``
and the input ``x``, all arrays flat and row-major, weights ``[in, out]``. Besides that

    classify-*    n_frames T, n_classes K; x [T, n, 2]; labels [T], -1 = unknown, ignored
    trajectory-*  n_sequences B, n_steps S; x [B, n, 2], the first frame of each sequence;
                  targets [B, S, n, 2], the S frames after it
    tcn           n_crops C, n_frames T, n_classes K; x [C, T, n, 2]; targets [C, T, K], what the
                  log-probabilities are multiplied by: probabilities times the frame's share of the loss

The result is one JSON object on standard output: ``loss``, ``grads`` (the case's names and
layout), ``warm_up_losses`` (the first training steps', the first equal to ``loss``: they show that
Adam is the same), ``median_ms``, ``min_ms``, ``n_timed`` and where it ran. No tensor library is
imported here, so that a peer can set its threads before it loads one.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

STEPS = (
    "classify-gnn-text",
    "classify-mlp-text",
    "classify-mlp",
    "classify-gnn",
    "trajectory-gnn",
    "trajectory-mlp",
    "tcn",
)
BATCH_NORM_EPS = 1e-5
ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8}
# of `tcn` alone: AdamW, and the norm to which a larger gradient is scaled down
WEIGHT_DECAY = 1e-2
LARGEST_GRADIENT = 1.0
# frames from tap to tap, block by block
DISTANCES = (1, 2, 4, 8, 16)
WARM_UP_STEPS = 3
LEAST_TIMED_STEPS = 5


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("case", type=Path, help="case file, see harness.py")
    parser.add_argument("--seconds", type=float, default=5.0, help="time steps for this long")
    parser.add_argument(
        "--split-pairs",
        action="store_true",
        help="first edge layer once per neuron for senders and receivers, not once per pair",
    )
    parser.add_argument(
        "--float64", action="store_true", help="double precision, to compare numbers by"
    )
    return parser


class Case:
    """A case file with its arrays in shape."""

    def __init__(self, path, dtype=np.float32):
        spec = json.loads(path.read_text())
        self.step = spec["step"]
        if self.step not in STEPS:
            sys.exit(f"{path}: unknown step {self.step!r}; expected one of {', '.join(STEPS)}")
        self.activation = spec["activation"]
        self.n_neurons, self.width = spec["n_neurons"], spec["width"]
        self.params = {
            name: np.array(p["data"], dtype).reshape(p["shape"])
            for name, p in spec["params"].items()
        }
        x = np.array(spec["x"], dtype)
        if self.step.startswith("classify"):
            self.n_classes = spec["n_classes"]
            self.x = x.reshape(spec["n_frames"], self.n_neurons, 2)
            self.target = np.array(spec["labels"], np.int64)
        elif self.step == "tcn":
            self.n_classes = spec["n_classes"]
            crops = (spec["n_crops"], spec["n_frames"])
            self.x = x.reshape(*crops, self.n_neurons, 2)
            self.target = np.array(spec["targets"], dtype).reshape(*crops, self.n_classes)
        else:
            self.n_steps = spec["n_steps"]
            self.x = x.reshape(spec["n_sequences"], self.n_neurons, 2)
            self.target = np.array(spec["targets"], dtype).reshape(
                spec["n_sequences"], self.n_steps, self.n_neurons, 2
            )


def time_steps(step, seconds):
    """Losses of the warm-up steps, then milliseconds of each timed one.

    `step` takes one training step, returns its loss and does not return before its work is done.
    """
    losses = [float(step()) for _ in range(WARM_UP_STEPS)]
    times, begin = [], time.perf_counter()
    while len(times) < LEAST_TIMED_STEPS or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - start))
    return losses, times


def write_result(case, framework, threads, loss, grads, warm_up_losses, times):
    """`grads` maps the case's parameter names to arrays in the case's layout."""
    json.dump(
        {
            "framework": framework,
            "step": case.step,
            "threads": threads,
            "cores": len(os.sched_getaffinity(0)),
            "n_parameters": sum(p.size for p in case.params.values()),
            "median_ms": statistics.median(times),
            "min_ms": min(times),
            "n_timed": len(times),
            "loss": float(loss),
            "warm_up_losses": warm_up_losses,
            "grads": {name: np.asarray(g).ravel().tolist() for name, g in grads.items()},
        },
        sys.stdout,
    )
    print()
