"""Decoders on recordings: what the program says, and what scikit-learn expects."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import nervering as nr


@pytest.fixture(scope="module")
def fitted(animals):
    return nr.GNNDecoder(states=4, epochs=30).fit(animals[:3])


def test_what_a_fitted_decoder_knows(fitted, animals):
    assert list(fitted.classes_) == ["reverse", "forward", "dorsal turn", "ventral turn"]
    assert fitted.n_features_in_ == len(fitted.feature_names_in_) == len(animals[0].identified)
    assert fitted.report_["training"]["epochs"] == 30


def test_probabilities_and_states_along_time(fitted, animals):
    said = fitted.predict_proba(animals[3])
    assert said.dims == ("time", "state") and said.shape == (len(animals[3]), 4)
    np.testing.assert_allclose(said.sum("state"), 1.0, rtol=1e-12)
    states = fitted.predict(animals[3])
    np.testing.assert_array_equal(states, said.state.values[said.argmax("state")])
    both = fitted.predict(animals[2:])
    assert [one.attrs["animal"] for one in both] == animals.animals[2:]


def test_score_is_the_programs_balanced_accuracy(fitted, animals):
    found = fitted.evaluate(animals[3])
    assert fitted.score(animals[3]) == found["balanced_accuracy"]
    assert not found["trained_on"] and fitted.evaluate(animals[0])["trained_on"]
    mean = np.mean([fitted.score(animal) for animal in animals[2:]])
    assert fitted.score(animals[2:]) == pytest.approx(mean)


def test_the_program_makes_the_same_model(files, tmp_path):
    """The bytes of the model's file, and every probability."""
    worms = nr.read(files)
    ours = nr.MLPDecoder(neurons="paper-15", epochs=20).fit(worms[:3])
    ours.save(tmp_path / "ours.safetensors")
    program = [sys.executable, "-m", "nervering._program"]
    names = ",".join(worms.animals[:3])
    fit = ["fit", "mlp", "--on", str(files), "--animals", names, "--epochs", "20"]
    out = ["--out", str(tmp_path / "theirs.safetensors")]
    subprocess.run([*program, *fit, *out], check=True, capture_output=True)
    theirs = (tmp_path / "theirs.safetensors").read_bytes()
    assert (tmp_path / "ours.safetensors").read_bytes() == theirs
    model = str(tmp_path / "theirs.safetensors")
    predict = ["predict", model, str(files), "--out", str(tmp_path / "said")]
    subprocess.run([*program, *predict], check=True, capture_output=True)
    table = pd.read_csv(next((tmp_path / "said").glob(f"{worms.animals[3]}.csv")))
    probabilities = table[["p_forward", "p_reverse"]].to_numpy()
    np.testing.assert_allclose(ours.predict_proba(worms[3]), probabilities, atol=2e-7)


def test_edges_are_named(fitted, animals):
    edges = fitted.edges_
    assert edges.dims == ("receiver", "sender")
    assert ((edges >= 0) & (edges <= 1)).all()
    assert fitted.edges(animals[3]).shape == edges.shape
    majority = nr.MajorityDecoder().fit(animals[:2])
    assert not hasattr(majority, "edges_")


def test_models_are_saved_loaded_and_pickled(fitted, animals, tmp_path):
    fitted.save(tmp_path / "m.safetensors")
    for again in (nr.load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(fitted))):
        assert type(again) is nr.GNNDecoder and again.states == 4
        np.testing.assert_array_equal(again.predict(animals[3]), fitted.predict(animals[3]))
    with pytest.raises(FileNotFoundError, match="no.safetensors"):
        nr.load(tmp_path / "no.safetensors")
    (tmp_path / "words").write_text("words")
    with pytest.raises(ValueError, match="safetensors"):
        nr.load(tmp_path / "words")


def test_what_no_file_holds_is_used_all_the_same(animals, tmp_path):
    svm = nr.SVMLinearDecoder().fit(animals[:2])
    assert 0.5 < svm.score(animals[0]) <= 1.0
    with pytest.raises(TypeError, match="cannot be saved"):
        svm.save(tmp_path / "svm.safetensors")
    with pytest.raises(TypeError, match="cannot be saved"):
        pickle.dumps(svm)


def test_frames_in_order(animals):
    tcn = nr.TCNCausalDecoder(epochs=8).fit(animals[:2])
    assert tcn.predict_proba(animals[3]).shape == (len(animals[3]), 2)


def test_parameters_are_scikit_learns():
    decoder = nr.GNNDecoder(states=4, width=8)
    assert clone(decoder).get_params() == decoder.get_params()
    assert repr(decoder) == "GNNDecoder(states=4, width=8)"
    with pytest.raises(ValueError, match="colour"):
        decoder.set_params(colour="red")
    assert "epochs" not in nr.LogisticDecoder().get_params()
    assert nr.GNNConnectomeDecoder().connectome == "white1986"


def test_errors_are_pythons_own_with_the_programs_words(animals):
    with pytest.raises(ValueError, match="found \"papper\", expected paper"):
        nr.MLPDecoder(protocol="papper").fit(animals)
    with pytest.raises(ValueError, match="width"):
        nr.MLPDecoder(width=10**6).fit(animals)
    with pytest.raises(ValueError, match="epochs"):
        nr.MLPDecoder(epochs=0).fit(animals)
    with pytest.raises(ValueError, match="ZZZZ"):
        nr.MLPDecoder(neurons=["ZZZZ"]).fit(animals)
    with pytest.raises(ValueError, match="twice|two recordings"):
        nr.MajorityDecoder().fit(animals[:1] + animals[:1])
    fitted = nr.LogisticDecoder().fit(animals[:2])
    with pytest.raises(ValueError, match="fitted on recordings"):
        fitted.predict(np.zeros((4, 15)))
    with pytest.raises(TypeError, match="colour"):
        fitted.predict(animals[3], colour="red")
    with pytest.raises(ValueError, match="takes nothing over frames"):
        fitted.predict(animals[3], edges="training")


def test_ctrl_c_stops_a_fit(tmp_path):
    code = (
        "import nervering as nr, signal, threading, os, time\n"
        "worms = nr.simulate(3, duration_s=600)\n"
        "nr.GNNDecoder(epochs=1, neurons='paper-15').fit(worms)\n"
        "threading.Timer(2.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        "begin = time.time()\n"
        "try:\n"
        "    nr.GNNDecoder(epochs=10**6, neurons='paper-15').fit(worms)\n"
        "except KeyboardInterrupt as stopped:\n"
        "    print(round(time.time() - begin), stopped)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    seconds, _, words = said.stdout.partition(" ")
    assert int(seconds) < 10 and "unfinished model" in words, said


def test_other_threads_run_while_a_decoder_is_fitted(animals):
    import threading

    counted, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    nr.GNNDecoder(epochs=40).fit(animals[:2])
    done.set()
    thread.join()
    assert counted[0] > 10_000


def test_progress_is_told(animals, capsys):
    nr.MLPDecoder(epochs=30).fit(animals[:2], progress=True)
    assert "MLPDecoder" in capsys.readouterr().err


def test_real_worms(kato2015):
    worms = nr.read(f"{kato2015}/*.csv")
    decoder = nr.LogisticDecoder().fit(worms[:4])
    assert decoder.score(worms[4]) > 0.7
    assert list(decoder.feature_names_in_) == worms[0].identified
