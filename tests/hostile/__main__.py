"""Damaged files for every reader, for as long as one likes.

    python -m tests.hostile TARGET SECONDS SEED

TARGET is one of the readers in targets.py, or "all" for each of them in turn, SECONDS in all. Exit
status 1 and the smallest file found, for an error that is no ValueError or OSError with the file's
name, a case over 5 s or 500 MiB, or other numbers than the undamaged file's though a checksum is
wrong.
"""

import sys

from .fuzzer import fuzz
from .targets import TARGETS


def main(arguments):
    if len(arguments) != 3 or arguments[0] not in (*TARGETS, "all"):
        print(f"{__doc__}\nTARGET: {', '.join(TARGETS)}, all", file=sys.stderr)
        return 2
    name, seconds, seed = arguments[0], float(arguments[1]), int(arguments[2])
    names = list(TARGETS) if name == "all" else [name]
    clean = [fuzz(name, seconds / len(names), seed) for name in names]
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
