"""Notebook 9's experiment: its networks are the package's, its gradients exact, its file its own.

The stored file is not made again here, only its beginning.
"""

import doctest
import importlib.util
import json
from itertools import product

import numpy as np
import pytest
from helpers.paths import ROOT

from tinylstm import PeepholeLSTM

SCRIPT = ROOT / "notebooks" / "peephole_seeds.py"
spec = importlib.util.spec_from_file_location("peephole_seeds", SCRIPT)
peephole_seeds = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peephole_seeds)

STORED = json.loads(peephole_seeds.RESULTS.read_text(encoding="utf-8"))
SETTING = "n_cells", "wave", "teacher_forcing", "peepholes", "cut"


def random_networks(n_cells, peepholes, seed=0):
    """Three networks, no weight of theirs zero."""
    parameters = peephole_seeds.initial_weights(range(3), n_cells, peepholes)
    rng = np.random.default_rng(seed)
    return {name: w + 0.3 * rng.standard_normal(w.shape) for name, w in parameters.items()}


def layer_of(parameters, k):
    """Network k's LSTM as a layer of the package."""
    n_cells = parameters["V"].shape[1]
    layer = PeepholeLSTM(
        1, n_cells, "tanh", peepholes="p" in parameters, rng=np.random.default_rng(0)
    )
    return layer.with_parameters({name: parameters[name][k] for name in layer.parameters})


@pytest.mark.parametrize(("n_cells", "peepholes"), list(product((1, 2, 4), (True, False))))
def test_with_teacher_forcing_it_is_the_package_layer(n_cells, peepholes):
    parameters = random_networks(n_cells, peepholes)
    x = peephole_seeds.wave("cosine", 30)
    q, tape = peephole_seeds.forward(parameters, x, teacher_forcing=True)
    dq = np.random.default_rng(1).standard_normal(q.shape)
    gradients = peephole_seeds.backward(parameters, dq, tape, teacher_forcing=True)
    for k in range(3):
        layer, V, v = layer_of(parameters, k), parameters["V"][k], parameters["v"][k]
        h, layer_tape = layer.forward(x[:, None, None])
        np.testing.assert_allclose(q[:, k], h[:, 0] @ V + v, rtol=1e-12, atol=1e-13)
        _, expected = layer.backward(dq[:, k, None, None] * V, layer_tape)
        expected |= {"V": dq[:, k] @ h[:, 0], "v": dq[:, k].sum()}
        assert gradients.keys() == expected.keys()
        for name, gradient in expected.items():
            np.testing.assert_allclose(gradients[name][k], gradient, rtol=1e-12, atol=1e-12)


def test_on_its_own_output_it_is_a_layer_with_other_recurrent_weights():
    """With x_t = h_{t-1} V + v, eq. (1) has R + V W for R and b + v W for b."""
    parameters = random_networks(2, peepholes=True)
    x = peephole_seeds.wave("cosine", 40)
    q, _ = peephole_seeds.forward(parameters, x, teacher_forcing=False)
    for k in range(3):
        V, v = parameters["V"][k], parameters["v"][k]
        layer = layer_of(parameters, k)
        W = layer.parameters["W"]
        closed = dict(layer.parameters)
        closed["R"] = closed["R"] + V[:, None] * W
        closed["b"] = closed["b"] + v * W[0]
        first_only = np.zeros((40, 1, 1))
        first_only[0] = x[0] - v
        h, _ = layer.with_parameters(closed).forward(first_only)
        np.testing.assert_allclose(q[:, k], h[:, 0] @ V + v, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("peepholes", [True, False])
def test_gradients_through_the_own_output_are_those_of_the_complex_step(peepholes):
    parameters = random_networks(2, peepholes)
    x = peephole_seeds.wave("raised cosine", 21)
    q, tape = peephole_seeds.forward(parameters, x[:-1], teacher_forcing=False)
    gradients = peephole_seeds.backward(parameters, 2 * (q - x[1:, None]), tape, False)
    for name, array in parameters.items():
        for entry in np.ndindex(array.shape[1:]):
            moved = {other: value.astype(complex) for other, value in parameters.items()}
            moved[name][(slice(None), *entry)] += 1e-30j  # of all networks: they do not mix
            q, _ = peephole_seeds.forward(moved, x[:-1], teacher_forcing=False)
            derivative = ((q - x[1:, None]) ** 2).sum(axis=0).imag / 1e-30
            computed = gradients[name][(slice(None), *entry)]
            np.testing.assert_allclose(computed, derivative, rtol=1e-11, atol=1e-12)


def cell_alone(parameters, seen, x, teacher_forcing):
    """The same networks forward, their gates seeing cell states (T + 1, S, H) that are given."""
    sigmoid, V, v = peephole_seeds._sigmoid, parameters["V"], parameters["v"]
    p_f, p_o, p_i = parameters["p"].transpose(1, 0, 2)
    h = c = np.zeros_like(V)
    outputs = []
    for t in range(len(x)):
        y = x[t] if teacher_forcing or t == 0 else outputs[-1]
        z = np.einsum("sh,shz->sz", h, parameters["R"]) + parameters["b"]
        z = z + (y * np.ones(len(V)))[:, None] * parameters["W"][:, 0]
        z_a, z_f, z_o, z_i = np.split(z, 4, axis=1)
        f, i = sigmoid(z_f + seen[t] * p_f), sigmoid(z_i + seen[t] * p_i)
        c = f * c + i * np.tanh(z_a)
        h = sigmoid(z_o + seen[t + 1] * p_o) * np.tanh(c)
        outputs.append((h * V).sum(axis=1) + v)
    return np.array(outputs)


@pytest.mark.parametrize("teacher_forcing", [True, False])
def test_the_cut_gradient_takes_what_the_gates_see_of_the_cell_as_constant(teacher_forcing):
    parameters = random_networks(2, peepholes=True)
    x = peephole_seeds.wave("raised cosine", 21)
    q, tape = peephole_seeds.forward(parameters, x[:-1], teacher_forcing)
    dq, seen = 2 * (q - x[1:, None]), tape[5]
    gradients = peephole_seeds.backward(parameters, dq, tape, teacher_forcing, cut=True)
    full = peephole_seeds.backward(parameters, dq, tape, teacher_forcing)
    assert np.abs(gradients["W"] - full["W"]).max() > 0.01
    for name, array in parameters.items():
        for entry in np.ndindex(array.shape[1:]):
            moved = {other: value.astype(complex) for other, value in parameters.items()}
            moved[name][(slice(None), *entry)] += 1e-30j
            shifted = cell_alone(moved, seen, x[:-1], teacher_forcing)
            derivative = ((shifted - x[1:, None]) ** 2).sum(axis=0).imag / 1e-30
            computed = gradients[name][(slice(None), *entry)]
            np.testing.assert_allclose(computed, derivative, rtol=1e-11, atol=1e-12)


def test_without_peepholes_there_is_nothing_to_cut():
    parameters = random_networks(2, peepholes=True)
    parameters["p"][:] = 0
    q, tape = peephole_seeds.forward(parameters, peephole_seeds.wave("cosine", 20), True)
    cut, full = (peephole_seeds.backward(parameters, q, tape, True, cut=c) for c in (True, False))
    for name, gradient in full.items():
        np.testing.assert_array_equal(cut[name], gradient)


def test_a_seed_starts_from_the_same_weights_with_peepholes_and_without():
    having, lacking = (peephole_seeds.initial_weights([3, 4], 2, p) for p in (True, False))
    assert having.keys() - lacking.keys() == {"p"}
    for name, array in lacking.items():
        np.testing.assert_array_equal(having[name], array)
    alone = peephole_seeds.initial_weights([4], 2, True)
    for name, array in alone.items():
        np.testing.assert_array_equal(having[name][1], array[0])


def test_a_run_succeeds_where_every_step_is_near():
    """A network whose output is the constant v: near a raised cosine nowhere but within 0.3."""
    parameters = peephole_seeds.initial_weights([0, 1], 1, False)
    parameters["V"][:] = 0
    parameters["v"][:] = 0.5
    assert not peephole_seeds.succeeds(parameters, "raised cosine").any()
    assert not peephole_seeds.succeeds(parameters, "cosine").any()


def test_the_stored_file_holds_every_setting_once():
    assert STORED["settings"] == peephole_seeds.SETTINGS
    n_seeds, step = STORED["settings"]["seeds"], STORED["settings"]["check_every"]
    found = [tuple(run[name] for name in SETTING) for run in STORED["runs"]]
    waves = peephole_seeds.WAVES
    expected = [*product(peephole_seeds.CELLS, waves, (True, False), (True, False), (False,))]
    expected += product((1,), waves, (True, False), (True,), (True,))
    assert sorted(found) == sorted(expected)
    for run in STORED["runs"]:
        assert {len(run[name]) for name in ("early_loss", "first_success", "succeeds_at_end")} == {
            n_seeds
        }
        for first, at_end in zip(run["first_success"], run["succeeds_at_end"], strict=True):
            assert first is not None or not at_end
            assert first is None or first in range(step, STORED["settings"]["iterations"] + 1, step)


@pytest.mark.parametrize("run", [0, 13, 24, 27])
def test_the_stored_file_came_from_this_script(run):
    """The losses early on; later ones drift apart from machine to machine, as rounding grows."""
    run = STORED["runs"][run]
    parameters = peephole_seeds.initial_weights(range(5), run["n_cells"], run["peepholes"])
    losses, _ = peephole_seeds.train(
        parameters, run["wave"], run["teacher_forcing"], peephole_seeds.EARLY + 1, run["cut"]
    )
    np.testing.assert_allclose(losses[-1], run["early_loss"][:5], rtol=1e-6)


def test_examples():
    assert doctest.testmod(peephole_seeds).failed == 0
