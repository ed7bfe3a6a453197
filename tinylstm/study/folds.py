"""Stratified folds, fixed by a seed."""

import numpy as np

from tinylstm.small.counts import as_count

__all__ = ["stratified_folds"]


def stratified_folds(labels, n_folds, seed=0):
    """Deal examples out to folds, every class by itself.

    Parameters
    ----------
    labels : array_like (N,) of int
    n_folds : int
        2 or more.
    seed : int

    Returns
    -------
    ndarray (N,) int
        The fold of each example, 0 to n_folds - 1. The numbers of examples of a class in two folds
        differ by one at most, and so do those of all examples.

    Raises
    ------
    ValueError
        If a class has fewer examples than there are folds, or an argument is wrong.

    Examples
    --------
    >>> folds = stratified_folds([1, 0, 0, 0, 0, 1, 0, 0], n_folds=2)
    >>> print(np.bincount(folds), sorted(folds[[0, 5]].tolist()))
    [4 4] [0, 1]
    """
    labels = np.asarray(labels)
    n_folds = as_count("n_folds", n_folds, least=2)
    rng = np.random.default_rng(as_count("seed", seed, least=0))
    order = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < n_folds:
            raise ValueError(f"{len(members)} examples of class {label} for {n_folds} folds")
        order.append(rng.permutation(members))
    folds = np.empty(len(labels), dtype=np.int64)
    # One round for all classes: where one ends the next goes on, so that sizes stay even.
    folds[np.concatenate(order)] = np.arange(len(labels)) % n_folds
    return folds
