import numpy as np
import pytest
from helpers.random_points import random_batch, random_network

from tinylstm import gradcheck


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return random_network(rng), random_batch(rng, 5, 6, mask="holes")


def test_whole_weights_equal_labels_counted_again(problem):
    # With the weights 2, 1, 1 the loss is that of all labels and that of class 0 once more.
    network, batch = problem
    loss, gradients = network.loss_and_gradients(batch)
    label_mask = batch.label_mask.copy()
    batch.label_mask = label_mask & (batch.labels[:, :, 0] == 1)
    again, again_gradients = network.loss_and_gradients(batch)
    batch.label_mask = label_mask
    weighted, weighted_gradients = network.loss_and_gradients(batch, class_weights=(2, 1, 1))
    np.testing.assert_allclose(weighted, loss + again, rtol=1e-14)
    for name, gradient in weighted_gradients.items():
        expected = gradients[name] + again_gradients[name]
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-15)


def test_gradient_check(problem):
    network, batch = problem
    weights = (0.5, 3.0, 0.0)

    def loss(arrays):
        return network.with_parameters(arrays).loss(batch, class_weights=weights)

    value, gradients = network.loss_and_gradients(batch, class_weights=weights)
    assert float(value) == float(network.loss(batch, class_weights=weights))
    assert gradcheck.check(loss, dict(network.parameters), gradients).ok


def test_weights_of_one_change_nothing(problem):
    network, batch = problem
    loss, gradients = network.loss_and_gradients(batch)
    other, other_gradients = network.loss_and_gradients(batch, class_weights=(1, 1, 1))
    assert float(loss) == float(other)
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, other_gradients[name])


def test_float32_stays_float32():
    rng = np.random.default_rng(1)
    network = random_network(rng, dtype=np.float32)
    _, gradients = network.loss_and_gradients(random_batch(rng, 5, 6), class_weights=(1, 2, 3))
    assert {g.dtype for g in gradients.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ((1, 2), r"class_weights have shape \(2,\), expected \(3,\)"),
        ((1, 2, -1), r"class_weights are \(1, 2, -1\), expected finite numbers of 0 or more"),
        ((0, 0, 0), "expected finite numbers of 0 or more, not all 0"),
        ((1, np.nan, 1), "expected finite numbers of 0 or more"),
    ],
)
def test_wrong_weights(problem, weights, message):
    network, batch = problem
    with pytest.raises(ValueError, match=message):
        network.loss_and_gradients(batch, class_weights=weights)
