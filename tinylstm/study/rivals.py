"""What a network must beat: prevalence, SAPS-I, SOFA, and logistic regression on summaries.

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

__all__ = [
    "SUMMARIES",
    "Baselines",
    "fit_baselines",
    "out_of_fold",
    "summarise",
    "thresholds_of_others",
]

# The penalty: 0.03 was best on folds of the first 3,200 records of set-a; a single column needs
# none, but for a unique solution.
L2 = {"logistic regression": 0.03}
L2_OF_SCORES = 1e-6
SUMMARIES = ("last", "mean", "min", "max", "count")


def summarise(sequences):
    """Last, mean, least and greatest value and number of values of each column of each sequence.

    Parameters
    ----------
    sequences : list of N array_like, shape (T_i, V), float
        nan where nothing was measured; T_i of at least 1. Never filled forward: a filled cell
        would count as a measured one.

    Returns
    -------
    ndarray, shape (N, 5 V), float64
        V columns for each of `SUMMARIES`, in their order. Where a column of a sequence has no
        value, its count is 0 and the other four are nan.

    Raises
    ------
    ValueError
        If there is no sequence, one is of another shape, or a value is infinite.

    Examples
    --------
    >>> print(summarise([[[36.0, np.nan], [38.0, np.nan], [np.nan, np.nan]]]))
    [[38. nan 37. nan 36. nan 38. nan  2.  0.]]
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


@dataclass(frozen=True, eq=False)
class Baselines:
    """Fitted baselines.

    Attributes
    ----------
    models : dict of LogisticRegression
    thresholds : dict of float
        From which probability on each predicts a death; chosen on training folds.
    """

    models: dict
    thresholds: dict

    def probabilities(self, records, scores):
        """Probabilities of death.

        Parameters
        ----------
        records : list of Record
        scores : dict of dict of float
            As of ``read_scores``; a score that is not there is left out.

        Returns
        -------
        dict of ndarray (N,) float64
        """
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


def fit_baselines(records, scores, folds):
    """Fit every baseline to training records, and choose its threshold on folds of them.

    Parameters
    ----------
    records : list of Record
        N of them, each with its outcome.
    scores : dict of dict of float
        As of ``read_scores``.
    folds : ndarray (N,) int
        The fold of each record.

    Returns
    -------
    Baselines

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 30 + 5 * n, 0, np.nan, 4, 70.5, *nothing, died=int(n > 5))
    ...            for n in range(12)]
    >>> scores = {"SOFA": {n: float(n) for n in range(12)}}
    >>> baselines = fit_baselines(records, scores, np.arange(12) % 2)
    >>> sorted(baselines.models)
    ['SOFA', 'logistic regression', 'prevalence']
    """
    died = np.array([record.died for record in records])
    features = _features(records, scores)
    models = {name: _fit(name, x, died) for name, x in features.items()}
    outside = _out_of_fold(features, died, folds)
    return Baselines(models, {name: _threshold(name, died, p) for name, p in outside.items()})


def out_of_fold(records, scores, folds):
    """Judge each record by baselines fitted to the other folds' records.

    Parameters
    ----------
    records, scores, folds
        As of `fit_baselines`.

    Returns
    -------
    dict of (ndarray (N,) float64, ndarray (N,) float64)
        Probabilities of death, and the thresholds, see `thresholds_of_others`.
    """
    died = np.array([record.died for record in records])
    outside = _out_of_fold(_features(records, scores), died, folds)
    return {name: (p, thresholds_of_others(died, p, folds, name)) for name, p in outside.items()}


def thresholds_of_others(died, probabilities, folds, name=None):
    """For each record, the threshold that is best on the other folds' records.

    Parameters
    ----------
    died : ndarray (N,) int
    probabilities : ndarray (N,) float
        From models of the other folds.
    folds : ndarray (N,) int
    name : str, optional
        Of a baseline.

    Returns
    -------
    ndarray (N,) float64

    Examples
    --------
    >>> died, p = np.array([1, 0, 1, 0]), np.array([0.9, 0.2, 0.6, 0.1])
    >>> print(thresholds_of_others(died, p, np.array([0, 0, 1, 1])))
    [0.6 0.6 0.9 0.9]
    """
    thresholds = np.empty(len(died))
    for fold in np.unique(folds):
        others = folds != fold
        thresholds[~others] = _threshold(name, died[others], probabilities[others])
    return thresholds


def _threshold(name, died, probabilities):
    # Whoever knows nothing can but predict death for everybody.
    return 0.0 if name == "prevalence" else best_threshold(died, probabilities)


def _out_of_fold(features, died, folds):
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
