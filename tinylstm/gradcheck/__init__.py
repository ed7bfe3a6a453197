"""Gradient checks: of any function of arrays, of a layer, of a network; and planted bugs.

>>> import numpy as np
>>> from tinylstm import gradcheck
>>> w = np.array([0.5, -1.0])
>>> report = gradcheck.check(lambda arrays: np.sum(arrays["w"] ** 3), {"w": w}, {"w": 3 * w**2})
>>> report.ok
True
"""

from .bugs.mutation_table import as_markdown, mutation_table
from .bugs.quiz import quiz
from .check import check
from .directions import v_curve
from .layers import check_layer
from .networks import check_network
from .suite import run_suite, suite_v_curve

__all__ = [
    "as_markdown",
    "check",
    "check_layer",
    "check_network",
    "mutation_table",
    "quiz",
    "run_suite",
    "suite_v_curve",
    "v_curve",
]
