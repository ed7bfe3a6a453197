"""The notebooks: their form, that every cell runs, and that what they store is what they give.

The rule for stored outputs: a cell prints text and shows figures, or it ends with the drawing of
the cell (`tl.exercises.cell`), nothing else. Run again, it draws the same, shows as many figures,
each of the same size and with as many axes, and prints the same words with like numbers: equal to
1 %, or both below 1e-8, where rounding is all there is. On a line that tells seconds, the numbers
are not compared. Notebook 8 reads the package's own text: where that is no longer the one whose
SHA-256 it has stored, its words are not compared, and what its cells assert still is.
"""

import ast
import contextlib
import inspect
import io
import json
import math
import re

import matplotlib
import pytest
from helpers import other_answers
from helpers.notebook_cells import FOLDER, NOTEBOOKS, cells, load_script, text_of
from matplotlib import pyplot

from tinylstm.exercises import EXERCISES, stub
from tinylstm.exercises.__main__ import write_student_folder
from tinylstm.exercises.program import NAMES as PROGRAM

EVERY_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
QUICK = ("03",)  # the others train, or go through the suite of gradient checks
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def stored(cell):
    """What a code cell has stored: its text, and what each figure is in words."""
    text = "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
    figures = [o["data"] for o in cell["outputs"] if o["output_type"] == "display_data"]
    return text, ["".join(data["text/plain"]) for data in figures]


def stored_drawing(cell):
    """The drawing that a code cell has stored, as HTML, or None."""
    for output in cell["outputs"]:
        if output["output_type"] == "execute_result":
            return "".join(output["data"]["text/html"])
    return None


def is_of_another_text(path):
    """Whether the outputs were made of another text than the package's of today."""
    printed = "".join(stored(cell)[0] for cell in cells(path, "code"))
    digests = re.findall(r"^SHA-256 (\w{64})$", printed, re.M)
    script = load_script("write_text")
    return bool(digests) and digests[0] != script.digest(script.corpus())


def run(text, name, namespace):
    """Execute a cell's code; the HTML of its last expression, or None."""
    tree = ast.parse(text, name)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    value = last and eval(compile(ast.Expression(last.value), name, "eval"), namespace)
    return value._repr_html_() if hasattr(value, "_repr_html_") else None


def alike(text, other):
    """Whether two outputs have the same words and like numbers."""
    lines, others = text.split("\n"), other.split("\n")
    return len(lines) == len(others) and all(map(lines_alike, lines, others))


def lines_alike(line, other):
    if NUMBER.sub("", line).split() != NUMBER.sub("", other).split():
        return False
    pairs = zip(map(float, NUMBER.findall(line)), map(float, NUMBER.findall(other)), strict=False)
    return "seconds" in line or (
        len(NUMBER.findall(line)) == len(NUMBER.findall(other))
        and all(math.isclose(a, b, rel_tol=0.01, abs_tol=1e-8) for a, b in pairs)
    )


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("loss 0.6931, 3 of 5", "loss  0.6930, 3 of 5", True),
        ("loss 0.69", "loss 0.72", False),
        ("3 of 5", "4 of 5", False),
        ("3 of 5", "of 5", False),
        ("off by 3e-17", "off by -1.2e-16", True),
        ("off by 3e-7", "off by 4e-7", False),
        ("2.1 seconds", "3.4 seconds", True),
        ("right", "wrong", False),
        ("one\ntwo", "one", False),
    ],
)
def test_the_rule_for_stored_outputs(text, other, expected):
    assert alike(text, other) is expected


@EVERY_NOTEBOOK
def test_form(path):
    assert path.stat().st_size < 600_000
    prose = "\n".join(text_of(cell) for cell in cells(path, "markdown")).replace("’", "'")
    places = [prose.find(heading) for heading in ("# ", "What you'll do", "What you'll learn")]
    places += [prose.find("What you'll need"), prose.find("Exercises")]
    assert places[0] == 0 and places == sorted(places), "the opening headings, in order"
    assert re.search(r"\d+ minutes", prose)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


@EVERY_NOTEBOOK
def test_the_cell_is_drawn(path):
    assert any(stored_drawing(cell) for cell in cells(path, "code"))


@EVERY_NOTEBOOK
def test_exercises_are_set_and_not_solved(path):
    number = int(path.name[:2])
    code = [text_of(cell) for cell in cells(path, "code")]
    expected = [name for name, exercise in EXERCISES.items() if exercise.notebook == number]
    assert re.findall(r"exercises\.check\(\"(\w+)\"", "\n".join(code)) == expected
    for name in expected:
        (cell,) = (text for text in code if f'check("{name}"' in text)
        if name in PROGRAM:  # it is written in my_lstm.py, whose stubs are the exercises'
            assert cell == f'tl.exercises.check("{name}")'
            continue
        assert cell.startswith(stub(name) + "\n"), f"the stub of {name} is not exercises.stub(name)"


@EVERY_NOTEBOOK
def test_no_other_cell_uses_the_name_of_an_exercise(path):
    """A cell run again after the exercise would call the student's function, or its stub."""
    expected = {n for n, exercise in EXERCISES.items() if exercise.notebook == int(path.name[:2])}
    for cell in cells(path, "code"):
        text = text_of(cell)
        named = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        allowed = set(re.findall(r"exercises\.check\(\"(\w+)\"", text))
        assert not (named & expected) - allowed, text


@EVERY_NOTEBOOK
def test_stored_outputs_are_text_and_figures(path):
    for count, cell in enumerate(cells(path, "code"), 1):
        assert cell["execution_count"] == count, "run all cells, once, from a fresh kernel"
        for output in cell["outputs"]:
            if output["output_type"] == "stream":
                assert output["name"] == "stdout", output["text"]
            elif output["output_type"] == "execute_result":
                assert set(output["data"]) == {"text/html", "text/plain"}
                assert output["execution_count"] == count
            else:
                assert output["output_type"] == "display_data", output
                assert "image/png" in output["data"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if path.name[:2] in QUICK else [pytest.mark.slow], id=path.stem)
        for path in NOTEBOOKS
    ],
)
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive:UserWarning")
def test_cells_run_and_give_what_is_stored(path, monkeypatch):
    matplotlib.use("Agg")
    words_differ = is_of_another_text(path)
    monkeypatch.chdir(FOLDER)
    monkeypatch.delenv("TINYLSTM_PHYSIONET2012", raising=False)
    namespace = {"__name__": "__main__"}
    with matplotlib.rc_context():
        for number, cell in enumerate(cells(path, "code"), 1):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                drawn = run(text_of(cell), f"{path.name}, code cell {number}", namespace)
            assert drawn == stored_drawing(cell), f"drawing of code cell {number}"
            text, figures = stored(cell)
            shown = [repr(pyplot.figure(k)) for k in pyplot.get_fignums()]
            assert shown == figures, f"figures of code cell {number}"
            pyplot.close("all")
            assert words_differ or alike(printed.getvalue(), text), (
                f"code cell {number} now prints\n{printed.getvalue()}\nand has stored\n{text}"
            )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive:UserWarning")
@pytest.mark.filterwarnings("ignore:divide by zero encountered:RuntimeWarning")
@pytest.mark.parametrize("style", ["solutions", "others"])
def test_they_run_on_a_students_program(style, tmp_path, monkeypatch, capsys):
    """In a student's folder whose my_lstm.py is complete: all that it is used for, asserted."""
    write_student_folder(tmp_path / "mine")
    others = style == "others"
    answers = (getattr(other_answers, n) if others else EXERCISES[n].solution for n in PROGRAM)
    text = "import math\n\nimport numpy as np\n\n" + "\n\n".join(map(inspect.getsource, answers))
    (tmp_path / "mine" / "my_lstm.py").write_text(text, encoding="utf-8")
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.delenv("TINYLSTM_PHYSIONET2012", raising=False)
    for path in NOTEBOOKS:
        code = [text_of(cell) for cell in cells(path, "code")]
        if not any("exercises.program()" in text for text in code):
            continue
        namespace = {"__name__": "__main__"}
        with matplotlib.rc_context():
            for number, text in enumerate(code, 1):
                run(text, f"{path.name}, code cell {number}", namespace)
                pyplot.close("all")
        printed = capsys.readouterr().out
        assert "my_lstm.py: all 21 functions are yours\n" in printed and "lent" not in printed
        assert "not right" not in printed and "stops with" not in printed, path.name


@EVERY_NOTEBOOK
def test_a_real_kernel_runs_it(path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": FOLDER}}
    ).execute()
