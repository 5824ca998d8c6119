"""Models as ONNX: what onnxruntime says is what they say."""

import numpy as np
import pytest

import nervering as nr
from nervering import _native

onnxruntime = pytest.importorskip("onnxruntime")

# Why the others are not.
NOT_EXPORTED = "cannot be exported"


def features(recording, neurons):
    """Traces and backward differences per second, as the metadata of the file say."""
    columns = [recording.neurons.index(name) for name in neurons]
    traces = recording.to_numpy()[:, columns]
    slopes = np.diff(traces, axis=0) / np.diff(recording.time)[:, None]
    return np.stack([traces, np.concatenate([slopes[:1], slopes])], axis=2)


def run(path, **inputs):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = ["log_probabilities", "probabilities", "state"]
    return session.run(names, inputs), session.get_modelmeta().custom_metadata_map


def decoders():
    for about in _native.decoders():
        if about["takes_single_frames"] and about["can_be_saved"]:
            cls = nr.decoders()[about["name"]]
            yield cls(states=4, epochs=3) if about["is_network"] else cls(states=4)


@pytest.mark.parametrize("decoder", decoders(), ids=lambda decoder: decoder.model)
def test_onnxruntime_says_the_same(decoder, animals, tmp_path):
    decoder.fit(animals[:2])
    path = tmp_path / "m.onnx"
    try:
        decoder.to_onnx(path)
    except ValueError as error:
        assert NOT_EXPORTED in str(error)
        families = ("mlp", "gnn", "majority", "logistic", "lda")
        assert not decoder.model.startswith(families) or decoder.model == "gnn-dynamic"
        return
    (_, probabilities, state), metadata = run(path, features=features(animals[3], decoder.feature_names_in_))
    said = decoder.predict_proba(animals[3])
    # The first frame has no frame before it, and a derivative of its own.
    np.testing.assert_allclose(probabilities[1:], said.values[1:], atol=2e-5)
    states = decoder.predict(animals[3]).values
    assert (decoder.classes_[state][1:] == states[1:]).mean() > 0.999
    assert metadata["nervering.states"].split("\n") == list(decoder.classes_)
    assert metadata["nervering.neurons"].split("\n") == list(decoder.feature_names_in_)


@pytest.mark.parametrize("cls", [nr.LogisticDecoder, nr.MLPDecoder], ids=["logistic", "mlp"])
def test_rows_too(cls, animals, tmp_path):
    X = animals[0].to_numpy()
    y = np.char.startswith(animals[0].states, "REV")
    decoder = cls().fit(X, y) if cls is nr.LogisticDecoder else cls(epochs=3).fit(X, y)
    decoder.to_onnx(tmp_path / "rows.onnx")
    (_, probabilities, _), _ = run(tmp_path / "rows.onnx", rows=X)
    np.testing.assert_allclose(probabilities, decoder.predict_proba(X), atol=1e-5)


def test_the_graph_is_sound(animals, tmp_path):
    onnx = pytest.importorskip("onnx")
    nr.GNNDecoder(epochs=2).fit(animals[:2]).to_onnx(tmp_path / "m.onnx")
    model = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version == 18


def test_what_cannot_be_exported_says_why(animals, tmp_path):
    tcn = nr.TCNCausalDecoder(epochs=8).fit(animals[:2])
    with pytest.raises(ValueError, match="cannot be exported: its features"):
        tcn.to_onnx(tmp_path / "t.onnx")
    together = nr.LogisticDecoder(decode="markov").fit(animals[:2])
    with pytest.raises(ValueError, match="chosen together"):
        together.to_onnx(tmp_path / "l.onnx")
