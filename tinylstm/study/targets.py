"""Targets: the classes that a recipe trains on, and which of them make the risk of death.

A softmax may have more classes than the question: ``death`` has two, ``course`` tells apart when
somebody died or how long somebody stayed, and its risk is the sum over those that died in hospital.
More is said of each training record by the same outcomes, and nothing in the network changes.
"""

from typing import NamedTuple

import numpy as np


class Targets(NamedTuple):
    """Names of the K classes, and the numbers of those that make the risk."""

    classes: tuple
    risk: tuple


# Days are bounds: a class reaches from the one before to this one, the last has none.
_DEATH_DAYS, _SURVIVAL_DAYS, _STAY_DAYS = (4, 9, 19), (60, 365), (4, 6, 8, 11, 16, 25)

TARGETS = {
    "death": Targets(("survived", "died in hospital"), (1,)),
    "course": Targets(
        (
            *(f"died in hospital, {days} days" for days in ("0-4", "5-9", "10-19", ">= 20")),
            *(f"died later, {days} days" for days in ("0-60", "61-365")),
            *(
                f"stayed {days}"
                for days in (
                    "<= 4 days or unknown",
                    *(f"{days} days" for days in ("5-6", "7-8", "9-11", "12-16", "17-25", ">= 26")),
                )
            ),
        ),
        (0, 1, 2, 3),
    ),
}


def classes_of(records, targets):
    """The class of each record, ndarray (N,) int64; each must have its outcome."""
    if targets == "death":
        return np.array([record.died for record in records], dtype=np.int64)
    return np.array([_course(record) for record in records], dtype=np.int64)


def _course(record):
    """The class of one record among the 13 of ``course``."""
    if record.died:
        # Who dies in hospital stays until then.
        days = record.length_of_stay if np.isnan(record.survival) else record.survival
        return 0 if np.isnan(days) else int(np.searchsorted(_DEATH_DAYS, days))
    first = len(_DEATH_DAYS) + 1
    if record.survival <= _SURVIVAL_DAYS[-1]:  # false where it is nan
        return first + int(np.searchsorted(_SURVIVAL_DAYS, record.survival))
    first += len(_SURVIVAL_DAYS)
    if np.isnan(record.length_of_stay):
        return first
    return first + int(np.searchsorted(_STAY_DAYS, record.length_of_stay))
