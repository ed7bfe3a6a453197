"""Rivals of the network: severity scores, logistic regressions and gradient boosting.

``prevalence`` knows nothing, so that everybody has the training records' risk. ``SAPS-I`` and
``SOFA`` are a logistic regression of the points alone, which leaves their order and makes them
probabilities. ``logistic regression`` has the last, mean, least and greatest value and the number
of values of each variable, and age, sex, height, weight and ICU type. ``logistic regression,
clinical`` has the last row of the layout ``clinical`` with its hinges, and ``gradient boosting``
the summaries and the last clinical columns. All are fitted to the training records.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tinylstm.data.physionet2012 import clean_descriptors, hourly_cells
from tinylstm.evaluation import LogisticRegression, best_threshold
from tinylstm.evaluation.statistics.logistic_regression import measured_mean, newton

from .boosting import Boosting, is_installed
from .clinical import clinical_columns
from .layouts import ClinicalLayout
from .models import combined, outcomes
from .recipes import RECIPES

# The penalty was best on folds of the first 3,200 records of set-a, and among the best of the
# clinical columns on folds of all of it; a single column needs none, but for a unique solution.
L2 = 0.03
L2_OF_SCORES = 1e-6
SUMMARISED, CLINICAL = "logistic regression", "logistic regression, clinical"
BOOSTED = "gradient boosting"
LAST_ROW = replace(RECIPES["clinical"].parts["hinges"], step=48)
SUMMARIES = ("last", "mean", "min", "max", "count")


def summarise(sequences):
    """Last, mean, least and greatest value and number of values of each column of each sequence.

    N sequences (T_i, V), nan where nothing was measured and never filled forward, T_i of at least
    1 -> (N, 5 V): V columns for each of `SUMMARIES`. Where a column of a sequence has no value its
    count is 0 and the other four are nan. ValueError for another shape or an infinite value.
    """
    if len(sequences) == 0:
        raise ValueError("sequences: none, expected at least one")
    width = np.shape(sequences[0])[-1:]
    rows = []
    for number, sequence in enumerate(sequences):
        x = np.asarray(sequence, dtype=np.float64)
        if x.ndim != 2 or len(x) == 0 or x.shape[1:] != width:
            expected = ("T", *width)
            raise ValueError(
                f"sequences[{number}]: shape {x.shape}, expected ({', '.join(map(str, expected))}) "
                "with T of at least 1, all of one width"
            )
        if np.isinf(x).any():
            raise ValueError(f"sequences[{number}]: an infinite value, expected numbers or nan")
        measured = ~np.isnan(x)
        count = measured.sum(axis=0)
        # Where nothing was measured, argmax is 0 and the last step's nan is taken.
        last = x[len(x) - 1 - measured[::-1].argmax(axis=0), np.arange(x.shape[1])]
        rows.append(
            np.concatenate(
                [last, measured_mean(x), np.fmin.reduce(x), np.fmax.reduce(x), count],
            )
        )
    return np.stack(rows)


class ClinicalRegression(NamedTuple):
    """Logistic regression on the last row of the clinical layout with hinges."""

    layout: ClinicalLayout
    regression: LogisticRegression

    @classmethod
    def fit(cls, records, died):
        """Fit to training records and outcomes (N,)."""
        layout, features = ClinicalLayout.fit_features(records, LAST_ROW)
        x = np.stack([rows[-1] for rows in features])
        # On the layout's own scale: as a z-score once more, a hinge that is 0 for nearly everybody
        # would be worth as much as any other column, and the few would be learnt by heart.
        intercept, *weights = newton(np.column_stack([np.ones(len(x)), x]), died, L2)
        mean, std = np.zeros(x.shape[1]), np.ones(x.shape[1])
        return cls(layout, LogisticRegression(np.array(weights), float(intercept), mean, std))

    def probabilities(self, records):
        """N records -> probabilities of death (N,)."""
        x = np.stack([rows[-1] for rows in self.layout.features(records)])
        return self.regression.probabilities(x)


@dataclass(frozen=True, eq=False, repr=False)
class Rivals:
    """Fitted rivals by name, and from which probability on each predicts a death.

    A model is None where what it needs is not installed. The thresholds are chosen on folds of the
    training records; that of `half_and_half` is among them.
    """

    models: dict
    thresholds: dict

    def probabilities(self, records, scores):
        """Name -> probabilities of death (N,); a score that is not there is left out."""
        features = _features(records, scores)
        found = {}
        for name, model in self.models.items():
            if isinstance(model, ClinicalRegression):
                found[name] = model.probabilities(records)
            elif model is not None and name in features:
                found[name] = model.probabilities(features[name])
        return found

    @property
    def missing(self):
        """Name -> why it could not be fitted."""
        return {name: "not installed" for name, model in self.models.items() if model is None}

    def to_arrays(self):
        """Everything as a dict of arrays, for `write_npz`."""
        arrays = {}
        for name, model in self.models.items():
            own = {"not installed": True} if model is None else _to_arrays(model)
            arrays |= {f"{name}/{key}": np.asarray(value) for key, value in own.items()}
        for name, threshold in self.thresholds.items():
            arrays[f"{name}/threshold"] = np.asarray(threshold)
        return arrays

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what `to_arrays` gave; ValueError or KeyError if it is something else."""
        models, thresholds = {}, {}
        for name in dict.fromkeys(key.rpartition("/")[0] for key in arrays):
            start = len(name) + 1
            own = {k[start:]: v for k, v in arrays.items() if k.rpartition("/")[0] == name}
            if "threshold" in own:
                thresholds[name] = _finite(f"{name}/threshold", own.pop("threshold"))
            if own:
                models[name] = None if "not installed" in own else _from_arrays(name, own)
        return cls(models, thresholds)

    def __repr__(self):
        return f"Rivals({', '.join(self.models)})"


def _to_arrays(model):
    """The arrays of one rival."""
    if isinstance(model, ClinicalRegression):
        own = {"weights": model.regression.weights, "intercept": model.regression.intercept}
        own |= {f"regression {key}": getattr(model.regression, key) for key in ("mean", "std")}
        return {**model.layout.to_arrays(), **own}
    return model.to_arrays() if isinstance(model, Boosting) else vars(model)


def _from_arrays(name, arrays):
    """One rival from its arrays."""
    if name == BOOSTED:
        return Boosting.from_arrays(arrays)
    if name == CLINICAL:
        own = {"weights": arrays["weights"], "intercept": arrays["intercept"]}
        own |= {key: arrays[f"regression {key}"] for key in ("mean", "std")}
        return ClinicalRegression(
            ClinicalLayout.from_arrays(arrays, LAST_ROW), _regression(name, own)
        )
    return _regression(name, arrays)


def _regression(name, arrays):
    """A LogisticRegression whose arrays are of one length and finite."""
    weights, mean, std = (np.asarray(arrays[key], float) for key in ("weights", "mean", "std"))
    if weights.ndim != 1 or not weights.shape == mean.shape == std.shape:
        raise ValueError(f"{name}: weights, mean and std are not of one length")
    if not (np.isfinite([weights, mean, std]).all() and (std > 0).all()):
        raise ValueError(f"{name}: expected finite numbers, and std above 0")
    return LogisticRegression(weights, _finite(f"{name}/intercept", arrays["intercept"]), mean, std)


def _finite(name, array):
    """A single finite number."""
    if np.shape(array) != () or not np.isfinite(array):
        raise ValueError(f"{name}: expected one finite number")
    return float(array)


def fit_rivals(records, scores, folds, own=None):
    """Fit every rival to N training records, and choose its threshold on their folds (N,).

    `scores` are as of ``read_scores``; `own` are the network's probabilities (N,) from the folds,
    for the threshold of `half_and_half`.
    """
    died = outcomes(records)
    features = _features(records, scores)
    outside = _out_of_fold(records, features, died, folds)
    thresholds = {name: _threshold(name, died, p) for name, p in outside.items()}
    if own is not None:
        thresholds |= {
            name: best_threshold(died, p) for name, p in half_and_half(own, outside).items()
        }
    models = {name: _fit(name, records, x, died) for name, x in features.items()}
    return Rivals(models, thresholds)


def out_of_fold(records, scores, folds):
    """Judge each record by rivals fitted to the other folds' records; arguments as `fit_rivals`.

    Name -> probabilities of death (N,), and the names of what is missing.
    """
    outside = _out_of_fold(records, _features(records, scores), outcomes(records), folds)
    missing = {} if is_installed() else {BOOSTED: "not installed"}
    return outside, missing


def half_and_half(own, rivals):
    """The network and the strongest kind of rival, half each, by name: log-odds averaged, (N,).

    Gradient boosting where it is there, else the clinical regression; nothing without either.
    """
    for name in BOOSTED, CLINICAL:
        if name in rivals:
            return {f"half this model, half {name}": combined([own, rivals[name]])}
    return {}


def thresholds_of_others(died, probabilities, folds, name=None):
    """For each record, the threshold that is best on the other folds' records: ndarray (N,).

    The probabilities (N,) are from models of the other folds; `name` is that of a rival.
    """
    thresholds = np.empty(len(died))
    for fold in np.unique(folds):
        others = folds != fold
        thresholds[~others] = _threshold(name, died[others], probabilities[others])
    return thresholds


def _threshold(name, died, probabilities):
    """The best on these records."""
    # Whoever knows nothing can but predict death for everybody.
    return 0.0 if name == "prevalence" else best_threshold(died, probabilities)


def _out_of_fold(records, features, died, folds):
    """Name -> each record's probability by a model of the other folds, (N,)."""
    outside = {}
    for name, x in features.items():
        for fold in np.unique(folds):
            inside = folds == fold
            others = [
                record for record, its_own in zip(records, inside, strict=True) if not its_own
            ]
            model = _fit(name, others, None if x is None else x[~inside], died[~inside])
            if model is None:
                break
            own = [record for record, its_own in zip(records, inside, strict=True) if its_own]
            p = outside.setdefault(name, np.empty(len(died)))
            p[inside] = model.probabilities(own if x is None else x[inside])
    # The folds' rates differ by rounding alone, and that is no order of risk.
    outside["prevalence"][:] = died.mean()
    return outside


def _fit(name, records, x, died):
    """One rival, fitted to its features (N, D), or None where it cannot be."""
    if name == CLINICAL:
        return ClinicalRegression.fit(records, died)
    if name == BOOSTED:
        return Boosting.fit(x, died) if is_installed() else None
    l2 = L2 if name == SUMMARISED else L2_OF_SCORES
    return LogisticRegression.fit(x, died, l2)


def _features(records, scores):
    """Name of each rival -> its features (N, D), nan where unknown; None: made of the records."""
    icu_type = np.array([record.icu_type for record in records])
    summaries = summarise(list(hourly_cells(records, on_scale=True)))
    is_icu_type = icu_type[:, None] == (1, 2, 3, 4)
    summaries = np.hstack([summaries, clean_descriptors(records), is_icu_type])
    points = {
        name: np.array([[of_record[record.record_id]] for record in records])
        for name, of_record in scores.items()
    }
    return {
        BOOSTED: np.hstack([summaries, clinical_columns(records, [48])[:, 0]]),
        CLINICAL: None,
        SUMMARISED: summaries,
        **points,
        "prevalence": np.empty((len(records), 0)),
    }
