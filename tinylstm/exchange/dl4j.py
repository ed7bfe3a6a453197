"""Networks from and to DeepLearning4j 0.9: the zip that its ModelSerializer writes.

It holds configuration.json, which layers there are, and coefficients.bin, all weights as one row:
layer after layer, array after array, each column after column. Our column blocks a, f, o, i are
DeepLearning4j's own order, and its RW is R with the peepholes of f, o and i as three more columns.
"""

import io
import json
import warnings
import zipfile

import numpy as np

from tinylstm.network import BidirectionalLSTM, Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.small.json_files import parse_json
from tinylstm.small.whole_files import read_whole, write_whole

from .dl4j_configuration import (
    ACTIVATIONS,
    BIDIRECTIONAL,
    GRAVES,
    LSTM,
    OUTPUT,
    LayerConf,
    read_layers,
    written_configuration,
)
from .nd4j_arrays import parse_row, row_bytes

MOST_CONFIGURATION = 1 << 24  # bytes; that of a network of two layers has 7,000
LARGEST_RATIO = 200  # of the unpacked weights to the zip: float weights hardly shrink


def load_dl4j(path):
    """Read a network that DeepLearning4j 0.9's ModelSerializer saved.

    Parameters
    ----------
    path : path
        The zip: of a MultiLayerNetwork, or of a ComputationGraph whose layers stand in a row.
        Layers: GravesLSTM, LSTM (without peepholes), GravesBidirectionalLSTM, and at the end
        RnnOutputLayer with softmax and cross-entropy.

    Returns
    -------
    Network
        With the names of its layers; float64 where the weights were saved in double precision,
        else float32. What belongs to training alone (the updater's state, dropout) is not read.

    Raises
    ------
    FileNotFoundError
    ValueError
        If it is no such zip, is damaged, or has something that this package does not have; the
        message names it.

    Warns
    -----
    UserWarning
        If the zip has a normalizer: it is not read, and features must be normalized as there.

    Examples
    --------
    >>> import tempfile
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
    ...                       "output": tl.SoftmaxOutput(2, 2, rng=rng)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tl.save_dl4j(f"{folder}/model.zip", network)
    ...     again = tl.load_dl4j(f"{folder}/model.zip")
    >>> x = np.ones((5, 1, 3))
    >>> bool((again.forward(x) == network.forward(x)).all())
    True
    """
    try:
        configuration, coefficients, normalizer = _read_zip(path)
        layers = read_layers(configuration)
        try:
            row = parse_row(coefficients)
        except ValueError as error:
            raise ValueError(f"coefficients.bin: {error}") from None
        network = Network(_built_layers(layers, row))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if normalizer:
        warnings.warn(
            f"{path}: its normalizer is not read: give the network features normalized as there",
            stacklevel=2,
        )
    return network


def save_dl4j(path, network):
    """Write a network as a MultiLayerNetwork that DeepLearning4j 0.9's ModelSerializer reads.

    Parameters
    ----------
    path : path
        The zip; written whole or not at all.
    network : Network
        Of float32 or float64. Its layers keep their names; learning rate and the like are
        placeholders, as a network here has none.

    Raises
    ------
    ValueError
        If a layer is one that DeepLearning4j does not have: another class, a bidirectional one with
        outputs side by side or without peepholes.

    Examples
    --------
    See `load_dl4j`.
    """
    layers, arrays = {}, []
    for name, layer in network.layers.items():
        layers[name], own = _described(name, layer)
        arrays += own
    row = np.concatenate([array.ravel(order="F") for array in arrays])
    if row.dtype not in (np.float32, np.float64):
        raise ValueError(f"the network is of {row.dtype}, expected float32 or float64")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(written_configuration(layers), indent=2)
        # Without the hour, so that the same network gives the same bytes.
        for member, content in (("configuration.json", text), ("coefficients.bin", row_bytes(row))):
            entry = zipfile.ZipInfo(member)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    write_whole(path, stream.getvalue())


def _read_zip(path):
    """configuration.json, parsed; the bytes of coefficients.bin; whether there is a normalizer."""
    data = read_whole(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            limits = {
                "configuration.json": MOST_CONFIGURATION,
                "coefficients.bin": LARGEST_RATIO * len(data),
            }
            members = {}
            for name, most in limits.items():
                if names.count(name) != 1:
                    raise ValueError(f"{names.count(name)} entries {name}, expected one")
                if archive.getinfo(name).file_size > most:
                    raise ValueError(f"{name} claims more than {most:,} bytes")
                members[name] = archive.read(name)  # to its end, so that the CRC is compared
    # zipfile raises whatever its parts do: NotImplementedError, RuntimeError, zlib.error, ...
    except Exception as error:
        raise ValueError(f"not a zip of ModelSerializer, or damaged: {error}") from error
    try:
        configuration = parse_json(members["configuration.json"])
    except ValueError as error:
        raise ValueError(f"configuration.json: {error}") from None
    if not isinstance(configuration, dict):
        raise ValueError("configuration.json: expected an object")
    return configuration, members["coefficients.bin"], "normalizer.bin" in names


def _shapes(layer):
    """The shapes of a layer's arrays in coefficients.bin, in their order."""
    n_in, n = layer.n_in, layer.n_out
    if layer.kind == OUTPUT:
        return [(n_in, n), (1, n)]
    width = 4 * n + (0 if layer.kind == LSTM else 3)
    return [(n_in, 4 * n), (n, width), (1, 4 * n)] * (2 if layer.kind == BIDIRECTIONAL else 1)


def _built_layers(layers, row):
    expected = sum(rows * columns for layer in layers.values() for rows, columns in _shapes(layer))
    if len(row) != expected:
        raise ValueError(f"coefficients.bin: {len(row)} weights, expected {expected} of its layers")
    built, start = {}, 0
    more = {"initializer": initializers.zeros(), "rng": np.random.default_rng(0)}
    for name, layer in layers.items():
        arrays = []
        for rows, columns in _shapes(layer):
            stop = start + rows * columns
            arrays.append(np.ascontiguousarray(row[start:stop].reshape(columns, rows).T))
            start = stop
        if layer.kind == OUTPUT:
            made = SoftmaxOutput(layer.n_in, layer.n_out, **more)
            parameters = {"W": arrays[0], "b": arrays[1][0]}
        else:
            kinds = {"activation": layer.activation, "gate_activation": layer.gate_activation}
            if layer.kind == BIDIRECTIONAL:
                made = BidirectionalLSTM(layer.n_in, layer.n_out, "sum", **kinds, **more)
                parameters = _direction("forward.", *arrays[:3])
                parameters |= _direction("backward.", *arrays[3:])
            else:
                kinds["peepholes"] = layer.kind == GRAVES
                made = PeepholeLSTM(layer.n_in, layer.n_out, **kinds, **more)
                parameters = _direction("", *arrays)
        built[name] = made.with_parameters(parameters)
    return built


def _direction(prefix, W, RW, b):
    """Our arrays from theirs: R (H, 4H) and, where RW is wider, p (3, H)."""
    n = len(RW)
    arrays = {"W": W, "R": np.ascontiguousarray(RW[:, : 4 * n]), "b": b[0]}
    if RW.shape[1] > 4 * n:
        arrays["p"] = np.ascontiguousarray(RW[:, 4 * n :].T)
    return {prefix + key: array for key, array in arrays.items()}


def _described(name, layer):
    """A layer's LayerConf, and its arrays as they stand in coefficients.bin."""
    if type(layer) is SoftmaxOutput:
        W, b = layer.parameters["W"], layer.parameters["b"]
        return LayerConf(OUTPUT, layer.n_in, layer.n_classes, None, None), [W, b]
    if type(layer) not in (PeepholeLSTM, BidirectionalLSTM):
        raise ValueError(f"layer {name!r} is a {type(layer).__name__}: DeepLearning4j has no such")
    settings = layer.settings
    kind, prefixes = (GRAVES if settings["peepholes"] else LSTM), [""]
    if type(layer) is BidirectionalLSTM:
        for setting, right in (("merge", "sum"), ("peepholes", True)):
            if settings[setting] != right:
                raise ValueError(
                    f"layer {name!r} is bidirectional with {setting}={settings[setting]!r}: "
                    f"DeepLearning4j's has {setting}={right!r}"
                )
        kind, prefixes = BIDIRECTIONAL, ["forward.", "backward."]
    names = settings["activation"], settings["gate_activation"]
    for activation in names:
        if activation not in ACTIVATIONS:
            raise ValueError(f"layer {name!r}: DeepLearning4j has no {activation}")
    arrays = []
    for prefix in prefixes:
        W, R, b = (layer.parameters[prefix + key] for key in ("W", "R", "b"))
        p = layer.parameters.get(f"{prefix}p")
        arrays += [W, R if p is None else np.hstack([R, p.T]), b]
    return LayerConf(kind, settings["n_in"], settings["n_units"], *names), arrays
