"""Rivals of the network: prevalence, SAPS-I, SOFA, and logistic regression on summaries.

Each is a logistic regression of its own features, fitted to the training records: for prevalence
there are none, so that everybody has the training records' risk; for a severity score the points
alone, which leaves their order and makes them probabilities; for the last the last, mean, least and
greatest value and the number of values of each variable, and age, sex, height, weight and ICU type.
"""

from dataclasses import dataclass

import numpy as np

from tinylstm.data.physionet2012 import clean_descriptors, hourly_cells
from tinylstm.evaluation import LogisticRegression, best_threshold
from tinylstm.evaluation.statistics.logistic_regression import measured_mean

from .models import outcomes

# The penalty: 0.03 was best on folds of the first 3,200 records of set-a; a single column needs
# none, but for a unique solution.
L2 = {"logistic regression": 0.03}
L2_OF_SCORES = 1e-6
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


@dataclass(frozen=True, eq=False, repr=False)
class Rivals:
    """Fitted rivals by name: a LogisticRegression, and from which probability it predicts a death.

    The thresholds are chosen on folds of the training records.
    """

    models: dict
    thresholds: dict

    def probabilities(self, records, scores):
        """Name -> probabilities of death (N,); a score that is not there is left out."""
        features = _features(records, scores)
        return {
            name: model.probabilities(features[name])
            for name, model in self.models.items()
            if name in features
        }

    def to_arrays(self):
        """Everything as a dict of arrays, for ``numpy.savez``."""
        arrays = {}
        for name, model in self.models.items():
            own = {**vars(model), "threshold": self.thresholds[name]}
            arrays |= {f"{name}/{key}": np.asarray(value) for key, value in own.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what `to_arrays` gave."""
        models, thresholds = {}, {}
        for name in dict.fromkeys(key.rpartition("/")[0] for key in arrays):
            own = {key: arrays[f"{name}/{key}"] for key in ("weights", "mean", "std")}
            models[name] = LogisticRegression(intercept=float(arrays[f"{name}/intercept"]), **own)
            thresholds[name] = float(arrays[f"{name}/threshold"])
        return cls(models, thresholds)

    def __repr__(self):
        return f"Rivals({', '.join(self.models)})"


def fit_rivals(records, scores, folds):
    """Fit every rival to N training records, and choose its threshold on their folds (N,).

    `scores` are as of ``read_scores``.
    """
    died = outcomes(records)
    features = _features(records, scores)
    models = {name: _fit(name, x, died) for name, x in features.items()}
    outside = _out_of_fold(features, died, folds)
    return Rivals(models, {name: _threshold(name, died, p) for name, p in outside.items()})


def out_of_fold(records, scores, folds):
    """Judge each record by rivals fitted to the other folds' records; arguments as `fit_rivals`.

    Name -> probabilities of death (N,) and thresholds (N,), as of `thresholds_of_others`.
    """
    died = outcomes(records)
    outside = _out_of_fold(_features(records, scores), died, folds)
    return {name: (p, thresholds_of_others(died, p, folds, name)) for name, p in outside.items()}


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


def _out_of_fold(features, died, folds):
    """Name -> each record's probability by a model of the other folds, (N,)."""
    outside = {name: np.empty(len(died)) for name in features}
    for fold in np.unique(folds):
        inside = folds == fold
        for name, x in features.items():
            model = _fit(name, x[~inside], died[~inside])
            outside[name][inside] = model.probabilities(x[inside])
    # The folds' rates differ by rounding alone, and that is no order of risk.
    outside["prevalence"][:] = died.mean()
    return outside


def _fit(name, x, died):
    return LogisticRegression.fit(x, died, L2.get(name, L2_OF_SCORES))


def _features(records, scores):
    """Name of each baseline -> its features (N, D), nan where unknown."""
    icu_type = np.array([record.icu_type for record in records])
    summaries = summarise(list(hourly_cells(records, on_scale=True)))
    is_icu_type = icu_type[:, None] == (1, 2, 3, 4)
    points = {
        name: np.array([[of_record[record.record_id]] for record in records])
        for name, of_record in scores.items()
    }
    return {
        "logistic regression": np.hstack([summaries, clean_descriptors(records), is_icu_type]),
        **points,
        "prevalence": np.empty((len(records), 0)),
    }
