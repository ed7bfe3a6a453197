"""Objects behave: they say in a line what they are, and can be copied and pickled."""

import copy
import pickle

import numpy as np
import pytest
from helpers.small_training import make_dataset, make_network

import tinylstm as tl
from tinylstm.evaluation import (
    LogisticRegression,
    Recalibration,
    auc_by_group,
    calibration_curve,
    confusion_counts,
    delong_difference,
)

LABELS = np.repeat([0, 1], [30, 20])
SCORES = np.linspace(0.2, 0.9, 50)[::-1] ** np.where(LABELS, 0.2, 1)


def counted():
    roc = tl.ThresholdedROC(10)
    roc.add([[0, 1], [1, 0]], [[0.2, 0.8], [0.9, 0.1]])
    return roc


THINGS = {
    "roc": (tl.roc_curve(LABELS, SCORES), "ROC(auc="),
    "precision": (tl.precision_recall_curve(LABELS, SCORES), "PrecisionRecall(average_precision="),
    "counted": (counted(), "ThresholdedROC(10 steps, 1 positives, 1 negatives)"),
    "evaluation": (
        tl.evaluate(make_network(), make_dataset()),
        "Evaluation(23 examples, 23 labelled steps, loss 0.",
    ),
    "regression": (
        LogisticRegression.fit(SCORES[:, None], LABELS, 0.1),
        "LogisticRegression(1 features)",
    ),
    "recalibration": (Recalibration.fit(LABELS, SCORES), "Recalibration(slope="),
    "calibration": (calibration_curve(LABELS, SCORES), "CalibrationCurve(10 bins, 50 rows)"),
    "confusion": (confusion_counts(LABELS, SCORES, 0.5), "ConfusionCounts(tp="),
    "difference": (delong_difference(LABELS, SCORES, -SCORES), "AUCDifference(difference="),
    "group": (auc_by_group(LABELS, SCORES, np.ones(50))[1], "GroupAUC(auc="),
    "batch": (next(make_dataset().batches(4)), "Batch(T="),
    "dataset": (
        make_dataset(),
        "SequenceDataset(23 examples, 3 features, 2 classes, 1 to 8 steps)",
    ),
    "standardizer": (tl.Standardizer.fit(make_dataset()), "Standardizer(3 features)"),
}


def parts(thing):
    """What it holds, by name."""
    return thing._asdict() if hasattr(thing, "_asdict") else vars(thing)


@pytest.mark.parametrize("name", THINGS)
def test_one_line_says_what_it_is(name):
    thing, beginning = THINGS[name]
    assert repr(thing).startswith(beginning) and "\n" not in repr(thing)


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("name", THINGS)
def test_copies_hold_the_same(name, twin):
    thing = THINGS[name][0]
    other = twin(thing)
    assert repr(other) == repr(thing)
    assert parts(other).keys() == parts(thing).keys()
    for key, value in parts(thing).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(parts(other)[key], value, strict=True)
