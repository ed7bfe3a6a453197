"""Packing: every real step once, runs in order, states where they belong."""

import numpy as np
import pytest
from helpers.random_points import MASKS, masks

from tinylstm.network.fast.packing import Packing


def runs_by_loop(mask):
    """(example, first step, length) of each unbroken run of real steps, longest first."""
    runs = []
    for n in range(mask.shape[1]):
        start = None
        for t in [*range(mask.shape[0]), None]:
            real = t is not None and mask[t, n]
            if real and start is None:
                start = t
            if not real and start is not None:
                runs.append((n, start, (mask.shape[0] if t is None else t) - start))
                start = None
    return sorted(runs, key=lambda run: -run[2])


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (6, 1), (9, 5)])
def test_rows_are_the_runs_step_by_step(kind, shape):
    mask = masks(kind, *shape, np.random.default_rng(3))
    packing = Packing(shape, mask)
    full = np.ones(shape, bool) if mask is None else mask
    runs = runs_by_loop(full)
    longest = max((run[2] for run in runs), default=0)
    expected = [
        (start + s) * shape[1] + n
        for s in range(longest)
        for n, start, length in runs
        if s < length
    ]
    rows = np.arange(full.size) if packing.rows is None else packing.rows
    assert rows.tolist() == expected
    assert packing.n_rows == full.sum() and packing.n_first == len(runs)
    assert [columns.shape for columns in packing.columns(2, float, first=1)] == [
        (2, len(runs)),
        *((2, sum(s < length for *_, length in runs)) for s in range(longest)),
    ]


@pytest.mark.parametrize("kind", MASKS)
def test_states_go_to_the_runs_that_begin_and_come_from_those_that_end(kind):
    """A state handed in reaches the runs of step 0; what is left after step T-1 is theirs."""
    rng = np.random.default_rng(5)
    mask = masks(kind, 6, 4, rng)
    packing = Packing((6, 4), mask)
    full = np.ones((6, 4), bool) if mask is None else mask
    runs = runs_by_loop(full)
    state = rng.standard_normal((4, 2))
    expected = [state[n] * (start == 0) for n, start, _ in runs]
    np.testing.assert_array_equal(packing.started(state).T, expected)
    np.testing.assert_array_equal(packing.of_runs(state).T, [state[n] for n, *_ in runs])
    array = rng.standard_normal((6, 4, 2))
    packed = packing.pack(array)
    columns = [packing.started(state), *(packed[rows].T for rows in packing.steps)]
    np.testing.assert_array_equal(packing.ended(columns), array[-1] * full[-1][:, None])


@pytest.mark.parametrize("kind", MASKS)
def test_unpack_undoes_pack(kind):
    rng = np.random.default_rng(4)
    mask = masks(kind, 7, 5, rng)
    packing = Packing((7, 5), mask)
    array = rng.standard_normal((7, 5, 3))
    expected = array if mask is None else np.where(mask[..., None], array, 0)
    np.testing.assert_array_equal(packing.unpack(packing.pack(array)), expected)


def test_blocks_are_the_steps_from_the_last_to_the_first():
    packing = Packing((4, 3), np.arange(4)[:, None] < np.array([4, 1, 3]))
    for n_rows in range(1, packing.n_rows + 2):
        blocks = packing.blocks(n_rows)
        steps = [step for block in reversed(blocks) for step in block]
        assert steps == list(enumerate(packing.steps))
        sizes = [block[-1][1].stop - block[0][1].start for block in blocks]
        assert all(
            size <= n_rows or len(block) == 1 for size, block in zip(sizes, blocks, strict=True)
        )
