"""scikit-learn's own checks, of every decoder that takes single frames."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import nervering as nr
from nervering import _native

# Checks that some decoders cannot pass, each with its reason.
NO_FILE = "no file holds what it learns, and pickles are files"


def estimators():
    """Small ones of every kind: the checks fit each some hundred times."""
    found = []
    for about in _native.decoders():
        if not about["takes_single_frames"] or about["needs_connectome"]:
            continue
        cls = nr.decoders()[about["name"]]
        found.append(cls(epochs=60, learning_rate=0.02) if about["is_network"] else cls())
    return found


def expected_failures(estimator):
    failures = {}
    about = {about["name"]: about for about in _native.decoders()}[estimator.model]
    if not about["can_be_saved"]:
        failures["check_estimators_pickle"] = NO_FILE
    if estimator.model == "majority":
        reason = "it knows nothing but which class is the most frequent"
        failures["check_classifiers_train"] = reason
    if estimator.model in {"gin-0", "attention"}:
        reason = "it does not tell inputs apart: what it makes of them is added up"
        failures["check_classifiers_train"] = reason
    return failures


@parametrize_with_checks(estimators(), expected_failed_checks=expected_failures)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("model", [a["name"] for a in _native.decoders() if not a["takes_single_frames"]])
def test_a_model_of_frames_in_order_refuses_rows_without_one(model):
    """Why none of scikit-learn's checks is run on it: they give rows without an order."""
    with pytest.raises(ValueError, match="order"):
        nr.decoders()[model]().fit([[0.0, 1.0], [1.0, 0.0]] * 10, [0, 1] * 10)
