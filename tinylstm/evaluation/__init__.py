"""Evaluating: curves, areas and counts from labels and probabilities; knows nothing but NumPy."""

from .evaluate import Evaluation, evaluate
from .roc import (
    ROC,
    PrecisionRecall,
    precision_recall_curve,
    roc_curve,
)
from .thresholded_roc import ThresholdedROC

__all__ = [
    "ROC",
    "Evaluation",
    "PrecisionRecall",
    "ThresholdedROC",
    "evaluate",
    "precision_recall_curve",
    "roc_curve",
]
