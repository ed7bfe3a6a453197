import numpy as np
import pytest

from tinylstm.evaluation import Recalibration, brier_score, event2, roc_curve

RNG = np.random.default_rng(0)
RISKS = 1 / (1 + np.exp(-RNG.normal(-2, 1.5, 4000)))
LABELS = (RNG.random(4000) < RISKS).astype(int)


def log_odds(p):
    return np.log(p / (1 - p))


@pytest.mark.parametrize(
    ("risks", "deaths", "n"),
    [((0.1, 0.9), (2, 8), 10), ((0.03, 0.4), (70, 210), 700), ((0.5, 0.51), (1, 3), 4)],
)
def test_two_groups_get_their_own_rates(risks, deaths, n):
    """With as many parameters as groups the likelihood is greatest at the rates themselves."""
    labels = np.concatenate([np.arange(n) < d for d in deaths])
    recalibration = Recalibration.fit(labels, np.repeat(risks, n))
    rates = np.array(deaths) / n
    np.testing.assert_allclose(recalibration(np.array(risks)), rates, rtol=1e-5)
    slope = np.diff(log_odds(rates)) / np.diff(log_odds(np.array(risks)))
    assert recalibration.slope == pytest.approx(slope[0], rel=1e-5)


def test_the_gradient_of_the_likelihood_is_zero():
    """Expected and observed deaths agree, and so do they when weighted by the log-odds."""
    stretched = Recalibration(1.7, 0.4)(RISKS)
    p = Recalibration.fit(LABELS, stretched)(stretched)
    assert p.sum() == pytest.approx(LABELS.sum())
    assert log_odds(stretched) @ p == pytest.approx(log_odds(stretched) @ LABELS)


def test_an_earlier_stretching_is_undone():
    """Slope and intercept are of the labels and the order of risks, whatever came between."""
    expected = Recalibration.fit(LABELS, RISKS)
    assert expected.slope == pytest.approx(1, abs=0.1)
    for slope, intercept in (1.7, 0.4), (0.5, -2.0):
        stretched = Recalibration(slope, intercept)(RISKS)
        found = Recalibration.fit(LABELS, stretched)
        assert found.slope == pytest.approx(expected.slope / slope, rel=1e-6)
        np.testing.assert_allclose(found(stretched), expected(RISKS), rtol=1e-6)
        assert event2(LABELS, found(stretched)) < event2(LABELS, stretched) / 2
        assert brier_score(LABELS, found(stretched)) < brier_score(LABELS, stretched)


def test_once_is_enough():
    p = Recalibration.fit(LABELS, RISKS)(RISKS)
    again = Recalibration.fit(LABELS, p)
    assert (again.slope, again.intercept) == pytest.approx((1, 0), abs=1e-6)


def test_classes_exchanged():
    one, other = Recalibration.fit(LABELS, RISKS), Recalibration.fit(1 - LABELS, 1 - RISKS)
    assert other.slope == pytest.approx(one.slope)
    assert other.intercept == pytest.approx(-one.intercept)


def test_the_order_and_the_auc_stay():
    p = Recalibration.fit(LABELS, RISKS**2)(RISKS**2)
    assert np.array_equal(np.argsort(p), np.argsort(RISKS))
    assert roc_curve(LABELS, p).auc == roc_curve(LABELS, RISKS).auc


@pytest.mark.parametrize("p", [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.3] * 6])
def test_an_order_that_is_no_better_than_chance_is_left_alone(p):
    recalibration = Recalibration.fit([1, 1, 0, 1, 0, 0], p)
    assert recalibration == Recalibration(1.0, 0.0)
    np.testing.assert_allclose(recalibration(RISKS), RISKS, rtol=1e-12)


@pytest.mark.parametrize("p", [[0.2, 0.3, 0.6, 0.7], [0.0, 0.0, 1.0, 1.0], [1e-300, 0.1, 0.2, 1.0]])
def test_deaths_and_survivals_that_do_not_overlap(p):
    recalibration = Recalibration.fit([0, 0, 1, 1], p)
    assert 0 < recalibration.slope < np.inf
    recalibrated = recalibration(np.array(p))
    assert (recalibrated[:2] < 0.01).all() and (recalibrated[2:] > 0.99).all()


def test_any_shape_and_no_mutation():
    p = RISKS.reshape(40, 100).copy()
    before = p.copy()
    recalibrated = Recalibration(0.8, -0.1)(p)
    np.testing.assert_allclose(log_odds(recalibrated), 0.8 * log_odds(p) - 0.1, rtol=1e-10)
    assert np.array_equal(p, before)
    Recalibration.fit(LABELS, p.ravel())
    assert np.array_equal(p, before)


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([1, 1], [0.2, 0.3], "labels: all of them 1, expected both 0 and 1"),
        ([0, 1], [0.2, 1.2], "probabilities: 1.2 at index 1, expected a number from 0 to 1"),
    ],
)
def test_bad_input(labels, probabilities, message):
    with pytest.raises(ValueError) as error:
        Recalibration.fit(labels, probabilities)
    assert str(error.value) == message
