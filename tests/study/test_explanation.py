"""Explanations against the complex step, against plain replacement, and against the equations."""

import math

import numpy as np
import pytest
from helpers import loops_oracle
from helpers.random_points import random_network

from tinylstm.study.explanation import explain, rank_correlation, together, unit_states

VARIABLES = ["HR", "HR", "pH", "", "HR"]  # of 5 features
T = 6


def random_case(seed=0, n_networks=3, n_units=(4, 3), **settings):
    rng = np.random.default_rng(seed)
    networks = [random_network(rng, 5, n_units, 2, **settings) for _ in range(n_networks)]
    x, reference = rng.normal(size=(2, T, 5))
    return networks, x, reference


def log_odds(networks, x):
    """Of the mean probability after the last step; x may be complex."""
    p = sum(network.forward(x[:, None])[-1, 0] for network in networks) / len(networks)
    return np.log(p[1]) - np.log(p[0])


@pytest.mark.parametrize("n_networks", [1, 3])
@pytest.mark.parametrize("activation", ["softsign", "tanh"])
def test_the_gradient_is_that_of_the_complex_step(n_networks, activation):
    networks, x, reference = random_case(n_networks=n_networks, activation=activation)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1e-20j
        gradient[index] = log_odds(networks, moved).imag / 1e-20
    distance = gradient * (x - reference)
    expected = np.stack([distance[:, [0, 1, 4]].sum(axis=1), distance[:, 2]], axis=1)
    explanation = explain(networks, x, reference, VARIABLES)
    np.testing.assert_allclose(explanation.contributions, expected, rtol=1e-10, atol=1e-14)
    assert explanation.totals == pytest.approx(expected.sum(axis=0))


@pytest.mark.parametrize("risk", [(0,), (1, 3), (0, 1, 2, 3)])
def test_a_risk_of_several_classes(risk):
    rng = np.random.default_rng(3)
    networks = [random_network(rng, 5, (4,), 5, activation="tanh") for _ in range(2)]
    x, reference = rng.normal(size=(2, T, 5))

    def log_odds_of_risk(x):
        p = sum(network.forward(x[:, None])[-1, 0] for network in networks)
        inside = p[list(risk)].sum()
        return np.log(inside) - np.log(p.sum() - inside)

    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1e-20j
        gradient[index] = log_odds_of_risk(moved).imag / 1e-20
    explanation = explain(networks, x, reference, ["a", "b", "c", "d", "e"], risk)
    expected = gradient * (x - reference)
    np.testing.assert_allclose(explanation.contributions, expected, rtol=1e-9, atol=1e-14)
    assert explanation.log_odds == pytest.approx(log_odds_of_risk(x))
    own = [network.forward(x[:, None])[:, 0, list(risk)].sum(axis=1) for network in networks]
    np.testing.assert_allclose(explanation.network_risks, own, rtol=1e-12)
    states = unit_states(networks[0], x, units=[0], risk=risk)
    V, p = networks[0].parameters["output.W"], networks[0].forward(x[:, None])[-1, 0]
    others = [k for k in range(5) if k not in risk]
    slope = sum(V[0, k] * p[k] for k in risk) / sum(p[k] for k in risk)
    slope -= sum(V[0, k] * p[k] for k in others) / sum(p[k] for k in others)
    assert states.weights[0] == pytest.approx(slope)


def test_a_column_of_two_sources_is_shared_by_them():
    networks, x, reference = random_case()
    alone = explain(networks, x, reference, ["a", "b", "c", "d", "e"])
    shared = explain(networks, x, reference, ["a", ("a", "b"), (), "d", ("d",)])
    assert shared.variables == ("a", "b", "d")
    a, b, _, d, e = alone.totals
    np.testing.assert_allclose(shared.totals, [a + b / 2, b / 2, d + e], rtol=1e-10)
    without = x.copy()
    without[:, :2] = reference[:, :2]  # whatever a has a part in
    fall = log_odds(networks, x) - log_odds(networks, without)
    assert shared.occlusions[0] == pytest.approx(fall, rel=1e-10)


def test_parts_together_are_the_mean_of_their_log_odds():
    networks, x, reference = random_case(n_networks=2)
    others, y, background = random_case(seed=1, n_networks=2)
    one = explain(networks, x, reference, ["a", "b", "", "a", "c"])
    two = explain(others, y[:3], background[:3], ["b", "d", "b", "", ""])
    both, hours = together([one, two], [np.array([8, 16, 24, 32, 40, 48]), np.array([4, 24, 48])])
    assert hours.tolist() == [4, 8, 16, 24, 32, 40, 48]
    assert both.variables == ("a", "b", "c", "d")
    assert both.log_odds == pytest.approx((one.log_odds + two.log_odds) / 2)
    odds = 1 / (1 + np.exp(-both.log_odds))
    assert both.risks[-1] == pytest.approx(odds)
    assert np.isnan(both.risks[0]) and np.isfinite(both.risks[1:]).all()
    a, b, c = one.totals / 2
    first, last = two.totals / 2
    np.testing.assert_allclose(both.totals, [a, b + first, c, last], rtol=1e-10)
    np.testing.assert_allclose(
        both.contributions[0], [0, *two.contributions[0][:1] / 2, 0, *two.contributions[0][1:] / 2]
    )
    assert both.occlusions[3] == pytest.approx(two.occlusions[1] / 2)


def test_occlusion_is_replacement():
    networks, x, reference = random_case()
    explanation = explain(networks, x, reference, VARIABLES)
    assert explanation.variables == ("HR", "pH")
    for variable, columns in enumerate([[0, 1, 4], [2]]):
        without = x.copy()
        without[:, columns] = reference[:, columns]
        fall = log_odds(networks, x) - log_odds(networks, without)
        assert explanation.occlusions[variable] == pytest.approx(fall, rel=1e-10)
    assert explanation.log_odds == pytest.approx(log_odds(networks, x))
    assert explanation.reference_log_odds == pytest.approx(log_odds(networks, reference))


def test_risks_are_the_networks_own():
    networks, x, reference = random_case(n_networks=2)
    explanation = explain(networks, x, reference, VARIABLES)
    risks = [network.forward(x[:, None])[:, 0, 1] for network in networks]
    np.testing.assert_allclose(explanation.network_risks, risks, rtol=1e-12)
    np.testing.assert_allclose(explanation.risks, np.mean(risks, axis=0), rtol=1e-12)


def test_near_the_reference_the_two_answers_are_one():
    networks, x, reference = random_case()
    near = reference + 1e-6 * (x - reference)
    explanation = explain(networks, near, reference, VARIABLES)
    assert explanation.totals == pytest.approx(explanation.occlusions, rel=1e-4)
    difference = explanation.log_odds - explanation.reference_log_odds
    near[:, 3] = reference[:, 3]  # it belongs to no variable
    explanation = explain(networks, near, reference, VARIABLES)
    difference = explanation.log_odds - explanation.reference_log_odds
    assert explanation.totals.sum() == pytest.approx(difference, rel=1e-4)


def test_what_does_not_differ_contributes_nothing_and_is_left_out_of_the_order():
    networks, x, reference = random_case()
    x[:, 2] = reference[:, 2]
    explanation = explain(networks, x, reference, VARIABLES)
    assert explanation.differs.tolist() == [True, False]
    assert explanation.totals[1] == explanation.occlusions[1] == 0
    assert explanation.order.tolist() == [0]
    assert math.isnan(explanation.agreement)


def test_order_is_by_occlusion_up_or_down():
    networks, x, reference = random_case()
    explanation = explain(networks, x, reference, ["a", "b", "c", "d", "e"])
    sizes = np.abs(explanation.occlusions)[explanation.order]
    assert sorted(explanation.order.tolist()) == [0, 1, 2, 3, 4]
    assert (sizes[:-1] >= sizes[1:]).all()
    assert explanation.agreement == rank_correlation(explanation.totals, explanation.occlusions)


def test_single_precision_networks_are_explained_in_double():
    networks, x, reference = random_case(n_networks=1, n_units=(4,), dtype=np.float32)
    explanation = explain(networks, x, reference, VARIABLES)
    double = {name: p.astype(float) for name, p in networks[0].parameters.items()}
    other = explain([networks[0].with_parameters(double)], x, reference, VARIABLES)
    np.testing.assert_array_equal(explanation.contributions, other.contributions)
    np.testing.assert_array_equal(explanation.occlusions, other.occlusions)
    assert networks[0].parameters["lstm0.W"].dtype == np.float32


def test_sure_networks_are_explained_without_a_warning():
    networks, x, reference = random_case(n_networks=2)
    for network in networks:
        network.parameters["output.b"][...] = -40, 40
    explanation = explain(networks, x, reference, VARIABLES)
    assert explanation.log_odds == pytest.approx(80, abs=5)
    assert np.isfinite(explanation.contributions).all()


def test_units_obey_the_equations():
    (network,), x, _ = random_case(n_networks=1, n_units=(4,), activation="tanh")
    lstm = network.layers["lstm0"].parameters
    mask = np.ones((T, 1), dtype=bool)
    h, kept = loops_oracle.lstm_forward(x[:, None], mask, lstm, activation="tanh")
    states = unit_states(network, x, units=[3, 1])
    for k, unit in enumerate([3, 1]):
        for t in range(T):
            f, o, i, c = kept[t][0][-4:]
            assert states.forget_gate[t, k] == pytest.approx(f[unit])
            assert states.input_gate[t, k] == pytest.approx(i[unit])
            assert states.output_gate[t, k] == pytest.approx(o[unit])
            assert states.cell[t, k] == pytest.approx(c[unit])
            assert states.h[t, k] == pytest.approx(h[t, 0, unit])
    V = network.parameters["output.W"]
    assert states.weights == pytest.approx(V[[3, 1], 1] - V[[3, 1], 0])


def test_units_of_one_s_own_choice_and_those_that_move_most():
    (network,), x, _ = random_case(n_networks=1)
    every = unit_states(network, x, units=range(3))
    moved = np.abs(every.h[-1] * every.weights)
    assert unit_states(network, x, n_units=2).units.tolist() == np.argsort(-moved)[:2].tolist()
    with pytest.raises(ValueError, match="there is no unit 3, expected 0 to 2"):
        unit_states(network, x, units=[0, 3])


def ranks_by_counting(values):
    return [
        sum(other < value for other in values) + (sum(o == value for o in values) + 1) / 2
        for value in values
    ]


@pytest.mark.parametrize("levels", [3, 1000])
def test_rank_correlation_is_pearson_s_of_counted_ranks(levels):
    rng = np.random.default_rng(0)
    a = rng.integers(0, levels, 30)
    b = a + rng.integers(0, levels, 30)
    expected = np.corrcoef(ranks_by_counting(a), ranks_by_counting(b))[0, 1]
    assert rank_correlation(a, b) == pytest.approx(expected)
    assert rank_correlation(a, -a) == pytest.approx(-1)


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0]])
def test_rank_correlation_of_what_does_not_vary(values):
    assert math.isnan(rank_correlation(values, values))


def test_errors():
    networks, x, reference = random_case()
    message = (
        r"x has shape \(6, 5\), the reference \(5, 5\), and there are 5 names of variables: "
        r"expected \(T, D\), \(T, D\) and D"
    )
    with pytest.raises(ValueError, match=message):
        explain(networks, x, reference[1:], VARIABLES)
    with pytest.raises(ValueError, match="there are 2 names of variables"):
        explain(networks, x, reference, VARIABLES[:2])
    with pytest.raises(ValueError, match="networks: none, expected at least one"):
        explain([], x, reference, VARIABLES)
    with pytest.raises(ValueError, match="expected some, not all, of the classes 0 to 1"):
        explain(networks, x, reference, VARIABLES, risk=(0, 1))
    three = random_network(np.random.default_rng(0), 5, (2,), 3)
    with pytest.raises(ValueError, match="the network has 3 classes, expected 2"):
        explain([three], x, reference, VARIABLES)
