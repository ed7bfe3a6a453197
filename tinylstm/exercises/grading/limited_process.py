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
from dataclasses import dataclass
from pathlib import Path

import tinylstm

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


def run_exercises(submission, todo, lent, points, seed, limits):
    """What `child` wrote for each exercise of a list `todo`, by name.

    `points` maps an exercise to its list of arguments, and `lent` to the parts whose solutions
    stand in for the student's where it calls them. Where a process ends or has to be stopped its
    exercise has a fault, and another process goes on behind it.
    """
    outcomes = {}
    end = time.monotonic() + limits.student
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        _copy_files(submission.folder, Path(scratch) / "kept")
        while todo:
            done, loaded, why = _run_once(
                submission, todo, lent, points, seed, limits, end, scratch
            )
            outcomes |= done
            todo = [name for name in todo if name not in done]
            if not todo:
                break
            if time.monotonic() >= end:
                why = f"not run: the {limits.student:g} seconds for a student were over"
                outcomes |= {name: {"fault": why} for name in todo}
                break
            # The first without a result is to blame, or its file, where that was not loaded.
            source = submission.found[todo[0]]
            guilty, where = [todo[0]], ""
            if source not in loaded:
                guilty = [name for name in todo if submission.found[name] == source]
                where = f"{source}: "
            outcomes |= {name: {"fault": where + why} for name in guilty}
            todo = [name for name in todo if name not in guilty]
    return outcomes


def _run_once(submission, todo, lent, points, seed, limits, end, scratch):
    """(outcomes by exercise, the files loaded, why it ended) of one process."""
    scratch = Path(scratch)
    for name in ("copy", "results", "start"):
        shutil.rmtree(scratch / name, ignore_errors=True)
    shutil.copytree(scratch / "kept", scratch / "copy")
    (scratch / "results").mkdir()
    (scratch / "start").mkdir()
    _write_job(scratch / "job.json", submission, todo, lent, points, seed, limits)
    command = [sys.executable, "-m", f"{__package__}.child", str(scratch)]
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
            command,
            cwd=scratch / "start",  # not the student's: a numpy.py there would be found first
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            why = _watched(process, scratch / "results", limits, end)
        finally:
            _kill(process)
    if not (scratch / "results" / "started.json").exists():
        said = (scratch / "stderr").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"the grading process could not be started: {why}\n{said[-2000:]}")
    results = scratch / "results"
    loaded = {path.name.removesuffix(".loaded.json") for path in results.glob("*.loaded.json")}
    done = {}
    for name in todo:
        outcome = _read_result(results / f"{name}.json", limits)
        if outcome is not None:
            done[name] = outcome
    return done, loaded, why


def _write_job(path, submission, todo, lent, points, seed, limits):
    """What the process is to do. A function among the arguments is None: it makes its own."""
    forms = {
        name: [
            [(k, None if callable(v) else encoded(v)) for k, v in p.items()] for p in points[name]
        ]
        for name in todo
    }
    job = {
        "seed": seed,
        "lent": lent,
        "memory": limits.memory,
        "file_size": limits.file_size,
        "cells": submission.cells,
        "statements": submission.statements,
        "exercises": [
            {"name": name, "source": submission.found[name], "points": forms[name]} for name in todo
        ],
    }
    path.write_text(json.dumps(job), encoding="utf-8")


def _watched(process, results, limits, end):
    """Wait for a process, and say why it ended; each result that it writes gives it more time."""
    n_results, since = -1, time.monotonic()
    while True:
        try:
            status = process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            now, n = time.monotonic(), len(os.listdir(results))
            if n != n_results:
                n_results, since = n, now
            if now - since > limits.exercise or now > end:
                return f"it does not come to an end: stopped after {limits.exercise:g} seconds"
            continue
        if status < 0:
            return f"it killed the process, or was killed: {signal.Signals(-status).name}"
        return f"it ended the process (exit status {status}) before it returned"


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
