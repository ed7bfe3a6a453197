"""PyTorch's state dicts: both ways, against PyTorch where it is installed."""

import numpy as np
import pytest
from helpers.random_points import masks, randomise

import tinylstm as tl


def network_of(rng, both=(False, True), dtype=float):
    """Two recurrent layers that nn.LSTM can be, and an output."""
    layers, n_in = {}, 3
    for number, bidirectional in enumerate(both, start=1):
        kind, merge = tl.PeepholeLSTM, {}
        if bidirectional:
            kind, merge = tl.BidirectionalLSTM, {"merge": "concat"}
        layer = kind(n_in, 4, activation="tanh", peepholes=False, rng=rng, dtype=dtype, **merge)
        layers[f"lstm{number}"], n_in = layer, layer.n_units
    network = tl.Network({**layers, "output": tl.SoftmaxOutput(n_in, 3, rng=rng, dtype=dtype)})
    randomise(network.parameters, rng)
    return network


def modules_of(torch, states):
    """PyTorch's modules with these state dicts."""
    modules = {}
    for name, state in states.items():
        if "weight" in state:
            n_out, n_in = state["weight"].shape
            module = torch.nn.Linear(n_in, n_out)
        else:
            rows, n_in = state["weight_ih_l0"].shape
            both = "weight_ih_l0_reverse" in state
            module = torch.nn.LSTM(n_in, rows // 4, bidirectional=both)
        modules[name] = module.double()
        module.load_state_dict({key: torch.tensor(value) for key, value in state.items()})
    return modules


@pytest.mark.parametrize("both", [(False, False), (True, True), (False, True)])
def test_pytorch_gives_the_same_outputs_and_gradients(both):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: oracles)")
    rng = np.random.default_rng(0)
    network = network_of(rng, both)
    modules = modules_of(torch, tl.to_torch(network))
    mask = masks("post", 6, 4, rng)
    lengths = mask.sum(axis=0)
    labels = np.eye(3)[rng.integers(0, 3, (6, 4))]
    batch = tl.Batch(rng.standard_normal((6, 4, 3)), labels, mask, mask)

    x = torch.tensor(batch.features, requires_grad=True)
    h = x
    for module in list(modules.values())[:-1]:
        packed = torch.nn.utils.rnn.pack_padded_sequence(h, lengths, enforce_sorted=False)
        h, _ = torch.nn.utils.rnn.pad_packed_sequence(module(packed)[0])
    log_p = torch.log_softmax(modules["output"](h), dim=2)
    loss = -(torch.tensor(labels * mask[..., None]) * log_p).sum() / 4
    loss.backward()

    p = network.forward(batch.features, mask)
    np.testing.assert_allclose(p[mask], log_p.exp().detach().numpy()[mask], rtol=1e-10)
    ours, gradients = network.loss_and_gradients(batch)
    assert ours == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(network.input_gradient(batch), x.grad, rtol=1e-9, atol=1e-13)
    for name, state in tl.to_torch(network.with_parameters(gradients)).items():
        for key, gradient in state.items():
            if not key.startswith("bias_hh"):  # the two biases have the same
                theirs = dict(modules[name].named_parameters())[key].grad
                np.testing.assert_allclose(gradient, theirs, rtol=1e-9, atol=1e-13)


def test_modules_of_pytorch_become_a_network():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: oracles)")
    torch.manual_seed(0)
    modules = {
        "a": torch.nn.LSTM(3, 4, bidirectional=True),
        "b": torch.nn.LSTM(8, 5, bias=False),
        "logits": torch.nn.Linear(5, 2),
    }
    network = tl.from_torch({name: module.state_dict() for name, module in modules.items()})
    assert {array.dtype for array in network.parameters.values()} == {np.dtype(np.float32)}
    x = np.random.default_rng(1).standard_normal((6, 2, 3)).astype(np.float32)
    with torch.no_grad():
        h = modules["b"](modules["a"](torch.tensor(x))[0])[0]
        p = torch.softmax(modules["logits"](h), dim=2)
    np.testing.assert_allclose(network.forward(x), p.numpy(), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back(dtype):
    network = network_of(np.random.default_rng(2), dtype=dtype)
    again = tl.from_torch(tl.to_torch(network))
    assert list(again.parameters) == list(network.parameters)
    for name, parameter in network.parameters.items():
        assert again.parameters[name].dtype == dtype
        np.testing.assert_array_equal(again.parameters[name], parameter)
        again.parameters[name][...] = 0  # a copy: the other is as it was
    assert network.parameters["lstm1.W"].all()


def test_blocks_of_rows_by_hand():
    """i, f, g, o in rows; ours are the columns a, f, o, i, and g is a."""
    rng = np.random.default_rng(3)
    network = network_of(rng)
    network.parameters["lstm1.b"][...] = np.repeat([1, 2, 3, 4], 4)
    state = tl.to_torch(network)["lstm1"]
    assert state["bias_ih_l0"].tolist() == np.repeat([4, 2, 1, 3], 4).tolist()
    assert not state["bias_hh_l0"].any()
    state["bias_hh_l0"][:] = 10
    again = tl.from_torch({"lstm1": state, "output": {"weight": np.ones((2, 4))}})
    assert again.parameters["lstm1.b"].tolist() == np.repeat([11, 12, 13, 14], 4).tolist()
    assert not again.parameters["output.b"].any()


def test_what_pytorch_does_not_have_is_named():
    rng = np.random.default_rng(4)
    plain = {"activation": "tanh", "peepholes": False, "rng": rng}
    for layer, message in (
        (tl.PeepholeLSTM(3, 4, rng=rng), "layer 'a' has activation='softsign', nn.LSTM has 'tanh'"),
        (
            tl.PeepholeLSTM(3, 4, **{**plain, "peepholes": True}),
            "has peepholes=True, nn.LSTM has F",
        ),
        (tl.PeepholeLSTM(3, 4, gate_activation="relu", **plain), "has gate_activation='relu'"),
        (tl.BidirectionalLSTM(3, 4, **plain), "has merge='sum', nn.LSTM has 'concat'"),
    ):
        network = tl.Network({"a": layer, "output": tl.SoftmaxOutput(4, 2, rng=rng)})
        with pytest.raises(ValueError, match=message):
            tl.to_torch(network)


def test_state_dicts_of_other_modules_are_named():
    states = tl.to_torch(network_of(np.random.default_rng(5), (False,)))
    lstm, linear = states["lstm1"], states["output"]

    def of(**changes):
        merged = {**lstm, **changes}
        own = {key: value for key, value in merged.items() if value is not None}
        return {"lstm": own, "output": linear}

    rows = np.ones((16, 4))
    for wrong, message in (
        (linear, "expected a dict of state dicts, of one nn.LSTM at least"),
        ({"output": linear}, "expected a dict of state dicts, of one nn.LSTM at least"),
        (of(weight_ih_l1=rows), "lstm has weight_ih_l1: expected .* nn.LSTM with one layer"),
        (of(weight_hr_l0=rows), "lstm has weight_hr_l0: expected"),
        (of(weight_hh_l0=None), "lstm has no weight_hh_l0"),
        (of(weight_ih_l0=None), "lstm has no weight_ih_l0"),
        (
            of(weight_hh_l0=rows[:, :3]),
            r"lstm, weight_ih_l0 has shape \(16, 3\), expected \(12, 3\)",
        ),
        (of(bias_ih_l0=rows), r"lstm, bias_ih_l0 has shape \(16, 4\), expected \(16,\)"),
        (of(bias_hh_l0_reverse=rows[:, 0]), "lstm has no weight_ih_l0_reverse"),
        (of(bias_ih_l0=np.ones(16, int)), "lstm, bias_ih_l0 has dtype int64, expected float32"),
        ({"lstm": lstm, "output": lstm}, "output has weight_ih_l0, .*expected .* nn.Linear"),
        ({"lstm": lstm, "output": {"weight": rows[0]}}, r"output, weight has shape \(4,\)"),
        ({"lstm": lstm, "output": {"weight": rows[:2, :3]}}, "takes 3 features"),
    ):
        with pytest.raises(ValueError, match=message):
            tl.from_torch(wrong)
