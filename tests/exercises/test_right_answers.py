"""Right answers pass, in whatever style they are written.

For each exercise: the solution with results and arguments of other kinds, the solution with its
lines rewritten, and an answer that is written otherwise from the start.
"""

import ast
import inspect
import textwrap

import numpy as np
import pytest
from helpers import other_answers, two_cells

from tinylstm.exercises import EXERCISES
from tinylstm.exercises.verdict import judge

# The solutions with results, and arguments, of other kinds: each goes for every exercise.


def each(change):
    """A style that changes every array of a result, in a dict, a tuple or alone."""

    def style(solution):
        def function(*arguments):
            result = solution(*arguments)
            if isinstance(result, dict):
                return {name: change(array) for name, array in result.items()}
            return tuple(map(change, result)) if isinstance(result, tuple) else change(result)

        return function

    return style


def read_only(array):
    array = np.array(array)
    array.flags.writeable = False
    return array


def strided(array):
    """Every other row of a larger array, in column-major order."""
    array = np.asarray(array)
    return np.asfortranarray(np.repeat(array, 2, axis=0))[::2] if array.ndim else array


def unpacked(solution):
    """A list, a generator's values or a stacked array in the place of a tuple."""

    def function(*arguments):
        result = solution(*arguments)
        if not isinstance(result, tuple):
            return result
        alike = len({np.shape(part) for part in result}) == 1
        return np.array(result) if alike and len(arguments) % 2 == 0 else list(result)

    return function


def put_back(solution):
    """Changes every argument in place, and puts it back: x + h - h is x but for rounding."""

    def function(*arguments):
        result = solution(*arguments)
        for argument in arguments:
            if isinstance(argument, np.ndarray) and argument.dtype == float:
                argument += 1e-3
                argument -= 1e-3
        return result

    return function


def in_extended_precision(solution):
    """Computes with more digits than it is given."""

    def function(*arguments):
        floats = (isinstance(a, np.ndarray) and a.dtype == float for a in arguments)
        pairs = zip(arguments, floats, strict=True)
        return solution(*(a.astype(np.longdouble) if is_float else a for a, is_float in pairs))

    return function


STYLES = {
    "extended precision throughout": in_extended_precision,
    "lists": each(lambda array: np.asarray(array).tolist()),
    "complex without an imaginary part": each(lambda array: np.asarray(array) * (1 + 0j)),
    "read-only": each(read_only),
    "strided": each(strided),
    "what unpacks": unpacked,
    "arguments put back": put_back,
    "extended precision": each(lambda array: np.asarray(array) * np.longdouble(1)),
    "a number in an array": each(lambda array: np.asarray(array) if np.ndim(array) else [array]),
}


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_every_solution_passes_in_another_style(style):
    for name, exercise in EXERCISES.items():
        verdict = judge(exercise, STYLES[style](exercise.solution))
        assert verdict.passed is True, (name, verdict.lines)


# Lines rewritten


class Commuted(ast.NodeTransformer):
    """b + a for a + b, and b * a for a * b."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Mult):
            node.left, node.right = node.right, node.left
        return node


class NoMinus(ast.NodeTransformer):
    """a + (-1) * b for a - b, a * b ** -1.0 for a / b, and a tensor product for a @ b."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        words = {
            ast.Sub: "left + (-1) * right",
            ast.Div: "left * right ** -1.0",
            ast.MatMult: "np.tensordot(left, right, 1)",
        }
        if type(node.op) not in words:
            return node
        new = ast.parse(words[type(node.op)], mode="eval").body
        return Filled(node.left, node.right).visit(new)


class Filled(ast.NodeTransformer):
    """Two expressions in the place of two names."""

    def __init__(self, left, right):
        self.operands = {"left": left, "right": right}

    def visit_Name(self, node):
        return self.operands.get(node.id, node)


class Copied(ast.NodeTransformer):
    """The left of each sum and product is copied to a new array first."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult | ast.Add):
            node.left = ast.Call(
                ast.Attribute(ast.Name("np", ast.Load()), "array", ast.Load()), [node.left], []
            )
        return node


@pytest.mark.parametrize("rewriting", [Commuted, NoMinus, Copied])
@pytest.mark.parametrize("name", EXERCISES)
def test_a_solution_with_its_lines_rewritten_passes(name, rewriting):
    solution = EXERCISES[name].solution
    tree = ast.parse(textwrap.dedent(inspect.getsource(solution)))
    tree = ast.fix_missing_locations(rewriting().visit(tree))
    namespace = dict(vars(inspect.getmodule(solution)))
    exec(ast.unparse(tree), namespace)
    verdict = judge(EXERCISES[name], namespace[name])
    assert verdict.passed is True, (ast.unparse(tree), verdict.lines)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_written_otherwise_passes(name):
    answer = getattr(other_answers, name, None) or getattr(two_cells, name)
    verdict = judge(EXERCISES[name], answer)
    assert verdict.passed is True, verdict.lines
