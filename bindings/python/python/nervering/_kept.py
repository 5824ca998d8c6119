"""What decoders and forecasters share: their model is kept, in files, in pickles and as ONNX."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from nervering import _native


class Kept(BaseEstimator):  # type: ignore[misc]
    """An estimator with a model of the native half once it is fitted."""

    _native_model: ClassVar[type[_native.DecoderModel] | type[_native.ForecasterModel]]
    _model: _native.DecoderModel | _native.ForecasterModel

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model's file (safetensors), which the program and :func:`nervering.load` read.

        A model of plain rows remembers its classes as numbers. ``TypeError`` of models that no file holds.
        """
        check_is_fitted(self)
        self._model.write(os.fspath(path))

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Writes the model as ONNX (opset 18), for whatever runs that.

        The graph takes traces and derivatives per second ``[frame, neuron, feature]`` in double precision, traces
        alone where a model makes its own signals of them, or rows of a model of plain rows. A decoder gives
        log_probabilities, probabilities and state, a forecaster the forecast of every frame. ``ValueError`` says
        why a model cannot be exported.
        """
        check_is_fitted(self)
        self._model.write_onnx(os.fspath(path))

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        if "_model" in state:
            state["_model"] = state["_model"].to_bytes()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        held: Any = self.__dict__.get("_model")
        if isinstance(held, bytes):
            self._model = self._native_model.from_bytes(held)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")
