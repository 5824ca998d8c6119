"""Times every step in every peer on one core and prints a Markdown table.

    python measure.py [--core 1] [--seconds 5] [--rounds 2] [--activation elu] [--step classify-gnn]

Each number is a fresh process pinned to the core; the peers take turns within a round, so that
another job on the machine disturbs all of them alike. A cell is the median over the rounds'
medians, and in brackets the fastest step seen. Results go to standard output, progress to
standard error.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import harness
from case import make_case

HERE = Path(__file__).resolve().parent
PEERS = {
    "PyTorch eager": ("torch_peer.py",),
    "PyTorch compile": ("torch_peer.py", "--compile"),
    "JAX jit": ("jax_peer.py",),
}


def columns(step):
    """(heading, command) of every way to run a step; only a GNN has pairs to split."""
    for heading, command in PEERS.items():
        yield heading, command
        if "gnn" in step:
            yield f"{heading}, split pairs", (*command, "--split-pairs")


def measure(step, activation, seconds, rounds):
    """heading -> (median of medians, least) in milliseconds."""
    found = {heading: [] for heading, _ in columns(step)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.json"
        path.write_text(json.dumps(make_case(step, activation=activation)))
        for _ in range(rounds):
            for heading, (program, *options) in columns(step):
                command = [sys.executable, HERE / program, path, "--seconds", str(seconds)]
                output = subprocess.run(command + options, check=True, stdout=subprocess.PIPE)
                result = json.loads(output.stdout)
                found[heading].append((result["median_ms"], result["min_ms"]))
                print(
                    f"{step} {activation} {result['framework']} {' '.join(options)}: "
                    f"{result['median_ms']:.2f} ms, least {result['min_ms']:.2f}",
                    file=sys.stderr,
                )
    return {
        heading: (statistics.median(m for m, _ in seen), min(least for _, least in seen))
        for heading, seen in found.items()
    }


def main():
    parser = argparse.ArgumentParser(description="the peers' step times on one core")
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--activation", choices=("elu", "relu"), action="append")
    parser.add_argument("--step", choices=harness.STEPS, action="append")
    args = parser.parse_args()
    os.sched_setaffinity(0, {args.core})

    headings = [heading for heading, _ in columns("gnn")]
    print("| step | " + " | ".join(headings) + " |")
    print("|---" * (1 + len(headings)) + "|")
    for step in args.step or harness.STEPS:
        for activation in args.activation or ("elu", "relu"):
            times = measure(step, activation, args.seconds, args.rounds)
            cells = (
                f"{times[h][0]:.3g} ({times[h][1]:.3g})" if h in times else "" for h in headings
            )
            print(f"| `{step}`, {activation} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
