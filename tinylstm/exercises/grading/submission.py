"""What a student's folder holds: for each exercise the file that it is in. Nothing is run here.

A function that is filled in in `my_lstm.py`, or imported there, counts; else the last one that
stands in a cell with its check, in the last notebook that has one. Of a notebook only those
statements are run on which its functions depend: imports, functions and the values of names that
they use, not what prints, trains and draws.
"""

import ast
import dis
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from ..program import FILE

NOT_PYTHON = SyntaxError, ValueError, RecursionError, MemoryError
SOLUTIONS = re.compile(r"\bsolutions?\b")


@dataclass
class Submission:
    """A student's folder, read.

    `found` maps an exercise to the file that has it filled in; `faults` another one to what is the
    matter, such as "not filled in"; `cells` the label of a code cell to its text, and `statements`
    a notebook to the (label, k) that are to be run, statement k of that cell; `notes` are on the
    whole.
    """

    folder: Path
    found: dict = field(default_factory=dict)
    faults: dict = field(default_factory=dict)
    cells: dict = field(default_factory=dict)
    statements: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)


@dataclass
class Statement:
    """A statement at the top level of a cell, and the names that it binds and uses."""

    label: str
    k: int
    node: ast.stmt
    binds: set
    uses: set


def read_submission(folder, names):
    """A Submission: where in a folder's files the exercises of some names are."""
    submission = Submission(Path(folder))
    notebooks = sorted(
        p for p in submission.folder.glob("*.ipynb") if p.is_file() and p.name[0] != "."
    )
    for path in notebooks:
        _read_notebook(path, names, submission)
    for path in sorted(submission.folder.glob("*.py")):
        if path.is_file() and path.name != FILE:
            submission.notes += _uses_of_solutions_in(path, submission)
    # The program is read last: what is filled in there counts.
    _read_program(submission.folder / FILE, names, submission)
    for name in submission.found:
        submission.faults.pop(name, None)
    for name in names:
        if name not in submission.found:
            submission.faults.setdefault(name, "not in the folder")
    return submission


def _read_program(path, names, submission):
    if not path.is_file():
        submission.notes.append(f"there is no {FILE}")
        return
    text = _text_of(path, submission)
    try:
        tree = ast.parse(text)
    except NOT_PYTHON as error:
        for name in re.findall(r"^def +(\w+)", text, re.MULTILINE):
            if name in names:
                submission.faults[name] = f"{FILE} {_said_of(error)}"
        submission.notes.append(f"{FILE} {_said_of(error)}")
        return
    submission.notes += _uses_of_solutions(tree, FILE)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            bound = {alias.asname or alias.name for alias in node.names}
            submission.found |= dict.fromkeys(bound & set(names), FILE)
    for name, stub in _definitions(tree, names):
        if stub:
            submission.faults.setdefault(name, "not filled in")
        else:
            submission.found[name] = FILE


def _read_notebook(path, names, submission):
    try:
        cells = json.loads(_text_of(path, submission))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        submission.notes.append(f"{path.name} is no notebook")
        return
    statements, found = [], set()
    for number, text in enumerate(texts, 1):
        label = f"{path.name}, code cell {number}"
        text = re.sub(r"^(\s*)[%!].*$", r"\1pass", text, flags=re.MULTILINE)  # Jupyter's commands
        try:
            tree = ast.parse(text)
            statements += [_statement(label, *k_node) for k_node in enumerate(tree.body)]
        except NOT_PYTHON as error:
            for name in re.findall(r"""check\(\s*["'](\w+)["']""", text):
                if name in names:
                    submission.faults[name] = f"its cell {_said_of(error)}"
            submission.notes.append(f"{label} {_said_of(error)}")
            continue
        submission.cells[label] = text
        submission.notes += _uses_of_solutions(tree, label)
        for name, stub in _definitions(tree, _checked(tree) & set(names)):
            if stub:
                submission.faults.setdefault(name, "not filled in")
            else:
                found.add(name)
                submission.found[name] = path.name
    submission.statements[path.name] = [(s.label, s.k) for s in _needed(statements, found)]


def _text_of(path, submission):
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        submission.notes.append(f"{path.name} cannot be read: {error}")
        return ""


def _said_of(error):
    line = getattr(error, "lineno", None)
    where = f" in line {line}" if line else ""
    return f"has a syntax error{where}: {getattr(error, 'msg', error)}"


def _checked(tree):
    """The names that a cell gives to `check`: the exercises whose cell it is."""
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) == "check"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def _definitions(tree, names):
    """(name, whether it is a stub) for each exercise that a text's top level defines."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            yield node.name, _is_stub(node)
        elif isinstance(node, ast.Assign):
            targets = {t.id for t in node.targets if isinstance(t, ast.Name)}
            yield from ((name, False) for name in targets & set(names))


def _is_stub(node):
    """Whether a statement is a function of nothing but a docstring and three dots."""
    return isinstance(node, ast.FunctionDef) and all(
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and (part.value.value is ... or isinstance(part.value.value, str))
        for part in node.body
    )


# What a notebook's functions depend on


def _statement(label, k, node):
    code = compile(ast.Module([node], []), label, "exec")
    binds = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_NAME"}
    return Statement(label, k, node, binds, _global_names(code))


def _global_names(code):
    """The names that a code object, or one within it, looks up outside of its functions."""
    loads = "LOAD_GLOBAL", "LOAD_NAME"
    names = {i.argval for i in dis.get_instructions(code) if i.opname in loads}
    inner = (constant for constant in code.co_consts if hasattr(constant, "co_consts"))
    return names.union(*map(_global_names, inner))


def _needed(statements, names):
    """The statements that bind some names, and those that these need, in order."""
    wanted, needed, size = set(names), [], -1
    while len(needed) > size:
        size = len(needed)
        needed = [s for s in statements if s.binds & wanted or _is_star(s.node)]
        needed = [s for s in needed if not _is_stub(s.node)]
        wanted = wanted.union(*(s.uses for s in needed))
    return needed


def _is_star(node):
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


# Reported, not prevented


def _uses_of_solutions_in(path, submission):
    """The notes on another file of Python in the folder; none where it cannot be read."""
    try:
        return _uses_of_solutions(ast.parse(_text_of(path, submission)), path.name)
    except NOT_PYTHON:
        return []


def _uses_of_solutions(tree, label):
    """A note for each line that imports the solutions, or reaches for them."""
    lines = set()
    for node in ast.walk(tree):
        words = []
        if isinstance(node, ast.ImportFrom):
            words = [node.module or "", *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            words = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            words = [node.attr]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # A docstring may speak of solutions; a path or a module's name has no blanks.
            words = [] if " " in node.value else [node.value]
        if any(SOLUTIONS.search(word) for word in words):
            lines.add(node.lineno)
    return [f"it reaches for the solutions: {label}, line {line}" for line in sorted(lines)]
