"""Networks from and to PyTorch: state dicts of `nn.LSTM` and `nn.Linear`, as plain arrays.

PyTorch's weights are ours transposed, with the blocks i, f, g, o in place of our a, f, o, i, where
its g is our block input a; its two biases are only ever added.
"""

import re

import numpy as np

from tinylstm.network import BidirectionalLSTM, Network, PeepholeLSTM, SoftmaxOutput, initializers

TO_TORCH = [3, 1, 0, 2]  # the places of i, f, g, o among a, f, o, i
FROM_TORCH = [2, 1, 3, 0]  # the places of a, f, o, i among i, f, g, o
SUFFIXES = {"forward.": "", "backward.": "_reverse"}
LINEAR = {"weight", "bias"}


def to_torch(network):
    """The weights of a network as PyTorch's state dicts.

    Parameters
    ----------
    network : Network
        Its recurrent layers with tanh and sigmoid, without peepholes; bidirectional ones with
        ``merge="concat"``.

    Returns
    -------
    dict
        Layer name -> dict of ndarray, copies: for each recurrent layer that of ``nn.LSTM(D, H)``,
        with ``bidirectional=True`` where it is; for the output layer that of ``nn.Linear(H, K)``,
        whose results are the logits.

    Raises
    ------
    ValueError
        If a layer is one that ``nn.LSTM`` cannot be; the message names it.

    Examples
    --------
    With PyTorch: ``lstm.load_state_dict({k: torch.tensor(v) for k, v in state.items()})``.

    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 2, "tanh", peepholes=False, rng=rng),
    ...                       "output": tl.SoftmaxOutput(2, 2, rng=rng)})
    >>> states = to_torch(network)
    >>> {name: array.shape for name, array in states["lstm"].items()}["weight_ih_l0"]
    (8, 3)
    >>> again = from_torch(states)
    >>> bool((again.parameters["lstm.R"] == network.parameters["lstm.R"]).all())
    True
    """
    states = {}
    for name, layer in network.layers.items():
        if type(layer) is SoftmaxOutput:
            W, b = layer.parameters["W"], layer.parameters["b"]
            states[name] = {"weight": W.T.copy(), "bias": b.copy()}
            continue
        _check_layer(name, layer)
        states[name] = {}
        for prefix, suffix in _directions(layer):
            W, R, b = (layer.parameters[prefix + key] for key in ("W", "R", "b"))
            states[name] |= {
                f"weight_ih_l0{suffix}": _exchanged(W, TO_TORCH).T.copy(),
                f"weight_hh_l0{suffix}": _exchanged(R, TO_TORCH).T.copy(),
                f"bias_ih_l0{suffix}": _exchanged(b, TO_TORCH),
                f"bias_hh_l0{suffix}": np.zeros_like(b),
            }
    return states


def from_torch(states):
    """A network with the weights of PyTorch's modules.

    Parameters
    ----------
    states : dict
        Layer name -> state dict, of arrays or of tensors: one of ``nn.LSTM`` with one layer (in
        both directions, where it has the names ending in "_reverse") for each recurrent layer, in
        their order, and last one of ``nn.Linear``, whose results are the logits. Without biases:
        zeros.

    Returns
    -------
    Network
        float64 where an array is, else float32.

    Raises
    ------
    ValueError
        If a state dict is of another module, has arrays of other shapes or of no floats; the
        message names it.

    Examples
    --------
    See `to_torch`.
    """
    mappings = isinstance(states, dict) and all(hasattr(s, "items") for s in states.values())
    if not mappings or len(states) < 2:
        raise ValueError("expected a dict of state dicts, of one nn.LSTM at least and an nn.Linear")
    layers, *_, last = {}, *states
    for name, state in states.items():
        arrays = {key: _as_floats(f"{name}, {key}", value) for key, value in state.items()}
        layers[name] = _linear(name, arrays) if name == last else _lstm(name, arrays)
    return Network(layers)


def _check_layer(name, layer):
    """Demand a layer that `nn.LSTM` can be."""
    if type(layer) not in (PeepholeLSTM, BidirectionalLSTM):
        raise ValueError(f"layer {name!r} is a {type(layer).__name__}: nn.LSTM cannot be that")
    right = {"activation": "tanh", "gate_activation": "sigmoid", "peepholes": False}
    for setting, value in {**right, "merge": "concat"}.items():
        found = layer.settings.get(setting, value)
        if found != value:
            raise ValueError(f"layer {name!r} has {setting}={found!r}, nn.LSTM has {value!r}")


def _directions(layer):
    both = type(layer) is BidirectionalLSTM
    return list(SUFFIXES.items()) if both else [("", "")]


def _exchanged(array, order):
    """The four blocks of the last axis in another order, a copy."""
    blocks = np.split(array, 4, axis=-1)
    return np.concatenate([blocks[k] for k in order], axis=-1)


def _as_floats(name, value):
    array = np.asarray(value)
    if array.dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} has dtype {array.dtype}, expected float32 or float64")
    return array


def _lstm(name, arrays):
    known = r"(weight|bias)_[ih]h_l0(_reverse)?"
    unknown = [key for key in arrays if not re.fullmatch(known, key)]
    if unknown or "weight_hh_l0" not in arrays:
        found = f"has {unknown[0]}" if unknown else "has no weight_hh_l0"
        raise ValueError(f"{name} {found}: expected the state dict of an nn.LSTM with one layer")
    n_units = arrays["weight_hh_l0"].shape[-1]
    n_in = np.shape(arrays.get("weight_ih_l0", 0))[-1:]
    both = any(key.endswith("_reverse") for key in arrays)
    rows = 4 * n_units
    shapes = {"weight_ih_l0": (rows, *n_in), "weight_hh_l0": (rows, n_units)}
    parameters = {}
    for prefix, suffix in SUFFIXES.items() if both else [("", "")]:
        own = {}
        for key, shape in shapes.items():
            own[key] = _of_shape(name, arrays, key + suffix, shape)
        b = np.zeros(rows, own["weight_hh_l0"].dtype)
        for key in (f"bias_ih_l0{suffix}", f"bias_hh_l0{suffix}"):
            if key in arrays:
                b = b + _of_shape(name, arrays, key, (rows,))
        parameters[f"{prefix}W"] = _exchanged(own["weight_ih_l0"].T, FROM_TORCH)
        parameters[f"{prefix}R"] = _exchanged(own["weight_hh_l0"].T, FROM_TORCH)
        parameters[f"{prefix}b"] = _exchanged(b, FROM_TORCH)
    settings = {"activation": "tanh", "peepholes": False, **_unfilled()}
    kind = BidirectionalLSTM if both else PeepholeLSTM
    settings |= {"merge": "concat"} if both else {}
    return kind(*n_in, n_units, **settings).with_parameters(parameters)


def _linear(name, arrays):
    if "weight" not in arrays or set(arrays) - LINEAR:
        raise ValueError(f"{name} has {', '.join(arrays)}: expected the state dict of an nn.Linear")
    weight = arrays["weight"]
    if weight.ndim != 2:
        raise ValueError(f"{name}, weight has shape {weight.shape}, expected (K, H)")
    bias = np.zeros(len(weight), weight.dtype)
    if "bias" in arrays:
        bias = _of_shape(name, arrays, "bias", bias.shape).copy()
    n_classes, n_in = weight.shape
    output = SoftmaxOutput(n_in, n_classes, **_unfilled())
    return output.with_parameters({"W": weight.T.copy(), "b": bias})


def _unfilled():
    """How a layer is made that gets its weights afterwards."""
    return {"initializer": initializers.zeros(), "rng": np.random.default_rng(0)}


def _of_shape(name, arrays, key, shape):
    if key not in arrays:
        raise ValueError(f"{name} has no {key}")
    if arrays[key].shape != shape:
        raise ValueError(f"{name}, {key} has shape {arrays[key].shape}, expected {shape}")
    return arrays[key]
