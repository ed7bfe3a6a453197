"""Dropout against the oracle with an R of its own for each sequence, and against complex step."""

import numpy as np
import pytest
from helpers.loops_oracle import lstm_backward, lstm_forward
from helpers.random_points import MASKS, masks, random_batch, random_network, randomise

import tinylstm as tl
from tinylstm import gradcheck


def test_masks_are_inverted_and_of_one_row_a_sequence():
    network = random_network(np.random.default_rng(0), n_in=200, n_units=(50, 30))
    masks = tl.Dropout(0.2, 0.25, 0.5).draw(network, 100, np.random.default_rng(1))
    rates = {
        "lstm0.x": (0.2, 200),
        "lstm0.h": (0.25, 50),
        "lstm1.x": (0.5, 50),
        "lstm1.h": (0.25, 30),
        "output.x": (0.5, 30),
    }
    assert set(masks) == set(rates)
    for name, (rate, width) in rates.items():
        mask = masks[name]
        assert mask.shape == (100, width)
        np.testing.assert_allclose(np.unique(mask), [0, 1 / (1 - rate)])
        # 5 standard errors of a share of 100 width draws
        error = 5 * np.sqrt(rate * (1 - rate) / mask.size)
        assert abs(np.mean(mask == 0) - rate) < error
        assert abs(mask.mean() - 1) < error / (1 - rate)
        assert len(np.unique(mask, axis=0)) == 100


def test_masks_have_the_dtype_of_the_layer():
    network = random_network(np.random.default_rng(0), dtype=np.float32)
    for mask in tl.Dropout(0.2, 0.2, 0.2).draw(network, 3, np.random.default_rng(1)).values():
        assert mask.dtype == np.float32


def test_a_rate_of_zero_draws_nothing():
    network, rng = random_network(np.random.default_rng(0)), np.random.default_rng(1)
    before = rng.bit_generator.state
    assert tl.Dropout().draw(network, 3, rng) == {}
    assert rng.bit_generator.state == before


@pytest.mark.parametrize("kind", MASKS)
def test_recurrent_masks_equal_an_r_of_its_own_for_each_sequence(kind):
    # (r * h) R = h (diag(r) R), so the oracle needs no dropout of its own.
    rng = np.random.default_rng(2)
    layer = tl.PeepholeLSTM(3, 4, rng=rng)
    randomise(layer.parameters, rng)
    x, dy = rng.standard_normal((7, 5, 3)), rng.standard_normal((7, 5, 4))
    mask = masks(kind, 7, 5, rng)
    real = np.ones((7, 5), bool) if mask is None else mask
    r = np.where(rng.random((5, 4)) < 0.4, 0, 1 / 0.6)
    y, tape = layer.forward(x, mask, h_mask=r)
    dx, gradients = layer.backward(dy, tape)
    sums = {name: np.zeros_like(array) for name, array in layer.parameters.items()}
    for n in range(5):
        own = {**layer.parameters, "R": r[n][:, None] * layer.parameters["R"]}
        part = x[:, n : n + 1], real[:, n : n + 1], own
        h, kept = lstm_forward(*part)
        expected_dx, expected = lstm_backward(dy[:, n : n + 1], *part, kept)
        expected["R"] = r[n][:, None] * expected["R"]
        np.testing.assert_allclose(y[:, n : n + 1], h, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(dx[:, n : n + 1], expected_dx, rtol=1e-12, atol=1e-13)
        for name, gradient in expected.items():
            sums[name] += gradient
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, sums[name], rtol=1e-12, atol=1e-13)


def test_a_state_handed_in_goes_through_the_mask_too():
    rng = np.random.default_rng(3)
    layer = tl.PeepholeLSTM(3, 4, rng=rng)
    x, r = rng.standard_normal((6, 2, 3)), np.array([[0, 2, 2, 0], [2, 0, 2, 2.0]])
    whole, _ = layer.forward(x, h_mask=r)
    _, tape = layer.forward(x[:2], h_mask=r)
    rest, _ = layer.forward(x[2:], state=tape.state, h_mask=r)
    np.testing.assert_allclose(rest, whole[2:], rtol=1e-13)


EACH_ALONE = [((0.3, 0, 0), "none"), ((0, 0.3, 0), "none"), ((0, 0, 0.3), "none")]
ALL_AT_ONCE = [((0.2, 0.3, 0.4), kind) for kind in MASKS]


@pytest.mark.parametrize(("rates", "kind"), EACH_ALONE + ALL_AT_ONCE)
def test_gradient_check_with_the_masks_fixed(rates, kind):
    rng = np.random.default_rng(4)
    network = random_network(rng, n_in=2, n_units=(3, 2), n_classes=2)
    batch = random_batch(rng, 4, 4, n_in=2, n_classes=2, mask=kind)
    masks = tl.Dropout(*rates).draw(network, 4, rng)

    def loss(arrays):
        return network.with_parameters(arrays).loss(batch, dropout_masks=masks)

    value, gradients = network.loss_and_gradients(batch, dropout_masks=masks)
    assert (
        float(value)
        == float(network.loss(batch, dropout_masks=masks))
        != float(network.loss(batch))
    )
    report = gradcheck.check(loss, dict(network.parameters), gradients)
    assert report.ok, report


def test_nothing_is_changed_and_evaluation_is_without():
    rng = np.random.default_rng(5)
    network, batch = random_network(rng), random_batch(rng, 5, 4)
    before = network.loss_and_probabilities(batch)
    masks = tl.Dropout(0.5, 0.5, 0.5).draw(network, 4, rng)
    copies = {name: mask.copy() for name, mask in masks.items()}
    network.loss_and_gradients(batch, dropout_masks=masks)
    for name, mask in masks.items():
        np.testing.assert_array_equal(mask, copies[name])
    after = network.loss_and_probabilities(batch)
    assert float(before[0]) == float(after[0])
    np.testing.assert_array_equal(before[1], after[1])


@pytest.mark.parametrize("rates", [(1.0,), (0, -0.1), (0, 0, np.nan)])
def test_wrong_rates(rates):
    with pytest.raises(ValueError, match=r"=.*, expected a rate of 0 or more and below 1"):
        tl.Dropout(*rates)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ({"lstm0.c": np.ones((4, 4))}, r"dropout_masks has 'lstm0.c', expected some of lstm0.x, "),
        ({"output.h": np.ones((4, 4))}, "dropout_masks has 'output.h', expected some of"),
        (
            {"lstm0.h": np.ones((3, 4))},
            r"masks, lstm0.h: shape \(3, 4\), expected \(4, 4\)",
        ),
        (
            {"lstm0.x": np.ones((5, 4, 3))},
            r"dropout_masks, lstm0.x: shape \(5, 4, 3\), expected \(4, 3\)",
        ),
    ],
)
def test_wrong_masks(masks, message):
    rng = np.random.default_rng(6)
    network, batch = random_network(rng), random_batch(rng, 5, 4)
    for function in (network.loss, network.loss_and_gradients):
        with pytest.raises(ValueError, match=message):
            function(batch, dropout_masks=masks)


def test_a_recurrent_mask_of_another_shape_at_the_layer():
    layer = tl.PeepholeLSTM(3, 4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"h_mask has shape \(4,\), expected \(2, 4\)"):
        layer.forward(np.ones((5, 2, 3)), h_mask=np.ones(4))


@pytest.mark.parametrize("name", ["loss", "loss_and_gradients", "run_chunk", "chunk_gradients"])
def test_every_way_through_checks_the_masks(name):
    rng = np.random.default_rng(4)
    network, batch = random_network(rng), random_batch(rng, 5, 4)
    with pytest.raises(ValueError, match=r"masks, lstm0.h: shape \(1, 4\), expected \(4, 4\)"):
        getattr(network, name)(batch, dropout_masks={"lstm0.h": np.ones((1, 4))})
