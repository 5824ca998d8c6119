"""What the tests share: simulated animals, and the real worms where they are."""

import os
from pathlib import Path

import pytest

import nervering as nr


@pytest.fixture(scope="session")
def animals():
    """Four simulated animals of five minutes, of the neurons that all have."""
    simulated = nr.simulate(4, duration_s=300, seed=3)
    shared = sorted(set.intersection(*(set(animal.identified) for animal in simulated)))
    arrays = {one.animal: one.to_xarray().sel(neuron=shared) for one in simulated}
    return nr.read(arrays)


@pytest.fixture(scope="session")
def files(animals, tmp_path_factory):
    """The same as files."""
    folder = tmp_path_factory.mktemp("animals")
    animals.save(folder)
    return folder


def _worms():
    data = os.environ.get("NERVERING_DATA")
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    for folder in [data and Path(data), beside]:
        if folder and list(folder.glob("kato2015/*.csv")):
            return folder / "kato2015"
    return None


@pytest.fixture(scope="session")
def kato2015():
    """The folder of the real partial worms."""
    folder = _worms()
    if folder is None:
        pytest.skip("found no kato2015/*.csv in NERVERING_DATA or shared/data")
    return folder
