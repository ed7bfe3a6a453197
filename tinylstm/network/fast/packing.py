"""Real steps alone, in the order in which the LSTM computes them.

By eq. (8) a masked step sets an example's state to zero. What comes after it therefore knows
nothing of what came before: each unbroken run of real steps is a sequence of its own. A mask of
any kind (post padding, pre padding, holes) is a set of such runs, and padding need not be computed
at all. Sorted by length, longest first, the runs that reach step s are the first n_s of them::

    mask, 3 examples      runs, longest first      packed rows (step in the run)
    A  1 1 1 1            A0 A1 A2 A3              A0 C1 B0 B3 | A1 C2 | A2 C3 | A3
    B  1 0 0 1            C1 C2 C3                 n_0 = 4       n_1=2   n_2=2   n_3=1
    C  0 1 1 1            B0;  B3

so that every step works on the first n_s columns of the step before it.
"""

import numpy as np

from .memory import aligned_empty


class Packing:
    """Where the real steps of a batch stand in arrays (T, N, F), and packed, in rows (P, F).

    rows (P,): the place t * N + n of each packed row; None where the packed order is that already.
    steps: the packed rows of step 0 of all runs, of step 1, and so on, a slice each.
    n_rows is P, the number of real steps, and n_first is n_0, the number of runs.
    """

    def __init__(self, shape, mask=None):
        """shape (T, N); mask (T, N) bool, None: all steps are real."""
        self.shape = n_steps, n_examples = shape
        if mask is None or mask.all():
            self.rows, self.sizes = None, np.full(n_steps, n_examples)
        else:
            self.rows, self.sizes = _runs(mask)
        ends = np.cumsum(self.sizes).tolist()
        self.steps = [slice(*bounds) for bounds in zip([0, *ends], ends, strict=False)]
        self.n_rows, self.n_first = int(self.sizes.sum()), int(self.sizes[:1].sum())

    def pack(self, array):
        """(T, N, F) -> the real steps, (P, F); a view where all are real."""
        flat = array.reshape(-1, array.shape[-1])
        return flat if self.rows is None else flat[self.rows]

    def unpack(self, packed):
        """(P, F) -> (T, N, F), zero at masked steps; a view where all are real."""
        if self.rows is None:
            return packed.reshape(*self.shape, -1)
        array = np.zeros((*self.shape, packed.shape[1]), packed.dtype)
        array.reshape(-1, packed.shape[1])[self.rows] = packed
        return array

    def columns(self, height, dtype, first=0):
        """Unset arrays (height, n_s), one for each step; `first` steps more stand before step 0."""
        sizes = [self.n_first] * first + self.sizes.tolist()
        flat = aligned_empty((height * sum(sizes),), dtype)
        ends = np.cumsum([0, *sizes]) * height
        parts = zip(ends[:-1].tolist(), ends[1:].tolist(), sizes, strict=True)
        return [flat[start:end].reshape(height, n) for start, end, n in parts]

    def blocks(self, n_rows):
        """Lists of consecutive steps (number, rows), the last first, of at most so many rows."""
        blocks, size = [], n_rows
        for step, rows in reversed(list(enumerate(self.steps))):
            size += rows.stop - rows.start
            if size > n_rows:
                blocks.append([])
                size = rows.stop - rows.start
            blocks[-1].insert(0, (step, rows))
        return blocks

    def of_runs(self, array):
        """(N, H), a row an example -> (H, n_0), a column a run."""
        examples = slice(None) if self.rows is None else self.rows[: self.n_first] % self.shape[1]
        return np.ascontiguousarray(array[examples].T)

    def started(self, state):
        """(N, H) before step 0 -> (H, n_0): zero for the runs that begin later."""
        columns = self.of_runs(state)
        if self.rows is not None:
            columns[:, self.rows[: self.n_first] >= self.shape[1]] = 0
        return columns

    def ended(self, columns):
        """(H, n_0) before step 0, (H, n_s) after each -> (N, H) after step T-1; zero if masked."""
        n_steps, n_examples = self.shape
        if self.rows is None:
            return columns[-1].T.copy()
        state = np.zeros((n_examples, columns[0].shape[0]), columns[0].dtype)
        last = (n_steps - 1) * n_examples
        for row in np.flatnonzero(self.rows >= last):
            step = int(np.searchsorted(np.cumsum(self.sizes), row, side="right"))
            state[self.rows[row] - last] = columns[step + 1][:, row - self.steps[step].start]
        return state


def _runs(mask):
    """Packed rows and sizes of a mask (T, N) that is not all True."""
    n_examples = mask.shape[1]
    # A column of zeros on both sides: every run then begins with a +1 and ends with a -1.
    edges = np.diff(mask.T.astype(np.int8), axis=1, prepend=0, append=0)
    examples, starts = np.nonzero(edges == 1)
    lengths = np.nonzero(edges == -1)[1] - starts
    order = np.argsort(-lengths, kind="stable")
    examples, starts, lengths = examples[order], starts[order], lengths[order]
    step = np.arange(lengths.max(initial=0))[:, None]
    places = (starts + step) * n_examples + examples
    reached = lengths > step
    return places[reached], reached.sum(axis=1)
