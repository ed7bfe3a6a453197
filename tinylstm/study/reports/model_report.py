"""Everything that is said about predictions of who dies, from plain arrays.

`make_report` computes it, `Report.to_dict` has every number for JSON, and tables.py puts the
same into tables, for a terminal or a page.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from tinylstm.evaluation.roc import ROC, PrecisionRecall, precision_recall_curve, roc_curve
from tinylstm.evaluation.scored_labels import check_probabilities
from tinylstm.evaluation.statistics.calibration import (
    CalibrationCurve,
    brier_score,
    calibration_curve,
)
from tinylstm.evaluation.statistics.challenge import (
    ConfusionCounts,
    confusion_counts,
    event1,
    event2,
)
from tinylstm.evaluation.statistics.delong import auc_by_group, delong_difference, delong_interval
from tinylstm.evaluation.statistics.intervals import bootstrap_interval

from .tables import as_text, behind_in_words, report_tables


@dataclass(frozen=True, eq=False)
class Scores:
    """What the probabilities of one predictor are worth.

    `thresholds` are from which probability on a death was predicted: one number, or those of the
    folds in the order in which the rows first have them; `counts` are at these. Event 2 is nan for
    fewer than 10 rows.
    """

    roc: ROC
    auc_interval: tuple
    precision_recall: PrecisionRecall
    thresholds: tuple
    counts: ConfusionCounts
    event1: float
    event2: float
    brier: float

    def to_dict(self):
        """Every number but the curves', by name."""
        counts = self.counts
        negatives = counts.tn + counts.fp
        return {
            "auc": self.roc.auc,
            "auc_interval": self.auc_interval,
            "average_precision": self.precision_recall.average_precision,
            "event1": self.event1,
            "event2": self.event2,
            "brier": self.brier,
            "threshold": self.thresholds[0] if len(self.thresholds) == 1 else self.thresholds,
            "confusion": {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn},
            "sensitivity": counts.sensitivity,
            "specificity": counts.tn / negatives if negatives else math.nan,
            "positive_predictive_value": counts.positive_predictive_value,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What `make_report` finds; ``print(report)`` shows its tables.

    Attributes
    ----------
    n, deaths : int
        How many rows there are, and how many of them are labelled 1.
    scores : Scores
        Of the predictor that the report is about.
    bootstrap : dict
        "auc", "average_precision", "event1" -> (float, float), the 95 % interval of percentiles.
    calibration : CalibrationCurve
    by_hour : dict of GroupAUC
        Hour of the stay -> what is known after it; empty where not known.
    groups : dict of dict of GroupAUC
        "sex" -> "female" -> GroupAUC, for example.
    rivals : dict of Scores
        What the predictor is compared with, by name.
    averages : dict of Scores
        Of the predictor with a rival, by name.
    differences : dict of AUCDifference
        The predictor's AUC less that of each rival and average.
    missing : dict of str
        Rivals that could not be fitted, and why.
    """

    n: int
    deaths: int
    scores: Scores
    bootstrap: dict
    calibration: CalibrationCurve
    by_hour: dict
    groups: dict
    rivals: dict
    averages: dict
    differences: dict
    missing: dict

    def to_dict(self):
        """Every number by name, as JSON can hold it: nan and infinite ones are None."""
        curve = self.calibration
        bins = zip(
            curve.predicted, curve.observed, curve.low, curve.high, curve.counts, strict=True
        )
        hours = self.by_hour.items()
        everything = {
            "n": self.n,
            "deaths": self.deaths,
            **self.scores.to_dict(),
            "auc_interval_bootstrap": self.bootstrap["auc"],
            "average_precision_interval": self.bootstrap["average_precision"],
            "event1_interval": self.bootstrap["event1"],
            "calibration": [
                {"predicted": p, "observed": o, "interval": (low, high), "n": n}
                for p, o, low, high, n in bins
            ],
            "auc_by_hour": [{"hour": h, "auc": a.auc, "interval": a.interval} for h, a in hours],
            "groups": {
                name: {
                    group: {"auc": a.auc, "interval": a.interval, "n": a.n, "deaths": a.n_positive}
                    for group, a in groups.items()
                }
                for name, groups in self.groups.items()
            },
            "baselines": {
                name: {
                    **scores.to_dict(),
                    "auc_difference": self.differences[name].difference,
                    "auc_difference_interval": self.differences[name].interval,
                    "p_value": self.differences[name].p_value,
                }
                for name, scores in {**self.rivals, **self.averages}.items()
            },
            "behind": list(self.behind),
        }
        return _as_json(everything)

    @property
    def behind(self):
        """Names of the rivals with a greater AUC, the greatest first."""
        ahead = {n: d.difference for n, d in self.differences.items() if n in self.rivals}
        return sorted((n for n, d in ahead.items() if d < 0), key=ahead.get)

    def __repr__(self):
        return f"Report({self.n} records, {self.deaths} deaths, AUC {self.scores.roc.auc:.3f})"

    def __str__(self):
        tables = as_text(report_tables(self))
        return f"{behind_in_words(self)}\n{tables}" if self.behind else tables


def make_report(
    labels,
    probabilities,
    threshold,
    *,
    by_hour=None,
    groups=None,
    rivals=None,
    averages=None,
    missing=None,
    first_hour=1,
    seed=0,
    n_resamples=2000,
):
    """Judge the probabilities of a predictor, and compare it with others.

    Parameters
    ----------
    labels : array_like, shape (n,), bool or number
        1 (or True): died, 0: survived.
    probabilities : array_like, shape (n,), float
        Of death, 0 to 1.
    threshold : float or array_like, shape (n,), float
        From which probability on a death is predicted: chosen on other rows. One for each row
        where the rows were judged by the models of different folds.
    by_hour : array_like, shape (T, n), float, optional
        The probabilities as known after `first_hour`, the next hour, and so on.
    groups : dict of array_like, shape (n,), str, optional
        "sex" -> the sex of each row, for example.
    rivals : dict of (probabilities, threshold), optional
        What to compare with, by name: two values as above.
    averages : dict of (probabilities, threshold), optional
        Likewise, of the predictor together with a rival.
    missing : dict of str, optional
        Rivals that could not be fitted, and why.
    first_hour : int
    seed, n_resamples : int
        Of the bootstrap: what it starts from, and how many times it draws.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If labels, probabilities, thresholds or groups are not of that kind.

    Warns
    -----
    RuntimeWarning
        If there are fewer than two deaths or survivals: what needs them is nan.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> probabilities = rng.beta(1, 4, size=200)
    >>> labels = rng.random(200) < probabilities
    >>> report = make_report(labels, probabilities, threshold=0.3, n_resamples=50)
    >>> print(str(report).splitlines()[0])
    200 records, 46 deaths (23.0 %)
    >>> sorted(report.to_dict())[:4]
    ['auc', 'auc_by_hour', 'auc_interval', 'auc_interval_bootstrap']
    """
    positive, probabilities = check_probabilities(labels, probabilities)
    n, deaths = positive.size, int(positive.sum())
    if min(deaths, n - deaths) < 2:
        warnings.warn(
            f"labels: {deaths} deaths and {n - deaths} survivals: what needs two of each is nan",
            RuntimeWarning,
            stacklevel=2,
        )
    hours = [] if by_hour is None else np.asarray(by_hour, dtype=np.float64)
    groups, rivals, averages = groups or {}, rivals or {}, averages or {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # each would say that once more
        return Report(
            n=n,
            deaths=deaths,
            scores=_scores(positive, probabilities, threshold),
            bootstrap=_bootstrap(positive, probabilities, threshold, seed, n_resamples),
            calibration=calibration_curve(positive, probabilities, n_bins=min(10, n)),
            by_hour={
                hour: auc_by_group(positive, p, np.zeros(n, int))[0]
                for hour, p in enumerate(hours, start=first_hour)
            },
            groups={
                name: auc_by_group(positive, probabilities, of_row)
                for name, of_row in groups.items()
            },
            rivals={name: _scores(positive, *b, name) for name, b in rivals.items()},
            averages={name: _scores(positive, *a, name) for name, a in averages.items()},
            differences={
                name: delong_difference(positive, probabilities, others)
                for name, (others, _) in {**rivals, **averages}.items()
            },
            missing=missing or {},
        )


def _scores(positive, probabilities, threshold, name="threshold"):
    """The Scores of one predictor."""
    positive, probabilities = check_probabilities(positive, probabilities)
    above = _above(probabilities, threshold, name)
    distinct = dict.fromkeys(np.atleast_1d(np.asarray(threshold, dtype=np.float64)).tolist())
    return Scores(
        roc=roc_curve(positive, probabilities),
        auc_interval=delong_interval(positive, probabilities),
        precision_recall=precision_recall_curve(positive, probabilities),
        thresholds=tuple(distinct),
        counts=confusion_counts(positive, above, 0.0),
        event1=event1(positive, above, 0.0),
        event2=event2(positive, probabilities) if positive.size >= 10 else math.nan,
        brier=brier_score(positive, probabilities),
    )


def _above(probabilities, threshold, name="threshold"):
    """How far each probability is above its threshold: at least 0 where death is predicted."""
    threshold = np.asarray(threshold, dtype=np.float64)
    if threshold.shape not in ((), probabilities.shape):
        raise ValueError(
            f"{name}: shape {threshold.shape}, expected one number or {probabilities.shape}"
        )
    if np.isnan(threshold).any():
        raise ValueError(f"{name}: nan, expected a number")
    return probabilities - threshold


def _bootstrap(positive, probabilities, threshold, seed, n_resamples):
    """Intervals of the statistics that have no formula, and of the AUC beside DeLong's."""
    above = _above(probabilities, threshold)
    drawn = {
        "auc": (lambda y, p: roc_curve(y, p).auc, probabilities),
        "average_precision": (_average_precision, probabilities),
        "event1": (lambda y, p: event1(y, p, 0.0), above),
    }
    return {
        # The same resamples for each.
        name: bootstrap_interval(
            statistic, positive, x, rng=np.random.default_rng(seed), n_resamples=n_resamples
        )
        for name, (statistic, x) in drawn.items()
    }


def _average_precision(labels, probabilities):
    """As a statistic for the bootstrap."""
    return precision_recall_curve(labels, probabilities).average_precision


def _as_json(thing):
    """Numbers, lists and dicts of Python; None where a number is not finite."""
    if isinstance(thing, dict):
        return {str(key): _as_json(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_as_json(value) for value in thing]
    if isinstance(thing, np.generic):
        thing = thing.item()
    return thing if not isinstance(thing, float) or math.isfinite(thing) else None
