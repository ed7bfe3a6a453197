import numpy as np
import pytest

import tinylstm as tl


def test_cosine():
    schedule = tl.Cosine(600)
    steps = np.arange(601)
    expected = np.cos(np.pi * steps / 1200) ** 2  # the half-angle formula
    np.testing.assert_allclose([schedule(int(t)) for t in steps], expected, atol=1e-15)
    assert schedule(0) == 1
    assert schedule(600) == schedule(1000) == 0


def test_step_decay():
    schedule = tl.StepDecay(every=3, factor=0.1)
    np.testing.assert_allclose(
        [schedule(t) for t in range(8)], [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tl.Cosine(0), "n_steps=0, expected at least 1"),
        (lambda: tl.Cosine(1.5), "n_steps=1.5, expected an integer"),
        (lambda: tl.StepDecay(0, 0.5), "every=0, expected at least 1"),
        (lambda: tl.StepDecay(5, 0), "factor=0, expected a finite number above 0"),
        (lambda: tl.StepDecay(5, np.inf), "factor=inf, expected a finite number above 0"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
