"""Activations: closed forms, derivatives by complex step, and no overflow."""

import numpy as np
import pytest
from helpers.loops_oracle import FUNCTIONS

import tinylstm as tl
from tinylstm.network.activations import ACTIVATIONS, activation_of

POINTS = np.array([-30.0, -3.0, -0.7, 0.3, 1.5, 30.0])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_derivative_are_the_closed_forms(name):
    function, derivative = FUNCTIONS[name]
    entry = ACTIVATIONS[name]
    np.testing.assert_allclose(entry.function(POINTS), function(POINTS), rtol=1e-13, atol=1e-16)
    y = entry.function(POINTS)
    # 1 - y**2 and y (1 - y) cancel near saturation: an absolute error of an eps is all there is.
    np.testing.assert_allclose(entry.derivative(y), derivative(POINTS), rtol=1e-13, atol=2e-16)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_complex_step_gives_the_derivative(name):
    entry = ACTIVATIONS[name]
    y = entry.function(POINTS + 1e-20j)
    np.testing.assert_allclose(y.real, entry.function(POINTS), rtol=1e-15)
    np.testing.assert_allclose(
        y.imag / 1e-20, entry.derivative(entry.function(POINTS)), rtol=1e-13, atol=2e-16
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_out_is_filled_and_keeps_the_dtype(name, dtype):
    entry, z = ACTIVATIONS[name], POINTS.astype(dtype)
    out = np.full_like(z, np.nan)
    assert entry.function(z, out=out) is out
    np.testing.assert_array_equal(out, entry.function(z))
    assert entry.function(z).dtype == dtype
    if not np.iscomplexobj(z):
        slopes = np.full_like(z, np.nan)
        assert entry.derivative(out, out=slopes) is slopes
        np.testing.assert_array_equal(slopes, entry.derivative(out))
        assert slopes.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gate_that_is_nearly_shut_is_precise(dtype):
    z = np.array([-80, -20, -9], dtype)
    exact = np.exp(z.astype(float)) / (1 + np.exp(z.astype(float)))
    np.testing.assert_allclose(
        ACTIVATIONS["sigmoid"].function(z), exact, rtol=4 * np.finfo(dtype).eps
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_overflow_far_out(name):
    z = np.array([-1e300, -1000.0, 1000.0, 1e300])  # a warning would be an error
    # exp overflows within the sigmoid, on the way to its right value 0.
    with np.errstate(over="ignore" if name == "sigmoid" else "raise"):
        y = ACTIVATIONS[name].function(z)
    assert np.isfinite(y).all() and (name != "sigmoid" or y.tolist() == [0, 0, 1, 1])


def test_a_layer_far_out_gives_no_warning():
    layer = tl.PeepholeLSTM(1, 2, rng=np.random.default_rng(0))
    layer.parameters["W"][...] = -1e5
    y, tape = layer.forward(np.full((3, 1, 1), 1e5))
    dx, _ = layer.backward(np.ones_like(y), tape)
    assert not y.any() and np.isfinite(dx).all()


def test_unknown_name():
    with pytest.raises(ValueError, match="activation 'elu' is not one of softsign, tanh, sigmoid"):
        activation_of("elu")
