"""Reference numbers for the models' forward pass and gradients, from PyTorch in float64.

Each network is written out by hand from tensors, a few lines per model, and autograd supplies the
gradients; nothing here shares code with the Rust side. One JSON file per case is written beside
this program. Weights are ``[in, out]`` (``y = x @ W + b``), every array is flat and row-major:

    x       [n_frames, n_neurons, 2]            labels  [n_frames], -1 = unknown, ignored
    logits  [n_frames, n_classes]               loss    mean negative log-likelihood, labelled frames
    edges   [n_neurons, n_neurons] as w[i, j] (receiver i, sender j), or [n_frames, n, n] when
            per frame (``gnn-dynamic``); absent where a model has no edges
    grads   d loss / d parameter, one entry per parameter       grad_x  d loss / d x

It does not train, and its weights are random: only the arithmetic is meant to be compared.
Before writing, every gradient is checked against a central difference along a random direction.
The seeds were chosen among six so that no case is badly conditioned: the same networks evaluated
in float32 by PyTorch are within 1.2e-4 of these gradients (norm of the difference over norm).

Run as ``python generate.py`` (writes) or ``python generate.py --check`` (recomputes and compares
with the committed files). Committed output: Python 3.11.7, torch 2.15.0 (CPU), numpy 2.4.6.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
BATCH_NORM_EPS = 1e-5
MODELS = ("mlp", "mlp-text", "gnn", "gnn-text", "gnn-dynamic", "gnn-sum")
ACTIVATIONS = {"relu": torch.relu, "elu": torch.nn.functional.elu}


# --- parameters ---------------------------------------------------------------------------------


def block_shapes(name, n_in, h, batch_norm=True):
    """Shapes of the block linear -> activation -> linear -> activation [-> batch norm]."""
    shapes = {f"{name}.w1": (n_in, h), f"{name}.b1": (h,), f"{name}.w2": (h, h), f"{name}.b2": (h,)}
    if batch_norm:
        shapes |= {f"{name}.gamma": (h,), f"{name}.beta": (h,)}
    return shapes


def linear_shapes(name, n_in, n_out):
    return {f"{name}.w": (n_in, n_out), f"{name}.b": (n_out,)}


def parameter_shapes(model, n, h, k):
    """Every parameter of `model` with its shape, for n neurons, width h and k classes."""
    out = linear_shapes("out", h, k)
    if model == "mlp":
        return block_shapes("node", 2, h) | block_shapes("readout", n * h, h, False) | out
    if model == "mlp-text":
        return block_shapes("readout", 2 * n, h) | out
    if model == "gnn-text":
        return (
            block_shapes("node", 2, h)
            | block_shapes("edge", 2 * h, h)
            | linear_shapes("edge_out", h, 2)
            | block_shapes("readout", 2 * n, h)
            | out
        )
    readout_in = 2 * h if model == "gnn-sum" else 2 * n * h
    return (
        block_shapes("node", 2, h)
        | block_shapes("embed", 2, h, False)
        | block_shapes("edge", 2 * h, h)
        | linear_shapes("edge_out", h, 2)
        | block_shapes("message", h, h)
        | linear_shapes("message_out", h, h)
        | block_shapes("readout", readout_in, h)
        | out
    )


def draw_parameters(shapes, rng):
    """Xavier-normal weights, biases near 0.1, batch-norm scale near 1 and shift near 0."""
    params = {}
    for name, shape in shapes.items():
        noise = rng.standard_normal(shape)
        kind = name.rsplit(".", 1)[1]
        if kind.startswith("w"):
            value = noise * math.sqrt(2.0 / (shape[0] + shape[1]))
        elif kind.startswith("b") and kind != "beta":
            value = 0.1 + 0.05 * noise
        elif kind == "gamma":
            value = 1.0 + 0.2 * noise
        else:
            value = 0.2 * noise
        params[name] = torch.tensor(value, dtype=torch.float64)
    return params


# --- the networks -------------------------------------------------------------------------------


def linear(p, name, x):
    return x @ p[f"{name}.w"] + p[f"{name}.b"]


def block(p, name, act, x):
    """The block over the last axis of `x`; batch norm, where it has one, over all other axes."""
    y = act(act(x @ p[f"{name}.w1"] + p[f"{name}.b1"]) @ p[f"{name}.w2"] + p[f"{name}.b2"])
    if f"{name}.gamma" not in p:
        return y
    rows = tuple(range(y.dim() - 1))
    mean = y.mean(rows)
    var = ((y - mean) ** 2).mean(rows)
    return (y - mean) / torch.sqrt(var + BATCH_NORM_EPS) * p[f"{name}.gamma"] + p[f"{name}.beta"]


def ordered_pairs(e):
    """[..., n, h] -> [..., n, n, 2h]: entry (i, j) is e_i ‖ e_j, self pairs included."""
    *lead, n, h = e.shape
    receiver = e.unsqueeze(-2).expand(*lead, n, n, h)
    sender = e.unsqueeze(-3).expand(*lead, n, n, h)
    return torch.cat([receiver, sender], dim=-1)


def edge_weights(p, hidden):
    """Second component of the softmax over the two edge outputs: [..., h] -> [...]."""
    return torch.softmax(linear(p, "edge_out", hidden), dim=-1)[..., 1]


def forward(model, p, act, x):
    """x [T, n, 2] -> (logits [T, K], edges or None)."""
    n_frames = x.shape[0]
    w = None
    if model == "mlp":
        readout_in = block(p, "node", act, x).reshape(n_frames, -1)
    elif model == "mlp-text":
        readout_in = x.reshape(n_frames, -1)
    elif model == "gnn-text":
        h = block(p, "node", act, x).mean(0)
        w = edge_weights(p, block(p, "edge", act, ordered_pairs(h)))
        readout_in = (w @ x).reshape(n_frames, -1)
    else:
        f = block(p, "node", act, x)
        e = block(p, "embed", act, x)
        hidden = block(p, "edge", act, ordered_pairs(e))
        w = edge_weights(p, hidden if model == "gnn-dynamic" else hidden.mean(0))
        m = w @ f
        node = torch.cat([f, linear(p, "message_out", block(p, "message", act, m))], dim=-1)
        readout_in = node.sum(1) if model == "gnn-sum" else node.reshape(n_frames, -1)
    return linear(p, "out", block(p, "readout", act, readout_in)), w


def negative_log_likelihood(logits, labels):
    known = labels >= 0
    log_p = torch.log_softmax(logits[known], dim=-1)
    return -log_p[torch.arange(int(known.sum())), labels[known]].mean()


# --- cases --------------------------------------------------------------------------------------


def check_along_a_direction(loss_of, tensors, rng, step=1e-6):
    """Central difference of the loss along a random unit direction against the projected gradient."""
    direction = [torch.tensor(rng.standard_normal(t.shape)) for t in tensors]
    length = math.sqrt(sum(float((d * d).sum()) for d in direction))
    direction = [d / length for d in direction]
    with torch.no_grad():
        ahead = loss_of([t + step * d for t, d in zip(tensors, direction)])
        behind = loss_of([t - step * d for t, d in zip(tensors, direction)])
        difference = float(ahead - behind) / (2 * step)
        projection = float(sum((t.grad * d).sum() for t, d in zip(tensors, direction)))
    assert abs(difference - projection) < 1e-6 * (1 + abs(projection)), (difference, projection)


def make_case(model, activation, n_frames, n, h, k, seed):
    rng = np.random.default_rng(seed)
    act = ACTIVATIONS[activation]
    params = draw_parameters(parameter_shapes(model, n, h, k), rng)
    x = torch.tensor(rng.uniform(0.0, 1.0, (n_frames, n, 2)), dtype=torch.float64)
    labels = torch.tensor(rng.integers(0, k, n_frames))
    labels[rng.choice(n_frames, 2, replace=False)] = -1

    names, tensors = list(params), [*params.values(), x]
    for tensor in tensors:
        tensor.requires_grad_(True)
    logits, edges = forward(model, params, act, x)
    loss = negative_log_likelihood(logits, labels)
    loss.backward()

    def loss_of(moved):
        *values, moved_x = moved
        moved_logits, _ = forward(model, dict(zip(names, values)), act, moved_x)
        return negative_log_likelihood(moved_logits, labels)

    check_along_a_direction(loss_of, tensors, rng)

    case = {
        "model": model,
        "activation": activation,
        "n_frames": n_frames,
        "n_neurons": n,
        "width": h,
        "n_classes": k,
        "x": flat(x),
        "labels": labels.tolist(),
        "params": {q: {"shape": list(t.shape), "data": flat(t)} for q, t in params.items()},
        "logits": flat(logits),
        "loss": loss.item(),
        "grads": {q: flat(t.grad) for q, t in params.items()},
        "grad_x": flat(x.grad),
    }
    if edges is not None:
        case["edges"] = flat(edges)
    return case


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def cases():
    """(file stem, arguments of make_case): every model and activation, then an odd size."""
    for i, model in enumerate(MODELS):
        for j, activation in enumerate(ACTIVATIONS):
            yield f"{model}-{activation}", (model, activation, 12, 4, 16, 4, 300 + 2 * i + j)
    for i, model in enumerate(("gnn", "gnn-text", "mlp")):
        yield f"{model}-elu-odd", (model, "elu", 7, 3, 5, 7, 400 + i)


def same(a, b):
    """Equal structure, numbers within 1e-12 relative (another BLAS may round otherwise)."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[q], b[q]) for q in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return isinstance(b, float) and math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-14)
    return a == b


def main():
    parser = argparse.ArgumentParser(description="PyTorch reference numbers for the models")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    torch.set_num_threads(1)

    for (model, n, k), expected in {
        ("gnn", 15, 7): 10505,
        ("mlp", 15, 7): 4599,
        ("gnn", 3, 4): 4310,
        ("mlp", 3, 4): 1476,
    }.items():
        count = sum(math.prod(s) for s in parameter_shapes(model, n, 16, k).values())
        print(f"{model:4} h=16 n={n:2} K={k}: {count} parameters")
        assert count == expected, (
            f"{model}: {count} parameters, the paper's scripts have {expected}"
        )

    for stem, arguments in cases():
        path = HERE / f"{stem}.json"
        case = make_case(*arguments)
        if check:
            assert same(json.loads(path.read_text()), case), f"{path.name} differs"
        else:
            path.write_text(json.dumps(case) + "\n")
        size = path.stat().st_size / 1000
        print(f"{path.name:24} loss {case['loss']:.6f}  {size:5.0f} kB")


if __name__ == "__main__":
    main()
