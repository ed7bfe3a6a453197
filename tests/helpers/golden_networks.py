"""The networks that DeepLearning4j 0.9.1 computed (golden/dl4j/README.md), as ours.

Its layout is (N, features, T), its RW holds R and the peepholes side by side (f, o, i), its
gradients are sums over examples, and its softmax output is zero where there is no label.
"""

import json

import numpy as np
from helpers.paths import GOLDEN

import tinylstm as tl

CASES = {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("network_*.json"))}
CLOSE = {"rtol": 1e-9, "atol": 1e-13}


def array(entry):
    return np.array(entry["data"], float).reshape(entry["shape"])


def time_first(entry):
    """(N, features, T) -> (T, N, features); a mask (N, T) -> (T, N) bool; null -> None."""
    if entry is None:
        return None
    values = array(entry)
    return values.transpose(2, 0, 1) if values.ndim == 3 else values.T.astype(bool)


def layer_parameters(stored, prefix):
    """Ours from DeepLearning4j's: prefix + W, RW, b, with F or B behind for a direction."""
    W, RW, b = (array(stored[prefix.format(name)]) for name in ("W", "RW", "b"))
    n = len(RW)
    parameters = {"W": W, "R": RW[:, : 4 * n], "b": b[0]}
    if RW.shape[1] > 4 * n:
        parameters["p"] = RW[:, 4 * n :].T
    return parameters


def lstm(parameters, activation):
    """A PeepholeLSTM with these parameters."""
    n_in, n_units = len(parameters["W"]), len(parameters["R"])
    layer = tl.PeepholeLSTM(
        n_in, n_units, activation, peepholes="p" in parameters, rng=np.random.default_rng(0)
    )
    return layer.with_parameters(parameters)


def bidirectional(forwards, backwards, activation):
    """A BidirectionalLSTM with these parameters of its directions."""
    n_in, n_units = len(forwards["W"]), len(forwards["R"])
    layer = tl.BidirectionalLSTM(n_in, n_units, activation=activation, rng=np.random.default_rng(0))
    parameters = {f"forward.{key}": value for key, value in forwards.items()}
    parameters |= {f"backward.{key}": value for key, value in backwards.items()}
    return layer.with_parameters(parameters)


def network_of(case, stored=None):
    """The network of a case, with its own parameters or with other stored arrays."""
    stored = case["params"] if stored is None else stored
    names = case["activation"].split(",") * len(case["hidden"])
    layers = {}
    for k in range(len(case["hidden"])):
        if case["kind"] == "bidirectional":
            both = [layer_parameters(stored, f"{k}_{{}}{direction}") for direction in "FB"]
            layers[f"lstm{k}"] = bidirectional(*both, names[k])
        else:
            layers[f"lstm{k}"] = lstm(layer_parameters(stored, f"{k}_{{}}"), names[k])
    k = len(case["hidden"])
    V, v = array(stored[f"{k}_W"]), array(stored[f"{k}_b"])[0]
    output = tl.SoftmaxOutput(*V.shape, rng=np.random.default_rng(0))
    layers["output"] = output.with_parameters({"W": V, "b": v})
    return tl.Network(layers)


def batch_of(case):
    """The batch of a case; with the feature mask where DeepLearning4j's layer honours it."""
    honoured = case["kind"] == "bidirectional"
    return tl.Batch(
        time_first(case["features"]),
        time_first(case["labels"]),
        time_first(case["feature_mask"]) if honoured else None,
        time_first(case["label_mask"]),
    )


def expected_gradients(case):
    """Their sums over examples, as the derivatives of the score."""
    n_examples = case["features"]["shape"][0]
    network = network_of(case, case["gradient_sum"])  # the arrays map like the weights
    return {name: value / n_examples for name, value in network.parameters.items()}
