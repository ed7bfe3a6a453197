"""BidirectionalLSTM against two loops by hand, PyTorch, and what must not matter."""

import copy
import pickle

import numpy as np
import pytest
from helpers import loops_oracle
from helpers.random_points import MASKS, masks, random_batch, randomise

import tinylstm as tl
from tinylstm import gradcheck
from tinylstm.gradcheck.layers import layer_case

MERGES = ("sum", "concat")
PARTS = ("W", "R", "p", "b")


def layer_of(rng, n_in=3, n_units=4, merge="sum", **settings):
    layer = tl.BidirectionalLSTM(n_in, n_units, merge, rng=rng, **settings)
    randomise(layer.parameters, rng)
    return layer


def network_of(rng, merges=MERGES, n_in=3, n_units=4, n_classes=3, **settings):
    """A bidirectional layer for each of `merges`, one on the other, and an output."""
    layers = {}
    for k, merge in enumerate(merges):
        layers[f"lstm{k}"] = layer_of(rng, n_in, n_units, merge, **settings)
        n_in = layers[f"lstm{k}"].n_units
    layers["output"] = tl.SoftmaxOutput(n_in, n_classes, rng=rng)
    randomise(layers["output"].parameters, rng)
    return tl.Network(layers)


def parameters_of(layer, direction):
    return {key: layer.parameters[f"{direction}.{key}"] for key in PARTS}


@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("kind", MASKS)
def test_two_loops_by_hand_give_the_same(merge, kind):
    rng = np.random.default_rng(1)
    layer = layer_of(rng, merge=merge)
    x, mask = rng.standard_normal((7, 5, 3)), masks(kind, 7, 5, rng)
    y, tape = layer.forward(x, mask)
    dy = rng.standard_normal(y.shape)
    dx, gradients = layer.backward(dy, tape)

    mask = np.ones((7, 5), bool) if mask is None else mask
    each = {}
    for direction, order in (("forward", 1), ("backward", -1)):
        own, dy_own = parameters_of(layer, direction), dy
        if merge == "concat":
            dy_own = dy[..., :4] if direction == "forward" else dy[..., 4:]
        h, kept = loops_oracle.lstm_forward(x[::order], mask[::order], own)
        each[direction] = h[::order]
        dx_own, expected = loops_oracle.lstm_backward(
            dy_own[::order], x[::order], mask[::order], own, kept
        )
        each[direction, "dx"] = dx_own[::order]
        for key, gradient in expected.items():
            np.testing.assert_allclose(gradients[f"{direction}.{key}"], gradient, rtol=1e-10)
    halves = each["forward"], each["backward"]
    expected = sum(halves) if merge == "sum" else np.concatenate(halves, axis=2)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-15)
    expected = each["forward", "dx"] + each["backward", "dx"]
    np.testing.assert_allclose(dx, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("merge", MERGES)
def test_padding_is_invisible_from_both_sides(merge):
    """Sequences alone, padded behind, padded before, and two in one with a hole between."""
    rng = np.random.default_rng(2)
    layer = layer_of(rng, merge=merge)
    first, second = rng.standard_normal((4, 1, 3)), rng.standard_normal((2, 1, 3))
    y_first, y_second = layer.forward(first)[0], layer.forward(second)[0]
    padding = np.full((3, 1, 3), np.nan)
    x = np.concatenate([padding, first, padding, second, padding])
    mask = np.array([0] * 3 + [1] * 4 + [0] * 3 + [1] * 2 + [0] * 3, bool)[:, None]
    y, tape = layer.forward(x, mask)
    np.testing.assert_allclose(y[3:7], y_first, rtol=1e-13)
    np.testing.assert_allclose(y[10:12], y_second, rtol=1e-13)
    assert not y[~mask].any()
    dx, _ = layer.backward(rng.standard_normal(y.shape), tape)
    assert not dx[~mask].any() and dx[mask].all()


def test_the_last_step_knows_the_first_and_the_first_the_last():
    """In reversed time the two directions change places."""
    rng = np.random.default_rng(3)
    layer = layer_of(rng)
    exchanged = layer.with_parameters(
        {
            f"{there}.{key}": layer.parameters[f"{here}.{key}"]
            for here, there in (("forward", "backward"), ("backward", "forward"))
            for key in PARTS
        }
    )
    x = rng.standard_normal((6, 2, 3))
    y = layer.forward(x)[0]
    np.testing.assert_allclose(exchanged.forward(x[::-1])[0][::-1], y, rtol=1e-13)
    for changed in (0, 5):
        other = x.copy()
        other[changed] += 1
        assert (layer.forward(other)[0] != y).all()


@pytest.mark.parametrize("kind", ["post", "holes"])
def test_gradients_of_a_stack_with_dropout(kind):
    rng = np.random.default_rng(4)
    network = network_of(rng, n_units=2, activation="tanh")
    batch = random_batch(rng, 4, 3, mask=kind)
    drawn = tl.Dropout(0.3, 0.4, 0.2).draw(network, 3, rng)
    assert {name: mask.shape for name, mask in drawn.items()} == {
        "lstm0.x": (3, 3),
        "lstm0.h": (3, 4),
        "lstm1.x": (3, 2),
        "lstm1.h": (3, 4),
        "output.x": (3, 4),
    }

    def loss(arrays):
        return network.with_parameters(arrays).loss(batch, dropout_masks=drawn)

    gradients = network.loss_and_gradients(batch, dropout_masks=drawn)[1]
    gradcheck.check(loss, dict(network.parameters), gradients).assert_ok()


def test_each_direction_has_its_own_dropout_mask():
    rng = np.random.default_rng(5)
    layer = layer_of(rng, merge="concat")
    x = rng.standard_normal((6, 2, 3))
    plain = layer.forward(x)[0]
    h_mask = np.ones((2, 8))
    h_mask[:, 5] = 0
    y = layer.forward(x, h_mask=h_mask)[0]
    assert (y[..., :4] == plain[..., :4]).all()
    assert (y[:-1, :, 4:] != plain[:-1, :, 4:]).all()


@pytest.mark.slow
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("kind", ["none", "post", "pre", "holes", "absent"])
def test_the_layers_own_check(merge, kind):
    point = {"N": 4, "T": 4, "H": 2, "mask": kind, "state": "zero"}
    case = layer_case(
        lambda n_in, n_units, rng: tl.BidirectionalLSTM(n_in, n_units, merge, rng=rng), point
    )
    case.check().assert_ok()


def test_sizes_and_settings():
    rng = np.random.default_rng(6)
    both = layer_of(rng, 3, 4, "concat", peepholes=False, gate_activation="softsign")
    assert (both.n_in, both.n_hidden, both.n_units) == (3, 4, 8)
    assert layer_of(rng, 3, 4).n_units == 4
    again = tl.BidirectionalLSTM(**both.settings, rng=rng).with_parameters(both.parameters)
    x = rng.standard_normal((5, 2, 3))
    assert (again.forward(x)[0] == both.forward(x)[0]).all()
    assert again.settings == both.settings
    network = network_of(rng)
    assert "lstm0.backward.p" in network.parameters and "lstm1.forward.W" in network.parameters
    assert network.parameters["lstm1.forward.W"].shape == (4, 16)


def test_float32_stays_float32():
    rng = np.random.default_rng(7)
    layer = layer_of(rng, dtype=np.float32)
    y, tape = layer.forward(rng.standard_normal((5, 2, 3)))
    dx, gradients = layer.backward(y, tape)
    assert {array.dtype for array in (y, dx, *gradients.values())} == {np.dtype(np.float32)}


def test_dx_is_spared_where_it_is_not_wanted():
    layer = layer_of(np.random.default_rng(8))
    y, tape = layer.forward(np.ones((5, 2, 3)))
    dx, gradients = layer.backward(y, tape, want_dx=False)
    assert dx is None and set(gradients) == set(layer.parameters)


def test_it_trains_and_is_saved_and_loaded(tmp_path):
    """The first step tells the class, and every step is to know it: half of that is behind it."""
    rng = np.random.default_rng(9)
    features = [rng.standard_normal((length, 1)) for length in (3, 5, 4, 6) * 6]
    labels = [np.repeat(int(x[-1, 0] > 0), len(x)) for x in features]
    dataset = tl.SequenceDataset(features, labels, n_classes=2)
    network = network_of(rng, n_in=1, n_classes=2)
    history = tl.fit(
        network,
        dataset,
        tl.Adam(0.02),
        epochs=25,
        batch_size=4,
        seed=0,
        dropout=tl.Dropout(recurrent=0.1),
        verbose=False,
    )
    evaluation = tl.evaluate(network, dataset)
    assert history.loss[-1] < history.loss[0] / 3
    assert evaluation.accuracy > 0.95
    tl.save(tmp_path / "model.npz", network)
    loaded = tl.load(tmp_path / "model.npz").network
    assert (tl.evaluate(loaded, dataset).probabilities == evaluation.probabilities).all()


def test_copies_and_pickles():
    layer = layer_of(np.random.default_rng(10), merge="concat")
    x = np.random.default_rng(11).standard_normal((5, 2, 3))
    y = layer.forward(x)[0]
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        layer_bias = other.parameters["forward.b"]
        assert (other.forward(x)[0] == y).all()
        layer_bias += 1
        assert (other.forward(x)[0] != y).any() and (layer.forward(x)[0] == y).all()
    assert repr(layer) == "BidirectionalLSTM(3, 4, concat, softsign)"


def test_what_is_wrong_is_named():
    rng = np.random.default_rng(12)
    with pytest.raises(ValueError, match=r"merge='mean', expected one of \('sum', 'concat'\)"):
        tl.BidirectionalLSTM(3, 4, "mean", rng=rng)
    with pytest.raises(TypeError, match="rng"):
        tl.BidirectionalLSTM(3, 4)
    layer = layer_of(rng)
    x = np.ones((5, 2, 3))
    with pytest.raises(ValueError, match=r"x has shape \(5, 2, 2\), expected \(T, N, 3\)"):
        layer.forward(x[..., :2])
    with pytest.raises(ValueError, match=r"mask has shape \(5, 1\), expected \(5, 2\)"):
        layer.forward(x, np.ones((5, 1), bool))
    with pytest.raises(ValueError, match=r"h_mask has shape \(2, 4\), expected \(2, 8\)"):
        layer.forward(x, h_mask=np.ones((2, 4)))
    y, tape = layer.forward(x)
    with pytest.raises(ValueError, match=r"dy has shape \(4, 2, 4\), expected \(5, 2, 4\)"):
        layer.backward(y[1:], tape)
    with pytest.raises(ValueError, match="parameters are"):
        layer.with_parameters(parameters_of(layer, "forward"))


def test_without_peepholes_it_is_the_bidirectional_lstm_of_pytorch():
    """On packed sequences, outputs and all gradients."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: oracles)")
    rng = np.random.default_rng(13)
    ours = layer_of(rng, 5, 6, "concat", activation="tanh", peepholes=False)
    theirs = torch.nn.LSTM(5, 6, bidirectional=True).double()
    order = [3, 1, 0, 2]  # PyTorch's rows are i, f, g, o; ours are the columns a, f, o, i

    def packed(array):
        blocks = np.split(array, 4, axis=-1)
        return np.concatenate([blocks[k] for k in order], axis=-1).T.copy()

    names = {"W": "weight_ih_l0", "R": "weight_hh_l0", "b": "bias_ih_l0"}
    suffixes = {"forward": "", "backward": "_reverse"}
    with torch.no_grad():
        for direction, suffix in suffixes.items():
            for key, name in names.items():
                value = torch.tensor(packed(ours.parameters[f"{direction}.{key}"]))
                getattr(theirs, name + suffix).copy_(value)
            getattr(theirs, "bias_hh_l0" + suffix).zero_()
    lengths = [9, 4, 1, 7]
    mask = np.arange(9)[:, None] < lengths
    x, dy = rng.standard_normal((9, 4, 5)), rng.standard_normal((9, 4, 12))
    x_torch = torch.tensor(x, requires_grad=True)
    sequences = torch.nn.utils.rnn.pack_padded_sequence(x_torch, lengths, enforce_sorted=False)
    y_torch, _ = torch.nn.utils.rnn.pad_packed_sequence(theirs(sequences)[0])
    y_torch.backward(torch.tensor(dy))

    y, tape = ours.forward(x, mask)
    dx, gradients = ours.backward(dy, tape)
    np.testing.assert_allclose(y, y_torch.detach().numpy(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(dx, x_torch.grad.numpy(), rtol=1e-10, atol=1e-14)
    for direction, suffix in suffixes.items():
        for key, name in names.items():
            expected = getattr(theirs, name + suffix).grad.numpy()
            gradient = packed(gradients[f"{direction}.{key}"])
            np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-13)
