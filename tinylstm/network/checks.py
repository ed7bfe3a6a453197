"""What the layers demand of the arrays handed to them, and how they say so."""

import numpy as np

__all__ = [
    "check_class_weights",
    "check_dtype",
    "check_h_mask",
    "check_mask",
    "check_parameters",
    "check_sequence",
    "check_states",
    "compute_dtype",
]


def check_dtype(dtype):
    """Demand a type that weights can have: rounded to whole numbers they would be lost.

    Parameters
    ----------
    dtype : dtype

    Returns
    -------
    dtype
        float32 or float64.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_dtype("int32")
    Traceback (most recent call last):
    ValueError: dtype is int32, expected float32 or float64
    """
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype is {np.dtype(dtype)}, expected float32 or float64")
    return np.dtype(dtype)


def check_sequence(name, array, n_features, shape=None):
    """Demand numbers, time first.

    Parameters
    ----------
    name : str
    array : array_like (T, N, n_features)
    n_features : int
    shape : (T, N), optional
        The steps and examples it must have.

    Returns
    -------
    ndarray (T, N, n_features)

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_sequence("x", [[1.0]], 2)
    Traceback (most recent call last):
    ValueError: x has shape (1, 1), expected (T, N, 2)
    """
    array = np.asarray(array)
    steps, examples = ("T", "N") if shape is None else shape
    wrong = array.ndim != 3 or array.shape[2] != n_features or 0 in array.shape[:2]
    if wrong or (shape is not None and array.shape[:2] != tuple(shape)):
        raise ValueError(
            f"{name} has shape {array.shape}, expected ({steps}, {examples}, {n_features})"
        )
    if array.dtype.kind not in "fciub":
        raise ValueError(f"{name} has dtype {array.dtype}, expected numbers")
    return array


def check_mask(name, mask, shape):
    """Demand booleans for every step and example; None passes.

    Parameters
    ----------
    name : str
    mask : array_like (T, N) bool, or None
    shape : (T, N)

    Returns
    -------
    ndarray (T, N) bool, or None

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_mask("feature_mask", [[1.0, 0.0]], (1, 2))
    Traceback (most recent call last):
    ValueError: feature_mask has dtype float64, expected bool
    """
    if mask is None:
        return None
    mask = np.asarray(mask)
    if mask.shape != tuple(shape):
        raise ValueError(f"{name} has shape {mask.shape}, expected {tuple(shape)}")
    if mask.dtype != bool:
        raise ValueError(f"{name} has dtype {mask.dtype}, expected bool")
    return mask


def check_class_weights(class_weights, n_classes, dtype):
    """Demand one weight of 0 or more for each class.

    Parameters
    ----------
    class_weights : sequence of float
    n_classes : int
    dtype : dtype

    Returns
    -------
    ndarray (K,) of `dtype`

    Raises
    ------
    ValueError

    Examples
    --------
    >>> print(check_class_weights((1, 3), 2, float))
    [1. 3.]
    """
    weights = np.asarray(class_weights, dtype)
    if weights.shape != (n_classes,):
        raise ValueError(f"class_weights have shape {weights.shape}, expected ({n_classes},)")
    if not (np.isfinite(weights).all() and (weights.real >= 0).all() and weights.any()):
        raise ValueError(
            f"class_weights are {class_weights}, expected finite numbers of 0 or more, not all 0"
        )
    return weights


def check_states(state, shape):
    """Demand a pair (h, c) of the same shape; None passes.

    Parameters
    ----------
    state : pair of array_like (N, H), or None
    shape : (N, H)

    Returns
    -------
    pair of ndarray (N, H), or pair of None

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_states(None, (2, 3))
    (None, None)
    """
    if state is None:
        return None, None
    if len(state) != 2:
        raise ValueError(f"state has {len(state)} parts, expected the pair (h, c)")
    arrays = tuple(np.asarray(part) for part in state)
    for name, array in zip("hc", arrays, strict=True):
        if array.shape != tuple(shape):
            raise ValueError(f"state {name} has shape {array.shape}, expected {tuple(shape)}")
    return arrays


def check_h_mask(h_mask, shape):
    """Demand a number for each example and unit; None passes.

    Parameters
    ----------
    h_mask : array_like (N, H), or None
    shape : (N, H)

    Returns
    -------
    ndarray (N, H), or None

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_h_mask([1.25, 0.0], (1, 2))
    Traceback (most recent call last):
    ValueError: h_mask has shape (2,), expected (1, 2)
    """
    if h_mask is not None and np.shape(h_mask) != tuple(shape):
        raise ValueError(f"h_mask has shape {np.shape(h_mask)}, expected {tuple(shape)}")
    return None if h_mask is None else np.asarray(h_mask)


def check_parameters(parameters, like):
    """Demand one array for each parameter, of its shape.

    Parameters
    ----------
    parameters, like : dict of ndarray
        What came, and what it should be like.

    Returns
    -------
    dict of ndarray
        In the order of `like`.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> import numpy as np
    >>> check_parameters({"b": np.ones(3)}, {"b": np.ones(2)})
    Traceback (most recent call last):
    ValueError: parameter b has shape (3,), expected (2,)
    """
    if set(parameters) != set(like):
        raise ValueError(f"parameters are {sorted(parameters)}, expected {sorted(like)}")
    arrays = {name: np.asarray(parameters[name]) for name in like}
    for name, array in arrays.items():
        if array.shape != like[name].shape:
            raise ValueError(
                f"parameter {name} has shape {array.shape}, expected {like[name].shape}"
            )
    return arrays


def compute_dtype(parameters, *arrays):
    """The dtype a layer computes in: its parameters', made complex where anything is complex.

    Parameters
    ----------
    parameters : dict of ndarray
    *arrays : ndarray or None
        What else enters.

    Returns
    -------
    dtype
        float32, float64, complex64 or complex128.

    Examples
    --------
    >>> import numpy as np
    >>> parameters = {"W": np.ones((2, 3), np.float32)}
    >>> print(compute_dtype(parameters, np.ones(2)), compute_dtype(parameters, np.ones(2) + 0j))
    float32 complex64
    """
    dtype = np.result_type(*parameters.values())
    if any(array is not None and np.iscomplexobj(array) for array in arrays):
        dtype = np.result_type(dtype, np.complex64)
    return dtype
