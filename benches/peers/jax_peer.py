"""The training steps of `harness.STEPS` in JAX under ``jit``, on one thread.

    taskset -c 1 python jax_peer.py CASE.json [--split-pairs] [--seconds S]

Computes the case's loss and gradients once, then times whole steps: value and gradient of the
loss, Adam (of `tcn` clipped gradients and AdamW), all in one compiled function whose state is donated. Parameters are a dictionary under
the case's own names. It reads no recording and saves no model. XLA is told to use one thread;
`taskset` makes it so.
"""

import os

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np

import harness

ACTIVATIONS = {"elu": jax.nn.elu, "relu": jax.nn.relu}


def linear(p, name, x):
    return x @ p[f"{name}.w"] + p[f"{name}.b"]


def block(p, name, act, x):
    """Linear, activation, linear, activation, and batch norm over every axis but the last."""
    return after_first(p, name, act, x @ p[f"{name}.w1"] + p[f"{name}.b1"])


def after_first(p, name, act, y):
    """What follows a block's first linear layer."""
    y = act(act(y) @ p[f"{name}.w2"] + p[f"{name}.b2"])
    if f"{name}.gamma" not in p:
        return y
    rows = tuple(range(y.ndim - 1))
    mean, var = y.mean(rows), y.var(rows)
    scale = p[f"{name}.gamma"] * jax.lax.rsqrt(var + harness.BATCH_NORM_EPS)
    return (y - mean) * scale + p[f"{name}.beta"]


def edge_block(p, act, e):
    """The block over all ordered pairs e_i ‖ e_j, self pairs included: -> [..., n, n, h]."""
    *lead, n, h = e.shape
    receiver = jnp.broadcast_to(e[..., :, None, :], (*lead, n, n, h))
    sender = jnp.broadcast_to(e[..., None, :, :], (*lead, n, n, h))
    return block(p, "edge", act, jnp.concatenate([receiver, sender], axis=-1))


def edge_block_split(p, act, e):
    """The same with the first layer's two halves computed once per neuron, then added."""
    of_receiver, of_sender = jnp.split(p["edge.w1"], 2)
    receiver, sender = e @ of_receiver + p["edge.b1"], e @ of_sender
    return after_first(p, "edge", act, receiver[..., :, None, :] + sender[..., None, :, :])


def edge_weights(p, hidden):
    return jax.nn.softmax(linear(p, "edge_out", hidden), axis=-1)[..., 1]


def classify_mlp_text(p, act, x):
    """x [T, n, 2] -> logits [T, K]: features concatenated, read-out."""
    return linear(p, "out", block(p, "readout", act, x.reshape(len(x), -1)))


def classify_mlp(p, act, x):
    """x [T, n, 2] -> logits [T, K]: shared node encoder, nodes concatenated, read-out."""
    f = block(p, "node", act, x)
    return linear(p, "out", block(p, "readout", act, f.reshape(len(x), -1)))


def classify_gnn(p, act, edges, x):
    """x [T, n, 2] -> logits [T, K]: edges averaged over frames after the edge block."""
    f = block(p, "node", act, x)
    e = block(p, "embed", act, x)
    w = edge_weights(p, edges(p, act, e).mean(0))
    m = linear(p, "message_out", block(p, "message", act, w @ f))
    both = jnp.concatenate([f, m], axis=-1)
    return linear(p, "out", block(p, "readout", act, both.reshape(len(x), -1)))


def classify_gnn_text(p, act, edges, x):
    """x [T, n, 2] -> logits [T, K]: edges from embeddings averaged over frames."""
    h = block(p, "node", act, x).mean(0)
    w = edge_weights(p, edges(p, act, h))
    return linear(p, "out", block(p, "readout", act, (w @ x).reshape(len(x), -1)))


def trajectory_mlp(p, act, x):
    """x [B, n, 2] -> the next frame, [B, n, 2]."""
    y = linear(p, "out", block(p, "message", act, x.reshape(len(x), -1)))
    return x + jnp.tanh(y).reshape(x.shape)


def trajectory_gnn(p, act, edges, x):
    """x [B, n, 2] -> the next frame, [B, n, 2]; edges inferred anew from every frame."""
    w = edge_weights(p, edges(p, act, block(p, "node", act, x)))
    return x + jnp.tanh(linear(p, "out", block(p, "message", act, w @ x)))


def dilated(x, w, distance):
    """x [C, T, h], three taps so many frames apart, w [3 h, h] -> [C, T, h].

    By slices side by side: XLA takes a fifth longer for its own convolution here.
    """
    n_frames = x.shape[1]
    padded = jnp.pad(x, ((0, 0), (distance, distance), (0, 0)))
    taps = [padded[:, tap * distance :][:, :n_frames] for tap in range(3)]
    return jnp.concatenate(taps, axis=-1) @ w


def tcn(p, act, x):
    """x [C, T, n, 2] -> logits [C, T, K]: a layer on each frame, temporal blocks, read-out."""
    x = linear(p, "input", x.reshape(*x.shape[:2], -1))
    for place, distance in enumerate(harness.DISTANCES):
        name = f"blocks.{place}"
        hidden = act(dilated(x, p[f"{name}.w1"], distance) + p[f"{name}.b1"])
        x = x + hidden @ p[f"{name}.w2"] + p[f"{name}.b2"]
    return linear(p, "out", x)


MLPS = {
    "classify-mlp-text": classify_mlp_text,
    "classify-mlp": classify_mlp,
    "trajectory-mlp": trajectory_mlp,
    "tcn": tcn,
}
GNNS = {
    "classify-gnn": classify_gnn,
    "classify-gnn-text": classify_gnn_text,
    "trajectory-gnn": trajectory_gnn,
}


def cross_entropy(logits, labels):
    """Mean negative log-likelihood over the labelled frames."""
    known = labels >= 0
    log_p = jax.nn.log_softmax(logits)
    picked = jnp.take_along_axis(log_p, jnp.maximum(labels, 0)[:, None], axis=1)[:, 0]
    return -jnp.where(known, picked, 0.0).sum() / known.sum()


def soft_cross_entropy(logits, targets):
    return -(jax.nn.log_softmax(logits) * targets).sum()


def mean_squared_error(prediction, target):
    return jnp.square(prediction - target).mean()


def roll_out(next_frame, x, n_steps):
    """Feeds a one-step model its own predictions: x [B, n, 2] -> [B, n_steps, n, 2].

    Unrolled: under `jax.lax.scan` XLA takes a fifth longer for these steps.
    """
    frames = []
    for _ in range(n_steps):
        x = next_frame(x)
        frames.append(x)
    return jnp.stack(frames, axis=1)


def loss_function(case, split_pairs):
    """The case's loss as a function of (parameters, x, target)."""
    act = ACTIVATIONS[case.activation]
    if case.step in GNNS:
        edges = edge_block_split if split_pairs else edge_block
        model = lambda p, x: GNNS[case.step](p, act, edges, x)
    else:
        model = lambda p, x: MLPS[case.step](p, act, x)
    if case.step.startswith("classify"):
        return lambda p, x, labels: cross_entropy(model(p, x), labels)
    if case.step == "tcn":
        return lambda p, x, targets: soft_cross_entropy(model(p, x), targets)
    return lambda p, x, target: mean_squared_error(
        roll_out(lambda frame: model(p, frame), x, case.n_steps), target
    )


def adam(params, grads, state):
    """One step of Adam; the state is (step count, first moments, second moments)."""
    (beta1, beta2), (t, first, second) = harness.ADAM["betas"], state
    t = t + 1
    first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, first, grads)
    second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, second, grads)
    rate, correction = harness.ADAM["lr"] / (1 - beta1**t), 1 - beta2**t
    params = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v / correction) + harness.ADAM["eps"]),
        params,
        first,
        second,
    )
    return params, (t, first, second)


def adamw(params, grads, state):
    """The same with decoupled decay, after the gradient is scaled down to its largest norm."""
    norm = jnp.sqrt(sum(jnp.square(g).sum() for g in grads.values()))
    scale = jnp.minimum(1.0, harness.LARGEST_GRADIENT / norm)
    kept = 1 - harness.ADAM["lr"] * harness.WEIGHT_DECAY
    params = jax.tree.map(lambda p: kept * p, params)
    return adam(params, jax.tree.map(lambda g: scale * g, grads), state)


def main():
    args = harness.arguments("JAX's time for one training step").parse_args()
    jax.config.update("jax_enable_x64", args.float64)
    case = harness.Case(args.case, np.float64 if args.float64 else np.float32)
    loss_of = loss_function(case, args.split_pairs)
    params = {name: jnp.asarray(p) for name, p in case.params.items()}
    x, target = jnp.asarray(case.x), jnp.asarray(case.target)

    first_loss, grads = jax.jit(jax.value_and_grad(loss_of))(params, x, target)

    optimize = adamw if case.step == "tcn" else adam

    def train_step(params, state, x, target):
        loss, grads = jax.value_and_grad(loss_of)(params, x, target)
        return *optimize(params, grads, state), loss

    train_step = jax.jit(train_step, donate_argnums=(0, 1))
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (jnp.zeros(()), zeros, jax.tree.map(jnp.zeros_like, params))

    def step():
        nonlocal params, state
        params, state, loss = train_step(params, state, x, target)
        return jax.block_until_ready((params, state, loss))[2]

    losses, times = harness.time_steps(step, args.seconds)
    harness.write_result(case, f"jax {jax.__version__} jit", 1, first_loss, grads, losses, times)


if __name__ == "__main__":
    main()
