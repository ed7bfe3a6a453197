"""Grading: what a student's folder is worth, whatever its code does to gain points or to disturb.

Each folder is graded in real processes. A hostile answer stands in for `softsign`; `trapezoid`,
which comes after it and is right, has its point all the same.
"""

import inspect
import json
import os
import re
import textwrap

import numpy as np
import pytest

from tinylstm.exercises import EXERCISES, __main__, stub, verdict
from tinylstm.exercises.grading import submission
from tinylstm.exercises.grading.gradebook import as_json, grade_folders, labels_of, table
from tinylstm.exercises.grading.limited_process import Limits
from tinylstm.exercises.grading.values import decoded, encoded

TWO = {name: EXERCISES[name] for name in ("softsign", "trapezoid")}
QUICK = Limits(exercise=20, student=120, memory=2**31, file_size=2**22)
RIGHT = """
import numpy as np

def softsign(z):
    return z / (1 + np.abs(z))

def trapezoid(x, y):
    return np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2)
"""


def folder_of(path, program=None, **notebooks):
    """A student's folder: `my_lstm.py`, and notebooks as lists of code cells."""
    path.mkdir(parents=True)
    if program is not None:
        (path / "my_lstm.py").write_text(textwrap.dedent(program), encoding="utf-8")
    for name, sources in notebooks.items():
        cells = [
            {"cell_type": "code", "source": textwrap.dedent(source).splitlines(keepends=True)}
            for source in sources
        ]
        (path / f"{name}.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


def grade(folder, exercises=TWO, limits=QUICK, **settings):
    """The one student of a folder: the student, and the remarks by exercise."""
    (student,) = grade_folders([folder], exercises, limits=limits, **settings)
    return student, {grade.exercise: grade.remark for grade in student.grades}


def solved():
    """A program of all the solutions' sources."""
    modules = {inspect.getmodule(exercise.solution): None for exercise in EXERCISES.values()}
    own = re.compile(r"^from \.[^(\n]*(\([^)]*\))?$", re.MULTILINE)  # they import one another
    return "\n\n".join(own.sub("", inspect.getsource(module)) for module in modules)


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

CELL = RIGHT + '\n\nimport tinylstm as tl\ntl.exercises.check("{}", {})\n'


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


# What is tried in order to gain points, or to stop the others: (body of softsign, what is said)

NEVER_RIGHT = "np.abs(z) * 0 + 3"
HOSTILE = {
    "prints a verdict": (
        f"print('softsign: right (y; 6 random points)'); return {NEVER_RIGHT}",
        "entries are wrong",
    ),
    "exits": ("import sys; sys.exit(0)", "it stops with SystemExit: 0"),
    "exits at once": ("import os; os._exit(0)", "it ended the process (exit status 0) before it"),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "it killed the process, or was killed"),
    "kills its parent": (
        "import os; os.kill(os.getppid(), 9)",
        "it stops with PermissionError: os.kill is not allowed where exercises are graded",
    ),
    "forks": (
        "import os\n    while True: os.fork()",
        "it stops with PermissionError: os.fork is not allowed where exercises are graded",
    ),
    "starts a process": (
        "import subprocess; subprocess.run(['sleep', '1000'])",
        "it stops with PermissionError: subprocess.Popen is not allowed",
    ),
    "eats memory": ("return np.ones(2**34)", "it stops with "),
    "eats memory bit by bit": (
        "kept = []\n    while True: kept.append(np.zeros(2**23))",
        "it stops with MemoryError",
    ),
    "returns too much": ("return np.ones(2**22)", "what it returns is too large"),
    "returns an object": (
        "return type('Fine', (), {'__eq__': lambda *_: True, '__array__': None})()",
        "y is of type Fine, expected an array of numbers",
    ),
    "returns objects": (
        "return np.array([object()] * z.size, object).reshape(z.shape)",
        "y is of type ",
    ),
    "returns nothing": ("pass; z + 1", "it returns nothing: is its `return` missing?"),
    "changes its argument": (
        "z /= 1 + np.abs(z); return z",
        "it changes its argument z; make a new array instead",
    ),
    "patches numpy": (
        f"np.allclose = np.array_equal = lambda *_, **__: True; return {NEVER_RIGHT}",
        "entries are wrong",
    ),
    "patches the checks": (
        "import tinylstm.exercises.verdict as v, tinylstm.exercises as e\n"
        "    v._wrong = lambda answer, right, tolerance: np.zeros(right.shape, bool)\n"
        "    v.judge = e.check = lambda *_: v.Verdict(True, ['right'])\n"
        "    v.call = lambda function, inputs: (0, inputs)\n"
        f"    return {NEVER_RIGHT}",
        "entries are wrong",
    ),
    "writes its own result": (  # past the guard, which does not know of dir_fd
        "import os; results = os.open('../results', os.O_RDONLY)\n"
        "    for name in ('softsign.json', 'trapezoid.json'):\n"
        "        file = os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=results)\n"
        '        os.write(file, b\'{"passed": true, "points": 1, "results": "right"}\')\n'
        "    os._exit(0)",
        "what it handed back is not in order",
    ),
    "writes to its results": (
        "open('../results/softsign.json', 'w')",
        "it stops with PermissionError: ../results/softsign.json is outside of the copy",
    ),
    "removes its results": (
        f"import shutil; shutil.rmtree('../results'); return {NEVER_RIGHT}",
        "it stops with PermissionError: ../results is outside of the copy that is graded",
    ),
    "puts a pipe in their place": (
        "import os; os.mkfifo('../results/softsign.json'); os._exit(0)",
        "it ended the process (exit status 0) before it returned",
    ),
    "deletes files": (
        "import pathlib, shutil; shutil.rmtree('.', ignore_errors=True)\n"
        "    for path in pathlib.Path('.').glob('*'): path.unlink()\n"
        f"    return {NEVER_RIGHT}",
        "entries are wrong",
    ),
    "raises what is no Exception": ("raise GeneratorExit('bye')", "it stops with GeneratorExit: b"),
    "raises without words": ("raise type('E' * 9999, (Exception,), {})", "it stops with EEEE"),
    "speaks to the terminal": (
        "raise ValueError('\\x1b[2J\\r\\nsoftsign 1 right')",
        "it stops with ValueError: [2J softsign 1 right (line ",
    ),
    "recurses": ("return softsign(z)", "it stops with RecursionError"),
    "never comes back": ("while True: pass", "it does not come to an end: stopped after 3 seconds"),
    "sleeps": ("import time; time.sleep(1000)", "it does not come to an end: stopped after 3 s"),
    "hides in a thread": (
        "import threading\n"
        "    threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()\n"
        f"    return {NEVER_RIGHT}",
        "entries are wrong",
    ),
}
IN_EVERY_RUN = "exits at once", "patches the checks"


@pytest.mark.parametrize(
    "what",
    [pytest.param(w, marks=[] if w in IN_EVERY_RUN else [pytest.mark.slow]) for w in HOSTILE],
)
def test_a_hostile_answer_gains_nothing_and_stops_nobody(what, tmp_path):
    body, said = HOSTILE[what]
    definition = f"def softsign(z):\n    {body}\n\ndef trapezoid("
    program = RIGHT.split("def softsign")[0] + definition + RIGHT.split("def trapezoid(")[1]
    folder = folder_of(tmp_path / "mallory", program)
    before = sorted(path.read_bytes() for path in folder.iterdir())
    limits = Limits(3 if "stopped after" in said else 20, 120, 2**31, 2**22)
    student, remarks = grade(folder, limits=limits)
    assert said in remarks["softsign"], remarks
    assert "\n" not in remarks["softsign"] and len(remarks["softsign"]) <= 240
    # Files of its own that it wrote over are no gain either.
    assert remarks["trapezoid"] == ("right" if what != "writes its own result" else said)
    assert [grade.points for grade in student.grades] == [0, int(remarks["trapezoid"] == "right")]
    assert sorted(path.read_bytes() for path in folder.iterdir()) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first_line", "said"),
    [
        ("raise OSError('no')", "my_lstm.py stops with OSError: no (line 1: raise OSError('no'))"),
        ("import sys; sys.exit(0)", "my_lstm.py stops with SystemExit: 0"),
        ("import os; os._exit(0)", "my_lstm.py: it ended the process (exit status 0) before it re"),
        ("while True: pass", "my_lstm.py: it does not come to an end: stopped after 3 seconds"),
        ("import no_such_module", "my_lstm.py stops with ModuleNotFoundError: No module named"),
    ],
)
def test_a_program_that_cannot_be_imported_stops_no_notebook(first_line, said, tmp_path):
    program = f"{first_line}\ndef softsign(z):\n    return z\n"
    notebook = [CELL.format("trapezoid", "trapezoid")]
    limits = Limits(3 if "stopped after" in said else 20, 120)
    student, remarks = grade(folder_of(tmp_path / "gil", program, forward=notebook), limits=limits)
    assert said in remarks["softsign"]
    assert remarks["trapezoid"] == "right" and student.points == 1


@pytest.mark.slow
def test_a_students_time_is_limited_as_a_whole(tmp_path):
    program = "import time\ndef softsign(z):\n    time.sleep(1000)\ntrapezoid = softsign\n"
    _, remarks = grade(folder_of(tmp_path / "hal", program), limits=Limits(1000, 2))
    assert set(remarks.values()) == {"not run: the 2 seconds for a student were over"}


@pytest.mark.slow
def test_nothing_outside_of_the_copy_is_written_or_removed(tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("whole")
    for k, body in enumerate(
        (
            f"open({str(kept)!r}, 'w')",
            f"import os; os.remove({str(kept)!r})",
            f"import shutil; shutil.rmtree({str(tmp_path)!r})",
            f"import os; os.rename({str(kept)!r}, 'mine')",
        )
    ):
        program = f"def softsign(z):\n    {body}\n"
        remarks = grade(folder_of(tmp_path / f"ivy{k}", program))[1]
        assert "it stops with PermissionError: " in remarks["softsign"]
        assert kept.read_text() == "whole"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_links_are_not_copied(tmp_path):
    (tmp_path / "secret.py").write_text("KEY = 3")
    folder = folder_of(tmp_path / "joe", "import secret\n" + RIGHT)
    (folder / "secret.py").symlink_to(tmp_path / "secret.py")
    assert "stops with ModuleNotFoundError" in grade(folder)[1]["softsign"]


@pytest.mark.slow
def test_modules_of_the_students_own_are_found_and_shadow_nothing_of_ours(tmp_path):
    folder = folder_of(tmp_path / "kim", "import helper\n" + RIGHT + "\nsoftsign = helper.softsign")
    (folder / "helper.py").write_text("def softsign(z):\n    return z / (1 + abs(z))\n")
    for name in ("json.py", "numpy.py", "tinylstm.py"):
        (folder / name).write_text("raise OSError('shadowed')\n")
    assert grade(folder)[0].points == 2


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
