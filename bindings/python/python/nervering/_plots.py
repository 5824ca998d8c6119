"""A study's figures: as the program draws them, and as matplotlib axes of the numbers behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


class Figure:
    """A figure in its files: SVG, PNG, and the CSV with the numbers behind it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self.name = folder, name

    @property
    def svg(self) -> str:
        """The drawing."""
        return (self._folder / f"{self.name}.svg").read_text(encoding="utf-8")

    @property
    def png(self) -> bytes:
        """The same in pixels, 300 to the inch."""
        return (self._folder / f"{self.name}.png").read_bytes()

    @property
    def data(self) -> pd.DataFrame:
        """The numbers behind it, one observation per row."""
        import pandas as pd

        return pd.read_csv(self._folder / f"{self.name}.csv", float_precision="round_trip")

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Figure {self._folder / self.name}.svg>"


class HasFigures(Protocol):
    """What has figures in a folder: a finished study."""

    @property
    def figures(self) -> list[str]:
        """Their names."""
        ...

    def figure(self, name: str) -> Figure:
        """One of them."""
        ...


class Plots:
    """The figures of a study as matplotlib axes, to be changed further: ``study.plot.accuracy(ax=ax)``.

    Each takes ``variant`` where the study has several (the first by default), and ``ax``.
    """

    def __init__(self, study: HasFigures) -> None:
        self._study = study

    def __call__(self, name: str, ax: Any = None, **how: Any) -> Any:
        """Any figure by its name, among ``study.figures``, whose numbers can be drawn here."""
        data = self._study.figure(name).data
        for columns, draw in _DRAWN:
            if columns == set(data.columns):
                return draw(data, _axes(ax), **how)
        raise ValueError(f"figure {name!r}: not drawn here; study.figure({name!r}) shows it")

    def accuracy(self, variant: str | None = None, ax: Any = None) -> Any:
        """Balanced accuracy of every model, in the animals trained on and in animals never seen."""
        return self(self._named("accuracy", variant), ax)

    def leakage(self, variant: str | None = None, ax: Any = None) -> Any:
        """What shuffled windows claim beside what a split in time finds."""
        return self(self._named("leakage", variant), ax)

    def confusion(
        self, variant: str | None = None, model: str | None = None, ax: Any = None
    ) -> Any:
        """Which states a model takes for which, as shares of the labelled frames."""
        return self(self._named("confusion", variant), ax, model=model)

    def training(
        self, variant: str | None = None, model: str | None = None, ax: Any = None
    ) -> Any:
        """Losses of the gradient steps and of the validation frames, by epoch."""
        return self(self._named("training", variant), ax, model=model)

    def horizon(self, variant: str | None = None, ax: Any = None) -> Any:
        """Of a forecasting study the error against the steps ahead."""
        return self(self._named("horizon", variant), ax)

    def _named(self, what: str, variant: str | None) -> str:
        there = [name for name in self._study.figures if name == what or name.startswith(what + "-")]
        if variant is not None:
            there = [name for name in there if name.startswith(f"{what}-{variant}")]
        # What a study asks stands before what shuffled windows would have claimed.
        there.sort(key=lambda name: ("shuffled" in name, name))
        if not there:
            found = ", ".join(self._study.figures) or "no figures"
            raise ValueError(f"figure {what}: the study has none; it has {found}")
        return there[0]


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


def _scores(data: pd.DataFrame, ax: Any) -> Any:
    most = data["n_trained"].max()
    data = data[data["n_trained"] == most]
    models = list(dict.fromkeys(data["model"]))
    kinds = list(dict.fromkeys(data["evaluated_on"]))
    for place, kind in enumerate(kinds):
        shift = (place - (len(kinds) - 1) / 2) * 0.25
        of_kind = data[data["evaluated_on"] == kind]
        single = of_kind[of_kind["quantity"] == "single"]
        mean = of_kind[of_kind["quantity"] == "mean"].set_index("model")["value"]
        at = np.array([models.index(model) for model in single["model"]]) + shift
        ax.plot(100 * single["value"], at, "o", color=f"C{place}", alpha=0.3, markersize=4)
        at = np.array([models.index(model) for model in mean.index]) + shift
        ax.plot(100 * mean, at, "|", color=f"C{place}", markersize=14, mew=2, label=kind)
    ax.set_yticks(range(len(models)), models)
    ax.invert_yaxis()
    ax.set_xlabel("accuracy, %")
    ax.set_title(f"trained on {most} animals" if most != 1 else "trained on one animal")
    ax.legend()
    return ax


def _pairs(data: pd.DataFrame, ax: Any) -> Any:
    models = list(dict.fromkeys(data["model"]))
    protocols = list(dict.fromkeys(data["protocol"]))
    for place, model in enumerate(models):
        of_model = data[data["model"] == model]
        means = of_model[of_model["quantity"] == "mean"].set_index("protocol")["value"]
        ax.plot(100 * means[protocols], [place] * len(protocols), "-", color="0.6", zorder=1)
        for k, protocol in enumerate(protocols):
            label = protocol if place == 0 else None
            ax.plot(100 * means[protocol], place, "o", color=f"C{k}", label=label)
    ax.set_yticks(range(len(models)), models)
    ax.invert_yaxis()
    ax.set_xlabel("balanced accuracy in the animals trained on, %")
    ax.legend()
    return ax


def _confusion(data: pd.DataFrame, ax: Any, model: str | None = None) -> Any:
    models = list(dict.fromkeys(data["model"]))
    model = models[-1] if model is None else model
    if model not in models:
        raise ValueError(f"model {model!r}: found none, expected one of {', '.join(models)}")
    data = data[data["model"] == model]
    states = list(dict.fromkeys(data["labelled"]))
    by_state = data.pivot(index="labelled", columns="predicted", values="n_frames")
    counts = by_state.loc[states, states].to_numpy(dtype=float)
    totals = counts.sum(axis=1, keepdims=True)
    shares = 100 * counts / np.where(totals > 0, totals, 1)
    image = ax.imshow(shares, vmin=0, vmax=100, cmap="Blues")
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 60 else "black"
        ax.text(column, row, f"{share:.0f}", ha="center", va="center", color=colour)
    ax.set_xticks(range(len(states)), states)
    ax.set_yticks(range(len(states)), states)
    ax.set_xlabel("predicted")
    ax.set_ylabel("labelled")
    ax.set_title(model)
    ax.figure.colorbar(image, ax=ax, label="% of labelled frames")
    return ax


def _curves(data: pd.DataFrame, ax: Any) -> Any:
    panel = data["panel"].iloc[0]
    for place, (series, of_series) in enumerate(data[data["panel"] == panel].groupby("series", sort=False)):
        ax.plot(of_series["x"], of_series["mean"], color=f"C{place}", label=series)
        if of_series["low"].notna().all():
            ax.fill_between(
                of_series["x"], of_series["low"], of_series["high"], color=f"C{place}", alpha=0.15, lw=0
            )
    ax.set_title(panel)
    ax.legend()
    return ax


def _training(data: pd.DataFrame, ax: Any, model: str | None = None) -> Any:
    model = data["model"].iloc[0] if model is None else model
    data = data[data["model"] == model]
    if data.empty:
        raise ValueError(f"model {model!r}: found none whose training is shown")
    condition = data["condition"].iloc[0]
    data = data[data["condition"] == condition]
    for place, what in enumerate(("training", "validation")):
        of_what = data[data["quantity"] == f"{what}_median"]
        if of_what.empty:
            of_what = data[data["quantity"].str.startswith(f"{what}_")]
        ax.plot(of_what["epoch"], of_what["value"], color=f"C{place}", label=what)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.set_title(f"{model}, {condition}")
    ax.legend()
    return ax


_DRAWN: list[tuple[set[str], Callable[..., Any]]] = [
    ({"model", "n_trained", "evaluated_on", "quantity", "value"}, _scores),
    ({"model", "protocol", "quantity", "value"}, _pairs),
    ({"model", "predicted", "labelled", "n_frames"}, _confusion),
    ({"panel", "series", "x", "mean", "low", "high"}, _curves),
    ({"model", "condition", "n_fits", "epoch", "quantity", "value"}, _training),
]
