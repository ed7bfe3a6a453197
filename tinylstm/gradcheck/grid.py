"""The points at which a layer or a network is checked.

The full product of all factors has thousands of points. Most mistakes show where one or two
factors have certain values, so a grid holds the full product of steps, examples and masks, and of
all other factors as many points as it takes for every pair of values to occur together (pairwise
testing [1]_).

References
----------
.. [1] Cohen, Dalal, Fredman & Patton (1997), The AETG system: an approach to testing based on
   combinatorial design, IEEE Transactions on Software Engineering 23(7).
"""

from itertools import combinations, product

import numpy as np

FULL = ("N", "T", "mask")
LAYER_FACTORS = {
    "N": (1, 4),
    "T": (1, 2, 12),
    "mask": ("none", "post", "pre", "holes", "absent"),
    "H": (1, 5),
    "state": ("zero", "given"),
}
NETWORK_FACTORS = {
    **LAYER_FACTORS,
    "layers": (1, 2),
    "peepholes": (True, False),
    "activation": ("softsign", "tanh", "sigmoid", "relu", "identity"),
    "gates": ("sigmoid", "softsign", "tanh", "relu", "identity"),
    "K": (2, 5),
    "labels": ("last", "all", "some"),
}
# Each direction is a layer of the grid above: here is what is new in two of them.
BIDIRECTIONAL_FACTORS = {
    **NETWORK_FACTORS,
    "state": ("zero",),
    "activation": ("softsign", "tanh"),
    "gates": ("sigmoid",),
    "K": (2,),
    "bidirectional": ("sum", "concat"),
}


def pairwise(factors, full=FULL):
    """Points (dicts name -> value) in which every pair of values of two factors occurs.

    Of the factors named in `full`, every combination occurs.
    """
    rng = np.random.default_rng(0)
    # A dict, as its order is the same in every run, a set's is not.
    missing = dict.fromkeys(
        frozenset([(f, u), (g, v)])
        for f, g in combinations(factors, 2)
        for u in factors[f]
        for v in factors[g]
    )
    chosen = [
        dict(zip(full, values, strict=True)) for values in product(*(factors[f] for f in full))
    ]
    points = []
    while chosen or missing:
        # First the full product, then points around pairs that have not occurred yet.
        point = chosen.pop(0) if chosen else dict(next(iter(missing)))
        points.append(_completed(point, factors, missing, rng))
        for pair in combinations(points[-1].items(), 2):
            missing.pop(frozenset(pair), None)
    return points


def _completed(chosen, factors, missing, rng):
    """A point with some values chosen: the others bring in as many missing pairs as they can."""
    point = dict(chosen)
    for name in [name for name in factors if name not in chosen]:
        new_pairs = {
            value: sum(frozenset([(name, value), held]) in missing for held in point.items())
            for value in factors[name]
        }
        best = [value for value in factors[name] if new_pairs[value] == max(new_pairs.values())]
        point[name] = best[rng.integers(len(best))]
    return {name: point[name] for name in factors}


def describe(point):
    """A point in words: "N=4 mask=holes peepholes=yes"."""
    words = {True: "yes", False: "no"}
    return " ".join(
        f"{name}={words[value] if isinstance(value, bool) else value}"
        for name, value in point.items()
    )


def mask_of(kind, n_steps, n_examples):
    """A mask of a kind, (T, N) bool: which steps are real; None for "none".

    "post" and "pre": falling lengths, padded after or before; "holes": gaps of one step and of
    several, some at either end; "absent": the last example is wholly masked.
    """
    _require_value("mask", kind)
    if kind == "none":
        return None
    t, n = np.ogrid[:n_steps, :n_examples]
    lengths = n_steps - (n + (n_examples == 1)) * n_steps // max(n_examples, 2)
    if kind == "post":
        return t < lengths
    if kind == "pre":
        return t >= n_steps - lengths
    if kind == "absent":
        return np.broadcast_to(n < n_examples - 1, (n_steps, n_examples)).copy()
    mask = (t + n) % 3 != 1
    mask[n_steps // 2 : n_steps // 2 + n_steps // 4, ::2] = False
    return mask


def label_mask_of(kind, mask, n_steps, n_examples):
    """Which steps carry a label, (T, N) bool.

    "last": the last real step of each example, if it has one; "all": every step, the masked ones
    too; "some": every other step, masked ones among them.
    """
    _require_value("labels", kind)
    t, n = np.ogrid[:n_steps, :n_examples]
    if kind == "all":
        return np.ones((n_steps, n_examples), bool)
    if kind == "some":
        return (t + n) % 2 == 0
    mask = np.ones((n_steps, n_examples), bool) if mask is None else mask
    return mask & (np.cumsum(mask[::-1], axis=0)[::-1] == 1)


def draw(rng, shape):
    """Weights from 0.1 to 0.5 of either sign: none is near zero, and a missing term shows."""
    return rng.uniform(0.1, 0.5, shape) * rng.choice([-1.0, 1.0], shape)


def _require_value(name, value):
    if value not in NETWORK_FACTORS[name]:
        raise ValueError(f"{name} {value!r} is not one of {', '.join(NETWORK_FACTORS[name])}")
