"""One step at a time: against the forward pass over the whole sequence."""

import numpy as np
import pytest
from helpers.random_points import random_network

import tinylstm as tl


def steps(network, x, state=None):
    """The probabilities of every step (T, N, K), and the state after the last."""
    p = []
    for x_t in x:
        p_t, state = network.step(x_t, state)
        p.append(p_t)
    return np.array(p), state


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"peepholes": False, "activation": "tanh"},
        {"activation": "relu", "gate_activation": "softsign"},
        {"activation": "identity"},
    ],
)
def test_steps_equal_the_whole_sequence(settings):
    rng = np.random.default_rng(0)
    network = random_network(rng, n_in=3, n_units=(5, 4), **settings)
    x = rng.standard_normal((9, 6, 3))
    p, state = steps(network, x)
    np.testing.assert_allclose(p, network.forward(x), rtol=1e-12)
    _, tape = network.layers["lstm0"].forward(x)
    np.testing.assert_allclose(state["lstm0"], tape.state, rtol=1e-12)
    assert state["lstm1"][0].shape == (6, 4)


def test_the_state_is_a_value():
    """Two ways on from one state, and the state is as it was."""
    rng = np.random.default_rng(1)
    network = random_network(rng)
    x = rng.standard_normal((6, 2, 3))
    _, state = steps(network, x[:3])
    kept = [part.copy() for part in state["lstm0"]]
    p, _ = steps(network, x[3:], state)
    steps(network, -x[3:], state)
    again, _ = steps(network, x[3:], state)
    assert (again == p).all()
    assert all((part == was).all() for part, was in zip(state["lstm0"], kept, strict=True))
    np.testing.assert_allclose(p, network.forward(x)[3:], rtol=1e-12)


def test_dtypes():
    network = random_network(np.random.default_rng(2), dtype=np.float32)
    p, state = network.step(np.ones((2, 3)))
    assert p.dtype == state["lstm0"][1].dtype == np.float32
    p, state = network.step(np.ones((2, 3)) + 1e-3j, state)
    assert p.dtype == state["lstm0"][1].dtype == np.complex64
    assert network.step([[1, 2, 3]])[0].shape == (1, 3)


def test_gates_that_are_shut_warn_of_nothing():
    network = random_network(np.random.default_rng(6))
    x = np.full((4, 2, 3), -1e5) * np.array([1, -1, 1])
    np.testing.assert_allclose(steps(network, x)[0], network.forward(x), rtol=1e-12)


def test_a_layer_of_ones_own_that_starts_from_a_state():
    class Own:
        def __init__(self, layer):
            self.layer, self.parameters = layer, layer.parameters
            self.n_in, self.n_units = layer.n_in, layer.n_units

        def forward(self, x, mask=None, state=None):
            return self.layer.forward(x, mask, state)

        def backward(self, dy, tape, want_dx=True):
            return self.layer.backward(dy, tape, want_dx)

    rng = np.random.default_rng(3)
    network = random_network(rng)
    own = tl.Network({"a": Own(network.layers["lstm0"]), "output": network.layers["output"]})
    x = rng.standard_normal((5, 2, 3))
    np.testing.assert_allclose(steps(own, x)[0], network.forward(x), rtol=1e-12)


def test_what_is_wrong_is_named():
    rng = np.random.default_rng(4)
    network = random_network(rng, n_units=(4, 4))
    x = np.ones((2, 3))
    _, state = network.step(x)
    for arguments, message in (
        ((np.ones(3),), r"x_t has shape \(3,\), .*expected numbers of shape \(N, 3\)"),
        ((np.ones((5, 2, 3)),), r"x_t has shape \(5, 2, 3\)"),
        ((np.ones((2, 4)),), r"x_t has shape \(2, 4\)"),
        ((np.full((2, 3), "a"),), "dtype <U1"),
        ((np.ones((4, 3)), state), r"state h has shape \(2, 4\), expected \(4, 4\)"),
        ((x, {"lstm0": state["lstm0"]}), r"state has \['lstm0'\], expected a dict with the pairs"),
        ((x, state["lstm0"]), "state has tuple, expected a dict with the pairs of"),
        ((x, {**state, "lstm1": (np.ones((2, 4)),)}), "state has 1 parts"),
    ):
        with pytest.raises(ValueError, match=message):
            network.step(*arguments)


def test_a_bidirectional_layer_says_why_not():
    rng = np.random.default_rng(5)
    both = tl.BidirectionalLSTM(3, 4, rng=rng)
    network = tl.Network({"both": both, "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    message = "layer 'both', a BidirectionalLSTM, starts from no state: .* from both ends"
    with pytest.raises(ValueError, match=message):
        network.step(np.ones((2, 3)))
    with pytest.raises(ValueError, match=message):
        network.run_chunk(tl.Batch(np.ones((5, 2, 3)), np.tile([1.0, 0.0], (5, 2, 1))))
