"""Arrays that begin at a cache line, in memory that is used again."""

import math
from collections import deque

import numpy as np

CACHE_LINE = 64  # bytes
LARGE = 1 << 20  # bytes; from about here on the system gives fresh pages, and zeroes them first

# Memory that no array refers to any more. Beyond so many the one that has waited longest goes.
_free = deque(maxlen=8)


def aligned_empty(shape, dtype):
    """An array (shape) of unset values whose first byte begins a cache line.

    Arithmetic on two arrays runs up to twice as fast when no vector register straddles two lines;
    numpy.empty aligns to 16 bytes only. A large array takes the memory of an earlier one of about
    its size that is gone, if there is one: where the system has no huge pages left, fresh ones make
    a training step with a long tape take half as long again.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    raw = _memory(n_bytes + CACHE_LINE)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + n_bytes].view(dtype).reshape(shape)


class _Loan:
    """The owner of an array's memory: gone with the last view of it, it gives the memory back."""

    def __init__(self, memory):
        self.memory, self.__array_interface__ = memory, memory.__array_interface__

    def __del__(self, give_back=_free.append):  # bound here: at exit the module may be gone
        give_back(self.memory)


def _memory(n_bytes):
    """Bytes of unset values, at least so many."""
    if n_bytes < LARGE:
        return np.empty(n_bytes, np.uint8)
    for _ in range(len(_free)):
        try:
            memory = _free.popleft()  # in one step, so that two threads never get the same
        except IndexError:
            break
        if n_bytes <= memory.nbytes <= 1.25 * n_bytes:
            return np.asarray(_Loan(memory))
        _free.append(memory)
    return np.asarray(_Loan(np.empty(n_bytes, np.uint8)))
