"""The exercises of notebook 6: lengths, masks, labels and padding."""

import numpy as np

from .exercise import Exercise
from .solutions import alignment as solutions


def lengths(rng):
    """How many steps each of some examples has, (N,): in any order, so the longest is anywhere."""
    return rng.permutation([1, *rng.integers(1, 9, rng.integers(2, 6)), rng.integers(9, 12)])


def one_hot_inputs(rng):
    """Classes of some examples; the last class may not occur among them, nor the first."""
    n_classes = int(rng.integers(3, 7))
    lacking = rng.integers(0, n_classes)
    classes = rng.integers(0, n_classes, 2 * n_classes)
    classes[classes == lacking] = (lacking + 1) % n_classes
    first, last = int(lacking == 0), n_classes - 1 - (lacking == n_classes - 1)
    return {"classes": np.array([*classes, last, first]), "n_classes": n_classes}


def align_end_inputs(rng):
    """Lengths, and some labels for each, from one to as many as there are steps."""
    n_steps = lengths(rng)
    n_labels = rng.integers(1, n_steps + 1)
    k = rng.permutation(len(n_steps))
    n_labels[k[0]], n_labels[k[1]] = n_steps[k[0]], 1
    return {"lengths": n_steps, "n_labels": n_labels}


def padded_inputs(rng):
    """A batch padded at the end; some real rows are all zero, the last of an example too."""
    mask = solutions.mask_from_lengths(lengths(rng))
    x = rng.standard_normal((*mask.shape, rng.integers(1, 4))) * mask[..., None]
    n = np.argmax(mask.sum(axis=0))
    x[0, n] = x[mask[:, n].sum() - 1, n] = 0
    return {"x": x, "mask": mask}


EXERCISES = [
    Exercise(
        solutions.mask_from_lengths,
        notebook=6,
        outputs=("mask",),
        inputs=lambda rng: {"lengths": lengths(rng)},
        mistakes={
            "the first step after the end counts as real: <= in place of <": ("<", "<="),
            "True marks the padding and False the real steps": ("<", ">="),
            "examples stand before steps: time comes first": (
                "steps[:, None] < lengths",
                "(steps[:, None] < lengths).T",
            ),
        },
    ),
    Exercise(
        solutions.one_hot,
        notebook=6,
        outputs=("labels",),
        inputs=one_hot_inputs,
        mistakes={
            "classes are counted from 1; the first is 0": ("[classes]", "[classes - 1]"),
            "the rows are classes: transposed": ("[classes]", "[classes].T"),
            "0 and 1 have changed places": ("np.eye(n_classes)", "(1 - np.eye(n_classes))"),
        },
    ),
    Exercise(
        solutions.align_end,
        notebook=6,
        outputs=("label_mask",),
        inputs=align_end_inputs,
        mistakes={
            "the labels stand at the end of the batch, step T - 1, and not at each example's own": (
                "lengths - n_labels) & (steps < lengths)",
                "len(steps) - n_labels)",
            ),
            "the labels stand at the first steps: that is align start": (
                "steps >= lengths - n_labels) & (steps < lengths)",
                "steps < n_labels)",
            ),
            "the labels stand one step late": (
                "(steps >= lengths - n_labels) & (steps < lengths)",
                "(steps > lengths - n_labels) & (steps <= lengths)",
            ),
            "each example has its last label alone": ("lengths - n_labels)", "lengths - 1)"),
            "the labels go on into the padding": (" & (steps < lengths)", ""),
        },
    ),
    Exercise(
        solutions.post_to_pre_padding,
        notebook=6,
        outputs=("x", "mask"),
        inputs=padded_inputs,
        mistakes={
            "the sequences run backward: they move, and keep their order": (
                "x[:length, n]",
                "x[:length, n][::-1]",
            ),
            "the mask has not moved with the sequences": (
                "moved_mask[steps, n] = True",
                "moved_mask = mask",
            ),
            "the sequences have not moved with the mask": (
                "moved_x, moved_mask\n",
                "x, moved_mask\n",
            ),
            "the sequences end one step before the last": (
                "np.arange(length) + len(x) - length",
                "np.arange(length) + len(x) - length - 1",
            ),
        },
    ),
]
