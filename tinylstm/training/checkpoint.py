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
from tinylstm.network import Network
from tinylstm.small.json_files import check_form, parse_json
from tinylstm.small.npz_files import read_npz, write_npz

from .averaging import EarlyStopping, ExponentialAverage
from .loop import History
from .rebuild import CONFIGURATION, LEARNERS, VERSION, describe, rebuild


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
        "layers": {name: describe("layer", layer) for name, layer in network.layers.items()},
        **{role: describe(role, learner) for role, learner in learners.items()},
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
        return Checkpoint(**rebuild(configuration, arrays))
    except Exception as error:
        what = f"nothing called {error}" if isinstance(error, KeyError) else str(error)[:500]
        raise ValueError(f"{path}: the checkpoint is damaged: {what}") from error
