"""Decoders that Python users know beside ours: the same worms, the same split, the same frames.

Each worm is left out in turn; models learn from every frame of the others that has a state, and say the
state of every frame of the one left out. All models are given the same: traces and their central differences, each in
the range that it has in its worm. Prints one row per model: balanced accuracy
over the worms left out, mean and SD, the seconds that fits and predictions took, and the lines of code of the
function that a user would write.

    python benches/decoders/side_by_side.py kato2015/*.csv --states 4
"""

import argparse
import inspect
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import nervering as nr

REVERSE = {"REV1", "REV2", "REVSUS", "REV"}
OTHERS = {"FWD": "forward", "SLOW": "forward", "DT": "dorsal turn", "VT": "ventral turn"}


def four_states(worm):
    return np.array(["reverse" if s in REVERSE else OTHERS.get(s, "") for s in worm.states])


def two_states(worm):
    four = four_states(worm)
    return np.where(np.isin(four, ["forward", "reverse"]), four, "")


def table(worms, states):
    """Traces and central differences of the neurons that all share, each scaled to its range; states, and worms."""
    shared = sorted(set.intersection(*(set(worm.identified) for worm in worms)))
    rows, labels, groups = [], [], []
    for worm in worms:
        traces = worm.to_numpy()[:, [worm.neurons.index(name) for name in shared]]
        features = np.hstack([traces, np.gradient(traces, axis=0)])
        low, high = features.min(0), features.max(0)
        rows.append((features - low) / np.where(high > low, high - low, 1))
        labels.append(states(worm))
        groups += [worm.animal] * len(worm)
    return np.vstack(rows), np.concatenate(labels), np.array(groups)


# What a user writes: arrays, or worms, to the states of the one left out.


def scikit_learn_logistic(X, y, test):
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return model.fit(X, y).predict(test)


def scikit_learn_svm(X, y, test):
    model = make_pipeline(StandardScaler(), SVC())
    return model.fit(X, y).predict(test)


def cebra_knn(X, y, test):
    from cebra import CEBRA

    codes = np.unique(y, return_inverse=True)[1]
    model = CEBRA(batch_size=512, output_dimension=8, max_iterations=1000, device="cpu")
    model.fit(X, codes)
    knn = KNeighborsClassifier(25, metric="cosine").fit(model.transform(X), y)
    return knn.predict(model.transform(test))


def nervering_logistic(train, test, states):
    return nr.LogisticDecoder(states=states, protocol="animals").fit(train).predict(test)


def nervering_gnn(train, test, states):
    return nr.GNNDecoder(states=states, protocol="animals").fit(train).predict(test)


def nervering_tcn(train, test, states):
    return nr.TCNDecoder(states=states, protocol="animals").fit(train).predict(test)


OF_ARRAYS = [scikit_learn_logistic, scikit_learn_svm, cebra_knn]
OF_WORMS = [nervering_logistic, nervering_gnn, nervering_tcn]


def lines(function):
    source = inspect.getsource(function).splitlines()[1:]
    return sum(bool(line.strip()) and not line.strip().startswith("from") for line in source)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--states", type=int, choices=[2, 4], default=4)
    asked = parser.parse_args()
    states = {2: two_states, 4: four_states}[asked.states]
    worms = nr.read(asked.files)
    X, y, groups = table(worms, states)
    known = y != ""
    print(f"{'':24}{'balanced, %':>16}{'seconds':>10}{'lines':>7}")
    for model in OF_ARRAYS + OF_WORMS:
        found, begin = [], time.perf_counter()
        for left_out in worms:
            of_test = (groups == left_out.animal) & known
            try:
                if model in OF_ARRAYS:
                    train = (groups != left_out.animal) & known
                    said = model(X[train], y[train], X[of_test])
                else:
                    others = [worm for worm in worms if worm is not left_out]
                    said = model(others, left_out, asked.states).values[known[groups == left_out.animal]]
            except ImportError as error:
                print(f"{model.__name__.replace('_', ' '):24} not installed: {error}")
                break
            found.append(100 * balanced_accuracy_score(y[of_test], said))
        else:
            spent = time.perf_counter() - begin
            score = f"{np.mean(found):.1f} ± {np.std(found, ddof=1):.1f}"
            print(f"{model.__name__.replace('_', ' '):24}{score:>16}{spent:>10.1f}{lines(model):>7}")


if __name__ == "__main__":
    main()
