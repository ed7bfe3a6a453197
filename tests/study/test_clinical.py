"""The clinical columns against plain loops over hours, causal and named in one table."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from tinylstm.data.physionet2012 import Record, hourly_cells
from tinylstm.data.physionet2012.variables import DESCRIPTORS, SERIES
from tinylstm.study.clinical import CLINICAL, SIGNALS, SINGLE, clinical_columns

NAMES = [column.name for column in CLINICAL]
INDEX = {variable.name: k for k, variable in enumerate(SERIES)}
PLAUSIBLE = {
    "MechVent": (1, 1),
    "FiO2": (0.21, 1),
    "GCS": (3, 15),
    "pH": (7, 7.6),
    "Temp": (35, 40),
}
PLAUSIBLE |= {"SaO2": (80, 100), "K": (3, 6), "Mg": (1, 3), "PaCO2": (30, 50), "Weight": (50, 90)}


def make_record(number, rng, n=400):
    variables = rng.integers(0, len(SERIES), n)
    low, high = np.array([PLAUSIBLE.get(v.name, (60, 130)) for v in SERIES]).T[:, variables]
    values = rng.uniform(low, high)
    minutes = np.sort(rng.integers(0, 2881, n))
    weight = np.nan if number % 3 == 0 else 75.0
    return Record(
        number,
        30.0 + number,
        0.0,
        170.0,
        1.0 + number % 4,
        weight,
        minutes,
        variables,
        values,
        died=0,
    )


RECORDS = [make_record(k, np.random.default_rng(k)) for k in range(6)]
EVERY = np.arange(1, 49)
COLUMNS = clinical_columns(RECORDS, EVERY)  # (N, 48, 270)


def of(name):
    return COLUMNS[:, :, NAMES.index(name)]


def by_loops(x, statistic):
    """A statistic of what is known so far, hour by hour; nan where nothing is."""
    out = np.full(x.shape, np.nan)
    for n, t in np.ndindex(x.shape):
        known = x[n, : t + 1]
        if not np.isnan(known).all():
            out[n, t] = statistic(known[~np.isnan(known)])
    return out


def test_signals_and_their_statistics():
    cells = hourly_cells(RECORDS)
    sys = np.where(
        np.isnan(cells[..., INDEX["SysABP"]]),
        cells[..., INDEX["NISysABP"]],
        cells[..., INDEX["SysABP"]],
    )
    shock = cells[..., INDEX["HR"]] / sys
    for name, x in ("Systolic", sys), ("ShockIndex", shock), ("GCS", cells[..., INDEX["GCS"]]):
        for suffix, statistic in (
            ("Last", lambda v: v[-1]),
            ("Least", min),
            ("Greatest", max),
            ("Mean", np.mean),
        ):
            np.testing.assert_allclose(of(name + suffix), by_loops(x, statistic), rtol=1e-5)
        for suffix, statistic in ("Least24h", min), ("Greatest24h", max), ("Mean24h", np.mean):
            for n, t in np.ndindex(x.shape):
                window = x[n, max(0, t - 23) : t + 1]
                window = window[~np.isnan(window)]
                expected = statistic(window) if len(window) else np.nan
                assert of(name + suffix)[n, t] == pytest.approx(expected, rel=1e-5, nan_ok=True)


def test_ratios_use_the_last_value_of_what_is_rare():
    cells = hourly_cells(RECORDS)

    def last(name):
        return by_loops(cells[..., INDEX[name]], lambda v: v[-1])

    ratio = np.log(np.clip(cells[..., INDEX["PaO2"]] / last("FiO2"), 20, 1000))
    np.testing.assert_allclose(of("PaO2/FiO2Least"), by_loops(ratio, min), rtol=1e-5)
    ratio = np.log(np.clip(last("BUN") / last("Creatinine"), 1, 200))
    np.testing.assert_allclose(of("BUN/CreatinineLast"), ratio, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of("Na-HCO3Last"), last("Na") - last("HCO3"), rtol=1e-4, atol=1e-4)


def test_urine_per_kg():
    cells = hourly_cells(RECORDS)[..., INDEX["Urine"]]
    for n, record in enumerate(RECORDS):
        kg = 80.0 if np.isnan(record.weight) else record.weight
        for t in range(48):
            so_far = cells[n, : t + 1]
            if np.isnan(so_far).all():
                assert np.isnan(of("UrinePerKg")[n, t])
                continue
            amount = np.nan_to_num(so_far)
            hours = t + 1
            assert of("UrinePerKg")[n, t] == pytest.approx(
                np.log1p(amount.sum() / kg * 24 / hours), rel=1e-5
            )
            assert of("UrinePerKg12h")[n, t] == pytest.approx(
                np.log1p(amount[-12:].sum() / kg * 24 / min(hours, 12)), rel=1e-5
            )
            assert of("UrinePerKgFirstDay")[n, t] == pytest.approx(
                np.log1p(amount[:24].sum() / kg * 24 / min(hours, 24)), rel=1e-5
            )
            if t >= 5:
                sixes = [amount[k : k + 6].sum() for k in range(hours - 5)]
                assert of("UrinePerKgLowest")[n, t] == pytest.approx(
                    np.log1p(min(sixes) / kg * 4), rel=1e-5, abs=1e-7
                )


def test_shares_ventilation_and_products():
    cells = hourly_cells(RECORDS)
    gcs, vent = cells[..., INDEX["GCS"]], ~np.isnan(cells[..., INDEX["MechVent"]])
    np.testing.assert_allclose(
        of("GCS<=5"), by_loops(gcs, lambda v: np.mean(v <= 5)), rtol=1e-5, atol=1e-7
    )
    for n, record in enumerate(RECORDS):
        for t in range(48):
            on = np.flatnonzero(vent[n, : t + 1])
            since = min(t - on[-1], 24) / 24 if len(on) else 1
            assert of("VentilatedSince")[n, t] == pytest.approx(since)
            assert of("VentilatedHours")[n, t] == pytest.approx(len(on) / 10)
            assert of("Ventilated24h")[n, t] == (since < 1)
        np.testing.assert_allclose(of("Age*Age")[n], ((record.age - 64) / 17) ** 2, rtol=1e-5)
        kind = int(record.icu_type)
        alert = (by_loops(gcs, lambda v: v[-1])[n] - 12) / 3.5
        if kind > 1:
            np.testing.assert_allclose(of(f"GCS*ICUType{kind}")[n], alert, rtol=1e-5)
    bun = np.log1p(cells[..., INDEX["BUN"]])
    np.testing.assert_allclose(
        of("BUN:Change"), by_loops(bun, lambda v: v[-1] - v[0]), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        of("BUN:LogCount")[:, -1], np.log1p((~np.isnan(bun)).sum(axis=1)), rtol=1e-6
    )


@pytest.mark.parametrize("hour", [1, 7, 24, 40])
def test_what_comes_later_changes_nothing(hour):
    changed = [
        dataclasses.replace(r, values=np.where(r.minutes >= 60 * hour, r.values * 1.1, r.values))
        for r in RECORDS
    ]
    cut = [
        dataclasses.replace(
            r,
            **{k: getattr(r, k)[r.minutes < 60 * hour] for k in ("minutes", "variables", "values")},
        )
        for r in RECORDS
    ]
    for later in changed, cut:
        columns = clinical_columns(later, EVERY[:hour])
        np.testing.assert_array_equal(columns, COLUMNS[:, :hour])
    assert not np.array_equal(clinical_columns(cut, EVERY), COLUMNS, equal_nan=True)


def test_each_column_depends_on_its_sources_alone():
    stand_in = {"SysABP": "NISysABP", "DiasABP": "NIDiasABP", "MAP": "NIMAP"}
    for variable in SERIES:
        without = [
            dataclasses.replace(
                r, values=np.where(r.variables == INDEX[variable.name], np.nan, r.values)
            )
            for r in RECORDS
        ]
        columns = clinical_columns(without, EVERY)
        for k, column in enumerate(CLINICAL):
            sources = {*column.sources, *(stand_in.get(s) for s in column.sources)}
            same = np.array_equal(columns[:, :, k], COLUMNS[:, :, k], equal_nan=True)
            assert same or variable.name in sources, (column.name, variable.name)


def test_the_table_has_270_columns_of_known_sources():
    assert len(CLINICAL) == len(set(NAMES)) == 270
    assert len(SIGNALS) * 7 + len(SINGLE) + 36 * 5 == 270
    known = {variable.name for variable in (*SERIES, *DESCRIPTORS)}
    for column in CLINICAL:
        assert column.unit and column.meaning and column.sources
        assert set(column.sources) <= known


def test_the_page_has_the_same_table():
    page = Path("tinylstm/study/README.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.M))
    expected = {
        (name, unit, ", ".join(sources), meaning)
        for name, unit, sources, meaning, _ in (*SIGNALS, *SINGLE)
    }
    assert {tuple(cell.strip().replace("&lt;", "<") for cell in row) for row in rows} == expected
