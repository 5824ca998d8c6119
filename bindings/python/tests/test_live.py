"""``nervering live`` with frames from a real ZeroMQ socket."""

import json
import subprocess
import sys
import time

import pytest

import nervering as nr

zmq = pytest.importorskip("zmq")


@pytest.fixture(scope="module")
def model(animals, tmp_path_factory):
    path = tmp_path_factory.mktemp("live") / "model.safetensors"
    nr.LogisticDecoder(states=4, protocol="strict").fit(animals[:3]).save(path)
    return path


def live(model, *arguments, **settings):
    command = [sys.executable, "-m", "nervering._program"]
    return subprocess.Popen(
        [*command, "live", str(model), *arguments], stdout=subprocess.PIPE, text=True, **settings
    )


def frames(animal, n):
    times, traces = animal.time[:n], animal.to_numpy()[:n]
    names = animal.neurons
    return [
        json.dumps({"time_s": float(t), **dict(zip(names, map(float, row)))})
        for t, row in zip(times, traces)
    ]


@pytest.mark.parametrize("kind", ["PUB", "PUSH"])
def test_a_socket_gives_what_standard_input_gives(model, animals, kind):
    lines = frames(animals[3], 40)
    with live(model, stdin=subprocess.PIPE) as beside:
        expected, _ = beside.communicate("\n".join(lines) + "\n")
    context = zmq.Context()
    socket = context.socket(getattr(zmq, kind))
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    process = live(model, "--from", f"tcp://127.0.0.1:{port}")
    # A subscriber hears what is sent after it has come: its header says that the model is read.
    header = process.stdout.readline()
    time.sleep(1)
    for line in lines:
        socket.send_multipart([b"frames", line.encode()])
    said = [process.stdout.readline() for _ in expected.splitlines()[1:]]
    socket.close(linger=0)
    context.term()
    assert process.wait(timeout=30) == 0
    assert "".join([header, *said]) == expected
    assert len(said) == 40
