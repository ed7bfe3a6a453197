"""Recipes: named settings, and the training that they describe.

``example`` has the settings of DeepLearning4j's example "LSTM Network" (with small initial weights,
z-scores and shuffling); ``hourly`` is the study's. A recipe is a record of plain values, so that a
variation of one is ``dataclasses.replace(RECIPES["hourly"], n_units=32)``.
"""

import math
from dataclasses import dataclass

import numpy as np

from tinylstm.data import SequenceDataset
from tinylstm.network import Dropout, Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.training.averaging import ExponentialAverage
from tinylstm.training.loop import fit
from tinylstm.training.optimizers import SGD, Adam, Clipped
from tinylstm.training.schedules import Cosine


@dataclass(frozen=True)
class Recipe:
    """Everything that decides about a training, but for the records and the seed.

    Attributes
    ----------
    layout : {"hourly", "rows"}
        What a step is, see layouts.py.
    n_units : int
        H.
    activation : str
        g of the LSTM.
    optimizer : {"SGD", "Adam"}
    learning_rate : float
    epochs, batch_size : int
    init_std : float, optional
        All weights start from N(0, init_std²); None: as `start_weights` says.
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
    class_weights : (float, float), optional
        What a survival and a death count in the loss; None: the same.
    labelled_steps : int
        How many of the last steps carry the label in training.
    dtype : {"float32", "float64"}
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


def recipe_of(recipe):
    """A recipe by its name; a Recipe is passed through."""
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        raise ValueError(f"recipe {recipe!r} is not one of {', '.join(RECIPES)}")
    return RECIPES[recipe]


def recipe_of_plain(fields):
    """A recipe from a dict of its fields, with JSON's lists for tuples."""
    return Recipe(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


def train_features(features, died, recipe, seed=0, verbose=True):
    """Train a network on features, N arrays (T_n, D), and outcomes (N,): the Network and a History.

    The weights are averaged where the recipe says so. ValueError if there are no deaths, or
    nothing else; FloatingPointError as `fit`.
    """
    if len(np.unique(died)) < 2:
        raise ValueError(f"{np.sum(died)} deaths among {len(died)} records: nothing to learn")
    labels = [
        np.full(min(recipe.labelled_steps, len(x)), y) for x, y in zip(features, died, strict=True)
    ]
    dataset = SequenceDataset(features, labels, n_classes=2)
    network = _build(dataset.n_features, died, recipe, np.random.default_rng(seed))
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


def _build(n_features, died, recipe, rng):
    """The network before the first step."""
    scaled = recipe.init_std is None
    how = {
        "initializer": initializers.zeros() if scaled else initializers.normal(recipe.init_std),
        "rng": rng,
        "dtype": recipe.dtype,
    }
    lstm = PeepholeLSTM(n_features, recipe.n_units, recipe.activation, **how)
    network = Network({"lstm": lstm, "output": SoftmaxOutput(recipe.n_units, 2, **how)})
    if scaled:
        _start_scaled(network.parameters, died, rng)
    return network


def _start_scaled(weights, died, rng):
    """Small uniform W, orthogonal R, no peepholes, and the outcome's frequency as first guess."""
    (n_features, _), (n_units, _) = weights["lstm.W"].shape, weights["lstm.R"].shape
    limit = 0.7 * math.sqrt(6 / (n_features + n_units))
    weights["lstm.W"][...] = rng.uniform(-limit, limit, weights["lstm.W"].shape)
    R = initializers.orthogonal()(rng, weights["lstm.R"].shape, n_units, n_features + n_units)
    weights["lstm.R"][...] = 0.7 * R
    # The difference of the two columns is what a single logistic output would have; it has the
    # variance of one that starts uniform within 0.5 sqrt(6 / (H + 1)).
    limit = 0.5 * math.sqrt(3 / (n_units + 1))
    weights["output.W"][...] = rng.uniform(-limit, limit, weights["output.W"].shape)
    # softmax(log r) = r: at first everybody's risk is the rate of deaths.
    weights["output.b"][...] = np.log(np.bincount(died, minlength=2) / len(died))
