"""The check of a layer, such as a student's own, over a grid of points."""

import copy

import numpy as np

from .cases import Case, run
from .grid import LAYER_FACTORS, draw, mask_of, pairwise
from .numeric import require_float64
from .protocol import arguments_taken, backward, forward, made_by
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
        it at some points. The layer itself is left as it was made. What it does not take, or
        takes and never uses, is told in the report's notes.
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
        If make_layer, forward or backward hand back something else, a parameter is not float64,
        or forward cannot be given other weights than its own.

    Examples
    --------
    >>> import tinylstm as tl
    >>> report = check_layer(lambda n_in, n_units, rng: tl.PeepholeLSTM(n_in, n_units, rng=rng))
    >>> report.ok, len(report.points)
    (True, 30)
    """
    taken = arguments_taken(made_by(make_layer, N_IN, 1, np.random.default_rng(0)))
    factors, notes = dict(LAYER_FACTORS), []
    if "mask" not in taken:
        factors["mask"] = ("none",)
        notes.append("forward has no argument `mask`: every step is taken for real")
    if "state" not in taken:
        factors["state"] = ("zero",)
        notes.append("forward has no argument `state`: never started from one")
    report = run([layer_case(make_layer, point) for point in pairwise(factors)], method, progress)
    report.notes += notes + [
        f"forward takes `{name}` and never uses it: y is the same without"
        for name in taken
        if not _uses(make_layer, name)
    ]
    return report


def _uses(make_layer, name):
    """Whether y depends on the mask, or on the state."""
    rng = np.random.default_rng(0)
    layer, x = made_by(make_layer, N_IN, 4, rng), rng.standard_normal((6, 4, N_IN))
    layer = _with_parameters(layer, {k: draw(rng, w.shape) for k, w in layer.parameters.items()})
    given = mask_of("holes", 6, 4) if name == "mask" else (draw(rng, (4, 4)), draw(rng, (4, 4)))
    y, without = forward(layer, x, **{name: given})[0], forward(layer, x)[0]
    return not np.array_equal(y, without, equal_nan=True)


def layer_case(make_layer, point):
    """A layer at one point of `LAYER_FACTORS`: a Case."""
    rng = np.random.default_rng(0)
    n_steps, n_examples, n_units = point["T"], point["N"], point["H"]
    made = made_by(make_layer, N_IN, n_units, rng)
    require_float64(made.parameters)
    parameters = {name: draw(rng, np.shape(made.parameters[name])) for name in made.parameters}
    if "x" in parameters:
        raise ValueError("a parameter has the name 'x', which stands for the input here")
    x = rng.standard_normal((n_steps, n_examples, N_IN))
    mask = mask_of(point["mask"], n_steps, n_examples)
    state = None
    if point["state"] == "given":
        state = draw(rng, (n_examples, n_units)), draw(rng, (n_examples, n_units))
    # The loss is sum(dy * y) for a random dy, so that backward(dy) gives its gradients.
    dy = rng.standard_normal(forward(_with_parameters(made, parameters), x, mask)[0].shape)

    def loss(arrays):
        layer = _with_parameters(made, {name: arrays[name] for name in parameters})
        return np.sum(dy * forward(layer, arrays["x"], mask, state)[0])

    def new():
        """A layer that has not been called yet."""
        return _with_parameters(copy.deepcopy(made), parameters)

    def gradients_by_hand():
        layer = new()
        dx, gradients = backward(layer, dy, forward(layer, x, mask, state)[1])
        return {**gradients, "x": dx}

    def faults():
        return layer_faults(new(), dy, x, mask, state)

    return Case(point, loss, {**parameters, "x": x}, gradients_by_hand, faults, mask)


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
