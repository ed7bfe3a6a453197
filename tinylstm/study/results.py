"""A study: what a cross-validation gives, and the folder that it grows in."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinylstm.evaluation import Recalibration, best_threshold, roc_curve
from tinylstm.small.json_files import (
    check_form,
    list_of,
    number,
    read_json,
    text,
    whole,
    write_json,
)
from tinylstm.small.progress import duration
from tinylstm.small.whole_files import write_whole

from .models import combined
from .recipes import Parts, Recipe, parts_of, recipe_of_plain


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """What a cross-validation gives for N records and S seeds.

    Attributes
    ----------
    recipe : Recipe or Parts
    record_ids : ndarray (N,) int
    died : ndarray (N,) int
    folds : ndarray (N,) int
        The fold that each record was tested in.
    part_probabilities : ndarray (P, S, N)
        Of death, from the models that were trained with the seed on the other folds; P is 1 where
        the recipe has no parts.
    seconds : ndarray (F, S)
        What each training took, of parts all of them together.

    ``print(study)`` says what it came to.
    """

    recipe: Recipe | Parts
    record_ids: np.ndarray
    died: np.ndarray
    folds: np.ndarray
    part_probabilities: np.ndarray
    seconds: np.ndarray

    @property
    def seed_probabilities(self):
        """Each seed alone, its parts together: (S, N)."""
        return combined(self.part_probabilities)

    @property
    def probabilities(self):
        """The mean over the seeds, of parts the mean of their log-odds: (N,)."""
        return combined([of_part.mean(axis=0) for of_part in self.part_probabilities])

    @property
    def recalibration(self):
        """What recalibrates the mean over the seeds of records that are new: a Recalibration."""
        return Recalibration.fit(self.died, self.probabilities)

    def recalibrate(self, probabilities):
        """Recalibrate each fold's by what fits the means of the other folds, so that it is new.

        Within a fold the order stays; over all records at once the AUC changes a little, since
        each fold gets a curve of its own.

        Parameters
        ----------
        probabilities : ndarray (N,)
            For each record, its mean over the seeds or a threshold for that.

        Returns
        -------
        ndarray (N,) float64
        """
        recalibrated = np.empty(len(probabilities))
        for fold in np.unique(self.folds):
            others = self.folds != fold
            fitted = Recalibration.fit(self.died[others], self.probabilities[others])
            recalibrated[~others] = fitted(probabilities[~others])
        return recalibrated

    @property
    def fold_aucs(self):
        """The AUC of the seeds' mean in each fold, (F,)."""
        return _fold_aucs(self.died, self.folds, self.probabilities)

    @property
    def seed_fold_aucs(self):
        """The AUC of each seed alone in each fold, (S, F)."""
        rows = [_fold_aucs(self.died, self.folds, p) for p in self.seed_probabilities]
        return np.array(rows)

    @property
    def auc(self):
        """The mean of `fold_aucs` (float): the usual figure of a cross-validation."""
        return float(self.fold_aucs.mean())

    @property
    def pooled_auc(self):
        """The AUC over all records at once (float), the folds' probabilities put together."""
        return float(roc_curve(self.died, self.probabilities).auc)

    @property
    def threshold(self):
        """The mean from which on to predict death: the best for the Challenge's event 1.

        Every record's probability is of a model that never saw it, so this is a threshold for
        records that are new (float).
        """
        return best_threshold(self.died, self.probabilities)

    def to_csv(self):
        """A text with a line for each record: id, outcome, fold, probability, each seed's.

        The probability is the recalibrated one, the seeds' are as their models gave them.
        """
        seeds = [f"seed_{seed}" for seed in range(len(self.seed_probabilities))]
        lines = [",".join(["record_id", "died", "fold", "probability", *seeds])]
        columns = self.record_ids, self.died, self.folds
        recalibrated = self.recalibrate(self.probabilities)
        columns = [c.tolist() for c in (*columns, recalibrated, *self.seed_probabilities)]
        lines += [",".join(map(repr, row)) for row in zip(*columns, strict=True)]
        return "\n".join(lines) + "\n"

    def __repr__(self):
        n_seeds, n_folds = len(self.seed_probabilities), len(self.fold_aucs)
        return (
            f"Study({len(self.died)} records, {n_folds} folds, {n_seeds} seeds, AUC {self.auc:.4f})"
        )

    def __str__(self):
        n_seeds, n_folds = len(self.seed_probabilities), len(self.fold_aucs)
        return "\n".join(
            [
                f"{len(self.died)} records, {self.died.sum()} deaths; {n_folds} folds, "
                f"{n_seeds} seeds",
                f"AUC, seeds averaged  {self.auc:.4f}  mean of the folds "
                f"({', '.join(f'{auc:.4f}' for auc in self.fold_aucs)})",
                f"                     {self.pooled_auc:.4f}  over all records at once",
                f"AUC, one seed        {self.seed_fold_aucs.mean():.4f}  mean of folds and seeds",
                f"training             {duration(float(self.seconds.mean()))} each, "
                f"{duration(float(self.seconds.sum()))} in all",
            ]
        )


class Results:
    """The finished trainings of a study, and their folder `out` where there is one.

    ``done[fold, seed, part]`` is what `add` was given, now or in an earlier run; part is "" where
    the recipe has none. ValueError if the folder holds another study, something else, or a file
    that does not hold what was written.
    """

    def __init__(self, out, description, died, folds):
        self.done = {}
        self.out = None if out is None else Path(out)
        if out is None:
            return
        path = self.out / "study.json"
        if path.exists():
            _require_same(path, description)
        elif self.out.exists() and any(
            not p.name.endswith(".unfinished") for p in self.out.iterdir()
        ):
            raise ValueError(f"{self.out}: there is something, but no study")
        self.out.mkdir(parents=True, exist_ok=True)
        write_json(path, description)
        for path in sorted(self.out.glob("fold-*-seed-*.json")):
            result = _read_result(path, died, folds)
            self.done[_key(result)] = result

    def add(self, result):
        """Keep a result, a dict with "fold" and "seed"; its file is written whole or not at all."""
        self.done[_key(result)] = result
        if self.out is not None:
            write_whole(self.out / _name(result), (json.dumps(result) + "\n").encode())

    def finish(self, study):
        """Write what the Study came to."""
        if self.out is not None:
            write_whole(self.out / "probabilities.csv", study.to_csv().encode())


def describe(records, recipe, folds, fold_seed):
    """What a study must have in common with an earlier one to go on with it: all but the seeds."""
    digest = hashlib.sha256()
    days = any(part.targets != "death" for part in parts_of(recipe).values())
    for record in records:
        described = [record.record_id, record.died, record.age, record.gender, record.height]
        digest.update(np.array([*described, record.icu_type, record.weight], float).tobytes())
        for array in (record.minutes, record.variables, record.values):
            digest.update(array.tobytes())
        if days:
            digest.update(np.array([record.survival, record.length_of_stay]).tobytes())
    description = {
        "recipe": dataclasses.asdict(recipe),
        "records": {"n": len(records), "sha256": digest.hexdigest()},
        "folds": int(folds),
        "fold_seed": int(fold_seed),
    }
    return json.loads(json.dumps(description))  # tuples become lists, as in the file


def _require_same(path, description):
    """The study.json that stands there is of the same study, or it is an error."""
    there = read_json(path, set(description))
    try:
        # Fields that are new since then have the values that they had without a name.
        there["recipe"] = dataclasses.asdict(recipe_of_plain(there["recipe"]))
    except (TypeError, AttributeError):
        raise ValueError(f"{path}: recipe: not the fields of one") from None
    there = json.loads(json.dumps(there))
    other = [name for name in description if there[name] != description[name]]
    if other:
        raise ValueError(f"{path}: a study with other {', '.join(other)}; name another folder")


def _read_result(path, died, folds):
    """The result in a file; it must be what its name says, of its fold's size, and add up."""
    result = read_json(path)
    fold = result.get("fold")
    inside = folds == fold if type(fold) is int else np.zeros(len(folds), bool)
    check = {
        "fold": whole(0, int(folds.max())),
        "seed": whole(0),
        "auc": number(0, 1),
        "seconds": number(0),
        "probabilities": list_of(number(0, 1), length=int(inside.sum())),
        **({"part": text} if "part" in result else {}),
    }
    try:
        check_form(result, check)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if path.name != _name(result):
        raise ValueError(f"{path}: not the result that its name says")
    auc = roc_curve(died[inside], result["probabilities"]).auc
    if abs(auc - result["auc"]) > 1e-9:
        raise ValueError(f"{path}: auc: {result['auc']}, but its probabilities have {auc}")
    return result


def _key(result):
    """Fold, seed and part of a result."""
    return result["fold"], result["seed"], result.get("part", "")


def _name(result):
    """The file of a result."""
    fold, seed, part = _key(result)
    return f"fold-{fold}-seed-{seed}{f'-{part}' if part else ''}.json"


def _fold_aucs(died, folds, probabilities):
    """The AUC in each fold, (F,)."""
    numbers = range(folds.max() + 1)
    return np.array([roc_curve(died[folds == f], probabilities[folds == f]).auc for f in numbers])
