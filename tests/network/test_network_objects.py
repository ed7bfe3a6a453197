"""Layers, networks, initializers and dropout say what they are, and can be copied and pickled."""

import copy
import pickle

import numpy as np
import pytest
from helpers.random_points import random_batch, random_network

import tinylstm as tl
from tinylstm import initializers

WAYS = (copy.deepcopy, copy.copy, lambda thing: pickle.loads(pickle.dumps(thing)))


@pytest.mark.parametrize("way", WAYS)
def test_a_network_copied_computes_the_same(way):
    rng = np.random.default_rng(0)
    network, batch = random_network(rng, n_units=(4, 3)), random_batch(rng, 6, 3, mask="holes")
    other = way(network)
    assert repr(other) == repr(network)
    loss, gradients = network.loss_and_gradients(batch)
    other_loss, other_gradients = other.loss_and_gradients(batch)
    assert other_loss == loss
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(other_gradients[name], gradient)


def test_a_deep_copy_has_weights_of_its_own():
    network = random_network(np.random.default_rng(0))
    other = copy.deepcopy(network)
    other.parameters["lstm0.W"][...] = 0
    assert network.parameters["lstm0.W"].all()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "init",
    [
        initializers.normal(0.1),
        initializers.uniform(0.2),
        initializers.xavier(),
        initializers.zeros(),
        initializers.orthogonal(),
    ],
)
def test_an_initializer_copied_draws_the_same(way, init):
    assert way(init) == init
    one, two = (i(np.random.default_rng(1), (3, 8), 2, 5) for i in (init, way(init)))
    np.testing.assert_array_equal(one, two)


def test_one_line_says_what_it_is():
    rng = np.random.default_rng(0)
    lstm, output = tl.PeepholeLSTM(86, 300, rng=rng), tl.SoftmaxOutput(300, 2, rng=rng)
    assert repr(tl.Network({"lstm": lstm, "output": output})) == (
        "Network(lstm=PeepholeLSTM(86, 300, softsign), output=SoftmaxOutput(300, 2))"
    )
    other = tl.PeepholeLSTM(3, 4, "tanh", "softsign", peepholes=False, rng=rng, dtype=np.float32)
    assert repr(other) == (
        "PeepholeLSTM(3, 4, tanh, gate_activation=softsign, peepholes=False, dtype=float32)"
    )
    assert repr(tl.SoftmaxOutput(4, 2, rng=rng, dtype="f4")) == "SoftmaxOutput(4, 2, dtype=float32)"
    assert repr(tl.initializers.normal(0.05)) == "normal(std=0.05)"
    assert repr(tl.Dropout(0.2)) == "Dropout(inputs=0.2, recurrent=0.0, output=0.0)"


@pytest.mark.parametrize("make", [tl.PeepholeLSTM, tl.SoftmaxOutput])
def test_rng_is_asked_for(make):
    with pytest.raises(TypeError, match="rng"):
        make(3, 4)
    with pytest.raises(ValueError, match=r"rng=0, expected a numpy\.random\.Generator"):
        make(3, 4, rng=0)


def test_masks_of_zeros_and_ones_are_taken_by_a_layer():
    rng = np.random.default_rng(0)
    layer, x = tl.PeepholeLSTM(3, 4, rng=rng), rng.standard_normal((5, 2, 3))
    mask = np.array([[1, 0], [1, 1], [0, 1], [1, 1], [1, 1]])
    expected, _ = layer.forward(x, mask.astype(bool))
    for numbers in (mask, mask.astype(float), mask.tolist()):
        np.testing.assert_array_equal(layer.forward(x, numbers)[0], expected)


class MeanOfSteps:
    """A layer of a user's own, with the two functions of the protocol and nothing else."""

    def __init__(self, n_in, n_units, rng):
        self.n_in, self.n_units = n_in, n_units
        self.parameters = {"A": rng.normal(size=(n_in, n_units))}

    def forward(self, x, mask=None):
        return x @ self.parameters["A"], x

    def backward(self, dy, tape):
        return dy @ self.parameters["A"].T, {"A": np.einsum("tnd,tnh->dh", tape, dy)}


def test_a_layer_of_one_s_own_trains():
    rng = np.random.default_rng(0)
    features = [np.full((3, 1), x) for x in (-1.0, 1.0) * 8]
    dataset = tl.SequenceDataset(features, [[0], [1]] * 8, n_classes=2)
    layers = {"mean": MeanOfSteps(1, 2, rng), "output": tl.SoftmaxOutput(2, 2, rng=rng)}
    network = tl.Network(layers)
    history = tl.fit(network, dataset, tl.SGD(0.5), epochs=20, batch_size=4, seed=0, verbose=False)
    assert history.loss[-1] < 0.1 < history.loss[0]


def test_a_layer_that_lacks_something_is_named():
    rng = np.random.default_rng(0)
    layer = MeanOfSteps(1, 2, rng)
    del layer.n_in
    with pytest.raises(ValueError, match="layer 'mean', a MeanOfSteps, has no n_in"):
        tl.Network({"mean": layer, "output": tl.SoftmaxOutput(2, 2, rng=rng)})
