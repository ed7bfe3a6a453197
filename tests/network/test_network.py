"""The output layer and the network: oracle, invariances, numerical safety, errors."""

import numpy as np
import pytest
from helpers.loops_oracle import lstm_backward, lstm_forward, softmax_loss
from helpers.random_points import MASKS, random_batch, random_network

import tinylstm as tl


def full(mask, batch):
    return np.ones(batch.features.shape[:2], bool) if mask is None else np.asarray(mask)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("n_classes", [2, 5])
def test_two_layers_equal_the_textbook(n_classes, mask):
    rng = np.random.default_rng(21)
    network = random_network(rng, n_units=(4, 3), n_classes=n_classes)
    batch = random_batch(rng, 6, 4, n_classes=n_classes, mask=mask)
    loss, gradients = network.loss_and_gradients(batch)
    real, labelled = full(batch.feature_mask, batch), full(batch.label_mask, batch)
    x = np.where(real[..., None], batch.features, 0)
    first, second, output = (layer.parameters for layer in network.layers.values())

    h_1, kept_1 = lstm_forward(x, real, first)
    h_2, kept_2 = lstm_forward(h_1, real, second)
    p, expected_loss, dh_2, dV, dv = softmax_loss(
        h_2, batch.labels, labelled, output["W"], output["b"]
    )
    dh_1, expected_2 = lstm_backward(dh_2, h_1, real, second, kept_2)
    dx, expected_1 = lstm_backward(dh_1, x, real, first, kept_1)

    np.testing.assert_allclose(network.forward(batch.features, batch.feature_mask), p, rtol=1e-12)
    assert loss == pytest.approx(expected_loss, rel=1e-13)
    np.testing.assert_allclose(network.input_gradient(batch), dx, rtol=1e-11, atol=1e-14)
    expected = {f"lstm0.{name}": array for name, array in expected_1.items()}
    expected |= {f"lstm1.{name}": array for name, array in expected_2.items()}
    expected |= {"output.W": dV, "output.b": dv}
    assert list(gradients) == list(network.parameters)
    for name, gradient in gradients.items():
        assert gradient.shape == network.parameters[name].shape
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-11, atol=1e-14)


def everything(network, batch):
    """Probabilities at real steps (by example and real step), loss and gradients."""
    loss, gradients = network.loss_and_gradients(batch)
    p = network.forward(batch.features, batch.feature_mask)
    real = full(batch.feature_mask, batch)
    return [p[real[:, n], n] for n in range(p.shape[1])], loss, gradients


def assert_same(got, expected):
    for p, q in zip(got[0], expected[0], strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12)
    assert got[1] == pytest.approx(expected[1], rel=1e-12)
    for name, gradient in got[2].items():
        np.testing.assert_allclose(gradient, expected[2][name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("labels", ["last", "all"])
def test_padding_is_invisible(labels):
    """Post, pre and any number of extra padded steps give the same everything."""
    rng = np.random.default_rng(22)
    network = random_network(rng)
    lengths = [7, 1, 4, 7, 3]
    features = [rng.standard_normal((length, 3)) for length in lengths]
    classes = [rng.integers(0, 3, 1 if labels == "last" else length) for length in lengths]
    dataset = tl.SequenceDataset(features, classes, n_classes=3)
    (post,) = dataset.batches(5, padding="post")
    (pre,) = dataset.batches(5, padding="pre")
    expected = everything(network, post)
    assert_same(everything(network, pre), expected)
    for before, after in [(0, 3), (2, 0), (1, 5)]:
        width = ((before, after), (0, 0))
        padded = tl.Batch(
            np.pad(post.features, (*width, (0, 0)), constant_values=np.nan),
            np.pad(post.labels, (*width, (0, 0))),
            np.pad(post.feature_mask, width),
            np.pad(post.label_mask, width),
        )
        assert_same(everything(network, padded), expected)


@pytest.mark.parametrize("mask", MASKS)
def test_order_and_split_of_a_batch_do_not_matter(mask):
    rng = np.random.default_rng(23)
    network = random_network(rng, n_units=(4, 3))
    batch = random_batch(rng, 6, 5, mask=mask)

    def part(examples):
        return tl.Batch(
            batch.features[:, examples],
            batch.labels[:, examples],
            full(batch.feature_mask, batch)[:, examples],
            full(batch.label_mask, batch)[:, examples],
        )

    expected = everything(network, batch)
    order = np.array([3, 0, 4, 2, 1])
    p, loss, gradients = everything(network, part(order))
    assert_same(([p[k] for k in np.argsort(order)], loss, gradients), expected)

    halves = [everything(network, part(np.array(split))) for split in ([0, 3], [1, 2, 4])]
    weights = [2 / 5, 3 / 5]
    assert_same(
        (
            [halves[0][0][0], halves[1][0][0], halves[1][0][1], halves[0][0][1], halves[1][0][2]],
            sum(w * half[1] for w, half in zip(weights, halves, strict=True)),
            {
                name: sum(w * half[2][name] for w, half in zip(weights, halves, strict=True))
                for name in gradients
            },
        ),
        expected,
    )


def test_extra_steps_inside_a_hole_do_not_matter():
    rng = np.random.default_rng(24)
    network = random_network(rng)
    batch = random_batch(rng, 5, 1, labelled=1.0)
    mask = np.array([1, 1, 0, 1, 1], bool)[:, None]
    narrow = tl.Batch(batch.features, batch.labels, mask, mask)
    widen = [0, 1, 2, 2, 2, 3, 4]
    wide = tl.Batch(batch.features[widen], batch.labels[widen], mask[widen], mask[widen])
    assert_same(everything(network, wide), everything(network, narrow))


def test_labels_that_are_not_there_have_no_gradient():
    rng = np.random.default_rng(25)
    network = random_network(rng)
    batch = random_batch(rng, 6, 4, mask="post")
    other = batch.labels.copy()
    other[~batch.label_mask] = np.nan
    changed = tl.Batch(batch.features, other, batch.feature_mask, batch.label_mask)
    for got, expected in zip(
        everything(network, changed)[2].values(),
        everything(network, batch)[2].values(),
        strict=True,
    ):
        np.testing.assert_array_equal(got, expected)
    nothing = tl.Batch(batch.features, batch.labels, batch.feature_mask, batch.label_mask & False)
    loss, gradients = network.loss_and_gradients(nothing)
    assert loss == 0 and not any(gradient.any() for gradient in gradients.values())
    assert not network.input_gradient(nothing).any()


def test_logits_of_a_thousand():
    output = tl.SoftmaxOutput(2, 3, rng=np.random.default_rng(0))
    output.parameters["W"][...] = [[1000, -1000, 0], [0, 0, 0]]
    x = np.array([[[1.0, 0.0]]])
    np.testing.assert_array_equal(output.forward(x), [[[1, 0, 0]]])
    labels = np.eye(3)[:, None, None]
    assert [float(output.loss(x, label)) for label in labels] == [0.0, 2000.0, 1000.0]
    _, dx, gradients = output.loss_and_gradients(x, labels[1])
    np.testing.assert_array_equal(gradients["b"], [1, -1, 0])
    np.testing.assert_array_equal(dx, [[[2000, 0]]])


def test_loss_and_probabilities_agree_with_loss_and_forward():
    rng = np.random.default_rng(26)
    network, batch = random_network(rng), random_batch(rng, 5, 4, mask="holes")
    loss, p = network.loss_and_probabilities(batch)
    assert loss == network.loss(batch) == network.loss_and_gradients(batch)[0]
    np.testing.assert_array_equal(p, network.forward(batch.features, batch.feature_mask))


def test_parameters_are_live_and_their_mapping_is_read_only():
    network = random_network(np.random.default_rng(27))
    network.parameters["output.b"][...] = [1, 2, 3]
    np.testing.assert_array_equal(network.layers["output"].parameters["b"], [1, 2, 3])
    with pytest.raises(TypeError):
        network.parameters["output.b"] = np.zeros(3)


def test_the_example_has_465902_parameters():
    rng = np.random.default_rng(28)
    network = tl.Network(
        {"L1": tl.PeepholeLSTM(86, 300, rng=rng), "output": tl.SoftmaxOutput(300, 2, rng=rng)}
    )
    assert network.summary().splitlines()[-1].split() == ["total", "465,902"]


def test_wrong_networks():
    rng = np.random.default_rng(29)
    lstm, output = tl.PeepholeLSTM(3, 4, rng=rng), tl.SoftmaxOutput(4, 2, rng=rng)
    for layers, message in [
        ({"output": output}, "expected a recurrent one and an output"),
        ({"a": lstm, "b": lstm}, "the last layer 'b' is no SoftmaxOutput"),
        ({"a": lstm, "a.b": output}, "layer name 'a.b': expected a text without a dot"),
        ({"a": lstm, "b": lstm, "c": output}, "layer 'b' takes 3 features, but 'a' below it has 4"),
        (
            {"a": tl.SoftmaxOutput(3, 4, rng=rng), "b": output},
            "layer 'a' is a SoftmaxOutput and not the last one",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            tl.Network(layers)
    with pytest.raises(ValueError, match="n_classes=1, expected at least 2"):
        tl.SoftmaxOutput(4, 1, rng=rng)
    with pytest.raises(ValueError, match="rng=None, expected a numpy"):
        tl.SoftmaxOutput(4, 2, rng=None)
    for dtype in ("int64", "float16"):
        with pytest.raises(ValueError, match=f"dtype is {dtype}, expected float32 or float64"):
            tl.SoftmaxOutput(4, 2, rng=rng, dtype=dtype)
    network = tl.Network({"a": lstm, "b": output})
    with pytest.raises(ValueError, match=r"parameters are \['a.W'\], expected"):
        network.with_parameters({"a.W": lstm.parameters["W"]})
    labels = np.zeros((5, 2, 3))
    with pytest.raises(ValueError, match=r"labels has shape \(5, 2, 3\), expected \(5, 2, 2\)"):
        output.loss(np.zeros((5, 2, 4)), labels)
