"""The training steps of `harness.STEPS` in PyTorch, eager or with ``--compile``, on one thread.

    taskset -c 1 python torch_peer.py CASE.json [--compile] [--split-pairs] [--seconds S]

Computes the case's loss and gradients once, then times whole steps: forward, loss, backward,
Adam (the fused one; of `tcn` clipped gradients and AdamW), gradients reset. Written as one would write these models for their own
sake, with `torch.nn`; each class is one model and `forward` reads from input to output. It reads
no recording and saves no model.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import harness

ACTIVATIONS = {"elu": F.elu, "relu": F.relu}


class Block(nn.Module):
    """Linear, activation, linear, activation, and batch norm over every axis but the last."""

    def __init__(self, n_in, width, activation, batch_norm=True):
        super().__init__()
        self.linear1 = nn.Linear(n_in, width)
        self.linear2 = nn.Linear(width, width)
        self.norm = None
        if batch_norm:
            self.norm = nn.BatchNorm1d(width, eps=harness.BATCH_NORM_EPS, track_running_stats=False)
        self.activation = activation

    def forward(self, x):
        return self.after_first(self.linear1(x))

    def after_first(self, y):
        """What follows the first linear layer."""
        y = self.activation(self.linear2(self.activation(y)))
        if self.norm is None:
            return y
        return self.norm(y.flatten(0, -2)).view_as(y)


class EdgeBlock(Block):
    """A block over all ordered pairs e_i ‖ e_j, self pairs included: [..., n, h] -> [..., n, n, h].

    ``split`` computes the first layer's two halves once per neuron and adds them; otherwise the
    pairs are concatenated first, as the paper writes it.
    """

    def __init__(self, width, activation, split):
        super().__init__(2 * width, width, activation)
        self.split = split

    def forward(self, e):
        if self.split:
            of_receiver, of_sender = self.linear1.weight.chunk(2, dim=1)
            receiver = F.linear(e, of_receiver, self.linear1.bias)
            return self.after_first(receiver.unsqueeze(-2) + F.linear(e, of_sender).unsqueeze(-3))
        *lead, n, h = e.shape
        receiver = e.unsqueeze(-2).expand(*lead, n, n, h)
        sender = e.unsqueeze(-3).expand(*lead, n, n, h)
        return super().forward(torch.cat([receiver, sender], dim=-1))


class ClassifyMlpText(nn.Module):
    """x [T, n, 2] -> logits [T, K]: features concatenated, read-out."""

    def __init__(self, case, activation):
        super().__init__()
        n, h = case.n_neurons, case.width
        self.readout = Block(2 * n, h, activation)
        self.out = nn.Linear(h, case.n_classes)

    def forward(self, x):
        return self.out(self.readout(x.flatten(1)))


class ClassifyMlp(nn.Module):
    """x [T, n, 2] -> logits [T, K]: shared node encoder, nodes concatenated, read-out."""

    def __init__(self, case, activation):
        super().__init__()
        n, h = case.n_neurons, case.width
        self.node = Block(2, h, activation)
        self.readout = Block(n * h, h, activation, batch_norm=False)
        self.out = nn.Linear(h, case.n_classes)

    def forward(self, x):
        return self.out(self.readout(self.node(x).flatten(1)))


class ClassifyGnn(nn.Module):
    """x [T, n, 2] -> logits [T, K]: edges averaged over frames after the edge block."""

    def __init__(self, case, activation, split_pairs):
        super().__init__()
        n, h = case.n_neurons, case.width
        self.node = Block(2, h, activation)
        self.embed = Block(2, h, activation, batch_norm=False)
        self.edge = EdgeBlock(h, activation, split_pairs)
        self.edge_out = nn.Linear(h, 2)
        self.message = Block(h, h, activation)
        self.message_out = nn.Linear(h, h)
        self.readout = Block(2 * n * h, h, activation)
        self.out = nn.Linear(h, case.n_classes)

    def forward(self, x):
        f = self.node(x)
        hidden = self.edge(self.embed(x)).mean(0)
        w = self.edge_out(hidden).softmax(-1)[..., 1]
        m = self.message_out(self.message(w @ f))
        return self.out(self.readout(torch.cat([f, m], dim=-1).flatten(1)))


class ClassifyGnnText(nn.Module):
    """x [T, n, 2] -> logits [T, K]: edges from embeddings averaged over frames."""

    def __init__(self, case, activation, split_pairs):
        super().__init__()
        n, h = case.n_neurons, case.width
        self.node = Block(2, h, activation)
        self.edge = EdgeBlock(h, activation, split_pairs)
        self.edge_out = nn.Linear(h, 2)
        self.readout = Block(2 * n, h, activation)
        self.out = nn.Linear(h, case.n_classes)

    def forward(self, x):
        hidden = self.edge(self.node(x).mean(0))
        w = self.edge_out(hidden).softmax(-1)[..., 1]
        return self.out(self.readout((w @ x).flatten(1)))


class TrajectoryMlp(nn.Module):
    """x [B, n, 2] -> the next frame, [B, n, 2]."""

    def __init__(self, case, activation):
        super().__init__()
        n, h = case.n_neurons, case.width
        self.message = Block(2 * n, h, activation)
        self.out = nn.Linear(h, 2 * n)

    def forward(self, x):
        return x + self.out(self.message(x.flatten(1))).tanh().view_as(x)


class TrajectoryGnn(nn.Module):
    """x [B, n, 2] -> the next frame, [B, n, 2]; edges inferred anew from every frame."""

    def __init__(self, case, activation, split_pairs):
        super().__init__()
        h = case.width
        self.node = Block(2, h, activation)
        self.edge = EdgeBlock(h, activation, split_pairs)
        self.edge_out = nn.Linear(h, 2)
        self.message = Block(2, h, activation)
        self.out = nn.Linear(h, 2)

    def forward(self, x):
        hidden = self.edge(self.node(x))
        w = self.edge_out(hidden).softmax(-1)[..., 1]
        return x + self.out(self.message(w @ x)).tanh()


class RollOut(nn.Module):
    """Feeds a one-step model its own predictions: x [B, n, 2] -> [B, n_steps, n, 2]."""

    def __init__(self, model, n_steps):
        super().__init__()
        self.model = model
        self.n_steps = n_steps

    def forward(self, x):
        frames = []
        for _ in range(self.n_steps):
            x = self.model(x)
            frames.append(x)
        return torch.stack(frames, dim=1)


class TemporalBlock(nn.Module):
    """x [C, h, T] -> the same: a convolution whose three taps stand `distance` frames apart."""

    def __init__(self, width, distance, activation):
        super().__init__()
        self.conv1 = nn.Conv1d(width, width, 3, padding=distance, dilation=distance)
        self.conv2 = nn.Conv1d(width, width, 1)
        self.activation = activation

    def forward(self, x):
        return x + self.conv2(self.activation(self.conv1(x)))


class Tcn(nn.Module):
    """x [C, 2n, T] -> logits [C, K, T]: a layer on each frame, temporal blocks, read-out."""

    def __init__(self, case, activation):
        super().__init__()
        h = case.width
        self.input = nn.Conv1d(2 * case.n_neurons, h, 1)
        self.blocks = nn.Sequential(*(TemporalBlock(h, d, activation) for d in harness.DISTANCES))
        self.out = nn.Conv1d(h, case.n_classes, 1)

    def forward(self, x):
        return self.out(self.blocks(self.input(x)))


MLPS = {
    "classify-mlp-text": ClassifyMlpText,
    "classify-mlp": ClassifyMlp,
    "trajectory-mlp": TrajectoryMlp,
    "tcn": Tcn,
}
GNNS = {
    "classify-gnn": ClassifyGnn,
    "classify-gnn-text": ClassifyGnnText,
    "trajectory-gnn": TrajectoryGnn,
}
# a case's parameter name ends in one of these; `nn.Linear` keeps weights as [out, in]
TORCH_NAMES = {
    "w1": "linear1.weight",
    "b1": "linear1.bias",
    "w2": "linear2.weight",
    "b2": "linear2.bias",
    "gamma": "norm.weight",
    "beta": "norm.bias",
    "w": "weight",
    "b": "bias",
}


# blocks of `tcn` are convolutions
TEMPORAL_NAMES = TORCH_NAMES | {
    "w1": "conv1.weight",
    "b1": "conv1.bias",
    "w2": "conv2.weight",
    "b2": "conv2.bias",
}


def case_parameters(case, model):
    """The model's own parameters under the case's names."""
    own = dict(model.named_parameters())
    names = TEMPORAL_NAMES if case.step == "tcn" else TORCH_NAMES
    named = {}
    for name in case.params:
        module, kind = name.rsplit(".", 1)
        named[name] = own.pop(f"{module}.{names[kind]}")
    assert not own, f"the case lacks parameters for {', '.join(own)}"
    return named


def as_torch(value, shape):
    """A parameter of a case as PyTorch keeps it; a convolution's is [out, in, tap]."""
    if len(shape) < 3:
        return torch.from_numpy(value.T)
    n_out, n_in, n_taps = shape
    return torch.from_numpy(value).view(n_taps, n_in, n_out).permute(2, 1, 0)


def as_case(value):
    """The way back."""
    value = value.numpy().T.copy()
    return value.reshape(-1, value.shape[-1]) if value.ndim == 3 else value


def loss_function(case, model):
    """The case's loss as a function of (x, target)."""
    if case.step.startswith("classify"):
        return lambda x, target: F.cross_entropy(model(x), target, ignore_index=-1)
    if case.step == "tcn":
        return lambda x, target: F.cross_entropy(model(x), target, reduction="sum")
    roll_out = RollOut(model, case.n_steps)
    return lambda x, target: F.mse_loss(roll_out(x), target)


def optimizer_step(case, model):
    """A function that takes one step of the case's optimiser."""
    if case.step != "tcn":
        return torch.optim.Adam(model.parameters(), **harness.ADAM, fused=True).step
    decay = {"weight_decay": harness.WEIGHT_DECAY}
    optimizer = torch.optim.AdamW(model.parameters(), **harness.ADAM, **decay, fused=True)

    def step():
        nn.utils.clip_grad_norm_(model.parameters(), harness.LARGEST_GRADIENT)
        optimizer.step()

    return step


def main():
    parser = harness.arguments("PyTorch's time for one training step")
    parser.add_argument("--compile", action="store_true", help="torch.compile (needs g++)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64 if args.float64 else torch.float32)
    case = harness.Case(args.case, np.float64 if args.float64 else np.float32)

    activation = ACTIVATIONS[case.activation]
    if case.step in GNNS:
        model = GNNS[case.step](case, activation, args.split_pairs)
    else:
        model = MLPS[case.step](case, activation)
    parameters = case_parameters(case, model)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(as_torch(case.params[name], parameter.shape))
    x, target = torch.from_numpy(case.x), torch.from_numpy(case.target)
    if case.step == "tcn":
        # as convolutions want them: channels, or classes, before frames
        x, target = (t.flatten(2).transpose(1, 2).contiguous() for t in (x, target))

    loss_of = loss_function(case, model)
    if args.compile:
        loss_of = torch.compile(loss_of)
    loss = loss_of(x, target)
    loss.backward()
    grads = {name: as_case(p.grad) for name, p in parameters.items()}
    model.zero_grad()
    optimize = optimizer_step(case, model)

    def step():
        loss = loss_of(x, target)
        loss.backward()
        optimize()
        model.zero_grad()
        return loss.detach()

    losses, times = harness.time_steps(step, args.seconds)
    framework = f"torch {torch.__version__} {'compile' if args.compile else 'eager'}"
    harness.write_result(
        case, framework, torch.get_num_threads(), loss.item(), grads, losses, times
    )


if __name__ == "__main__":
    main()
