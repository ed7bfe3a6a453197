"""Initial weights: moments, ranges, orthogonality, and what is refused."""

import numpy as np
import pytest

import tinylstm as tl
from tinylstm.network import initializers

D, H, K = 40, 25, 3
LSTM_SHAPES = [(D, 4 * H), (H, 4 * H), (3, H)]


def draw(init, shape, fan_in=H, fan_out=D + H, seed=0):
    return init(np.random.default_rng(seed), shape, fan_in, fan_out)


@pytest.mark.parametrize(
    "init, std",
    [
        (initializers.normal(), 1.0),
        (initializers.normal(0.05), 0.05),
        (initializers.uniform(0.3), 0.3 / np.sqrt(3)),
        (initializers.xavier(), np.sqrt(2 / (H + D + H))),
        (initializers.zeros(), 0.0),
    ],
)
def test_mean_and_standard_deviation(init, std):
    weights = draw(init, (D, 4 * H))
    assert weights.shape == (D, 4 * H)
    assert abs(weights.mean()) <= 4 * std / np.sqrt(weights.size)
    assert abs(weights.std() - std) <= 3 * std / np.sqrt(weights.size)


def test_uniform_fills_its_range():
    weights = draw(initializers.uniform(0.3), (D, 4 * H))
    assert 0.29 < weights.max() <= 0.3 and -0.3 <= weights.min() < -0.29


@pytest.mark.parametrize("shape", LSTM_SHAPES[:2])
def test_every_gate_is_orthogonal_by_itself(shape):
    weights = draw(initializers.orthogonal(), shape)
    for k in range(4):
        block = weights[:, k * H : (k + 1) * H]
        np.testing.assert_allclose(block.T @ block, np.eye(H), atol=1e-13)


def test_orthogonal_peepholes_are_zero_and_an_output_is_not():
    assert not draw(initializers.orthogonal(), (3, H)).any()
    V = draw(initializers.orthogonal(), (H, K), H, K)
    np.testing.assert_allclose(V.T @ V, np.eye(K), atol=1e-13)
    square = draw(initializers.orthogonal(), (H, H), H, H)
    np.testing.assert_allclose(square.T @ square, np.eye(H), atol=1e-13)
    wide = draw(initializers.orthogonal(), (H, 4 * H), H, 4 * H)
    np.testing.assert_allclose(wide @ wide.T, np.eye(H), atol=1e-13)


def test_a_layer_asks_for_W_R_p_in_that_order_with_its_own_fans():
    calls = []

    def init(rng, shape, fan_in, fan_out):
        calls.append((shape, fan_in, fan_out))
        return np.zeros(shape)

    tl.PeepholeLSTM(D, H, initializer=init, rng=np.random.default_rng(0))
    tl.SoftmaxOutput(H, K, initializer=init, rng=np.random.default_rng(0))
    assert calls == [(shape, H, D + H) for shape in LSTM_SHAPES] + [((H, K), H, K)]


@pytest.mark.parametrize("make", [initializers.normal, initializers.uniform])
@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_wrong_width(make, value):
    with pytest.raises(ValueError, match="expected a finite number of 0 or more"):
        make(value)
