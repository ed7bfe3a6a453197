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
    # Each row's state before is the initial state of its run, or the row one step earlier.
    place = {row: packing.n_first + r for r, row in enumerate(expected)}
    starts = {start * shape[1] + n: j for j, (n, start, _) in enumerate(runs)}
    before = [starts.get(row, place.get(row - shape[1])) for row in expected]
    assert packing.previous.tolist() == before


@pytest.mark.parametrize("kind", MASKS)
def test_unpack_undoes_pack(kind):
    rng = np.random.default_rng(4)
    mask = masks(kind, 7, 5, rng)
    packing = Packing((7, 5), mask)
    array = rng.standard_normal((7, 5, 3))
    expected = array if mask is None else np.where(mask[..., None], array, 0)
    np.testing.assert_array_equal(packing.unpack(packing.pack(array)), expected)


def test_states_before_a_block_of_rows():
    packing = Packing((4, 3), np.arange(4)[:, None] < np.array([4, 1, 3]))
    states = np.arange(packing.n_first + packing.n_rows, dtype=float)[:, None]
    for start in range(packing.n_rows):
        for stop in range(start + 1, packing.n_rows + 1):
            rows = slice(start, stop)
            np.testing.assert_array_equal(
                packing.before(states, rows), states[packing.previous[rows]]
            )
