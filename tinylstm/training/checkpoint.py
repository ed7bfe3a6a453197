"""A trained network, and all that goes with it, in one ``.npz`` file without pickles.

The file holds the weights (``parameters/lstm.W``, ...), the mean and standard deviation of the
features (``standardizer/mean``, ``standardizer/std``), and under ``configuration`` everything that
is no array, as JSON: how the layers are made, the optimizer, the history with the state of the
random generator, and the caller's settings. What an optimizer, an average of the weights and early
stopping remember stands under ``optimizer/``, ``average/`` and ``early_stopping/``, and arrays of
the caller's own under ``arrays/``. ``members`` lists the other entries. ``numpy.load`` opens it
anywhere; `load` believes nothing in it that it has not held against the rest.
"""

import dataclasses
import json
from dataclasses import dataclass, field

import numpy as np

from tinylstm.data import Standardizer
from tinylstm.network import BidirectionalLSTM, Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.small.json_files import (
    anything,
    check_form,
    dict_of,
    list_of,
    one_of,
    optional,
    parse_json,
    text,
)
from tinylstm.small.npz_files import read_npz, write_npz

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


@dataclass(repr=False)
class Checkpoint:
    """What `load` gives; what was not saved is None.

    Attributes
    ----------
    network : Network
    standardizer : Standardizer
    history : History
        With the state of the random generator.
    optimizer : SGD, Momentum, Adam or Clipped
        With what it remembers, and so the next two.
    settings : dict
        The caller's own.
    average : ExponentialAverage
    early_stopping : EarlyStopping
    arrays : dict of ndarray
        The caller's own; empty where none were saved.
    """

    network: Network
    standardizer: Standardizer = None
    history: History = None
    optimizer: object = None
    settings: dict = None
    average: ExponentialAverage = None
    early_stopping: EarlyStopping = None
    arrays: dict = field(default_factory=dict)

    def __repr__(self):
        shown = ("network", "standardizer", "history", *LEARNERS)
        parts = {name: getattr(self, name) for name in shown}
        arguments = [f"{name}={part!r}" for name, part in parts.items() if part is not None]
        return f"Checkpoint({', '.join(arguments)})"


def save(
    path,
    network,
    standardizer=None,
    history=None,
    optimizer=None,
    settings=None,
    *,
    average=None,
    early_stopping=None,
    arrays=None,
):
    """Save a network, and what training or use needs beside it.

    Parameters
    ----------
    path : path
        The file, by custom ``.npz``. It is written whole or not at all; an earlier one is replaced.
    network : Network
        Of layers of this package.
    standardizer : Standardizer, optional
        The one that the network's features went through.
    history : History, optional
        What `fit` returned: with it, `fit` can go on from here.
    optimizer : SGD, Momentum, Adam or Clipped, optional
    settings : dict, optional
        Whatever JSON can hold.
    average : ExponentialAverage, optional
    early_stopping : EarlyStopping, optional
    arrays : dict of ndarray, optional
        The caller's own, such as the statistics that features are made with.

    Raises
    ------
    ValueError
        If a layer or the optimizer is of a class that is not this package's, `settings` cannot
        be written as JSON, the standardizer was not fitted, or a weight is not finite.

    Examples
    --------
    >>> import tempfile
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
    ...                       "output": tl.SoftmaxOutput(2, 2, rng=rng)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/model.npz", network, settings={"note": "untrained"})
    ...     checkpoint = load(f"{folder}/model.npz")
    >>> x = np.ones((5, 1, 3))
    >>> bool((checkpoint.network.forward(x) == network.forward(x)).all())
    True
    >>> checkpoint.settings
    {'note': 'untrained'}
    """
    learners = {"optimizer": optimizer, "average": average, "early_stopping": early_stopping}
    configuration = {
        "version": VERSION,
        "layers": {name: _describe("layer", layer) for name, layer in network.layers.items()},
        **{role: _describe(role, learner) for role, learner in learners.items()},
        "history": None if history is None else dataclasses.asdict(history),
        "settings": settings,
    }
    try:
        text_of_it = json.dumps(configuration)
    except (TypeError, ValueError) as error:
        raise ValueError(f"settings or history: {error}") from None
    groups = {"parameters": network.parameters, "arrays": arrays or {}}
    groups |= {role: learner.state for role, learner in learners.items() if learner is not None}
    if standardizer is not None:
        if standardizer.mean is None:
            raise ValueError("standardizer: not fitted")
        groups["standardizer"] = {"mean": standardizer.mean, "std": standardizer.std}
    named = {f"{group}/{key}": array for group in groups for key, array in groups[group].items()}
    for name, array in named.items():
        if name.startswith("parameters/") and not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite: a network that is lost is not saved")
    write_npz(path, {"configuration": np.array(text_of_it), **named})


def load(path):
    """Load what `save` saved.

    Parameters
    ----------
    path : path

    Returns
    -------
    Checkpoint
        The weights with the dtype, the memory layout and the bits that they were saved with.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a file of this kind, is damaged, or is of another version; the message names
        the file, and the entry where there is one.
    """
    try:
        arrays = read_npz(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file") from None
    except ValueError as error:
        what = str(error).removeprefix(f"{path}: ")
        raise ValueError(f"{path}: not a checkpoint of this package, or damaged: {what}") from error
    if arrays.get("configuration", np.empty(0)).shape != () or "configuration" not in arrays:
        raise ValueError(f"{path}: not a checkpoint of this package: no entry configuration")
    try:
        configuration = parse_json(str(arrays.pop("configuration")), finite=False)
        if isinstance(configuration, dict) and configuration.get("version") != VERSION:
            version = str(configuration.get("version"))[:20]
            raise ValueError(f"a checkpoint of version {version}, expected {VERSION}")
        check_form(configuration, CONFIGURATION)
    except ValueError as error:
        raise ValueError(f"{path}: entry configuration: {error}") from None
    # A class may raise what it likes for settings that it was never meant to get.
    try:
        return _rebuild(configuration, arrays)
    except Exception as error:
        what = f"nothing called {error}" if isinstance(error, KeyError) else str(error)[:500]
        raise ValueError(f"{path}: the checkpoint is damaged: {what}") from error


def _describe(role, thing):
    """Class and settings, as JSON can hold them; a thing among the settings likewise."""
    if thing is None:
        return None
    name = type(thing).__name__
    if CLASSES[role].get(name) is not type(thing):
        raise ValueError(f"a {name} cannot be saved, only {', '.join(CLASSES[role])}")
    settings = {
        key: _describe(key, value) if key in CLASSES else value
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


def _rebuild(configuration, named):
    """The Checkpoint of a configuration and of arrays by name, held against each other."""
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
    return Checkpoint(
        network=network,
        standardizer=_standardizer(groups["standardizer"], network),
        history=_history(configuration["history"]),
        settings=configuration["settings"],
        arrays=groups["arrays"],
        **learners,
    )


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
