"""Models: recipes, the layouts they name, training by them, several seeds."""

from .models import Model, load_model, mean_probabilities, outcomes, train_recipe
from .recipes import RECIPES, Recipe
from .seeds import train_seeds

__all__ = [
    "RECIPES",
    "Model",
    "Recipe",
    "load_model",
    "mean_probabilities",
    "outcomes",
    "train_recipe",
    "train_seeds",
]
