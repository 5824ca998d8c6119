"""The package itself: what it loads, its names, its program."""

import subprocess
import sys

import nervering as nr
from nervering import _native


def python(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)


def test_nothing_large_is_loaded_before_it_is_used():
    code = "import nervering, sys; print([m for m in ('pandas', 'sklearn', 'xarray') if m in sys.modules])"
    assert python(code).stdout.strip() == "[]"


def test_every_decoder_there_is_has_a_class():
    for about in _native.decoders():
        cls = nr.decoders()[about["name"]]
        assert cls.model == about["name"]
        assert getattr(nr, cls.__name__) is cls
        assert cls.__name__ in dir(nr)
    assert nr.GNNDecoder.model == "gnn" and nr.TCNDelay1sDecoder.model == "tcn-delay-1s"


def test_a_name_that_is_none():
    import pytest

    with pytest.raises(AttributeError, match="Horse"):
        nr.HorseDecoder


def test_the_package_carries_the_program(files, tmp_path):
    run = [sys.executable, "-m", "nervering._program"]
    said = subprocess.run([*run, "--version"], check=True, capture_output=True, text=True)
    assert said.stdout.split() == ["nervering", nr.__version__]
    failed = subprocess.run([*run, "inspect", str(tmp_path / "no")], capture_output=True, text=True)
    assert failed.returncode == 2 and "failed to read" in failed.stderr
    listed = subprocess.run([*run, "inspect", str(files)], capture_output=True, text=True)
    assert nr.read(files).animals[0] in listed.stdout


def test_the_program_is_among_the_scripts():
    from importlib.metadata import distribution

    scripts = distribution("nervering").entry_points.select(group="console_scripts")
    assert [script.name for script in scripts] == ["nervering"]
