"""What a checkpoint holds beside arrays, and the way back: each part is held against the rest."""

import numpy as np

from tinylstm.data import Standardizer
from tinylstm.network import BidirectionalLSTM, Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.small.json_files import anything, dict_of, list_of, one_of, optional, text

from .averaging import EarlyStopping, ExponentialAverage
from .loop import History
from .optimizers import SGD, Adam, Clipped, Momentum
from .schedules import Cosine, StepDecay

VERSION = 1
# What can be saved, by the part that it plays.
CLASSES = {
    role: {thing.__name__: thing for thing in things}
    for role, things in {
        "layer": (PeepholeLSTM, BidirectionalLSTM, SoftmaxOutput),
        "optimizer": (SGD, Momentum, Adam, Clipped),
        "schedule": (Cosine, StepDecay),
        "average": (ExponentialAverage,),
        "early_stopping": (EarlyStopping,),
    }.items()
}
LEARNERS = ("optimizer", "average", "early_stopping")


def _float(value, where):
    """A form: a number, nan and infinity among them (an AUC may be nan)."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError(f"{where}: {str(value)[:60]!r}, expected a number")


_DESCRIPTION = {"class": text, "settings": dict_of(anything)}
CONFIGURATION = {
    "version": one_of(VERSION),
    "layers": dict_of(_DESCRIPTION),
    **dict.fromkeys(LEARNERS, optional(_DESCRIPTION)),
    "history": optional(
        {
            **dict.fromkeys(
                ("loss", "seconds", "validation_loss", "validation_auc"), list_of(_float)
            ),
            "generator_state": optional(dict_of(anything)),
        }
    ),
    "settings": anything,
}


def describe(role, thing):
    """Class and settings, as JSON can hold them; a thing among the settings likewise."""
    if thing is None:
        return None
    name = type(thing).__name__
    if CLASSES[role].get(name) is not type(thing):
        raise ValueError(f"a {name} cannot be saved, only {', '.join(CLASSES[role])}")
    settings = {
        key: describe(key, value) if key in CLASSES else value
        for key, value in thing.settings.items()
    }
    return {"class": name, "settings": settings}


def _make(role, description, **more):
    """The thing of a description, new."""
    if description is None:
        return None
    thing = CLASSES[role][description["class"]]
    settings = {
        key: _make(key, value) if key in CLASSES else value
        for key, value in description["settings"].items()
    }
    return thing(**settings, **more)


def rebuild(configuration, named):
    """The parts of a Checkpoint, a dict, from its configuration and from the arrays by name."""
    groups = {name: {} for name in ("parameters", "standardizer", "arrays", *LEARNERS)}
    for name, array in named.items():
        group, slash, key = name.partition("/")
        if group not in groups or not slash:
            raise ValueError(f"entry {name[:60]} is of no known kind")
        groups[group][key] = array
    parameters = groups["parameters"]
    for name, description in configuration["layers"].items():
        _check_layer(name, description["settings"], parameters)
    # The layers demand a generator, though zeros() draws nothing.
    more = {"initializer": initializers.zeros(), "rng": np.random.default_rng(0)}
    layers = {
        name: _make("layer", layer, **more) for name, layer in configuration["layers"].items()
    }
    network = Network(layers).with_parameters(parameters)
    learners = {role: _make(role, configuration[role]) for role in LEARNERS}
    for role, learner in learners.items():
        if learner is None:
            if groups[role]:
                raise ValueError(f"entries of {role}/, but the configuration has no {role}")
        else:
            _check_state(role, groups[role], network.parameters)
            learner.state = groups[role]
    return {
        "network": network,
        "standardizer": _standardizer(groups["standardizer"], network),
        "history": _history(configuration["history"]),
        "settings": configuration["settings"],
        "arrays": groups["arrays"],
        **learners,
    }


def _check_layer(name, settings, parameters):
    """Demand finite weights of one dtype, and enough of them for the layer's sizes."""
    own = {key: p for key, p in parameters.items() if key.startswith(f"{name}.")}
    for key, p in own.items():
        if (
            p.dtype.kind not in "fc"
            or p.dtype.itemsize < 4
            or p.dtype != next(iter(own.values())).dtype
        ):
            raise ValueError(f"entry parameters/{key}: dtype {p.dtype}, expected one for the layer")
        if not np.isfinite(p).all():
            raise ValueError(f"entry parameters/{key}: not finite")
    # Before the layer is made, which takes memory of that size.
    n_units, there = settings.get("n_units", 0), sum(p.size for p in own.values())
    if max(settings["n_in"], n_units) * (n_units or settings["n_classes"]) > there:
        raise ValueError(f"layer {name[:60]}: {there:,} weights are too few for its sizes")


def _check_state(role, state, parameters):
    """Demand numbers, and of each array that is for a parameter its shape and dtype."""
    for key, array in state.items():
        name = key.rpartition("/")[2]  # "m/lstm.W" of an optimizer, "lstm.W" of the others
        like = parameters.get(name)
        if like is None and (array.shape or array.dtype.kind not in "biuf"):
            raise ValueError(f"entry {role}/{key[:60]}: expected a number or a parameter's name")
        if like is None:
            if array.dtype.kind in "iu" and array < 0:
                raise ValueError(f"entry {role}/{key}: {array}, expected 0 or more")
            continue
        if array.shape != like.shape or array.dtype != like.dtype:
            found, expected = (f"{a.dtype} {a.shape}" for a in (array, like))
            raise ValueError(f"entry {role}/{key}: {found}, expected {expected}")
        if not np.isfinite(array).all():
            raise ValueError(f"entry {role}/{key}: not finite")


def _standardizer(arrays, network):
    if not arrays:
        return None
    if set(arrays) != {"mean", "std"}:
        raise ValueError(f"entries of standardizer/: {', '.join(arrays)}, expected mean and std")
    standardizer = Standardizer(**arrays)
    n_in = next(iter(network.layers.values())).n_in
    if len(standardizer.mean) != n_in:
        n = len(standardizer.mean)
        raise ValueError(f"entry standardizer/mean: {n} features, expected {n_in}, as the network")
    return standardizer


def _history(content):
    if content is None:
        return None
    n = len(content["loss"])
    for name in ("seconds", "validation_loss", "validation_auc"):
        if len(content[name]) not in ((n,) if name == "seconds" else (0, n)):
            raise ValueError(f"history.{name}: {len(content[name])} epochs, but {n} of loss")
    if content["generator_state"] is not None:
        np.random.default_rng(0).bit_generator.state = content["generator_state"]  # or an error
    return History(**content)
