"""Independent implementations where they are installed (extra `oracles`): PyTorch, scikit-learn."""

import numpy as np
import pytest
from helpers.random_points import random_batch, random_network

import tinylstm as tl


def torch_autograd(network, batch):
    """Loss and gradients of our network by PyTorch's own differentiation, in a loop over steps."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: oracles)")
    weights = {
        name: torch.tensor(array, dtype=torch.float64, requires_grad=True)
        for name, array in network.parameters.items()
    }
    n_steps, n_examples, _ = batch.features.shape
    real = torch.tensor(batch.feature_mask, dtype=torch.float64)[..., None]
    features = np.where(batch.feature_mask[..., None], batch.features, 0)
    x = torch.tensor(features, requires_grad=True)
    below = x
    for name in list(network.layers)[:-1]:
        W, R, p, b = (weights[f"{name}.{key}"] for key in "WRpb")
        h = c = torch.zeros(n_examples, len(R), dtype=torch.float64)
        outputs = []
        for t in range(n_steps):
            z_a, z_f, z_o, z_i = (below[t] @ W + h @ R + b).chunk(4, dim=1)
            f = torch.sigmoid(z_f + c * p[0])
            i = torch.sigmoid(z_i + c * p[2])
            c = f * c + i * torch.nn.functional.softsign(z_a)
            o = torch.sigmoid(z_o + c * p[1])
            h = o * torch.nn.functional.softsign(c) * real[t]
            c = c * real[t]
            outputs.append(h)
        below = torch.stack(outputs)
    logits = below @ weights["output.W"] + weights["output.b"]
    log_p = torch.log_softmax(logits, dim=2)
    y = torch.tensor(batch.labels) * torch.tensor(batch.label_mask)[..., None]
    loss = -(y * log_p).sum() / n_examples
    loss.backward()
    gradients = {name: weight.grad.numpy() for name, weight in weights.items()}
    return loss.item(), gradients, x.grad.numpy()


@pytest.mark.parametrize("mask", ["none", "post", "pre", "holes", "empty"])
def test_gradients_equal_pytorch_autograd(mask):
    rng = np.random.default_rng(31)
    network = random_network(rng, n_in=5, n_units=(7, 4))
    batch = random_batch(rng, 11, 6, n_in=5, mask=mask)
    expected_loss, expected, expected_dx = torch_autograd(network, batch)
    loss, gradients = network.loss_and_gradients(batch)
    assert loss == pytest.approx(expected_loss, rel=1e-13)
    np.testing.assert_allclose(network.input_gradient(batch), expected_dx, rtol=1e-11, atol=1e-15)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-11, atol=1e-14)


def test_without_peepholes_and_with_tanh_it_is_the_lstm_of_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: oracles)")
    rng = np.random.default_rng(32)
    layer = tl.PeepholeLSTM(5, 7, activation="tanh", peepholes=False, rng=rng)
    theirs = torch.nn.LSTM(5, 7).double()
    # PyTorch packs i, f, g, o in rows; ours are the columns a, f, o, i.
    order = [3, 1, 0, 2]

    def packed(array):
        blocks = np.split(array, 4, axis=-1)
        return torch.tensor(np.concatenate([blocks[k] for k in order], axis=-1).T.copy())

    with torch.no_grad():
        theirs.weight_ih_l0.copy_(packed(layer.parameters["W"]))
        theirs.weight_hh_l0.copy_(packed(layer.parameters["R"]))
        theirs.bias_ih_l0.copy_(packed(layer.parameters["b"]))
        theirs.bias_hh_l0.zero_()
    x, dy = rng.standard_normal((9, 3, 5)), rng.standard_normal((9, 3, 7))
    x_torch = torch.tensor(x, requires_grad=True)
    y_torch, (h_n, c_n) = theirs(x_torch)
    y_torch.backward(torch.tensor(dy))
    y, tape = layer.forward(x)
    dx, gradients = layer.backward(dy, tape)
    np.testing.assert_allclose(y, y_torch.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(tape.state[0], h_n[0].detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(tape.state[1], c_n[0].detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(dx, x_torch.grad.numpy(), rtol=1e-11, atol=1e-14)
    for ours, gradient in (("W", theirs.weight_ih_l0.grad), ("R", theirs.weight_hh_l0.grad)):
        np.testing.assert_allclose(packed(gradients[ours]), gradient, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("ties", [False, True])
def test_roc_and_average_precision_equal_scikit_learn(ties):
    metrics = pytest.importorskip(
        "sklearn.metrics", reason="scikit-learn is not installed (extra: oracles)"
    )
    rng = np.random.default_rng(33)
    labels = rng.integers(0, 2, 500)
    scores = rng.random(500) + 0.3 * labels
    if ties:
        scores = scores.round(1)
    roc = tl.roc_curve(labels, scores)
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(roc.fpr, fpr, rtol=1e-13)
    np.testing.assert_allclose(roc.tpr, tpr, rtol=1e-13)
    np.testing.assert_array_equal(roc.thresholds, thresholds)
    assert roc.auc == pytest.approx(metrics.roc_auc_score(labels, scores), rel=1e-13)
    assert tl.precision_recall_curve(labels, scores).average_precision == pytest.approx(
        metrics.average_precision_score(labels, scores), rel=1e-13
    )
