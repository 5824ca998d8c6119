"""Names: of the class of a model, and of options as the command line has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Parts of a model's name that are abbreviations.
_ABBREVIATIONS = {"adm", "gat", "gin", "gnn", "lda", "lstm", "mlp", "rgnn", "svm", "tcn"}
_UNITS = {"s", "ms"}


def class_name(model: str) -> str:
    """``gnn-text`` is ``GNNTextDecoder``."""

    def part(text: str) -> str:
        if text in _ABBREVIATIONS:
            return text.upper()
        word = text.lstrip("0123456789")
        number = text[: len(text) - len(word)]
        return number + (word if number and word in _UNITS else word.capitalize())

    return "".join(part(text) for text in model.split("-")) + "Decoder"


def options(keywords: Mapping[str, Any]) -> list[str]:
    """Keywords as options of the command line: ``training_sizes=[1, 4]`` is ``--training-sizes=1,4``."""
    arguments = []
    for name, value in keywords.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            arguments.append(option)
        else:
            arguments.append(f"{option}={_text(value)}")
    return arguments


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{_escaped(key)}={_escaped(to)}" for key, to in value.items())
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return str(value)
    return ",".join(str(part) for part in value)


def _escaped(name: Any) -> str:
    return "".join("\\" + c if c in ",=\\" else c for c in str(name))
