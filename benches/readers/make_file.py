"""Writes a full-size file in the layout of Kato et al. 2015: 5 worms, 130 neurons, 3,300 frames.

    python make_file.py FOLDER

FOLDER/WT_NoStim_v73.mat is MATLAB v7.3 (HDF5, gzip chunks of MATLAB's size), written by h5py;
FOLDER/WT_NoStim_v5.mat holds the same struct as v5, compressed, written by scipy. The traces are
smooth random walks with camera noise in full double precision, so they compress as badly as real
ones do.
"""

import pathlib
import sys

import h5py
import numpy as np
from scipy.io import savemat

WORMS, NEURONS, FRAMES, FPS = 5, 130, 3300, 2.9
STATES = "dt fwd nostate rev1 rev2 revsus slow vt".split()


def worm(random, k):
    walk = np.cumsum(random.normal(size=(FRAMES, NEURONS)), axis=0) * 0.02
    traces = walk + 0.02 * random.normal(size=walk.shape)
    states = np.repeat(random.integers(0, 8, FRAMES), 15)[:FRAMES]
    names = ["AVAL", "AVAR", "VB02"] + [str(i + 1) for i in range(3, NEURONS)]
    return {
        "NeuronNames": names,
        "States": {name: (states == i).astype(float) for i, name in enumerate(STATES)},
        "dataset": f"TS2014071{k}",
        "deltaFOverF": traces + 0.1 * walk,
        "deltaFOverF_bc": traces,
        "derivs": np.gradient(walk, 1 / FPS, axis=0),
        "fps": FPS,
        "tv": np.arange(FRAMES) / FPS,
    }


class V73:
    """A struct of cells as MATLAB writes it."""

    def __init__(self, path):
        header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
        self.file = h5py.File(path, "w", userblock_size=512, libver="earliest")
        self.path, self.header = path, header
        self.refs, self.n = self.file.create_group("#refs#"), 0

    def close(self):
        self.file.close()
        with open(self.path, "r+b") as file:
            file.write(self.header)

    def marked(self, item, matlab_class):
        item.attrs["MATLAB_class"] = np.bytes_(matlab_class)
        return item

    def ref(self, value):
        self.n += 1
        return self.put(self.refs, f"r{self.n}", value).ref

    def put(self, group, name, value):
        if isinstance(value, str):
            units = np.frombuffer(value.encode("utf-16-le"), "u2").reshape(-1, 1)
            return self.marked(group.create_dataset(name, data=units), "char")
        if isinstance(value, dict):
            struct = self.marked(group.create_group(name), "struct")
            for field, inner in value.items():
                self.put(struct, field, inner)
            return struct
        if isinstance(value, list):
            refs = np.array([self.ref(v) for v in value], dtype=h5py.ref_dtype).reshape(-1, 1)
            return self.marked(group.create_dataset(name, data=refs, dtype=h5py.ref_dtype), "cell")
        array = np.atleast_2d(np.asarray(value, dtype=float).T)
        gzip = dict(chunks=True, compression="gzip", compression_opts=3) if array.size > 64 else {}
        return self.marked(group.create_dataset(name, data=array, **gzip), "double")


def main():
    folder = pathlib.Path(sys.argv[1])
    random = np.random.default_rng(1)
    worms = [worm(random, k) for k in range(WORMS)]
    struct = {field: [w[field] for w in worms] for field in worms[0]}
    file = V73(folder / "WT_NoStim_v73.mat")
    file.put(file.file, "WT_NoStim", struct)
    file.close()

    def column(values):
        cells = np.empty((len(values), 1), dtype=object)
        for k, value in enumerate(values):
            cells[k, 0] = column(value) if isinstance(value, list) else value
        return cells

    v5 = {field: column(values) for field, values in struct.items()}
    savemat(folder / "WT_NoStim_v5.mat", {"WT_NoStim": v5}, do_compression=True)


main()
