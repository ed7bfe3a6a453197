"""How sure a figure is, and how well probabilities fit: intervals, DeLong, calibration, scores."""

from .calibration import CalibrationCurve, brier_score, calibration_curve
from .challenge import ConfusionCounts, best_threshold, confusion_counts, event1, event2
from .delong import AUCDifference, GroupAUC, auc_by_group, delong_difference, delong_interval
from .intervals import bootstrap_interval, wilson_interval
from .logistic_regression import LogisticRegression
from .recalibration import Recalibration

__all__ = [
    "AUCDifference",
    "CalibrationCurve",
    "ConfusionCounts",
    "GroupAUC",
    "LogisticRegression",
    "Recalibration",
    "auc_by_group",
    "best_threshold",
    "bootstrap_interval",
    "brier_score",
    "calibration_curve",
    "confusion_counts",
    "delong_difference",
    "delong_interval",
    "event1",
    "event2",
    "wilson_interval",
]
