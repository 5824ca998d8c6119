"""Models as ONNX: what onnxruntime says is what they say, of every model that can be exported."""

import numpy as np
import pytest

import nervering as nr
from nervering import _native

onnxruntime = pytest.importorskip("onnxruntime")

# Single precision leaves so much open, and double precision.
WITHIN = 2e-5
WITHIN_IN_DOUBLES = 1e-8
# A network is given its own forecast again: digits part by more with every step. Of every step half of the numbers.
HALF_WITHIN = 1e-4
FIRST_STEPS, FIRST_WITHIN = 2, 1e-3


class Graph:
    """An exported model, run by onnxruntime."""

    def __init__(self, model, folder):
        path = folder / "m.onnx"
        model.to_onnx(path)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        described = self.session.get_modelmeta().custom_metadata_map
        self.about = {name.removeprefix("nervering."): text for name, text in described.items()}
        self.state = [name for name in self.about["state"].split("\n") if name]
        self.inputs = {given.name for given in self.session.get_inputs()}
        self.outputs = [given.name for given in self.session.get_outputs()]

    def run(self, **given):
        return dict(zip(self.outputs, self.session.run(self.outputs, given)))

    def given(self, recording):
        """What it is given of a recording, as its metadata say."""
        columns = [recording.neurons.index(name) for name in self.about["neurons"].split("\n")]
        traces, time = recording.to_numpy()[:, columns], recording.time
        if "traces" in self.inputs:
            interval = np.array((time[-1] - time[0]) / (len(time) - 1))
            return {"traces": traces, **({"interval_s": interval} if "interval_s" in self.inputs else {})}
        if self.about["derivative"] == "backward":
            slopes = np.diff(traces, axis=0) / np.diff(time)[:, None]
            slopes = np.concatenate([np.zeros_like(traces[:1]), slopes])
        else:
            frames = np.arange(len(time))
            after, before = np.minimum(frames + 1, len(time) - 1), np.maximum(frames - 1, 0)
            slopes = (traces[after] - traces[before]) / (time[after] - time[before])[:, None]
        return {"features": np.stack([traces, slopes], axis=2)}

    def in_parts(self, given, lengths, again=0):
        """The same in parts, whose last frames are given again."""
        (name, values), said, state, at = *given.items(), [], {}, 0
        for length in lengths:
            found = self.run(**{name: values[max(at - again, 0) : at + length]}, **state)
            state = {name: found[f"next_{name}"] for name in self.state}
            said.append(found)
            at += length
        return said


def decoder(about, **more):
    cls = nr.decoders()[about["name"]]
    return cls(states=4, epochs=2, **more) if about["is_network"] else cls(states=4, **more)


DECODERS = [(about, {}) for about in _native.decoders() if about["not_exported"] is None]
OTHERWISE = [
    ("mlp", {"protocol": "paper"}),
    ("gnn", {"protocol": "animals", "normalisation": "causal"}),
    ("logistic", {"protocol": "authors-code"}),
    ("lda", {"normalisation": "causal"}),
    ("lstm-mlp", {"normalisation": "causal"}),
    ("tcn", {"normalisation": "whole-recording"}),
    ("tcn-gnn", {"normalisation": "training"}),
    ("tcn-causal", {"normalisation": "causal"}),
    ("tcn-causal", {"normalisation": "training"}),
    ("logistic-context", {"normalisation": "whole-recording"}),
    ("logistic-causal", {"normalisation": "causal"}),
]
ABOUT = {about["name"]: about for about in _native.decoders()}


@pytest.mark.parametrize(
    ("about", "more"),
    DECODERS + [(ABOUT[name], more) for name, more in OTHERWISE],
    ids=lambda of: of["name"] if "name" in of else "-".join(of.values()),
)
def test_onnxruntime_says_what_a_decoder_says(about, more, animals, tmp_path):
    model = decoder(about, **more).fit(animals[:2])
    graph = Graph(model, tmp_path)
    given = graph.given(animals[3])
    said = graph.run(**given)
    expected = model.predict_proba(animals[3])
    np.testing.assert_allclose(said["probabilities"], expected.values, atol=WITHIN)
    assert (model.classes_[said["state"]] == model.predict(animals[3]).values).mean() > 0.999
    assert graph.about["states"].split("\n") == list(model.classes_)
    assert graph.about["neurons"].split("\n") == list(model.feature_names_in_)
    assert bool(graph.state) == (graph.about["takes"] == "frames in order")
    if graph.about["takes"] == "whole recordings":
        return
    lengths = [1, 2, 40, len(expected) - 43]
    parts = [part["probabilities"] for part in graph.in_parts(given, lengths)]
    np.testing.assert_allclose(np.concatenate(parts), said["probabilities"], atol=WITHIN)


@pytest.mark.parametrize("model", [nr.TCNAnyDecoder, nr.TCNAnyAttentionDecoder, nr.TCNAnyGNNDecoder])
def test_a_model_of_any_neurons_is_told_which_are_not_there(model, animals, tmp_path):
    model = model(states=4, epochs=2, neurons="named").fit(animals[:2])
    graph = Graph(model, tmp_path)
    neurons = graph.about["neurons"].split("\n")
    absent = neurons[1]
    shown = animals[3].to_xarray().drop_sel(neuron=absent)
    given = graph.given(animals[3])
    given["traces"][:, neurons.index(absent)] = np.nan
    said = graph.run(**given)["probabilities"]
    np.testing.assert_allclose(said, model.predict_proba(nr.read(shown)[0]).values, atol=WITHIN)


@pytest.mark.parametrize("about", [a for a in _native.decoders() if a["not_exported"]], ids=lambda a: a["name"])
def test_a_decoder_that_cannot_be_exported_says_why(about, animals, tmp_path):
    model = decoder(about).fit(animals[:1])
    with pytest.raises(ValueError, match=f"cannot be exported: {about['not_exported']}"):
        model.to_onnx(tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_states_that_are_chosen_together_cannot_be_exported(animals, tmp_path):
    with pytest.raises(ValueError, match="chosen together"):
        nr.LogisticDecoder(decode="markov").fit(animals[:2]).to_onnx(tmp_path / "m.onnx")


def forecaster(name, **more):
    return nr.Forecaster(name, epochs=2, width=8, **more)


FORECASTERS = [(about["name"], {}) for about in _native.forecasters() if about["not_exported"] is None]
FORECASTERS_OTHERWISE = [
    ("gnn", {"residual_of": "linear"}),
    ("lstm-gnn", {"residual_of": "linear"}),
    ("mlp", {"protocol": "authors-code"}),
    ("linear", {"normalisation": "causal"}),
    ("var", {"normalisation": "causal"}),
    ("ar", {"protocol": "paper"}),
    ("lstm-mlp", {"normalisation": "causal"}),
]
NETWORKS = {about["name"] for about in _native.forecasters() if about["is_network"]}


@pytest.mark.parametrize(
    ("name", "more"), FORECASTERS + FORECASTERS_OTHERWISE, ids=lambda of: of if isinstance(of, str) else "-".join(of.values())
)
def test_onnxruntime_says_what_a_forecaster_says(name, more, animals, tmp_path):
    model = forecaster(name, **more).fit(animals[:2])
    graph = Graph(model, tmp_path)
    given, again = graph.given(animals[3]), int(graph.about["history"]) - 1
    said = graph.run(**given)["forecast"]
    expected = model.predict(animals[3], intervals=False).transpose("origin", "horizon", "neuron")
    assert int(expected.origin[0]) == again
    found, expected = said[..., 0], expected.values
    assert found.shape == expected.shape
    apart = np.abs(found - expected) / np.maximum(np.abs(expected), 1)
    if name in NETWORKS:
        assert (np.median(apart, axis=(0, 2)) < HALF_WITHIN).all()
        assert apart[:, :FIRST_STEPS].max() < FIRST_WITHIN
    else:
        # One of these is a network, of single steps.
        assert apart.max() < (WITHIN if name == "gnn-free" else WITHIN_IN_DOUBLES)
    if graph.about["normalisation"] == "whole-recording":
        return
    n_frames = len(given["features"])
    lengths = [10, 1, 30, n_frames - 41]
    parts = [part["forecast"] for part in graph.in_parts(given, lengths, again)]
    np.testing.assert_allclose(np.concatenate(parts)[:, :FIRST_STEPS], said[:, :FIRST_STEPS], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("about", [a for a in _native.forecasters() if a["not_exported"]], ids=lambda a: a["name"])
def test_a_forecaster_that_cannot_be_exported_says_why(about, animals, tmp_path):
    model = forecaster(about["name"]).fit(animals[:1])
    with pytest.raises(ValueError, match=f"cannot be exported: {about['not_exported']}"):
        model.to_onnx(tmp_path / "m.onnx")


@pytest.mark.parametrize("cls", [nr.LogisticDecoder, nr.MLPDecoder], ids=["logistic", "mlp"])
def test_rows_too(cls, animals, tmp_path):
    X = animals[0].to_numpy()
    y = np.char.startswith(animals[0].states, "REV")
    model = cls().fit(X, y) if cls is nr.LogisticDecoder else cls(epochs=3).fit(X, y)
    said = Graph(model, tmp_path).run(rows=X)["probabilities"]
    np.testing.assert_allclose(said, model.predict_proba(X), atol=WITHIN)


@pytest.mark.parametrize(
    "model",
    [nr.GNNDecoder(epochs=2), nr.LSTMGNNDecoder(epochs=2), nr.TCNCausalDecoder(epochs=2, normalisation="causal"), forecaster("lstm-gnn")],
    ids=["gnn", "lstm-gnn", "tcn-causal", "forecaster"],
)
def test_the_graph_is_sound(model, animals, tmp_path):
    onnx = pytest.importorskip("onnx")
    model.fit(animals[:2]).to_onnx(tmp_path / "m.onnx")
    found = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(found, full_check=True)
    assert found.opset_import[0].version == 18
