"""The suite passes on this package, and finds every planted bug."""

import inspect

import numpy as np
import pytest

import tinylstm as tl
from tinylstm import gradcheck
from tinylstm.gradcheck.bugs.mutation_table import as_markdown, mutation_table
from tinylstm.gradcheck.bugs.mutations import MUTATIONS
from tinylstm.gradcheck.bugs.planting import planted
from tinylstm.gradcheck.suite import EXAMPLE_POINT, network_and_batch, suite_cases
from tinylstm.network import PeepholeLSTM


@pytest.fixture(scope="module")
def cases():
    """The points of the suite, shared by the tests below: the numeric gradients are kept."""
    return suite_cases()


@pytest.fixture(scope="module")
def table():
    """What the habits find; the points of the suite are left to test_the_suite_finds."""
    return mutation_table(cases=[])


def test_the_suite_passes(cases):
    for case in cases:
        case.check().assert_ok()


@pytest.mark.slow
def test_the_suite_passes_by_central_differences(cases):
    """At every third point, to spare time; `tinylstm gradcheck --method central` takes them all."""
    for case in cases[::3]:
        case.check("central").assert_ok()


def test_run_suite(cases):
    told = []
    report = gradcheck.run_suite(progress=lambda done, total: told.append(done), cases=cases)
    report.assert_ok()
    assert len(report.points) == len(cases) == told[-1]
    names = {entry.name for entry in report.entries}
    assert names >= {f"lstm.{name}" for name in "WRpb"} | {
        "lstm2.W",
        "lstm.backward.p",
        "output.W",
        "output.b",
        "x",
    }
    floored = sum(entry.n_floored for entry in report.entries)
    compared = sum(entry.n_entries for entry in report.entries)
    assert floored <= 5 < 6_000 < compared


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[m.name for m in MUTATIONS])
def test_the_suite_finds(mutation, cases):
    with planted(mutation):
        assert any(not case.compare().ok for case in reversed(cases))


def test_a_row_counts_the_points_that_find_a_bug(cases):
    few = cases[:4]
    (row,) = mutation_table(MUTATIONS[:1], few, habits={"first": few[0]})
    with planted(MUTATIONS[0]):
        found = [not case.check().ok for case in few]
    assert row == (MUTATIONS[0], sum(found), {"first": found[0]})


def test_there_are_enough_bugs_of_different_names():
    assert len(MUTATIONS) >= 25
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
    assert all(mutation.explanation and mutation.hints for mutation in MUTATIONS)
    assert len({(mutation.function, mutation.old, mutation.new) for mutation in MUTATIONS}) == len(
        MUTATIONS
    )


@pytest.mark.slow
def test_each_habit_misses_what_the_suite_finds(table):
    """A habit that found all of them would make the grid needless."""
    for habit in table[0].by_habit:
        missed = [row.mutation.name for row in table if not row.by_habit[habit]]
        assert missed, habit
    n_found = {habit: sum(row.by_habit[habit] for row in table) for habit in table[0].by_habit}
    assert max(n_found, key=n_found.get) == "random parameters, padding"


@pytest.mark.slow
def test_the_peepholes_of_a_new_network_hide_bugs(table):
    """Where p is zero, a term with p is zero, and may be missing."""
    by_name = {row.mutation.name: row.by_habit for row in table}
    for gate in "foi":
        habits = by_name[f"p_{gate} missing in dc"]
        assert habits["random parameters, padding"]
        assert not habits["right after initialisation"]


@pytest.mark.slow
def test_the_table_in_markdown(table):
    lines = as_markdown(table).splitlines()
    assert len(lines) == len(MUTATIONS) + 3
    assert len({line.count("|") for line in lines}) == 1
    assert lines[-1].startswith(f"| **found** | **0 of {len(MUTATIONS)}** |")


def test_a_table_needs_points_that_pass(cases):
    with planted(MUTATIONS[0]), pytest.raises(ValueError, match="without any planted bug"):
        mutation_table(cases=cases[:5], habits={})


# Planting


def test_a_bug_is_planted_and_taken_out_again():
    backward = PeepholeLSTM.backward
    source, code = inspect.getsource(backward), backward.__code__
    for mutation in MUTATIONS:
        with planted(mutation):
            pass
    with pytest.raises(ZeroDivisionError), planted(MUTATIONS[0]):
        raise ZeroDivisionError
    assert PeepholeLSTM.backward is backward
    assert backward.__code__ is code
    assert inspect.getsource(backward) == source


def test_a_bug_whose_place_has_gone_is_an_error():
    stale = MUTATIONS[0]._replace(old="np.none(")
    with (
        pytest.raises(ValueError, match=r"'np.none\(' stands 0 times in .*steps_backward"),
        planted(stale),
    ):
        pass
    many = MUTATIONS[0]._replace(old="np.")
    with (
        pytest.raises(ValueError, match=r"stands \d+ times .*so must the mutation"),
        planted(many),
    ):
        pass


def test_a_bug_leaves_the_loss_alone():
    """A planted bug is in the backward pass: what is checked against stays what it is."""
    network, batch = network_and_batch(EXAMPLE_POINT, np.random.default_rng(0))
    loss = network.loss(batch)
    for mutation in MUTATIONS:
        with planted(mutation):
            assert network.loss(batch) == loss, mutation.name


# Find the bug


@pytest.mark.parametrize("number", [1, 7, len(MUTATIONS)])
def test_a_quiz(number):
    quiz = gradcheck.quiz(number)
    answer = next(name for name in quiz.choices if quiz.guess(name))
    assert sum(quiz.guess(name) for name in quiz.choices) == 1
    hints = [quiz.hint(k) for k in range(1, quiz.n_hints + 1)]
    assert hints[-1].startswith(answer)
    assert not any(answer in hint for hint in hints[:-1])
    assert answer not in repr(quiz) + str(quiz)


def test_where_a_bug_hides_it_is_said():
    quiz = gradcheck.quiz(1)
    (where,) = (h for h in map(quiz.hint, range(1, quiz.n_hints + 1)) if h.startswith("It hides"))
    hides = where.removeprefix("It hides at: ").partition(".")[0].split("; ")
    assert "T=1" in hides  # it is in the sum over a layer's steps
    report = quiz.check(T=1)
    assert report.ok and "the bug hides at this point" in report.notes[-1]
    assert not any("hides" in note for note in quiz.check().notes)


@pytest.mark.slow
def test_no_says_what_rules_a_guess_out():
    """And what it says is true: of the gradients with the bug that was guessed."""
    quiz = gradcheck.quiz(7)
    for number, name in enumerate(quiz.choices, 1):
        assert quiz.guess(number) == quiz.guess(str(number)) == quiz.guess(name)
        assert quiz.why_not(number) == quiz.why_not(name)
        assert quiz.guess(name) == (quiz.why_not(name) == "it is the one")
    assert quiz.why_not("it") == "'it' is none of the bugs"
    reason = quiz.why_not("dp_o from c[t-1]")
    name = reason.split()[1]
    verdicts = {entry.name: entry.ok for entry in quiz.check().entries}
    assert reason in (
        f"here {name} is {'right' if verdicts[name] else 'wrong'}, and would be "
        f"{'wrong' if verdicts[name] else 'right'}",
    )


def test_all_quizzes_together_are_all_bugs():
    answers = {
        gradcheck.quiz(number).hint(gradcheck.quiz(number).n_hints)
        for number in range(1, len(MUTATIONS) + 1)
    }
    assert len(answers) == len(MUTATIONS)
    order = [gradcheck.quiz(k + 1).guess(m.name) for k, m in enumerate(MUTATIONS)]
    assert sum(order) < 4  # not the order of the list


@pytest.mark.slow
def test_every_quiz_can_be_found():
    """Some point of a quiz's own check shows the bug."""
    changes = [
        {"mask": "holes", "labels": "some", "layers": 2, "H": 2, "T": 7},
        {"activation": "relu", "T": 2},
        {"activation": "tanh", "T": 2},
        {"T": 300, "mask": "none", "H": 1},
        {"bidirectional": "sum", "layers": 2, "H": 2},
        {"bidirectional": "concat", "T": 2},
        {"truncate": 3, "layers": 2, "labels": "all", "H": 2, "T": 7},
    ]
    hidden = []
    for number in range(1, len(MUTATIONS) + 1):
        quiz = gradcheck.quiz(number)
        if all(quiz.check(**change, method="directional").ok for change in changes):
            hidden.append(quiz.hint(quiz.n_hints))
    assert hidden == []


def test_a_quiz_on_a_network_of_ones_own():
    point = {**EXAMPLE_POINT, "T": 4, "H": 2}
    network, batch = network_and_batch(point, np.random.default_rng(0))
    quiz = gradcheck.quiz(1)
    broken = quiz.broken(network)
    assert broken.loss(batch) == network.loss(batch)
    assert not gradcheck.check_network(broken, batch).ok
    gradcheck.check_network(network, batch).assert_ok()


def test_a_quiz_says_what_it_does_not_know():
    with pytest.raises(ValueError, match=rf"no quiz 0, expected 1 to {len(MUTATIONS)}"):
        gradcheck.quiz(0)
    with pytest.raises(ValueError, match="no hint 9, expected 1 to"):
        gradcheck.quiz(1).hint(9)
    with pytest.raises(ValueError, match="units, state: not among"):
        gradcheck.quiz(1).check(units=3, state="given")


# What check_network finds beside gradients


def test_faults_of_a_network():
    network, batch = network_and_batch(EXAMPLE_POINT, np.random.default_rng(0))

    class Faulty:
        parameters, with_parameters = network.parameters, network.with_parameters
        loss = network.loss

        def __init__(self):
            self.calls = 0

        def loss_and_gradients(self, batch):
            self.calls += 1
            value, gradients = network.loss_and_gradients(batch)
            gradients["output.b"] = gradients["output.b"] * max(1, self.calls - 1)
            return 2 * value, gradients

        def input_gradient(self, batch):
            dx = network.input_gradient(batch)
            batch.labels += 1
            return dx

    faults = gradcheck.check_network(Faulty(), batch).faults
    assert any(
        fault.startswith("a second call gives another") and "gradients['output.b']" in fault
        for fault in faults
    )
    assert any("a call changes batch: batch.labels" in fault for fault in faults)
    assert any("loss_and_gradients gives the loss" in fault for fault in faults)


def test_a_network_in_float32_is_refused():
    rng = np.random.default_rng(0)
    network = tl.Network(
        {
            "lstm": tl.PeepholeLSTM(3, 2, rng=rng, dtype=np.float32),
            "output": tl.SoftmaxOutput(2, 2, rng=rng, dtype=np.float32),
        }
    )
    batch = tl.Batch(np.ones((5, 1, 3)), np.tile([1.0, 0.0], (5, 1, 1)))
    with pytest.raises(ValueError, match=r"lstm.W has dtype float32.*7 digits"):
        gradcheck.check_network(network, batch)


def test_nan_in_masked_steps_is_no_matter():
    point = {**EXAMPLE_POINT, "T": 4, "H": 2}
    network, batch = network_and_batch(point, np.random.default_rng(0))
    batch.features[~batch.feature_mask] = np.nan
    for method in ("complex", "central", "directional"):
        gradcheck.check_network(network, batch, method).assert_ok()
