"""What a student's code does to gain points or to disturb; it gains nothing and stops nobody.

A hostile answer stands in for `softsign`; `trapezoid`, which comes after it and is right, has its
point all the same.
"""

import os

import pytest
from helpers.graded_folders import CELL, RIGHT, folder_of, grade

from tinylstm.exercises.grading.limited_process import Limits

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
