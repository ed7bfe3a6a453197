"""The ready-made suite: this package's network over a grid of points."""

import numpy as np

from tinylstm.data import Batch
from tinylstm.network import BidirectionalLSTM, Network, PeepholeLSTM, SoftmaxOutput

from .cases import Case, run
from .directions import along_directions, v_curve
from .grid import BIDIRECTIONAL_FACTORS, NETWORK_FACTORS, draw, label_mask_of, mask_of, pairwise
from .networks import network_problem
from .repeats import layer_faults, network_faults
from .truncation import truncated_problem

N_FEATURES = 2
N_DIRECTIONS = 4

# The settings of the example that this package reimplements, in small.
EXAMPLE_POINT = {
    "N": 4,
    "T": 12,
    "mask": "post",
    "H": 5,
    "state": "zero",
    "layers": 1,
    "peepholes": True,
    "activation": "softsign",
    "gates": "sigmoid",
    "K": 2,
    "labels": "last",
    "bidirectional": "no",  # or how the outputs of both directions are merged
    "truncate": "no",  # or the number of last steps that are gone back through
}
TRUNCATED_POINT = {
    **EXAMPLE_POINT,
    "T": 7,
    "H": 2,
    "state": "given",
    "labels": "all",
    "truncate": 3,
}
# Enough rows for backward to work through them in several blocks.
LONG_POINT = {**EXAMPLE_POINT, "T": 300, "mask": "none", "H": 2, "labels": "some"}


def suite_cases():
    """The points of the suite, a list of Case.

    The pairwise grid of `NETWORK_FACTORS`; the example's settings, padded and with holes; a grid of
    bidirectional layers; truncated backpropagation; and a long batch, along random directions.
    """
    plain = {"bidirectional": "no", "truncate": "no"}
    points = [{**plain, **point} for point in pairwise(NETWORK_FACTORS)]
    points += [EXAMPLE_POINT, {**EXAMPLE_POINT, "mask": "holes"}]
    both = pairwise(BIDIRECTIONAL_FACTORS, full=("mask", "bidirectional"))
    points += [{**plain, **point} for point in both]
    points += [
        {**TRUNCATED_POINT, "layers": layers, "mask": mask}
        for layers in (1, 2)
        for mask in ("none", "post", "holes")
    ]
    cases = [network_case(point, seed) for seed, point in enumerate(points)]
    return [*cases, network_case(LONG_POINT, directional=True)]


def run_suite(method="complex", progress=None, cases=None):
    """Check this package's network at every point of the suite.

    Parameters
    ----------
    method : {"complex", "central"}
        As in `check`.
    progress : callable, optional
        Called as ``progress(done, total)`` after each point.
    cases : list of Case, optional
        Other points; by default `suite_cases()`, which take some seconds.

    Returns
    -------
    Report

    Examples
    --------
    >>> run_suite(cases=suite_cases()[:2]).ok
    True
    """
    return run(suite_cases() if cases is None else cases, method, progress)


def network_case(point, seed=0, initial=False, directional=False):
    """A network at one point of `NETWORK_FACTORS`: a Case.

    `initial`: with the parameters of a network just made, peepholes and biases zero (but the forget
    gate's), in place of random ones that are not near zero. `directional`: along random directions
    of all arrays together, for points with many entries.
    """
    rng = np.random.default_rng(seed)
    network, batch = network_and_batch(point, rng, initial)
    if point["state"] == "zero":
        loss, arrays, _ = network_problem(network, batch)

        def backward():
            return network_problem(network, batch)[2]

        def faults():
            return network_faults(network, batch)

    else:
        shape = point["N"], point["H"]
        states = [(draw(rng, shape), draw(rng, shape)) for _ in range(point["layers"])]
        if point["truncate"] == "no":
            loss, arrays, backward = _started_problem(network, batch, states)
        else:
            named = dict(zip(network.layers, states, strict=False))  # the output layer has none
            loss, arrays, backward = truncated_problem(network, batch, named, point["truncate"])

        def faults():
            layer, dy = network.layers["lstm"], rng.standard_normal((point["T"], *shape))
            return layer_faults(layer, dy, batch.features, batch.feature_mask, states[0])

    if directional:
        members = {"all arrays": list(arrays)}
        moved_loss, coefficients, slopes = along_directions(loss, arrays, members, N_DIRECTIONS)
        return Case(point, moved_loss, coefficients, lambda: slopes(backward()), faults)
    return Case(point, loss, arrays, backward, faults, batch.feature_mask)


def suite_v_curve():
    """The error against the step length, on a network with the example's settings, in small.

    Returns
    -------
    VCurve

    Examples
    --------
    >>> curve = suite_v_curve()
    >>> bool(curve.errors["complex"][-1] < 1e-14 < 1e-12 < curve.errors["central"].min())
    True
    """
    network, batch = network_and_batch(EXAMPLE_POINT, np.random.default_rng(0))
    return v_curve(*network_problem(network, batch))


def network_and_batch(point, rng, initial=False):
    """The network and the batch of a point, its state apart."""
    network = _network(point, rng)
    for name, array in network.parameters.items():
        if not initial:
            array[...] = draw(rng, array.shape)
        elif name.endswith(".p"):
            array[...] = 0
    return network, _batch(point, rng)


def _network(point, rng):
    layers, n_in = {}, N_FEATURES
    kind, merge = PeepholeLSTM, {}
    if point["bidirectional"] != "no":
        kind, merge = BidirectionalLSTM, {"merge": point["bidirectional"]}
    for number in range(point["layers"]):
        layer = kind(
            n_in,
            point["H"],
            activation=point["activation"],
            gate_activation=point["gates"],
            peepholes=point["peepholes"],
            rng=rng,
            **merge,
        )
        layers["lstm" if number == 0 else f"lstm{number + 1}"] = layer
        n_in = layer.n_units
    return Network({**layers, "output": SoftmaxOutput(n_in, point["K"], rng=rng)})


def _batch(point, rng):
    n_steps, n_examples = point["T"], point["N"]
    mask = mask_of(point["mask"], n_steps, n_examples)
    return Batch(
        rng.standard_normal((n_steps, n_examples, N_FEATURES)),
        np.eye(point["K"])[rng.integers(0, point["K"], (n_steps, n_examples))],
        mask,
        label_mask_of(point["labels"], mask, n_steps, n_examples),
    )


def _started_problem(network, batch, states):
    """Like `network_problem`, for recurrent layers that start from states."""
    *names, output_name = network.layers

    def through(some_network, x):
        """The last layer's h, and every layer's tape."""
        tapes = []
        for name, state in zip(names, states, strict=True):
            x, tape = some_network.layers[name].forward(x, batch.feature_mask, state)
            tapes.append(tape)
        return x, tapes

    def loss(arrays):
        other = network.with_parameters({name: arrays[name] for name in network.parameters})
        h, _ = through(other, arrays["x"])
        return other.layers[output_name].loss(h, batch.labels, batch.label_mask)

    def backward():
        h, tapes = through(network, batch.features)
        _, dx, gradients = network.layers[output_name].loss_and_gradients(
            h, batch.labels, batch.label_mask
        )
        collected = {f"{output_name}.{key}": array for key, array in gradients.items()}
        for name in reversed(names):
            dx, gradients = network.layers[name].backward(dx, tapes.pop())
            collected.update({f"{name}.{key}": array for key, array in gradients.items()})
        return {**collected, "x": dx}

    return loss, {**network.parameters, "x": batch.features}, backward
