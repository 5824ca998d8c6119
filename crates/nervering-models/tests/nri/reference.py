"""Reference numbers for the network of ``nri``, in float64, from the standard library alone.

Written from the equations in ``src/forecast/nri/mod.rs`` and ``src/forecast/markov/mod.rs`` with loops over lists; it
shares no code with the Rust side. Everything that goes in is a formula of its place, so that only results are in
``reference.json``:

    parameter k of part p (in the order of PARTS)     0.4 sin(1.3 p + k + 0.7 (k² mod 101))
    number k of the steps that graphs are read from   sin(0.37 k + 0.1), [animal, step, neuron, 2 · feature]
    number k of the frames that they explain          sin(0.53 k + 0.2), [animal, frame, neuron, feature]

    logits     [animal, receiver, sender]: edge over none, mean over the steps of an animal
    loss       squares of all increments that are said by these graphs, and for each animal WEIGHTS / 2 of the
               divergence of its graph from the sparse prior
    gradients  of the loss by some parameters of each part: [part, place, central difference]

Run as ``python reference.py`` (writes) or ``python reference.py --check``. Committed output: Python 3.11.
"""

import json
import math
import sys
from pathlib import Path

ANIMALS, READ, EXPLAINED, NEURONS, FEATURES, WIDTH = 2, 3, 2, 4, 2, 32
WEIGHTS, PRIOR = (0.7, 0.2), 0.09
EACH = 4


def block(name, n_in):
    return {f"{name}.w1": (n_in, WIDTH), f"{name}.b1": (1, WIDTH), f"{name}.w2": (WIDTH, WIDTH), f"{name}.b2": (1, WIDTH)}


def linear(name, n_out):
    return {f"{name}.w": (WIDTH, n_out), f"{name}.b": (1, n_out)}


PARTS = (
    block("encoder.step", 4 * FEATURES) | block("encoder.node", WIDTH) | block("encoder.pair", 3 * WIDTH)
    | linear("out", 2)
    | block("decoder.edge", 2 * FEATURES) | block("decoder.message", FEATURES + WIDTH) | linear("decoder.out", FEATURES)
)


def wave(rate, phase, k):
    return math.sin(rate * k + phase)


def dense(p, w, b, x):
    n_out = PARTS[b][1]
    return [sum(x[i] * p[w][i * n_out + o] for i in range(len(x))) + p[b][o] for o in range(n_out)]


def elu(x):
    return [value if value > 0 else math.expm1(value) for value in x]


def mlp(p, name, x):
    hidden = elu(dense(p, f"{name}.w1", f"{name}.b1", x))
    return elu(dense(p, f"{name}.w2", f"{name}.b2", hidden))


def logits_of(p, step):
    """Of one step, whose neurons are rows."""
    n = range(NEURONS)
    pairs = {(i, j): mlp(p, "encoder.step", step[i] + step[j]) for i in n for j in n}
    heard = [[sum(pairs[i, j][u] for j in n if j != i) / (NEURONS - 1) for u in range(WIDTH)] for i in n]
    nodes = [mlp(p, "encoder.node", row) for row in heard]
    both = {ij: dense(p, "out.w", "out.b", mlp(p, "encoder.pair", nodes[ij[0]] + nodes[ij[1]] + pairs[ij])) for ij in pairs}
    return {ij: edge - none for ij, (none, edge) in both.items()}


def said(p, frame, weights):
    increments = []
    for i in range(NEURONS):
        others = [j for j in range(NEURONS) if j != i]
        messages = {j: mlp(p, "decoder.edge", frame[i] + frame[j]) for j in others}
        heard = [sum(weights[i, j] * messages[j][u] for j in others) for u in range(WIDTH)]
        increments += dense(p, "decoder.out.w", "decoder.out.b", mlp(p, "decoder.message", frame[i] + heard))
    return increments


def rows(rate, phase, at, n):
    """The at-th array of NEURONS rows of n."""
    begin = at * NEURONS * n
    return [[wave(rate, phase, begin + i * n + k) for k in range(n)] for i in range(NEURONS)]


def evaluate(p):
    loss, graphs = 0.0, []
    for animal in range(ANIMALS):
        steps = [logits_of(p, rows(0.37, 0.1, animal * READ + k, 2 * FEATURES)) for k in range(READ)]
        logits = {ij: sum(step[ij] for step in steps) / READ for ij in steps[0]}
        weights = {ij: 1 / (1 + math.exp(-logit)) for ij, logit in logits.items()}
        for k in range(EXPLAINED):
            frame = rows(0.53, 0.2, animal * EXPLAINED + k, FEATURES)
            loss += sum(value**2 for value in said(p, frame, weights))
        for (i, j), q in weights.items():
            if i != j:
                divergence = q * math.log(q / PRIOR) + (1 - q) * math.log((1 - q) / (1 - PRIOR))
                loss += WEIGHTS[animal] / ANIMALS * divergence
        graphs += [logits[i, j] for i in range(NEURONS) for j in range(NEURONS)]
    return graphs, loss


def reference():
    p = {
        name: [0.4 * math.sin(1.3 * at + k + 0.7 * (k * k % 101)) for k in range(shape[0] * shape[1])]
        for at, (name, shape) in enumerate(PARTS.items())
    }
    logits, loss = evaluate(p)
    gradients = []
    for name, values in p.items():
        for k in range(0, len(values), -(-len(values) // EACH)):
            kept, step = values[k], 1e-5
            ends = []
            for values[k] in (kept + step, kept - step):
                ends.append(evaluate(p)[1])
            values[k] = kept
            gradients.append([name, k, (ends[0] - ends[1]) / (2 * step)])
    return {"logits": logits, "loss": loss, "gradients": gradients}


def main():
    path = Path(__file__).with_name("reference.json")
    found = reference()
    if "--check" in sys.argv:
        committed = json.loads(path.read_text())
        numbers = lambda of: of["logits"] + [of["loss"]] + [value for _, _, value in of["gradients"]]
        apart = max(abs(a - b) for a, b in zip(numbers(found), numbers(committed), strict=True))
        print(f"largest difference {apart:.1e}")
        sys.exit(apart > 1e-6)
    path.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
