"""Studies: what models are worth on animals never seen, run here, on a cluster, or by the program before."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nervering import _native, _names
from nervering._progress import Bar
from nervering._recordings import Recordings, read

if TYPE_CHECKING:
    import pandas as pd

    from nervering._plots import Figure, Plots

_MEASURE = re.compile(
    r"(?:(?P<role>same|unseen|extended)|(?P<feature>trace|derivative|both))"
    r"_(?P<measure>.+)_(?P<part>mean|sd|n)"
)


class Study:
    """A study in its folder: tables, figures and a page, the same files as the program writes.

    :func:`compare`, :func:`reproduce` and :meth:`from_file` make one, :func:`open_study` opens what is there.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        asked: tuple[str, list[str]] | None = None,
        recordings: tuple[Recordings, Recordings] | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._asked, self._recordings = asked, recordings
        self._planned: _native.Study | None = None
        if asked is not None:
            given = None
            if recordings is not None:
                given = tuple([one._native for one in part] for part in recordings)
            self._planned = _native.Study(asked[0], asked[1], given)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        recordings: Any = None,
        *,
        extended: Any = None,
        out: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Study:
        """The study of a file (TOML), which names its recordings itself, or on those that are given.

        It is planned and not yet run: :meth:`run` does that, or takes it up where it was left.
        """
        if not os.path.exists(path):
            raise FileNotFoundError(f"{os.fspath(path)}: found no such file")
        return _study(os.fspath(path), recordings, extended, out, options)

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    def plan(self) -> dict[str, Any]:
        """Its folder, and how many fits and gradient steps it takes."""
        folder, n_fits, n_steps = self._runnable().plan()
        return {"folder": folder, "n_fits": n_fits, "n_steps": n_steps}

    def run(self, progress: bool = True) -> Study:
        """Runs it, or takes it up where it was left, and writes its folder.

        Ctrl-C stops it (``KeyboardInterrupt``); every finished fit is saved, and the next run goes on from there.
        """
        planned = self._runnable()
        with Bar(progress, self._folder.name) as bar:
            if progress:
                _, n_fits, n_steps = planned.plan()
                bar.begin(n_steps, n_fits)
            planned.run(bar.tell)
        return self

    def _runnable(self) -> _native.Study:
        if self._planned is None:
            raise ValueError(f"{self._folder}: opened to be looked at; make it again to run it")
        return self._planned

    @property
    def status(self) -> dict[str, Any]:
        """How far it has come, as ``nervering study status`` says it."""
        said = _program(["study", "status", str(self._folder), "--json"], Path.cwd())
        found: dict[str, Any] = json.loads(said)
        return found

    def verify(self) -> None:
        """Compares every file with the checksum that it was written with; ``RuntimeError`` where one differs."""
        _program(["study", "verify", str(self._folder)], Path.cwd())

    @property
    def name(self) -> str:
        """Its name, for example table1."""
        text = self._text("study.toml")
        found = re.search(r'^name = "(.*)"$', text, flags=re.MULTILINE)
        return found[1] if found else self._folder.name

    @property
    def text(self) -> str:
        """Its tables, for reading."""
        return self._text(f"tables/{self.name}.txt")

    @property
    def table(self) -> pd.DataFrame:
        """Its table, one row per model and measure: mean, sd and the number n of values behind them.

        Accuracies are in [0, 1]. ``role`` says of which animals: same (trained on), unseen, extended.
        """
        import pandas as pd

        wide = self.wide_table
        parts = {name: match for name in wide.columns if (match := _MEASURE.fullmatch(name))}
        keys = [n for n in wide.columns if n not in parts and not n.startswith("unseen_recall_")]
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for place, row in enumerate(wide.to_dict("records")):
            for name, match in parts.items():
                of, part = match["role"] or match["feature"], match["part"]
                key = (place, of, match["measure"])
                found = rows.setdefault(key, {k: row[k] for k in keys})
                found["role" if match["role"] else "feature"] = of
                found["measure"], found[part] = match["measure"], row[name]
        tidy = pd.DataFrame(list(rows.values()))
        return tidy[tidy["n"] > 0].reset_index(drop=True) if len(tidy) else tidy

    @property
    def wide_table(self) -> pd.DataFrame:
        """The same as the file has it: one row per model, a column for every number."""
        return self._csv(f"tables/{self.name}.csv")

    @property
    def fits(self) -> pd.DataFrame:
        """One row per fit and evaluated animal, with every measure."""
        return self._csv("tables/fits.csv")

    @property
    def comparisons(self) -> pd.DataFrame:
        """Every pair of models over animals: difference, interval, and p-values bare and after Holm."""
        return self._csv("tables/comparisons.csv")

    def leakage(self) -> pd.DataFrame:
        """What shuffled windows would have claimed: balanced accuracy under strict and under shuffled windows.

        One row per model, number of animals trained on and role; ``gained`` is what the leak is worth.
        ``ValueError`` of a study that was not run under strict.
        """
        import pandas as pd

        table = self.table
        table = table[table["measure"] == "balanced_accuracy"] if "role" in table else table[:0]
        # Networks as the variant shows them first, as the tables do.
        first = table.drop_duplicates(["variant", "model", "n_trained", "role"])
        rows = []
        for strict in first.to_dict("records"):
            if "strict" not in strict["variant"]:
                continue
            of_shuffled = first["variant"] == strict["variant"].replace("strict", "shuffled")
            same = of_shuffled & (first["model"] == strict["model"])
            same &= (first["n_trained"] == strict["n_trained"]) & (first["role"] == strict["role"])
            for shuffled in first[same].to_dict("records"):
                rows.append(
                    {
                        "model": strict["model"],
                        "n_trained": strict["n_trained"],
                        "role": strict["role"],
                        "strict": strict["mean"],
                        "shuffled": shuffled["mean"],
                        "gained": shuffled["mean"] - strict["mean"],
                    }
                )
        if not rows:
            raise ValueError("the study holds no shuffled counterpart; run it with protocol='strict'")
        return pd.DataFrame(rows)

    @property
    def figures(self) -> list[str]:
        """Names of its figures."""
        return sorted(path.stem for path in (self._folder / "figures").glob("*.svg"))

    def figure(self, name: str) -> Figure:
        """A figure as the program draws it, which notebooks show."""
        from nervering._plots import Figure

        if name not in self.figures:
            raise KeyError(f"figure {name!r}: found none, expected one of {', '.join(self.figures)}")
        return Figure(self._folder / "figures", name)

    @property
    def plot(self) -> Plots:
        """Its figures as matplotlib axes: ``study.plot.accuracy()``."""
        from nervering._plots import Plots

        return Plots(self)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """The page, one HTML file that stands by itself; written to ``path`` where one is given."""
        page = self._folder / "report.html"
        text = self._text("report.html")
        if path is None:
            return page
        Path(path).write_text(text, encoding="utf-8")
        return Path(path)

    def submit(self, executor: Any, shards: int) -> Submitted:
        """Runs it as jobs of a cluster, a shard each, through an executor of submitit or a client of dask.

        The jobs read the recordings from their files, which all machines must see. The result joins the
        shards.
        """
        if self._asked is None:
            self._runnable()
            raise AssertionError("unreachable")
        if shards < 1:
            raise ValueError(f"shards: found {shards}, expected 1 or more")
        study, options = self._asked
        arguments = [*_on_files(study, self._recordings), *_without_out(options), "--", study]
        folder = self.plan()["folder"].absolute()
        run = [Shard(str(Path.cwd()), str(folder), arguments, k + 1, shards) for k in range(shards)]
        if hasattr(executor, "batch"):
            with executor.batch():
                jobs = [executor.submit(shard) for shard in run]
        elif hasattr(executor, "scheduler_info"):
            jobs = [executor.submit(shard, pure=False) for shard in run]
        else:
            jobs = [executor.submit(shard) for shard in run]
        return Submitted(self, folder, jobs)

    def _text(self, name: str) -> str:
        path = self._folder / name
        if not path.exists():
            raise FileNotFoundError(f"{path}: found none; a finished study has one, run() finishes it")
        return path.read_text(encoding="utf-8")

    def _csv(self, name: str) -> pd.DataFrame:
        import pandas as pd

        self._text(name)
        return pd.read_csv(self._folder / name, float_precision="round_trip")

    def __repr__(self) -> str:
        return f"<Study in {self._folder}>"

    def _repr_html_(self) -> str:
        from html import escape

        if not (self._folder / "report.html").exists():
            return f"<p>{escape(repr(self))}: not finished</p>"
        return f"<p>{escape(str(self._folder))}</p><pre>{escape(self.text)}</pre>"


class Shard:
    """One part of a study, as a job runs it: the program, which saves whatever it has earned."""

    def __init__(
        self, directory: str, folder: str, arguments: list[str], place: int, of: int
    ) -> None:
        self.directory, self.folder, self.arguments = directory, folder, arguments
        self.place, self.of = place, of

    def __call__(self) -> str:
        where = [f"--out={self.folder}", f"--shard={self.place}/{self.of}"]
        _program(["study", "run", *where, *self.arguments], Path(self.directory))
        return f"{self.place}/{self.of}"

    def checkpoint(self) -> Any:
        """submitit asks this of a job that must make room: the same again goes on from what is saved."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


class Submitted:
    """A study under way on a cluster."""

    def __init__(self, study: Study, folder: Path, jobs: list[Any]) -> None:
        self.study, self.folder, self.jobs = study, folder, jobs

    def result(self) -> Study:
        """Waits for all shards, joins them and writes the study's folder."""
        for job in self.jobs:
            job.result()
        _program(["study", "merge", str(self.folder)], Path.cwd())
        return open_study(self.folder)


def compare(
    recordings: Any,
    models: Iterable[Any] | None = None,
    *,
    task: str = "decode",
    extended: Any = None,
    out: str | os.PathLike[str] | None = None,
    run: bool = True,
    progress: bool = True,
    **options: Any,
) -> Study:
    """Says how well behaviour is decoded, or neurons are forecast (``task="forecast"``), in animals never seen.

    Each animal is left out in turn, under the protocol strict, and what shuffled windows would have claimed
    stands beside it. ``models`` are names, decoders or forecasters, whose parameters count where they are
    not those they begin with; by default all that the program compares. ``options`` are those of
    ``nervering compare``: ``training_sizes=[1, 4]``, ``states=4``, ``preset="full"``, ``epochs=200``,
    ``threads=2``, ``seed=1`` and others. ``extended`` are animals that are only evaluated. The folder is
    ``out``, by default ``nervering-out/<study>``; a study that is there is taken up. ``run=False`` only
    plans it.
    """
    studies = {"decode": "compare", "forecast": "compare-forecasts"}
    if task not in studies:
        raise ValueError(f"task: found {task!r}, expected decode or forecast")
    if models is not None:
        options = {**options, **_of_models(models, options)}
    study = _study(studies[task], recordings, extended, out, options)
    return study.run(progress) if run else study


def reproduce(
    experiment: str,
    recordings: Any,
    *,
    extended: Any = None,
    out: str | os.PathLike[str] | None = None,
    run: bool = True,
    progress: bool = True,
    **options: Any,
) -> Study:
    """Runs an experiment of the paper, or a question that it raises, by the name that ``nervering reproduce``
    has for it: table1, fig4a-right, fig4d, controls and others. The rest is as in :func:`compare`."""
    study = _study(experiment, recordings, extended, out, options)
    return study.run(progress) if run else study


def open_study(folder: str | os.PathLike[str]) -> Study:
    """The study in a folder, whatever has written it."""
    if not os.path.isfile(os.path.join(folder, "study.toml")):
        raise FileNotFoundError(f"{os.fspath(folder)}: found no study.toml, expected the folder of a study")
    return Study(folder)


def _study(study: str, recordings: Any, extended: Any, out: Any, options: dict[str, Any]) -> Study:
    for name in ("kato", "nichols", "json"):
        if name in options:
            raise TypeError(f"got an unexpected keyword argument {name!r}; give recordings")
    arguments = _names.options(options)
    given = None
    if recordings is not None:
        train = read(recordings)
        more = Recordings([]) if extended is None else read(extended)
        given = (train, more)
        arguments += train._reading
    elif extended is not None:
        raise TypeError("extended: expected recordings to train on besides")
    if out is not None:
        arguments.append(f"--out={os.fspath(out)}")
    planned = Study(".", (study, arguments), given)
    planned._folder = Path(planned.plan()["folder"])
    return planned


def _of_models(models: Iterable[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Names of models, and what estimators among them say of the study."""
    from nervering._decoders import Decoder, changed
    from nervering._forecaster import Forecaster

    names, said = [], dict[str, Any]()
    for model in models:
        if isinstance(model, str):
            names.append(model)
            continue
        if isinstance(model, type) and issubclass(model, Decoder):
            names.append(model.model)
            continue
        if isinstance(model, Decoder):
            parameters = changed(model)
        elif isinstance(model, Forecaster):
            begins = Forecaster().get_params()
            parameters = {k: v for k, v in model.get_params().items() if v != begins[k]}
            parameters.pop("model", None)
            parameters.pop("horizon", None)
        else:
            raise TypeError(f"models: found {model!r}, expected names, decoders or forecasters")
        names.append(model.model)
        if "decode" in parameters:
            raise ValueError("decode: a study file says how states are chosen; use Study.from_file")
        if "random_state" in parameters:
            parameters["seed"] = parameters.pop("random_state")
        for name, value in parameters.items():
            if name in options:
                continue
            if name in said and said[name] != value:
                raise ValueError(
                    f"{name}: found {said[name]!r} of one model and {value!r} of {model.model}; a "
                    "study has one for all, say which as an option of the study"
                )
            said[name] = value
    return {**said, "models": names}


def _without_out(options: list[str]) -> list[str]:
    return [option for option in options if not option.startswith(("--out=", "--threads="))]


def _on_files(study: str, recordings: tuple[Recordings, Recordings] | None) -> list[str]:
    """The recordings of a study as options of the command line."""
    if recordings is None:
        return []
    arguments = []
    for option, part in zip(("--kato", "--nichols"), recordings):
        if len(part) == 0:
            continue
        if part._files is None:
            raise ValueError(
                "jobs read recordings from files, and these are not all that some files hold: write "
                "them with Recordings.save, and read them again with nervering.read"
            )
        arguments += [option, *part._files]
    return arguments


def _program(arguments: list[str], directory: Path) -> str:
    """Runs the program, and gives back what it prints; ``RuntimeError`` with its words where it fails."""
    command = [sys.executable, "-m", "nervering._program", *arguments]
    process = subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, said = process.communicate()
    except KeyboardInterrupt:
        process.terminate()
        process.communicate()
        raise
    if process.returncode:
        raise RuntimeError(said.strip().removeprefix("error: ") or f"exit code {process.returncode}")
    return out
