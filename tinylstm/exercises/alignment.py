"""The exercises of notebook 1: lengths, masks, labels and padding."""

from .exercise import Exercise
from .solutions import alignment as solutions

T, N, D, K = 7, 5, 2, 3


def lengths(rng):
    """How many steps each of N examples has, the longest T, the first shorter."""
    drawn = rng.integers(1, T, N)
    drawn[-1] = T
    return drawn


def one_hot_inputs(rng):
    """Classes of N examples, each of the K classes among them."""
    return {"classes": rng.permutation([*range(K), *rng.integers(0, K, N - K)]), "n_classes": K}


def align_end_inputs(rng):
    """Lengths, and some labels for each; one example has several."""
    n_steps = lengths(rng)
    n_labels = rng.integers(1, n_steps + 1)
    n_labels[-1] = 3
    return {"lengths": n_steps, "n_labels": n_labels}


def padded_inputs(rng):
    """A batch padded at the end."""
    mask = solutions.mask_from_lengths(lengths(rng))
    return {"x": rng.standard_normal((T, N, D)) * mask[..., None], "mask": mask}


EXERCISES = [
    Exercise(
        solutions.mask_from_lengths,
        notebook=1,
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
        notebook=1,
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
        notebook=1,
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
        notebook=1,
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
