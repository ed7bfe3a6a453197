"""Solutions of notebook 6: lengths, masks, labels and padding."""

import numpy as np


def mask_from_lengths(lengths):
    """The mask of a batch that is padded at the end: True where a step is real.

    Parameters
    ----------
    lengths : ndarray (N,) int
        How many steps each example has, at least 1.

    Returns
    -------
    mask : ndarray (T, N) bool
        T is the greatest of the lengths.
    """
    steps = np.arange(lengths.max())
    return steps[:, None] < lengths


def one_hot(classes, n_classes):
    """One-hot labels: a 1 in the column of the class, 0 elsewhere.

    Parameters
    ----------
    classes : ndarray (N,) int
        0 to K - 1.
    n_classes : int
        K.

    Returns
    -------
    labels : ndarray (N, K) float
    """
    return np.eye(n_classes)[classes]


def align_end(lengths, n_labels):
    """The label mask of ALIGN_END: each example's labels stand at its own last steps.

    The batch is padded at the end.

    Parameters
    ----------
    lengths : ndarray (N,) int
        How many steps each example has.
    n_labels : ndarray (N,) int
        How many labels each example has, 1 to its number of steps.

    Returns
    -------
    label_mask : ndarray (T, N) bool
        True where there is a label; T is the greatest of the lengths.
    """
    steps = np.arange(lengths.max())[:, None]
    return (steps >= lengths - n_labels) & (steps < lengths)


def post_to_pre_padding(x, mask):
    """Move the padding of a batch from after the sequences to before them.

    Parameters
    ----------
    x : ndarray (T, N, D)
        Zero where padded.
    mask : ndarray (T, N) bool
        True where a step is real; in each column the real steps come first.

    Returns
    -------
    x : ndarray (T, N, D)
        Every sequence, in its own order, ends at step T - 1; zero where padded.
    mask : ndarray (T, N) bool
    """
    moved_x, moved_mask = np.zeros_like(x), np.zeros_like(mask)
    for n, length in enumerate(mask.sum(axis=0)):
        steps = np.arange(length) + len(x) - length
        moved_x[steps, n] = x[:length, n]
        moved_mask[steps, n] = True
    return moved_x, moved_mask
