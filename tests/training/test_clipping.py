import numpy as np
import pytest
from helpers.random_points import random_batch, random_network

import tinylstm as tl
from tinylstm.training.optimizers import global_norm


def test_clipping_scales_all_by_the_global_norm():
    gradients = {"W": np.array([[3.0, 0.0]]), "b": np.array([0.0, 4.0])}
    for max_norm, factor in ((1.0, 0.2), (5.0, 1.0), (7.0, 1.0)):
        parameters = {"W": np.zeros((1, 2)), "b": np.zeros(2)}
        tl.Clipped(tl.SGD(1.0), max_norm).step(parameters, gradients)
        for name, g in gradients.items():
            np.testing.assert_allclose(parameters[name], -factor * g, rtol=1e-15)
    assert gradients["b"].tolist() == [0, 4]


def test_clipped_gradients_are_those_of_the_loss_scaled():
    # What goes to the optimizer: the gradient by complex step, shortened to the norm.
    rng = np.random.default_rng(1)
    network, batch = random_network(rng), random_batch(rng, 5, 4)
    _, gradients = network.loss_and_gradients(batch)
    numeric = {}
    for name, array in network.parameters.items():
        numeric[name] = np.empty_like(array)
        for index in np.ndindex(array.shape):
            moved = {k: v.astype(complex) for k, v in network.parameters.items()}
            moved[name][index] += 1e-20j
            numeric[name][index] = network.with_parameters(moved).loss(batch).imag / 1e-20
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in numeric.values()]))
    before = {name: array.copy() for name, array in network.parameters.items()}
    tl.Clipped(tl.SGD(1.0), max_norm=norm / 3).step(network.parameters, gradients)
    for name, array in network.parameters.items():
        np.testing.assert_allclose(before[name] - array, numeric[name] / 3, atol=1e-14)


def test_clipping_is_of_the_mean_gradient():
    # Every example twice: the mean gradient and so its norm stay, the sum's would double.
    rng = np.random.default_rng(2)
    network, batch = random_network(rng), random_batch(rng, 5, 4)
    arrays = batch.features, batch.labels, batch.feature_mask, batch.label_mask
    twice = tl.Batch(*(np.concatenate([array, array], axis=1) for array in arrays))
    norms = [global_norm(network.loss_and_gradients(b)[1]) for b in (batch, twice)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-12)


@pytest.mark.parametrize("max_norm", [0, -1.0, np.nan])
def test_wrong_norms(max_norm):
    with pytest.raises(ValueError, match=r"max_norm=.*, expected a number above 0"):
        tl.Clipped(tl.SGD(0.1), max_norm)
