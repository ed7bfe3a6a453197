"""Recipes: named settings, and the training that they describe.

``example`` has the settings of DeepLearning4j's example "LSTM Network" (with small initial weights,
z-scores and shuffling); ``hourly`` and ``clinical`` are the study's. A recipe is a record of plain
values, so that a variation of one is ``dataclasses.replace(RECIPES["hourly"], n_units=32)``; one of
parts has a Recipe for each, and ``varied(RECIPES["clinical"], n_units=32)`` changes all of them.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from tinylstm.data import SequenceDataset
from tinylstm.network import Dropout, Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.training.averaging import ExponentialAverage
from tinylstm.training.loop import fit
from tinylstm.training.optimizers import SGD, Adam, Clipped
from tinylstm.training.schedules import Cosine

from .targets import TARGETS


@dataclass(frozen=True)
class Recipe:
    """Everything that decides about a training, but for the records and the seed.

    Attributes
    ----------
    layout : {"hourly", "clinical", "rows"}
        What the columns are, see layouts.py.
    n_units : int
        H.
    activation : str
        g of the LSTM.
    optimizer : {"SGD", "Adam"}
    learning_rate : float
    epochs, batch_size : int
    init_std : float, optional
        All weights start from N(0, init_std²); None: as `_start_scaled` says.
    cosine : bool
        Whether the learning rate falls to 0 along half a cosine wave over all steps.
    dropout : (float, float, float)
        Rates of dropout on inputs, h_{t-1} and what goes to the output layer.
    max_norm : float, optional
        Where the global norm of the gradient is clipped.
    weight_decay : float
        Of the matrices "lstm.W", "lstm.R" and "output.W"; decoupled.
    average : float, optional
        Decay of the exponential average of the weights that the model gets; None: the last ones.
    class_weights : tuple of float, optional
        What each class counts in the loss; None: the same.
    labelled_steps : int
        How many of the last steps carry the label in training.
    dtype : {"float32", "float64"}
    targets : {"death", "course"}
        The classes of the softmax, and which of them make the risk, see targets.py.
    step : int
        Hours from one step to the next, the last hour of the stay being the last step.
    hinges : bool
        Whether each value x of the layout ``clinical`` has max(x - k, 0), k = -1, 0, 1, beside it.
    """

    layout: str
    n_units: int
    activation: str
    optimizer: str
    learning_rate: float
    epochs: int
    batch_size: int
    init_std: float | None = None
    cosine: bool = False
    dropout: tuple = (0.0, 0.0, 0.0)
    max_norm: float | None = None
    weight_decay: float = 0.0
    average: float | None = None
    class_weights: tuple | None = None
    labelled_steps: int = 1
    dtype: str = "float32"
    targets: str = "death"
    step: int = 1
    hinges: bool = False


@dataclass(frozen=True)
class Parts:
    """A recipe of several networks; their log-odds are averaged, each over its seeds before.

    Attributes
    ----------
    parts : dict
        Name -> Recipe.
    """

    parts: dict


RECIPES = {
    "example": Recipe(
        layout="rows",
        n_units=300,
        activation="softsign",
        optimizer="SGD",
        learning_rate=0.05,
        epochs=15,
        batch_size=32,
        init_std=0.05,
    ),
    "hourly": Recipe(
        layout="hourly",
        n_units=128,
        activation="tanh",
        optimizer="Adam",
        learning_rate=0.002,
        epochs=12,
        batch_size=64,
        cosine=True,
        dropout=(0.2, 0.2, 0.3),
        max_norm=1.0,
        weight_decay=1e-4,
        average=0.99,
    ),
}
_BASE = replace(RECIPES["hourly"], targets="course", step=4)
_PLAIN = replace(_BASE, layout="clinical", step=8, n_units=64)
_HINGES = replace(_PLAIN, hinges=True, epochs=18, dropout=(0.4, 0.2, 0.5), weight_decay=1e-3)
RECIPES["clinical"] = Parts({"plain": _PLAIN, "hinges": _HINGES, "base": _BASE})


def recipe_of(recipe):
    """A recipe by its name; a Recipe or Parts is passed through."""
    if isinstance(recipe, Recipe | Parts):
        return recipe
    if recipe not in RECIPES:
        raise ValueError(f"recipe {recipe!r} is not one of {', '.join(RECIPES)}")
    return RECIPES[recipe]


def parts_of(recipe):
    """Name -> Recipe of each network that a recipe trains; a single one has the name ""."""
    return recipe.parts if isinstance(recipe, Parts) else {"": recipe}


def varied(recipe, **changes):
    """The recipe with other values of some fields, in every part."""
    if isinstance(recipe, Parts):
        return Parts({name: replace(part, **changes) for name, part in recipe.parts.items()})
    return replace(recipe, **changes)


def recipe_of_plain(fields):
    """A recipe from what `dataclasses.asdict` made of it, with JSON's lists for tuples."""
    if "parts" in fields:
        return Parts({name: recipe_of_plain(part) for name, part in fields["parts"].items()})
    return Recipe(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


def train_features(features, labels, recipe, seed=0, verbose=True):
    """Train a network on features, N arrays (T_n, D), and classes (N,): the Network and a History.

    The weights are averaged where the recipe says so. ValueError if there are no deaths, or
    nothing else; FloatingPointError as `fit`.
    """
    classes, risk = TARGETS[recipe.targets]
    n_deaths = int(np.isin(labels, risk).sum())
    if not 0 < n_deaths < len(labels):
        raise ValueError(f"{n_deaths} deaths among {len(labels)} records: nothing to learn")
    of_steps = [
        np.full(min(recipe.labelled_steps, len(x)), y)
        for x, y in zip(features, labels, strict=True)
    ]
    dataset = SequenceDataset(features, of_steps, n_classes=len(classes))
    rates = np.bincount(labels, minlength=len(classes)) / len(labels)
    network = _build(dataset.n_features, rates, recipe, np.random.default_rng(seed))
    average = None if recipe.average is None else ExponentialAverage(recipe.average)
    history = fit(
        network,
        dataset,
        _optimizer(recipe, recipe.epochs * math.ceil(len(dataset) / recipe.batch_size)),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=seed,
        dropout=Dropout(*recipe.dropout) if any(recipe.dropout) else None,
        class_weights=recipe.class_weights,
        average=average,
        verbose=verbose,
    )
    if average is not None:
        network = network.with_parameters(average.parameters)
    return network, history


def _optimizer(recipe, n_steps):
    """SGD or Adam over so many steps, clipped where the recipe says so."""
    matrices = ("lstm.W", "lstm.R", "output.W") if recipe.weight_decay else ()
    optimizer = {"SGD": SGD, "Adam": Adam}[recipe.optimizer](
        recipe.learning_rate,
        schedule=Cosine(n_steps) if recipe.cosine else None,
        weight_decay=dict.fromkeys(matrices, recipe.weight_decay),
    )
    return optimizer if recipe.max_norm is None else Clipped(optimizer, recipe.max_norm)


def _build(n_features, rates, recipe, rng):
    """The network before the first step, of classes with these rates (K,)."""
    scaled = recipe.init_std is None
    how = {
        "initializer": initializers.zeros() if scaled else initializers.normal(recipe.init_std),
        "rng": rng,
        "dtype": recipe.dtype,
    }
    lstm = PeepholeLSTM(n_features, recipe.n_units, recipe.activation, **how)
    network = Network({"lstm": lstm, "output": SoftmaxOutput(recipe.n_units, len(rates), **how)})
    if scaled:
        _start_scaled(network.parameters, rates, rng)
    return network


def _start_scaled(weights, rates, rng):
    """Small uniform W, orthogonal R, no peepholes, and the classes' rates as first guess."""
    (n_features, _), (n_units, _) = weights["lstm.W"].shape, weights["lstm.R"].shape
    limit = 0.7 * math.sqrt(6 / (n_features + n_units))
    weights["lstm.W"][...] = rng.uniform(-limit, limit, weights["lstm.W"].shape)
    R = initializers.orthogonal()(rng, weights["lstm.R"].shape, n_units, n_features + n_units)
    weights["lstm.R"][...] = 0.7 * R
    # Of two classes, the difference of the two columns is what a single logistic output would
    # have; it has the variance of one that starts uniform within 0.5 sqrt(6 / (H + 1)).
    limit = 0.5 * math.sqrt(3 / (n_units + 1))
    weights["output.W"][...] = rng.uniform(-limit, limit, weights["output.W"].shape)
    # softmax(log r) = r: at first everybody has the training records' rates. A class that none of
    # them has is as likely as one in 10,000, for log 0 is none.
    weights["output.b"][...] = np.log(np.where(rates > 0, rates, 1e-4))
