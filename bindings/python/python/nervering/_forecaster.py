"""Forecasters: how the neurons of a recording go on, and how sure that is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from nervering import _native
from nervering._decoders import _as_recordings, _is_one, _seed, _whole
from nervering._kept import Kept
from nervering._progress import Bar
from nervering._recordings import Recording, Recordings

if TYPE_CHECKING:
    import xarray as xr

QUANTILES = (0.05, 0.5, 0.95)


class Forecaster(Kept):
    """A forecaster by the name of its model: copy, mean, damped-copy, ar, var, linear, linear-adapted and
    others, or a network such as gnn (:meth:`models` lists them).

    horizon: steps ahead, at most 16; a step is a frame.
    neurons, protocol, normalisation, random_state: as of decoders.
    epochs, width, residual_of, connectome: of networks; residual_of is what they correct, copy or linear,
    connectome the edges of those that are given theirs (white1986 where nothing is said).
    """

    _native_model = _native.ForecasterModel
    _model: _native.ForecasterModel

    def __init__(
        self,
        model: str = "linear-adapted",
        *,
        horizon: int = 16,
        neurons: Any = "shared",
        protocol: str = "strict",
        normalisation: str | None = None,
        epochs: int = 800,
        width: int | None = None,
        residual_of: str | None = None,
        connectome: str | None = None,
        random_state: Any = 0,
    ) -> None:
        self.model = model
        self.horizon = horizon
        self.neurons = neurons
        self.protocol = protocol
        self.normalisation = normalisation
        self.epochs = epochs
        self.width = width
        self.residual_of = residual_of
        self.connectome = connectome
        self.random_state = random_state

    @staticmethod
    def models() -> list[str]:
        """Names of all forecasters there are."""
        return [about["name"] for about in _native.forecasters()]

    def fit(self, X: Any, y: None = None, *, progress: bool = False) -> Forecaster:
        """Fits on recordings. Ctrl-C stops the fit."""
        recordings = _recordings(X)
        neurons = self.neurons
        config = {
            "model": self.model,
            "neurons": neurons if isinstance(neurons, str) else ",".join(map(str, neurons)),
            "protocol": self.protocol,
            "normalisation": self.normalisation,
            "width": _whole("width", self.width),
            "residual_of": self.residual_of,
            "epochs": _whole("epochs", self.epochs),
            "connectome": self.connectome,
            "seed": _seed(self.random_state),
        }
        _whole("horizon", self.horizon)
        natives = [recording._native for recording in recordings]
        with Bar(progress, f"Forecaster {self.model}") as bar:
            return self._keep(_native.fit_forecaster(config, natives, bar.begin, bar.tell))

    def _keep(self, model: _native.ForecasterModel) -> Forecaster:
        about = model.about
        self._model, self.report_ = model, json.loads(model.report or "null")
        self.n_features_in_ = len(about["neurons"])
        self.feature_names_in_ = np.asarray(about["neurons"], dtype=object)
        return self

    def predict(
        self,
        X: Any,
        *,
        start: int = 0,
        stop: int | None = None,
        every: int = 1,
        intervals: bool = True,
    ) -> Any:
        """How a recording goes on from some of its frames, in its own units.

        A DataArray with dims origin, neuron, horizon and quantile (5, 50 and 95 %: conformal intervals, which
        rest on what was missed in this animal before). Without ``intervals`` the forecast itself, with dims
        origin, neuron and horizon. The coordinate origin is the frame that a forecast starts from, from
        ``start`` to ``stop``; no forecast rests on a later frame under the protocol strict. Of several
        recordings a list.
        """
        check_is_fitted(self)
        said = [
            self._forecast(recording, start, stop, every, intervals) for recording in _recordings(X)
        ]
        return said[0] if _is_one(X) else said

    def _forecast(
        self, recording: Recording, start: int, stop: int | None, every: int, intervals: bool
    ) -> xr.DataArray:
        import xarray as xr

        starts, seconds, traces, quantiles = self._model.forecast(
            recording._native, (start, stop, _whole("every", every)), self.horizon, intervals
        )
        steps = np.arange(1, traces.shape[1] + 1)
        coords: dict[str, Any] = {
            "origin": starts,
            "neuron": self.feature_names_in_,
            "horizon": steps,
            "time": ("origin", seconds),
            "ahead_s": ("horizon", steps / recording.fps),
        }
        about = self._model.about
        attrs = {
            "animal": recording.animal,
            "model": self.model,
            "unit": recording.unit,
            "trained_on": about["animals"],
            "looks_ahead": about["looks_ahead"],
        }
        if quantiles is None:
            dims, values = ["origin", "neuron", "horizon"], traces.transpose(0, 2, 1)
        else:
            dims = ["origin", "neuron", "horizon", "quantile"]
            values = quantiles.transpose(1, 3, 2, 0)
            coords["quantile"] = list(QUANTILES)
        return xr.DataArray(values, dims=dims, coords=coords, name="forecast", attrs=attrs)

    def score(self, X: Any, y: None = None) -> float:
        """Skill over copying the last frame: 1 − squared error / squared error of copying, traces scaled by
        their variance, over all frames and steps ahead; of several recordings the mean over animals."""
        found = []
        for recording in _recordings(X):
            said = self.predict(recording, intervals=False)
            columns = [recording.neurons.index(name) for name in self.feature_names_in_]
            traces = recording.to_numpy()[:, columns]
            scale = traces.var(axis=0)
            errors = np.zeros(2)
            origins = said["origin"].values
            for step in said["horizon"].values:
                there = origins + step < len(traces)
                truth, last = traces[origins[there] + step], traces[origins[there]]
                of_model = said.sel(horizon=step).values[there]
                for place, forecast in enumerate((of_model, last)):
                    errors[place] += (((forecast - truth) ** 2) / scale).sum()
            found.append(1 - errors[0] / errors[1])
        return float(np.mean(found))


def _recordings(X: Any) -> Recordings:
    recordings = _as_recordings(X)
    if recordings is None:
        raise TypeError(
            f"found {type(X).__name__}, expected recordings; make some of arrays with nervering.read"
        )
    return recordings
