"""Evaluating: curves, areas and counts from labels and probabilities; knows nothing but NumPy."""

from .evaluate import Evaluation, evaluate
from .roc import ROC, PrecisionRecall, precision_recall_curve, roc_curve
from .statistics import (
    AUCDifference,
    CalibrationCurve,
    ConfusionCounts,
    GroupAUC,
    LogisticRegression,
    Recalibration,
    auc_by_group,
    best_threshold,
    bootstrap_interval,
    brier_score,
    calibration_curve,
    confusion_counts,
    delong_difference,
    delong_interval,
    event1,
    event2,
    wilson_interval,
)
from .thresholded_roc import ThresholdedROC

__all__ = [
    "ROC",
    "AUCDifference",
    "CalibrationCurve",
    "ConfusionCounts",
    "Evaluation",
    "GroupAUC",
    "LogisticRegression",
    "PrecisionRecall",
    "Recalibration",
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
    "wilson_interval",
]
