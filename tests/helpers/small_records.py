"""A few records of the Challenge's kind, whose heart rates tell who dies, and small recipes."""

import dataclasses

import numpy as np

import tinylstm as tl
from tinylstm.data.physionet2012 import Record
from tinylstm.data.physionet2012.variables import SERIES

HR = [variable.name for variable in SERIES].index("HR")
SMALL = dataclasses.replace(tl.RECIPES["hourly"], n_units=3, epochs=2, batch_size=8)
SMALL_EXAMPLE = dataclasses.replace(tl.RECIPES["example"], n_units=3, epochs=2, batch_size=8)


def make_records(n_records=24, seed=0):
    rng = np.random.default_rng(seed)
    records = []
    for number in range(n_records):
        died = int(number % 3 == 0)
        n = int(rng.integers(3, 9))
        minutes = np.sort(rng.choice(np.arange(1, 2880), n, replace=False))
        values = rng.normal(110 if died else 80, 10, n)
        descriptors = float(rng.integers(20, 90)), float(number % 2), np.nan, 4.0, 70.0
        records.append(
            Record(1000 + number, *descriptors, minutes, np.full(n, HR), values, died=died)
        )
    return records
