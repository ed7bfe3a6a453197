"""The exercises of notebooks 7 and 8: SGD, the ROC curve, and the study of patients."""

import numpy as np

from .exercise import Exercise
from .solutions import evaluation as solutions

__all__ = ["EXERCISES"]


def sgd_inputs(rng):
    """Two arrays and their gradients."""
    shapes = {"W": (3, 4), "b": (4,)}
    parameters, gradients = (
        {name: rng.standard_normal(shape) for name, shape in shapes.items()} for _ in range(2)
    )
    return {"parameters": parameters, "gradients": gradients, "learning_rate": 0.3}


def score_inputs(rng):
    """Scores in steps of a tenth, so that some are tied, within a class and across."""
    labels = rng.permutation(np.arange(20) < 7).astype(int)
    return {"labels": labels, "scores": np.round(rng.uniform(0, 0.7, 20) + 0.2 * labels, 1)}


def curve_inputs(rng):
    """A rising curve, its points at unequal distances."""
    x, y = np.sort(rng.uniform(0, 1, (2, 8)))
    return {"x": x, "y": y}


def batch_inputs(rng):
    """A batch padded at the end, features of different size."""
    mask = np.arange(7)[:, None] < np.array([3, 7, 5, 1])
    x = 5 + rng.standard_normal((7, 4, 2)) * [1, 20]
    return {"x": x * mask[..., None], "mask": mask}


def prediction_inputs(rng):
    """Who died and who was predicted to: now fewer, now more of them."""
    risk = rng.standard_normal(40)
    died = risk + rng.standard_normal(40) > 0.8
    return {"died": died, "predicted": risk > rng.choice([0.0, 1.0])}


EXERCISES = [
    Exercise(
        solutions.sgd_step,
        notebook=7,
        outputs=(),
        inputs=sgd_inputs,
        mistakes={
            "it goes up: the sign": ("w - learning_rate", "w + learning_rate"),
            "the learning rate is missing": ("learning_rate * ", ""),
            "it is the change alone, without the parameter": (
                "w - learning_rate",
                "-learning_rate",
            ),
        },
    ),
    Exercise(
        solutions.roc_points,
        notebook=7,
        outputs=("fpr", "tpr"),
        inputs=score_inputs,
        mistakes={
            "a score equal to the threshold does not count as positive": (
                "scores >= ",
                "scores > ",
            ),
            "every row has a point of its own; tied scores are one threshold": (
                "np.unique",
                "np.sort",
            ),
            "the thresholds rise": ("[::-1]", ""),
            "the first point, (0, 0), is missing": (
                "np.append(0, fpr), np.append(0, tpr)",
                "fpr, tpr",
            ),
            "fpr and tpr have changed places": (
                "np.append(0, fpr), np.append(0, tpr)",
                "np.append(0, tpr), np.append(0, fpr)",
            ),
            "both are shares of all rows, not of the negatives and of the positives": (
                "    return np.append",
                "    tpr = tpr * np.mean(labels)\n"
                "    fpr = fpr * np.mean(labels == 0)\n    return np.append",
            ),
        },
    ),
    Exercise(
        solutions.trapezoid,
        notebook=7,
        outputs=("area",),
        inputs=curve_inputs,
        mistakes={
            "the halves are missing": (" / 2", ""),
            "these are rectangles of the left heights": ("(y[1:] + y[:-1]) / 2", "y[:-1]"),
            "these are rectangles of the right heights": ("(y[1:] + y[:-1]) / 2", "y[1:]"),
            "the points count as if at equal distances": (
                "(x[1:] - x[:-1])",
                "(x[-1] - x[0]) / (len(x) - 1)",
            ),
        },
    ),
    Exercise(
        solutions.auc_by_pairs,
        notebook=7,
        outputs=("auc",),
        inputs=score_inputs,
        mistakes={
            "a tied pair counts nothing": (" + 0.5 * (difference == 0)", ""),
            "a tied pair counts in full": ("0.5 * ", ""),
            "it counts the pairs that are ranked wrong": ("difference > 0", "difference < 0"),
            "it is divided by the square of n, not by the number of pairs": (
                "return np.mean((difference > 0) + 0.5 * (difference == 0))",
                "return np.sum((difference > 0) + 0.5 * (difference == 0)) / len(labels) ** 2",
            ),
        },
    ),
    Exercise(
        solutions.standardize_real_steps,
        notebook=8,
        outputs=("standardized", "mean", "std"),
        inputs=batch_inputs,
        mistakes={
            "the padding counts in mean and std": ("x[mask]", "x.reshape(-1, x.shape[2])"),
            "std is the sample's, with n - 1": ("real.std(axis=0)", "real.std(axis=0, ddof=1)"),
            "it is divided by the variance": ("real.std(axis=0)", "real.var(axis=0)"),
            "the padding is not zero: it became -mean / std": (
                "np.where(mask[..., None], (x - mean) / std, 0)",
                "(x - mean) / std",
            ),
        },
    ),
    Exercise(
        solutions.event1,
        notebook=8,
        outputs=("score",),
        inputs=prediction_inputs,
        mistakes={
            "it is the greater of the two": ("min(", "max("),
            "it is the sensitivity alone": (", rightly / np.sum(predicted)", ", 1"),
            "it is the predictive value alone": ("rightly / np.sum(died), ", "1, "),
            "it is the share of right predictions": (
                "return min(rightly / np.sum(died), rightly / np.sum(predicted))",
                "return np.mean(died == predicted)",
            ),
        },
    ),
    Exercise(
        solutions.percentile_interval,
        notebook=8,
        outputs=("low", "high"),
        inputs=lambda rng: {"replicates": rng.gamma(3, 1, 200), "level": 0.9},
        mistakes={
            "it cuts off 1 - level at either end, twice too much": (
                "[(1 - level) / 2, (1 + level) / 2]",
                "[1 - level, level]",
            ),
            "it cuts off at the upper end alone": (
                "[(1 - level) / 2, (1 + level) / 2]",
                "[0, level]",
            ),
            "it is the mean plus or minus standard deviations, 1.645 for 90 %": (
                "return low, high",
                "low, high = replicates.mean() + 1.645 * replicates.std() * np.array([-1, 1])\n"
                "    return low, high",
            ),
        },
    ),
]
