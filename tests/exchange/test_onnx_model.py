"""ONNX models, run by onnxruntime: its own LSTM, with peepholes and softsign, gives the same."""

import json

import numpy as np
import pytest
from helpers.paths import ICU
from helpers.random_points import masks, randomise

import tinylstm as tl

onnx = pytest.importorskip("onnx", reason="onnx is not installed (extra: export)")


def run(path, x, lengths):
    runtime = pytest.importorskip(
        "onnxruntime", reason="onnxruntime is not installed (extra: oracles)"
    )
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feeds = {"features": x.astype(np.float32), "lengths": np.asarray(lengths, np.int32)}
    (p,) = session.run(["probabilities"], feeds)
    return p


def network_of(rng, layers, n_in=5, n_classes=3, scale=0.6):
    made, width = {}, n_in
    for number, (kind, settings) in enumerate(layers, start=1):
        made[f"lstm{number}"] = kind(width, 4, rng=rng, **settings)
        width = made[f"lstm{number}"].n_units
    network = tl.Network({**made, "output": tl.SoftmaxOutput(width, n_classes, rng=rng)})
    randomise(network.parameters, rng, scale)
    return network


ONE, BOTH = tl.PeepholeLSTM, tl.BidirectionalLSTM
STACKS = {
    "the example's": [(ONE, {})],
    "without peepholes": [(ONE, {"activation": "tanh", "peepholes": False})],
    "other gates": [(ONE, {"activation": "relu", "gate_activation": "softsign"})],
    "identity": [(ONE, {"activation": "identity", "gate_activation": "tanh"})],
    "identity gates": [(ONE, {"activation": "sigmoid", "gate_activation": "identity"})],
    "sum": [(BOTH, {})],
    "concat": [(BOTH, {"merge": "concat", "activation": "identity"})],
    "a stack": [(BOTH, {"merge": "concat"}), (ONE, {}), (BOTH, {"activation": "tanh"})],
}


@pytest.mark.parametrize("name", STACKS)
def test_onnxruntime_gives_the_same_probabilities(name, tmp_path):
    rng = np.random.default_rng(0)
    # Without a bound on c, only small weights keep it so small that float32 has six decimals.
    network = network_of(rng, STACKS[name], scale=0.3 if "identity" in name else 0.6)
    x, mask = rng.standard_normal((9, 6, 5)).astype(np.float32), masks("post", 9, 6, rng)
    x[~mask] = np.nan
    path = tmp_path / "model.onnx"
    tl.save_onnx(path, network)
    p = run(path, x, mask.sum(axis=0))
    np.testing.assert_allclose(p[mask], network.forward(x, mask)[mask], atol=1e-6)
    # Another number of steps and of examples, the same file.
    p = run(path, x[:1, :1], [1])
    np.testing.assert_allclose(p, network.forward(x[:1, :1]), atol=1e-6)


def test_every_sample_patient(tmp_path):
    """Raw features and a standardizer, in float64 and in float32."""
    dataset = tl.SequenceDataset.from_csv(
        ICU / "sequence" / "%d.csv", ICU / "mortality" / "%d.csv", 0, 299, 2, 1, verbose=False
    )
    standardizer = tl.Standardizer().fit(dataset)
    standardised = standardizer.transform(dataset)
    (raw,), (batch,) = (list(data.batches(len(dataset))) for data in (dataset, standardised))
    for dtype in (np.float64, np.float32):
        rng = np.random.default_rng(1)
        network = tl.Network(
            {
                "lstm": tl.PeepholeLSTM(dataset.n_features, 32, rng=rng, dtype=dtype),
                "output": tl.SoftmaxOutput(32, 2, rng=rng, dtype=dtype),
            }
        )
        path = tmp_path / "model.onnx"
        tl.save_onnx(path, network, standardizer)
        p = run(path, raw.features, raw.feature_mask.sum(axis=0))
        expected = network.forward(batch.features, batch.feature_mask)
        real = batch.feature_mask
        np.testing.assert_allclose(p[real], expected[real], atol=1e-6)


def test_the_mean_of_several_networks(tmp_path):
    rng = np.random.default_rng(2)
    networks = [network_of(rng, STACKS["sum"]) for _ in range(3)]
    x = rng.standard_normal((4, 2, 5)).astype(np.float32)
    tl.save_onnx(tmp_path / "model.onnx", networks)
    expected = np.mean([network.forward(x) for network in networks], axis=0)
    np.testing.assert_allclose(run(tmp_path / "model.onnx", x, [4, 4]), expected, atol=1e-6)


def test_the_model_says_what_it_is(tmp_path):
    network = network_of(np.random.default_rng(3), STACKS["concat"])
    path = tmp_path / "model.onnx"
    standardizer = tl.Standardizer(mean=np.zeros(5), std=np.ones(5))
    tl.save_onnx(path, network, standardizer, {"settings": {"epochs": 15}})
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.producer_name == "tinylstm"
    assert model.graph.doc_string == "" and model.ir_version == 8
    properties = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert properties["settings"] == {"epochs": 15} and properties["standardized"] is True
    assert properties["layers"]["lstm1"]["class"] == "BidirectionalLSTM"
    assert properties["layers"]["lstm1"]["merge"] == "concat"
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    }
    assert shapes == {
        "features": ["T", "N", 5],
        "lengths": ["N"],
        "probabilities": ["T", "N", 3],
    }
    assert {constant.name for constant in model.graph.initializer} >= {"lstm1.W", "output.b"}


def test_what_onnx_does_not_have_is_named(tmp_path):
    class Other(tl.PeepholeLSTM):
        pass

    rng = np.random.default_rng(4)
    network = network_of(rng, STACKS["the example's"])
    path = tmp_path / "model.onnx"
    for arguments, message in (
        ((network_of(rng, [(Other, {})]),), "layer 'lstm1' is a Other: ONNX has no such"),
        ((network, tl.Standardizer()), "standardizer: not fitted"),
        ((network, tl.Standardizer([0.0], [1.0])), "standardizer of 1 features, expected 5"),
        (([network, network_of(rng, STACKS["sum"], n_in=2)],), "networks of 2 sizes"),
        (([],), "networks of 0 sizes"),
        ((network, None, {"a": np.ones(2)}), "metadata: .*ndarray"),
        ((network, None, "text"), "metadata is a str, expected a dict"),
    ):
        with pytest.raises(ValueError, match=message):
            tl.save_onnx(path, *arguments)
    assert not path.exists()
