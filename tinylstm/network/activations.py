"""Activations: value and derivative, for real numbers and for the complex-step check.

Every activation is an :class:`Activation` with two functions:

* ``function(z, out=None)``: the value at the pre-activation ``z``;
* ``derivative(y, out=None)``: the derivative, from the *value* ``y = function(z)``. All five allow
  this, so a layer keeps activations alone and never computes a pre-activation twice.

``out`` is where the result goes, an array of the shape and dtype of the argument, but not the
argument itself. The values take complex numbers as well and are analytic there: complex step
perturbs a number by 1e-20 i and reads the derivative off the imaginary part, so what is not
analytic (``abs``, ``max``) is written through the sign of the real part.
"""

from collections import namedtuple

import numpy as np

__all__ = ["ACTIVATIONS", "Activation", "activation"]

Activation = namedtuple("Activation", "name function derivative")


def softsign(z, out=None):
    """Softsign, z / (1 + abs(z)): eq. (A1).

    Parameters
    ----------
    z : ndarray, real or complex, any shape
    out : ndarray of the shape and dtype of `z`, not `z` itself, optional

    Returns
    -------
    ndarray of the shape and dtype of `z`

    Examples
    --------
    >>> import numpy as np
    >>> print(softsign(np.array([-1.0, 0.0, 3.0])))
    [-0.5   0.    0.75]
    """
    if np.iscomplexobj(z):
        out = np.multiply(z, np.copysign(z.real.dtype.type(1), z.real), out=out)
    else:
        out = np.absolute(z, out=out)
    np.add(out, 1, out=out)
    return np.divide(z, out, out=out)


def softsign_derivative(y, out=None):
    """Derivative of softsign from its value: eq. (A1).

    Parameters
    ----------
    y : ndarray, real, any shape: softsign(z)
    out : ndarray of the shape and dtype of `y`, not `y` itself, optional

    Returns
    -------
    ndarray of the shape and dtype of `y`

    Examples
    --------
    >>> import numpy as np
    >>> print(softsign_derivative(np.array([-0.5, 0.0, 0.75])))
    [0.25   1.     0.0625]
    """
    out = np.absolute(y, out=out)
    np.subtract(1, out, out=out)
    return np.multiply(out, out, out=out)


def tanh(z, out=None):
    """Hyperbolic tangent: eq. (A2).

    Parameters
    ----------
    z : ndarray, real or complex, any shape
    out : ndarray of the shape and dtype of `z`, optional

    Returns
    -------
    ndarray of the shape and dtype of `z`

    Examples
    --------
    >>> import numpy as np
    >>> print(tanh(np.array([0.0, 100.0])))
    [0. 1.]
    """
    return np.tanh(z, out=out)


def tanh_derivative(y, out=None):
    """Derivative of tanh from its value: eq. (A2).

    Parameters
    ----------
    y : ndarray, real, any shape: tanh(z)
    out : ndarray of the shape and dtype of `y`, not `y` itself, optional

    Returns
    -------
    ndarray of the shape and dtype of `y`

    Examples
    --------
    >>> import numpy as np
    >>> print(tanh_derivative(np.array([0.0, 0.5])))
    [1.   0.75]
    """
    out = np.multiply(y, y, out=out)
    return np.subtract(1, out, out=out)


def sigmoid(z, out=None):
    """Logistic sigmoid, 1 / (1 + exp(-z)): eq. (A3).

    A gate that is nearly shut keeps its full relative precision.

    Parameters
    ----------
    z : ndarray, real or complex, any shape
    out : ndarray of the shape and dtype of `z`, not `z` itself, optional

    Returns
    -------
    ndarray of the shape and dtype of `z`

    Examples
    --------
    >>> import numpy as np
    >>> print(sigmoid(np.array([-1000.0, 0.0, 1000.0])))
    [0.  0.5 1. ]
    """
    if np.iscomplexobj(z):
        # By the sign of the real part: a complex quotient with an overflown exp(-z) would be nan.
        e = np.exp(-z * np.copysign(1, z.real))
        return np.divide(np.where(z.real < 0, e, 1), 1 + e, out=out)
    out = np.negative(z, out=out)
    with np.errstate(over="ignore"):  # the reciprocal of infinity is the right value, 0
        np.exp(out, out=out)
    np.add(out, 1, out=out)
    return np.reciprocal(out, out=out)


def sigmoid_derivative(y, out=None):
    """Derivative of the sigmoid from its value: eq. (A3).

    Parameters
    ----------
    y : ndarray, real, any shape: sigmoid(z)
    out : ndarray of the shape and dtype of `y`, not `y` itself, optional

    Returns
    -------
    ndarray of the shape and dtype of `y`

    Examples
    --------
    >>> import numpy as np
    >>> print(sigmoid_derivative(np.array([0.5, 0.75])))
    [0.25   0.1875]
    """
    out = np.subtract(1, y, out=out)
    return np.multiply(out, y, out=out)


def relu(z, out=None):
    """Rectifier, max(z, 0): eq. (A4).

    Parameters
    ----------
    z : ndarray, real or complex (by the sign of the real part), any shape
    out : ndarray of the shape and dtype of `z`, not `z` itself, optional

    Returns
    -------
    ndarray of the shape and dtype of `z`

    Examples
    --------
    >>> import numpy as np
    >>> print(relu(np.array([-2.0, 3.0])))
    [0. 3.]
    """
    if not np.iscomplexobj(z):
        return np.maximum(z, 0, out=out)
    return np.multiply(z, z.real > 0, out=out)


def relu_derivative(y, out=None):
    """Derivative of the rectifier from its value, 0 where the value is 0: eq. (A4).

    Parameters
    ----------
    y : ndarray, real, any shape: relu(z)
    out : ndarray of the shape and dtype of `y`, optional

    Returns
    -------
    ndarray of the shape and dtype of `y`

    Examples
    --------
    >>> import numpy as np
    >>> print(relu_derivative(np.array([0.0, 3.0])))
    [0. 1.]
    """
    out = np.empty_like(y) if out is None else out
    return np.greater(y, 0, out=out)


def identity(z, out=None):
    """The argument itself, copied: eq. (A5).

    Parameters
    ----------
    z : ndarray, real or complex, any shape
    out : ndarray of the shape and dtype of `z`, optional

    Returns
    -------
    ndarray of the shape and dtype of `z`

    Examples
    --------
    >>> import numpy as np
    >>> print(identity(np.array([-2.0, 3.0])))
    [-2.  3.]
    """
    return np.positive(z, out=out)


def identity_derivative(y, out=None):
    """Derivative of the identity, ones: eq. (A5).

    Parameters
    ----------
    y : ndarray, real, any shape
    out : ndarray of the shape and dtype of `y`, optional

    Returns
    -------
    ndarray of the shape and dtype of `y`

    Examples
    --------
    >>> import numpy as np
    >>> print(identity_derivative(np.array([-2.0, 3.0])))
    [1. 1.]
    """
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


def activation(name):
    """Look an activation up by its name.

    Parameters
    ----------
    name : str
        "softsign", "tanh", "sigmoid", "relu" or "identity".

    Returns
    -------
    Activation
        With fields `name`, `function` and `derivative`.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> activation("softsign").name
    'softsign'
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"activation {name!r} is not one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
