import math
import os
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from helpers.hourly_oracle import DESCRIBED, NAMES, oracle_hours, oracle_statistics, random_text
from helpers.raw_records import DESCRIPTORS, record_text, write_texts

from tinylstm.data import SequenceDataset
from tinylstm.data.physionet2012 import (
    HOURLY_COLUMNS,
    HourlyStatistics,
    Record,
    fit_hourly_statistics,
    hourly_cells,
    hourly_features,
    read_records,
    record_hours,
    report_cleaning,
)
from tinylstm.data.physionet2012.hourly import MEASURED, SCALED, SINCE_LAST, STATIC, VALUE

# z-scores that are the values themselves (on their scale).
UNSCALED = HourlyStatistics(np.ones(41, dtype=int), np.zeros(41), np.ones(41))


def hours_of(folder, *lines, statistics=UNSCALED, **options):
    write_texts(folder, {"7.txt": record_text(7, *lines, **options)})
    return record_hours(*read_records(folder), statistics)


def column(hours, name):
    return hours[:, HOURLY_COLUMNS.index(name)].tolist()


def test_features_and_statistics_agree_with_a_second_implementation(tmp_path):
    rng = np.random.default_rng(0)
    texts = [random_text(rng, n) for n in range(1, 41)]
    write_texts(tmp_path, {f"{n}.txt": text for n, text in enumerate(texts, 1)})
    records = read_records(tmp_path)
    statistics = fit_hourly_statistics(records[:30])
    expected = oracle_statistics(texts[:30])
    assert statistics.measured.tolist() == [expected.get(name, (0, 0, 1))[0] for name in SCALED]
    for found, index in (statistics.mean, 1), (statistics.std, 2):
        by_loops = [expected.get(name, (0, 0, 1))[index] for name in SCALED]
        np.testing.assert_allclose(found, by_loops, rtol=1e-12)
    features = hourly_features(records, statistics)
    assert features.shape == (40, 48, 122) and features.dtype == np.float64
    assert any(len(record.values) == 0 for record in records)
    by_loops = [oracle_hours(text, expected) for text in texts]
    np.testing.assert_allclose(features, by_loops, rtol=1e-10, atol=1e-12)
    for record, hours in zip(records, features, strict=True):
        assert np.array_equal(record_hours(record, statistics), hours)


def test_more_records_than_are_taken_at_once(tmp_path):
    rng = np.random.default_rng(1)
    texts = {f"{n}.txt": random_text(rng, n) for n in range(1, 8)}
    records = read_records(write_texts(tmp_path, texts))
    many = hourly_features(records * 40, UNSCALED)  # 256 are taken at once
    assert np.array_equal(many.reshape(40, 7, 48, -1), [hourly_features(records, UNSCALED)] * 40)


def test_the_122_columns():
    assert len(HOURLY_COLUMNS) == len(set(HOURLY_COLUMNS)) == 122
    assert list(HOURLY_COLUMNS[VALUE]) == NAMES
    assert list(HOURLY_COLUMNS[MEASURED]) == [f"{name}Measured" for name in NAMES]
    assert list(HOURLY_COLUMNS[SINCE_LAST]) == [f"{name}SinceLast" for name in NAMES]
    assert HOURLY_COLUMNS[STATIC] == (
        *("Age", "Gender", "Height", "AdmissionWeight", "HeightKnown", "AdmissionWeightKnown"),
        *("ICUType1", "ICUType2", "ICUType3", "ICUType4", "Time"),
    )
    assert list(SCALED) == NAMES + DESCRIBED


def test_nothing_that_is_known_afterwards_has_a_column(tmp_path):
    texts = {"7.txt": record_text(7, "01:00,HR,80")}
    (record,) = read_records(write_texts(tmp_path, texts))
    for field in fields(Record):
        assert not any(word in field.name for word in ("sap", "sofa"))
    expected = record_hours(record, UNSCALED)
    for known in ({"died": 0}, {"died": 1}, {"survival": 3.0}, {"length_of_stay": 20.0}):
        assert np.array_equal(record_hours(replace(record, **known), UNSCALED), expected)


def test_an_hour_and_the_end_of_the_last(tmp_path):
    lines = "00:00,GCS,3", "00:59,GCS,4", "01:00,GCS,4", "46:59,GCS,1", "47:00,GCS,2"
    hours = hours_of(tmp_path, *lines, "48:00,GCS,4")
    assert column(hours, "GCS") == [3.5, *[4] * 45, 1, 3]
    assert column(hours, "GCSMeasured") == [1, 1, *[0] * 44, 1, 1]
    assert column(hours, "Time")[::12] == [-1, -0.5, 0, 0.5]
    assert column(hours, "Time")[-1] == 47 / 24 - 1


def test_time_since_the_last_measurement_counts_up_to_a_day(tmp_path):
    hours = hours_of(tmp_path, "02:30,GCS,3", "40:00,GCS,3")
    since = [24, 24, *range(25), *[24] * 13, *range(8)]
    np.testing.assert_allclose(column(hours, "GCSSinceLast"), np.array(since) / 24)
    assert column(hours, "HRSinceLast") == [1] * 48


def test_what_is_not_plausible_was_not_measured(tmp_path):
    hours = hours_of(tmp_path, "01:00,HR,0", "01:10,SaO2,10", "02:00,GCS,3", "03:00,GCS,-1")
    assert column(hours, "HRMeasured") == [0] * 48
    assert column(hours, "SaO2SinceLast") == [1] * 48
    assert column(hours, "GCSMeasured")[:5] == [0, 0, 1, 0, 0]


def test_an_invasive_pressure_takes_the_cuffs_in_hours_without_its_own(tmp_path):
    """5 mmHg is no patient's systolic pressure, and a mean is of the hour's own values alone."""
    lines = ["01:00,NISysABP,90", "02:10,SysABP,120", "02:20,SysABP,130", "02:30,NISysABP,80"]
    lines += ["04:00,SysABP,5", "04:10,NISysABP,100", "05:00,NISysABP,5", "06:00,SysABP,110"]
    lines += ["03:00,MAP,70", "03:00,NIDiasABP,60"]
    mean, std = np.zeros(41), np.ones(41)
    mean[SCALED.index("SysABP")], std[SCALED.index("SysABP")] = 100, 10
    mean[SCALED.index("NISysABP")], std[SCALED.index("NISysABP")] = 90, 20
    statistics = HourlyStatistics(np.ones(41, dtype=int), mean, std)
    hours = hours_of(tmp_path, *lines, statistics=statistics)
    assert column(hours, "SysABP")[:8] == [0, 0, 2.5, 2.5, 0.5, 0.5, 1, 1]
    assert column(hours, "SysABPMeasured")[:8] == [0, 1, 1, 0, 1, 0, 1, 0]
    # The time stays the line's own.
    since = np.array([24, 24, 0, 1, 2, 3, 0, 1])
    np.testing.assert_allclose(column(hours, "SysABPSinceLast")[:8], since / 24)
    # The cuff's own columns know nothing of the line, and a stand-in works in one direction.
    assert column(hours, "NISysABP")[:7] == [0, 0, -0.5, -0.5, 0.5, 0.5, 0.5]
    assert column(hours, "NISysABPMeasured")[:7] == [0, 1, 1, 0, 1, 0, 0]
    assert column(hours, "NIMAPMeasured") == [0] * 48
    assert column(hours, "NIMAP") == [0] * 48
    assert column(hours, "DiasABP")[2:5] == [0, 4, 4]
    assert column(hours, "DiasABPSinceLast") == [1] * 48
    # Cells in physical units are what was measured, and nothing else.
    cells = hourly_cells(read_records(tmp_path))[0]
    assert np.isnan(cells[1, NAMES.index("SysABP")])


def test_statistics_are_of_each_variable_s_own_values(tmp_path):
    texts = {"1.txt": record_text(1, "01:00,MAP,70", "02:00,NIMAP,50", "03:00,NIMAP,90")}
    statistics = fit_hourly_statistics(read_records(write_texts(tmp_path, texts)))
    at = [SCALED.index(name) for name in ("MAP", "NIMAP")]
    assert statistics.measured[at].tolist() == [1, 2]
    assert statistics.mean[at].tolist() == [70, 70] and statistics.std[at].tolist() == [1, 20]


def test_urine_is_summed_over_the_hour_and_on_the_scale_of_its_logarithm(tmp_path):
    hours = hours_of(tmp_path, "01:00,Urine,4", "01:00,Urine,5", "01:30,Urine,10")
    np.testing.assert_allclose(column(hours, "Urine")[1:3], [math.log(20)] * 2)


def test_a_ventilated_patient_has_a_one(tmp_path):
    texts = {"1.txt": record_text(1, "02:00,MechVent,1", "02:10,MechVent,1")}
    records = read_records(write_texts(tmp_path, texts))
    hours = record_hours(records[0], fit_hourly_statistics(records))
    assert column(hours, "MechVent") == [0, 0, *[1] * 46]
    assert column(hours, "MechVentMeasured") == [0, 0, 1, *[0] * 45]


def test_a_record_with_nothing_but_descriptors_was_never_measured(tmp_path):
    hours = hours_of(tmp_path)
    assert hours.shape == (48, 122)
    assert (hours[:, VALUE] == 0).all() and (hours[:, MEASURED] == 0).all()
    assert (hours[:, SINCE_LAST] == 1).all()
    static = [4, 0, 0, 4, 0, 1, 0, 0, 0, 1]  # Age and the weight are cut at 4
    assert (hours[:, STATIC][:, :-1] == static).all()


def test_descriptors_that_are_unknown_or_not_plausible_are_zero(tmp_path):
    lines = ["00:00,Height,1.8", "00:00,Weight,0", "00:00,Gender,-1", "00:00,ICUType,-1"]
    hours = hours_of(tmp_path, "01:00,Weight,80", descriptors=lines)
    assert (hours[:, STATIC][:, :-1] == 0).all()
    assert column(hours, "Weight")[:2] == [0, 4]


def test_statistics_are_those_of_cells_after_cleaning_on_their_scale(tmp_path):
    texts = {"1.txt": record_text(1, "01:00,HR,80", "01:30,HR,90", "02:00,HR,0", "03:00,BUN,0")}
    texts["2.txt"] = record_text(2, "47:00,HR,105", "48:00,HR,105", "03:00,BUN,19")
    statistics = fit_hourly_statistics(read_records(write_texts(tmp_path, texts)))
    at = [SCALED.index(name) for name in ("HR", "BUN", "Age", "Height", "AdmissionWeight", "K")]
    assert statistics.measured[at].tolist() == [2, 2, 2, 0, 2, 0]
    np.testing.assert_allclose(statistics.mean[at], [95, math.log(20) / 2, 54, 0, 70.5, 0])
    np.testing.assert_allclose(statistics.std[at], [10, math.log(20) / 2, 1, 1, 1, 1])


def test_equal_values_have_no_spread_however_they_are_rounded(tmp_path):
    lines = [f"{hour:02d}:00,Temp,37.1" for hour in range(10)]
    assert np.std([37.1] * 10) > 0
    texts = {"1.txt": record_text(1, *lines)}
    records = read_records(write_texts(tmp_path, texts))
    hours = record_hours(records[0], fit_hourly_statistics(records))
    np.testing.assert_allclose(column(hours, "Temp"), 0, atol=1e-12)


def test_a_value_that_no_training_record_has_is_zero_throughout(tmp_path):
    texts = {"1.txt": record_text(1)}
    statistics = fit_hourly_statistics(read_records(write_texts(tmp_path / "a", texts)))
    lines = [*DESCRIPTORS[:2], "00:00,Height,160"]
    hours = hours_of(tmp_path / "b", "01:00,K,4", statistics=statistics, descriptors=lines)
    assert column(hours, "K") == column(hours, "Height") == [0] * 48
    assert column(hours, "KMeasured")[:3] == [0, 1, 0]
    assert column(hours, "HeightKnown") == [1] * 48


def test_cells_are_in_physical_units(tmp_path):
    lines = "01:00,BUN,20", "01:30,BUN,40", "02:00,pH,735", "03:00,K,0", "04:00,Urine,0"
    write_texts(tmp_path, {"7.txt": record_text(7, *lines)})
    cells = hourly_cells(read_records(tmp_path))
    assert cells.shape == (1, 48, 37)
    found = {
        (int(hour), NAMES[index]): float(cells[0, hour, index])
        for hour, index in np.argwhere(~np.isnan(cells[0]))
    }
    assert found == {(1, "BUN"): 30, (2, "pH"): 7.35, (4, "Urine"): 0}


def test_records_and_statistics_are_left_as_they_are(tmp_path):
    texts = {"7.txt": record_text(7, "02:00,HR,80", "02:00,HR,0", "03:00,pH,735")}
    (record,) = read_records(write_texts(tmp_path, texts))
    statistics = fit_hourly_statistics([record])
    arrays = [record.minutes, record.variables, record.values, *statistics.to_arrays().values()]
    before = [array.copy() for array in arrays]
    first = hourly_features([record], statistics)
    assert np.array_equal(first, hourly_features([record], statistics))
    for old, new in zip(before, arrays, strict=True):
        assert np.array_equal(old, new)


def test_no_records():
    for call in (
        lambda: hourly_cells([]),
        lambda: fit_hourly_statistics([]),
        lambda: hourly_features([], UNSCALED),
    ):
        with pytest.raises(ValueError, match=r"^no records, expected at least one$"):
            call()


def test_statistics_are_taken_back_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(2)
    given = HourlyStatistics(rng.integers(0, 99, 41), rng.normal(size=41), rng.random(41) + 0.1)
    np.savez(tmp_path / "statistics.npz", **given.to_arrays(), other=np.zeros(3))
    with np.load(tmp_path / "statistics.npz", allow_pickle=False) as arrays:
        taken = HourlyStatistics.from_arrays(arrays)
    for field in fields(HourlyStatistics):
        old, new = getattr(given, field.name), getattr(taken, field.name)
        assert np.array_equal(old, new) and old.dtype == new.dtype


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("mean", None, "hourly statistics: no array 'mean'"),
        ("std", np.ones(37), "hourly statistics, std: shape (37,), expected (41,)"),
        (
            "scaled",
            np.array(SCALED[::-1]),
            "hourly statistics, scaled: expected ALP, ALT",
        ),
        ("std", np.zeros(41), "hourly statistics: expected finite means and std above 0"),
        ("mean", np.full(41, np.nan), "hourly statistics: expected finite means and std above 0"),
    ],
)
def test_arrays_that_are_no_statistics(name, array, message):
    arrays = {key: value for key, value in UNSCALED.to_arrays().items() if key != name}
    if array is not None:
        arrays[name] = array
    with pytest.raises(ValueError) as error:
        HourlyStatistics.from_arrays(arrays)
    assert str(error.value).startswith(message)


@pytest.mark.skipif("TINYLSTM_PHYSIONET2012" not in os.environ, reason="needs the real records")
def test_set_a():
    records = read_records(Path(os.environ["TINYLSTM_PHYSIONET2012"], "set-a.tar.gz"))
    statistics = fit_hourly_statistics(records[:3200])
    features = hourly_features(records, statistics)
    assert features.shape == (4000, 48, 122)
    assert np.abs(features).max() == 4  # and so neither nan nor infinite
    never = {
        r.record_id for r, x in zip(records, features, strict=True) if not x[:, MEASURED].any()
    }
    assert never == {140501, 140936, 141264}
    # Share of patients with a value: the published coverage, but for values that were dropped.
    covered = features[:, :, MEASURED].any(axis=1).mean(axis=0)
    for name, percent in ("HR", 98.4), ("Urine", 97.1), ("RespRate", 27.5), ("TroponinI", 5.1):
        assert abs(100 * covered[NAMES.index(name)] - percent) < 0.051, name
    # The training records' own z-scores: mean 0 and spread 1 but for what is cut.
    first, stood_in = features[:3200], report_cleaning(records[:3200]).stood_in
    for index, name in enumerate(NAMES):
        z = first[:, :, index][first[:, :, MEASURED][:, :, index] == 1]
        assert len(z) == statistics.measured[index] + stood_in.get(name, 0)
        if name != "MechVent" and name not in stood_in:
            assert abs(z.mean()) < 0.05 and 0.65 < z.std() < 1.001, name
    # A low coma score, a high urea and age go with death, much urine with survival.
    died = np.array([record.died for record in records])
    last = features[:, -1]
    for name, sign in ("GCS", -1), ("BUN", 1), ("Age", 1), ("Urine", -1), ("HCO3", -1):
        values = last[:, HOURLY_COLUMNS.index(name)]
        assert sign * (values[died == 1].mean() - values[died == 0].mean()) > 0.2, name
    dataset = SequenceDataset(list(features), died[:, None], n_classes=2)
    assert (len(dataset), dataset.n_features) == (4000, 122)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("measured", np.ones(41), "hourly statistics, measured: not of the type that was saved"),
        ("measured", -np.ones(41, dtype=int), "hourly statistics, measured: expected counts of 0"),
        ("mean", np.full(41, "1"), "hourly statistics, mean: not of the type that was saved"),
        ("std", np.ones(41) * 1j, "hourly statistics, std: not of the type that was saved"),
    ],
)
def test_arrays_that_were_not_saved_so(name, value, message):
    statistics = HourlyStatistics(np.ones(41, dtype=int), np.zeros(41), np.ones(41))
    assert repr(statistics) == "HourlyStatistics(41 variables, 41 cells)"
    with pytest.raises(ValueError, match=message):
        HourlyStatistics.from_arrays({**statistics.to_arrays(), name: value})
