"""Batch: what its arrays may be."""

import re

import numpy as np
import pytest

from tinylstm.data import Batch

FEATURES = np.arange(24.0).reshape(3, 2, 4)
LABELS = np.eye(2)[[[0, 1], [1, 1], [0, 0]]]


def test_by_hand_without_masks():
    batch = Batch(FEATURES, LABELS)
    assert len(batch) == 2
    assert batch.features is FEATURES
    assert batch.labels is LABELS
    for mask in (batch.feature_mask, batch.label_mask):
        assert mask.dtype == np.bool_
        assert mask.tolist() == [[True, True]] * 3
    assert batch.examples.tolist() == [0, 1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_features_keep_their_type(dtype):
    assert Batch(FEATURES.astype(dtype), LABELS).features.dtype == dtype


def test_integers_become_floats():
    batch = Batch(FEATURES.astype(int), LABELS.astype(int))
    assert batch.features.dtype == batch.labels.dtype == np.float64
    assert np.array_equal(batch.features, FEATURES)


@pytest.mark.parametrize("dtype", [int, float, bool])
def test_masks_of_0_and_1(dtype):
    mask = np.array([[1, 1], [1, 0], [0, 0]], dtype=dtype)
    batch = Batch(FEATURES, LABELS, mask, mask.tolist())
    for got in (batch.feature_mask, batch.label_mask):
        assert got.dtype == np.bool_
        assert got.tolist() == [[True, True], [True, False], [False, False]]


def test_what_stands_in_masked_steps_is_kept():
    mask = [[1, 1], [0, 1], [1, 1]]
    features, labels = FEATURES.copy(), LABELS.copy()
    features[1, 0] = labels[1, 0] = np.nan
    batch = Batch(features, labels, mask, mask)
    assert np.isnan(batch.features[1, 0]).all()
    assert np.isnan(batch.labels[1, 0]).all()


def test_probabilities_for_labels():
    labels = LABELS.copy()
    labels[2, 1] = 0.25, 0.75
    assert Batch(FEATURES, labels).labels is labels


@pytest.mark.parametrize("wrong", [(0, 0), (1, 1), (0.5, 0.4), (1.5, -0.5), (np.nan, 1)])
def test_labels_that_are_no_probabilities(wrong):
    labels = LABELS.copy()
    labels[1, 0] = wrong
    message = f"labels: step 1 of example 0 holds {labels[1, 0].tolist()}, expected one-hot, or"
    with pytest.raises(ValueError, match=re.escape(message)):
        Batch(FEATURES, labels)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"features": FEATURES[0]},
            "features: shape (2, 4), dtype float64, expected (T, N, D) of real or complex numbers",
        ),
        ({"features": FEATURES[:0]}, "features: shape (0, 2, 4), dtype float64, expected"),
        ({"features": FEATURES.astype(str)}, "features: shape (3, 2, 4), dtype <U32, expected"),
        (
            {"labels": LABELS[0]},
            "labels: shape (2, 2), dtype float64, expected (T, N, K) of real numbers",
        ),
        ({"labels": LABELS * 1j}, "labels: shape (3, 2, 2), dtype complex128, expected (T, N, K)"),
        (
            {"labels": LABELS[:2]},
            "labels: shape (2, 2, 2), expected (3, 2, K) with K >= 2, as features have shape "
            "(3, 2, 4)",
        ),
        ({"labels": LABELS[..., :1]}, "labels: shape (3, 2, 1), expected (3, 2, K) with K >= 2"),
        ({"feature_mask": np.ones((2, 3))}, "feature_mask: shape (2, 3), expected (3, 2)"),
        ({"label_mask": np.ones(2)}, "label_mask: shape (2,), expected (3, 2)"),
        (
            {"feature_mask": np.full((3, 2), 0.5)},
            "feature_mask: values other than 0 and 1, dtype float64",
        ),
        (
            {"label_mask": np.full((3, 2), np.nan)},
            "label_mask: values other than 0 and 1, dtype float64",
        ),
        ({"examples": [0]}, "examples: shape (1,), dtype int"),
        ({"examples": [0.0, 1.0]}, "examples: shape (2,), dtype float64, expected (2,) of"),
    ],
)
def test_arrays_that_will_not_do(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Batch(**{"features": FEATURES, "labels": LABELS, **arguments})
