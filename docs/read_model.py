"""Applies a model file to a recording with numpy alone, following the pass that the file has written out.

    python3 read_model.py MODEL.safetensors RECORDING.csv [evaluated] > OUT.csv

The recording is a table with a column of seconds, `time_s`, and one of each neuron. A decoder gives a row of
probabilities for each frame; a forecaster the normalised features, `[neuron, feature]`, of 16 frames ahead of
each start: `start,step,…`. With `evaluated`, what is taken over frames is that of the recording, else that of
the training animals. docs/model-files.md says what everything means.
"""
import csv, json, sys
import numpy as np


def load(path):
    """The metadata, and the tensors by name. A safetensors file: a length, JSON, numbers."""
    raw = open(path, "rb").read()
    start = 8 + int.from_bytes(raw[:8], "little")
    entries = json.loads(raw[8:start])
    header = json.loads(entries.pop("__metadata__")["nervering"])
    def tensor(dtype, shape, data_offsets):
        begin, end = data_offsets
        kind = {"F32": "<f4", "F64": "<f8"}[dtype]
        return np.frombuffer(raw[start + begin:start + end], kind).reshape(shape).astype(float)
    return header, {name: tensor(**entry) for name, entry in entries.items()}


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Run:
    """One walk along the steps of a pass. In a roll-out it goes on from step to step."""

    def __init__(self, tensors, evaluated=False, member=None, members=1):
        self.tensors, self.evaluated, self.member, self.members = tensors, evaluated, member, members
        self.taken, self.kept, self.state, self.past = 0, {}, None, []

    def __getitem__(self, name):
        tensor = self.tensors[name]
        if self.member is None:
            return tensor
        return (tensor.reshape(self.members, -1) if name.startswith("statistics") else tensor)[self.member]

    def walk(self, steps, x, warming=False):
        arrays = [x]
        for at, step in enumerate(steps):
            if not (step.get("once") and at in self.kept):
                self.kept[at] = self.apply(step, *[arrays[k] for k in step["of"]])
            arrays.append(self.kept[at])
            if warming and step["op"] in ("lstm", "recurrent-attention"):
                break
        return arrays[-1]

    def statistics(self, measured):
        """The next of what is taken over frames: of the recording, or as it stands in the file."""
        k, self.taken = self.taken, self.taken + 1
        names = ["mean", "var"] if len(measured) == 2 else ["over_frames"]
        return measured if self.evaluated else [self[f"statistics.{k}.{name}"] for name in names]

    def apply(self, s, x=None, y=None, z=None):
        match s["op"]:
            case "dense":
                w, b = self[s["w"]], self[s["b"]] if "b" in s else 0.0
                if w.ndim == 2:
                    return x @ w + b
                return np.einsum("tni,nio->tno", x, w) + b.reshape(w.shape[0], -1)
            case "relu": return np.maximum(x, 0)
            case "elu": return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
            case "leaky-relu": return np.where(x > 0, x, s["slope"] * x)
            case "sigmoid": return sigmoid(x)
            case "tanh": return np.tanh(x)
            case "batch-norm":
                of_neurons = self[s["gamma"]].size > x.shape[-1]
                rows = x if of_neurons else x.reshape(-1, x.shape[-1])
                units = lambda v: np.reshape(v, (-1, x.shape[-1]))
                mean, var = map(units, self.statistics([rows.mean(0), rows.var(0)]))
                return (x - mean) / np.sqrt(var + s["epsilon"]) * units(self[s["gamma"]]) + units(self[s["beta"]])
            case "mean-over-frames": return self.statistics([x.mean(0)])[0].reshape(1, *x.shape[1:])
            case "parameter": return self[s["name"]]
            case "side-by-side": return x.reshape(len(x), -1)
            case "by-neuron": return x.reshape(y.shape)
            case "join": return np.concatenate([x, y], -1)
            case "pairs":
                shape = (len(x), x.shape[1], x.shape[1], x.shape[2])
                receivers, senders = np.broadcast_to(x[:, :, None], shape), np.broadcast_to(x[:, None], shape)
                return np.concatenate([receivers, senders], -1)
            case "edge-weight": return sigmoid(s["scale"] * (x[..., 1] - x[..., 0]))
            case "without-self": return x * (1 - np.eye(x.shape[-1]))
            case "mix": return x @ y
            case "mix-pairs": return (x[..., None] * y).sum(-2)
            case "pair-scores":
                a = self[s["a"]].reshape(2, -1)
                return (x @ a[0])[..., :, None] + (x @ a[1])[..., None, :]
            case "softmax-over-senders": return softmax(x)
            case "softmax-over-neurons": return softmax(x, -2)
            case "sum-over-neurons": return x.sum(-2, keepdims=True)
            case "mean-of-others": return (x.sum(-2, keepdims=True) - x) / max(x.shape[-2] - 1, 1)
            case "to-every-neuron": return np.broadcast_to(x, y.shape)
            case "add": return x + y
            case "multiply": return x * y
            case "by-identity": return np.einsum("tni,nio->tno", x, self.maps(s))
            case "identity-edges":
                who = self.maps(s)[:, 0]
                return softmax((who @ self[s["query"]]) @ (who @ self[s["key"]]).T / np.sqrt(who.shape[1]))
            case "mix-of-present": return x @ (y * z[..., :1]) / np.maximum(x @ z[..., :1], 1e-12)
            case "shares-of-present":
                there = y[..., :1]
                return softmax(np.where(there > 0, x, -1e9), -2) * there.sum(-2, keepdims=True)
            case "by-head": return x[..., np.arange(y.shape[-1]) * x.shape[-1] // y.shape[-1]]
            case "sum-of-present":
                there = y[..., :1]
                return (x * there).sum(-2) * np.sqrt(x.shape[-2] / np.maximum(there.sum(-2), 1))
            case "lstm": return self.recurrent(s, x, self.lstm)
            case "reversed": return x[::-1]
            case "recurrent-attention": return self.recurrent(s, x, self.recurrent_attention)
            case "temporal-block":
                def tap(k):
                    moved = np.zeros_like(x)
                    here, there = slice(max(-k, 0), len(x) - max(k, 0)), slice(max(k, 0), len(x) + min(k, 0))
                    if len(x) > abs(k):
                        moved[here] = x[there]
                    return moved
                taps = np.concatenate([tap(k) for k in s["taps"]], -1)
                return x + np.maximum(taps @ self[s["w1"]] + self[s["b1"]], 0) @ self[s["w2"]] + self[s["b2"]]
            case "standardise": return (x - self[s["means"]]) / self[s["sds"]]
            case "past-steps":
                means, sds, increments = (self[s[name]] for name in ("means", "sds", "increments"))
                after = np.concatenate([np.diff(self.frames, axis=0), 0 * self.frames[:1]])
                after = np.where(increments > 0, after / np.where(increments > 0, increments, 1), 0)
                return np.concatenate([(self.frames - means) / sds, after], -1)
            case "mean-of-past": return np.cumsum(x, 0)[self.starts - 1] / self.starts[:, None, None, None]
            case "mean-of-senders":
                others = 1 - np.eye(x.shape[-2])[..., None]
                return (x * others).sum(-2) / max(x.shape[-2] - 1, 1)
            case "centre": return x - self[s["means"]]
            case "scores": return x @ self[s["weights"]][:, :-1].T + self[s["weights"]][:, -1]
            case "log-softmax": return np.log(softmax(x))
            case "log-softmax-of-seen":
                classes, total = self[s["classes"]].astype(int), self[s["n_frames"]][0] + self.n_classes
                said = np.full((len(x), self.n_classes), -np.log(total))
                said[:, classes] = np.log(softmax(x)) + np.log(1 - (self.n_classes - len(classes)) / total)
                return said
            case "log-frequencies":
                counts = self[s["counts"]]
                return np.tile(np.log((counts + 1) / (counts.sum() + len(counts))), (len(x), 1))
            case "constant": return np.broadcast_to(self[s["name"]].reshape(x.shape[1:]), x.shape)
            case "damp":
                means, factors = (self[s[name]].reshape(x.shape[1:]) for name in ("means", "factors"))
                return means + factors * (x - means)
            case "regression":
                weights, intercepts = self[s["weights"]], self[s["intercepts"]]
                n, inputs, columns = weights.shape
                lags = inputs // columns
                past = np.stack([f.reshape(len(x), n, columns) for f in self.past[:lags]], 2)
                moved = np.einsum("tgi,gio->tgo", past.reshape(len(x), n, inputs), weights) + intercepts
                return x + moved.reshape(x.shape)
            case "running-scores":
                traces, n0 = self.frames[:, :, 0], s["prior_frames"]
                means, sds = self[s["means"]], self[s["sds"]]
                total = n0 + np.arange(1, len(traces) + 1)[:, None]
                m = np.cumsum(traces - means, 0) / total
                squares = np.cumsum((traces - means) ** 2, 0) + n0 * sds**2
                self.sd = np.maximum(np.sqrt(np.maximum(squares / total - m**2, 0)), 1e-6)
                before = [traces[np.maximum(np.arange(len(traces)) - lag, 0)] for lag in range(1, s["lags"] + 1)]
                seen = np.stack([traces - means - m] + [b - traces for b in before], -1) / self.sd[..., None]
                return np.concatenate([seen.reshape(len(traces), -1), np.ones((len(traces), 1))], 1)
            case "heads":
                said = (x @ self[s["weights"]]).reshape(*self.frames.shape, s["steps"]) * self.sd[..., None, None]
                levels = self[s["levels"]].reshape(self.frames.shape[1], -1)
                origin = np.concatenate([self.frames[..., :1], np.broadcast_to(levels, self.frames[..., 1:].shape)], 2)
                return (origin[..., None] + said)[self.starts].transpose(0, 3, 1, 2)
        raise NotImplementedError(f"this program does not follow {s['op']}")

    def maps(self, s):
        """Of each neuron its own map and that of its class, `[neuron, number, unit]`."""
        own, shared = (self[s[part]] for part in ("own", "shared"))
        n, units = len(s["classes"]), own.shape[-1]
        own = own.reshape(n, -1, units)
        return own + shared.reshape(-1, *own.shape[1:])[s["classes"]]

    def recurrent(self, s, x, cell):
        """Along frames in sequences that overlap, or one step further."""
        if "sequence" not in s:
            self.state = cell(s, x, self.state)
            return self.state[0]
        hidden, hop = [], s["sequence"] - s["burn_in"]
        for start in range(0, max(len(x) - s["burn_in"], 1), hop):
            state = None
            for at in range(start, min(start + s["sequence"], len(x))):
                state = cell(s, x[at], state)
                if start == 0 or at >= start + s["burn_in"]:
                    hidden.append(state[0])
        return np.stack(hidden)

    def lstm(self, s, x, state):
        gates = x @ self[s["w_in"]] + self[s["b"]]
        if state:
            gates = gates + state[0] @ self[s["w_state"]]
        i, f, c, o = np.split(gates, 4, -1)
        assert s["gates"] == ["input", "forget", "cell", "output"]
        cell = sigmoid(f) * (state[1] if state else 0) + sigmoid(i) * np.tanh(c)
        return sigmoid(o) * np.tanh(cell), cell

    def recurrent_attention(self, s, x, state):
        """`[neuron, unit]`, or of every sequence."""
        layer = lambda name, x: x @ self[s[name][0]] + self[s[name][1]]
        before = state[0] if state else np.zeros_like(x)
        z = np.concatenate([x, before], -1)
        by_head = lambda x: np.stack(np.split(x, s["heads"], -1), -3)
        query, key, value = (by_head(layer(name, z)) for name in ("query", "key", "value"))
        scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
        if "leaning" in s:
            scores = scores + self[s["leaning"]][:, None, None] * self[s["connectome"]]
        messages = np.concatenate(list(np.moveaxis(softmax(scores) @ value, -3, 0)), -1)
        heard, own = layer("heard", np.concatenate([x, messages], -1)), layer("state", before)
        assert s["gates"] == ["reset", "update", "candidate"]
        (r, u, c), (own_r, own_u, own_c) = np.split(heard, 3, -1), np.split(own, 3, -1)
        candidate, update = np.tanh(c + sigmoid(r + own_r) * own_c), sigmoid(u + own_u)
        return ((1 - update) * candidate + update * before,)


def features(header, tensors, seconds, traces):
    """What the model is given, `[frame, neuron, number]`, of traces `[frame, neuron]`; NaN where a neuron is not."""
    if header["features"] != ["trace", "derivative"]:
        return signals(header, tensors, seconds, traces)
    if header["derivative"] == "backward":
        slopes = np.concatenate([[0 * traces[0]], np.diff(traces, axis=0) / np.diff(seconds)[:, None]])
    else:  # central differences; a recording with a derivative of its own is not read here
        ahead, before = np.minimum(np.arange(len(seconds)) + 1, len(seconds) - 1), np.maximum(np.arange(len(seconds)) - 1, 0)
        slopes = (traces[ahead] - traces[before]) / (seconds[ahead] - seconds[before])[:, None]
    x = np.stack([traces, slopes], -1)
    match header["normalisation"]:
        case "whole-recording": low, high = x.min(0), x.max(0)
        case "causal": low, high = np.minimum.accumulate(x), np.maximum.accumulate(x)
        case "training": low, high = np.moveaxis(tensors["normalisation.ranges"], -1, 0)
    x = np.where(high > low, (x - low) / np.where(high > low, high - low, 1), 0)
    return x if header["interval"] == "[0, 1]" else 2 * x - 1


def signals(header, tensors, seconds, traces):
    """Levels of smoothed traces, and their slopes in units of 1.5 times their root mean square, on each scale."""
    levels, how = tensors["normalisation.levels"], header["signals"]
    there = ~np.isnan(traces[0]) & (levels != 0).any(1)
    traces, n = np.where(there, traces, 0), len(traces)
    if how["smoothing"] == "gaussian":
        interval = (seconds[-1] - seconds[0]) / (n - 1)
        sigma = how["smoothing_s"] / interval
        k = np.arange(-np.ceil(3 * sigma), np.ceil(3 * sigma) + 1)
        weights = np.exp(-0.5 * (k / sigma) ** 2)
        smooth = lambda v: np.convolve(v, weights, "full")[len(k) // 2:][:n]
        level = np.stack([smooth(v) for v in traces.T], 1) / smooth(np.ones(n))[:, None]
        ahead, before = np.minimum(np.arange(n) + 1, n - 1), np.maximum(np.arange(n) - 1, 0)
        slope = (level[ahead] - level[before]) / ((ahead - before) * interval)[:, None]
    else:
        interval = tensors["normalisation.interval"][0]
        keeps = np.exp(-interval / how["smoothing_s"])
        level, last = np.zeros_like(traces), traces[0]
        for t in range(n):
            level[t] = last = keeps * last + (1 - keeps) * traces[t]
        slope = np.concatenate([[0 * level[0]], np.diff(level, axis=0)]) / interval
    mean, sd, rms, low, high = levels.T
    match header["normalisation"]:
        case "whole-recording":
            mean, sd, rms = level.mean(0), level.std(0), np.sqrt((slope**2).mean(0))
            low, high = (np.sort(level, 0)[int(share * (n - 1) + 0.5)] for share in (0.02, 0.98))
        case "causal":  # frames so far have no range: z-scores stand instead
            prior = how["prior_frames"]
            total, centred = prior + np.arange(1, n + 1)[:, None], level - mean
            m = np.cumsum(centred, 0) / total
            rms = np.sqrt((prior * rms**2 + np.cumsum(slope**2, 0)) / total)
            sd, mean = np.sqrt((prior * sd**2 + np.cumsum(centred**2, 0)) / total - m**2), m + mean
            low, high = 0 * low, 0 * high
    varies = high > low
    units = {"z-score": (mean, sd),
             "range": (np.where(varies, (low + high) / 2, mean), np.where(varies, (high - low) / 2, sd))}
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = slope / (how["slope_unit"] * rms)
        levels = [(level - middle) / unit for middle, unit in (units[scale] for scale in how["levels"])]
    return [shown(header, there, interval, np.stack([level, slope], -1)) for level in levels]


def shown(header, there, interval, x):
    """What a network is given, of levels and slopes `[frame, neuron, 2]`."""
    how, n = header["signals"], len(x)
    x = np.where(there[:, None], x, 0)
    late = min(int(how["delay_s"] / interval + 0.5), n - 1)
    x = np.concatenate([x[late:], np.repeat(x[-1:], late, 0)])
    if "lags_s" in how:
        lags = [int(np.sign(lag) * np.floor(abs(lag) / interval + 0.5)) for lag in how["lags_s"]]
        at = [np.clip(np.arange(n) + lag, 0, n - 1) for lag in lags]
        return np.concatenate([x[frames] for frames in at], -1)
    if header["features"][0] == "is there":
        x = np.concatenate([np.broadcast_to(there[:, None], (n, len(there), 1)), x], -1)
    return x


def decode(header, tensors, x, evaluated):
    """Probabilities `[frame, class]`."""
    members = header["pass"].get("members")
    names = header.get("network_states", header["states"])
    said = []
    for member in range(members or 1):
        run = Run(tensors, evaluated, member if members else None, members)
        run.n_classes = len(names)
        seen = x[member % len(x)] if "signals" in header else x
        said.append(run.walk(header["pass"]["steps"], seen))
    p = np.exp(np.mean(said, 0))
    if "state_of_network_states" in header:
        joined = np.zeros((len(p), len(header["states"])))
        for k, state in enumerate(header["state_of_network_states"]):
            if state is not None:
                joined[:, header["states"].index(state)] += p[:, k]
        p = joined
    return p / p.sum(1, keepdims=True)


def forecast(header, tensors, x, starts, n_steps, evaluated):
    """Frames `[start, step, neuron, feature]`."""
    if header["network"] and header["network"].get("residual_of"):
        raise NotImplementedError("this program does not follow networks that correct another forecast")
    run, steps = Run(tensors, evaluated), header["pass"]["steps"]
    run.frames, run.starts = x, starts
    if any(step["op"] == "running-scores" for step in steps):
        said = run.walk(steps, x)
        return said[:, np.minimum(np.arange(n_steps), said.shape[1] - 1)]
    for back in range(header["pass"].get("burn_in", 1) - 1, 0, -1):
        run.walk(steps, x[starts - back], warming=True)
    run.past = [x[np.maximum(starts - lag, 0)] for lag in range(8)]
    said = []
    for _ in range(n_steps):
        run.past.insert(0, run.walk(steps, run.past[0]))
        said.append(run.past[0])
    return np.stack(said, 1)


def main(model, recording, *options):
    header, tensors = load(model)
    rows = list(csv.reader(open(recording)))
    columns = {name: np.array([float(row[k] or "nan") for row in rows[1:]])
               for k, name in enumerate(rows[0]) if name == "time_s" or name in header["neurons"]}
    seconds = columns["time_s"]
    missing = np.full(len(seconds), np.nan)
    traces = np.stack([columns.get(name, missing) for name in header["neurons"]], 1)
    x, evaluated = features(header, tensors, seconds, traces), "evaluated" in options
    out = csv.writer(sys.stdout, lineterminator="\n")
    if "states" in header:
        out.writerow(header["states"])
        out.writerows(decode(header, tensors, x, evaluated))
    else:
        starts, n_steps = np.arange(7, len(x) - 16, 5), 16
        said = forecast(header, tensors, x, starts, n_steps, evaluated)
        out.writerow(["start", "step"] + [f"{n} {f}" for n in header["neurons"] for f in header["features"]])
        for start, steps in zip(starts, said):
            out.writerows([start, k + 1, *step.ravel()] for k, step in enumerate(steps))


if __name__ == "__main__":
    main(*sys.argv[1:])
