"""The report: its numbers against plain loops, its tables against its numbers."""

import json
import math
import re

import numpy as np
import pytest

from tinylstm.study.reports.model_report import make_report
from tinylstm.study.reports.tables import Table, as_text, report_tables, signed

RNG = np.random.default_rng(0)
N = 120
P = RNG.beta(1, 3, N)
DIED = (RNG.random(N) < P).astype(int)
SEX = np.where(RNG.random(N) < 0.4, "female", "male")
BY_HOUR = np.stack([np.clip(P + RNG.normal(0, s, N), 0, 1) for s in (0.5, 0.1, 0.0)])
OTHER = np.clip(P + RNG.normal(0, 0.2, N), 0, 1)


def auc_by_pairs(died, scores):
    pairs = [
        (p > q) + (p == q) / 2
        for p, y in zip(scores, died, strict=True)
        for q, z in zip(scores, died, strict=True)
        if y and not z
    ]
    return sum(pairs) / len(pairs)


def average_precision_by_loop(died, scores):
    total = 0.0
    for y, threshold in zip(died, scores, strict=True):
        if y:
            above = [z for z, s in zip(died, scores, strict=True) if s >= threshold]
            total += sum(above) / len(above)
    return total / sum(died)


@pytest.fixture(scope="module")
def report():
    rivals = {"other": (OTHER, 0.4), "prevalence": (np.full(N, 0.25), 0.0)}
    groups = {"sex": SEX}
    return make_report(DIED, P, 0.3, by_hour=BY_HOUR, groups=groups, rivals=rivals, n_resamples=200)


@pytest.fixture(scope="module")
def numbers(report):
    return json.loads(json.dumps(report.to_dict(), allow_nan=False))


def test_counts_and_areas(numbers):
    assert (numbers["n"], numbers["deaths"]) == (N, DIED.sum())
    assert numbers["auc"] == pytest.approx(auc_by_pairs(DIED, P))
    assert numbers["average_precision"] == pytest.approx(average_precision_by_loop(DIED, P))
    assert numbers["brier"] == pytest.approx(np.mean((P - DIED) ** 2))
    for name in ("auc", "average_precision", "event1"):
        low, high = numbers[f"{name}_interval"]
        assert low < numbers[name] < high
    low, high = numbers["auc_interval_bootstrap"]
    # The two intervals of the AUC are of one width, within what 200 resamples allow.
    assert high - low == pytest.approx(np.diff(numbers["auc_interval"])[0], rel=0.25)


def test_the_threshold(numbers):
    tp = sum(1 for y, p in zip(DIED, P, strict=True) if y and p >= 0.3)
    fp = sum(1 for y, p in zip(DIED, P, strict=True) if not y and p >= 0.3)
    fn, tn = DIED.sum() - tp, N - DIED.sum() - fp
    assert numbers["threshold"] == 0.3
    assert numbers["confusion"] == {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    assert numbers["sensitivity"] == tp / (tp + fn)
    assert numbers["specificity"] == tn / (tn + fp)
    assert numbers["positive_predictive_value"] == tp / (tp + fp)
    assert numbers["event1"] == min(tp / (tp + fn), tp / (tp + fp))


def test_a_threshold_for_each_row():
    thresholds = np.where(np.arange(N) % 2, 0.5, 0.2)
    report = make_report(DIED, P, thresholds, n_resamples=1)
    predicted = [p >= (0.5 if k % 2 else 0.2) for k, p in enumerate(P)]
    counts = report.to_dict()["confusion"]
    assert counts["tp"] == sum(y and yes for y, yes in zip(DIED, predicted, strict=True))
    assert counts["fp"] == sum(yes and not y for y, yes in zip(DIED, predicted, strict=True))
    assert report.to_dict()["threshold"] == [0.2, 0.5]
    assert "From a probability of 0.200 / 0.500 on, one for each fold" in str(report)


def test_a_probability_equal_to_the_threshold_is_a_death():
    counts = make_report([1, 0, 1, 0] * 3, [0.3, 0.1, 0.3, 0.3] * 3, 0.3, n_resamples=1).scores
    assert (counts.counts.tp, counts.counts.fp) == (6, 3)


def test_hours_groups_and_bins(numbers):
    assert [hour["hour"] for hour in numbers["auc_by_hour"]] == [1, 2, 3]
    for hour, p in zip(numbers["auc_by_hour"], BY_HOUR, strict=True):
        assert hour["auc"] == pytest.approx(auc_by_pairs(DIED, p))
    assert numbers["auc_by_hour"][2]["interval"] == numbers["auc_interval"]
    for sex, group in numbers["groups"]["sex"].items():
        members = sex == SEX
        assert (group["n"], group["deaths"]) == (members.sum(), DIED[members].sum())
        assert group["auc"] == pytest.approx(auc_by_pairs(DIED[members], P[members]))
    assert sum(b["n"] for b in numbers["calibration"]) == N
    assert sum(b["n"] * b["observed"] for b in numbers["calibration"]) == pytest.approx(DIED.sum())
    assert sum(b["n"] * b["predicted"] for b in numbers["calibration"]) == pytest.approx(P.sum())


def test_rivals(numbers):
    other, prevalence = numbers["baselines"]["other"], numbers["baselines"]["prevalence"]
    assert other["auc"] == pytest.approx(auc_by_pairs(DIED, OTHER))
    assert other["auc_difference"] == pytest.approx(numbers["auc"] - other["auc"])
    low, high = other["auc_difference_interval"]
    assert low < other["auc_difference"] < high
    assert 0 < other["p_value"] < 1
    assert prevalence["auc"] == 0.5
    assert prevalence["average_precision"] == prevalence["event1"] == DIED.mean()
    assert prevalence["event2"] is None  # infinite: everybody's risk is the same


def test_the_seed_decides_about_the_bootstrap():
    def intervals(seed):
        return make_report(DIED, P, 0.3, seed=seed, n_resamples=50).bootstrap

    assert intervals(0) == intervals(0)
    assert intervals(0) != intervals(1)


def test_one_class_warns_once_and_gives_null():
    with pytest.warns(RuntimeWarning, match="0 deaths and 12 survivals") as caught:
        report = make_report(
            [0] * 12, P[:12], 0.5, by_hour=[P[:12]], rivals={"other": (OTHER[:12], 0.5)}
        )
    assert len(caught) == 1
    numbers = report.to_dict()
    for name in ("auc", "average_precision", "event1", "sensitivity"):
        assert numbers[name] is None
    assert numbers["auc_interval"] == numbers["auc_interval_bootstrap"] == [None, None]
    assert numbers["specificity"] is not None
    assert "–" in str(report) and "nan" not in str(report)


def test_very_few_rows():
    numbers = make_report([1, 0, 1, 0], [0.9, 0.2, 0.4, 0.5], 0.4, n_resamples=20).to_dict()
    assert numbers["auc"] == 0.75
    assert numbers["event2"] is None
    assert len(numbers["calibration"]) == 4


def test_nothing_is_said_of_what_is_not_known():
    report = make_report(DIED, P, 0.3, n_resamples=1)
    titles = [table.title for table in report_tables(report)]
    assert titles[1:] == [
        "Rivals",
        "Who is predicted to die",
        "Do the probabilities mean what they say?",
    ]
    assert report.to_dict()["auc_by_hour"] == []


def test_the_text_has_the_numbers(report, numbers):
    text = str(report)
    assert text == as_text(report_tables(report))
    assert text.startswith(f"120 records, {DIED.sum()} deaths ({100 * DIED.mean():.1f} %)")
    low, high = numbers["auc_interval"]
    assert f"{numbers['auc']:.3f}" in text and f"{low:.3f} to {high:.3f}" in text
    gained = numbers["baselines"]["other"]["auc_difference"]
    assert re.search(rf"^other .*\+{gained:.3f} \(", text, re.MULTILINE)
    assert re.search(r"^prevalence .*∞", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= 100


def test_tables_are_aligned():
    table = Table("T", ("name", "n"), [("a", "1"), ("bcd", "1,000")], "A note.")
    assert as_text([table, table]) == "\n\n".join(
        ["T\nname      n\na         1\nbcd   1,000\nA note."] * 2
    )
    assert signed(math.nan) == "–"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 0], [0.5, 1.5], 0.5), r"probabilities: 1\.5 at index 1, expected a number from 0"),
        (([1, 0], [0.5, 0.5], [0.5] * 3), r"threshold: shape \(3,\), expected one number or \(2,"),
        (([1, 0], [0.5, 0.5], math.nan), "threshold: nan, expected a number"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_report(*arguments)


def test_an_error_in_a_rival_names_it():
    with pytest.raises(ValueError, match=r"SAPS-I: shape \(3,\), expected one number or \(120,\)"):
        make_report(DIED, P, 0.3, rivals={"SAPS-I": (OTHER, [0.1] * 3)})
