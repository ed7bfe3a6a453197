"""The counted ROC: masks, thresholds and errors. DeepLearning4j's values are in test_roc.py."""

import numpy as np
import pytest

from tinylstm.evaluation import ThresholdedROC, roc_curve


def sequences(seed, T=6, N=20):
    """Labels (T, N, 2), probabilities and label mask: one label an example, at its last step."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((T, N), dtype=bool)
    mask[rng.integers(0, T, N), np.arange(N)] = True
    labels = np.eye(2)[rng.integers(0, 2, (T, N))] * mask[..., None]
    p = rng.integers(0, 101, (T, N)) / 100
    return labels, np.stack([1 - p, p], axis=-1), mask


@pytest.mark.parametrize("mask_type", [bool, float, None])
def test_steps_without_a_label_are_no_negatives(mask_type):
    labels, probabilities, mask = sequences(0)
    expected = roc_curve(labels[mask][:, 1], probabilities[mask][:, 1])
    counted = ThresholdedROC(100)
    counted.add(labels, probabilities, mask_type and mask.astype(mask_type))
    roc = counted.curve()
    assert (roc.n_positive, roc.n_negative) == (expected.n_positive, expected.n_negative)
    assert roc.n_positive + roc.n_negative == mask.sum() < mask.size
    assert roc.auc == pytest.approx(expected.auc, abs=1e-15)
    # What the step-by-step labels would give if every step without one were a negative:
    unmasked = roc_curve(labels[..., 1].ravel(), probabilities[..., 1].ravel())
    assert unmasked.n_negative > roc.n_negative
    assert abs(unmasked.auc - roc.auc) > 0.01


def test_what_stands_in_a_masked_row_has_no_influence():
    labels, probabilities, mask = sequences(1)
    expected = ThresholdedROC(30)
    expected.add(labels, probabilities, mask)
    counted = ThresholdedROC(30)
    fill = np.where(mask[..., None], 0, np.nan)
    counted.add(labels + fill, probabilities + fill, mask)
    assert counted.positives.tolist() == expected.positives.tolist()
    assert counted.negatives.tolist() == expected.negatives.tolist()


def test_batches_of_any_size_give_the_same():
    labels, probabilities, mask = sequences(2)
    whole, parts = ThresholdedROC(), ThresholdedROC()
    whole.add(labels, probabilities, mask)
    for n in range(labels.shape[1]):
        parts.add(labels[:, n : n + 1], probabilities[:, n : n + 1], mask[:, n : n + 1])
    assert parts.curve().tpr.tolist() == whole.curve().tpr.tolist()
    assert parts.curve().fpr.tolist() == whole.curve().fpr.tolist()


def test_every_point_by_the_definition():
    labels, probabilities, mask = sequences(3, T=30)
    y, p = labels[mask], probabilities[mask][:, 1]
    p[:2] = 0, 1  # the ends of the range
    counted = ThresholdedROC(10)
    counted.add(y, np.stack([1 - p, p], axis=1))
    roc = counted.curve()
    for k, i in enumerate(range(10, -1, -1)):
        chosen = p >= i / 10 if i < 10 else p > 1  # at 1 DeepLearning4j predicts no positive
        assert roc.thresholds[k] == (i / 10 if i < 10 else np.inf)
        assert roc.tpr[k] == y[chosen, 1].sum() / y[:, 1].sum()
        assert roc.fpr[k] == y[chosen, 0].sum() / y[:, 0].sum()


def test_one_class_gives_nan_and_a_warning():
    counted = ThresholdedROC()
    counted.add([[0, 1], [0, 1]], [[0.2, 0.8], [0.4, 0.6]])
    with pytest.warns(RuntimeWarning, match="labels: 2 positives and 0 negatives") as caught:
        roc = counted.curve()
    assert caught[0].filename == __file__
    assert np.isnan(roc.auc)
    assert np.isnan(roc.fpr).all()


def test_nothing_added():
    counted = ThresholdedROC()
    counted.add(np.zeros((2, 3, 2)), np.full((2, 3, 2), 0.5))
    with pytest.raises(ValueError, match="no labelled row was added"):
        counted.curve()


@pytest.mark.parametrize("steps", [0, -1, 2.5])
def test_steps_is_a_positive_whole_number(steps):
    with pytest.raises(ValueError, match=f"steps={steps}, expected a"):
        ThresholdedROC(steps)


@pytest.mark.parametrize(
    "labels, probabilities, mask, message",
    [
        ([0, 1], [0.5, 0.5], None, r"labels: shape \(2,\), expected \(T, N, 2\) or \(n, 2\)"),
        (np.eye(3), np.eye(3), None, r"labels: shape \(3, 3\), expected"),
        (np.eye(2), [[0.5, 0.5]], None, r"probabilities: shape \(1, 2\), expected \(2, 2\)"),
        (np.eye(2), np.eye(2), [True], r"mask: shape \(1,\), expected \(2,\)"),
        (np.eye(2), np.eye(2), [1, 0.5], "mask: expected nothing but 0 and 1"),
        ([[1, 1]], [[0.5, 0.5]], None, r"labels: a row \[1 1\], expected one-hot or zeros"),
        ([[0, 2]], [[0.5, 0.5]], None, r"labels: a row \[0 2\], expected one-hot or zeros"),
        ([[0, 1]], [[0.5, np.nan]], None, r"probabilities: nan, expected a number from 0 to 1"),
        ([[0, 1]], [[-0.5, 1.5]], None, r"probabilities: 1.5, expected a number from 0 to 1"),
    ],
)
def test_errors(labels, probabilities, mask, message):
    with pytest.raises(ValueError, match=message):
        ThresholdedROC().add(labels, probabilities, mask)
