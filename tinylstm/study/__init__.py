"""PhysioNet 2012 as a study: recipes, models, cross-validation, rivals, reports, explanations."""

from .crossvalidation import crossvalidate
from .models import (
    RECIPES,
    Model,
    Recipe,
    load_model,
    mean_probabilities,
    train_recipe,
    train_seeds,
)
from .results import Study

__all__ = [
    "RECIPES",
    "Model",
    "Recipe",
    "Study",
    "crossvalidate",
    "load_model",
    "mean_probabilities",
    "train_recipe",
    "train_seeds",
]
