"""A trained network, and all that goes with it, in one ``.npz`` file without pickles.

The file holds the weights (``parameters/lstm.W``, ...), the mean and standard deviation of the
features (``standardizer/mean``, ``standardizer/std``), and under ``configuration`` everything that
is no array, as JSON: how the layers are made, the optimizer, the history with the state of the
random generator, and the caller's settings. What an optimizer, an average of the weights and early
stopping remember stands under ``optimizer/``, ``average/`` and ``early_stopping/``, and arrays of
the caller's own under ``arrays/``. ``numpy.load`` opens it anywhere.
"""

import dataclasses
import io
import json
import zipfile
from dataclasses import dataclass, field

import numpy as np

from tinylstm.data import Standardizer
from tinylstm.network import BidirectionalLSTM, Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.small.whole_files import write_whole

from .averaging import EarlyStopping, ExponentialAverage
from .loop import History
from .optimizers import SGD, Adam, Clipped, Momentum, Optimizer
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


@dataclass
class Checkpoint:
    """What `load` gives; what was not saved is None.

    Attributes
    ----------
    network : Network
    standardizer : Standardizer
    history : History
        With the state of the random generator.
    optimizer : Optimizer
        With what it remembers, and so the next two.
    settings : dict
        The caller's own.
    average : ExponentialAverage
    early_stopping : EarlyStopping
    arrays : dict of ndarray
        The caller's own; empty where none were saved.

    Examples
    --------
    See `save`.
    """

    network: Network
    standardizer: Standardizer = None
    history: History = None
    optimizer: Optimizer = None
    settings: dict = None
    average: ExponentialAverage = None
    early_stopping: EarlyStopping = None
    arrays: dict = field(default_factory=dict)


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
    optimizer : Optimizer, optional
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
        be written as JSON, or the standardizer was not fitted.

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
        text = json.dumps(configuration)
    except (TypeError, ValueError) as error:
        raise ValueError(f"settings or history: {error}") from None
    groups = {"parameters": network.parameters, "arrays": arrays or {}}
    groups |= {role: learner.state for role, learner in learners.items() if learner is not None}
    if standardizer is not None:
        if standardizer.mean is None:
            raise ValueError("standardizer: not fitted")
        groups["standardizer"] = {"mean": standardizer.mean, "std": standardizer.std}
    named = {f"{group}/{key}": array for group in groups for key, array in groups[group].items()}
    stream = io.BytesIO()
    np.savez(stream, configuration=np.array(text), **named)
    write_whole(path, stream.getvalue())


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
        the file.

    Examples
    --------
    See `save`.
    """
    try:
        with open(path, "rb") as stream:
            arrays = dict(np.load(stream, allow_pickle=False))
        configuration = json.loads(str(arrays["configuration"]))
        version = configuration["version"]
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file") from None
    except (zipfile.BadZipFile, EOFError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: not a checkpoint of this package, or damaged") from error
    if version != VERSION:
        raise ValueError(f"{path}: a checkpoint of version {version!r}, expected {VERSION}")
    try:
        return _rebuild(configuration, arrays)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: the checkpoint is damaged: {error}") from error


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
    if description is None:
        return None
    thing = CLASSES[role][description["class"]]
    settings = {
        key: _make(key, value) if key in CLASSES else value
        for key, value in description["settings"].items()
    }
    return thing(**settings, **more)


def _rebuild(configuration, named):
    def group(name):
        prefix = f"{name}/"
        return {key.removeprefix(prefix): named[key] for key in named if key.startswith(prefix)}

    # The layers demand a generator, though zeros() draws nothing.
    more = {"initializer": initializers.zeros(), "rng": np.random.default_rng(0)}
    layers = {
        name: _make("layer", layer, **more) for name, layer in configuration["layers"].items()
    }
    learners = {role: _make(role, configuration[role]) for role in LEARNERS}
    for role, learner in learners.items():
        if learner is not None:
            learner.state = group(role)
    standardizer, history = group("standardizer"), configuration["history"]
    return Checkpoint(
        network=Network(layers).with_parameters(group("parameters")),
        standardizer=Standardizer(**standardizer) if standardizer else None,
        history=None if history is None else History(**history),
        settings=configuration["settings"],
        arrays=group("arrays"),
        **learners,
    )
