"""Recordings in and out of files and other libraries' tables."""

import pickle

import numpy as np
import pandas as pd
import pytest

import nervering as nr


def same(a, b):
    assert a.neurons == b.neurons
    np.testing.assert_array_equal(a.to_numpy(), b.to_numpy())
    np.testing.assert_allclose(a.time, b.time, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(a.states, b.states)


def test_files_and_patterns(files, animals):
    by_folder = nr.read(files)
    by_pattern = nr.read(f"{files}/*.csv")
    by_list = nr.read(sorted(files.glob("*.csv")))
    for found in (by_folder, by_pattern, by_list):
        assert found.animals == animals.animals
        same(found[0], animals[0])


def test_parquet_holds_the_same(animals, tmp_path):
    paths = animals[:1].save(tmp_path, format="parquet")
    assert [path.suffix for path in paths] == [".parquet"]
    same(nr.read(tmp_path)[0], animals[0])


def test_what_is_not_there(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path / "*.csv"):
        with pytest.raises(FileNotFoundError, match=str(tmp_path)):
            nr.read(path)
    (tmp_path / "words.csv").write_text("these are words\n")
    with pytest.raises(ValueError, match="words.csv"):
        nr.read(tmp_path / "words.csv")


def test_options_are_the_programs(files):
    with pytest.raises(TypeError, match="--colour"):
        nr.read(files, colour="red")
    with pytest.raises(ValueError, match="unit"):
        nr.read(files, unit="furlong")
    assert nr.read(files, unit="ratio")[0].unit == "ratio"


def test_slices_names_and_sums(animals):
    assert isinstance(animals[:2], nr.Recordings)
    assert (animals[:2] + animals[2:]).animals == animals.animals
    assert animals[animals.animals[1]] is animals[1]
    with pytest.raises(KeyError, match="nobody"):
        animals["nobody"]


def test_numpy_sees_the_traces_without_a_copy(animals):
    one = animals[0]
    first, again = one.to_numpy(), one.to_xarray().values
    assert np.shares_memory(first, again)
    assert np.shares_memory(first, one.to_pandas(states=False).to_numpy())
    assert not first.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1.0


def test_the_array_outlives_the_recording(animals):
    array = nr.read(animals[0].to_xarray())[0].to_numpy()
    np.testing.assert_array_equal(array, animals[0].to_numpy())


def test_xarray_and_back(animals):
    array = animals[0].to_xarray()
    assert array.dims == ("time", "neuron")
    assert array.attrs["animal"] == animals[0].animal
    same(nr.read(array)[0], animals[0])
    same(nr.read(array.T)[0], animals[0])


def test_pandas_and_back(animals):
    frame = animals[0].to_pandas()
    assert frame.index.name == "time_s"
    same(nr.read(frame, animal="a")[0], animals[0])
    same(nr.read(frame.reset_index(), animal="a")[0], animals[0])


def test_polars_and_back(animals):
    pl = pytest.importorskip("polars")
    frame = animals[0].to_polars()
    assert isinstance(frame, pl.DataFrame)
    same(nr.read(frame)[0], animals[0])


def test_pynapple_and_back(animals):
    pytest.importorskip("pynapple")
    one = animals[0]
    epochs = one.epochs()
    assert set(epochs) == set(one.states) - {"NOSTATE"}
    same(nr.read(one.to_pynapple(), states=epochs)[0], one)


def test_arrays_say_what_they_do_not_hold(animals):
    one = animals[0]
    found = nr.read(one.to_numpy(), neurons=one.neurons, time=one.time, states=one.states)[0]
    same(found, one)
    found = nr.read({"w": np.ones((5, 2)) * np.arange(5)[:, None]}, fps=3.0)[0]
    assert (found.animal, found.fps) == ("w", pytest.approx(3.0))
    with pytest.raises(ValueError, match="fps"):
        nr.read(np.ones((5, 2)))
    with pytest.raises(ValueError, match="axes"):
        nr.read(np.ones(5), fps=3.0)


def test_nwb_in_and_out(animals, tmp_path):
    pynwb = pytest.importorskip("pynwb")
    from datetime import datetime, timezone

    file = pynwb.NWBFile("a worm", "worm", datetime.now(timezone.utc))
    said = animals[0].to_xarray()[:, :2].drop_vars("state")
    probabilities = said.rename(neuron="state").assign_coords(state=["forward", "reverse"])
    module = nr.add_to_nwb(file, probabilities)
    assert module["probabilities"].data.shape == (animals[0].n_frames, 2)
    with pytest.raises(ValueError, match="worm"):
        nr.read(file)


def test_inspection_is_a_table(files):
    worms = nr.read(files)
    found = worms.inspect()
    assert list(found.columns) == ["level", "kind", "place", "text"]
    summary = worms.summary()
    assert list(summary.index) == worms.animals
    assert (summary["n_frames"] == [len(worm) for worm in worms]).all()
    wrong = pd.DataFrame({"AVAL": np.zeros(50), "AVAR": np.sin(np.arange(50))})
    kinds = nr.read(wrong, fps=3.0).inspect()["kind"]
    assert "flat-trace" in set(kinds)


def test_notebooks_show_a_table_that_is_escaped():
    worms = nr.read({"<b>worm</b>": np.random.default_rng(0).normal(size=(20, 2))}, fps=3.0)
    html = worms._repr_html_()
    assert "&lt;b&gt;worm&lt;/b&gt;" in html and "<b>" not in html


def test_pickles(animals):
    same(pickle.loads(pickle.dumps(animals[0])), animals[0])
    assert pickle.loads(pickle.dumps(animals[:2])).animals == animals.animals[:2]


def test_real_worms(kato2015):
    worms = nr.read(f"{kato2015}/*.csv")
    assert len(worms) == 5 and {len(worm.identified) for worm in worms} == {15}
    assert set(worms.inspect()["level"]) <= {"wrong", "doubtful", "advice"}
