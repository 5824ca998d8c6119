"""mypy accepts the sources and the stubs, and what users write."""

import subprocess
import sys
from pathlib import Path

import pytest

USED = """
import nervering as nr

worms = nr.read("kato2015/*.csv")
score: float = nr.GNNDecoder(states=4).fit(worms[:4]).score(worms[4])
study: nr.Study = nr.compare(worms, ["logistic"])
reveal_type(worms[0].to_numpy())
"""


def test_users_code_is_checked(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "used.py").write_text(USED)
    command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", "used.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout
    assert "ndarray" in said.stdout


def test_the_sources_are_checked():
    pytest.importorskip("mypy")
    root = Path(__file__).resolve().parents[3]
    said = subprocess.run([sys.executable, "-m", "mypy"], cwd=root, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout
