"""No answer stands in a cell above its exercise: no function passes, no line is the solution's."""

import ast
import contextlib
import copy
import functools
import inspect
import io
import re
import textwrap

import pytest
from helpers.notebook_cells import NOTEBOOKS, cells, text_of

from tinylstm.exercises import EXERCISES
from tinylstm.exercises.verdict import is_right, is_stub

CELLS = [(path.stem, text_of(cell)) for path in NOTEBOOKS for cell in cells(path, "code")]


def cells_above(name):
    """The code cells of the course before the exercise's, with the notebook each is in."""
    place = next(k for k, (_, text) in enumerate(CELLS) if f'check("{name}"' in text)
    return CELLS[:place]


def functions_of(notebook):
    """The functions that a notebook's cells define, with its imports, by (cell, name)."""
    namespace, functions = {"__name__": "__main__"}, {}
    for number, (stem, text) in enumerate(CELLS):
        if stem != notebook:
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef):
                with contextlib.suppress(ImportError), contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(ast.Module([node], []), notebook, "exec"), namespace)
            if isinstance(node, ast.FunctionDef):
                functions[number, node.name] = namespace[node.name]
    return functions


FUNCTIONS = {
    key: function for path in NOTEBOOKS for key, function in functions_of(path.stem).items()
}


@pytest.mark.parametrize("name", EXERCISES)
def test_no_function_above_it_passes(name):
    exercise = EXERCISES[name]
    n_arguments = len(inspect.signature(exercise.solution).parameters)
    n_above = len(cells_above(name))
    for (number, called), function in FUNCTIONS.items():
        arguments = inspect.signature(function).parameters
        if number < n_above and len(arguments) >= n_arguments and not is_stub(function):
            assert not is_right(exercise, function), f"{called} of {CELLS[number][0]}"


class Nameless(ast.NodeTransformer):
    """An expression whose variables have no names, so that renamed it is the same."""

    def visit_Name(self, node):
        known = node.id in ("np", "math", "abs", "len", "sum", "max", "range")
        return node if known else ast.Name("_", node.ctx)


def of_arrays(node):
    """Whether an expression tells how to do something with arrays: two operations or more."""
    inner = list(ast.walk(node))
    n_operations = sum(
        isinstance(part, ast.BinOp | ast.Call | ast.Compare | ast.Subscript) for part in inner
    )
    arrays = any(
        isinstance(part, ast.MatMult | ast.keyword | ast.DictComp)
        or (isinstance(part, ast.Attribute) and part.attr not in ("append", "items"))
        for part in inner
    )
    named = any(isinstance(part, ast.Attribute) and part.attr == "einsum" for part in inner)
    return arrays and (n_operations >= 2 or named)


@functools.cache
def expressions(text, whole):
    """The nameless texts of expressions of arrays: those of whole statements, or all of them."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(text))):
        values = []
        if whole and isinstance(node, ast.Assign | ast.AugAssign | ast.Return):
            values = [node.value]
        elif not whole and isinstance(node, ast.expr):
            values = [node]
        for value in values:
            if value is not None and of_arrays(value):
                found.add(ast.unparse(Nameless().visit(copy.deepcopy(value))))
    return found


COMMON = {  # in every program: the state before step 0, a mask of one column, an array of lists
    "np.zeros(_.shape[1:])",
    "np.zeros((_.shape[1], len(_)))",
    "_[_, :, None]",
}


@pytest.mark.parametrize("name", EXERCISES)
def test_no_line_of_its_solution_stands_above_it(name):
    solution = expressions(inspect.getsource(EXERCISES[name].solution), whole=True) - COMMON
    for notebook, text in cells_above(name):
        if not re.search(r"exercises\.check\(", text):
            same = solution & expressions(text, whole=False)
            assert not same, f"{notebook}: {same}"


def test_the_test_finds_what_once_stood_there():
    """A batch's step, softmax and SGD as they once stood above their exercises."""
    for name, text in (
        ("lstm_step_forward", "z_a, z_f = np.split(x[t] @ W + h @ R + b, 4, axis=1)"),
        ("softmax", "def p(q):\n    return e / e.sum(axis=-1, keepdims=True)"),
        ("weight_gradients", "g = {'W': np.einsum('tnd,tnz->dz', x, delta)}"),
        ("sgd_step", "m = {name: w - rate * gradients[name] for name, w in weights.items()}"),
        ("softsign_derivative", "np.testing.assert_allclose((1 - np.abs(g)) ** 2, 1)"),
    ):
        source = inspect.getsource(EXERCISES[name].solution).replace("x @ W", "x[t] @ W")
        assert expressions(source, whole=True) & expressions(text, whole=False), name
