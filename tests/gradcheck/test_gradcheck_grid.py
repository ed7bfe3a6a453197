"""The grid of points: what must occur in it, and the masks and labels at its points."""

from itertools import combinations, product

import numpy as np
import pytest

from tinylstm.gradcheck.grid import (
    LAYER_FACTORS,
    NETWORK_FACTORS,
    describe,
    label_mask_of,
    mask_of,
    pairwise,
)

SHAPES = [(1, 1), (1, 4), (2, 1), (2, 4), (12, 1), (12, 4)]


@pytest.mark.parametrize("factors", [LAYER_FACTORS, NETWORK_FACTORS])
def test_every_pair_of_values_and_all_of_steps_examples_and_masks(factors):
    points = pairwise(factors)
    for f, g in combinations(factors, 2):
        found = {(point[f], point[g]) for point in points}
        assert found == set(product(factors[f], factors[g])), (f, g)
    found = {(point["N"], point["T"], point["mask"]) for point in points}
    assert len(found) == 2 * 3 * 5
    assert len(points) < 40
    assert len({describe(point) for point in points}) == len(points)


def test_the_same_points_in_every_run():
    assert pairwise(NETWORK_FACTORS) == pairwise(dict(NETWORK_FACTORS))


@pytest.mark.parametrize("shape", SHAPES)
def test_masks(shape):
    n_steps = shape[0]
    masks = {kind: mask_of(kind, *shape) for kind in LAYER_FACTORS["mask"]}
    assert masks.pop("none") is None
    assert all(mask.shape == shape and mask.dtype == bool for mask in masks.values())
    assert np.array_equal(masks["pre"], masks["post"][::-1])
    assert np.all(np.diff(masks["post"].astype(int), axis=0) <= 0)  # padding has no end
    assert masks["post"][0].all()  # and every example has a step
    assert not masks["absent"][:, -1].any() and masks["absent"][:, :-1].all()
    if n_steps > 1:
        assert not masks["post"].all()
    if n_steps > 2:
        edges = np.diff(masks["holes"].astype(int), axis=0)
        assert np.any(edges == 1) and np.any(edges == -1)


def test_holes_of_one_step_and_of_several_at_either_end_too():
    text = [
        "".join("x" if real else "." for real in column) for column in mask_of("holes", 12, 4).T
    ]
    assert text == ["x.xx.x...x.x", ".xx.xx.xx.xx", "xx.xx....xx.", "x.xx.xx.xx.x"]


@pytest.mark.parametrize("shape", SHAPES)
def test_labels(shape):
    for kind in LAYER_FACTORS["mask"]:
        mask = mask_of(kind, *shape)
        real = np.ones(shape, bool) if mask is None else mask
        last = label_mask_of("last", mask, *shape)
        assert np.array_equal(last.sum(axis=0), real.any(axis=0))
        assert not (last & ~real).any()
        for n in np.flatnonzero(real.any(axis=0)):
            assert np.flatnonzero(last[:, n]) == np.flatnonzero(real[:, n])[-1]
        assert label_mask_of("all", mask, *shape).all()
        some = label_mask_of("some", mask, *shape)
        assert some.any()
        if shape[0] > 1:
            assert not some.all()


def test_labels_stand_at_masked_steps_too():
    mask = mask_of("holes", 12, 4)
    assert (label_mask_of("some", mask, 12, 4) & ~mask).any()


def test_unknown_kinds():
    with pytest.raises(
        ValueError, match="mask 'hole' is not one of none, post, pre, holes, absent"
    ):
        mask_of("hole", 12, 4)
    with pytest.raises(ValueError, match="labels 'first' is not one of last, all, some"):
        label_mask_of("first", None, 12, 4)
