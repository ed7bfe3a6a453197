"""Chunks with the state handed on: against the whole sequence, and truncated backpropagation
against the complex step of a loss in which what comes before the last steps is constant."""

import numpy as np
import pytest
from helpers.golden_networks import CASES, CLOSE, array, batch_of, network_of
from helpers.random_points import MASKS, random_batch, random_network

import tinylstm as tl
from tinylstm import gradcheck


def part_of(batch, start, stop):
    arrays = batch.features, batch.labels, batch.feature_mask, batch.label_mask
    return tl.Batch(*(whole[start:stop] for whole in arrays))


@pytest.mark.parametrize("kind", MASKS)
def test_chunks_together_are_the_whole(kind):
    rng = np.random.default_rng(0)
    network = random_network(rng, n_units=(5, 4))
    batch = random_batch(rng, 11, 4, mask=kind)
    loss, p = network.loss_and_probabilities(batch)
    state, losses, parts = None, [], []
    for start in range(0, 11, 4):
        own, p_own, state = network.run_chunk(part_of(batch, start, start + 4), state)
        losses.append(own)
        parts.append(p_own)
    assert sum(losses) == pytest.approx(loss, rel=1e-12)
    real = batch.feature_mask
    np.testing.assert_allclose(np.concatenate(parts)[real], p[real], rtol=1e-12)


@pytest.mark.parametrize("backward", [None, 11, 20])
@pytest.mark.parametrize("kind", MASKS)
def test_a_chunk_that_covers_all_has_the_whole_gradient(kind, backward):
    rng = np.random.default_rng(1)
    network = random_network(rng, n_units=(5, 4))
    batch = random_batch(rng, 11, 4, mask=kind)
    options = {"class_weights": (1.0, 2.0, 3.0)}
    masks = tl.Dropout(0.3, 0.3, 0.3).draw(network, 4, rng)
    loss, gradients = network.loss_and_gradients(batch, masks, **options)
    ours, own, _ = network.chunk_gradients(batch, None, backward, masks, **options)
    assert ours == pytest.approx(loss, rel=1e-12)
    assert list(own) == list(gradients)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(own[name], gradient, rtol=1e-11, atol=1e-14)


def truncated_loss(network, batch, state, backward, masks):
    """A function of the parameters whose derivative the truncated gradients are.

    The steps before the last ones are run with the weights as they are, a constant.
    """
    *recurrent, _ = network.layers.items()
    first = len(batch.features) - backward
    early, late = slice(0, first), slice(first, None)
    constant, x = {}, batch.features
    for name, layer in recurrent:
        x = x * masks[f"{name}.x"]
        options = {"h_mask": masks[f"{name}.h"]}
        y, tape = layer.forward(x[early], batch.feature_mask[early], state[name], **options)
        y_late, _ = layer.forward(x[late], batch.feature_mask[late], tape.state, **options)
        constant[name] = x[early], y, tape.state
        x = np.concatenate([y, y_late])

    def loss(arrays):
        other, x = network.with_parameters(arrays), batch.features[late]
        for name, _ in recurrent:
            _, y_early, pair = constant[name]
            x, _ = other.layers[name].forward(
                x * masks[f"{name}.x"],
                batch.feature_mask[late],
                pair,
                h_mask=masks[f"{name}.h"],
            )
        h = np.concatenate([y_early, x]) * masks["output.x"]
        return other.layers["output"].loss(h, batch.labels, batch.label_mask)

    return loss


@pytest.mark.parametrize("kind", ["none", "post", "holes", "empty"])
@pytest.mark.parametrize("n_units", [(3,), (3, 2)])
def test_truncated_gradients(kind, n_units):
    rng = np.random.default_rng(2)
    network = random_network(rng, n_in=2, n_units=n_units)
    batch = random_batch(rng, 7, 3, n_in=2, mask=kind)
    batch.features[~batch.feature_mask] = 0
    state = {
        f"lstm{k}": (rng.standard_normal((3, n)), rng.standard_normal((3, n)))
        for k, n in enumerate(n_units)
    }
    masks = tl.Dropout(0.2, 0.3, 0.4).draw(network, 3, rng)
    loss, gradients, _ = network.chunk_gradients(batch, state, 3, masks)
    function = truncated_loss(network, batch, state, 3, masks)
    assert loss == pytest.approx(function(dict(network.parameters)), rel=1e-12)
    gradcheck.check(function, dict(network.parameters), gradients).assert_ok()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["tbptt"]])
def test_deeplearning4j_s_gradients_of_a_sequence_in_one_chunk(name):
    case = CASES[name]
    network, batch = network_of(case), batch_of(case)
    _, gradients, _ = network.chunk_gradients(batch, backward=case["tbptt"][1])
    for key, expected in network_of(case, case["gradient_sum"]).parameters.items():
        np.testing.assert_allclose(gradients[key], expected / len(batch), **CLOSE)
    assert array(case["gradient_sum"]["0_W"]).any()
