"""Decode behaviour and forecast neurons from whole-brain calcium imaging of *C. elegans*.

The same rooms as the program ``nervering``, for Python: recordings (:func:`read`), decoders that are
scikit-learn classifiers (``GNNDecoder`` and one class for every other model there is), forecasters
(:class:`Forecaster`), and studies (:func:`compare`, :func:`reproduce`, :class:`Study`) that say what models
are worth on animals never seen.

What is used is loaded when it is first named, so that the package itself loads in a moment.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from nervering import _native

__version__ = _native.version()

_PLACES = {
    "Recording": "_recordings",
    "Recordings": "_recordings",
    "read": "_recordings",
    "simulate": "_recordings",
    "add_to_nwb": "_nwb",
    "Decoder": "_decoders",
    "decoders": "_decoders",
    "load": "_models",
    "Forecaster": "_forecaster",
    "Study": "_studies",
    "compare": "_studies",
    "open_study": "_studies",
    "reproduce": "_studies",
}


def _class_names() -> dict[str, str]:
    """The class of each decoder that is registered, with its model's name."""
    from nervering._names import class_name

    return {class_name(about["name"]): about["name"] for about in _native.decoders()}


_DECODERS = _class_names()

__all__ = ["__version__", *_PLACES, *_DECODERS]


def __getattr__(name: str) -> _Any:
    if name in _PLACES:
        found = getattr(_import_module(f"nervering.{_PLACES[name]}"), name)
    elif name in _DECODERS:
        found = _import_module("nervering._decoders").decoder_class(_DECODERS[name])
    else:
        raise AttributeError(f"module 'nervering' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
