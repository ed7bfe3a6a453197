"""Networks against what DeepLearning4j 0.9.1 itself computed (golden/dl4j/README.md)."""

import numpy as np
import pytest
from helpers.golden_networks import (
    CASES,
    CLOSE,
    array,
    batch_of,
    expected_gradients,
    layer_parameters,
    lstm,
    network_of,
    time_first,
)

import tinylstm as tl

BIDIRECTIONAL = [name for name, case in CASES.items() if case["kind"] == "bidirectional"]
# Truncated backpropagation is not part of tinylstm, but a few lines with the state handed on.
TRUNCATED = [name for name, case in CASES.items() if case["tbptt"] is not None]
TRAINED = [name for name in CASES if name not in TRUNCATED]


def truncated(network, batch, last, state):
    """Loss, gradients and final state of a chunk.

    The recurrent layer's gradient is that of the loss at the last few steps, the state before
    them constant; the output layer's is that of all steps.
    """
    layer, output = network.layers.values()
    x, labels = batch.features, batch.labels
    early = max(0, len(x) - last)
    h_early, tape = layer.forward(x[:early], state=state) if early else (None, None)
    h_last, tape = layer.forward(x[early:], state=tape.state if early else state)
    h = h_last if h_early is None else np.concatenate([h_early, h_last])
    loss, dh, own = output.loss_and_gradients(h, labels, batch.label_mask)
    gradients = {f"output.{key}": value for key, value in own.items()}
    _, recurrent = layer.backward(dh[early:], tape)
    gradients |= {f"lstm0.{key}": value for key, value in recurrent.items()}
    return loss, gradients, tape.state


@pytest.mark.parametrize("name", TRUNCATED)
def test_truncated_training_with_the_state_handed_on(name):
    case = CASES[name]
    length, last = case["tbptt"]
    network, batch = network_of(case), batch_of(case)
    for step in case["after_sgd"]:
        state = None
        for start in range(0, len(batch.features), length):
            part = slice(start, start + length)
            chunk = tl.Batch(batch.features[part], batch.labels[part], None, batch.label_mask[part])
            _, gradients, state = truncated(network, chunk, last, state)
            network = network.with_parameters(
                {
                    key: value - case["learning_rate"] * gradients[key]
                    for key, value in network.parameters.items()
                }
            )
        for key, expected in network_of(case, step["params"]).parameters.items():
            np.testing.assert_allclose(network.parameters[key], expected, **CLOSE)


def test_every_file_is_used():
    assert len(CASES) == 14 and len(BIDIRECTIONAL) == 3 and len(TRAINED) == 12


@pytest.mark.parametrize("name", CASES)
def test_activations_score_and_gradients(name):
    case = CASES[name]
    network, batch = network_of(case), batch_of(case)
    x = batch.features
    for k, layer in enumerate(list(network.layers.values())[:-1]):
        x, _ = layer.forward(x, batch.feature_mask)
        np.testing.assert_allclose(x, time_first(case["activations"][k]), **CLOSE)
    p = network.forward(batch.features, batch.feature_mask)
    stored_p = time_first(case["activations"][-1])
    np.testing.assert_allclose(p[batch.label_mask], stored_p[batch.label_mask], **CLOSE)
    loss, gradients = network.loss_and_gradients(batch)
    assert loss == pytest.approx(case["score"], rel=1e-9)
    if name in TRUNCATED:
        _, gradients, _ = truncated(network, batch, case["tbptt"][1], state=None)
    for key, expected in expected_gradients(case).items():
        np.testing.assert_allclose(gradients[key], expected, **CLOSE)


@pytest.mark.parametrize("name", TRAINED)
def test_weights_after_each_of_five_sgd_steps(name):
    case = CASES[name]
    network, batch = network_of(case), batch_of(case)
    assert len(case["after_sgd"]) == 5
    for step in case["after_sgd"]:
        loss, gradients = network.loss_and_gradients(batch)
        assert loss == pytest.approx(step["score_before"], rel=1e-9)
        parameters = {
            key: value - case["learning_rate"] * gradients[key]
            for key, value in network.parameters.items()
        }
        network = network.with_parameters(parameters)
        for key, expected in network_of(case, step["params"]).parameters.items():
            np.testing.assert_allclose(network.parameters[key], expected, **CLOSE)


def test_a_feature_mask_behind_the_labels_changes_nothing():
    """0.9.1's unidirectional layer ignores the mask: no difference where padding is behind."""
    case = CASES["network_softsign_last"]
    network, batch = network_of(case), batch_of(case)
    mask = np.arange(5)[:, None] < np.array(case["lengths"])
    masked = tl.Batch(batch.features, batch.labels, mask, batch.label_mask)
    loss, gradients = network.loss_and_gradients(batch)
    masked_loss, masked_gradients = network.loss_and_gradients(masked)
    assert masked_loss == pytest.approx(loss, rel=1e-12)
    for key, gradient in gradients.items():
        np.testing.assert_allclose(masked_gradients[key], gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        network.forward(batch.features, mask)[batch.label_mask],
        network.forward(batch.features)[batch.label_mask],
        rtol=1e-12,
    )


@pytest.mark.parametrize("name", BIDIRECTIONAL)
def test_masked_bidirectional_layers_from_two_of_ours(name):
    """DeepLearning4j's bidirectional layer honours the mask as ours does: two of ours make one."""
    case = CASES[name]
    batch = batch_of(case)
    mask = batch.feature_mask
    names = case["activation"].split(",") * len(case["hidden"])
    x, tapes = batch.features, []
    for k in range(len(case["hidden"])):
        forwards, backwards = (
            lstm(layer_parameters(case["params"], f"{k}_{{}}{direction}"), names[k])
            for direction in "FB"
        )
        y, tape = forwards.forward(x, mask)
        y_reversed, tape_reversed = backwards.forward(x[::-1], mask[::-1])
        tapes.append((forwards, tape, backwards, tape_reversed))
        x = y + y_reversed[::-1]
        np.testing.assert_allclose(x, time_first(case["activations"][k]), **CLOSE)

    k = len(case["hidden"])
    V, v = (array(case["params"][f"{k}_{part}"]) for part in "Wb")
    output = tl.SoftmaxOutput(*V.shape, rng=np.random.default_rng(0))
    output = output.with_parameters({"W": V, "b": v[0]})
    loss, dx, own = output.loss_and_gradients(x, batch.labels, batch.label_mask)
    assert loss == pytest.approx(case["score"], rel=1e-9)
    n_examples = len(batch)
    stored = case["gradient_sum"]
    np.testing.assert_allclose(own["W"] * n_examples, array(stored[f"{k}_W"]), **CLOSE)
    for k, (forwards, tape, backwards, tape_reversed) in reversed(list(enumerate(tapes))):
        dx_f, gradients_f = forwards.backward(dx, tape)
        dx_b, gradients_b = backwards.backward(dx[::-1], tape_reversed)
        dx = dx_f + dx_b[::-1]
        for direction, gradients in (("F", gradients_f), ("B", gradients_b)):
            expected = layer_parameters(stored, f"{k}_{{}}{direction}")
            for key, gradient in gradients.items():
                np.testing.assert_allclose(gradient * n_examples, expected[key], **CLOSE)
