"""What the layers demand of what is handed to them, and how they say so."""

import numpy as np


def check_rng(rng):
    """Demand a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng={rng!r}, expected a numpy.random.Generator, such as numpy.random.default_rng(0)"
        )
    return rng


def check_dtype(dtype):
    """Demand float32 or float64: rounded to whole numbers weights would be lost."""
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype is {np.dtype(dtype)}, expected float32 or float64")
    return np.dtype(dtype)


def check_sequence(name, array, n_features, shape=None):
    """Demand numbers (T, N, n_features), time first; `shape` (T, N) where it is known."""
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
    """Demand booleans, or the numbers 0 and 1, for every step and example (T, N); None passes."""
    if mask is None:
        return None
    mask = np.asarray(mask)
    if mask.shape != tuple(shape):
        raise ValueError(f"{name} has shape {mask.shape}, expected {tuple(shape)}")
    if mask.dtype != bool:
        if mask.dtype.kind not in "iuf" or not np.isin(mask, (0, 1)).all():
            raise ValueError(
                f"{name} has dtype {mask.dtype}, expected bool, or nothing but 0 and 1"
            )
        mask = mask.astype(bool)
    return mask


def check_class_weights(class_weights, n_classes, dtype):
    """Demand one finite weight of 0 or more for each class, (K,) of `dtype`, not all 0."""
    weights = np.asarray(class_weights, dtype)
    if weights.shape != (n_classes,):
        raise ValueError(f"class_weights have shape {weights.shape}, expected ({n_classes},)")
    if not (np.isfinite(weights).all() and (weights.real >= 0).all() and weights.any()):
        raise ValueError(
            f"class_weights are {class_weights}, expected finite numbers of 0 or more, not all 0"
        )
    return weights


def check_state(state, shape):
    """Demand a pair (h, c), both of `shape` (N, H)."""
    if len(state) != 2:
        raise ValueError(f"state has {len(state)} parts, expected the pair (h, c)")
    arrays = tuple(np.asarray(part) for part in state)
    for name, array in zip("hc", arrays, strict=True):
        if array.shape != tuple(shape):
            raise ValueError(f"state {name} has shape {array.shape}, expected {tuple(shape)}")
    return arrays


def check_h_mask(h_mask, shape):
    """Demand a number for each example and unit (N, H)."""
    if np.shape(h_mask) != tuple(shape):
        raise ValueError(f"h_mask has shape {np.shape(h_mask)}, expected {tuple(shape)}")
    return np.asarray(h_mask)


def check_parameters(parameters, like):
    """Demand one array for each parameter, of its shape; in the order of `like`."""
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
    """The dtype a layer computes in: its parameters', made complex where anything is complex."""
    dtype = np.result_type(*parameters.values())
    if any(np.iscomplexobj(array) for array in arrays):
        dtype = np.result_type(dtype, np.complex64)
    return dtype
