"""Tables and arrays of other libraries as what a recording is made of. None of them is imported here:
what is given is known by its class."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_TIMES = ("time_s", "time", "seconds")
_STATES = ("state", "states")


class Made(TypedDict):
    """What a recording is made of."""

    animal: str
    neurons: list[str]
    traces: NDArray[np.float64]
    seconds: NDArray[np.float64]
    states: list[str] | None
    derivative: NDArray[np.float64] | None
    derivative_field: str
    unit: str | None
    names: str
    source: str
    place: str
    trace_field: str


def names_of(identified: Iterable[str]) -> str:
    """The option that identifies these neurons again."""
    return ",".join(identified) or "known"


def _kind(source: Any) -> str:
    """Library and class: ``pandas.DataFrame``."""
    for cls in type(source).__mro__:
        library = cls.__module__.split(".")[0]
        if library in {"pandas", "polars", "xarray", "pynapple", "pynwb", "numpy"}:
            return f"{library}.{cls.__name__}"
    return type(source).__name__


_TABLES = {
    "pandas.DataFrame",
    "polars.DataFrame",
    "xarray.DataArray",
    "pynapple.TsdFrame",
    "numpy.ndarray",
}


def is_table(source: Any) -> bool:
    """Whether a recording can be made of it."""
    return _kind(source) in _TABLES


def is_nwb(source: Any) -> bool:
    """Whether it is an NWB file that pynwb holds."""
    return _kind(source) == "pynwb.NWBFile"


def of_nwb(file: Any, read: Callable[[str], T]) -> T:
    """Reads the file that pynwb holds, or one written of what it holds: there is one reader of NWB."""
    path = file.container_source
    if path is not None and os.path.exists(path):
        return read(path)
    from pynwb import NWBHDF5IO

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"{file.identifier or 'recording'}.nwb".replace(os.sep, "_"))
        with NWBHDF5IO(path, "w") as io:
            io.write(file)
        return read(path)


def made(
    source: Any,
    *,
    animal: str | None = None,
    neurons: Sequence[Any] | None = None,
    time: Any = None,
    fps: float | None = None,
    states: Any = None,
    unit: str | None = None,
    names: Any = "known",
) -> Made:
    """What a recording is made of, from a table of one animal and what it does not say itself."""
    kind = _kind(source)
    if kind not in _TABLES:
        raise TypeError(f"found {type(source).__name__}, expected a table or an array of one animal")
    if kind == "xarray.DataArray":
        traces, labels, seconds, said, called = _of_xarray(source)
    elif kind == "pynapple.TsdFrame":
        traces, labels, seconds, said, called = (
            np.asarray(source.values, dtype=np.float64),
            [str(column) for column in source.columns],
            np.asarray(source.t, dtype=np.float64),
            None,
            None,
        )
    elif kind == "numpy.ndarray":
        traces, labels, seconds, said, called = np.asarray(source, np.float64), None, None, None, None
    else:
        traces, labels, seconds, said, called = _of_columns(source, kind)
    if traces.ndim != 2:
        raise ValueError(f"found an array of {traces.ndim} axes, expected (frame, neuron)")
    labels = labels if neurons is None else [str(neuron) for neuron in neurons]
    if labels is None:
        labels = [str(column + 1) for column in range(traces.shape[1])]
    seconds = _seconds(seconds if time is None else time, fps, len(traces))
    of_frame = said if states is None else _states(states, seconds)
    return Made(
        animal=animal or called or "animal",
        neurons=labels,
        traces=traces,
        seconds=seconds,
        states=None if of_frame is None else ["" if _is_missing(s) else str(s) for s in of_frame],
        derivative=None,
        derivative_field="",
        unit=unit,
        names=names if isinstance(names, str) else ",".join(map(str, names)),
        source=kind,
        place="",
        trace_field="",
    )


_Parts = tuple[NDArray[np.float64], "list[str] | None", Any, Any, "str | None"]


def _of_xarray(source: Any) -> _Parts:
    if set(source.dims) != {"time", "neuron"}:
        raise ValueError(f"found dims {tuple(source.dims)}, expected time and neuron")
    source = source.transpose("time", "neuron")
    labels = [str(name) for name in source["neuron"].values] if "neuron" in source.coords else None
    seconds = source["time"].values if "time" in source.coords else None
    states = next((source[name].values for name in _STATES if name in source.coords), None)
    called = source.attrs.get("animal")
    return np.asarray(source.values, dtype=np.float64), labels, seconds, states, called


def _of_columns(source: Any, kind: str) -> _Parts:
    """Of a DataFrame: columns that say time and state, the index where none says time, neurons else."""
    columns = [str(column) for column in source.columns]
    if len(set(columns)) < len(columns) and kind == "polars.DataFrame":
        raise ValueError("found two columns of one name, expected one per neuron")
    of_time = next((columns.index(name) for name in _TIMES if name in columns), None)
    of_state = next((columns.index(name) for name in _STATES if name in columns), None)
    kept = [k for k in range(len(columns)) if k not in (of_time, of_state)]

    def column(k: int) -> NDArray[Any]:
        values = source.iloc[:, k] if kind == "pandas.DataFrame" else source[columns[k]]
        return np.asarray(values.to_numpy())

    if kind == "pandas.DataFrame":
        # Without a copy where the columns lie in one block.
        traces = np.asarray(source.iloc[:, kept].to_numpy(), dtype=np.float64)
    else:
        traces = np.asarray(source[:, kept].to_numpy(), dtype=np.float64)
    seconds = column(of_time) if of_time is not None else None
    if seconds is None and kind == "pandas.DataFrame" and source.index.dtype.kind == "f":
        seconds = source.index.to_numpy()
    states = column(of_state) if of_state is not None else None
    return traces, [columns[k] for k in kept], seconds, states, None


def _seconds(time: Any, fps: float | None, n_frames: int) -> NDArray[np.float64]:
    if time is None:
        if fps is None:
            raise ValueError("found no times, expected time=… in seconds or fps=… frames per second")
        if not fps > 0:
            raise ValueError(f"fps: found {fps}, expected frames per second above 0")
        return np.arange(n_frames, dtype=np.float64) / fps
    values = np.asarray(time)
    if values.dtype.kind == "m":
        values = values / np.timedelta64(1, "s")
    elif values.dtype.kind == "M":
        values = (values - values[0]) / np.timedelta64(1, "s")
    return np.ascontiguousarray(values, dtype=np.float64)


def _states(states: Any, seconds: NDArray[np.float64]) -> Any:
    """One state per frame; of a mapping from states to IntervalSets that of the interval it lies in."""
    if not isinstance(states, Mapping):
        return np.asarray(states, dtype=object)
    of_frame = np.full(len(seconds), "", dtype=object)
    for name, intervals in states.items():
        for begin, end in zip(np.atleast_1d(intervals.start), np.atleast_1d(intervals.end)):
            of_frame[(seconds >= begin) & (seconds < end)] = str(name)
    return of_frame


def _is_missing(state: Any) -> bool:
    return state is None or (isinstance(state, float) and np.isnan(state))
