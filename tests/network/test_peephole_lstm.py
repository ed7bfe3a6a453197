"""The fast layer against the loop-only oracle, and what must not change its result."""

import contextlib
import threading

import numpy as np
import pytest
from helpers.loops_oracle import lstm_backward, lstm_forward
from helpers.random_points import MASKS, masks, randomise

import tinylstm as tl
from tinylstm.network.fast.recurrence import steps_backward

ACTIVATIONS = ("softsign", "tanh", "sigmoid", "relu", "identity")


def random_layer(seed, n_in=3, n_units=4, **settings):
    rng = np.random.default_rng(seed)
    layer = tl.PeepholeLSTM(n_in, n_units, rng=rng, **settings)
    randomise(layer.parameters, rng)
    return layer, rng


@pytest.mark.parametrize("mask_kind", MASKS)
@pytest.mark.parametrize("n_steps, n_examples", [(1, 1), (1, 4), (2, 1), (7, 5)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_equals_the_textbook(activation, n_steps, n_examples, mask_kind):
    for peepholes, gate, with_state in [(True, "sigmoid", False), (False, "softsign", True)]:
        layer, rng = random_layer(
            7, activation=activation, gate_activation=gate, peepholes=peepholes
        )
        x = rng.standard_normal((n_steps, n_examples, 3))
        mask = masks(mask_kind, n_steps, n_examples, rng)
        real = np.ones((n_steps, n_examples), bool) if mask is None else mask
        state = tuple(rng.standard_normal((2, n_examples, 4))) if with_state else None
        dy = rng.standard_normal((n_steps, n_examples, 4))

        h, kept = lstm_forward(x, real, layer.parameters, activation, gate, state)
        dx, expected = lstm_backward(dy, x, real, layer.parameters, kept, activation, gate)
        if mask is not None:
            x[~real] = np.nan
            dy[~real] = np.nan
        y, tape = layer.forward(x, mask, state)
        got_dx, got = layer.backward(dy, tape)

        np.testing.assert_allclose(y, h, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(got_dx, dx, rtol=1e-12, atol=1e-13)
        assert set(got) == set(layer.parameters)
        for name, gradient in got.items():
            np.testing.assert_allclose(gradient, expected[name], rtol=1e-12, atol=1e-13)


def test_many_steps_equal_the_textbook():
    """Longer than the blocks of rows in which backward works, with unequal lengths."""
    layer, rng = random_layer(3, n_in=2, n_units=3)
    n_steps, n_examples = 90, 24
    x = rng.standard_normal((n_steps, n_examples, 2))
    mask = np.arange(n_steps)[:, None] < rng.integers(1, n_steps + 1, n_examples)
    dy = rng.standard_normal((n_steps, n_examples, 3))
    h, kept = lstm_forward(x, mask, layer.parameters)
    dx, expected = lstm_backward(dy, x, mask, layer.parameters, kept)
    y, tape = layer.forward(x, mask)
    got_dx, got = layer.backward(dy, tape)
    np.testing.assert_allclose(y, h, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(got_dx, dx, rtol=1e-11, atol=1e-13)
    for name, gradient in got.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-11, atol=1e-11)


def test_state_after_the_last_step_continues_the_sequence():
    layer, rng = random_layer(5)
    x = rng.standard_normal((9, 3, 3))
    whole, whole_tape = layer.forward(x)
    first, tape = layer.forward(x[:4])
    rest, rest_tape = layer.forward(x[4:], state=tape.state)
    np.testing.assert_allclose(np.concatenate([first, rest]), whole, rtol=1e-13)
    for part, expected in zip(rest_tape.state, whole_tape.state, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-13)


def test_masks_and_states():
    """Post padding leaves zeros for shorter examples; pre padding loses a state handed in."""
    layer, rng = random_layer(6)
    x = rng.standard_normal((4, 2, 3))
    state = tuple(rng.standard_normal((2, 2, 4)))
    post = np.array([[1, 1], [1, 1], [1, 0], [1, 0]], bool)
    _, tape = layer.forward(x, post, state)
    assert not tape.state[0][1].any() and not tape.state[1][1].any()
    assert tape.state[0][0].all() and tape.state[1][0].all()
    pre = post[::-1]
    with_state, _ = layer.forward(x, pre, state)
    without, _ = layer.forward(x, pre)
    np.testing.assert_array_equal(with_state[:, 1], without[:, 1])
    assert not np.allclose(with_state[:, 0], without[:, 0])


def test_all_masked_is_zero_everywhere():
    layer, rng = random_layer(8)
    nothing = np.zeros((3, 2), bool)
    y, tape = layer.forward(np.full((3, 2, 3), np.nan), nothing)
    dx, gradients = layer.backward(rng.standard_normal((3, 2, 4)), tape)
    assert not y.any() and not dx.any() and not any(part.any() for part in tape.state)
    assert not any(gradient.any() for gradient in gradients.values())


def test_two_results_and_two_tapes_at_once():
    layer, rng = random_layer(9)
    x_1, x_2 = rng.standard_normal((2, 6, 3, 3))
    dy = rng.standard_normal((6, 3, 4))
    y_1, tape_1 = layer.forward(x_1)
    before = y_1.copy()
    dx_1, gradients_1 = layer.backward(dy, tape_1)
    kept = dx_1.copy(), {name: array.copy() for name, array in gradients_1.items()}
    y_2, tape_2 = layer.forward(x_2)
    layer.backward(dy, tape_2)
    again, gradients_again = layer.backward(dy, tape_1)
    np.testing.assert_array_equal(y_1, before)
    np.testing.assert_array_equal(dx_1, kept[0])
    np.testing.assert_array_equal(again, kept[0])
    for name, array in kept[1].items():
        np.testing.assert_array_equal(gradients_1[name], array)
        np.testing.assert_array_equal(gradients_again[name], array)
    assert not np.array_equal(y_1, y_2)


def test_a_changed_result_does_not_reach_the_tape():
    layer, rng = random_layer(10)
    x, dy = rng.standard_normal((6, 3, 3)), rng.standard_normal((6, 3, 4))
    y, tape = layer.forward(x)
    expected, _ = layer.backward(dy, tape)
    with contextlib.suppress(ValueError):  # read-only is as good
        y[...] = 0
    got, _ = layer.backward(dy, tape)
    np.testing.assert_array_equal(got, expected)


def test_two_threads_side_by_side():
    jobs = []
    for seed in (11, 12):
        layer, rng = random_layer(seed, n_units=20)
        x, dy = rng.standard_normal((40, 8, 3)), rng.standard_normal((40, 8, 20))
        jobs.append((layer, x, dy, layer.backward(dy, layer.forward(x)[1])))
    failures = []

    def work(layer, x, dy, expected):
        for _ in range(20):
            dx, gradients = layer.backward(dy, layer.forward(x)[1])
            same = np.array_equal(dx, expected[0]) and all(
                np.array_equal(gradients[name], array) for name, array in expected[1].items()
            )
            if not same:
                failures.append(layer)

    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_nothing_handed_in_is_changed():
    layer, rng = random_layer(13)
    x, dy = rng.standard_normal((5, 3, 3)), rng.standard_normal((5, 3, 4))
    mask = masks("holes", 5, 3, rng)
    state = tuple(rng.standard_normal((2, 3, 4)))
    handed = [x, dy, mask, *state, *layer.parameters.values()]
    for array in handed:
        array.flags.writeable = False
    _, tape = layer.forward(x, mask, state)
    for array in (tape.inputs, *tape.gates, *tape.c):
        array.flags.writeable = False
    dx, _ = layer.backward(dy, tape)
    assert dx.shape == x.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_computes_in_the_dtype_of_its_parameters(dtype):
    layer, rng = random_layer(14, dtype=dtype)
    x = rng.standard_normal((5, 3, 3))
    y, tape = layer.forward(x)
    dx, gradients = layer.backward(np.ones(y.shape), tape)
    arrays = [y, dx, *tape.state, *gradients.values(), *layer.parameters.values()]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    complex_y, _ = layer.forward(x + 0j)
    assert complex_y.dtype == np.result_type(dtype, np.complex64)
    np.testing.assert_allclose(complex_y.real, y, rtol=2e-5 if dtype == np.float32 else 1e-13)


def test_float32_is_near_float64():
    layer, rng = random_layer(15, n_units=16)
    narrow = layer.with_parameters(
        {name: array.astype(np.float32) for name, array in layer.parameters.items()}
    )
    x, dy = rng.standard_normal((30, 6, 3)), rng.standard_normal((30, 6, 16))
    _, gradients = layer.backward(dy, layer.forward(x)[1])
    _, narrow_gradients = narrow.backward(dy, narrow.forward(x)[1])
    for name, gradient in gradients.items():
        scale = np.abs(gradient).max()
        assert np.abs(narrow_gradients[name] - gradient).max() < 1e-4 * scale


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_that_dies_out_is_zero_and_not_subnormal(dtype):
    """A forget gate that is nearly shut: 200 steps back the gradient is below any normal float."""
    layer, rng = random_layer(16, dtype=dtype)
    layer.parameters["b"][4:8] = -9
    for name in "Rp":
        layer.parameters[name][...] *= 0.01
    x = rng.standard_normal((200, 32, 3))
    dy = np.zeros((200, 32, 4))
    dy[-1] = 1
    _, tape = layer.forward(x)
    dx, _ = layer.backward(dy, tape)
    subnormal = (dx != 0) & (np.abs(dx) < np.finfo(dtype).tiny)
    assert not dx[:50].any()
    assert subnormal.any(axis=(1, 2)).sum() <= 5  # steps: the border is watched every few
    everywhere = np.ones((200, 32), bool)
    _, kept = lstm_forward(x, everywhere, layer.parameters)
    expected, _ = lstm_backward(dy, x, everywhere, layer.parameters, kept)
    error = np.abs(dx - expected).max(axis=(1, 2))[-8:]
    largest = np.abs(expected).max(axis=(1, 2))[-8:]
    assert (error <= (1e-5 if dtype == np.float32 else 1e-12) * largest).all()


def test_shut_gates_put_no_subnormal_numbers_into_the_products():
    """Features as large as raw ones: gates of 1e-20 times gradients of 1e-25, in float32."""
    layer, rng = random_layer(8, n_units=40, dtype=np.float32)
    layer.parameters["W"][...] *= 20
    x = rng.standard_normal((60, 4, 3)).astype(np.float32)
    dy = np.zeros((60, 4, 40), np.float32)
    dy[-1] = 1e-6
    _, tape = layer.forward(x)
    nothing = np.zeros((40, 0), np.float32)
    (every_step,) = tape.packing.blocks(240)
    delta, *_ = steps_backward(layer, tape, every_step, dy.reshape(240, 40), nothing, nothing)
    tiny = np.finfo(np.float32).tiny
    assert np.abs(delta[delta != 0]).min() > tiny


def test_initial_weights():
    layer = tl.PeepholeLSTM(86, 300, rng=np.random.default_rng(0))
    assert sum(array.size for array in layer.parameters.values()) == 86 * 1200 + 300 * 1203 + 1200
    np.testing.assert_array_equal(layer.parameters["b"], np.repeat([0, 1, 0, 0], 300))
    for name in "WR":  # DeepLearning4j's fans: H and D + H for both
        assert abs(layer.parameters[name].std() - np.sqrt(2 / (300 + 386))) < 5e-4
    again = tl.PeepholeLSTM(86, 300, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(again.parameters["p"], layer.parameters["p"])
    assert layer.parameters["p"].any()


def test_gradient_without_dx():
    layer, rng = random_layer(17)
    _, tape = layer.forward(rng.standard_normal((5, 3, 3)))
    dy = rng.standard_normal((5, 3, 4))
    dx, gradients = layer.backward(dy, tape, want_dx=False)
    assert dx is None
    np.testing.assert_array_equal(gradients["R"], layer.backward(dy, tape)[1]["R"])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"n_in": 0}, "n_in=0, expected at least 1"),
        ({"n_units": 2.0}, "n_units=2.0, expected an integer"),
        ({"activation": "gelu"}, "activation 'gelu' is not one of softsign, tanh"),
        ({"dtype": int}, "dtype is int64, expected float32 or float64"),
        ({"rng": None}, "rng=None, expected a numpy.random.Generator"),
        ({"rng": 0}, "rng=0, expected a numpy.random.Generator"),
    ],
)
def test_wrong_settings(arguments, message):
    settings = {"n_in": 3, "n_units": 4, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=message):
        tl.PeepholeLSTM(**{**settings, **arguments})


def test_wrong_arrays():
    layer, _ = random_layer(18)
    x = np.zeros((5, 2, 3))
    with pytest.raises(ValueError, match=r"x has shape \(5, 2, 4\), expected \(T, N, 3\)"):
        layer.forward(np.zeros((5, 2, 4)))
    with pytest.raises(ValueError, match=r"x has shape \(2, 3\), expected \(T, N, 3\)"):
        layer.forward(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"mask has shape \(2, 5\), expected \(5, 2\)"):
        layer.forward(x, np.ones((2, 5), bool))
    with pytest.raises(ValueError, match="mask has dtype float64, expected bool"):
        layer.forward(x, np.full((5, 2), 0.5))
    with pytest.raises(ValueError, match=r"state c has shape \(3, 4\), expected \(2, 4\)"):
        layer.forward(x, state=(np.zeros((2, 4)), np.zeros((3, 4))))
    with pytest.raises(ValueError, match=r"expected the pair \(h, c\)"):
        layer.forward(x, state=[np.zeros((2, 4))])
    _, tape = layer.forward(x)
    with pytest.raises(ValueError, match=r"dy has shape \(4, 2, 4\), expected \(5, 2, 4\)"):
        layer.backward(np.zeros((4, 2, 4)), tape)
    with pytest.raises(ValueError, match=r"parameter p has shape \(4, 4\), expected \(3, 4\)"):
        layer.with_parameters({**layer.parameters, "p": np.zeros((4, 4))})
    with pytest.raises(ValueError, match="parameters are"):
        layer.with_parameters({"W": layer.parameters["W"]})
