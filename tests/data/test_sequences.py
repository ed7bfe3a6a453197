import re

import numpy as np
import pytest

from tinylstm.data import SequenceDataset


def random_dataset(n_examples=7, n_features=3, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 6, size=n_examples)
    features = [rng.normal(size=(length, n_features)) for length in lengths]
    return SequenceDataset(features, [rng.integers(2, size=1) for _ in lengths], n_classes=2)


def test_length_index_and_iteration():
    dataset = random_dataset()
    assert len(dataset) == 7
    assert dataset.n_features == 3
    for index in (2, -5, np.int64(2)):
        x, y = dataset[index]
        assert x is dataset.features[2]
        assert y is dataset.labels[2]
    assert all(x is dataset.features[n] for n, (x, _) in enumerate(dataset))
    assert all(y is dataset.labels[n] for n, (_, y) in enumerate(dataset))
    with pytest.raises(IndexError):
        dataset[7]


def test_slice_is_a_dataset():
    dataset = random_dataset()
    part = dataset[5:1:-2]
    assert isinstance(part, SequenceDataset)
    assert part.n_classes == 2
    assert len(part) == 2
    for (x, y), n in zip(part, (5, 3), strict=True):
        assert x is dataset.features[n]
        assert y is dataset.labels[n]


def test_split():
    dataset = random_dataset()
    train, test = dataset.split(5)
    assert (len(train), len(test)) == (5, 2)
    assert test.features[0] is dataset.features[5]
    for n in (0, 7, -1, 0.8):
        with pytest.raises(ValueError, match=f"n={n}, expected 1 to 6: neither part may be empty"):
            dataset.split(n)


def test_types():
    dataset = SequenceDataset([[[1, 2]], np.ones((2, 2), np.float32)], [[True], []], n_classes=2)
    assert [x.dtype for x in dataset.features] == [np.float64, np.float64]
    assert [y.dtype for y in dataset.labels] == [np.int64, np.int64]
    assert [y.tolist() for y in dataset.labels] == [[1], []]


def test_arrays_are_not_copied_or_changed():
    x, y = np.ones((2, 3)), np.array([1])
    dataset = SequenceDataset([x], [y], n_classes=2)
    assert dataset.features[0] is x
    assert dataset.labels[0] is y


X, Y = np.zeros((2, 3)), np.zeros(1, dtype=int)


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        ([X, X], [Y], "2 sequences of features, 1 of labels, expected as many of both"),
        ([], [], "no sequences, expected at least one"),
        (
            [X, X[:, :2]],
            [Y, Y],
            "features of example 1: shape (2, 2), expected (steps, 3) as in example 0",
        ),
        (
            [X, X[0]],
            [Y, Y],
            "features of example 1: shape (3,), dtype float64, expected real numbers of shape "
            "(steps, features)",
        ),
        ([X[:0]], [Y], "features of example 0: shape (0, 3), dtype float64, expected"),
        ([X * 1j], [Y], "features of example 0: shape (2, 3), dtype complex128, expected"),
        ([X.astype(str)], [Y], "features of example 0: shape (2, 3), dtype <U32, expected"),
        (
            [X, [[0, 1, 2], [0, np.nan, 2]]],
            [Y, Y],
            "features of example 1: nan at step 1, column 1 (counted from 0), expected finite",
        ),
        ([[[0, np.inf]]], [Y], "features of example 0: inf at step 0, column 1"),
        ([X], [[0, 1, 0]], "example 0: 3 labels, but only 2 steps"),
        ([X, X], [Y, [2]], "labels of example 1: 2, expected 0 to 1"),
        ([X, X], [Y, [0, -1]], "labels of example 1: -1, expected 0 to 1"),
        (
            [X],
            [[1.0]],
            "labels of example 0: shape (1,), dtype float64, expected integers of shape (labels,)",
        ),
        ([X], [1], "labels of example 0: shape (), dtype int"),
    ],
)
def test_what_is_refused(features, labels, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        SequenceDataset(features, labels, n_classes=2)


@pytest.mark.parametrize(
    ("n_classes", "message"),
    [(1, "n_classes=1, expected at least 2"), (2.0, "n_classes=2.0, expected an integer")],
)
def test_number_of_classes(n_classes, message):
    with pytest.raises(ValueError, match=message):
        SequenceDataset([X], [Y], n_classes)
