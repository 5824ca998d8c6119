"""What a model says, written into a file of NWB that pynwb holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


def add_to_nwb(file: Any, said: xr.DataArray, module: str = "nervering") -> Any:
    """Adds probabilities ``(time, state)`` or states ``(time)`` as a processed module, and gives it back.

    ``said`` is what ``predict_proba`` or ``predict`` gave for a recording. Probabilities become a TimeSeries
    whose columns are named in its description; states one of whole numbers, named in the same way.
    """
    from pynwb import TimeSeries

    if "time" not in said.dims:
        raise ValueError(f"found dims {tuple(said.dims)}, expected time")
    if module in file.processing:
        processing = file.processing[module]
    else:
        description = f"what {said.attrs.get('model', 'a model')} of nervering says of each frame"
        processing = file.create_processing_module(name=module, description=description)
    animals = ", ".join(said.attrs.get("trained_on", []))
    if said.ndim == 2:
        names = [str(state) for state in said["state"].values]
        name, unit, data = "probabilities", "1", np.asarray(said.values, dtype=np.float64)
        meaning = "probability of " + ", ".join(names) + ", a column each"
    else:
        found, codes = np.unique(said.values.astype(str), return_inverse=True)
        name, unit, data = "states", "1", codes.astype(np.float64)
        meaning = "; ".join(f"{code} is {state}" for code, state in enumerate(found))
    description = f"{meaning}; trained on {animals}" if animals else meaning
    series = TimeSeries(
        name=name,
        data=data,
        unit=unit,
        timestamps=np.asarray(said["time"].values, dtype=np.float64),
        description=description,
    )
    processing.add(series)
    return processing
