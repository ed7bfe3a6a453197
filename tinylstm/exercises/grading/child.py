"""The process that runs a student's code: `python -m tinylstm.exercises.grading.child SCRATCH`.

It reads `job.json` and writes a file for each exercise to `results`: what the function returned
and what became of its arguments, at each point. It judges nothing.
"""

import ast
import functools
import importlib
import json
import linecache
import os
import sys
import traceback
from pathlib import Path
from types import FunctionType

import tinylstm.exercises
from tinylstm.exercises import EXERCISES, solutions
from tinylstm.exercises.verdict import Unjudgeable, call, inputs_of

from .guard import guard, limit_memory
from .values import decoded, encoded


def main(scratch):
    """Run the exercises of a job, one after the other."""
    scratch = Path(scratch)
    job = json.loads((scratch / "job.json").read_text(encoding="utf-8"))
    solution_of = {name: exercise.solution for name, exercise in EXERCISES.items()}
    reached = _watch_solutions()
    limit_memory(job["memory"], job["file_size"])
    os.chdir(scratch / "copy")
    sys.path.insert(0, str(scratch / "copy"))
    namespaces = {}
    _write(scratch, "started", None)
    off_duty = guard(scratch / "copy", solutions.__path__[0], reached)
    for exercise in job["exercises"]:
        name, source = exercise["name"], exercise["source"]
        if source not in namespaces:
            namespaces[source] = _load(source, job)
            off_duty.append("writing")
            _write(scratch, f"{source}.loaded", None)
            off_duty.pop()
        namespace, faults = namespaces[source]
        functions = _functions_among(exercise["points"], name, job["seed"])
        points = [
            {key: functions[k].get(key) if form is None else decoded(form) for key, form in p}
            for k, p in enumerate(exercise["points"])
        ]
        # The solution stands in for a part that is missing or wrong, but not for what is judged.
        own = namespace.get(name)
        before = dict(namespace)
        called = set()
        for part in job["lent"].get(name, []):
            namespace[part] = _recording(_unwatched(solution_of[part], reached), called)
        outcome = {**_outcome(own, points, faults), "lent": sorted(called)}
        namespace.clear()
        namespace.update(before)
        off_duty.append("writing")
        try:
            _write(scratch, name, {**outcome, "solutions": sorted(reached)})
        except (OSError, MemoryError):  # the limit of a file's size
            _write(scratch, name, {"fault": "what it returns is too large"})
        off_duty.pop()
    os._exit(0)  # no exit handlers, no waiting for threads


def _load(source, job):
    """(namespace, faults): a program imported, or a notebook's statements run one by one."""
    faults = []
    if source.endswith(".py"):
        try:
            return vars(importlib.import_module(source.removesuffix(".py"))), faults
        except BaseException as error:  # SystemExit, too
            return {}, [f"{source} stops with {_words(error, source)}"]
    namespace = {"__name__": "__main__"}
    for label, text in job["cells"].items():
        linecache.cache[label] = len(text), None, text.splitlines(keepends=True), label
    for label, k in job["statements"].get(source, []):
        node = ast.parse(job["cells"][label]).body[k]
        try:
            exec(compile(ast.Module([node], []), label, "exec"), namespace)
        except BaseException as error:
            faults.append(f"{label} stops with {_words(error, label)}")
    return namespace, faults


def _words(error, file=""):
    """An error in words, and the last line of a file that it went through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(file)]
    where = f" (line {frames[-1].lineno}: {frames[-1].line})" if file and frames else ""
    return f"{type(error).__name__}: {error}{where}"


def _functions_among(points, name, seed):
    """The arguments that are functions, by name for each point: made anew from the seed."""
    if all(form is not None for point in points for _, form in point):
        return [{}] * len(points)
    return [{k: v for k, v in p.items() if callable(v)} for p in inputs_of(EXERCISES[name], seed)]


def _outcome(function, points, faults):
    """What a function did, as forms: its result and its arguments at each point, or a fault."""
    if not callable(function):
        return {"fault": faults[0] if faults else "there is no function of that name"}
    results = []
    for inputs in points:
        try:
            result, given = call(function, inputs)
            given = {k: encoded(v) for k, v in given.items() if not callable(v)}
            results.append({"result": encoded(result), "given": given})
        except Unjudgeable as fault:
            return {"fault": str(fault), "results": results}
        except BaseException as error:
            return {"fault": f"it stops with {_words(error)}", "results": results}
    return {"results": results}


def _write(scratch, name, content):
    """Write a result in one piece: it is there whole, or not at all."""
    path = scratch / "results" / f"{name}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)


def _recording(function, called):
    """The function, which adds its name to a set where it is called."""

    @functools.wraps(function)
    def recording(*arguments, **named):
        called.add(function.__name__)
        return function(*arguments, **named)

    return recording


def _unwatched(function, reached):
    """The function, which leaves `reached` as it was: what is lent may call the solutions."""

    @functools.wraps(function)
    def unwatched(*arguments, **named):
        before = set(reached)
        try:
            return function(*arguments, **named)
        finally:
            reached.intersection_update(before)

    return unwatched


def _watch_solutions():
    """A set that gets the names of solutions that are called; every way to them is replaced."""
    reached = set()
    modules = [m for name, m in sys.modules.items() if name.startswith("tinylstm.exercises")]
    solutions = [exercise.solution for exercise in EXERCISES.values()]
    replaced = {solution: _recording(solution, reached) for solution in solutions}
    for exercise in EXERCISES.values():
        object.__setattr__(exercise, "solution", replaced[exercise.solution])
    for module in modules:
        for name, function in list(vars(module).items()):
            if isinstance(function, FunctionType) and function in replaced:
                setattr(module, name, replaced[function])
    # A check or a program in the student's own cells would call them.
    tinylstm.exercises.check = lambda name, function=None: None
    tinylstm.exercises.program = _unwatched(tinylstm.exercises.program, reached)
    return reached


if __name__ == "__main__":
    main(sys.argv[1])
