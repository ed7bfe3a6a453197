"""Training: the loop over epochs and batches, optimizers, averages of weights, checkpoints."""

from .averaging import EarlyStopping, ExponentialAverage
from .checkpoint import Checkpoint, load, save
from .loop import History, fit
from .optimizers import SGD, Adam, Clipped, Momentum
from .schedules import Cosine, StepDecay

__all__ = [
    "SGD",
    "Adam",
    "Checkpoint",
    "Clipped",
    "Cosine",
    "EarlyStopping",
    "ExponentialAverage",
    "History",
    "Momentum",
    "StepDecay",
    "fit",
    "load",
    "save",
]
