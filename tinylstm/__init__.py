"""A peephole LSTM with hand-written backpropagation through time, in NumPy alone."""

from .data import Batch, SequenceDataset, Standardizer
from .evaluation import (
    ROC,
    Evaluation,
    PrecisionRecall,
    ThresholdedROC,
    evaluate,
    precision_recall_curve,
    roc_curve,
)
from .network import Network, PeepholeLSTM, SoftmaxOutput, initializers

__version__ = "0.1.0"

__all__ = [
    "ROC",
    "Batch",
    "Evaluation",
    "Network",
    "PeepholeLSTM",
    "PrecisionRecall",
    "SequenceDataset",
    "SoftmaxOutput",
    "Standardizer",
    "ThresholdedROC",
    "evaluate",
    "initializers",
    "precision_recall_curve",
    "roc_curve",
]
