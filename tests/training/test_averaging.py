import numpy as np
import pytest

import tinylstm as tl

WEIGHTS = np.random.default_rng(0).normal(size=(400, 3))


def test_average_equals_the_sum_written_out():
    # average = sum over s of (1 - d_s) (product of the later d) weights_s
    average = tl.ExponentialAverage(0.9)
    for w in WEIGHTS:
        average.update({"w": w})
    d = np.minimum(0.9, np.arange(400) / (np.arange(400) + 10))
    later = np.append(np.cumprod(d[:0:-1])[::-1], 1)
    expected = ((1 - d) * later) @ WEIGHTS
    np.testing.assert_allclose(average.parameters["w"], expected, rtol=1e-12)
    np.testing.assert_allclose(np.sum((1 - d) * later), 1)


def test_average_keeps_copies_of_its_own():
    w = np.ones(2, np.float32)
    average = tl.ExponentialAverage()
    average.update({"w": w})
    w[...] = 3
    assert average.parameters["w"].tolist() == [1, 1]
    average.update({"w": w})
    assert average.parameters["w"].dtype == np.float32
    assert w.tolist() == [3, 3]


def test_average_goes_on_from_its_state():
    whole, first, second = (tl.ExponentialAverage(0.8) for _ in range(3))
    for w in WEIGHTS:
        whole.update({"w": w})
    for w in WEIGHTS[:7]:
        first.update({"w": w})
    state = first.state
    second.state = state
    first.update({"w": WEIGHTS[0]})  # must not reach the other through a shared array
    for w in WEIGHTS[7:]:
        second.update({"w": w})
    np.testing.assert_array_equal(second.parameters["w"], whole.parameters["w"])


def run(stopping, values, monitor="auc"):
    """Give one epoch after another to early stopping until it stops."""
    history = tl.History()
    for epoch, value in enumerate(values, start=1):
        getattr(history, f"validation_{monitor}").append(value)
        stopping.update(history, {"w": np.array([epoch])})
        if stopping.stopped:
            break
    return epoch


@pytest.mark.parametrize(
    ("monitor", "values", "stop", "best"),
    [
        ("auc", [0.7, 0.8, 0.75, 0.8, 0.9], 4, 2),  # an equal value is not better
        ("auc", [0.7, 0.8, 0.75, 0.81, 0.8, 0.8], 6, 4),
        ("auc", [0.7, 0.8, 0.9], 3, 3),
        ("auc", [np.nan, np.nan, 0.9], 2, 0),
        ("loss", [0.5, 0.4, 0.41, 0.42, 0.1], 4, 2),
    ],
)
def test_early_stopping(monitor, values, stop, best):
    stopping = tl.EarlyStopping(2, monitor)
    assert run(stopping, values, monitor) == stop
    assert stopping.best_epoch == best
    if best:
        assert stopping.parameters["w"].tolist() == [best]
        assert stopping.best == values[best - 1]
    else:
        assert stopping.parameters == {}


def test_early_stopping_goes_on_from_its_state():
    one, other = tl.EarlyStopping(2), tl.EarlyStopping(2)
    run(one, [0.7, 0.8, 0.75])
    other.state = one.state
    history = tl.History(validation_auc=[0.7, 0.8, 0.75, 0.76])
    other.update(history, {"w": np.array([4])})
    assert other.stopped and other.best_epoch == 2 and other.parameters["w"].tolist() == [2]
    assert not one.stopped


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tl.ExponentialAverage(1.0), "decay=1.0, expected a number between 0 and 1"),
        (lambda: tl.EarlyStopping(0), "patience=0, expected at least 1"),
        (lambda: tl.EarlyStopping(1, "error"), "monitor='error', expected 'auc' or 'loss'"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
