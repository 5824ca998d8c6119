"""Writes small sound files to begin fuzzing with: python seeds.py CORPUS

One folder per target. Needs numpy, scipy, h5py, pandas, polars and pyarrow. The committed corpus has grown
from these.
"""

import json
import os
import sys

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.io
import scipy.sparse

corpus = sys.argv[1]
names = ["AVAL", "17", "VB2"]
t = np.arange(6)
traces = np.array([[n + k / 8 for n in range(3)] for k in t])
seconds = t / 3
REFERENCE = h5py.special_dtype(ref=h5py.Reference)


def path(target, name):
    os.makedirs(f"{corpus}/{target}", exist_ok=True)
    return f"{corpus}/{target}/{name}"


table = pd.DataFrame({"time_s": seconds, "state": ["FWD", "SLOW", "REV", "VT", "DT", "NOSTATE"]})
for k, name in enumerate(names):
    table[name] = traces[:, k]
for name in names:
    table[f"{name}.derivative"] = 3 / 8
table.to_csv(path("wide_csv", "seed"), index=False)
table.iloc[:2, :4].to_csv(path("wide_csv", "seed_small"), index=False)
table.to_parquet(path("wide_parquet", "seed"), index=False)
narrow = table.iloc[:, :4].astype({"state": "category", "AVAL": "float32"})
narrow.to_parquet(path("wide_parquet", "seed_groups"), index=False, row_group_size=4, compression=None)
table.iloc[:, :3].to_parquet(path("wide_parquet", "seed_v2"), index=False, data_page_version="2.0")
for codec in ["zstd", "gzip"]:
    table.iloc[:, :4].to_parquet(path("wide_parquet", f"seed_{codec}"), index=False, compression=codec)

# Logical types in every physical type and encoding, Arrow's schema, pandas' index.
arrow = pa.Table.from_pandas(table.iloc[:, :4], preserve_index=False).replace_schema_metadata()


def columns(name, types, encodings, **options):
    """The table in other types (of time_s, AVAL and 17) and encodings (of those and the states)."""
    typed = arrow
    for at, kind in zip([0, 2, 3], types):
        scale = {"duration[ms]": 1000, "timestamp[us]": 10**6, "time32[ms]": 1000}.get(str(kind))
        whole = np.arange(6) if pa.types.is_integer(kind) else np.round(np.arange(6) / 3, 2)
        values = pa.array((np.arange(6) / 3 * scale).astype(int)) if scale else pa.array(whole)
        values = values.cast(pa.int32()) if str(kind) == "time32[ms]" else values
        typed = typed.set_column(at, arrow.column_names[at], values.cast(kind, safe=False))
    encodings = dict(zip(["time_s", "AVAL", "17", "state"], encodings))
    options = {"compression": None, "use_dictionary": not encodings, "write_statistics": False} | options
    pq.write_table(typed, path("wide_parquet", name), column_encoding=encodings or None, **options)


plain, delta, split = "PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"
columns("seed_duration", [pa.duration("ms"), pa.decimal128(8, 2), pa.uint64()], [delta, "DELTA_BYTE_ARRAY", delta, "DELTA_BYTE_ARRAY"])
columns("seed_timestamp", [pa.timestamp("us"), pa.float16(), pa.uint8()], [split, split, split, "DELTA_LENGTH_BYTE_ARRAY"], data_page_version="2.0")
columns("seed_time", [pa.time32("ms"), pa.decimal256(60, 5), pa.decimal128(9, 2)], [delta, split, delta, plain], store_decimal_as_integer=True, write_page_checksum=True)
columns("seed_int96", [pa.timestamp("us"), pa.float32(), pa.int16()], [], use_deprecated_int96_timestamps=True, store_schema=False, compression="lz4")
table.iloc[:, :4].set_index("time_s").to_parquet(path("wide_parquet", "seed_index"))
table.iloc[:, :3].set_index(pd.Index([5, 4, 3, 2, 1, 0])).to_parquet(path("wide_parquet", "seed_stray_index"), compression=None)
lengths = pl.Series(range(6)).cast(pl.Duration("us"))
pl.from_pandas(table.iloc[:, :3]).with_columns(time_s=lengths).write_parquet(path("wide_parquet", "seed_polars"))

web = {
    "trace_array": traces.T.tolist(),
    "trace_original": traces.T.tolist(),
    "labeled": {"1": {"label": "AVAL"}, "3": {"label": "VB2"}},
    "timestamp_confocal": seconds.tolist(),
    "avg_timestep": 0.005,
    "velocity": [0.1, -0.1, 0.0, 0.1, 0.1, None],
    "reversal_events": [[2, 2], [5, 6]],
}
for name, keys in [("seed", list(web)), ("seed_small", ["trace_array", "avg_timestep", "velocity"])]:
    with open(path("worm_wide_web", name), "w") as file:
        json.dump({key: web[key] for key in keys}, file)


def h5(target, name, **options):
    return h5py.File(path(target, name), "w", **options)


for version in ["earliest", "latest"]:
    with h5("flavell_h5", f"seed_{version}", libver=version) as file:
        file["gcamp/trace_array_original"] = traces
        file["timing/timestamp_confocal"] = seconds
        file["behavior/velocity"] = np.array([0.1, -0.1, 0, 0.1, 0.1, 0.1])
        file["behavior/reversal_vec"] = np.array([0, 1, 0, 0, 0, 1])

    # Types and filters that are read here, and neighbours that are not.
    with h5("flavell_h5", f"seed_types_{version}", libver=version) as file:
        file.create_dataset("gcamp/trace_array_original", data=traces.astype(">f2"), chunks=(4, 2), compression="lzf")
        file["timing/timestamp_confocal"] = np.append(seconds, 9).astype("g")
        file["behavior/velocity"] = np.array([1, -1, 0, 1, 1, 1], dtype=">i2")
        file["behavior/reversal_vec"] = np.array([0, 1, 0, 0, 0, 1], dtype=bool)
        file["behavior/nowhere"] = h5py.SoftLink("/not/there")
        file.create_dataset("behavior/complex", data=traces + 1j)
        kind = h5py.enum_dtype({"FWD": 3, "REV": -1}, basetype="i2")
        file.create_dataset("behavior/names", data=np.array([3, -1], dtype="i2"), dtype=kind)

    def typed(parent, name, kind):
        group = parent.create_group(name)
        group.attrs["neurodata_type"] = kind
        return group

    def clocked(series, data):
        series["data"] = data
        series["timestamps"] = seconds

    with h5("nwb", f"seed_roi_{version}", libver=version) as file:
        file.attrs["nwb_version"] = "2.8.0"
        file["identifier"] = "x"
        module = typed(file, "processing/a", "ProcessingModule")
        cells = typed(module, "cells", "PlaneSegmentation")
        cells["name"] = names
        series = typed(typed(module, "dff", "DfOverF"), "s", "RoiResponseSeries")
        clocked(series, traces)
        series["rois"] = [2, 0, 1]
        series["rois"].attrs["table"] = cells.ref
        spans = typed(file, "intervals/epochs", "TimeIntervals")
        spans["start_time"], spans["stop_time"] = [0.0, 1.0], [1.0, 2.0]
        spans["label"] = ["FWD", "REV"]
    with h5("nwb", f"seed_tables_{version}", libver=version) as file:
        file.attrs["nwb_version"] = "2.8.0"
        module = typed(file, "processing/a", "ProcessingModule")
        cells = typed(module, "cells", "PlaneSegmentation")
        cells["id"] = [0, 1, 2]
        cells["l"] = list("AVALAVARRIML")
        for name, of, ends in [("l_index", "l", [4, 8, 12]), ("l_index_index", "l_index", [2, 2, 3])]:
            cells[name] = np.array(ends, dtype="u1")
            cells[name].attrs["neurodata_type"] = "VectorIndex"
            cells[name].attrs["target"] = cells[of].ref
        for kind in ["Fluorescence", "Neuropil"]:
            series = typed(typed(module, kind, "Fluorescence"), kind, "RoiResponseSeries")
            clocked(series, (traces * 8).astype("i2"))
            series["data"].attrs["conversion"] = 0.125
            series["rois"] = [2, 0, 1]
            series["rois"].attrs["table"] = cells.ref
        spans = typed(file, "intervals/b", "TimeIntervals")
        spans["id"] = [0, 1]
        spans["start_time"], spans["stop_time"] = [0.0, 1.0], [1.0, np.nan]
        spans["tags"] = ["FWD", "fast", "REV1"]
        spans["tags_index"] = np.array([2, 3], dtype="u1")
        spans["tags_index"].attrs["target"] = spans["tags"].ref
        marks = typed(typed(file, "processing/b", "BehavioralEpochs"), "reversals", "IntervalSeries")
        marks["data"], marks["timestamps"] = np.array([1, -1], dtype="i1"), [0.5, 1.0]
        velocity = typed(file, "processing/b/velocity", "TimeSeries")
        clocked(velocity, [0.1, -0.1, 0.0, 0.1, 0.1, 0.1])
        velocity["data"].attrs["unit"] = "um/s"
    with h5("nwb", f"seed_kato_{version}", libver=version) as file:
        file.attrs["nwb_version"] = "2.8.0"
        for k, name in enumerate(names[:2]):
            clocked(typed(file, f"acquisition/traces__{k + 1}__{name}", "TimeSeries"), traces[:, k])
        states = typed(file, "acquisition/States", "TimeSeries")
        states.attrs["description"] = "1=FWD, 2=REV1"
        clocked(states, [1, 2, 1, 2, 1, 2])


def matlab(file, value, kind):
    """A value of `/#refs#`."""
    refs = file.require_group("#refs#")
    if isinstance(value, str):
        value = np.array([[ord(c)] for c in value], dtype=np.uint16)
    data = refs.create_dataset(f"r{len(refs)}", data=value)
    data.attrs["MATLAB_class"] = np.bytes_(kind)
    return data.ref


def cell(file, where, refs):
    data = file.create_dataset(where, data=np.array([[ref] for ref in refs], dtype=REFERENCE), dtype=REFERENCE)
    data.attrs["MATLAB_class"] = np.bytes_("cell")
    return data.ref


for name, one_hot in [("seed_names", True), ("seed_codes", False)]:
    with h5("mat73", name) as file:
        root = "WT_NoStim/" if one_hot else "WT/"
        labels = cell(file, "#refs#/names", [matlab(file, text, "char") for text in names])
        cell(file, root + ("NeuronNames" if one_hot else "IDs"), [labels])
        cell(file, root + "dataset", [matlab(file, "TS1", "char")])
        cell(file, root + "fps", [matlab(file, np.array([[3.0]]), "double")])
        cell(file, root + ("tv" if one_hot else "timVectorSeconds"), [matlab(file, seconds[None, :], "double")])
        cell(file, root + ("deltaFOverF_bc" if one_hot else "traces"), [matlab(file, traces.T, "double")])
        cell(file, root + ("derivs" if one_hot else "tracesDif"), [matlab(file, traces.T, "double")])
        if one_hot:
            group = file["#refs#"].create_group("states")
            for state in ["fwd", "revsus"]:
                group[state] = np.array([[1.0, 0, 1, 0, 1, 0]]) if state == "fwd" else np.array([[0.0, 1, 0, 1, 0, 1]])
                group[state].attrs["MATLAB_class"] = np.bytes_("double")
            group.attrs["MATLAB_class"] = np.bytes_("struct")
            cell(file, root + "States", [group.ref])
        else:
            cell(file, root + "States", [matlab(file, np.array([[1.0, 2, 1, 2, 1, 2]]), "double")])
            cell(file, root + "States_key", [matlab(file, text, "char") for text in ["FWD", "REVSUS"]])

with h5("mat73", "seed_rows_sparse") as file:
    group = file.create_group("wbData")
    group["NeuronNames"] = np.array([[ord(c) for c in column] for column in zip(*[n.ljust(4) for n in names])], dtype="u2")
    group["NeuronNames"].attrs["MATLAB_class"] = np.bytes_("char")
    group["tv"] = seconds[None, :]
    sparse = scipy.sparse.csc_matrix(traces)
    group["deltaFOverF_bc/data"], group["deltaFOverF_bc/ir"] = sparse.data, sparse.indices.astype("u8")
    group["deltaFOverF_bc/jc"] = sparse.indptr.astype("u8")
    group["deltaFOverF_bc"].attrs["MATLAB_sparse"] = np.uint64(len(t))
    group["about"] = np.array([[0xDD000000, 2, 1, 1, 1, 1]], dtype="u4")
    group["about"].attrs["MATLAB_class"] = np.bytes_("string")
    group["about"].attrs["MATLAB_object_decode"] = np.int32(3)

records = np.empty(3, dtype=object)
records[:] = [np.array([name], dtype=object) for name in names]
worm = {
    "deltaFOverF": traces,
    "deltaFOverF_bc": traces,
    "deltaFOverF_deriv": traces,
    "tv": seconds[:, None],
    "NeuronIds": records,
    "FlNm": "TS1",
}
for name, compressed in [("seed_plain", False), ("seed_zlib", True)]:
    with open(path("mat5", name), "wb") as file:
        scipy.io.savemat(file, {"wbData": worm}, do_compression=compressed)
lists = {"deltaFOverF_bc": [traces], "NeuronNames": [records], "tv": [seconds[:, None]], "fps": [3.0]}
cells = {}
for key, (value,) in lists.items():
    cells[key] = np.empty(1, dtype=object)
    cells[key][0] = value
with open(path("mat5", "seed_struct"), "wb") as file:
    scipy.io.savemat(file, {"WT_NoStim": cells}, do_compression=True)
states = np.empty((6, 1), dtype=object)
states[:, 0] = ["FWD", "REV1", "", "FWD", "VT", "DT"]
rows = dict(worm, NeuronIds=np.array(names), States=states, deltaFOverF_bc=scipy.sparse.csc_matrix(traces))
rows = {key: rows[key] for key in ["deltaFOverF_bc", "tv", "NeuronIds", "States"]}
with open(path("mat5", "seed_rows_sparse"), "wb") as file:
    scipy.io.savemat(file, {"wbData": rows}, do_compression=True)
with open(path("mat5", "seed_rows_plain"), "wb") as file:
    scipy.io.savemat(file, {"wbData": dict(rows, deltaFOverF_bc=traces, States=np.array([s or "VT" for s in states[:, 0]]))})
