"""Studies: the same bytes as the program writes, tables, resume, jobs."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import nervering as nr

SMALL = {"preset": "smoke", "epochs": 4, "training_sizes": [1, 3], "threads": 2}


def program(*arguments):
    command = [sys.executable, "-m", "nervering._program", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True)


def content(folder):
    files = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def study(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("studies") / "compared"
    models = ["logistic", "mlp", nr.GNNDecoder(states=4)]
    return nr.compare(nr.read(files), models, out=out, progress=False, **SMALL)


def test_the_program_writes_the_same_bytes(study, files, tmp_path):
    options = ["--preset=smoke", "--epochs=4", "--training-sizes=1,3", "--states=4"]
    models = "--models=logistic,mlp,gnn"
    program("compare", files, models, *options, f"--out={tmp_path / 'theirs'}")
    ours, theirs = content(study.folder), content(tmp_path / "theirs")
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_the_table_is_tidy(study):
    table = study.table
    assert {"variant", "model", "n_trained", "role", "measure", "mean", "sd", "n"} <= set(table)
    unseen = table[(table.role == "unseen") & (table.measure == "balanced_accuracy")]
    assert set(unseen.model) == {"logistic", "mlp", "gnn"}
    assert unseen["mean"].between(0, 1).all()
    wide = study.wide_table.set_index(["variant", "model", "n_trained", "edges", "batch_norm"])
    row = unseen.iloc[0]
    key = (row.variant, row.model, row.n_trained, row.edges, row.batch_norm)
    assert wide.loc[key, "unseen_balanced_accuracy_mean"] == row["mean"]


def test_what_shuffled_windows_would_have_claimed(study):
    leak = study.leakage()
    assert set(leak.columns) == {"model", "n_trained", "role", "strict", "shuffled", "gained"}
    assert (leak.gained == leak.shuffled - leak.strict).all()
    assert set(leak.role) == {"same", "unseen"}


def test_figures_and_page(study, tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    assert study.figures
    figure = study.figure(study.figures[0])
    assert figure._repr_svg_().lstrip().startswith("<svg") or "<svg" in figure._repr_svg_()
    for name in ("accuracy", "leakage", "confusion"):
        axes = getattr(study.plot, name)()
        assert axes.has_data(), name
    assert study.report(tmp_path / "page.html").read_text().startswith("<!doctype html")
    with pytest.raises(KeyError, match="horse"):
        study.figure("horse")


def test_a_finished_study_is_opened(study, tmp_path):
    opened = nr.open_study(study.folder)
    assert opened.table.equals(study.table)
    assert opened.status["finished"] is True
    opened.verify()
    with pytest.raises(FileNotFoundError, match="study.toml"):
        nr.open_study(tmp_path)
    with pytest.raises(ValueError, match="opened"):
        opened.run()


def test_ctrl_c_keeps_what_was_earned(files, tmp_path):
    code = (
        "import nervering as nr, os, signal, threading, time\n"
        "def stop():\n"
        f"    while not list(__import__('pathlib').Path({str(tmp_path / 'out')!r}).rglob('fits/*')): time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=stop, daemon=True).start()\n"
        "try:\n"
        f"    nr.compare(nr.read({str(files)!r}), ['logistic', 'mlp'], preset='quick', threads=1, "
        f"epochs=300, training_sizes=[1, 3], out={str(tmp_path / 'out')!r}, progress=False)\n"
        "except KeyboardInterrupt as stopped:\n"
        "    print(stopped)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "saved" in said.stdout, said
    assert nr.open_study(tmp_path / "out").status["n_done"] > 0


def test_a_study_file(files, tmp_path):
    text = (Path(__file__).parent / "small.toml").read_text()
    (tmp_path / "small.toml").write_text(text)
    study = nr.Study.from_file(tmp_path / "small.toml", nr.read(files), out=tmp_path / "out")
    assert study.plan()["n_fits"] > 0
    assert study.run(progress=False).table["mean"].notna().all()
    with pytest.raises(FileNotFoundError, match="none.toml"):
        nr.Study.from_file(tmp_path / "none.toml")


def test_recordings_that_are_no_files(animals, tmp_path):
    study = nr.compare(animals, ["majority"], out=tmp_path / "out", progress=False, **SMALL)
    assert set(study.table.model) == {"majority"}


def test_forecasts_are_compared(animals, tmp_path):
    study = nr.compare(
        animals[:3], ["copy", "linear"], task="forecast", out=tmp_path / "f", preset="smoke", progress=False
    )
    assert {"feature", "measure", "mean", "step"} <= set(study.table)


def test_an_experiment_of_the_paper(animals, tmp_path):
    study = nr.reproduce(
        "table1", animals, models=["logistic"], preset="smoke", out=tmp_path / "t", progress=False
    )
    assert study.name == "table1"
    with pytest.raises(ValueError, match="strict"):
        study.leakage()


def test_shards_as_jobs(files, tmp_path):
    worms = nr.read(files)
    study = nr.compare(worms, ["logistic", "mlp"], out=tmp_path / "whole", progress=False, **SMALL)
    planned = nr.compare(worms, ["logistic", "mlp"], out=tmp_path / "jobs", run=False, **SMALL)
    with ThreadPoolExecutor(2) as executor:
        joined = planned.submit(executor, shards=3).result()
    assert content(joined.folder) == content(study.folder)
    with pytest.raises(ValueError, match="save"):
        nr.compare(worms[:3], ["majority"], run=False, **SMALL).submit(executor, shards=2)


def test_errors_are_pythons_own(animals, tmp_path):
    with pytest.raises(ValueError, match="horse"):
        nr.compare(animals, ["horse"], out=tmp_path / "h")
    with pytest.raises(TypeError, match="--colour"):
        nr.compare(animals, colour="red")
    with pytest.raises(ValueError, match="two or more"):
        nr.compare(animals[:1], out=tmp_path / "h")
    with pytest.raises(FileNotFoundError, match="horse"):
        nr.reproduce("horse", animals)
    with pytest.raises(ValueError, match="width"):
        nr.compare(animals, [nr.MLPDecoder(width=4), nr.MLPDecoder(width=8)], run=False)
