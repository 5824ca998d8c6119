"""Reference numbers for the models' forward pass and gradients, from PyTorch in float64.

Each network is written out by hand from tensors, a few lines per model, and autograd supplies the
gradients; nothing here shares code with the Rust side. One JSON file per case is written beside
this program. Weights are ``[in, out]`` (``y = x @ W + b``), every array is flat and row-major:

    x       [n_frames, n_neurons, 2]            labels  [n_frames], -1 = unknown, ignored
    logits  [n_frames, n_classes]               loss    mean negative log-likelihood, labelled frames
    edges   [n_neurons, n_neurons] as w[i, j] (receiver i, sender j), or [n_frames, n, n] when
            per frame (``gnn-dynamic``, ``gat``, ``recurrent-…``, there the mean of the heads); absent where a model has no edges
    classes of the neurons of ``tcn-any…``, which see the first of two numbers as whether a neuron is there
    adjacency   the edges of ``gnn-given``, as edges, and what ``recurrent-attention-connectome`` leans to
    runs    lengths of the runs of consecutive frames, for networks that look at frames in order: those
            with a memory (``lstm-mlp``, ``lstm-gnn``, ``recurrent-…``), whose loss leaves out the first four
            frames of each run, and those that see signals over time (``tcn…``, ``lstm``, ``lstm-causal``)
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
VARIANTS = (
    "gnn-given",
    "gnn-onehot",
    "gnn-2step",
    "gin-0",
    "gin-eps",
    "sage",
    "gat",
    "attention",
    "node-mlp",
    "mlp-norm",
    "lstm-mlp",
    "lstm-gnn",
    "recurrent-attention",
    "recurrent-attention-connectome",
    "gnn-free",
    "tcn",
    "tcn-causal",
    "tcn-any",
    "tcn-mlp",
    "tcn-gnn",
    "lstm",
    "lstm-causal",
    "tcn-any-attention",
    "tcn-any-gnn",
)
ANY = ("tcn-any", "tcn-any-attention", "tcn-any-gnn")
OVER_TIME = ("tcn", "tcn-causal", "tcn-mlp", "tcn-gnn", "lstm", "lstm-causal", *ANY)
# Of three neurons the first and the last are of one class.
CLASSES = (0, 1, 0)
QUERIES = 4
HEARING = 16
DISTANCES = (1, 2, 4, 8, 16)
EDGE_SCALE = {"gnn-onehot": 10.0}
BURN_IN = 4
LONG_BURN_IN = 32
HEADS = 4
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


def lstm_shapes(n_in, h, name="lstm"):
    return {f"{name}.w_in": (n_in, 4 * h), f"{name}.w_state": (h, 4 * h), f"{name}.b": (4 * h,)}


def node_block_shapes(name, n, n_in, h):
    """A block with batch norm for each of n nodes: matrices stacked, vectors side by side."""
    matrices = {f"{name}.w1": (n, n_in, h), f"{name}.w2": (n, h, h)}
    return matrices | {f"{name}.{v}": (n * h,) for v in ("b1", "b2", "gamma", "beta")}


def gnn_shapes(model, n, n_in, h, k):
    shapes = block_shapes("node", n_in, h)
    if model == "gnn-free":
        shapes |= {"free": (n, n)}
    elif model != "gnn-given":
        shapes |= block_shapes("embed", n_in, h, False) | block_shapes("edge", 2 * h, h)
        shapes |= linear_shapes("edge_out", h, 2)
    shapes |= block_shapes("message", h, h) | linear_shapes("message_out", h, h)
    if model == "gnn-2step":
        shapes |= block_shapes("more.0.block", h, h) | linear_shapes("more.0.out", h, h)
    readout_in = 2 * h if model == "gnn-sum" else 2 * n * h
    return shapes | block_shapes("readout", readout_in, h) | linear_shapes("out", h, k)


def parameter_shapes(model, n, h, k):
    """Every parameter of `model` with its shape, for n neurons, width h and k classes."""
    out = linear_shapes("out", h, k)
    if model in ("mlp", "mlp-norm"):
        norm = model == "mlp-norm"
        return block_shapes("node", 2, h) | block_shapes("readout", n * h, h, norm) | out
    if model == "mlp-text":
        return block_shapes("readout", 2 * n, h) | out
    if model == "node-mlp":
        return node_block_shapes("nodes", n, 2, h) | block_shapes("readout", n * h, h, False) | out
    if model == "lstm":
        both = lstm_shapes(2 * n, h, "forward") | lstm_shapes(2 * n, h, "backward")
        return both | linear_shapes("out", 2 * h, k)
    if model == "lstm-causal":
        return lstm_shapes(2 * n, h, "forward") | out
    if model == "lstm-mlp":
        return lstm_shapes(2 * n, h) | block_shapes("readout", h, h, False) | out
    if model == "lstm-gnn":
        head = ("readout.", "out.")
        behind = gnn_shapes("gnn", n, h, h, k).items()
        named = {name if name.startswith(head) else f"gnn.{name}": shape for name, shape in behind}
        return lstm_shapes(2, h) | named
    if model == "gnn-text":
        return (
            block_shapes("node", 2, h)
            | block_shapes("edge", 2 * h, h)
            | linear_shapes("edge_out", h, 2)
            | block_shapes("readout", 2 * n, h)
            | out
        )
    if model == "attention":
        layers = linear_shapes("gate", h, 1) | linear_shapes("value", h, h)
        return block_shapes("node", 2, h) | layers | block_shapes("readout", h, h) | out
    around = block_shapes("node", 2, h) | block_shapes("readout", n * h, h) | out
    if model in ("gin-0", "gin-eps"):
        epsilon = {"epsilon": (1,)} if model == "gin-eps" else {}
        return around | epsilon | block_shapes("message", h, h)
    if model == "sage":
        return around | linear_shapes("gather", 2 * h, h)
    if model in ANY:
        n_classes = len(set(CLASSES))
        tcn = {"identities.own": (2 * n, h), "identities.shared": (2 * n_classes, h), "b": (h,)}
        if model == "tcn-any-attention":
            tcn |= {"queries": (h, QUERIES)}
        if model == "tcn-any-gnn":
            messages = {"nodes.own": (2 * n, HEARING), "nodes.shared": (2 * n_classes, HEARING)}
            messages |= {"query": (HEARING, HEARING), "key": (HEARING, HEARING)}
            messages |= block_shapes("hear", 2 * HEARING, HEARING, False)
            messages |= linear_shapes("gather", HEARING, h)
            tcn |= {f"messages.{name}": shape for name, shape in messages.items()}
        for place in range(len(DISTANCES)):
            name = f"blocks.{place}"
            tcn |= {f"{name}.w1": (3 * h, h), f"{name}.b1": (h,)}
            tcn |= {f"{name}.w2": (h, h), f"{name}.b2": (h,)}
        return tcn | out
    if model.startswith("tcn"):
        tcn = linear_shapes("input", 2 if model in ("tcn-mlp", "tcn-gnn") else 2 * n, h)
        for place in range(len(DISTANCES)):
            name = f"blocks.{place}"
            tcn |= {f"{name}.w1": (3 * h, h), f"{name}.b1": (h,)}
            tcn |= {f"{name}.w2": (h, h), f"{name}.b2": (h,)}
        if model in ("tcn", "tcn-causal"):
            return tcn | out
        behind = (
            gnn_shapes("gnn", n, h, h, k)
            if model == "tcn-gnn"
            else block_shapes("node", h, h) | block_shapes("readout", n * h, h, False) | out
        )
        encoder = {f"encoder.{name}": shape for name, shape in tcn.items()}
        return encoder | {f"network.{name}": shape for name, shape in behind.items()}
    if model.startswith("recurrent-attention"):
        layers = {}
        for name, n_in, n_out in (
            ("query", 2 * h, h),
            ("key", 2 * h, h),
            ("value", 2 * h, h),
            ("heard", 2 * h, 3 * h),
            ("state", h, 3 * h),
        ):
            layers |= linear_shapes(f"cell.{name}", n_in, n_out)
        leans = {"cell.leaning": (HEADS,)} if model.endswith("connectome") else {}
        return around | layers | leans
    if model == "gat":
        return around | {"w": (h, h), "attention": (2 * h, 1), "b": (h,)}
    return gnn_shapes(model, n, 2, h, k)


def draw_parameters(shapes, rng):
    """Xavier-normal weights, biases near 0.1, batch-norm scale near 1 and shift near 0."""
    params = {}
    for name, shape in shapes.items():
        noise = rng.standard_normal(shape)
        kind = name.rsplit(".", 1)[-1]
        if kind.startswith("w") or kind in ("attention", "query", "key"):
            value = noise * math.sqrt(2.0 / (shape[-2] + shape[-1]))
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


def edge_weights(p, hidden, scale=1.0):
    """Second component of the softmax over the two edge outputs: [..., h] -> [...]."""
    return torch.softmax(scale * linear(p, "edge_out", hidden), dim=-1)[..., 1]


def gnn(model, p, act, x, adjacency=None):
    """x [T, n, features] -> (readout's input, edges)."""
    f = block(p, "node", act, x)
    if model == "gnn-given":
        w = adjacency
    elif model == "gnn-free":
        w = torch.sigmoid(p["free"])
    else:
        hidden = block(p, "edge", act, ordered_pairs(block(p, "embed", act, x)))
        hidden = hidden if model == "gnn-dynamic" else hidden.mean(0)
        w = edge_weights(p, hidden, EDGE_SCALE.get(model, 1.0))
    m = linear(p, "message_out", block(p, "message", act, w @ f))
    if model == "gnn-2step":
        m = linear(p, "more.0.out", block(p, "more.0.block", act, w @ m))
    node = torch.cat([f, m], dim=-1)
    return (node.sum(1) if model == "gnn-sum" else node.reshape(len(x), -1)), w


def gat(p, act, f):
    """Attention coefficients edge by edge, then the sums: (nodes, [T, n, n])."""
    n_frames, n, h = f.shape
    z = f @ p["w"]
    score = [
        [torch.cat([z[:, i], z[:, j]], dim=-1) @ p["attention"][:, 0] for j in range(n)]
        for i in range(n)
    ]
    score = torch.stack([torch.stack(row, dim=-1) for row in score], dim=1)
    alpha = torch.softmax(torch.nn.functional.leaky_relu(score, 0.2), dim=-1)
    return act(torch.einsum("tij,tjh->tih", alpha, z) + p["b"]), alpha


def lstm(p, x, runs, name="lstm", burn_in=BURN_IN):
    """x [T, rows, in] -> [T, rows, h]. Every frame by itself: from a zero state at the start of its
    sequence, one of which starts every burn_in frames of a run and gives the results of its second
    burn_in frames, the first one also of its first."""
    n_rows, h = x.shape[1], p[f"{name}.w_state"].shape[0]
    no_bias = torch.zeros(4 * h, dtype=x.dtype)
    weights = (p[f"{name}.w_in"].T, p[f"{name}.w_state"].T, p[f"{name}.b"], no_bias)
    states, start = [], 0
    for length in runs:
        for position in range(length):
            first = max(0, (position // burn_in - 1) * burn_in)
            state = (torch.zeros(n_rows, h, dtype=x.dtype),) * 2
            for frame in range(start + first, start + position + 1):
                state = torch.lstm_cell(x[frame], state, *weights)
            states.append(state[0])
        start += length
    return torch.stack(states)


def listen(p, f, state, connectome):
    """One step of f and state [n, h]: the state after it, and the attention [heads, n, n]."""
    n, h = f.shape
    z = torch.cat([f, state], dim=-1)
    query, key, value = (
        linear(p, f"cell.{name}", z).reshape(n, HEADS, h // HEADS).transpose(0, 1)
        for name in ("query", "key", "value")
    )
    score = query @ key.transpose(1, 2) / math.sqrt(h // HEADS)
    if connectome is not None:
        score = score + p["cell.leaning"][:, None, None] * connectome
    attention = torch.softmax(score, dim=-1)
    message = (attention @ value).transpose(0, 1).reshape(n, h)
    weights = (p["cell.heard.w"].T, p["cell.state.w"].T, p["cell.heard.b"], p["cell.state.b"])
    return torch.gru_cell(torch.cat([f, message], dim=-1), state, *weights), attention


def recurrent_attention(p, f, runs, connectome):
    """f [T, n, h] -> (states [T, n, h], attention [T, n, n]), in sequences as those of lstm."""
    states, attentions, start = [], [], 0
    for length in runs:
        for position in range(length):
            first = max(0, (position // BURN_IN - 1) * BURN_IN)
            state = torch.zeros_like(f[0])
            for frame in range(start + first, start + position + 1):
                state, attention = listen(p, f[frame], state, connectome)
            states.append(state)
            attentions.append(attention.mean(0))
        start += length
    return torch.stack(states), torch.stack(attentions)


def temporal_blocks(p, x, runs, taps_of):
    """x [T, h] -> [T, h]: residual convolutions, the frames of other runs as zeros."""
    for place, distance in enumerate(DISTANCES):
        w1, b1, w2, b2 = (p[f"blocks.{place}.{name}"] for name in ("w1", "b1", "w2", "b2"))
        rows, start = [], 0
        for length in runs:
            for frame in range(start, start + length):
                seen = [frame + tap for tap in taps_of(distance)]
                inside = [start <= at < start + length for at in seen]
                taps = [x[at] if ok else torch.zeros_like(x[0]) for at, ok in zip(seen, inside)]
                rows.append(torch.cat(taps))
            start += length
        x = x + torch.relu(torch.stack(rows) @ w1 + b1) @ w2 + b2
    return x


def centred(distance):
    return (-distance, 0, distance)


def past(distance):
    return (-2 * distance, -distance, 0)


def part(p, name):
    return {key.removeprefix(name): value for key, value in p.items() if key.startswith(name)}


def encoded(p, x, runs):
    """x [T, n, 2] -> [T, n, h], each node by itself."""
    of_nodes = [
        temporal_blocks(p, linear(p, "input", x[:, node]), runs, centred)
        for node in range(x.shape[1])
    ]
    return torch.stack(of_nodes, dim=1)


def any_set(model, p, x):
    """x [T, n, 2] -> [T, h], of the neurons whose first number is 1."""
    n = x.shape[1]

    def maps(name):
        own = p[f"{name}own"].reshape(n, x.shape[2], -1)
        return own + p[f"{name}shared"].reshape(-1, *own.shape[1:])[list(CLASSES)]

    def heads_of_units(h):
        return [unit * QUERIES // h for unit in range(h)]

    def edges():
        who = maps("messages.nodes.")[:, 0]
        scores = (who @ p["messages.query"]) @ (who @ p["messages.key"]).T
        return torch.softmax(scores / math.sqrt(HEARING), dim=-1)

    frames = []
    for frame in x:
        there = [k for k in range(n) if frame[k, 0] > 0.5]
        level = math.sqrt(n / len(there))
        tokens = torch.einsum("ni,nio->no", frame, maps("identities."))[there]
        if model == "tcn-any-attention":
            shares = torch.softmax(tokens @ p["queries"], dim=0) * len(there)
            tokens = tokens * shares[:, heads_of_units(tokens.shape[1])]
        pooled = tokens.sum(0) * level + p["b"]
        if model == "tcn-any-gnn":
            nodes = torch.einsum("ni,nio->no", frame, maps("messages.nodes."))[there]
            w = edges()[there][:, there]
            heard = (w / w.sum(1, keepdim=True)) @ nodes
            q = part(p, "messages.")
            units = block(q, "hear", torch.relu, torch.cat([nodes, heard], dim=1))
            pooled = pooled + linear(q, "gather", units.sum(0) * level)
        frames.append(pooled)
    return torch.stack(frames), edges() if model == "tcn-any-gnn" else None


def without_burn_in(labels, runs):
    labels, start = labels.clone(), 0
    for length in runs:
        labels[start : start + min(BURN_IN, length)] = -1
        start += length
    return labels


def forward(model, p, act, x, adjacency=None, runs=None):
    """x [T, n, 2] -> (logits [T, K], edges or None)."""
    n_frames, n, _ = x.shape
    w = None
    if model in ANY:
        first, w = any_set(model, p, x)
        return linear(p, "out", temporal_blocks(p, first, runs, centred)), w
    if model in ("tcn", "tcn-causal"):
        first = linear(p, "input", x.reshape(n_frames, -1))
        hidden = temporal_blocks(p, first, runs, past if model == "tcn-causal" else centred)
        return linear(p, "out", hidden), None
    if model in ("lstm", "lstm-causal"):
        rows = x.reshape(n_frames, 1, -1)
        states = lstm(p, rows, runs, "forward", LONG_BURN_IN)[:, 0]
        if model == "lstm":
            last_first = torch.cat([run.flip(0) for run in rows.split(runs)])
            after = lstm(p, last_first, runs, "backward", LONG_BURN_IN)[:, 0]
            after = torch.cat([run.flip(0) for run in after.split(runs)])
            states = torch.cat([states, after], dim=1)
        return linear(p, "out", states), None
    if model in ("tcn-mlp", "tcn-gnn"):
        x = encoded(part(p, "encoder."), x, runs)
        p, model = part(p, "network."), model.removeprefix("tcn-")
    if model.startswith("lstm-"):
        if model == "lstm-gnn":
            p = {name.removeprefix("gnn."): value for name, value in p.items()}
            readout_in, w = gnn("gnn", p, act, lstm(p, x, runs))
        else:
            readout_in = lstm(p, x.reshape(n_frames, 1, -1), runs)[:, 0]
    elif model in ("mlp", "mlp-norm"):
        readout_in = block(p, "node", act, x).reshape(n_frames, -1)
    elif model == "mlp-text":
        readout_in = x.reshape(n_frames, -1)
    elif model == "node-mlp":
        nodes = []
        for i in range(n):
            of_node = {
                f"node.{v}": p[f"nodes.{v}"][i] if v.startswith("w") else p[f"nodes.{v}"].view(n, -1)[i]
                for v in ("w1", "b1", "w2", "b2", "gamma", "beta")
            }
            nodes.append(block(of_node, "node", act, x[:, i]))
        readout_in = torch.cat(nodes, dim=-1)
    elif model == "gnn-text":
        h = block(p, "node", act, x).mean(0)
        w = edge_weights(p, block(p, "edge", act, ordered_pairs(h)))
        readout_in = (w @ x).reshape(n_frames, -1)
    elif model.startswith("gnn"):
        readout_in, w = gnn(model, p, act, x, adjacency)
    else:
        f = block(p, "node", act, x)
        others = torch.stack([f[:, [j for j in range(n) if j != i]].sum(1) for i in range(n)], 1)
        if model in ("gin-0", "gin-eps"):
            epsilon = p["epsilon"] if model == "gin-eps" else 0.0
            readout_in = block(p, "message", act, (1.0 + epsilon) * f + others)
        elif model == "sage":
            readout_in = act(linear(p, "gather", torch.cat([f, others / (n - 1)], dim=-1)))
        elif model == "gat":
            readout_in, w = gat(p, act, f)
        elif model.startswith("recurrent-attention"):
            readout_in, w = recurrent_attention(p, f, runs, adjacency)
        elif model == "attention":
            share = torch.softmax(linear(p, "gate", f)[..., 0], dim=-1)
            readout_in = torch.einsum("ti,tih->th", share, linear(p, "value", f))
        readout_in = readout_in.reshape(n_frames, -1)
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


def make_case(model, activation, n_frames, n, h, k, seed, runs=None):
    rng = np.random.default_rng(seed)
    act = ACTIVATIONS[activation]
    params = draw_parameters(parameter_shapes(model, n, h, k), rng)
    x = torch.tensor(rng.uniform(0.0, 1.0, (n_frames, n, 2)), dtype=torch.float64)
    labels = torch.tensor(rng.integers(0, k, n_frames))
    labels[rng.choice(n_frames, 2, replace=False)] = -1
    counted = without_burn_in(labels, runs) if runs and model not in OVER_TIME else labels
    if model in ANY:
        # The first number says whether a neuron is there.
        x[:, :, 0] = 1.0
        x[:, 1] = 0.0
    adjacency = None
    if model in ("gnn-given", "recurrent-attention-connectome"):
        # Numbers that float32 holds exactly.
        adjacency = torch.tensor(rng.integers(0, 9, (n, n)) / 8)

    names, tensors = list(params), [*params.values(), x]
    for tensor in tensors:
        tensor.requires_grad_(True)
    logits, edges = forward(model, params, act, x, adjacency, runs)
    loss = negative_log_likelihood(logits, counted)
    loss.backward()

    def loss_of(moved):
        *values, moved_x = moved
        moved_logits, _ = forward(model, dict(zip(names, values)), act, moved_x, adjacency, runs)
        return negative_log_likelihood(moved_logits, counted)

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
    if adjacency is not None:
        case["adjacency"] = flat(adjacency)
    if model in ANY:
        case["classes"] = list(CLASSES)
    if runs is not None:
        case["runs"] = runs
    return case


def flat(tensor):
    return tensor.detach().reshape(-1).tolist()


def cases():
    """(file stem, arguments of make_case): the paper's models with every activation, then an odd
    size, then the variants."""
    for i, model in enumerate(MODELS):
        for j, activation in enumerate(ACTIVATIONS):
            yield f"{model}-{activation}", (model, activation, 12, 4, 16, 4, 300 + 2 * i + j)
    for i, model in enumerate(("gnn", "gnn-text", "mlp")):
        yield f"{model}-elu-odd", (model, "elu", 7, 3, 5, 7, 400 + i)
    for i, model in enumerate(VARIANTS):
        if model.startswith("tcn"):
            yield f"{model}-relu", (model, "relu", 23, 3, 16, 4, 500 + i, [5, 14, 4])
        elif model in ("lstm", "lstm-causal"):
            yield f"{model}-elu", (model, "elu", 111, 3, 16, 4, 500 + i, [70, 5, 36])
        elif model.startswith(("lstm-", "recurrent-")):
            yield f"{model}-elu", (model, "elu", 23, 3, 16, 4, 500 + i, [5, 14, 4])
        else:
            yield f"{model}-elu", (model, "elu", 12, 4, 16, 4, 500 + i)


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
