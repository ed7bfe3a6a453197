"""Training: optimizers, the loop over epochs and batches, checkpoints, recipes, studies."""

from .averaging import EarlyStopping, ExponentialAverage
from .checkpoint import Checkpoint, load, save
from .clipping import Clipped
from .crossvalidation import crossvalidate
from .loop import History, fit
from .models import Model, load_model, mean_probabilities, train_recipe
from .optimizers import SGD, Adam, Momentum
from .recipes import RECIPES, Recipe
from .schedules import Cosine, StepDecay
from .seeds import train_seeds
from .study import Study

__all__ = [
    "RECIPES",
    "SGD",
    "Adam",
    "Checkpoint",
    "Clipped",
    "Cosine",
    "EarlyStopping",
    "ExponentialAverage",
    "History",
    "Model",
    "Momentum",
    "Recipe",
    "StepDecay",
    "Study",
    "crossvalidate",
    "fit",
    "load",
    "load_model",
    "mean_probabilities",
    "save",
    "train_recipe",
    "train_seeds",
]
