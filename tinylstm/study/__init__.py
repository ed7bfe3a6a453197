"""PhysioNet 2012 as a study: recipes, models, cross-validation, rivals, reports, explanations."""

from .crossvalidation import crossvalidate
from .models import Model, load_model, mean_probabilities, train_recipe, train_seeds
from .recipes import RECIPES, Recipe
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
