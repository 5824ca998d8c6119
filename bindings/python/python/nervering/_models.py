"""Models of files."""

from __future__ import annotations

import os
from typing import Any

from nervering import _native


def load(path: str | os.PathLike[str]) -> Any:
    """The model of a file that :meth:`save` or ``nervering fit`` has written: a fitted decoder or forecaster.

    Raises ``FileNotFoundError`` where there is none, and ``ValueError`` for a file that is no model's.
    """
    from nervering._decoders import decoder_class
    from nervering._forecaster import Forecaster

    model = _native.load(os.fspath(path))
    if isinstance(model, _native.ForecasterModel):
        return Forecaster(model.about["model"])._keep(model)
    return decoder_class(model.about["model"])._of_model(model)
