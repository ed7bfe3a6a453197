"""Real steps alone, in the order in which the LSTM computes them.

By eq. (8) a masked step sets an example's state to zero. What comes after it therefore knows
nothing of what came before: each unbroken run of real steps is a sequence of its own. A mask of
any kind (post padding, pre padding, holes) is a set of such runs, and padding need not be computed
at all. Sorted by length, longest first, the runs that reach step s are the first n_s of them, so
every step of the loop works on a contiguous block of rows::

    mask, 3 examples      runs, longest first      packed rows (step in the run)
    A  1 1 1 1            A0 A1 A2 A3              A0 C1 B0 B3 | A1 C2 | A2 C3 | A3
    B  1 0 0 1            C1 C2 C3                 n_0 = 4       n_1=2   n_2=2   n_3=1
    C  0 1 1 1            B0;  B3

"""

import numpy as np

__all__ = ["Packing"]


class Packing:
    """Where the real steps of a batch stand in time-first arrays and in packed ones.

    Parameters
    ----------
    shape : (T, N)
        Steps and examples.
    mask : ndarray (T, N) bool, or None
        True where a step is real; None: everywhere.

    Attributes
    ----------
    shape : (T, N)
    rows : ndarray (P,) int, or None
        For each packed row, its place t * N + n in an array (T, N, ...) flattened over steps and
        examples; None where the packed order is that order itself.
    n_rows : int
        P, the number of real steps.
    n_first : int
        n_0, the number of runs.
    steps : list of slice
        The packed rows of step 0 of all runs, of step 1, and so on.
    previous : ndarray (P,) int
        For each packed row, where its state before the step stands in an array of states: n_0
        rows for the initial states of the runs, then one row for each packed row.

    Examples
    --------
    >>> import numpy as np
    >>> packing = Packing((3, 2), np.array([[1, 1], [1, 1], [0, 1]], bool))
    >>> packing.steps          # example 1 has three steps, example 0 has two
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    >>> print(packing.rows)    # example 1 first: it is the longer one
    [1 0 3 2 5]
    """

    def __init__(self, shape, mask=None):
        self.shape = n_steps, n_examples = shape
        if mask is None or mask.all():
            self.rows, sizes = None, np.full(n_steps, n_examples)
        else:
            self.rows, sizes = _runs(mask)
        ends = np.cumsum(sizes)
        starts = ends - sizes
        self.n_rows, self.n_first = int(sizes.sum()), int(sizes[:1].sum())
        self.steps = [slice(*bounds) for bounds in zip(starts.tolist(), ends.tolist(), strict=True)]
        # Before step s a run's state stands where step s-1 left it, behind the n_0 initial ones.
        before = np.concatenate([[0], self.n_first + starts[:-1]])[: len(sizes)]
        self.previous = np.arange(self.n_rows) + np.repeat(before - starts, sizes)

    def pack(self, array):
        """Take the real steps of an array.

        Parameters
        ----------
        array : ndarray (T, N, F)

        Returns
        -------
        ndarray (P, F)
            A view of `array` where all steps are real.

        Examples
        --------
        >>> import numpy as np
        >>> Packing((3, 2)).pack(np.zeros((3, 2, 5))).shape
        (6, 5)
        """
        flat = array.reshape(-1, array.shape[-1])
        return flat if self.rows is None else flat[self.rows]

    def unpack(self, packed):
        """Put packed rows back in their places; the masked steps are zero.

        Parameters
        ----------
        packed : ndarray (P, F)

        Returns
        -------
        ndarray (T, N, F)
            A view of `packed` where all steps are real.

        Examples
        --------
        >>> import numpy as np
        >>> packing = Packing((2, 1), np.array([[True], [False]]))
        >>> print(packing.unpack(np.array([[3.0]]))[:, 0, 0])
        [3. 0.]
        """
        n_features = packed.shape[-1]
        if self.rows is None:
            return packed.reshape(*self.shape, n_features)
        flat = np.zeros((self.shape[0] * self.shape[1], n_features), packed.dtype)
        flat[self.rows] = packed
        return flat.reshape(*self.shape, n_features)

    def of_runs(self, array):
        """What belongs to each run, of an array with a row for each example.

        Parameters
        ----------
        array : ndarray (N, F)

        Returns
        -------
        ndarray (n_0, F)
            `array` itself where all steps are real.

        Examples
        --------
        >>> import numpy as np
        >>> packing = Packing((3, 2), np.array([[1, 1], [1, 0], [0, 1]], bool))
        >>> print(packing.of_runs(np.array([[5], [7]])).T)  # example 1 has two runs
        [[5 7 7]]
        """
        if self.rows is None:
            return array
        return array[self.rows[: self.n_first] % self.shape[1]]

    def before(self, states, rows):
        """The states before some steps.

        Parameters
        ----------
        states : ndarray (n_0 + P, H)
            The initial states, then the state after each packed row.
        rows : slice
            The packed rows of the steps.

        Returns
        -------
        ndarray (n, H)
            A view where they stand in a row.

        Examples
        --------
        >>> import numpy as np
        >>> print(Packing((3, 1)).before(np.arange(4.0)[:, None], slice(1, 3)).T)
        [[1. 2.]]
        """
        places = self.previous[rows]
        first, last = places[0], places[-1]
        if last - first == len(places) - 1:
            return states[first : last + 1]
        return states[places]

    def after(self, states, rows):
        """The states after some steps.

        Parameters
        ----------
        states : ndarray (n_0 + P, H)
            The initial states, then the state after each packed row.
        rows : slice
            The packed rows of the steps.

        Returns
        -------
        ndarray (n, H)
            A view.

        Examples
        --------
        >>> import numpy as np
        >>> print(Packing((3, 1)).after(np.arange(4.0)[:, None], slice(1, 3)).T)
        [[2. 3.]]
        """
        return states[self.n_first + rows.start : self.n_first + rows.stop]

    def blocks(self, n_rows):
        """Consecutive steps in blocks, from the last block to the first.

        Parameters
        ----------
        n_rows : int
            The most rows a block may have, where it has more than one step.

        Returns
        -------
        list of list of slice
            The packed rows of each step of each block.

        Examples
        --------
        >>> [[s.start for s in block] for block in Packing((3, 2)).blocks(n_rows=4)]
        [[2, 4], [0]]
        """
        blocks, size = [], n_rows
        for step in reversed(self.steps):
            size += step.stop - step.start
            if size > n_rows:
                blocks.append([])
                size = step.stop - step.start
            blocks[-1].insert(0, step)
        return blocks

    def initial_states(self, states, n_units, dtype):
        """The state before each run's first step: zero, but for runs that begin at step 0.

        Parameters
        ----------
        states : ndarray (N, H), or None
            The state before step 0; None: zeros.
        n_units : int
            H.
        dtype : dtype

        Returns
        -------
        ndarray (n_0, H) of `dtype`

        Examples
        --------
        >>> Packing((2, 3)).initial_states(None, 4, float).shape
        (3, 4)
        """
        first = np.zeros((self.n_first, n_units), dtype)
        if states is not None and self.rows is None:
            first[...] = states
        elif states is not None:
            examples = self.rows[: len(first)]
            at_step_0 = examples < self.shape[1]
            first[at_step_0] = states[examples[at_step_0]]
        return first

    def final_states(self, states):
        """The state of each example after step T-1: zero where that step is masked.

        Parameters
        ----------
        states : ndarray (P, H)
            The state after each packed row.

        Returns
        -------
        ndarray (N, H)

        Examples
        --------
        >>> import numpy as np
        >>> print(Packing((3, 1)).final_states(np.array([[1.0], [2.0], [3.0]])))
        [[3.]]
        """
        n_steps, n_examples = self.shape
        if self.rows is None:
            return states[-n_examples:].copy()
        final = np.zeros((n_examples, states.shape[-1]), states.dtype)
        at_last_step = np.flatnonzero(self.rows >= (n_steps - 1) * n_examples)
        final[self.rows[at_last_step] - (n_steps - 1) * n_examples] = states[at_last_step]
        return final


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
