"""A student's exercises run in processes with limits: what each returned, or why it did not."""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import tinylstm

from .submission import Submission
from .values import encoded

ABOVE_PACKAGE = str(Path(tinylstm.__file__).resolve().parents[1])


@dataclass(frozen=True)
class Limits:
    """Seconds for an exercise (its calls together; or a file, to be loaded), and for a student.

    Bytes of memory, and of a file that is written.
    """

    exercise: float = 20.0
    student: float = 300.0
    memory: int = 2**31
    file_size: int = 2**25


LIMITS = Limits()


@dataclass(frozen=True)
class Job:
    """A submission, and for each exercise its points, a list of arguments.

    `lent` maps an exercise to the parts whose solutions stand in for the student's where it calls
    them.
    """

    submission: Submission
    points: dict
    seed: int
    lent: dict = field(default_factory=dict)


def run_exercises(todo, job, limits, end):
    """What `child` wrote for each exercise of a list `todo`, by name; `end` is a monotonic time.

    Where a process ends or has to be stopped its exercise has a fault, and another process goes on
    behind it.
    """
    outcomes, found = {}, job.submission.found
    while todo:
        if time.monotonic() >= end:
            why = f"not run: the {limits.student:g} seconds for a student were over"
            return outcomes | {name: {"fault": why} for name in todo}
        try:
            # A folder of its own, so that no run can lay anything in the way of the next.
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
                done, loaded, why = _run_once(todo, job, limits, end, Path(scratch))
        except OSError as error:
            return outcomes | {name: {"fault": f"it cannot be run: {error}"} for name in todo}
        outcomes |= done
        todo = [name for name in todo if name not in done]
        if todo and time.monotonic() < end:
            # The first without a result is to blame, or its file, where that was not loaded.
            source = found[todo[0]]
            guilty, where = [todo[0]], ""
            if source not in loaded:
                guilty, where = [n for n in todo if found[n] == source], f"{source}: "
            outcomes |= {name: {"fault": where + why} for name in guilty}
            todo = [name for name in todo if name not in guilty]
    return outcomes


def _run_once(todo, job, limits, end, scratch):
    """(outcomes by exercise, the files loaded, why it ended) of one process."""
    results = scratch / "results"
    _copy_files(job.submission.folder, scratch / "copy")
    for folder in (results, scratch / "start"):
        folder.mkdir()
    _write_job(scratch / "job.json", todo, job, limits)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([ABOVE_PACKAGE, os.environ.get("PYTHONPATH", "")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",
        "OPENBLAS_NUM_THREADS": "1",  # a thread's stack is address space
        "OMP_NUM_THREADS": "1",
        "TMPDIR": str(scratch / "copy"),  # nothing may be written elsewhere
    }
    with open(scratch / "stderr", "wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.child", str(scratch)],
            cwd=scratch / "start",  # not the student's: a numpy.py there would be found first
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            why, started = _watched(process, results, limits, end)
        finally:
            _kill(process)
    if not started:
        said = (scratch / "stderr").read_text(encoding="utf-8", errors="replace").split("\n")
        why = f"its process could not be started: {' '.join(said[-2:])}"
    loaded = {path.name.removesuffix(".loaded.json") for path in results.glob("*.loaded.json")}
    outcomes = {name: _read_result(results / f"{name}.json", limits) for name in todo}
    return {name: o for name, o in outcomes.items() if o is not None}, loaded, why


def _write_job(path, todo, job, limits):
    """What the process is to do. A function among the arguments is None: it makes its own."""

    def form(value):
        return None if callable(value) else encoded(value)

    exercises = [
        {
            "name": name,
            "source": job.submission.found[name],
            "points": [[(k, form(v)) for k, v in inputs.items()] for inputs in job.points[name]],
        }
        for name in todo
    ]
    content = {
        "seed": job.seed,
        "lent": job.lent,
        "memory": limits.memory,
        "file_size": limits.file_size,
        "cells": job.submission.cells,
        "statements": job.submission.statements,
        "exercises": exercises,
    }
    path.write_text(json.dumps(content), encoding="utf-8")


def _watched(process, results, limits, end):
    """(why a process ended, whether it had started); each result that it writes gives it time."""
    n_results, since = 0, time.monotonic()
    while True:
        try:
            status = process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            now, n = time.monotonic(), _n_files(results)
            if n != n_results:
                n_results, since = n, now
            if now - since > limits.exercise or now > end:
                why = f"it does not come to an end: stopped after {limits.exercise:g} seconds"
                return why, n_results > 0
            continue
        started = n_results > 0 or _n_files(results) > 0
        if status < 0:
            return f"it killed the process, or was killed: {signal.Signals(-status).name}", started
        return f"it ended the process (exit status {status}) before it returned", started


def _n_files(folder):
    """How many files a folder holds; 0 where the student's code has removed it."""
    try:
        return len(os.listdir(folder))
    except OSError:
        return 0


def _kill(process):
    """Kill a process and whatever it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _read_result(path, limits):
    """What stands in a result's file, a dict; None where there is none that can be read."""
    try:
        status = os.lstat(path)  # a pipe or a link is none
        if not stat.S_ISREG(status.st_mode) or status.st_size > limits.file_size:
            return None
        outcome = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return outcome if isinstance(outcome, dict) else None


def _copy_files(folder, to):
    """Copy a folder's regular files: no links, nothing hidden."""

    def left_out(directory, names):
        paths = [Path(directory) / name for name in names]
        return [
            p.name
            for p in paths
            if p.name.startswith((".", "__pycache__"))
            or p.is_symlink()
            or not (p.is_file() or p.is_dir())
        ]

    shutil.copytree(folder, to, ignore=left_out)
