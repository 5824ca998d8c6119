"""How long Python takes to read the files of make_file.py: the peers of our reader.

    python read_file.py PEER FILE [TIMES]

PEER is `h5py` (v7.3: the fields that we read, by hand, states and names included), `mat73` (v7.3:
everything in the file), or `scipy` (v5: everything).
Prints the least of TIMES (5) readings in seconds.
"""

import sys
import time

FIELDS = "NeuronNames States dataset deltaFOverF_bc derivs fps tv".split()


def with_h5py(path):
    import h5py

    def text(item):
        return item[:].tobytes().decode("utf-16-le")

    with h5py.File(path) as file:
        root = file["WT_NoStim"]
        worms = []
        for k in range(root["tv"].shape[0]):
            entry = {field: file[root[field][k, 0]] for field in FIELDS}
            worms.append({
                "dataset": text(entry["dataset"]),
                "traces": entry["deltaFOverF_bc"][:].T,
                "derivs": entry["derivs"][:].T,
                "tv": entry["tv"][:].ravel(),
                "fps": float(entry["fps"][0, 0]),
                "names": [text(file[ref]) for ref in entry["NeuronNames"][:, 0]],
                "states": {name: vector[:].ravel() for name, vector in entry["States"].items()},
            })
    return worms


def with_mat73(path):
    import mat73

    return mat73.loadmat(path)


def with_scipy(path):
    from scipy.io import loadmat

    return loadmat(path, simplify_cells=True)


PEERS = {"h5py": with_h5py, "mat73": with_mat73, "scipy": with_scipy}


def main():
    peer, path = sys.argv[1:3]
    times = []
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 5):
        start = time.perf_counter()
        PEERS[peer](path)
        times.append(time.perf_counter() - start)
    print(f"{peer} {path}: {min(times):.3f} s")


main()
