"""Evaluating: curves, areas and counts from labels and probabilities; knows nothing but NumPy."""

from .baselines import SUMMARIES, LogisticRegression, summarise
from .calibration import CalibrationCurve, brier_score, calibration_curve
from .challenge import ConfusionCounts, best_threshold, confusion_counts, event1, event2
from .delong import AUCDifference, GroupAUC, auc_by_group, delong_difference, delong_interval
from .evaluate import Evaluation, evaluate
from .explanation import Explanation, explain, rank_correlation
from .intervals import bootstrap_interval, wilson_interval
from .recalibration import Recalibration
from .report import Report, Scores, make_report
from .report_tables import Table, as_text, report_tables
from .roc import (
    ROC,
    PrecisionRecall,
    precision_recall_curve,
    roc_curve,
)
from .thresholded_roc import ThresholdedROC
from .units import UnitStates, unit_states

__all__ = [
    "ROC",
    "SUMMARIES",
    "AUCDifference",
    "CalibrationCurve",
    "ConfusionCounts",
    "Evaluation",
    "Explanation",
    "GroupAUC",
    "LogisticRegression",
    "PrecisionRecall",
    "Recalibration",
    "Report",
    "Scores",
    "Table",
    "ThresholdedROC",
    "UnitStates",
    "as_text",
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
    "explain",
    "make_report",
    "precision_recall_curve",
    "rank_correlation",
    "report_tables",
    "roc_curve",
    "summarise",
    "unit_states",
    "wilson_interval",
]
