"""Every configuration of the search for the hourly study's recipe, see search.py."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from tinylstm.data.physionet2012.hourly import (
    _SCALE_OF,
    COLUMNS,
    MEASURED,
    SCALED,
    SINCE_LAST,
    VALUE,
)
from tinylstm.network import Dropout, PeepholeLSTM
from tinylstm.study.recipes import RECIPES, Recipe

P = replace(RECIPES["hourly"], n_units=64)  # where the search began
Q = replace(P, n_units=128)


PAIRS = ("SysABP", "NISysABP"), ("DiasABP", "NIDiasABP"), ("MAP", "NIMAP")


def plain(x, _):
    return x


def every(k, transform=plain):
    """Every k-th hour, the last one among them."""
    return lambda x, statistics: transform(x, statistics)[:, k - 1 :: k]


def summaries(x, _):
    """Running minimum, maximum, mean and number of each variable's values beside the rest."""
    value, measured = x[:, :, VALUE], x[:, :, MEASURED] == 1
    count = np.cumsum(measured, axis=1)
    lowest = np.minimum.accumulate(np.where(measured, value, np.inf), axis=1)
    highest = np.maximum.accumulate(np.where(measured, value, -np.inf), axis=1)
    mean = np.cumsum(np.where(measured, value, 0), axis=1) / np.maximum(count, 1)
    known = count > 0
    parts = [np.where(known, part, 0) for part in (lowest, highest, mean)]
    return np.concatenate([x, *parts, np.log1p(count) / 2], axis=2)


def hinges(x, statistics):
    """Summaries, and what of each value, minimum, maximum and mean is beyond -1, 0 and 1."""
    x = summaries(x, statistics)
    n = len(COLUMNS)
    numbers = np.concatenate([x[:, :, VALUE], x[:, :, n : n + 3 * 37]], axis=2)
    return np.concatenate([x, *(np.maximum(numbers - knot, 0) for knot in (-1, 0, 1))], axis=2)


def pressures(x, _):
    """An invasive pressure that is older than the cuff's takes over its value.

    It became the layout's stand-ins, which differ in 221 cells of the 3,200 records alone: here two
    pressures that are both older than a day count as of one age.
    """
    x = x.copy()
    since = x[:, :, SINCE_LAST]
    for invasive, cuff in PAIRS:
        i, j = COLUMNS.index(invasive), COLUMNS.index(cuff)
        older = since[:, :, i] > since[:, :, j]
        x[:, :, i] = np.where(older, x[:, :, j], x[:, :, i])
        measured = MEASURED.start
        x[:, :, measured + i] = np.maximum(x[:, :, measured + i], x[:, :, measured + j])
    return x


def pressures_and_summaries(x, statistics):
    return summaries(pressures(x, statistics), statistics)


def pressures_decaying(x, statistics):
    """Values that go back to the mean, 0, within a day."""
    x = pressures(x, statistics)
    x[:, :, VALUE] *= 1 - x[:, :, SINCE_LAST]
    return x


def physical(x, statistics, name):
    """The value as last measured, (N, 48), in its unit."""
    k = SCALED.index(name)
    value = x[:, :, COLUMNS.index(name)] * statistics.std[k] + statistics.mean[k]
    return np.expm1(value) if _SCALE_OF.get(name) == "log1p" else value


def urine_of_6_hours(x, statistics):
    """Beside the rest: urine of the last 6 hours per kg, on the scale of its logarithm."""
    measured = x[:, :, MEASURED.start + COLUMNS.index("Urine")]
    amount = np.cumsum(physical(x, statistics, "Urine") * measured, axis=1)
    amount[:, 6:] -= amount[:, :-6].copy()
    rate = np.log1p(np.maximum(amount, 0) / physical(x, statistics, "AdmissionWeight")) - 1
    return np.concatenate([pressures(x, statistics), rate[:, :, None]], axis=2)


def derived(x, statistics):
    """Beside the rest: what clinicians calculate of two values, and the lowest GCS so far."""
    x = pressures(x, statistics)
    sys_abp, dia_abp, hr, pa_o2, fi_o2, bun, creatinine = (
        physical(x, statistics, name)
        for name in ("SysABP", "DiasABP", "HR", "PaO2", "FiO2", "BUN", "Creatinine")
    )
    gcs = COLUMNS.index("GCS")
    columns = [
        4 * (hr / np.maximum(sys_abp, 20) - 0.75),  # the shock index
        (sys_abp - dia_abp - 60) / 20,
        np.log(np.maximum(pa_o2, 10) / np.maximum(fi_o2, 0.2) / 250),
        2 * np.log(np.maximum(bun, 1) / np.maximum(creatinine, 0.1) / 20),
        np.minimum.accumulate(x[:, :, gcs], axis=1),
    ]
    return np.concatenate([x, np.clip(np.stack(columns, axis=2), -4, 4)], axis=2)


class VariableDropout(Dropout):
    """A variable is dropped with its flag and its time since the last measurement."""

    def draw(self, network, n_examples, rng):
        masks = super().draw(network, n_examples, rng)
        x = masks["lstm.x"]
        x[:, MEASURED] = x[:, SINCE_LAST] = x[:, VALUE]
        return masks


class Configuration(NamedTuple):
    """A recipe; what is made of its features (N, 48, 122) and their statistics; which stand-ins the
    layout has, of `STAND_INS` in search.py; and what is put in the place of names of recipes.py.
    """

    recipe: Recipe
    transform: object = plain
    stand_ins: str = "none"
    replaced: dict | None = None


def two(recipe=P, transform=plain, replaced=None, stand_ins="none", **changes):
    """A variation that takes every second hour: as good as every hour, in half the time."""
    recipe = replace(recipe, **changes)
    return Configuration(recipe, every(2, transform), stand_ins, replaced)


def four(transform=summaries, **changes):
    """A variation with summaries that takes every fourth hour."""
    return Configuration(replace(P, **changes), every(4, transform))


def third(transform=pressures, replaced=None, **changes):
    """A variation of what the second round came to."""
    return two(Q, transform, replaced, **changes)


# The third round: variations of "2 h, pressures, 128 units".
THIRD = {
    "variables dropped, .1": third(replaced={"Dropout": VariableDropout}, dropout=(0.1, 0.2, 0.3)),
    "urine of 6 hours": third(urine_of_6_hours),
    "derived": third(derived),
    "decaying values": third(pressures_decaying),
    "forget bias 2": third(replaced={"PeepholeLSTM": partial(PeepholeLSTM, forget_bias=2.0)}),
    "decay 3e-3": third(weight_decay=3e-3),
    "class weights 1, 3": third(class_weights=(1.0, 3.0)),
    # The same to the bit: in so few steps the average's decay does not come to .99.
    "average .995": third(average=0.995),
}

CONFIGURATIONS = {
    "P": Configuration(P),
    "2 hours a step": two(),
    "2 h, labels at last 12": two(labelled_steps=12),
    "2 h, summaries": two(transform=summaries),
    "2 h, dropout .4 .4 .5": two(dropout=(0.4, 0.4, 0.5)),
    "2 h, 32 units": two(n_units=32),
    "2 h, decay 3e-3": two(weight_decay=3e-3),
    "4 h, summaries": four(),
    "4 h, hinges": four(hinges),
    "4 h, pressures": four(pressures_and_summaries),
    "4 h, summaries, dropout .4 .2 .3": four(dropout=(0.4, 0.2, 0.3)),
    "4 h, summaries, dropout .5 .2 .5": four(dropout=(0.5, 0.2, 0.5)),
    "4 h, summaries, 8 epochs": four(epochs=8),
    "4 h, summaries, 20 epochs": four(epochs=20),
    "4 h, summaries, 1e-3": four(learning_rate=1e-3),
    "4 h, summaries, 32 units": four(n_units=32),
    "4 h, summaries, softsign": four(activation="softsign"),
    "4 h, summaries, labels at last 3": four(labelled_steps=3),
    "4 h, summaries, decay 1e-3": four(weight_decay=1e-3),
    "8 h, summaries": Configuration(P, every(8, summaries)),
    "2 h, 1e-3": two(learning_rate=1e-3),
    "2 h, 8 epochs": two(epochs=8),
    "2 h, softsign": two(activation="softsign"),
    "4 hours a step": Configuration(P, every(4)),
    "2 h, labels at all 24": two(labelled_steps=24),
    "2 h, labels at last 3": two(labelled_steps=3),
    "2 h, dropout .4 .2 .3": two(dropout=(0.4, 0.2, 0.3)),
    "2 h, 128 units": two(n_units=128),
    "2 h, 20 epochs": two(epochs=20),
    "2 h, 4e-3": two(learning_rate=4e-3),
    "2 h, class weights 1, 3": two(class_weights=(1.0, 3.0)),
    "2 h, batch 32": two(batch_size=32),
    "2 h, no dropout": two(dropout=(0.0, 0.0, 0.0)),
    # The second round: what had gained by itself, together.
    "2 h, pressures": two(transform=pressures),
    "2 h, 128 units, softsign": two(n_units=128, activation="softsign"),
    "2 h, pressures, summaries, 128 units": two(transform=pressures_and_summaries, n_units=128),
    "2 h, pressures, 128 units": two(transform=pressures, n_units=128),
    "2 h, pressures, 256 units": two(transform=pressures, n_units=256),
    "2 h, pressures, 128 units, dropout .3 .3 .3": two(
        transform=pressures, n_units=128, dropout=(0.3, 0.3, 0.3)
    ),
    "128 units": Configuration(Q),
    "pressures, 128 units": Configuration(Q, pressures),
    **{f"2 h, pressures, 128 units, {name}": third for name, third in THIRD.items()},
    # The fourth: the stand-ins of the layout, other than by z-scores (which is `pressures`).
    "2 h, cells stand in, 128 units": two(Q, stand_ins="cells"),
    "2 h, cells stand in, own flags, 128 units": two(Q, stand_ins="cells, own flags"),
    "4 h, cells stand in, own flags, summaries": Configuration(
        P, every(4, summaries), "cells, own flags"
    ),
}
