"""All benchmarks, each in a process of its own with its number of threads.

    python -m tests.benchmarks [--quick] [--out FILE] [SECTION ...]

What takes part is found: PyTorch, JAX, onnxruntime and onnx where they are installed,
DeepLearning4j 0.9.1 where the environment variable DL4J holds the command that runs it, set-a where
TINYLSTM_PHYSIONET2012 names its folder.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from .measure import Table, as_markdown, blas, machine, pin, versions

HERE = Path(__file__).parent

# What to run: module and function, BLAS threads, whether pinned to one core.
SECTIONS = {
    "step": ("steps", "steps", 1, True),
    "step-haswell": ("steps", "steps_at_100", 1, True),
    "workers": ("workers", "workers", 1, False),
    "forward": ("steps", "forward", 1, True),
    "epoch": ("epoch", "epoch", 1, True),
    "threads-one": ("costs", "step_alone", 1, False),
    "threads-all": ("costs", "step_alone", os.cpu_count(), False),
    "memory": ("costs", "memory", 1, True),
    "growth": ("costs", "growth", 1, True),
    "subnormals": ("costs", "subnormals", 1, True),
    "reading": ("costs", "reading", 1, True),
}

# What else is in the environment of a section: OpenBLAS as where there is no AVX-512.
ENVIRONMENTS = {"step-haswell": {"OPENBLAS_CORETYPE": "Haswell"}}


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="a smoke run: its numbers are noise")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}: expected {', '.join(SECTIONS)}")
    if arguments.child:
        print(json.dumps(_run(arguments.sections[0], arguments.quick)))
        return
    text = [f"# Benchmarks\n\n{machine()}. {versions()}. {blas()}. {time.strftime('%Y-%m-%d')}."]
    if arguments.quick:
        text.append("A smoke run (--quick): two or three rounds, its numbers are noise.")
    for section in arguments.sections or SECTIONS:
        start = time.monotonic()
        text += [as_markdown(Table(*table)) for table in _in_child(section, arguments.quick)]
        print(f"{text[-1]}\n{section}: {time.monotonic() - start:.0f} s\n", file=sys.stderr)
    arguments.out.write_text("\n\n".join(text).rstrip() + "\n", encoding="utf-8")
    print(arguments.out)


def _in_child(section, quick):
    """A section's tables, from a process whose libraries start with the right number of threads."""
    threads = str(SECTIONS[section][2])
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, threads), **ENVIRONMENTS.get(section, {})}
    if threads == "1":
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    command = [sys.executable, "-m", "tests.benchmarks", "--child", section]
    command += ["--quick"] if quick else []
    child = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout.splitlines()[-1])


def _run(section, quick):
    module, function, threads, pinned = SECTIONS[section]
    if pinned:
        pin()
    module = __import__(f"tests.benchmarks.{module}", fromlist=[function])
    return getattr(module, function)(quick, threads)


if __name__ == "__main__":
    main()
