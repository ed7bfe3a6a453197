"""Seeded random points for the tests: every weight non-zero, biases and peepholes too."""

import numpy as np

import tinylstm as tl


def randomise(parameters, rng, scale=0.6):
    """Overwrite live arrays; nothing stays zero, so that no term of a gradient can hide."""
    for array in parameters.values():
        array[...] = scale * rng.standard_normal(array.shape)


def random_network(rng, n_in=3, n_units=(4,), n_classes=3, **settings):
    """A network with a recurrent layer for each entry of n_units."""
    layers, below = {}, n_in
    for k, units in enumerate(n_units):
        layers[f"lstm{k}"] = tl.PeepholeLSTM(below, units, rng=rng, **settings)
        below = units
    layers["output"] = tl.SoftmaxOutput(
        below, n_classes, rng=rng, dtype=settings.get("dtype", float)
    )
    network = tl.Network(layers)
    randomise(network.parameters, rng)
    return network


def masks(kind, n_steps, n_examples, rng):
    """A feature mask: none, post, pre, holes, or one example wholly masked."""
    if kind == "none":
        return None
    lengths = rng.integers(1, n_steps + 1, n_examples)
    lengths[0] = n_steps
    steps = np.arange(n_steps)[:, None]
    mask = steps < lengths
    if kind == "pre":
        mask = mask[::-1].copy()
    if kind == "holes":
        mask = rng.random((n_steps, n_examples)) < 0.6
    if kind == "empty":
        mask[:, -1] = False
    return mask


MASKS = ("none", "post", "pre", "holes", "empty")


def random_batch(rng, n_steps, n_examples, n_in=3, n_classes=3, mask="none", labelled=0.6):
    """Random features, one-hot labels at a share of the steps, nan where masked."""
    feature_mask = masks(mask, n_steps, n_examples, rng)
    features = rng.standard_normal((n_steps, n_examples, n_in))
    if feature_mask is not None:
        features[~feature_mask] = np.nan
    labels = np.eye(n_classes)[rng.integers(0, n_classes, (n_steps, n_examples))]
    label_mask = rng.random((n_steps, n_examples)) < labelled
    label_mask[-1, 0] = True
    return tl.Batch(features, labels, feature_mask, label_mask)
