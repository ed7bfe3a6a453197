"""Measuring side by side in one run, and saying on what."""

import importlib.metadata
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections import namedtuple

import numpy as np

from tinylstm.network.fast.products import IN_BLOCKS

__all__ = ["Table", "as_markdown", "blas", "interleaved", "machine", "pin", "versions"]

Table = namedtuple("Table", "title columns rows notes")

PACKAGES = ("numpy", "torch", "jax", "onnxruntime")


def interleaved(cases, rounds, warm_up=3):
    """Median milliseconds of each case, all of them run once a round.

    A case that returns a number has measured itself, in milliseconds; another is timed here.
    """
    times = {name: [] for name in cases}
    for k in range(warm_up + rounds):
        for name, run in cases.items():
            start = time.perf_counter()
            own = run()
            elapsed = (time.perf_counter() - start) * 1e3
            if k >= warm_up:
                times[name].append(elapsed if own is None else own)
    return {name: statistics.median(values) for name, values in times.items()}


def pin():
    """Bind this process, and those it starts, to one core, on a system that can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def machine():
    """The processor's name and the number of cores."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def blas():
    """NumPy's BLAS, the kernels it chose on this processor, and how our products go."""
    library = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    # OpenBLAS says so itself when it is loaded, if asked.
    loading = subprocess.run(
        [sys.executable, "-c", "import numpy"],
        env={**os.environ, "OPENBLAS_VERBOSE": "2"},
        capture_output=True,
        text=True,
    )
    kernels = re.search(r"Core: (\S+)", loading.stdout + loading.stderr)
    kernels = f", kernels {kernels[1]}" if kernels else ""
    how = "products in blocks" if IN_BLOCKS else "products in one piece"
    return f"{library['name']} {library['version']}{kernels}, {how}"


def versions():
    """Python and what is installed of the packages that take part."""
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def as_markdown(table):
    """A table in Markdown, its notes below it; only the title where there is nothing in it."""
    if not table.rows:
        return f"## {table.title}\n"
    lines = [f"## {table.title}", "", f"| {' | '.join(table.columns)} |"]
    lines.append("|---" * len(table.columns) + "|")
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in table.rows]
    return "\n".join([*lines, "", *table.notes, ""])
