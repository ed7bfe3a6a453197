"""Wrong answers fail: those that were once taken for right, and mutations of each solution."""

import ast
import inspect
import textwrap
from itertools import product

import numpy as np
import pytest

from tinylstm.exercises import EXERCISES
from tinylstm.exercises.verdict import is_right


def softmax_less(subtracted):
    def softmax(q):
        e = np.exp(q - subtracted(q))
        return e / e.sum(axis=-1, keepdims=True)

    return softmax


def edited(name, *edits):
    """The solution of an exercise with texts in it replaced."""
    solution = EXERCISES[name].solution
    source = inspect.getsource(solution)
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    namespace = dict(vars(inspect.getmodule(solution)))
    exec(source, namespace)
    return namespace[name]


def from_zeros(name):
    """The solution with a mask guessed from what is not zero."""
    solution = EXERCISES[name].solution
    return lambda x, mask, *weights: solution(x, (x != 0).any(axis=-1), *weights)


def error_over(size):
    return lambda analytic, numeric: np.abs(analytic - numeric) / size(analytic, numeric)


DIVIDED_BY_LABELLED = ("p.shape[1]", "label_mask.any(axis=0).sum()")
ONCE_PASSED = [
    ("mask_from_lengths", edited("mask_from_lengths", ("lengths.max()", "lengths[-1]"))),
    ("align_end", edited("align_end", ("lengths.max()", "lengths[-1]"))),
    ("one_hot", lambda classes, n_classes: np.eye(classes.max() + 1)[classes]),
    ("post_to_pre_padding", from_zeros("post_to_pre_padding")),
    ("standardize_real_steps", from_zeros("standardize_real_steps")),
    ("lstm_forward", from_zeros("lstm_forward")),
    ("softmax", softmax_less(lambda q: q.mean(axis=-1, keepdims=True))),
    ("softmax", softmax_less(lambda q: q.min(axis=-1, keepdims=True))),
    ("softmax", softmax_less(lambda q: q.max())),
    ("softmax", softmax_less(lambda q: q.max(axis=(1, 2), keepdims=True))),
    ("masked_cross_entropy", edited("masked_cross_entropy", DIVIDED_BY_LABELLED)),
    ("softmax_gradient", edited("softmax_gradient", DIVIDED_BY_LABELLED)),
    ("wilson_interval", lambda k, n, z: EXERCISES["wilson_interval"].solution(k, n, 1.96)),
    ("percentile_interval", lambda r, _: EXERCISES["percentile_interval"].solution(r, 0.95)),
    ("relative_error", error_over(lambda a, n: np.maximum(np.abs(a), np.abs(n)) + 1e-8)),
    ("relative_error", error_over(lambda a, n: np.maximum(np.abs(a), np.abs(n)) + 1e-12)),
    ("relative_error", error_over(lambda a, n: np.maximum(1e-8, np.maximum(abs(a), abs(n))))),
]


@pytest.mark.parametrize(("name", "function"), ONCE_PASSED)
def test_what_once_passed_fails(name, function):
    assert not is_right(EXERCISES[name], function)


# Mutations

OTHERS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.Lt: ast.LtE,
    ast.GtE: ast.Gt,
    ast.Gt: ast.GtE,
    ast.Eq: ast.NotEq,
}
NAMES = {
    "max": "min",
    "min": "max",
    "sum": "mean",
    "mean": "sum",
    "maximum": "minimum",
    "exp": "expm1",
    "log": "log1p",
    "abs": "square",
    "zeros_like": "ones_like",
    "zeros": "ones",
    "std": "var",
    "sqrt": "abs",
}
# Mutations that change no result.
OVERWRITTEN = "np.zeros  ->  np.ones"  # an array all of whose entries are written later
OVERWRITTEN_LIKE = "np.zeros_like  ->  np.ones_like"
SAME_RESULT = {
    "post_to_pre_padding": ["np.arange(length) + len(x)  ->  np.arange(length) + 0"],  # x[-1]
    "softsign": ["z.real < 0  ->  z.real <= 0"],  # -0 is 0
    "lstm_forward": ["np.array(gates).swapaxes(0, 1)  ->  np.array(gates).swapaxes(1, 0)"],
    "unit_backward": [OVERWRITTEN_LIKE] * 2,  # dh, dx
    "rnn_backward": [OVERWRITTEN_LIKE] * 2,  # dh, dx
    "lstm_backward": [OVERWRITTEN],  # delta
    "central_difference": [OVERWRITTEN_LIKE],
    "complex_step": [OVERWRITTEN_LIKE],
    "softsign_derivative": ["1 - np.abs(y)  ->  np.abs(y) - 1"],  # it is squared
    "relative_error": [
        "analytic - numeric  ->  numeric - analytic",  # of which abs is taken
        "1  ->  2",  # 0 is divided by it
    ],
}


def mutants(function):
    """Sources of a function in each of which one thing is other than it was, and what."""
    source = textwrap.dedent(inspect.getsource(function))
    right = ast.unparse(ast.parse(source))
    n_nodes = len(list(ast.walk(ast.parse(source))))
    for k, way in product(range(n_nodes), range(2)):
        tree = ast.parse(source)
        node = list(ast.walk(tree))[k]
        before = ast.unparse(node) if isinstance(node, ast.expr) else ""
        if mutate(node, way) and ast.unparse(tree) != right:
            yield f"{before}  ->  {ast.unparse(node)}", ast.unparse(tree)


def mutate(node, way):
    """Change one node in one of several ways; whether there was something to change."""
    if isinstance(node, ast.BinOp) and type(node.op) in OTHERS and way == 0:
        node.op = OTHERS[type(node.op)]()
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div) and way == 1:
        node.left, node.right = node.right, node.left
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult) and way == 1:
        node.right = ast.Constant(0 if isinstance(node.op, ast.Add) else 1)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in OTHERS and way == 0:
        node.ops[0] = OTHERS[type(node.ops[0])]()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and way == 0:
        node.op = ast.UAdd()
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float) and way < 2:
        node.value += (1, -1)[way]
    elif isinstance(node, ast.Attribute) and node.attr in NAMES and way == 0:
        node.attr = NAMES[node.attr]
    elif isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1 and way == 0:
        if not isinstance(node.ctx, ast.Load) or ast.unparse(node) in ("(0, 1)", "(1, 2)"):
            return False  # a sum over two axes, in either order
        node.elts[0], node.elts[1] = node.elts[1], node.elts[0]
    elif isinstance(node, ast.Call) and len(node.args) > 1 and way == 1:
        if ast.unparse(node.func) in ("np.maximum", "min"):
            return False  # these commute
        node.args[0], node.args[1] = node.args[1], node.args[0]
    else:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_every_mutation_of_a_solution_fails(name):
    exercise, survivors = EXERCISES[name], []
    for what, source in mutants(exercise.solution):
        namespace = dict(vars(inspect.getmodule(exercise.solution)))
        exec(source, namespace)
        if is_right(exercise, namespace[name]):
            survivors.append(what)
    assert survivors == SAME_RESULT.get(name, [])
