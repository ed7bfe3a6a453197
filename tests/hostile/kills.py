"""Runs that are killed at random moments, and resumed: the same bits, no process and no file left.

    python -m tests.hostile.kills KILLS SEED [train | workers | recipe | crossvalidate ...]

Each command runs once in peace, and then again and again, killed (kill -9, or SIGTERM, the main
process alone) until there were so many kills. Exit status 1 where a resumed run differs.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.helpers.paths import ICU, SAMPLES
from tinylstm.small.npz_files import read_npz

SET = str(SAMPLES / "physionet2012" / "set-s")
STUDY = ["--recipe", "hourly", "--units", "2", "--epochs", "1", "--seeds", "2", "--folds", "2"]
EXAMPLE = ["train", str(ICU), "--out", "RUN", "--units", "4", "--epochs", "8"]
COMMANDS = {
    "train": EXAMPLE,
    "workers": [*EXAMPLE, "--workers", "2"],
    "recipe": ["train", SET, "--out", "RUN", *STUDY],
    "crossvalidate": ["crossvalidate", SET, "--out", "RUN", *STUDY],
}
MARK = "TINYLSTM_KILLS"  # in the environment of each process, so that none is overlooked


def start(command, run, mark):
    """The command, or its resumption where the run has begun, in a process of its own."""
    if command[0] == "train" and (run / "settings.json").exists():
        command = ["train", "--resume", "RUN"]
    arguments = [str(run) if word == "RUN" else word for word in command]
    return subprocess.Popen(
        [sys.executable, "-m", "tinylstm", *arguments],
        env={**os.environ, MARK: mark, "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(command, run, mark):
    """Run to the end."""
    process = start(command, run, mark)
    _, text = process.communicate()
    assert process.returncode == 0, text


def processes(mark):
    """The processes, zombies apart, that were started with this mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{MARK}={mark}\0".encode() in (folder / "environ").read_bytes()
            if marked and (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(folder.name)
        except OSError:
            continue
    return found


def results(run):
    """File name -> what has to be the same in it: everything but times and pictures."""
    found = {}
    for path in sorted(run.rglob("*")):
        name = str(path.relative_to(run))
        found[name] = None
        if path.suffix == ".npz":
            arrays = read_npz(path)
            arrays.pop("configuration", None)  # has times
            arrays.pop("checksums", None)  # of the configuration too
            found[name] = {k: (a.dtype.str, np.asarray(a).tobytes()) for k, a in arrays.items()}
        elif path.suffix == ".json":
            found[name] = _without_times(json.loads(path.read_text()))
        elif path.name == "probabilities.csv":
            found[name] = path.read_bytes()
    return found


def _without_times(value):
    if isinstance(value, dict):
        return {k: _without_times(inner) for k, inner in value.items() if k != "seconds"}
    return value


def kill_and_resume(command, folder, n_kills, rng):
    """Kill a command so many times, at moments of all its length; AssertionError, or None."""
    peace = folder / "peace"
    begun = time.monotonic()
    finish(command, peace, "peace")
    expected, seconds = results(peace), time.monotonic() - begun
    done = 0
    while done < n_kills:
        run, mark = folder / f"run-{done}", f"{rng.random()}"
        for _ in range(rng.randint(1, 4)):
            process = start(command, run, mark)
            time.sleep(rng.uniform(0.02, 1.05) * seconds)
            if process.poll() is None:
                process.send_signal(rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)))
                done += 1
            _, text = process.communicate()
            assert process.returncode in (0, -9, -15), text
            deadline = time.monotonic() + 5
            while processes(mark):
                assert time.monotonic() < deadline, f"processes left: {processes(mark)}"
                time.sleep(0.05)
        finish(command, run, mark)
        found = results(run)
        assert sorted(found) == sorted(expected), set(found) ^ set(expected)
        differ = [name for name in found if found[name] != expected[name]]
        assert not differ, f"after {done} kills: {differ}"
    return done


def interrupt_twice(command, folder, rng):
    """SIGINT to the main process alone, twice: status 130 within 5 seconds."""
    process = start(command, folder / "interrupted", "interrupted")
    time.sleep(rng.uniform(0.5, 4))
    begun = time.monotonic()
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    _, text = process.communicate(timeout=20)
    assert time.monotonic() - begun < 5, "more than 5 s"
    assert process.returncode in (0, 130), (process.returncode, text)
    assert "Traceback" not in text, text


def main(arguments):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # not inherited as ignored
    n_kills, seed = int(arguments[0]), int(arguments[1])
    for name in arguments[2:] or COMMANDS:
        rng = random.Random(f"{name} {seed}")
        with tempfile.TemporaryDirectory() as folder:
            try:
                done = kill_and_resume(COMMANDS[name], Path(folder), n_kills, rng)
                for number in range(3):
                    interrupt_twice(COMMANDS[name], Path(folder, str(number)), rng)
            except AssertionError as error:
                print(f"{name}: {error}")
                return 1
        print(f"{name}: {done} kills, the same bits, no process and no file left", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
