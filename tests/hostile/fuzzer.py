"""Case after case: damage a file, read, and judge what came of it."""

import pickle
import random
import shutil
import signal
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from .mutations import mutated, repacked
from .targets import TARGETS

try:
    import resource
except ImportError:  # Windows
    resource = None

MOST_SECONDS, MOST_BYTES = 5, 500 << 20


class TooLong(BaseException):
    """What ends a case that takes too long; no reader catches it."""


class Fault(Exception):
    """What must not happen; the text says what did."""


class Fuzzer:
    """The cases of one target, in a temporary folder; the same for the same seed."""

    def __init__(self, name, seed, folder):
        self.name, self.target = name, TARGETS[name]
        self.rng = random.Random(f"{name} {seed}")
        self.whole, self.damaged = Path(folder, "whole"), Path(folder, "damaged")
        self.whole.mkdir()
        self.target.make(self.whole)
        self.paths = sorted(
            path.relative_to(self.whole)
            for path in self.whole.rglob("*")
            if path.is_file() and path.name.endswith(self.target.changed)
        )
        self.expected = fingerprint(self.target.read(self.whole))
        self.counts = {"accepted": 0, "refused": 0}

    def case(self):
        """Damage a file and read. A Fault says what is wrong; `smallest` then makes it small."""
        self.path = self.rng.choice(self.paths)
        data = (self.whole / self.path).read_bytes()
        other = repacked(self.path.name, data, self.rng) if self.rng.random() < 0.5 else None
        # What was packed anew has right checksums: then other numbers are the file's own.
        self.guarded = other is None and self.path.name.endswith(self.target.checksums or ("\0",))
        self.data = mutated(data, self.rng) if other is None else other
        self.counts[self.judge(self.data)] += 1

    def judge(self, data):
        """Whether a file with these bytes is "accepted" or "refused", rightly; else a Fault."""
        shutil.rmtree(self.damaged, ignore_errors=True)
        shutil.copytree(self.whole, self.damaged)
        (self.damaged / self.path).write_bytes(data)
        before, start = peak(), time.monotonic()
        try:
            with alarm(2 * MOST_SECONDS):
                result = self.target.read(self.damaged)
        except (ValueError, OSError, KeyboardInterrupt) as error:
            result = None
            if str(self.damaged) not in str(error) and not isinstance(error, KeyboardInterrupt):
                raise Fault(f"{type(error).__name__} without the file: {error}") from error
        except TooLong:
            raise Fault(f"more than {MOST_SECONDS} s") from None
        except BaseException as error:
            raise Fault(f"{type(error).__name__}: {str(error)[:300]}") from error
        if time.monotonic() - start > MOST_SECONDS:
            raise Fault(f"more than {MOST_SECONDS} s")
        if peak() - before > MOST_BYTES:
            raise Fault(f"more than {MOST_BYTES >> 20} MiB")
        if result is not None and self.guarded and fingerprint(result) != self.expected:
            raise Fault("other numbers, though a checksum is wrong")
        return "refused" if result is None else "accepted"

    def smallest(self, fault, seconds=20):
        """The shortest bytes that were found to give the same fault."""
        data, kind, stop = self.data, str(fault)[:20], time.monotonic() + seconds
        length = len(data) // 2
        while length and time.monotonic() < stop:
            for at in range(0, len(data), length):
                shorter = data[:at] + data[at + length :]
                try:
                    self.judge(shorter)
                except Fault as other:
                    if str(other)[:20] == kind:
                        data = shorter
                        break
                if time.monotonic() > stop:
                    break
            else:
                length //= 2
        return data


def fuzz(name, seconds, seed):
    """Run cases for so long, and say how many; whether all were clean (bool)."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fuzzer = Fuzzer(name, seed, folder)
        stop, n = time.monotonic() + seconds, 0
        while time.monotonic() < stop:
            n += 1
            try:
                fuzzer.case()
            except Fault as fault:
                data = fuzzer.smallest(fault)
                out = Path(f"hostile-{name}-{seed}-{n}-{fuzzer.path.name}").absolute()
                out.write_bytes(data)
                print(f"{name}: case {n}, {fuzzer.path}: {fault}\n  {len(data)} bytes, in {out}")
                print(f"  {data[:300]!r}", flush=True)
                return False
    counts = ", ".join(f"{count} {what}" for what, count in fuzzer.counts.items())
    print(f"{name}: {n} cases clean ({counts})", flush=True)
    return True


def fingerprint(value):
    """What two readings have in common if, and only if, all numbers are the same to the bit."""
    if isinstance(value, dict):
        return {str(key): fingerprint(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [fingerprint(inner) for inner in value]
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return pickle.dumps(value)


def peak():
    """The most memory that this process has had, in bytes."""
    return 0 if resource is None else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


class alarm:
    """Raise TooLong in the block after so many seconds, where the system has alarms."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._raise)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_):
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _raise(self, *_):
        raise TooLong
