"""Decoders on plain arrays: rows without an order, frames with times, and scikit-learn's own tools."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import make_blobs
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nervering as nr


@pytest.fixture(scope="module")
def rows():
    X, y = make_blobs(240, 5, centers=3, random_state=1)
    return X, np.array(["a", "b", "c"])[y], np.arange(240) % 4


def test_rows_are_told_apart(rows):
    X, y, groups = rows
    for decoder in (nr.LogisticDecoder(), nr.LDADecoder(), nr.MLPDecoder(epochs=80)):
        decoder.fit(X, y, groups=groups)
        assert list(decoder.classes_) == ["a", "b", "c"]
        assert decoder.score(X, y) > 0.95
        assert decoder.predict_proba(X).shape == (240, 3)
        again = pickle.loads(pickle.dumps(decoder))
        np.testing.assert_array_equal(again.predict(X), decoder.predict(X))


def test_animals_are_left_out_in_turn(rows):
    X, y, groups = rows
    cv = LeaveOneGroupOut()
    scores = cross_val_score(nr.MLPDecoder(epochs=40), X, y, groups=groups, cv=cv)
    assert scores.shape == (4,) and scores.min() > 0.9


def test_in_a_pipeline(rows):
    X, y, _ = rows
    assert make_pipeline(StandardScaler(), nr.LogisticDecoder()).fit(X, y).score(X, y) > 0.95


def test_groups_and_times_are_routed(animals):
    one, other = animals[0], animals[1]
    X = np.concatenate([one.to_numpy(), other.to_numpy()])
    states = np.concatenate([one.states, other.states])
    y = np.where(np.char.startswith(states, "REV"), "back", "on")
    groups = np.repeat(["one", "other"], [len(one), len(other)])
    times = np.concatenate([one.time, other.time])
    with sklearn.config_context(enable_metadata_routing=True):
        decoder = nr.LSTMMLPDecoder(epochs=4)
        decoder.set_fit_request(groups=True, times=True)
        decoder.set_score_request(groups=True, times=True)
        params = {"groups": groups, "times": times}
        scores = cross_val_score(decoder, X, y, cv=LeaveOneGroupOut(), params=params)
    assert scores.shape == (2,)


def test_rows_with_times_are_frames_of_recordings(animals):
    """The same states from the array and from the recording, whatever order the rows come in."""
    one = animals[0]
    back = np.char.startswith(one.states, "REV")
    order = np.random.default_rng(0).permutation(len(one))
    kept = {"epochs": 4, "protocol": "animals"}
    X, y, times = one.to_numpy()[order], back[order], one.time[order]
    shuffled = nr.MLPDecoder(**kept).fit(X, y, times=times)
    straight = nr.MLPDecoder(**kept).fit(one.to_numpy(), back, times=one.time)
    said = shuffled.predict(X, times=times)
    np.testing.assert_array_equal(said, straight.predict(one.to_numpy(), times=one.time)[order])


def test_what_needs_an_order_says_so(rows):
    X, y, _ = rows
    for cls in (nr.TCNDecoder, nr.LSTMMLPDecoder, nr.ADMDecoder):
        with pytest.raises(ValueError, match="order"):
            cls().fit(X, y)
    with pytest.raises(ValueError, match="times"):
        nr.LogisticDecoder().fit(X, y, times=[0.0])
    with pytest.raises(ValueError, match="without an order"):
        nr.LogisticDecoder().fit(X, y).predict(X, times=np.arange(len(X)))


def test_columns_keep_their_names(rows):
    X, y, _ = rows
    frame = pd.DataFrame(X, columns=["AVAL", "AVAR", "RIML", "RIMR", "VB01"])
    decoder = nr.LogisticDecoder().fit(frame, y)
    assert list(decoder.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        decoder.predict(frame[["AVAR", "AVAL", "RIML", "RIMR", "VB01"]])
