"""The check of a layer, such as a student's own, over a grid of points."""

import copy
import inspect

import numpy as np

from .cases import Case, run
from .grid import LAYER_FACTORS, draw, mask_of, pairwise
from .repeats import layer_faults

N_IN = 3


def check_layer(make_layer, method="complex", progress=None):
    """Check a layer's backward pass: every parameter and dx, over a grid of points.

    The points are all combinations of 1 and 4 examples, 1, 2 and 12 steps, and no mask, padding
    after, padding before, holes, and one example wholly masked; with 1 and 5 units, and with a
    state to start from, so that every pair of values occurs. At each, parameters and inputs are
    random, no parameter is near zero, and the loss is a random projection of y, masked steps
    included. Also checked: that a second call gives the same bits, and that nothing handed in is
    changed.

    Parameters
    ----------
    make_layer : callable
        ``make_layer(n_in, n_units, rng) -> layer`` with ``forward(x, mask) -> (y, tape)``, of x
        (T, N, n_in) and of mask, (T, N) bool or None; ``backward(dy, tape) -> (dx, gradients)``;
        and a dict `parameters` of float64 arrays, from which forward takes its weights. Where
        forward also has an argument `state`, the pair (h, c) of arrays (N, n_units) is handed to
        it at some points. The layer itself is left as it was made.
    method : {"complex", "central"}
        As in `check`.
    progress : callable, optional
        Called as ``progress(done, total)`` after each point.

    Returns
    -------
    Report
        The worst entry of each array over all points, dx as "x".

    Raises
    ------
    ValueError
        If a parameter is not float64, or forward cannot be given other weights than its own.

    Examples
    --------
    >>> import tinylstm as tl
    >>> report = check_layer(lambda n_in, n_units, rng: tl.PeepholeLSTM(n_in, n_units, rng=rng))
    >>> report.ok, len(report.points)
    (True, 30)
    """
    layer = make_layer(N_IN, 1, np.random.default_rng(0))
    factors = dict(LAYER_FACTORS)
    notes = []
    if "state" not in inspect.signature(layer.forward).parameters:
        factors["state"] = ("zero",)
        notes = ["forward has no argument `state`: never started from one"]
    report = run([layer_case(make_layer, point) for point in pairwise(factors)], method, progress)
    report.notes += notes
    return report


def layer_case(make_layer, point):
    """A layer at one point of `LAYER_FACTORS`: a Case."""
    rng = np.random.default_rng(0)
    n_steps, n_examples, n_units = point["T"], point["N"], point["H"]
    made = make_layer(N_IN, n_units, rng)
    parameters = {name: draw(rng, np.shape(made.parameters[name])) for name in made.parameters}
    if "x" in parameters:
        raise ValueError("a parameter has the name 'x', which stands for the input here")
    x = rng.standard_normal((n_steps, n_examples, N_IN))
    mask = mask_of(point["mask"], n_steps, n_examples)
    more = ()
    if point["state"] == "given":
        more = ((draw(rng, (n_examples, n_units)), draw(rng, (n_examples, n_units))),)
    # The loss is sum(dy * y) for a random dy, so that backward(dy) gives its gradients.
    dy = rng.standard_normal(np.shape(_with_parameters(made, parameters).forward(x, mask)[0]))

    def loss(arrays):
        layer = _with_parameters(made, {name: arrays[name] for name in parameters})
        return np.sum(dy * layer.forward(arrays["x"], mask, *more)[0])

    def new():
        """A layer that has not been called yet."""
        return _with_parameters(copy.deepcopy(made), parameters)

    def backward():
        layer = new()
        _, tape = layer.forward(x, mask, *more)
        dx, gradients = layer.backward(dy, tape)
        return {**gradients, "x": dx}

    def faults():
        return layer_faults(new(), (x, mask, *more), dy)

    return Case(point, loss, {**parameters, "x": x}, backward, faults, mask)


def _with_parameters(layer, parameters):
    """The same layer with other weights: a shallow copy, so that the layer itself is left alone.

    An attribute that is one of the arrays (self.W beside self.parameters["W"]) is replaced too.
    """
    other = copy.copy(layer)
    names = {id(array): name for name, array in layer.parameters.items()}
    for attribute, value in vars(layer).items():
        if id(value) in names:
            setattr(other, attribute, parameters[names[id(value)]])
    if "parameters" in vars(layer):
        other.parameters = dict(parameters)
    for name, array in parameters.items():
        if other.parameters[name] is not array:
            raise ValueError(
                f"layer.parameters[{name!r}] cannot be replaced by another array: `parameters` "
                "must be an attribute, or be made of attributes"
            )
    return other
