"""The exercises of notebook 7: a step of SGD, the ROC curve and its area."""

import numpy as np

from .exercise import Exercise
from .solutions import training_and_roc as solutions


def sgd_inputs(rng):
    """Some arrays and their gradients, and a learning rate."""
    shapes = {"W": (3, 4), "b": (4,), "lstm.p": (3, 2), "v": (1,)}
    names = rng.permutation(list(shapes))[: rng.integers(2, 5)]
    parameters, gradients = (
        {str(name): rng.standard_normal(shapes[name]) for name in names} for _ in range(2)
    )
    return {
        "parameters": parameters,
        "gradients": gradients,
        "learning_rate": float(rng.choice([0.01, 0.3, 2.0])),
    }


def score_inputs(rng):
    """Scores in steps of a tenth, some below zero; some tie, within a class and across."""
    n = int(rng.integers(15, 30))
    labels = rng.permutation(np.arange(n) < rng.integers(3, n - 3)).astype(int)
    return {"labels": labels, "scores": np.round(rng.uniform(-0.4, 0.3, n) + 0.2 * labels, 1)}


def curve_inputs(rng):
    """A rising curve, its points at unequal distances; it begins anywhere and has a step."""
    x, y = np.sort(rng.uniform(-1, 2, (2, rng.integers(4, 9))))
    x[2] = x[1]
    return {"x": x, "y": y}


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
]
