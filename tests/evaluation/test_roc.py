"""ROC and precision-recall curves against pair counting, a plain loop and DeepLearning4j."""

import json
import warnings
from fractions import Fraction

import numpy as np
import pytest
from helpers.paths import GOLDEN

from tinylstm.evaluation import (
    PrecisionRecall,
    ThresholdedROC,
    auc_by_group,
    delong_difference,
    precision_recall_curve,
    roc_curve,
)

GOLDEN = sorted(GOLDEN.glob("roc_*.json"))
golden = pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])


def trapezoid(x, y):
    """Area under straight lines, which is what DeepLearning4j gives for precision and recall."""
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2)


def read(path):
    case = json.loads(path.read_text())
    arrays = [
        np.array(case[name]["data"]).reshape(case[name]["shape"])
        for name in ("labels", "probabilities")
    ]
    return case["case"], *arrays, {int(k): v for k, v in case["results"].items()}


def pair_counting(labels, scores):
    """Share of (positive, negative) pairs in the right order, ties as half a pair."""
    positive, negative = scores[labels == 1][:, None], scores[labels == 0]
    return np.mean((positive > negative) + 0.5 * (positive == negative))


def random_case(seed, n=300, levels=None):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    scores = rng.normal(size=n) + labels
    return labels, scores if levels is None else np.round(scores * levels) / levels


def test_golden_files_are_there():
    assert [path.stem for path in GOLDEN] == ["roc_distinct", "roc_rare", "roc_tied"]


@golden
def test_golden_exact(path):
    case, labels, probabilities, results = read(path)
    roc = roc_curve(labels[:, 1], probabilities[:, 1])
    assert roc.auc == pytest.approx(pair_counting(labels[:, 1], probabilities[:, 1]), abs=1e-15)
    if case == "tied":  # DeepLearning4j makes each tied row a step, so that their order decides
        assert roc.auc == pytest.approx(0.8636, abs=5e-5)
        assert abs(roc.auc - results[0]["auc"]) > 0.01
    else:
        assert roc.auc == pytest.approx(results[0]["auc"], abs=1e-15)
        curve = precision_recall_curve(labels[:, 1], probabilities[:, 1])
        area = trapezoid(curve.recall, curve.precision)
        assert area == pytest.approx(results[0]["auprc"], abs=1e-15)


@golden
def test_golden_thresholded(path):
    _, labels, probabilities, results = read(path)
    steps_values = sorted(set(results) - {0})
    assert steps_values == [10, 30, 100, 200]
    for steps in steps_values:
        counted = ThresholdedROC(steps)
        for part in np.array_split(np.arange(len(labels)), 3):
            counted.add(labels[part], probabilities[part])
        roc = counted.curve()
        assert len(roc.thresholds) == steps + 1
        assert roc.auc == pytest.approx(results[steps]["auc"], abs=1e-15)
        tp = np.rint(roc.tpr * roc.n_positive)
        fp = np.rint(roc.fpr * roc.n_negative)
        curve = PrecisionRecall.from_counts(roc.thresholds, tp, fp)
        area = trapezoid(curve.recall, curve.precision)
        assert area == pytest.approx(results[steps]["auprc"], abs=1e-15)


@pytest.mark.parametrize("levels", [None, 4, 1])
@pytest.mark.parametrize("seed", range(5))
def test_every_point_and_both_areas_by_loop(seed, levels):
    labels, scores = random_case(seed, levels=levels)
    roc = roc_curve(labels, scores)
    curve = precision_recall_curve(labels, scores)
    thresholds = [np.inf, *sorted(set(scores.tolist()), reverse=True)]
    assert roc.thresholds.tolist() == curve.thresholds.tolist() == thresholds
    average_precision, recall = 0.0, 0.0
    for k, threshold in enumerate(thresholds):
        tp = sum(1 for y, s in zip(labels, scores, strict=True) if s >= threshold and y == 1)
        fp = sum(1 for y, s in zip(labels, scores, strict=True) if s >= threshold and y == 0)
        assert roc.tpr[k] == curve.recall[k] == tp / labels.sum()
        assert roc.fpr[k] == fp / (1 - labels).sum()
        assert curve.precision[k] == (tp / (tp + fp) if tp + fp else 1)
        average_precision += (curve.recall[k] - recall) * curve.precision[k]
        recall = curve.recall[k]
    assert roc.auc == pytest.approx(pair_counting(labels, scores), abs=1e-14)
    assert curve.average_precision == pytest.approx(average_precision, abs=1e-14)
    assert (roc.n_positive, roc.n_negative) == (labels.sum(), (1 - labels).sum())


def test_ends_and_ties():
    roc = roc_curve([0, 1, 1, 0], [0.3, 0.3, 0.3, 0.3])
    assert roc.fpr.tolist() == roc.tpr.tolist() == [0, 1]
    assert roc.thresholds.tolist() == [np.inf, 0.3]
    assert roc.auc == 0.5
    assert roc_curve([0, 0, 1], [1, 2, 3]).auc == 1
    assert roc_curve([1, 0, 0], [1, 2, 3]).auc == 0
    assert precision_recall_curve([0, 1, 1, 0], [0.3] * 4).average_precision == 0.5
    assert precision_recall_curve([0, 0, 1], [1, 2, 3]).average_precision == 1


def test_average_precision_draws_no_straight_lines():
    # One positive on top, then 9 positives and 90 negatives tied: precision falls to 0.1 at once.
    labels = np.repeat([1, 1, 0], [1, 9, 90])
    curve = precision_recall_curve(labels, np.repeat([0.9, 0.1], [1, 99]))
    assert curve.average_precision == pytest.approx(0.1 * 1 + 0.9 * 0.1)
    assert trapezoid(curve.recall, curve.precision) == pytest.approx(0.1 * 1 + 0.9 * 0.55)


def test_the_areas_do_not_depend_on_row_order_or_scale():
    labels, scores = random_case(7, levels=3)
    order = np.random.default_rng(8).permutation(len(labels))
    expected, curve = roc_curve(labels, scores), precision_recall_curve(labels, scores)
    for y, s in ((labels[order], scores[order]), (labels == 1, np.exp(scores))):
        assert roc_curve(y, s).auc == expected.auc
        assert precision_recall_curve(y, s).average_precision == curve.average_precision
    turned = roc_curve(labels, -scores).auc
    assert turned == pytest.approx(1 - expected.auc, abs=1e-14)


def test_scores_across_the_whole_range_of_floats():
    largest = np.finfo(float).max
    labels, scores = [0, 1, 0, 1], np.array([-largest, largest, -5e-324, 0.0])
    assert roc_curve(labels, scores).auc == 1
    assert roc_curve(labels, -scores).auc == 0


def test_inputs_are_not_changed():
    labels, scores = random_case(0)
    labels.flags.writeable = scores.flags.writeable = False
    roc_curve(labels, scores)
    precision_recall_curve(labels, scores)


@pytest.mark.parametrize("label, missing", [(1, "3 positives and 0"), (0, "0 positives and 3")])
def test_one_class_gives_nan_and_a_warning(label, missing):
    with pytest.warns(RuntimeWarning, match=f"labels: {missing} negatives.*AUC is nan") as caught:
        roc = roc_curve([label] * 3, [0.1, 0.2, 0.3])
    assert caught[0].filename == __file__
    assert np.isnan(roc.auc)
    missing_rate, rate = (roc.fpr, roc.tpr) if label else (roc.tpr, roc.fpr)
    assert np.isnan(missing_rate).all()
    assert rate.tolist() == [0, 1 / 3, 2 / 3, 1]


def test_precision_recall_of_one_class():
    with pytest.warns(RuntimeWarning, match="labels: 0 positives and 2 negatives"):
        curve = precision_recall_curve([0, 0], [0.1, 0.2])
    assert np.isnan(curve.average_precision)
    assert precision_recall_curve([1, 1], [0.1, 0.2]).average_precision == 1


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
@pytest.mark.parametrize(
    "labels, scores, message",
    [
        ([], [], r"labels: shape \(0,\), expected \(n,\) with n of at least 1"),
        ([[0, 1]], [0.5, 0.5], r"labels: shape \(1, 2\), expected \(n,\)"),
        ([0, 1], [[0.5], [0.5]], r"scores: shape \(2, 1\), expected \(n,\)"),
        ([0, 1], [0.5, 0.5, 0.5], r"scores: shape \(3,\), expected \(2,\) as the labels"),
        ([0, 2], [0.5, 0.5], r"labels: 2 at index 1, expected 0 or 1"),
        ([0, np.nan], [0.5, 0.5], r"labels: nan at index 1, expected 0 or 1"),
        ([0, 1], [np.nan, 0.5], r"scores: nan at index 0, expected a finite number"),
        ([0, 1], [0.5, np.inf], r"scores: inf at index 1, expected a finite number"),
    ],
)
def test_errors(curve, labels, scores, message):
    with pytest.raises(ValueError, match=message):
        curve(labels, scores)


@pytest.mark.parametrize("n_positive", [1, 2, 3, 7, 49, 55, 107, 1000])
@pytest.mark.parametrize("n_negative", [1, 3, 6, 49, 3197])
def test_the_areas_are_exactly_1_or_0_where_the_classes_separate(n_positive, n_negative):
    """As sums of rounded shares they came to 1.0000000000000002 and the like."""
    labels = np.repeat([0, 1], [n_negative, n_positive])
    rising = np.arange(len(labels)) / 7
    assert roc_curve(labels, rising).auc == 1
    assert precision_recall_curve(labels, rising).average_precision == 1
    assert roc_curve(labels, -rising).auc == 0
    for group in auc_by_group(labels, rising, np.zeros(len(labels))).values():
        assert group.auc == 1


@pytest.mark.parametrize("seed", range(60))
def test_the_areas_are_exact_and_at_most_1(seed):
    """The nearest float to the fraction, in all the places where an area is computed."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1], rng.integers(1, 60, 2)))
    scores = labels * rng.choice([0, 1, 5]) + np.round(rng.random(len(labels)), rng.integers(1, 4))
    positives, negatives = scores[labels == 1].tolist(), scores[labels == 0].tolist()
    twice = sum((p > n) + (p >= n) for p in positives for n in negatives)
    exact = float(Fraction(twice, 2 * len(positives) * len(negatives)))
    assert roc_curve(labels, scores).auc == exact <= 1
    assert auc_by_group(labels, scores, np.zeros(len(labels)))[0].auc == exact
    assert precision_recall_curve(labels, scores).average_precision <= 1
    if min(len(positives), len(negatives)) >= 2:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that separate
            difference = delong_difference(labels, scores, -scores).difference
        assert difference == exact - roc_curve(labels, -scores).auc


def test_the_mean_of_folds_and_of_classes_is_at_most_1():
    for n in range(1, 200):
        assert np.mean(np.ones(n)) == 1 >= np.mean(np.full(n, np.nextafter(1, 0)))


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        (np.ma.masked_array([0, 1], mask=[0, 1]), [1, 2], "labels: a masked array, whose mask wo"),
        ([0, 1], np.ma.masked_array([1, 2], mask=[0, 1]), "scores: a masked array, whose mask wou"),
        (["0", "1"], [1, 2], "labels: '0' at index 0 is text, expected numbers"),
        (np.array(["0", 1], dtype=object), [1, 2], "labels: '0' at index 0 is text, expected num"),
        ([0, 1], ["0.5", "1_0"], "scores: '0.5' at index 0 is text, expected numbers"),
        ([0, 1], [1j, 2], "scores: 1j at index 0 is dtype complex128, expected num"),
    ],
)
def test_what_would_be_taken_for_something_else(labels, scores, message):
    with pytest.raises(ValueError) as caught:
        roc_curve(labels, scores)
    assert str(caught.value).startswith(message)


def test_a_masked_array_without_a_mask_is_taken():
    assert roc_curve(np.ma.masked_array([0, 1]), [1, 2]).auc == 1
