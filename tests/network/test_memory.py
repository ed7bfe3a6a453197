"""Memory that is used again must not be seen to be."""

import itertools
import threading

import numpy as np

from tinylstm.network.fast.memory import LARGE, aligned_empty

SHAPE = (LARGE // 4, 2)  # of float64: large enough to be lent


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_is_taken_again_when_its_last_view_is_gone():
    array = aligned_empty(SHAPE, float)
    part, where = array[5:, 1], address(array)
    part[...] = 7
    del array
    others = [aligned_empty(SHAPE, float) for _ in range(20)]
    for other in others:
        other[...] = 0
    assert (part == 7).all() and where not in map(address, others)
    del part
    assert address(aligned_empty(SHAPE, float)) == where


def test_two_arrays_never_share_memory():
    spans = []

    def lend(n_rounds):
        rng = np.random.default_rng(n_rounds)
        kept = []
        for _ in range(n_rounds):
            array = aligned_empty((LARGE + int(rng.integers(LARGE)),), np.uint8)
            array[...] = len(kept)
            kept = [*kept[-2:], array]
        spans.extend((address(array), address(array) + array.size, array) for array in kept)

    threads = [threading.Thread(target=lend, args=(n,)) for n in (40, 41)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spans.sort(key=lambda span: span[0])
    assert all(end <= start for (_, end, _), (start, _, _) in itertools.pairwise(spans))


def test_a_much_larger_or_smaller_array_is_not_given():
    large, small = aligned_empty((4 * LARGE,), np.uint8), aligned_empty((LARGE,), np.uint8)
    places = {address(large), address(small)}
    del large, small
    assert address(aligned_empty((2 * LARGE,), np.uint8)) not in places
