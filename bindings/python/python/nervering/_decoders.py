"""Decoders as scikit-learn classifiers: one class for every model that is registered.

A decoder is fitted on recordings, which say everything themselves, or on plain ``X`` and ``y``. Rows of a
plain array follow each other in no order, unless ``times`` says when each was taken; ``groups`` says which
animal it is of.
"""

from __future__ import annotations

import inspect
import json
import numbers
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from nervering import _native, _sources
from nervering._kept import Kept
from nervering._names import class_name
from nervering._progress import Bar
from nervering._recordings import Recording, Recordings

if TYPE_CHECKING:
    import xarray as xr

_ABOUT: dict[str, dict[str, Any]] = {about["name"]: about for about in _native.decoders()}


class Decoder(ClassifierMixin, Kept):  # type: ignore[misc]
    """What all decoders are. Use one of its classes, such as ``GNNDecoder``.

    Attributes of a fitted one: ``classes_``, ``n_features_in_``, ``feature_names_in_`` (the neurons, or the
    columns of a DataFrame), ``report_`` (how the fit went), and ``edges_`` of networks that have some.
    """

    model: ClassVar[str] = ""
    _native_model = _native.DecoderModel
    _model: _native.DecoderModel

    __metadata_request__fit = {"progress": UNUSED}

    # The order of scikit-learn's: what is fitted on first.
    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        groups: Any = None,
        times: Any = None,
        progress: bool = False,
    ) -> Decoder:
        """Fits on recordings, or on rows ``X`` with a class each in ``y``.

        ``groups`` says which animal each row is of, and ``times`` when it was taken, in seconds: with times,
        rows are frames in order, as of a recording. Ctrl-C stops the fit.
        """
        recordings = _as_recordings(X)
        with Bar(progress, type(self).__name__) as bar:
            if recordings is not None:
                _refuse(y=y, groups=groups, times=times)
                model = self._fit_recordings(recordings, self._config(str(self.states)), bar)
                self.classes_ = np.asarray(model.about["states"], dtype=str)
                self.n_features_in_ = len(model.about["neurons"])
                self.feature_names_in_ = np.asarray(model.about["neurons"], dtype=object)
                self._of = "recordings"
            else:
                model = self._fit_arrays(X, y, groups, times, bar)
        self._model = model
        self.report_ = json.loads(model.report or "null")
        return self

    def _fit_recordings(
        self, recordings: Recordings, config: dict[str, Any], bar: Bar
    ) -> _native.DecoderModel:
        natives = [recording._native for recording in recordings]
        return _native.fit_decoder(config, natives, bar.begin, bar.tell)

    def _fit_arrays(
        self, X: Any, y: Any, groups: Any, times: Any, bar: Bar
    ) -> _native.DecoderModel:
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, classes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"found 1 class in y, {self.classes_[0]!r}, expected two classes at least"
            )
        names = [f"class-{k:02}" for k in range(len(self.classes_))]
        config = self._config("\n".join(names))
        if times is None:
            self._of = "rows"
            members = _members(groups, len(X))
            parts = [(X[rows], classes[rows].astype(np.uint8)) for rows in members.values()]
            return _native.fit_rows(config, parts, X.shape[1], bar.begin, bar.tell)
        self._of = "frames"
        config["neurons"] = ",".join(_columns(X.shape[1]))
        labels = np.asarray(names, dtype=object)[classes]
        recordings = _frames(X, groups, times, labels)
        return self._fit_recordings(Recordings(r for r, _ in recordings), config, bar)

    def _config(self, states: str) -> dict[str, Any]:
        given = self.get_params(deep=False)
        neurons = given["neurons"]
        return {
            "model": self.model,
            "states": states,
            "neurons": neurons if isinstance(neurons, str) else ",".join(map(str, neurons)),
            "protocol": given["protocol"],
            "normalisation": given["normalisation"],
            "decode": given["decode"],
            "epochs": _whole("epochs", given.get("epochs", 800)),
            "width": _whole("width", given.get("width")),
            "activation": given.get("activation"),
            "learning_rate": given.get("learning_rate"),
            "edge_scale": _whole("edge_scale", given.get("edge_scale")),
            "connectome": given.get("connectome"),
            "seed": _seed(given["random_state"]),
        }

    def predict(self, X: Any, *, groups: Any = None, times: Any = None, **how: Any) -> Any:
        """The state of every frame, or the class of every row.

        Of a recording a DataArray along time, of several a list of them, of an array an array. ``how`` may
        be ``edges`` and ``batch_norm``, where a network takes static edges and batch norms from (training,
        running or evaluated), and ``resample=True``, for recordings at another rate.
        """
        recordings = self._recordings(X)
        if recordings is None:
            codes, _ = self._said_of_rows(X, groups, times)
            return self.classes_[codes]
        _refuse(groups=groups, times=times)
        said = [self._states(recording, self._said(recording, how)[0]) for recording in recordings]
        return said[0] if _is_one(X) else said

    def predict_proba(self, X: Any, *, groups: Any = None, times: Any = None, **how: Any) -> Any:
        """Probabilities: of a recording a DataArray with dims time and state, of an array ``(row, class)``."""
        recordings = self._recordings(X)
        if recordings is None:
            _, probabilities = self._said_of_rows(X, groups, times)
            return self._there(probabilities)
        _refuse(groups=groups, times=times)
        said = []
        for recording in recordings:
            probabilities = self._there(self._said(recording, how)[1])
            said.append(self._array(recording, probabilities, "probability", state=self.classes_))
        return said[0] if _is_one(X) else said

    def score(
        self, X: Any, y: Any = None, *, groups: Any = None, times: Any = None, **how: Any
    ) -> float:
        """Balanced accuracy: the mean over classes of the share that is found.

        Of several recordings the mean over animals. An animal that the model was trained on says nothing of
        others: look at ``evaluate``.
        """
        recordings = self._recordings(X)
        if recordings is None:
            said = self.predict(X, groups=groups, times=times)
            return float(balanced_accuracy_score(column_or_1d(y), said))
        _refuse(y=y, groups=groups, times=times)
        found = [self.evaluate(recording, **how)["balanced_accuracy"] for recording in recordings]
        if None in found or not found:
            raise ValueError("found no frame with a state that the model knows, expected some")
        return float(np.mean(found))

    def evaluate(self, recording: Recording, **how: Any) -> dict[str, Any]:
        """How well the model and the labels of a recording agree: accuracy, balanced_accuracy, nll and more.

        ``trained_on`` says whether the animal was among those trained on, by its name or its data;
        ``warnings`` in what the recording is unlike them.
        """
        check_is_fitted(self)
        evaluation, is_trained_on = self._predicted(recording, how)[1:]
        found: dict[str, Any] = json.loads(evaluation)
        mismatches = self._model.mismatches(recording._native) if not how.get("resample") else []
        return {**found, "trained_on": is_trained_on, "warnings": [text for _, text in mismatches]}

    @property
    def edges_(self) -> xr.DataArray:
        """The weights by which the network's neurons hear each other, ``(receiver, sender)``: the mean over the
        animals trained on. ``AttributeError`` of a model without edges."""
        if not hasattr(self, "_model"):
            raise AttributeError("edges_: the decoder is not fitted")
        try:
            weights = self._model.edges(None, "training")
        except ValueError as error:
            raise AttributeError(f"edges_: {error}") from None
        return self._weights(weights)

    def edges(self, recording: Recording, taken_from: str = "evaluated") -> xr.DataArray:
        """The same inferred from a recording (evaluated), or as the training or running statistics have it."""
        check_is_fitted(self)
        return self._weights(self._model.edges(recording._native, taken_from))

    def _weights(self, weights: NDArray[np.float32]) -> xr.DataArray:
        import xarray as xr

        names = getattr(self, "feature_names_in_", _columns(self.n_features_in_))
        coords = {"receiver": list(names), "sender": list(names)}
        return xr.DataArray(weights, dims=("receiver", "sender"), coords=coords, name="weight")

    @classmethod
    def _of_model(cls, model: _native.DecoderModel) -> Decoder:
        """A fitted one of a model that was read."""
        about = model.about
        self = cls(
            neurons=about["neurons"],
            protocol=about["protocol"],
            normalisation=about["normalisation"],
            random_state=about["seed"],
        )
        fixed = {7: "SLOW", 6: "REVSUS", 4: "ventral turn", 2: "reverse"}
        n = len(about["states"])
        self.set_params(states=n if fixed.get(n) in about["states"] else "own")
        self._model, self.report_ = model, None
        self.classes_ = np.asarray(about["states"], dtype=str)
        self.n_features_in_ = len(about["neurons"])
        of_rows = about["neurons"] == _columns(self.n_features_in_)
        self._of = "rows" if of_rows else "recordings"
        if not of_rows:
            self.feature_names_in_ = np.asarray(about["neurons"], dtype=object)
        return self

    def _recordings(self, X: Any) -> Recordings | None:
        """The recordings among what a fitted model is given."""
        check_is_fitted(self)
        recordings = _as_recordings(X)
        if recordings is not None and self._of != "recordings":
            raise ValueError("the model was fitted on plain rows, and knows no neurons by name")
        if recordings is None and self._of == "recordings":
            raise ValueError("the model was fitted on recordings; make one of an array with nervering.read")
        return recordings

    def _predicted(self, recording: Recording, how: dict[str, Any]) -> tuple[Any, str, bool]:
        known = {"edges", "batch_norm", "resample"}
        if not known >= set(how):
            name = min(set(how) - known)
            raise TypeError(f"{type(self).__name__} got an unexpected keyword argument {name!r}")
        return self._model.predict(
            recording._native, how.get("edges"), how.get("batch_norm"), bool(how.get("resample"))
        )

    def _said(self, recording: Recording, how: dict[str, Any]) -> Any:
        return self._predicted(recording, how)[0]

    def _said_of_rows(self, X: Any, groups: Any, times: Any) -> tuple[Any, Any]:
        X = validate_data(self, X, dtype=np.float64, reset=False)
        if self._of == "rows":
            if times is not None:
                raise ValueError("the model was fitted on rows without an order: leave times out")
            return self._model.predict_rows(X)
        if times is None:
            raise ValueError("the model was fitted on frames in order, expected times=… of the rows")
        codes = np.empty(len(X), dtype=np.uint8)
        probabilities = np.empty((len(X), len(self.classes_)))
        has_some = True
        for recording, rows in _frames(X, groups, times, None):
            found, of_rows = self._model.predict(recording._native, None, None, False)[0]
            codes[rows] = found
            has_some = of_rows is not None
            if of_rows is not None:
                probabilities[rows] = of_rows
        return codes, probabilities if has_some else None

    def _there(self, probabilities: Any) -> Any:
        if probabilities is None:
            raise AttributeError(f"model {self.model} gives no probabilities; predict says its states")
        return probabilities

    def _states(self, recording: Recording, codes: NDArray[np.uint8]) -> xr.DataArray:
        return self._array(recording, self.classes_[codes], "state")

    def _array(self, recording: Recording, values: Any, name: str, **more: Any) -> xr.DataArray:
        import xarray as xr

        about = self._model.about
        attrs = {"animal": recording.animal, "model": self.model, "trained_on": about["animals"]}
        coords: dict[str, Any] = {"time": recording.time, **more}
        return xr.DataArray(values, dims=tuple(coords), coords=coords, name=name, attrs=attrs)


# Parameters of every decoder, of networks, and of those that are given a connectome, as they begin.
_OF_ALL: dict[str, Any] = {
    "states": 2,
    "neurons": "shared",
    "protocol": "strict",
    "normalisation": None,
    "decode": "frames",
}
_OF_NETWORKS: dict[str, Any] = {
    "epochs": 800,
    "width": None,
    "activation": None,
    "learning_rate": None,
    "edge_scale": None,
}
_OF_CONNECTOMES: dict[str, Any] = {"connectome": "white1986"}
_LAST: dict[str, Any] = {"random_state": 0}


def _init(defaults: dict[str, Any]) -> Any:
    """An ``__init__`` with these keywords, whose signature is what scikit-learn goes by."""

    def __init__(self: Decoder, **given: Any) -> None:  # noqa: N807
        for name in given:
            if name not in defaults:
                raise TypeError(f"{type(self).__name__} got an unexpected keyword argument {name!r}")
        for name, default in defaults.items():
            setattr(self, name, given.get(name, default))

    kind = inspect.Parameter.KEYWORD_ONLY
    keywords = [inspect.Parameter(name, kind, default=value) for name, value in defaults.items()]
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = inspect.Signature([own, *keywords])  # type: ignore[attr-defined]
    return __init__


_PARAMETERS = """
    states: 2, 4, 6 or 7 states told apart, or "own", those that the recordings have.
    neurons: shared (by all animals), paper-15, paper-3, or names.
    protocol: strict (the last tenth of each recording validates, derivatives look back), animals, paper or
        authors-code.
    normalisation: whole-recording, training or causal; None for that of the protocol.
    decode: frames (each by itself), filter, markov or semi-markov.
    random_state: seed of everything random."""
_PARAMETERS_OF_NETWORKS = """
    epochs: of training; the best one is kept.
    width, activation, learning_rate, edge_scale: None for those of the model."""

_CLASSES: dict[str, type[Decoder]] = {}


class _NoProbabilities:
    """Stands for ``predict_proba`` in models that say classes alone, so that they are known not to have it."""

    def __get__(self, decoder: Decoder | None, owner: type[Decoder]) -> Any:
        raise AttributeError(f"model {owner.model} gives no probabilities; predict says its states")


def decoder_class(model: str) -> type[Decoder]:
    """The class of a model by name: ``gnn`` is ``GNNDecoder``."""
    if model in _CLASSES:
        return _CLASSES[model]
    if model not in _ABOUT:
        raise ValueError(f"found model {model!r}, expected one of {', '.join(_ABOUT)}")
    about, name = _ABOUT[model], class_name(model)
    of_network = _OF_NETWORKS if about["is_network"] else {}
    of_connectome = _OF_CONNECTOMES if about["needs_connectome"] else {}
    init = _init({**_OF_ALL, **of_network, **of_connectome, **_LAST})
    order = "" if about["takes_single_frames"] else " It looks at frames in order."
    parameters = _PARAMETERS + (_PARAMETERS_OF_NETWORKS if about["is_network"] else "")
    text = f"The decoder {model} of nervering, a scikit-learn classifier.{order}\n{parameters}\n"
    names: dict[str, Any] = {"model": model, "__init__": init, "__doc__": text, "__module__": "nervering"}
    if not about["gives_probabilities"]:
        names["predict_proba"] = _NoProbabilities()
    _CLASSES[model] = type(name, (Decoder,), names)
    return _CLASSES[model]


def decoders() -> dict[str, type[Decoder]]:
    """The class of every decoder there is, by the name of its model."""
    return {model: decoder_class(model) for model in _ABOUT}


def changed(decoder: Decoder) -> dict[str, Any]:
    """The parameters of a decoder that are not those it begins with."""
    signature = inspect.signature(type(decoder).__init__).parameters
    given = decoder.get_params(deep=False)
    return {name: value for name, value in given.items() if value != signature[name].default}


def _as_recordings(X: Any) -> Recordings | None:
    if isinstance(X, Recording):
        return Recordings([X])
    if isinstance(X, Recordings):
        return X
    if isinstance(X, (list, tuple)) and X and all(isinstance(one, Recording) for one in X):
        return Recordings(X)
    return None


def _is_one(X: Any) -> bool:
    return isinstance(X, Recording)


def _refuse(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise TypeError(f"{name}: recordings say this themselves; leave it out")


def _whole(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name}: found {value!r}, expected a whole number above 0")
    return int(value)


def _seed(random_state: Any) -> int:
    if isinstance(random_state, numbers.Integral):
        if random_state < 0:
            raise ValueError(f"random_state: found {random_state}, expected 0 or more")
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _columns(n: int) -> list[str]:
    """What inputs are called that have no names."""
    return [f"X{k:05}" for k in range(1, n + 1)]


def _members(groups: Any, n_rows: int) -> dict[str, NDArray[np.int64]]:
    """The rows of each group, by its name."""
    if groups is None:
        return {"rows": np.arange(n_rows)}
    groups = column_or_1d(groups).astype(str)
    if len(groups) != n_rows:
        raise ValueError(f"groups: found {len(groups)}, expected one per row, {n_rows}")
    return {str(name): np.flatnonzero(groups == name) for name in np.unique(groups)}


def _frames(
    X: NDArray[np.float64], groups: Any, times: Any, labels: Any
) -> list[tuple[Recording, NDArray[np.int64]]]:
    """Rows with times as recordings, with the rows that their frames are."""
    times = column_or_1d(times).astype(np.float64)
    if len(times) != len(X):
        raise ValueError(f"times: found {len(times)}, expected one per row, {len(X)}")
    recordings = []
    for name, rows in _members(groups, len(X)).items():
        rows = rows[np.argsort(times[rows], kind="stable")]
        made = _sources.made(
            X[rows],
            animal=name,
            neurons=_columns(X.shape[1]),
            time=times[rows],
            states=None if labels is None else labels[rows],
            names="any",
        )
        recordings.append((Recording(_native.Recording(made)), rows))
    return recordings
