import numpy as np
import pytest

from tinylstm.study.folds import stratified_folds


@pytest.mark.parametrize("n_folds", [2, 5, 7])
def test_every_class_is_dealt_out_evenly(n_folds):
    labels = (np.random.default_rng(0).random(203) < 0.14).astype(int)
    folds = stratified_folds(labels, n_folds)
    assert set(folds.tolist()) == set(range(n_folds))
    for chosen in (labels == 0, labels == 1, np.ones(203, bool)):
        sizes = np.bincount(folds[chosen], minlength=n_folds)
        assert np.ptp(sizes) <= 1


def test_the_seed_decides():
    labels = np.arange(100) % 4 == 0
    np.testing.assert_array_equal(stratified_folds(labels, 5, 1), stratified_folds(labels, 5, 1))
    assert (stratified_folds(labels, 5, 1) != stratified_folds(labels, 5, 2)).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0, 0, 1], 2), "1 examples of class 1 for 2 folds"),
        (([0, 0, 1, 1], 1), "n_folds=1, expected at least 2"),
        (([0, 0, 1, 1], 2, -1), "seed=-1, expected at least 0"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        stratified_folds(*arguments)
