"""Grading: what a student's folder is worth, and what is said of it.

Each folder is graded in real processes. Hostile answers are in test_hostile_answers.py.
"""

import inspect
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from helpers.graded_folders import CELL, QUICK, RIGHT, TWO, folder_of, grade, solved

from tinylstm.exercises import EXERCISES, __main__, stub, verdict
from tinylstm.exercises.grading import submission
from tinylstm.exercises.grading.gradebook import as_json, grade_folders, labels_of, table
from tinylstm.exercises.grading.values import decoded, encoded

# Right answers


@pytest.mark.parametrize("seed", [0, pytest.param(20261128, marks=pytest.mark.slow)])
def test_every_solution_gets_its_point(tmp_path, seed):
    student, remarks = grade(folder_of(tmp_path / "ada", solved()), EXERCISES, seed=seed)
    assert {name: remark for name, remark in remarks.items() if remark != "right"} == {}
    assert student.points == len(EXERCISES) and student.notes == []


@pytest.mark.slow
def test_every_known_mistake_is_named_and_gets_none(tmp_path):
    notebooks, mistakes = {}, {}
    for name, exercise in EXERCISES.items():
        module = exercise.solution.__module__
        for mistake, (old, new) in list(exercise.mistakes.items())[:1]:
            wrong = inspect.getsource(exercise.solution).replace(old, new)
            cell = f'{wrong}\ncheck("{name}", {name})'
            notebooks[name] = ["import numpy as np", f"from {module} import *", cell]
            mistakes[name] = mistake
    student, remarks = grade(folder_of(tmp_path / "bob", **notebooks), EXERCISES)
    for name, mistake in mistakes.items():
        assert remarks[name].startswith(f"known mistake: {mistake}"), name
    assert student.points == 0


def test_the_points_come_from_the_seed(tmp_path):
    """A table of what is right at the points of seed 0 is worth nothing at others."""
    exercise = EXERCISES["trapezoid"]
    known = [
        (float(p["x"][0]), float(exercise.solution(**p))) for p in verdict.inputs_of(exercise, 0)
    ]
    program = f"def trapezoid(x, y):\n    return dict({known})[float(x[0])]\n"
    folder, only = folder_of(tmp_path / "eve", program), {"trapezoid": exercise}
    assert grade(folder, only)[0].points == 1
    student, remarks = grade(folder, only, seed=1)
    assert student.points == 0 and "it stops with KeyError" in remarks["trapezoid"]


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_points_of_any_seed_are_fit(name):
    exercise = EXERCISES[name]
    for seed in (1, 10**12):
        points, expected = verdict.points_of(exercise, seed)
        for arrays in expected:
            assert all(np.isfinite(array).all() for array in arrays.values())
        again = ((exercise.solution(**inputs), inputs) for inputs in points)
        assert verdict.judge_results(exercise, points, expected, again)


@pytest.mark.parametrize("name", EXERCISES)
def test_arguments_cross_to_the_process_as_they_are(name):
    for inputs in verdict.inputs_of(EXERCISES[name]):
        for argument in inputs.values():
            if not callable(argument):
                crossed = decoded(json.loads(json.dumps(encoded(argument))))
                assert type(crossed) is type(argument)
                if isinstance(argument, tuple):
                    assert [part.dtype for part in crossed] == [part.dtype for part in argument]
                assert getattr(crossed, "dtype", None) == getattr(argument, "dtype", None)
                np.testing.assert_equal(crossed, argument)


@pytest.mark.slow
def test_a_folder_as_it_was_written_has_no_points_and_no_notes(tmp_path):
    """Nor do the notebooks' own cells count, or look as if they used the solutions."""
    __main__.write_student_folder(tmp_path / "new")
    student, remarks = grade(tmp_path / "new", EXERCISES)
    assert student.points == 0 and student.notes == []
    assert set(remarks.values()) == {"not filled in"}


# Which function counts


def test_a_notebook_counts_where_the_program_has_a_stub(tmp_path):
    folder = folder_of(
        tmp_path / "cy",
        f"import numpy as np\n\n{stub('softsign')}\n\ndef trapezoid(x, y):\n    return 0.0\n",
        forward=[
            "raise OSError('no statement that is not needed is run')",
            "%matplotlib inline\ndef absolute(z):\n    return np.abs(z)\n",
            stub("softsign") + '\n\ntl.exercises.check("softsign", softsign)',
            "import numpy as np\nONE = 2 - 1\nfor k in range(10**12): pass",
            'def softsign(z):\n    return z / (ONE + absolute(z))\ncheck("softsign", softsign)',
            CELL.format("trapezoid", "trapezoid"),
        ],
    )
    student, remarks = grade(folder)
    assert remarks["softsign"] == "right"
    assert "off by" in remarks["trapezoid"], "the program's counts, though the notebook's is right"
    assert [grade.found_in for grade in student.grades] == ["forward.ipynb", "my_lstm.py"]


def test_a_function_counts_in_the_cell_of_its_exercise_alone(tmp_path):
    student, remarks = grade(folder_of(tmp_path / "di", forward=[RIGHT]))
    assert student.points == 0 and set(remarks.values()) == {"not in the folder"}
    assert student.notes == ["there is no my_lstm.py"]


def test_stubs_and_missing_functions_are_told(tmp_path):
    student, remarks = grade(folder_of(tmp_path / "ed", stub("softsign")))
    assert remarks == {"softsign": "not filled in", "trapezoid": "not in the folder"}
    assert student.points == 0


def test_a_syntax_error_is_told_and_stops_no_other_file(tmp_path):
    broken = "def softsign(z)\n    return z\n"
    notebook = [CELL.format("trapezoid", "trapezoid"), broken + 'check("softsign", softsign)']
    student, remarks = grade(folder_of(tmp_path / "fay", broken, forward=notebook))
    assert remarks["softsign"].startswith("my_lstm.py has a syntax error in line 1: ")
    assert remarks["trapezoid"] == "right" and student.points == 1
    (tmp_path / "fay" / "my_lstm.py").unlink()
    (tmp_path / "fay" / "broken.ipynb").write_text("{")
    student, remarks = grade(tmp_path / "fay")
    assert remarks["softsign"].startswith("its cell has a syntax error in line 1: ")
    assert "broken.ipynb is no notebook" in student.notes and student.points == 1


# A mistake counts once

STEP = {name: EXERCISES[name] for name in ("softsign", "gate_with_peephole", "lstm_step_forward")}
LOOP = {"lstm_forward": EXERCISES["lstm_forward"]}
GATE = inspect.getsource(STEP["gate_with_peephole"].solution)
LSTM_STEP = inspect.getsource(STEP["lstm_step_forward"].solution)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gate", "remark"),
    [
        ("def gate_with_peephole(z, c, p):\n    return z\n", "gate: "),
        (stub("gate_with_peephole"), "not filled in"),
        pytest.param("", "not in the folder", marks=pytest.mark.slow),
        pytest.param(GATE, "right", marks=pytest.mark.slow),
    ],
)
def test_a_wrong_part_is_lent_to_what_calls_it(gate, remark, tmp_path):
    program = f"{RIGHT}\n{gate}\n{LSTM_STEP}"
    student, remarks = grade(folder_of(tmp_path / "pat", program), STEP)
    assert remarks["gate_with_peephole"].startswith(remark)
    lent = "right, with gate_with_peephole lent by the package" if gate != GATE else "right"
    assert remarks["lstm_step_forward"] == lent
    assert student.points == (3 if gate == GATE else 2) and student.notes == []


@pytest.mark.slow
def test_what_is_lent_is_no_use_of_the_solutions(tmp_path):
    """The step that is lent to the loop calls the gate and the softsign of the solutions."""
    loop = inspect.getsource(EXERCISES["lstm_forward"].solution)
    program = f"import numpy as np\n\n{stub('gate_with_peephole')}\n{LSTM_STEP}\n{loop}"
    student, remarks = grade(folder_of(tmp_path / "pia", program), STEP | LOOP)
    lent = "right, with gate_with_peephole, softsign lent by the package"
    assert remarks["lstm_step_forward"] == lent
    assert remarks["lstm_forward"] == "right, with lstm_step_forward lent by the package"
    assert student.points == 2 and student.notes == []


@pytest.mark.slow
def test_no_function_is_lent_to_itself(tmp_path):
    """The part that it calls is wrong, so both are tried again, and it calls its own name."""
    program = """
    import numpy as np
    def gate_with_peephole(z, c, p):
        return lstm_step_forward
    def lstm_step_forward(*arguments):
        return lstm_step_forward(*arguments)
    def softsign(z):
        return softsign(z)
    """
    student, remarks = grade(folder_of(tmp_path / "quin", program), STEP)
    assert student.points == 0 and "RecursionError" in remarks["lstm_step_forward"]


@pytest.mark.slow
def test_a_whole_is_not_lent_to_its_part(tmp_path):
    """A step is a sequence of one, but the wrong loop does not become right for the step's sake."""
    program = """
    def lstm_step_forward(x, h, c, W, R, p, b):
        h, c, gates = lstm_forward(x[None], x[None, :, 0] < 1e9, W, R, p, b)
        return h[0], c[0], gates[:, 0]
    def lstm_forward(x, mask, W, R, p, b):
        return 1, 2, 3
    """
    exercises = {name: EXERCISES[name] for name in ("lstm_step_forward", "lstm_forward")}
    assert grade(folder_of(tmp_path / "ray", program), exercises)[0].points == 0


# That it uses the solutions is reported

IMPORTS = {
    "import": "from tinylstm.exercises.solutions.forward import softsign",
    "module": "import tinylstm.exercises.solutions.forward as f\nsoftsign = f.softsign",
    "attribute": "import tinylstm as tl\nsoftsign = tl.exercises.solutions.forward.softsign",
    "table": "from tinylstm.exercises import EXERCISES\nsoftsign = EXERCISES['softsign'].solution",
    "by a name": "import importlib\nname = 'tinylstm.exercises.solutions.forward'\n"
    "softsign = importlib.import_module(name).softsign",
}
HIDDEN = {
    "in pieces": "import importlib\n"
    "f = importlib.import_module('tinylstm.exercises.solu' + 'tions.forward')\n"
    "def softsign(z):\n    return f.softsign(z)\n",
    "by way of the checks": "import tinylstm.exercises.backward as b\n"
    "def softsign(z):\n    return b.softsign(z)\n",
}


@pytest.mark.parametrize("how", IMPORTS)
def test_an_import_of_the_solutions_is_seen(how):
    tree = submission.ast.parse(IMPORTS[how] + "\n# the solutions")
    assert submission._uses_of_solutions(tree, "my_lstm.py")


def test_words_about_solutions_are_none():
    tree = submission.ast.parse('"""Not the solutions of others."""\nsolution_count = 3\n')
    assert submission._uses_of_solutions(tree, "my_lstm.py") == []


@pytest.mark.slow
def test_a_use_of_the_solutions_is_reported_and_not_prevented(tmp_path):
    folders = [folder_of(tmp_path / "import", IMPORTS["import"])]
    folders += [folder_of(tmp_path / how, program) for how, program in HIDDEN.items()]
    folders += [folder_of(tmp_path / "elsewhere", "from helper import softsign")]
    (folders[-1] / "helper.py").write_text(IMPORTS["import"])
    students = grade_folders(folders, {"softsign": TWO["softsign"]}, limits=QUICK)
    assert students[0].notes[0] == "it reaches for the solutions: my_lstm.py, line 1"
    assert students[-1].notes[0] == "it reaches for the solutions: helper.py, line 1"
    for student in students:
        assert student.notes[-1] == "it used the solutions when it ran: softsign"


@pytest.mark.slow
def test_reading_the_files_of_the_solutions_is_reported(tmp_path):
    program = """
    import pathlib, tinylstm
    folder = pathlib.Path(tinylstm.__file__).parent / "exercises" / ("solu" + "tions")
    namespace = {}
    exec((folder / "forward.py").read_text(), namespace)
    softsign = namespace["softsign"]
    """
    student, _ = grade(folder_of(tmp_path / "max", program))
    assert student.notes == ["it used the solutions when it ran: the files"]


@pytest.mark.slow
def test_a_check_in_the_program_is_no_use_of_the_solutions(tmp_path):
    program = RIGHT + "\nimport tinylstm as tl\ntl.exercises.check('softsign', softsign)\n"
    program += "if __name__ == 'my_lstm' and not tl.exercises.program('elsewhere'): raise OSError\n"
    student, _ = grade(folder_of(tmp_path / "ned", program))
    assert student.points == 2 and student.notes == []


# The table


def test_students_are_named_by_folder_and_the_same_names_apart(tmp_path):
    folders = [folder_of(tmp_path / a / b) for a, b in (("mo", "ann"), ("tu", "ann"), ("tu", "bo"))]
    assert labels_of(folders) == ["mo/ann", "tu/ann", "bo"]


@pytest.mark.slow
def test_the_command_prints_a_table_or_json(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(__main__, "EXERCISES", TWO)
    (tmp_path / "data.csv").write_text("1")
    folders = [folder_of(tmp_path / "ann", RIGHT), folder_of(tmp_path / "bo", "softsign = abs")]
    command = ["--grade", *map(str, folders), "--seed", "3"]
    assert __main__.main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "ann: 2 of 2 points" in lines and "bo: 0 of 2 points" in lines
    notebook = TWO["softsign"].notebook
    assert f"  {notebook:2}  softsign                   1  right (my_lstm.py)" in lines
    assert [line.split()[-1] for line in lines if line.startswith(("ann ", "bo "))] == ["2", "0"]
    assert lines[-1] == "One point an exercise; random points of seed 3."
    assert __main__.main([*command, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["seed"] == 3
    assert [(s["student"], s["points"], s["of"]) for s in printed["students"]] == [
        ("ann", 2, 2),
        ("bo", 0, 2),
    ]
    assert printed["students"][1]["grades"][1]["remark"] == "not in the folder"
    assert __main__.main(["--grade", str(tmp_path / "data.csv")]) == 1
    assert "data.csv is not a folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_reader_that_has_gone_is_no_error(tmp_path):
    folder = folder_of(tmp_path / "ida", RIGHT)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "tinylstm.exercises", "--grade", str(folder)]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_the_table_and_the_json_hold_the_same(tmp_path):
    students = grade_folders([folder_of(tmp_path / "oz", RIGHT)], TWO, limits=QUICK)
    text, parsed = table(students, 0), json.loads(as_json(students, 0))
    for entry in parsed["students"][0]["grades"]:
        assert f"{entry['exercise']:26}{entry['points']:2}  {entry['remark']}" in text


@pytest.mark.parametrize(
    "form",
    [
        [],
        {},
        {"array": "AAAA", "dtype": "|O8", "shape": [1]},
        {"array": "AAAA", "dtype": "<f8", "shape": [10**9]},
        {"array": "not base64!", "dtype": "<f8", "shape": [1]},
    ],
)
def test_a_form_that_is_none_is_an_error(form):
    with pytest.raises((ValueError, KeyError)):
        decoded(form)
