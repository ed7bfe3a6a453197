"""Evaluating: curves, areas and counts from labels and probabilities; knows nothing but NumPy."""

from .baselines import SUMMARIES, LogisticRegression, summarise
from .calibration import CalibrationCurve, brier_score, calibration_curve
from .challenge import ConfusionCounts, best_threshold, confusion_counts, event1, event2
from .delong import AUCDifference, GroupAUC, auc_by_group, delong_difference, delong_interval
from .evaluate import Evaluation, evaluate
from .intervals import bootstrap_interval, wilson_interval
from .roc import (
    ROC,
    PrecisionRecall,
    precision_recall_curve,
    roc_curve,
)
from .thresholded_roc import ThresholdedROC

__all__ = [
    "ROC",
    "SUMMARIES",
    "AUCDifference",
    "CalibrationCurve",
    "ConfusionCounts",
    "Evaluation",
    "GroupAUC",
    "LogisticRegression",
    "PrecisionRecall",
    "ThresholdedROC",
    "auc_by_group",
    "best_threshold",
    "bootstrap_interval",
    "brier_score",
    "calibration_curve",
    "confusion_counts",
    "delong_difference",
    "delong_interval",
    "evaluate",
    "event1",
    "event2",
    "precision_recall_curve",
    "roc_curve",
    "summarise",
    "wilson_interval",
]
