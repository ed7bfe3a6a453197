"""The exercises: solutions against the package, every known mistake named, students' slips told."""

import re

import numpy as np
import pytest

import tinylstm as tl
from tinylstm.evaluation.statistics.challenge import confusion_counts
from tinylstm.evaluation.statistics.intervals import wilson_interval
from tinylstm.exercises import EXERCISES, solutions
from tinylstm.exercises.exercise import Exercise
from tinylstm.exercises.verdict import N_POINTS, judge

EVERY_EXERCISE = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def solve(name, seed=0, **changed):
    """The solution's result at a random point, and the inputs of that point."""
    inputs = EXERCISES[name].inputs(np.random.default_rng(seed)) | changed
    return EXERCISES[name].solution(**inputs), inputs


def printed_by_check(capsys, name, function):
    verdict = tl.exercises.check(name, function)
    assert bool(verdict) is (verdict.passed is True)
    return verdict.passed, capsys.readouterr().out


def test_the_list_climbs():
    notebooks = [exercise.notebook for exercise in EXERCISES.values()]
    assert notebooks == sorted(notebooks) and set(notebooks) == set(range(1, 12))
    assert tl.exercises.names() == list(EXERCISES) and len(EXERCISES) >= 35


@EVERY_EXERCISE
def test_a_solution_is_right(exercise, capsys):
    passed, printed = printed_by_check(capsys, exercise.name, exercise.solution)
    assert passed is True and printed.startswith(f"{exercise.name}: right (")


# Two known mistakes with the same numbers: the exercise's own is named.
SAME = {
    "in lstm_step_backward: what (20) carried from step t+1 is missing in dc_t, eq. (16)": (
        "nothing is carried from cell to cell, eq. (20)"
    )
}


@pytest.mark.slow
@EVERY_EXERCISE
def test_every_known_mistake_is_found_and_named_alone(exercise):
    assert len(exercise.known_mistakes) >= 3
    for mistake in exercise.known_mistakes:
        verdict = judge(exercise, exercise.mistaken(mistake))
        assert verdict.passed is False
        named = SAME.get(mistake, mistake)
        assert verdict.mistakes == [named]
        assert f"  known mistake: {named}" in verdict.lines


@EVERY_EXERCISE
def test_a_stub_is_not_filled_in(exercise, capsys):
    namespace = {}
    exec(tl.exercises.stub(exercise.name), namespace)
    passed, printed = printed_by_check(capsys, exercise.name, namespace[exercise.name])
    assert passed is None
    assert printed == f"{exercise.name}: not filled in yet\n"


@pytest.mark.parametrize("name", ["lstm_backward", "trapezoid", "lstm_forward"])
def test_no_expected_number_is_told(name, capsys):
    """Where all entries are 0, the worst is off by the expected number: two digits of it."""
    exercise = EXERCISES[name]

    def zeros(*arguments):
        results = exercise.solution(*arguments)
        if len(exercise.outputs) == 1:
            return 0.0
        return [np.zeros_like(array) for array in results]

    tl.exercises.check(name, zeros)
    numbers = re.findall(r"\d*\.\d+", capsys.readouterr().out)
    assert numbers and all(len(number.strip("0.")) <= 3 for number in numbers)


def test_the_forward_solution_is_the_package():
    (h, c, gates), inputs = solve("lstm_forward")
    layer, weights = layer_of(inputs)
    y, tape = layer.with_parameters(weights).forward(
        inputs["x"], inputs["mask"], tuple(inputs["state"])
    )
    np.testing.assert_allclose(h, y, rtol=1e-12, atol=1e-15)
    packing = tape.packing
    np.testing.assert_allclose(c, packing.unpack(np.hstack(tape.c[1:]).T), rtol=1e-12, atol=1e-15)
    for mine, theirs in zip(
        gates, np.concatenate(tape.gates, axis=2).transpose(0, 2, 1), strict=True
    ):
        real = mine * inputs["mask"][..., None]
        np.testing.assert_allclose(real, packing.unpack(theirs), rtol=1e-12, atol=1e-15)


def test_the_backward_solution_is_the_package():
    gradients, inputs = solve("lstm_backward")
    layer, weights = layer_of(solve("lstm_forward")[1])
    np.testing.assert_array_equal(weights["W"], inputs["W"])  # the same point
    layer = layer.with_parameters(weights)
    _, tape = layer.forward(inputs["x"], inputs["mask"], tuple(inputs["state"]))
    dx, expected = layer.backward(inputs["dy"], tape)
    expected = [dx, *(expected[name] for name in "WRpb")]
    for gradient, right in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, right, rtol=1e-12, atol=1e-13)


def layer_of(inputs):
    n_in, n_units = inputs["x"].shape[-1], len(inputs["R"])
    weights = {name: inputs[name] for name in "WRpb"}
    return tl.PeepholeLSTM(n_in, n_units, rng=np.random.default_rng(0)), weights


def test_the_output_solutions_are_the_package():
    loss, inputs = solve("masked_cross_entropy")
    dq, _ = solve("softmax_gradient")
    n_classes = inputs["p"].shape[-1]
    h = np.log(inputs["p"])  # with V the identity, the probabilities come out as they are
    output = tl.SoftmaxOutput(n_classes, n_classes, rng=np.random.default_rng(0))
    output = output.with_parameters({"W": np.eye(n_classes), "b": np.zeros(n_classes)})
    np.testing.assert_allclose(solve("softmax", q=h)[0], output.forward(h), rtol=1e-12)
    expected = output.loss_and_gradients(h, inputs["labels"], inputs["label_mask"])
    np.testing.assert_allclose(loss, expected[0], rtol=1e-12)
    np.testing.assert_allclose(dq, expected[1], rtol=1e-12, atol=1e-15)
    dV, dv, dy = EXERCISES["output_gradients"].solution(h, dq, np.eye(n_classes))
    np.testing.assert_allclose(dV, expected[2]["W"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dv, expected[2]["b"], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dy, expected[1], rtol=1e-12, atol=1e-15)


def test_the_batch_solutions_are_the_package():
    label_mask, inputs = solve("align_end")
    sequences = [np.ones((n, 2)) for n in inputs["lengths"]]
    labels = [np.zeros(n, int) for n in inputs["n_labels"]]
    dataset = tl.SequenceDataset(sequences, labels, n_classes=2)
    post, pre = (next(dataset.batches(len(dataset), padding=p)) for p in ("post", "pre"))
    np.testing.assert_array_equal(label_mask, post.label_mask)
    mask, _ = solve("mask_from_lengths", lengths=inputs["lengths"])
    np.testing.assert_array_equal(mask, post.feature_mask)
    x, mask = EXERCISES["post_to_pre_padding"].solution(post.features, post.feature_mask)
    np.testing.assert_array_equal(x, pre.features)
    np.testing.assert_array_equal(mask, pre.feature_mask)


def test_the_evaluation_solutions_are_the_package():
    (fpr, tpr), inputs = solve("roc_points")
    roc = tl.roc_curve(inputs["labels"], inputs["scores"])
    np.testing.assert_allclose([fpr, tpr], [roc.fpr, roc.tpr], rtol=1e-12)
    np.testing.assert_allclose(solve("auc_by_pairs")[0], roc.auc, rtol=1e-12)
    np.testing.assert_allclose(solve("trapezoid", x=fpr, y=tpr)[0], roc.auc, rtol=1e-12)
    score, inputs = solve("event1")
    counts = confusion_counts(inputs["died"], inputs["predicted"], 0.5)
    assert score == min(counts.sensitivity, counts.positive_predictive_value)
    interval, inputs = solve("wilson_interval", z=1.959963984540054)
    np.testing.assert_allclose(interval, wilson_interval(inputs["k"], inputs["n"]), rtol=1e-12)
    (standardized, mean, std), inputs = solve("standardize_real_steps")
    x, mask = inputs["x"], inputs["mask"]
    sequences = [x[mask[:, n], n] for n in np.flatnonzero(mask.any(axis=0))]
    dataset = tl.SequenceDataset(sequences, [[0]] * len(sequences), n_classes=2)
    standardizer = tl.Standardizer().fit(dataset)
    np.testing.assert_allclose([mean, std], [standardizer.mean, standardizer.std], rtol=1e-12)
    expected = np.concatenate(standardizer.transform(dataset).features)
    real = np.swapaxes(standardized, 0, 1)[mask.T]  # example after example
    np.testing.assert_allclose(real, expected, rtol=1e-10, atol=1e-14)
    assert not standardized[~mask].any()


def test_the_numeric_solutions_find_the_derivative_of_exp():
    """f(x) = sum exp(A x), whose gradient is A exp(A x): 1e-4 off with a step of 0.01."""
    rng = np.random.default_rng(0)
    A, x = rng.standard_normal((2, 3, 4))
    for name, step, tolerance in (
        ("central_difference", 1e-2, 1e-3),
        ("complex_step", 1e-20, 1e-13),
    ):
        gradient = EXERCISES[name].solution(lambda x: np.sum(np.exp(A * x)), x, step)
        np.testing.assert_allclose(gradient, A * np.exp(A * x), rtol=tolerance)


@pytest.mark.parametrize(
    ("name", "function", "said"),
    [
        ("gate_with_peephole", lambda z, c, p: z[1:], "  gate: has shape ("),
        ("softsign", lambda z: np.float32(z / (1 + abs(z))), "  y: has dtype float32, expected fl"),
        ("softsign", lambda z: "y", "softsign: y is of type str, expected an array of numbers\n"),
        ("softsign", lambda z: [[1], [2, 3]], "softsign: y is of type list, expected an "),
        ("softsign", lambda z: z + np.nan, "entries are wrong, the worst is y[0"),
        ("softsign", lambda z: z * 5, "softsign: not right yet\n  y: "),
        ("softsign", lambda z: z * 5, "  it is none of the 4 known mistakes\n"),
        ("softsign", lambda z, y: z, "softsign: it stops with TypeError: "),
        ("softsign", lambda z: np.abs(z, out=z), "softsign: it changes its argument z; make a new"),
        ("softsign", lambda z: z * 1j, "  y: is complex, with an imaginary part that is not zero"),
        ("softsign", lambda z: print(end=""), "softsign: it returns nothing: is its `return` mis"),
        ("mask_from_lengths", lambda n: np.ones((n.max(), len(n))), "wrong, the first is mask["),
        ("trapezoid", lambda x, y: 3.0, "  area: is wrong, off by "),
        ("trapezoid", lambda x, y: np.nan, "  area: is wrong, which is not finite\n"),
        ("roc_points", lambda *_: np.ones(4), "roc_points: it returns 4 things, expected 2 arra"),
        ("roc_points", lambda *_: (1, 2, 3), "roc_points: it returns 3 things, expected 2 arrays"),
        ("roc_points", lambda *_: 1.0, "it returns a value of type float, expected 2 arrays: fpr"),
        ("sgd_step", lambda w, dw, rate: 0, "sgd_step: it returns a value of type int, expected a"),
        ("sgd_step", lambda w, dw, rate: {**w, "u": 1}, "the dict that it returns has also u\n"),
        (
            "sgd_step",
            lambda w, dw, rate: {k: w[k] - rate * dw[k] for k in sorted(w)[1:]},
            "sgd_step: the dict that it returns lacks ",
        ),
    ],
)
def test_what_a_student_is_told(name, function, said, capsys):
    passed, printed = printed_by_check(capsys, name, function)
    assert passed is False
    assert said in printed


def test_a_change_in_place_of_a_dict_is_told(capsys):
    def in_place(parameters, gradients, learning_rate):
        for name, w in parameters.items():
            w -= learning_rate * gradients[name]
        return parameters

    passed, printed = printed_by_check(capsys, "sgd_step", in_place)
    assert passed is False
    assert printed == "sgd_step: it changes its argument parameters; make a new array instead\n"


def test_an_exception_is_told_with_the_students_own_line(capsys):
    def softsign(z):
        return np.divide(z, z.no_such_thing)

    passed, printed = printed_by_check(capsys, "softsign", softsign)
    assert passed is False
    assert "it stops with AttributeError: 'numpy.ndarray' object has no attribute" in printed
    assert ": return np.divide(z, z.no_such_thing))" in printed


def test_a_lost_imaginary_part_is_told(capsys):
    def complex_step(f, x, step):
        gradient = np.zeros_like(x)
        for k in np.ndindex(x.shape):
            shifted = x.astype(complex)
            shifted[k] += 1j * step
            gradient[k] = f(shifted)
        return gradient

    passed, printed = printed_by_check(capsys, "complex_step", complex_step)
    assert passed is False
    assert "puts a complex number into an array of real ones, and its imaginary part" in printed
    assert "gradient[k] = f(shifted)" in printed


def test_the_wrong_block_is_named_and_swapped_outputs_are_recognised(capsys):
    step = EXERCISES["lstm_step_backward"].solution

    def one_block(*arguments):
        delta, carried = step(*arguments)
        delta[:, : delta.shape[1] // 4] *= 1.7
        return delta, carried

    assert "; only delta_a\n" in printed_by_check(capsys, "lstm_step_backward", one_block)[1]
    p, dp = EXERCISES["peephole_gradient"].solution, {}
    dp = printed_by_check(capsys, "peephole_gradient", lambda *a: p(*a) * [[3], [1], [-2]])[1]
    assert "; only dp_f, dp_i\n" in dp
    swapped = printed_by_check(capsys, "wilson_interval", lambda *a: wilson(*a)[::-1])[1]
    assert "  low and high have changed places: the order is low, high\n" in swapped


wilson = EXERCISES["wilson_interval"].solution


def test_what_check_returns_shows_nothing_in_a_notebook():
    verdict = judge(EXERCISES["softsign"], EXERCISES["softsign"].solution)
    assert verdict and verdict._ipython_display_() is None
    assert repr(verdict) == "Verdict(right)"
    assert not judge(EXERCISES["softsign"], np.tanh)


def test_two_mistakes_in_two_arrays_are_both_named():
    exercise = EXERCISES["weight_gradients"]
    of_dR = "dR has h_t where h_{t-1} belongs, eq. (23)"
    of_db = "db is a mean and not a sum, eq. (22)"

    def twice_wrong(*arguments):
        dW, dR, _ = exercise.mistaken(of_dR)(*arguments)
        return dW, dR, exercise.mistaken(of_db)(*arguments)[2]

    verdict = judge(exercise, twice_wrong)
    assert set(verdict.mistakes) == {of_dR, of_db}
    assert "  dW: right" in verdict.lines


def test_a_mistake_at_one_point_alone_is_no_known_one():
    """Right at the first point, a known mistake's at the others: judged wrong, not named."""
    exercise, calls = EXERCISES["softsign"], []

    def sometimes(z):
        calls.append(z)
        return exercise.solution(z) if len(calls) == 1 else np.tanh(z)

    verdict = judge(exercise, sometimes)
    assert len(calls) == N_POINTS >= 3
    assert verdict.passed is False and verdict.mistakes == []


def test_an_edit_that_does_not_fit_is_an_error():
    exercise = Exercise(solutions.forward.softsign, 2, ("y",), None, {"m": ("cosh", "sinh")})
    with pytest.raises(ValueError, match="softsign: 'cosh' stands in it 0 times, not once"):
        exercise.mistaken("m")


def test_arguments_of_check_are_checked():
    with pytest.raises(ValueError, match="exercise 'sofsign' is not one of unit_forward, "):
        tl.exercises.check("sofsign", np.tanh)
    with pytest.raises(ValueError, match="exercise 'sofsign' is not one of unit_forward, "):
        tl.exercises.stub("sofsign")
    with pytest.raises(ValueError, match="function is a float, expected a function"):
        tl.exercises.check("softsign", 3.0)
