import math

import numpy as np
import pytest

import tinylstm as tl


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sgd_on_a_parabola(dtype):
    # Of p^2 / 2 the gradient is p: each step multiplies by 1 - learning_rate.
    parameters = {"p": np.array([3.0, -2.0], dtype), "q": np.ones((2, 2), dtype)}
    live = parameters["p"]
    for _ in range(10):
        tl.SGD(0.25).step(parameters, {name: p.copy() for name, p in parameters.items()})
    assert parameters["p"] is live
    assert parameters["p"].dtype == parameters["q"].dtype == dtype
    tolerance = 10 * np.finfo(dtype).eps
    np.testing.assert_allclose(live, 0.75**10 * np.array([3, -2]), rtol=tolerance)
    np.testing.assert_allclose(parameters["q"], 0.75**10, rtol=tolerance)


def test_a_numpy_learning_rate_does_not_widen_float32():
    p, g = np.float32([1.0, 3.0]), np.float32([0.1, 0.7])
    expected = p - np.float32(0.3) * g
    tl.SGD(np.float64(0.3)).step({"p": p}, {"p": g})
    np.testing.assert_array_equal(p, expected)


def test_gradients_are_not_changed():
    g = np.ones(3)
    tl.SGD(0.1).step({"p": np.ones(3)}, {"p": g})
    np.testing.assert_array_equal(g, 1)


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        ({"p": np.ones(2)}, r"gradients of \['p'\], expected of \['p', 'q'\]"),
        (
            {"p": np.ones(2), "q": np.ones(3), "r": np.ones(1)},
            r"gradients of \['p', 'q', 'r'\], expected of \['p', 'q'\]",
        ),
        (
            {"p": np.ones(2), "q": np.ones(1)},
            r"the gradient of q has shape \(1,\), expected \(3,\)",
        ),
    ],
)
def test_wrong_gradients_change_nothing(gradients, message):
    parameters = {"p": np.zeros(2), "q": np.zeros(3)}
    with pytest.raises(ValueError, match=message):
        tl.SGD(0.1).step(parameters, gradients)
    assert not parameters["p"].any()
    assert not parameters["q"].any()


@pytest.mark.parametrize("learning_rate", [0, -0.1, np.nan, np.inf])
def test_wrong_learning_rate(learning_rate):
    with pytest.raises(ValueError, match=r"learning_rate=.*, expected a finite number above 0"):
        tl.SGD(learning_rate)


RNG = np.random.default_rng(0)
GRADIENTS = RNG.normal(size=(50, 3))


def run(optimizer, gradients=GRADIENTS, start=(1.0, -2.0, 3.0)):
    """Steps along given gradients, one row each; the parameter after every step."""
    parameters = {"w": np.array(start, dtype=gradients.dtype)}
    path = []
    for g in gradients:
        optimizer.step(parameters, {"w": g})
        path.append(parameters["w"].copy())
    return np.array(path)


def test_momentum_of_a_constant_gradient():
    # v_t = (1 - mu^t) / (1 - mu), summed over t.
    t = np.arange(1, 51)
    moved = 1 - run(tl.Momentum(0.1, momentum=0.8), np.ones((50, 1)), start=(1.0,))[:, 0]
    expected = 0.1 * (t - 0.8 * (1 - 0.8**t) / (1 - 0.8)) / (1 - 0.8)
    np.testing.assert_allclose(moved, expected, rtol=1e-12)


def test_nesterov_equals_the_look_ahead():
    # Sutskever et al., eqs. 3 and 4, on a bowl, at the points where the gradient is taken.
    A, mu, rate = np.diag([1.0, 0.3, 0.05]), 0.9, 0.2
    theta, v = np.array([1.0, -2.0, 3.0]), np.zeros(3)
    parameters, optimizer = {"w": theta.copy()}, tl.Momentum(rate, mu, nesterov=True)
    for _ in range(30):
        v = mu * v - rate * A @ (theta + mu * v)
        theta = theta + v
        optimizer.step(parameters, {"w": A @ parameters["w"]})
        np.testing.assert_allclose(parameters["w"], theta + mu * v, rtol=1e-12)


def test_momentum_of_zero_is_plain():
    for nesterov in (False, True):
        np.testing.assert_array_equal(
            run(tl.Momentum(0.1, 0.0, nesterov)), run(tl.SGD(0.1)), strict=True
        )


def test_adam_equals_the_paper():
    # Algorithm 1, number by number.
    alpha, beta1, beta2, epsilon = 0.01, 0.8, 0.95, 1e-4
    path = run(tl.Adam(alpha, beta1, beta2, epsilon))
    for k, w in enumerate((1.0, -2.0, 3.0)):
        m = v = 0.0
        for t, g in enumerate(GRADIENTS[:, k], start=1):
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g * g
            w -= alpha * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
            assert path[t - 1, k] == pytest.approx(w, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_adam_of_a_constant_gradient(scale):
    # With the bias put right, m is g and v is g^2 at every step: each moves by alpha.
    path = run(tl.Adam(0.01, epsilon=1e-30), np.full((20, 1), -scale), start=(0.0,))
    np.testing.assert_allclose(path[:, 0], 0.01 * np.arange(1, 21), rtol=1e-10)


@pytest.mark.parametrize("make", [tl.SGD, tl.Momentum, tl.Adam])
def test_weight_decay_is_decoupled(make):
    # Without a gradient what is named shrinks by 1 - eta lambda a step, whatever the learning rate.
    optimizer = make(1e3, weight_decay={"W": 0.1}, schedule=tl.StepDecay(2, 0.5))
    parameters = {"W": np.array([2.0]), "b": np.array([2.0])}
    for _ in range(4):
        optimizer.step(parameters, {"W": np.zeros(1), "b": np.zeros(1)})
    np.testing.assert_allclose(parameters["W"], 2 * 0.9**2 * 0.95**2, rtol=1e-14)
    assert parameters["b"] == 2


def test_decay_and_gradient_take_the_same_weights():
    # Loshchilov & Hutter, algorithm 1, line 9: theta - eta (alpha g + lambda theta).
    optimizer = tl.SGD(0.2, weight_decay={"w": 0.1}, schedule=lambda step: 0.5)
    path = run(optimizer, np.array([[3.0]]), start=(2.0,))
    assert path[0, 0] == pytest.approx(2 - 0.5 * (0.2 * 3 + 0.1 * 2), rel=1e-15)


@pytest.mark.parametrize("make", [tl.SGD, tl.Momentum, tl.Adam])
def test_a_schedule_multiplies_the_learning_rate(make):
    one = run(make(0.1, schedule=lambda step: 1.0 if step < 3 else 0.25))
    np.testing.assert_array_equal(one[:3], run(make(0.1))[:3])
    steps, plain = np.diff(one, axis=0), np.diff(run(make(0.1)), axis=0)
    np.testing.assert_allclose(steps[2:], 0.25 * plain[2:], rtol=1e-9)


OPTIMIZERS = [
    lambda: tl.SGD(0.1, schedule=tl.Cosine(40)),
    lambda: tl.Momentum(0.1, nesterov=True),
    lambda: tl.Adam(0.1, schedule=tl.Cosine(40), weight_decay={"w": 0.01}),
    lambda: tl.Clipped(tl.Adam(0.1), max_norm=0.5),
]


@pytest.mark.parametrize("make", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_going_on_from_a_state(make, dtype):
    gradients = GRADIENTS.astype(dtype)
    whole, first, second = run(make(), gradients), make(), make()
    begun = run(first, gradients[:20])
    second.state = first.state
    run(first, gradients[:3])  # must not reach the other through a shared array
    rest = run(second, gradients[20:], start=begun[-1])
    np.testing.assert_array_equal(rest, whole[20:])
    assert whole.dtype == rest.dtype == dtype
    assert all(a.dtype == dtype for name, a in second.state.items() if name != "n_steps")


@pytest.mark.parametrize("make", [tl.SGD, tl.Momentum, tl.Adam])
def test_a_weight_decay_of_an_unknown_name_changes_nothing(make):
    parameters = {"w": np.ones(2)}
    with pytest.raises(ValueError, match=r"weight_decay of 'lstm.W', expected of \['w'\]"):
        make(0.1, weight_decay={"lstm.W": 0.1}).step(parameters, {"w": np.ones(2)})
    assert parameters["w"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tl.SGD(0.1, weight_decay={"w": -1}), "weight_decay of w is -1.0, expected 0 or"),
        (lambda: tl.Momentum(0.1, 1.0), "momentum=1.0, expected 0 or more and below 1"),
        (lambda: tl.Adam(0.1, beta2=1), "beta2=1.0, expected 0 or more and below 1"),
        (lambda: tl.Adam(0.1, epsilon=0), "epsilon=0, expected a number above 0"),
        (lambda: tl.Adam(0.0), "learning_rate=0.0, expected a finite number above 0"),
    ],
)
def test_wrong_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()
