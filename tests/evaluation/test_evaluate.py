"""evaluate: every figure counted again from the sequences themselves, one by one."""

import math

import numpy as np
import pytest

from tinylstm.data import SequenceDataset
from tinylstm.evaluation import evaluate, precision_recall_curve, roc_curve


class FeaturesAreLogits:
    """A network without weights: the features are the logits, so each answer is known."""

    def loss_and_probabilities(self, batch):
        x = batch.features - batch.features.max(axis=2, keepdims=True)
        log_p = x - np.log(np.exp(x).sum(axis=2, keepdims=True))
        loss = -(log_p * batch.labels)[batch.label_mask].sum() / len(batch)
        return loss, np.exp(log_p)


class Constant:
    """A network with the same probabilities at every step."""

    def __init__(self, probabilities):
        self.probabilities = np.array(probabilities)

    def loss_and_probabilities(self, batch):
        return 0.0, np.broadcast_to(
            self.probabilities, (*batch.labels.shape[:2], len(self.probabilities))
        )


def make_dataset(seed, n_examples, n_classes, n_labels=None):
    """Logits that know something of the labels: one label an example, or one for every step."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, n_examples)
    features = [rng.normal(size=(length, n_classes)) for length in lengths]
    labels = [rng.integers(0, n_classes, n_labels or length) for length in lengths]
    for x, y in zip(features, labels, strict=True):
        x[-len(y) :] += np.eye(n_classes)[y]
    return SequenceDataset(features, labels, n_classes)


def by_hand(dataset):
    """Loss and rows (example, step, label, probabilities), with labels at the sequences' ends."""
    loss, rows = 0.0, []
    for i, (x, y) in enumerate(dataset):
        for step, label in enumerate(y, start=len(x) - len(y)):
            weights = [math.exp(logit) for logit in x[step]]
            p = [w / sum(weights) for w in weights]
            loss -= math.log(p[label]) / len(dataset)
            rows.append((i, step, int(label), p))
    return loss, rows


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_labels", [1, None], ids=["one label", "every step"])
@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_every_figure(n_classes, n_labels, batch_size):
    dataset = make_dataset(0, 60, n_classes, n_labels)
    result = evaluate(FeaturesAreLogits(), dataset, batch_size)
    loss, rows = by_hand(dataset)
    examples, steps, labels, probabilities = map(np.array, zip(*rows, strict=True))
    assert result.loss == pytest.approx(loss, rel=1e-13)
    assert result.n_examples == 60
    assert result.examples.tolist() == examples.tolist()
    assert result.steps.tolist() == steps.tolist()
    assert result.labels.tolist() == labels.tolist()
    np.testing.assert_allclose(result.probabilities, probabilities, rtol=1e-13)

    confusion = [[0] * n_classes for _ in range(n_classes)]
    for _, _, label, p in rows:
        confusion[label][p.index(max(p))] += 1
    assert result.confusion.tolist() == confusion
    right = sum(confusion[k][k] for k in range(n_classes))
    assert result.accuracy == right / len(rows)

    for k in range(n_classes):
        roc = roc_curve(labels == k, result.probabilities[:, k])
        curve = precision_recall_curve(labels == k, result.probabilities[:, k])
        assert result.rocs[k].auc == roc.auc
        assert result.rocs[k].tpr.tolist() == roc.tpr.tolist()
        assert result.precision_recalls[k].average_precision == curve.average_precision
    if n_classes == 2:
        assert result.roc is result.rocs[1]
        assert result.precision_recall is result.precision_recalls[1]
        assert result.auc == result.roc.auc
    else:
        assert result.auc == pytest.approx(sum(roc.auc for roc in result.rocs) / 3, rel=1e-15)


def test_labels_at_the_start():
    result = evaluate(FeaturesAreLogits(), make_dataset(1, 20, 2, 1), align="start")
    assert result.steps.tolist() == [0] * 20


def test_padding_and_unlabelled_steps_are_no_negatives():
    # The real last steps tell the classes apart; padding (logits 0, p = 0.5) lies between them,
    # and the steps without a label lie above them all.
    features = [np.array([[0.0, 9.0]] * k + [[0.0, y * 2 - 1.0]]) for k, y in enumerate([1, 0] * 5)]
    result = evaluate(FeaturesAreLogits(), SequenceDataset(features, [[1], [0]] * 5, 2))
    assert (result.roc.n_positive, result.roc.n_negative) == (5, 5)
    assert result.auc == result.precision_recall.average_precision == 1


def test_the_loss_where_a_probability_is_zero_in_floating_point():
    features = [np.array([[1000.0, -1000.0]])] * 2
    result = evaluate(FeaturesAreLogits(), SequenceDataset(features, [[1], [0]], 2))
    assert result.loss == 2000 / 2
    assert result.probabilities.tolist() == [[1, 0], [1, 0]]


def test_a_network_that_knows_nothing():
    result = evaluate(Constant([0.5, 0.5]), make_dataset(2, 40, 2, 1))
    share = np.mean(result.labels)
    assert result.auc == 0.5
    assert result.precision_recall.average_precision == share
    assert result.accuracy == 1 - share  # of equal probabilities the first class is taken
    assert result.confusion[:, 1].tolist() == [0, 0]


def test_a_missing_class_of_two():
    dataset = SequenceDataset([np.zeros((2, 2))] * 3, [[0]] * 3, 2)
    message = "labels: none of class 1 among 3 labelled steps: the AUC is nan"
    with pytest.warns(RuntimeWarning, match=message) as caught:
        result = evaluate(FeaturesAreLogits(), dataset)
    assert [warning.filename for warning in caught] == [__file__]
    assert np.isnan(result.auc)
    assert np.isnan(result.precision_recall.average_precision)
    assert result.accuracy == 1
    assert "AUC                     nan" in str(result)


def test_a_missing_class_of_three():
    dataset = make_dataset(3, 40, 2, 1)
    features = [np.pad(x, ((0, 0), (0, 1))) for x in dataset.features]
    with pytest.warns(RuntimeWarning, match="none of class 2 among 40"):
        result = evaluate(FeaturesAreLogits(), SequenceDataset(features, dataset.labels, 3))
    assert np.isfinite(result.rocs[0].auc)
    assert np.isnan(result.rocs[2].auc)
    assert np.isnan(result.auc)


def test_table_of_two_classes():
    features = [np.array([[0.0, logit]]) for logit in (-2.0, -1.0, 1.0, 2.0)]
    result = evaluate(FeaturesAreLogits(), SequenceDataset(features, [[0], [1], [0], [1]], 2))
    assert str(result).splitlines() == [
        "examples                  4",
        "labelled steps            4",
        "loss                 0.7201  per example",  # (softplus(-2) + softplus(1)) / 2
        "accuracy             0.5000",
        "AUC                  0.7500",
        "average precision    0.8333",
        "confusion (rows: label, columns: most probable class)",
        "               0       1",
        "       0       1       1",
        "       1       1       1",
    ]


def test_table_of_three_classes():
    features = [np.eye(3)[[k]] for k in (0, 1, 2, 0)]
    result = evaluate(FeaturesAreLogits(), SequenceDataset(features, [[0], [1], [2], [1]], 3))
    assert str(result).splitlines()[3:] == [
        "accuracy             0.7500",
        "mean AUC             0.8611",
        "class against the rest       AUC  average precision",
        "                     0    0.8333             0.5000",
        "                     1    0.7500             0.7500",
        "                     2    1.0000             1.0000",
        "confusion (rows: label, columns: most probable class)",
        "               0       1       2",
        "       0       1       0       0",
        "       1       1       1       0",
        "       2       0       0       1",
    ]


def test_three_classes_have_no_single_curve():
    result = evaluate(FeaturesAreLogits(), make_dataset(4, 40, 3, 1))
    with pytest.raises(ValueError, match=r"3 classes have no single curve: see rocs\[k\]"):
        _ = result.roc
    with pytest.raises(ValueError, match=r"see precision_recalls\[k\] of class k"):
        _ = result.precision_recall


@pytest.mark.parametrize(
    "probabilities, labels, message",
    [
        ([0.2, 0.3, 0.5], [[0], [1]], r"probabilities: shape \(4, 2, 3\), expected \(4, 2, 2\)"),
        (
            [0.5, np.nan],
            [[0], [1]],
            r"probabilities: \[0.5 nan\] for example 0 at step 2, expected",
        ),
        ([0.5, 0.5], [[], []], "dataset: no label in 2 examples"),
    ],
)
def test_errors(probabilities, labels, message):
    dataset = SequenceDataset([np.zeros((3, 2)), np.zeros((4, 2))], labels, 2)
    with pytest.raises(ValueError, match=message):
        evaluate(Constant(probabilities), dataset)


def test_a_loss_that_is_not_finite_is_no_result():
    """As of logits of 3e38 in float32: the loss was nan, and beside it stood an AUC."""

    class Lost:
        def loss_and_probabilities(self, batch):
            return np.float32(np.nan), np.full(batch.labels.shape, 0.5)

    with pytest.raises(ValueError, match=r"loss: nan of 2 examples, expected a finite number"):
        evaluate(Lost(), SequenceDataset([[[0.0]]] * 2, [[0], [1]], n_classes=2))
