"""The check itself is checked: fed gradients that are right, and wrong in every way."""

import json

import numpy as np
import pytest

import tinylstm as tl
from tinylstm import gradcheck
from tinylstm.gradcheck.numeric import numeric_gradients


def loss(arrays):
    """A smooth function of a matrix and a vector, of which each entry matters."""
    return np.sum(np.tanh(arrays["x"] @ arrays["W"] + arrays["b"]) ** 2)


def analytic(arrays):
    h = np.tanh(arrays["x"] @ arrays["W"] + arrays["b"])
    delta = 2 * h * (1 - h**2)
    return {"x": delta @ arrays["W"].T, "W": arrays["x"].T @ delta, "b": delta.sum(axis=0)}


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    arrays = {
        "x": rng.standard_normal((8, 50)),
        "W": 0.1 * rng.standard_normal((50, 20)),
        "b": rng.standard_normal(20),
    }
    return arrays, analytic(arrays)


def verdicts(report):
    return {entry.name: entry.verdict for entry in report.entries}


@pytest.mark.parametrize("method", ["complex", "central", "directional"])
def test_right_gradients_pass(problem, method):
    arrays, gradients = problem
    report = gradcheck.check(loss, arrays, gradients, method)
    report.assert_ok()
    assert report.method == method
    assert report.faults == report.patterns == []
    assert report.worst.error < {"complex": 1e-12, "central": 1e-6, "directional": 1e-12}[method]


def test_complex_step_is_exact_where_central_differences_are_not(problem):
    arrays, gradients = problem
    errors = {
        method: np.linalg.norm(
            numeric_gradients(loss, arrays, method).gradients["b"] - gradients["b"]
        )
        for method in ("complex", "central")
    }
    assert errors["complex"] < 1e-14 < 1e-11 < errors["central"]


@pytest.mark.parametrize("method", ["complex", "central", "directional"])
@pytest.mark.parametrize("factor", [2, -1, 0.5, 1 + 1e-5])
def test_a_factor_is_found(problem, method, factor):
    arrays, gradients = problem
    report = gradcheck.check(loss, arrays, {**gradients, "W": factor * gradients["W"]}, method)
    assert not report.ok
    assert verdicts(report)["W"] == "wrong"
    assert verdicts(report)["b"] == "ok"


@pytest.mark.parametrize("method", ["complex", "directional"])
def test_a_relative_error_of_1e_9_is_found(problem, method):
    arrays, gradients = problem
    report = gradcheck.check(loss, arrays, {**gradients, "b": gradients["b"] * (1 + 1e-9)}, method)
    assert not report.ok
    assert verdicts(report)["b"] == "wrong"
    assert report.entries[-1].error == pytest.approx(1e-9, rel=1e-3)


def test_one_wrong_entry_in_a_thousand_is_found(problem):
    arrays, gradients = problem
    W = gradients["W"].copy()
    W[7, 13] *= 1 + 1e-9
    report = gradcheck.check(loss, arrays, {**gradients, "W": W})
    assert (report.worst.name, report.worst.index) == ("W", (7, 13))
    assert (report.worst.n_wrong, report.worst.n_entries) == (1, 1000)
    assert report.patterns[0].startswith("W: one entry of 1000 alone")


def test_zero_where_it_should_not_be(problem):
    arrays, gradients = problem
    b = gradients["b"].copy()
    b[3] = 0
    report = gradcheck.check(loss, arrays, {**gradients, "b": b})
    assert (report.worst.index, report.worst.analytic, report.worst.error) == ((3,), 0.0, 1.0)


def test_not_zero_where_it_should_be():
    arrays = {"w": np.array([0.5, 2.0, 3.0])}
    gradients = {"w": np.array([1.0, 1e-9, 6.0])}
    report = gradcheck.check(lambda a: a["w"][0] ** 2 + a["w"][2] ** 2, arrays, gradients)
    assert (report.worst.index, report.worst.numeric, report.worst.error) == ((1,), 0.0, 1.0)


@pytest.mark.parametrize("method", ["complex", "central", "directional"])
def test_every_obstacle_is_named_in_one_report(problem, method):
    arrays, gradients = problem
    bad = {
        "x": np.where(np.arange(50) == 3, np.nan, gradients["x"]),
        "W": gradients["W"].T.copy(),
        "bias": gradients["b"],
    }
    report = gradcheck.check(loss, arrays, bad, method)
    assert not report.ok
    assert verdicts(report) == {
        "x": "analytic: 8 of 400 not finite",
        "W": "shape (20, 50), expected (50, 20)",
        "b": "missing",
        "bias": "unknown name",
    }
    assert report.worst.error == np.inf


def test_a_gradient_in_float32_is_named(problem):
    arrays, gradients = problem
    report = gradcheck.check(loss, arrays, {**gradients, "b": gradients["b"].astype(np.float32)})
    assert verdicts(report)["b"] == "dtype float32, expected float64"


@pytest.mark.parametrize("method", ["complex", "central", "directional"])
def test_float32_is_refused_with_the_reason(problem, method):
    arrays, gradients = problem
    with pytest.raises(ValueError, match=r"b has dtype float32.*7 digits.*float64 copy"):
        gradcheck.check(loss, {**arrays, "b": arrays["b"].astype(np.float32)}, gradients, method)


def test_what_cannot_be_checked_is_an_error(problem):
    arrays, gradients = problem
    with pytest.raises(ValueError, match=r"'exact' is not one of complex, central, directional"):
        gradcheck.check(loss, arrays, gradients, method="exact")
    with pytest.raises(ValueError, match=r"neither 'complex' nor 'central'"):
        numeric_gradients(loss, arrays, "directional")
    with pytest.raises(ValueError, match=r"b has dtype int64, expected a float64 array$"):
        gradcheck.check(loss, {**arrays, "b": np.arange(20)}, gradients)
    with pytest.raises(ValueError, match=r"shape \(20,\), expected one finite number"):
        gradcheck.check(lambda a: a["b"], arrays, gradients)
    with pytest.raises(ValueError, match=r"the loss is nan"):
        gradcheck.check(lambda a: loss(a) * np.nan, arrays, gradients)


def test_the_callers_arrays_are_never_changed(problem):
    arrays, gradients = problem
    before = {name: array.tobytes() for name, array in arrays.items()}

    def greedy(given):
        value = loss(given)
        given["b"] += 1
        return value

    report = gradcheck.check(greedy, arrays, gradients)
    assert {name: array.tobytes() for name, array in arrays.items()} == before
    assert not report.ok
    assert any("the loss changes b, which it is handed" in fault for fault in report.faults)


def test_arrays_of_any_layout_and_number_of_axes():
    rng = np.random.default_rng(0)
    arrays = {
        "column_major": np.asfortranarray(rng.standard_normal((3, 4))),
        "strided": rng.standard_normal((6, 4))[::2],
        "scalar": np.array(0.7),
        "empty": np.empty((0, 3)),
    }
    arrays["strided"].flags.writeable = False

    def product(a):
        return np.sum(a["column_major"] * a["strided"]) * a["scalar"] + np.sum(a["empty"])

    gradients = {
        "column_major": arrays["strided"] * 0.7,
        "strided": arrays["column_major"] * 0.7,
        "scalar": np.sum(arrays["column_major"] * arrays["strided"]),
        "empty": np.empty((0, 3)),
    }
    gradcheck.check(product, arrays, gradients).assert_ok()


# The report


def test_the_printed_report(problem):
    arrays, gradients = problem
    report = gradcheck.check(loss, arrays, {**gradients, "b": 2 * gradients["b"]})
    lines = str(report).splitlines()
    assert lines[0] == (
        "FAILED: complex step, tolerance 1e-12: 1 of 3 arrays wrong, 1,420 entries compared"
    )
    assert lines[1].split()[:4] == ["array", "shape", "worst", "analytic"]
    assert [line.split()[0] for line in lines[2:5]] == ["x", "W", "b"]
    assert lines[4].split()[-4:] == ["5.0e-01", "20/20", "0", "wrong"]
    assert lines[5] == "pattern: b: analytic / numeric = 2 (counted twice)"
    with pytest.raises(AssertionError, match="counted twice"):
        report.assert_ok()


def test_the_report_as_a_dict_is_json(problem):
    arrays, gradients = problem
    del gradients["b"]
    held = json.loads(json.dumps(gradcheck.check(loss, arrays, gradients).to_dict()))
    assert held["ok"] is False
    assert [entry["name"] for entry in held["entries"]] == ["x", "W", "b"]
    assert held["entries"][2]["verdict"] == "missing"
    assert held["entries"][2]["error"] is None
    assert held["entries"][0]["index"] == list(
        gradcheck.check(loss, arrays, gradients).entries[0].index
    )


# Directions and the V-curve


@pytest.mark.slow
def test_directional_on_the_examples_network():
    """465,902 parameters, in one complex forward pass for each direction."""
    rng = np.random.default_rng(0)
    network = tl.Network(
        {
            "lstm": tl.PeepholeLSTM(86, 300, rng=rng),
            "output": tl.SoftmaxOutput(300, 2, rng=rng),
        }
    )
    assert sum(array.size for array in network.parameters.values()) == 465_902
    mask = np.array([[1, 1], [1, 1], [1, 0]], bool)
    labels = np.eye(2)[rng.integers(0, 2, (3, 2))]
    batch = tl.Batch(rng.standard_normal((3, 2, 86)), labels, mask, mask)
    gradcheck.check_network(network, batch, "directional").assert_ok()

    class OneWeightWrong:
        """A relative 1e-6 off in one of the 360,000 recurrent weights."""

        parameters, with_parameters = network.parameters, network.with_parameters
        loss, input_gradient = network.loss, network.input_gradient

        def loss_and_gradients(self, batch):
            value, gradients = network.loss_and_gradients(batch)
            largest = np.unravel_index(np.argmax(gradients["lstm.R"]), (300, 1200))
            gradients["lstm.R"][largest] *= 1 + 1e-6
            return value, gradients

    report = gradcheck.check_network(OneWeightWrong(), batch, "directional")
    wrong = [entry.name for entry in report.entries if not entry.ok]
    assert wrong == ["all arrays", "lstm.R"]


def test_v_curve(problem):
    arrays, gradients = problem
    curve = gradcheck.v_curve(loss, arrays, gradients)
    assert curve.steps[0] == 0.1 and curve.steps[-1] == pytest.approx(1e-20, rel=1e-12)
    best = np.argmin(curve.errors["central"])
    assert 1e-7 < curve.steps[best] < 1e-3
    assert 1e-12 < curve.errors["central"][best] < 1e-8
    assert curve.errors["central"][-1] == 1  # the difference is lost altogether
    assert np.all(curve.errors["complex"][curve.steps < 1e-9] < 1e-14)
    # Truncation: both are of second order, so a tenth of the step is a hundredth of the error.
    at = {h: np.argmin(np.abs(curve.steps - h)) for h in (1e-2, 1e-3)}
    for errors in curve.errors.values():
        assert errors[at[1e-2]] / errors[at[1e-3]] == pytest.approx(100, rel=0.1)
