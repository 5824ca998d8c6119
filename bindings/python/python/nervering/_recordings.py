"""Recordings: one animal in one session each, from files and from other libraries' tables, and back."""

from __future__ import annotations

import glob as _glob
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from nervering import _html, _native, _names, _sources

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class Recording:
    """One animal in one session: traces ``(frame, neuron)``, their times, and a state per frame.

    It does not change. Make one with :func:`nervering.read`.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.Recording) -> None:
        self._native = native

    @property
    def animal(self) -> str:
        """Name of the animal."""
        return self._native.animal

    @property
    def neurons(self) -> list[str]:
        """One label per column of the traces, as the file has it."""
        return self._native.neurons

    @property
    def identified(self) -> list[str]:
        """Names of the neurons that have exactly one, alphabetical."""
        return self._native.identified

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self._native.shape[0]

    @property
    def n_neurons(self) -> int:
        """Number of neurons, named or not."""
        return self._native.shape[1]

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self._native.fps

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self._native.duration

    @property
    def unit(self) -> str:
        """What the traces are: delta-f, percent-delta-f, ratio, z-score, fluorescence or unknown."""
        return self._native.unit[0]

    @property
    def source(self) -> str:
        """File, and place in it, that it comes from."""
        source, place, _ = self._native.provenance
        return ", ".join(part for part in (source, place) if part)

    @property
    def time(self) -> NDArray[np.float64]:
        """Seconds of every frame."""
        return self._native.seconds

    @property
    def states(self) -> NDArray[np.str_] | None:
        """The state of every frame by name, NOSTATE where unknown; ``None`` of one without labels."""
        states = self._native.states
        if states is None:
            return None
        codes, names = states
        return np.asarray(names, dtype=str)[codes]

    def to_numpy(self) -> NDArray[np.float64]:
        """The traces ``(frame, neuron)``. Nothing is copied, so the array cannot be written."""
        return self._native.traces

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.to_numpy(), dtype=dtype, copy=copy) if copy else np.asarray(
            self.to_numpy(), dtype=dtype
        )

    def to_xarray(self) -> xr.DataArray:
        """Traces as a DataArray with dims time and neuron, the states along time. Nothing is copied."""
        import xarray as xr

        coords: dict[str, Any] = {"time": self.time, "neuron": self.neurons}
        states = self.states
        if states is not None:
            coords["state"] = ("time", states)
        attrs = {"animal": self.animal, "unit": self.unit, "fps": self.fps, "source": self.source}
        return xr.DataArray(
            self.to_numpy(), dims=("time", "neuron"), coords=coords, name="traces", attrs=attrs
        )

    def to_pandas(self, states: bool = True) -> pd.DataFrame:
        """Traces with time as index and a column per neuron; states as a last column, if there are any.

        Without ``states`` nothing is copied.
        """
        import pandas as pd

        index = pd.Index(self.time, name="time_s")
        frame = pd.DataFrame(self.to_numpy(), index=index, columns=self.neurons, copy=False)
        labels = self.states if states else None
        return frame if labels is None else frame.assign(state=labels)

    def to_polars(self) -> Any:
        """A polars DataFrame: time_s, state if there are any, a column per neuron.

        Where several neurons carry one label, all but the first are numbered: ``---``, ``---_2``.
        """
        import polars as pl

        columns: dict[str, Any] = {"time_s": self.time}
        labels = self.states
        if labels is not None:
            columns["state"] = labels
        traces = self.to_numpy()
        for column, label in enumerate(self.neurons):
            name, n = label or "unnamed", 1
            while name in columns:
                n += 1
                name = f"{label or 'unnamed'}_{n}"
            columns[name] = traces[:, column]
        return pl.DataFrame(columns)

    def to_pynapple(self) -> Any:
        """The traces as a pynapple TsdFrame; :meth:`epochs` has the states."""
        import pynapple as nap

        return nap.TsdFrame(t=self.time, d=self.to_numpy(), columns=self.neurons)

    def epochs(self) -> dict[str, Any]:
        """Of every state the pynapple IntervalSet of its bouts, each to the start of the next."""
        import pynapple as nap

        states = self.states
        if states is None:
            raise ValueError(f"animal {self.animal!r} has no states")
        changes = np.flatnonzero(states[1:] != states[:-1]) + 1
        begins = np.concatenate([[0], changes])
        ends = np.append(self.time[changes], self.time[-1] + 1 / self.fps)
        of_bout = states[begins]
        return {
            str(name): nap.IntervalSet(self.time[begins[of_bout == name]], ends[of_bout == name])
            for name in np.unique(of_bout)
            if name != "NOSTATE"
        }

    def __len__(self) -> int:
        return self.n_frames

    def __repr__(self) -> str:
        labels = "states" if self._native.states is not None else "no states"
        return (
            f"<Recording {self.animal}: {self.n_frames} frames, {self.n_neurons} neurons "
            f"({len(self.identified)} named), {self.fps:.2f} frames per second, {labels}>"
        )

    def _repr_html_(self) -> str:
        return _html.table("1 recording", _COLUMNS, [_row(self)])

    def __reduce__(self) -> tuple[Any, ...]:
        derivative = self._native.derivative
        unit, is_stated = self._native.unit
        source, place, field = self._native.provenance
        states = self.states
        made = _sources.Made(
            animal=self.animal,
            neurons=self.neurons,
            traces=np.asarray(self.to_numpy()),
            seconds=self.time,
            states=None if states is None else states.tolist(),
            derivative=None if derivative is None else np.asarray(derivative[0]),
            derivative_field="" if derivative is None else derivative[1],
            unit=unit if is_stated else None,
            names=_sources.names_of(self.identified),
            source=source,
            place=place,
            trace_field=field,
        )
        return _of_made, (made,)


def _of_made(made: _sources.Made) -> Recording:
    return Recording(_native.Recording(made))


_COLUMNS = ["animal", "frames", "minutes", "fps", "neurons", "named", "states"]


def _row(recording: Recording) -> list[object]:
    states = recording._native.states
    names = [] if states is None else [name for name in states[1] if name != "NOSTATE"]
    return [
        recording.animal,
        recording.n_frames,
        f"{recording.duration / 60:.1f}",
        f"{recording.fps:.2f}",
        recording.n_neurons,
        len(recording.identified),
        " ".join(names) if names else "–",
    ]


class Recordings(Sequence[Recording]):
    """Recordings in their order. Those of a slice are recordings too; a name finds its animal."""

    def __init__(
        self,
        recordings: Iterable[Recording],
        noticed: _native.Noticed | None = None,
        files: list[str] | None = None,
        reading: list[str] | None = None,
    ) -> None:
        self._all = list(recordings)
        self._noticed = noticed
        # The files that they are of, where these are all that the files hold, and how those were read.
        self._files = files
        self._reading = reading or []

    @overload
    def __getitem__(self, which: int | str) -> Recording: ...

    @overload
    def __getitem__(self, which: slice | list[str]) -> Recordings: ...

    def __getitem__(self, which: int | str | slice | list[str]) -> Recording | Recordings:
        if isinstance(which, str):
            for recording in self._all:
                if recording.animal == which:
                    return recording
            raise KeyError(f"animal {which!r}: found none of this name, expected one of {self.animals}")
        if isinstance(which, slice):
            return Recordings(self._all[which], reading=self._reading)
        if isinstance(which, list):
            return Recordings((self[name] for name in which), reading=self._reading)
        return self._all[which]

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Recording]:
        return iter(self._all)

    def __add__(self, others: Iterable[Recording]) -> Recordings:
        return Recordings([*self._all, *others])

    @property
    def animals(self) -> list[str]:
        """Names of the animals."""
        return [recording.animal for recording in self._all]

    @property
    def warnings(self) -> pd.DataFrame:
        """What the readers noticed and did not refuse: level, kind, place, text."""
        import pandas as pd

        rows = [] if self._noticed is None else self._noticed.rows
        return pd.DataFrame(rows, columns=["level", "kind", "place", "text"])

    def summary(self) -> pd.DataFrame:
        """One row per animal: length, rate, neurons, unit, transitions, and the share of each state."""
        import pandas as pd

        rows = []
        for animal in self._inspected()["animals"]:
            behavior = animal.pop("behavior") or {"fractions": {}}
            fractions = behavior.pop("fractions")
            rows.append({**animal, **behavior, **fractions})
        return pd.DataFrame(rows).set_index("name")

    def inspect(self) -> pd.DataFrame:
        """What is wrong with them, doubtful, or good to know: level, kind, place, text, worst first."""
        import pandas as pd

        inspected = self._inspected()
        found = pd.DataFrame(inspected["warnings"], columns=["level", "kind", "place", "text"])
        found.attrs["shared_neurons"] = inspected["shared_neurons"]
        return found

    def _inspected(self) -> dict[str, Any]:
        natives = [recording._native for recording in self._all]
        inspected: dict[str, Any] = json.loads(_native.inspect(natives, self._noticed))
        return inspected

    def save(self, folder: str | os.PathLike[str], format: str = "csv", overwrite: bool = False) -> list[Path]:
        """Writes one wide table per animal, csv or parquet, and gives back their paths."""
        natives = [recording._native for recording in self._all]
        return _native.save(natives, os.fspath(folder), format, overwrite)

    def __repr__(self) -> str:
        return "\n".join([self._heading(), *(f"  {one!r}" for one in self._all)])

    def _repr_html_(self) -> str:
        return _html.table(self._heading(), _COLUMNS, map(_row, self._all))

    def _heading(self) -> str:
        return "1 recording" if len(self) == 1 else f"{len(self)} recordings"


def read(source: Any, **options: Any) -> Recordings:
    """Recordings from files, or from tables and arrays of other libraries.

    ``source`` is a path, a folder, a pattern such as ``"kato2015/*.csv"``, the name of a public data set
    that was fetched, or a list of these. MATLAB (v5 and v7.3), NWB, HDF5, JSON, CSV and Parquet are known by
    their content. Options are those of the command line: ``series="DfOverF"``, ``unit="ratio"``,
    ``to_delta_f=True``, ``baseline=20``, ``names="any"``, ``map={"roaming": "FWD"}``.

    Or it is a table of one animal: a pandas or polars DataFrame with a column per neuron, an xarray
    DataArray with dims time and neuron, a pynapple TsdFrame, an NWBFile of pynwb, or an array
    ``(frame, neuron)`` with ``neurons=[…]`` and ``fps=…`` or ``time=…``; or a mapping of such by the name of
    the animal. Options are then ``animal``, ``states``, ``time`` or ``fps``, ``neurons``, ``unit`` and
    ``names``.

    Raises ``FileNotFoundError`` where there is no such file, ``ValueError`` for what no recording can be made
    of, ``TypeError`` for an option that there is not.
    """
    if isinstance(source, Recordings):
        return source
    if isinstance(source, Recording):
        return Recordings([source])
    if isinstance(source, (str, os.PathLike)):
        return _of_files([source], options)
    if _sources.is_nwb(source):
        return _sources.of_nwb(source, lambda path: _of_files([path], options))
    if isinstance(source, Mapping):
        of_animal = ((name, one) for name, one in source.items())
        return Recordings(_of_table(one, {"animal": str(name), **options}) for name, one in of_animal)
    if _sources.is_table(source):
        return Recordings([_of_table(source, options)])
    if isinstance(source, Iterable):
        parts = list(source)
        if parts and all(isinstance(part, (str, os.PathLike)) for part in parts):
            return _of_files(parts, options)
        if parts and all(isinstance(part, Recording) for part in parts):
            return Recordings(parts)
    expected = "a path, a table, an array, or recordings"
    raise TypeError(f"found {type(source).__name__}, expected {expected}")


def _of_table(source: Any, options: dict[str, Any]) -> Recording:
    return _of_made(_sources.made(source, **options))


def _of_files(paths: Sequence[str | os.PathLike[str]], options: dict[str, Any]) -> Recordings:
    files: list[str] = []
    for given in paths:
        path = os.path.expanduser(os.fspath(given))
        if os.path.exists(path) or not _glob.has_magic(path):
            files.append(path)
            continue
        found = sorted(_glob.glob(path, recursive=True))
        if not found:
            raise FileNotFoundError(f"{path}: found no such file")
        # The metadata of a table stand beside it, under the same name.
        tables = {os.path.splitext(name)[0] for name in found if name.endswith(".csv")}
        files += [n for n in found if not (n.endswith(".json") and n[:-5] in tables)]
    reading = _names.options(options)
    natives, noticed = _native.read(files, reading)
    files = [os.path.abspath(file) if os.path.exists(file) else file for file in files]
    return Recordings(map(Recording, natives), noticed, files, reading)


def simulate(animals: int = 5, duration_s: float = 600.0, seed: int = 0) -> Recordings:
    """Animals with known truth that resemble those of Kato et al. 2015, for trying things out."""
    return Recordings(map(Recording, _native.simulate(animals, duration_s, seed)))
