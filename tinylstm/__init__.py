"""A peephole LSTM with hand-written backpropagation through time, in NumPy alone."""

from .small import interrupts as _first  # noqa: F401  # isort: skip

from . import exercises, gradcheck
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
from .exchange import from_torch, load_dl4j, save_dl4j, save_onnx, to_torch
from .network import BidirectionalLSTM, Dropout, Network, PeepholeLSTM, SoftmaxOutput, initializers
from .study import (
    RECIPES,
    Model,
    Recipe,
    Study,
    crossvalidate,
    load_model,
    mean_probabilities,
    train_recipe,
    train_seeds,
)
from .training import (
    SGD,
    Adam,
    Checkpoint,
    Clipped,
    Cosine,
    EarlyStopping,
    ExponentialAverage,
    History,
    Momentum,
    StepDecay,
    fit,
    load,
    save,
)

__version__ = "0.1.0"

__all__ = [
    "RECIPES",
    "ROC",
    "SGD",
    "Adam",
    "Batch",
    "BidirectionalLSTM",
    "Checkpoint",
    "Clipped",
    "Cosine",
    "Dropout",
    "EarlyStopping",
    "Evaluation",
    "ExponentialAverage",
    "History",
    "Model",
    "Momentum",
    "Network",
    "PeepholeLSTM",
    "PrecisionRecall",
    "Recipe",
    "SequenceDataset",
    "SoftmaxOutput",
    "Standardizer",
    "StepDecay",
    "Study",
    "ThresholdedROC",
    "crossvalidate",
    "evaluate",
    "exercises",
    "fit",
    "from_torch",
    "gradcheck",
    "initializers",
    "load",
    "load_dl4j",
    "load_model",
    "mean_probabilities",
    "precision_recall_curve",
    "roc_curve",
    "save",
    "save_dl4j",
    "save_onnx",
    "to_torch",
    "train_recipe",
    "train_seeds",
]
