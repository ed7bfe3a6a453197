"""Chunks of a dataset put together are its batches."""

import numpy as np
import pytest

import tinylstm as tl

rng = np.random.default_rng(0)
LENGTHS = [7, 3, 1, 12, 5, 9]


def dataset_of(n_labels):
    features = [rng.standard_normal((length, 2)) for length in LENGTHS]
    labels = [rng.integers(0, 3, n_labels(length)) for length in LENGTHS]
    return tl.SequenceDataset(features, labels, n_classes=3)


@pytest.mark.parametrize("length", [1, 4, 5, 12, 100])
@pytest.mark.parametrize("padding", ["post", "pre"])
@pytest.mark.parametrize(
    ("align", "n_labels"),
    [("end", lambda n: 1), ("end", lambda n: n // 2), ("start", lambda n: n // 2), ("equal", int)],
)
def test_together_they_are_the_batches(length, padding, align, n_labels):
    dataset = dataset_of(n_labels)
    drawn = {"align": align, "padding": padding, "pool": 2}
    batches = list(dataset.batches(4, shuffle=np.random.default_rng(1), **drawn))
    cut = dataset.chunks(length, 4, shuffle=np.random.default_rng(1), **drawn)
    for batch, chunks in zip(batches, cut, strict=True):
        chunks = list(chunks)
        assert {len(chunk.features) for chunk in chunks[:-1]} <= {length}
        for name in ("features", "labels", "feature_mask", "label_mask"):
            whole = np.concatenate([getattr(chunk, name) for chunk in chunks])
            np.testing.assert_array_equal(whole, getattr(batch, name))
        assert all((chunk.examples == batch.examples).all() for chunk in chunks)


def test_what_is_wrong_is_named_at_the_call():
    dataset = dataset_of(int)
    with pytest.raises(ValueError, match="length"):
        dataset.chunks(0, 4)
    with pytest.raises(ValueError, match="align='middle'"):
        dataset.chunks(3, 4, align="middle")
    with pytest.raises(ValueError, match="batch_size"):
        dataset.chunks(3, 0)
