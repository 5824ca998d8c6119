"""Times every step in nervering and in every peer on one core, and prints Markdown tables.

    python measure.py [--core 1] [--seconds 5] [--rounds 3] [--activation elu] [--step classify-gnn]
                      [--leave-out "PyTorch compile, split pairs"]

Each number is a fresh process pinned to the core; the programs take turns within a round, so that
another job on the machine disturbs all of them alike. No number counts unless all programs computed
the same step in the first round, in the very processes that were timed: with PyTorch in float64,
loss within 1e-4 and every gradient within 1e-3 of the model's largest (1e-2 for ReLU), the losses
of the first steps of Adam within 2 % (5 % for ReLU); or within twice the error of PyTorch itself in
float32, where that is more. Roll-outs begin with small increments, since eight large ones magnify
rounding by orders of magnitude (see case.py).
A cell is the median over the rounds' medians, and in brackets the fastest step seen; a ratio is
that of the medians, and in brackets that of the fastest steps. Tables go to standard output,
progress to standard error.

nervering is the example `peer` of nervering-models, built beforehand by
`cargo build --release --workspace --examples`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import harness
from case import make_case

HERE = Path(__file__).resolve().parent
OURS = HERE.parents[1] / "target" / "release" / "examples" / "peer"
# glibc hands megabytes back to the system as soon as they are free, and every step of an eager
# program then faults them in again; told to keep them, it does not
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 32)}
LOSS_BOUND = 1e-4
# of a million inputs of ReLU some lie within float32's rounding of the kink, and then two programs
# may rightly differ by one row's whole gradient; the case is one where that matters little
GRADIENT_BOUND = {"elu": 1e-3, "relu": 1e-2}
# Adam divides a gradient by its own size, so that one of rounding alone moves its weight as far as any other
ADAM_BOUND = {"elu": 2e-2, "relu": 5e-2}
SEED = 3


def programs(step, ours, left_out):
    """heading -> (command, additions to the environment); only a GNN has pairs to split."""
    torch = [sys.executable, str(HERE / "torch_peer.py")]
    jax = [sys.executable, str(HERE / "jax_peer.py")]
    found = {
        "nervering": ([str(ours)], {}),
        "PyTorch eager": (torch, {}),
        "PyTorch eager, memory kept": (torch, KEEP_MEMORY),
        "PyTorch compile": ([*torch, "--compile"], {}),
        "JAX jit": (jax, {}),
    }
    if "gnn" in step:
        split = {"PyTorch eager": torch, "PyTorch compile": [*torch, "--compile"], "JAX jit": jax}
        for heading, command in split.items():
            found[f"{heading}, split pairs"] = ([*command, "--split-pairs"], {})
    return {heading: program for heading, program in found.items() if heading not in left_out}


def run(command, environment, path, seconds):
    output = subprocess.run(
        [*command, str(path), "--seconds", str(seconds)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ | environment,
    )
    return json.loads(output.stdout)


def errors(exact, result):
    """Of the loss, of the worst gradient over the model's largest, of the first steps' losses."""
    largest = max(np.abs(g).max() for g in exact["grads"].values())
    gradients = {
        name: np.abs(np.subtract(result["grads"][name], g)).max() / largest
        for name, g in exact["grads"].items()
    }
    worst = max(gradients, key=gradients.get)
    loss = abs(result["loss"] / exact["loss"] - 1)
    adam = np.abs(np.divide(result["warm_up_losses"], exact["warm_up_losses"]) - 1).max()
    return worst, np.array([loss, gradients[worst], adam])


def check(step, activation, exact, results):
    """Stops unless all programs computed the step that PyTorch computes in float64."""
    bounds = np.array([LOSS_BOUND, GRADIENT_BOUND[activation], ADAM_BOUND[activation]])
    if "PyTorch eager" in results:
        # where a roll-out magnifies its rounding, no program can be asked for much more than
        # PyTorch's own float32 gives
        bounds = np.maximum(bounds, 2 * errors(exact, results["PyTorch eager"])[1])
    for heading, result in results.items():
        if result["grads"].keys() != exact["grads"].keys():
            sys.exit(f"{step}, {heading}: other parameters than PyTorch's")
        worst, found = errors(exact, result)
        print(
            f"{step}, {heading}: loss off by {found[0]:.1e}, gradients by {found[1]:.1e} at most"
            f" ({worst}), losses of the first steps by {found[2]:.1e}",
            file=sys.stderr,
        )
        if (found > bounds).any():
            sys.exit(f"{step}, {heading}: not the same step as PyTorch's in float64")


def measure(step, activation, args):
    """heading -> (median of medians, least) in milliseconds."""
    found = programs(step, args.nervering, args.leave_out)
    seen = {heading: [] for heading in found}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.json"
        path.write_text(json.dumps(make_case(step, activation=activation, seed=SEED)))
        torch = [sys.executable, str(HERE / "torch_peer.py"), "--float64"]
        exact = run(torch, {}, path, 0)
        first_results = {}
        for turn in range(args.rounds):
            for heading, (command, environment) in found.items():
                result = run(command, environment, path, args.seconds)
                if turn == 0:
                    first_results[heading] = result
                seen[heading].append((result["median_ms"], result["min_ms"]))
                print(
                    f"{step} {activation} {heading}: {result['median_ms']:.2f} ms,"
                    f" least {result['min_ms']:.2f}",
                    file=sys.stderr,
                )
        check(step, activation, exact, first_results)
    return {
        heading: (statistics.median(m for m, _ in times), min(least for _, least in times))
        for heading, times in seen.items()
    }


def activations(step, asked):
    """Those to measure; `tcn` has ReLU alone."""
    return [a for a in asked or ("elu", "relu") if step != "tcn" or a == "relu"]


def peak():
    """Gigaflops per second of PyTorch's float32 product of 1024 x 1024 matrices, best of 40."""
    program = (
        "import time, torch; torch.set_num_threads(1)\n"
        "a = torch.ones(1024, 1024); times = []\n"
        "for _ in range(40):\n"
        "    start = time.perf_counter(); a @ a; times.append(time.perf_counter() - start)\n"
        "print(2 * 1024**3 / min(times) / 1e9)"
    )
    return float(subprocess.check_output([sys.executable, "-c", program]))


def print_table(rows, cell):
    headings = list(dict.fromkeys(heading for times in rows.values() for heading in times))
    print("| step | " + " | ".join(headings) + " |")
    print("|---" * (1 + len(headings)) + "|")
    for row, times in rows.items():
        cells = (cell(times, heading) if heading in times else "" for heading in headings)
        print(f"| {row} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description="step times of nervering and its peers, one core")
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nervering", type=Path, default=OURS, help="the built example `peer`")
    parser.add_argument("--activation", choices=("elu", "relu"), action="append")
    parser.add_argument("--step", choices=harness.STEPS, action="append")
    parser.add_argument("--leave-out", metavar="HEADING", action="append", default=[])
    args = parser.parse_args()
    if not args.nervering.exists():
        sys.exit(f"{args.nervering}: not found; cargo build --release --workspace --examples")
    os.sched_setaffinity(0, {args.core})

    peaks = [peak()]
    rows = {}
    for step in args.step or harness.STEPS:
        for activation in activations(step, args.activation):
            times = measure(step, activation, args)
            rows[f"`{step}`, {activation}"] = times
    peaks.append(peak())
    print(f"Matrix product of 1024 x 1024 on this core: {min(peaks):.0f} to {max(peaks):.0f} GFLOP/s\n")
    print("Milliseconds per step: median (least)\n")
    print_table(rows, lambda times, heading: "{:.3g} ({:.3g})".format(*times[heading]))

    print("\nHow many times as long as nervering: medians (least times)\n")
    ratios = {
        row: {
            heading: [t / ours for t, ours in zip(pair, times["nervering"])]
            for heading, pair in times.items()
            if heading != "nervering"
        }
        for row, times in rows.items()
    }
    print_table(ratios, lambda times, heading: "{:.1f} ({:.1f})".format(*times[heading]))


if __name__ == "__main__":
    main()
