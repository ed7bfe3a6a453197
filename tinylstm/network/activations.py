"""Activations: value and derivative, for real numbers and for the complex-step check.

An activation has two functions:

* ``function(z, out=None)``: the value at the pre-activation ``z``;
* ``derivative(y, out=None)``: the derivative, from the *value* ``y = function(z)``. All five allow
  this, so a layer keeps activations alone and never computes a pre-activation twice.

Arrays of any shape; ``out`` is where the result goes, an array of the shape and dtype of the
argument, but not the argument itself. The values take complex numbers as well and are analytic
there: complex step perturbs a number by 1e-20 i and reads the derivative off the imaginary part, so
what is not analytic (``abs``, ``max``) is written through the sign of the real part.
"""

from collections import namedtuple

import numpy as np

Activation = namedtuple("Activation", "name function derivative")


def softsign(z, out=None):
    """z / (1 + abs(z)): eq. (A1)."""
    if np.iscomplexobj(z):
        out = np.multiply(z, np.copysign(z.real.dtype.type(1), z.real), out=out)
    else:
        out = np.absolute(z, out=out)
    np.add(out, 1, out=out)
    return np.divide(z, out, out=out)


def softsign_derivative(y, out=None):
    """(1 - abs(y))²: eq. (A1)."""
    out = np.absolute(y, out=out)
    np.subtract(1, out, out=out)
    return np.multiply(out, out, out=out)


def tanh(z, out=None):
    """Hyperbolic tangent: eq. (A2)."""
    return np.tanh(z, out=out)


def tanh_derivative(y, out=None):
    """1 - y²: eq. (A2)."""
    out = np.multiply(y, y, out=out)
    return np.subtract(1, out, out=out)


def sigmoid(z, out=None):
    """1 / (1 + exp(-z)): eq. (A3); a gate that is nearly shut keeps its full relative precision.

    Where exp overflows, the reciprocal of infinity is the right value, 0: who calls may silence
    the warning.
    """
    if np.iscomplexobj(z):
        # By the sign of the real part: a complex quotient with an overflown exp(-z) would be nan.
        e = np.exp(-z * np.copysign(1, z.real))
        return np.divide(np.where(z.real < 0, e, 1), 1 + e, out=out)
    out = np.negative(z, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    return np.reciprocal(out, out=out)


def sigmoid_derivative(y, out=None):
    """y (1 - y): eq. (A3)."""
    out = np.subtract(1, y, out=out)
    return np.multiply(out, y, out=out)


def relu(z, out=None):
    """max(z, 0), by the sign of the real part: eq. (A4)."""
    if not np.iscomplexobj(z):
        return np.maximum(z, 0, out=out)
    return np.multiply(z, z.real > 0, out=out)


def relu_derivative(y, out=None):
    """1 where y > 0, else 0: eq. (A4)."""
    out = np.empty_like(y) if out is None else out
    return np.greater(y, 0, out=out)


def identity(z, out=None):
    """z itself, copied: eq. (A5)."""
    return np.positive(z, out=out)


def identity_derivative(y, out=None):
    """Ones: eq. (A5)."""
    out = np.empty_like(y) if out is None else out
    out[...] = 1
    return out


ACTIVATIONS = {
    entry.name: entry
    for entry in (
        Activation("softsign", softsign, softsign_derivative),
        Activation("tanh", tanh, tanh_derivative),
        Activation("sigmoid", sigmoid, sigmoid_derivative),
        Activation("relu", relu, relu_derivative),
        Activation("identity", identity, identity_derivative),
    )
}


def activation_of(name):
    """The Activation of that name."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation {name!r} is not one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
