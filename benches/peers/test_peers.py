"""The two peers compute one and the same thing.

    python -m unittest test_peers.py -v

In double precision PyTorch and JAX agree, parameter by parameter, on loss, gradients and three Adam
steps of every training step, with either form of the edge block, and both agree with the committed
reference numbers of the Rust tests. In single precision the whole gradient is within 1e-3 of the
exact one; parameters just before a batch norm can be further off, as their gradients are small
differences of large sums. Some minutes, most of them imports; no timing is asserted.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import harness
from case import make_case

HERE = Path(__file__).resolve().parent
REFERENCES = HERE / "../../crates/nervering-models/tests/pytorch"
SMALL = {"rows": 40, "neurons": 4, "width": 8}


def run(peer, case, *options):
    """The peer's result on the case, timed as briefly as it allows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.json"
        path.write_text(json.dumps(case))
        command = [sys.executable, HERE / f"{peer}_peer.py", path, "--seconds", "0", *options]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def relative(a, b):
    return np.linalg.norm(np.subtract(a, b)) / np.linalg.norm(b)


def distance(a, b):
    """Largest relative distance of two results over losses and parameters' gradients."""
    assert a["grads"].keys() == b["grads"].keys()
    distances = [relative(a["grads"][name], b["grads"][name]) for name in b["grads"]]
    distances.append(relative(a["loss"], b["loss"]))
    if "warm_up_losses" in b:
        distances.append(relative(a["warm_up_losses"], b["warm_up_losses"]))
    return max(distances)


def whole_gradient(result):
    return np.concatenate([result["grads"][name] for name in sorted(result["grads"])])


class Peers(unittest.TestCase):
    def test_torch_and_jax_agree(self):
        activations = ("elu", "relu", "relu", "elu", "relu", "elu", "relu")
        for step, activation in zip(harness.STEPS, activations, strict=True):
            case = make_case(step, **SMALL, activation=activation, seed=1)
            exact = run("torch", case, "--float64")
            self.assertAlmostEqual(exact["warm_up_losses"][0], exact["loss"], places=12)
            with self.subTest(step=step, activation=activation, precision="double"):
                self.assertLess(distance(run("jax", case, "--float64"), exact), 1e-8)
            for peer in ("torch", "jax"):
                with self.subTest(step=step, activation=activation, precision="single", peer=peer):
                    result = run(peer, case)
                    self.assertLess(relative(result["loss"], exact["loss"]), 1e-5)
                    off = relative(whole_gradient(result), whole_gradient(exact))
                    self.assertLess(off, 1e-3)

    def test_split_pairs_change_nothing_but_the_time(self):
        for step in ("classify-gnn", "classify-gnn-text", "trajectory-gnn"):
            case = make_case(step, **SMALL, seed=2)
            plain = run("torch", case, "--float64")
            for peer in ("torch", "jax"):
                with self.subTest(step=step, peer=peer):
                    split = run(peer, case, "--float64", "--split-pairs")
                    self.assertLess(distance(split, plain), 1e-8)

    def test_both_give_the_reference_numbers_of_the_rust_tests(self):
        cases = (("mlp-text", "relu"), ("mlp", "elu"), ("gnn", "elu"), ("gnn-text", "relu"))
        for model, activation in cases:
            reference = json.loads((REFERENCES / f"{model}-{activation}.json").read_text())
            for peer in ("torch", "jax"):
                with self.subTest(model=model, activation=activation, peer=peer):
                    result = run(peer, reference | {"step": f"classify-{model}"}, "--float64")
                    self.assertLess(distance(result, reference), 1e-10)

    def test_compiled_torch_is_the_eager_one(self):
        case = make_case("trajectory-gnn", **SMALL, seed=3)
        compiled = run("torch", case, "--float64", "--compile")
        self.assertLess(distance(compiled, run("torch", case, "--float64")), 1e-8)

    def test_the_measured_sizes_have_the_papers_parameter_counts(self):
        counts = {
            "classify-gnn": 10505,
            "classify-mlp": 4599,
            "classify-mlp-text": 919,
            "trajectory-gnn": 332804,
            "trajectory-mlp": 69638,
            "tcn": 22023,
        }
        for step, expected in counts.items():
            params = make_case(step, rows=2)["params"].values()
            self.assertEqual(sum(len(p["data"]) for p in params), expected, step)


if __name__ == "__main__":
    unittest.main()
