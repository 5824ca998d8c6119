"""Forecasters on recordings."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

import nervering as nr


def test_what_is_forecast_and_how_sure(animals):
    forecaster = nr.Forecaster("linear-adapted", horizon=16).fit(animals[:3])
    said = forecaster.predict(animals[3], start=200, stop=400, every=50)
    assert said.dims == ("origin", "neuron", "horizon", "quantile")
    assert list(said.origin.values) == [200, 250, 300, 350, 400]
    assert list(said["quantile"].values) == [0.05, 0.5, 0.95]
    low, high = said.sel(quantile=0.05), said.sel(quantile=0.95)
    assert (low <= high).all()
    point = forecaster.predict(animals[3], start=200, stop=400, every=50, intervals=False)
    assert point.dims == ("origin", "neuron", "horizon")
    assert not point.attrs["looks_ahead"]


def test_no_forecast_rests_on_a_later_frame(animals):
    forecaster = nr.Forecaster("linear", horizon=8).fit(animals[:2])
    one = animals[3].to_xarray()
    changed = one.copy(data=one.values.copy())
    changed[500:] += 1.0
    how = {"start": 400, "stop": 499, "every": 33}
    before = forecaster.predict(animals[3], **how)
    np.testing.assert_array_equal(before, forecaster.predict(nr.read(changed)[0], **how))


def test_skill_over_copying(animals):
    assert nr.Forecaster("copy", horizon=4).fit(animals[:2]).score(animals[3]) == pytest.approx(0.0, abs=1e-6)
    assert nr.Forecaster("linear", horizon=4).fit(animals[:2]).score(animals[3]) > 0.0


def test_every_forecaster_there_is_can_be_asked_for():
    assert {"copy", "linear-adapted", "gnn"} <= set(nr.Forecaster.models())
    with pytest.raises(ValueError, match="found"):
        nr.Forecaster("horse").fit(nr.simulate(1, duration_s=60))


def test_it_is_cloned_pickled_saved_and_loaded(animals, tmp_path):
    forecaster = nr.Forecaster("ar", horizon=4).fit(animals[:2])
    assert clone(forecaster).get_params() == forecaster.get_params()
    forecaster.save(tmp_path / "f.safetensors")
    said = forecaster.predict(animals[3], every=100)
    for again in (pickle.loads(pickle.dumps(forecaster)), nr.load(tmp_path / "f.safetensors")):
        again.horizon = 4
        np.testing.assert_array_equal(again.predict(animals[3], every=100), said)


def test_errors_are_pythons_own(animals):
    forecaster = nr.Forecaster("copy", horizon=17).fit(animals[:2])
    with pytest.raises(ValueError, match="steps ahead: found 17"):
        forecaster.predict(animals[3])
    with pytest.raises(TypeError, match="nervering.read"):
        nr.Forecaster("copy").fit(np.zeros((10, 2)))
