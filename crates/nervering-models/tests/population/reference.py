"""Reference numbers for the networks of ``population``, in float64, from the standard library alone.

Written from the equations in ``src/forecast/population/mod.rs`` with loops over lists; it shares no code
with the Rust side, and PyTorch, whose ``gelu(approximate="tanh")`` is meant, is not needed. Everything that
goes in is a formula of its place, so that only results are in ``reference.json``:

    parameter k of part p (in the order of PARTS)     0.3 sin(1.3 p + 0.7 k)
    window k                                          sin(0.37 k + 0.1)
    neuron k of all frames is present                 k % 4 != 1
    unit k of the population, of all frames           0 where k % 3 == 0, else 1.4 (dropout)

    said       [frame, neuron, feature, head]
    gradients  of half the sum of squares of what is said, by some parameters of each part:
               [part, place, central difference]

Run as ``python reference.py`` (writes) or ``python reference.py --check``. Committed output: Python 3.11.
"""

import json
import math
import sys
from pathlib import Path

FRAMES, NEURONS, FEATURES, HEADS, WINDOW, WIDTH = 3, 3, 2, 16, 8, 64
OUT = FEATURES * HEADS
PARTS = {
    "network_own": (WINDOW, WIDTH),
    "network_own_bias": (1, WIDTH),
    "network_population": (NEURONS * WINDOW, WIDTH),
    "network_population_bias": (1, WIDTH),
    "network_modulation": (WIDTH, 2 * WIDTH),
    "network_modulation_bias": (1, 2 * WIDTH),
    "network_identity": (NEURONS, 2 * WIDTH),
    "network_hidden": (WIDTH, WIDTH),
    "network_hidden_bias": (1, WIDTH),
    "network_heads": (WIDTH, OUT),
    "network_heads_bias": (1, OUT),
}
EACH = 5


def gelu(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def layer(p, name, x):
    n_out = PARTS[name][1]
    weights, y = p[name], list(p[name + "_bias"])
    for i, value in enumerate(x):
        if value:
            row = weights[i * n_out : (i + 1) * n_out]
            y = [total + value * weight for total, weight in zip(y, row)]
    return y


def parameters():
    def part(at, shape):
        return [0.3 * math.sin(1.3 * at + 0.7 * k) for k in range(shape[0] * shape[1])]

    return {name: part(at, shape) for at, (name, shape) in enumerate(PARTS.items())}


def said(p):
    result = []
    for frame in range(FRAMES):
        present = [(frame * NEURONS + i) % 4 != 1 for i in range(NEURONS)]
        first = frame * NEURONS * WINDOW
        windows = [
            math.sin(0.37 * (first + k) + 0.1) if present[k // WINDOW] else 0.0
            for k in range(NEURONS * WINDOW)
        ]
        population = [
            0.0 if (frame * WIDTH + k) % 3 == 0 else 1.4 * gelu(value)
            for k, value in enumerate(layer(p, "network_population", windows))
        ]
        shared = layer(p, "network_modulation", population)
        for i in range(NEURONS):
            if not present[i]:
                result += [0.0] * OUT
                continue
            own = layer(p, "network_own", windows[i * WINDOW : (i + 1) * WINDOW])
            identity = p["network_identity"][i * 2 * WIDTH : (i + 1) * 2 * WIDTH]
            gains, shifts = [
                [a + b for a, b in zip(shared[k : k + WIDTH], identity[k : k + WIDTH])]
                for k in (0, WIDTH)
            ]
            inner = [gelu((1 + a) * u + c) for a, u, c in zip(gains, own, shifts)]
            hidden = [gelu(value) for value in layer(p, "network_hidden", inner)]
            result += layer(p, "network_heads", hidden)
    return result


def loss(p):
    return sum(value * value for value in said(p)) / 2


def case():
    p, gradients, step = parameters(), [], 1e-5
    for name, values in p.items():
        for at in range(0, len(values), -(-len(values) // EACH)):
            value, found = values[at], []
            for by in (step, -step):
                values[at] = value + by
                found.append(loss(p))
            values[at] = value
            gradients.append([name, at, (found[0] - found[1]) / (2 * step)])
    return {"said": said(p), "gradients": gradients}


def main():
    path, text = Path(__file__).with_suffix(".json"), json.dumps(case()) + "\n"
    if "--check" in sys.argv[1:]:
        assert path.read_text() == text, f"{path.name} differs"
    else:
        path.write_text(text)


if __name__ == "__main__":
    main()
