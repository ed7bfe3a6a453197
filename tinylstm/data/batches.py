"""Alignment, padding and masks: from sequences of different lengths to the arrays of a batch."""

import numpy as np

from tinylstm.small.arrays import plain_array
from tinylstm.small.counts import as_count
from tinylstm.small.generators import require_generator

ALIGNMENTS = ("end", "start", "equal")
PADDINGS = ("post", "pre")


class Batch:
    """Some examples of a dataset side by side, time first.

    T steps, N examples, D features, K classes. What stands in a masked step, nan included, is
    kept as it is: nothing may depend on it.

    Parameters
    ----------
    features : ndarray (T, N, D), real or complex
        Kept in its own floating-point type; integers become float64.
    labels : ndarray (T, N, K), real
        The class of each labelled step, one-hot (or probabilities that sum to 1 within 1e-12).
        K >= 2.
    feature_mask, label_mask : ndarray (T, N) bool, optional
        True where there is a step, and where there is a label. The numbers 0 and 1 will do.
        None: everywhere. The attributes are boolean arrays in either case.
    examples : ndarray (N,) int, optional
        The examples' positions in the dataset; 0, 1, ..., N - 1 by default.

    Raises
    ------
    ValueError
        If an array has another shape or type, a mask holds anything but 0 and 1, or the labels of
        a labelled step are not probabilities that sum to 1.

    Examples
    --------
    Two sequences, of three steps and of one, each labelled at its last step:

    >>> features = np.zeros((3, 2, 4))
    >>> labels = np.zeros((3, 2, 2))
    >>> labels[2, 0, 1] = labels[0, 1, 0] = 1
    >>> Batch(features, labels, [[1, 1], [1, 0], [1, 0]], [[0, 1], [0, 0], [1, 0]])
    Batch(T=3, N=2, D=4, K=2)
    """

    def __init__(self, features, labels, feature_mask=None, label_mask=None, examples=None):
        self.features = _as_floats("features", "(T, N, D)", features, complex_too=True)
        self.labels = _as_floats("labels", "(T, N, K)", labels)
        n_steps, n_examples = self.features.shape[:2]
        if self.labels.shape[:2] != (n_steps, n_examples) or self.labels.shape[2] < 2:
            raise ValueError(
                f"labels: shape {self.labels.shape}, expected ({n_steps}, {n_examples}, K) "
                f"with K >= 2, as features have shape {self.features.shape}"
            )
        self.feature_mask = _as_mask("feature_mask", feature_mask, (n_steps, n_examples))
        self.label_mask = _as_mask("label_mask", label_mask, (n_steps, n_examples))
        self._require_probabilities()
        self.examples = np.arange(n_examples) if examples is None else np.asarray(examples)
        if self.examples.shape != (n_examples,) or self.examples.dtype.kind not in "iu":
            raise ValueError(
                f"examples: shape {self.examples.shape}, dtype {self.examples.dtype}, "
                f"expected ({n_examples},) of integers"
            )

    def _require_probabilities(self):
        labels = self.labels[self.label_mask]  # those that count (M, K)
        # Written so that nan is wrong too.
        right = (labels >= 0).all(axis=1) & (np.abs(labels.sum(axis=1) - 1) <= 1e-12)
        if not right.all():
            step, example = (int(i) for i in np.argwhere(self.label_mask)[~right][0])
            raise ValueError(
                f"labels: step {step} of example {example} holds "
                f"{self.labels[step, example].tolist()}, expected one-hot, or probabilities that "
                "sum to 1 (a step without a label has label_mask False)"
            )

    def __len__(self):
        return self.features.shape[1]

    def __repr__(self):
        n_steps, n_examples, n_features = self.features.shape
        return f"Batch(T={n_steps}, N={n_examples}, D={n_features}, K={self.labels.shape[2]})"


def first_label_step(n_steps, n_labels, align):
    """The step of an example's own sequence at which its labels begin; `align` as in `batches`.

    >>> first_label_step(5, 1, align="end")
    4
    """
    if align == "equal" and n_labels != n_steps:
        raise ValueError(f"{n_labels} labels for {n_steps} steps, expected as many (align='equal')")
    return n_steps - n_labels if align == "end" else 0


def make_batch(
    features,
    labels,
    n_classes,
    align="end",
    padding="post",
    examples=None,
    steps=None,
    longest=None,
):
    """A Batch of sequences of different lengths, padded with zeros to the longest.

    Features (T_n, D) and class numbers (L_n,) of each example become features (T, N, D), one-hot
    labels (T, N, K) and their masks (T, N). With `steps`, a range, only those of the T steps are
    made; `longest` is T where these examples are a part of a batch. Sequences of three steps and
    of five, one label each:

    >>> batch = make_batch([np.ones((3, 2)), np.ones((5, 2))], [[0], [1]], n_classes=2)
    >>> print(batch.feature_mask.T.astype(int))
    [[1 1 1 0 0]
     [1 1 1 1 1]]
    >>> print(batch.label_mask.T.astype(int))
    [[0 0 1 0 0]
     [0 0 0 0 1]]
    """
    longest = max(len(x) for x in features) if longest is None else longest
    steps = range(longest) if steps is None else steps
    shape = (len(steps), len(features))
    batch_features = np.zeros((*shape, features[0].shape[1]))
    batch_labels = np.zeros((*shape, n_classes))
    feature_mask = np.zeros(shape, dtype=bool)
    label_mask = np.zeros(shape, dtype=bool)
    for n, (x, y) in enumerate(zip(features, labels, strict=True)):
        # The steps of the batch that are the example's own, one after the other.
        start = longest - len(x) if padding == "pre" else 0
        here, own = _overlap(start, len(x), steps)
        batch_features[here, n] = x[own]
        feature_mask[here, n] = True
        # Those among them that have a label; y says in which column of each the 1 stands.
        first = first_label_step(len(x), len(y), align)
        labelled, own = _overlap(start + first, len(y), steps)
        batch_labels[labelled, n, np.asarray(y)[own]] = 1
        label_mask[labelled, n] = True
    return Batch(batch_features, batch_labels, feature_mask, label_mask, examples)


def _overlap(start, length, steps):
    """Where a run of steps, from `start` on, meets a range: places in the range, and in the run."""
    places = np.arange(max(start, steps.start), min(start + length, steps.stop))
    return places - steps.start, places - start


def draw_batches(lengths, batch_size, shuffle=None, pool=None):
    """Which examples go together: arrays (N,) of positions; each example comes exactly once.

    `lengths` are the examples' numbers of steps; `shuffle` and `pool` as in `batches`.

    >>> [batch.tolist() for batch in draw_batches([3, 1, 2, 5, 4], batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """
    order = np.arange(len(lengths)) if shuffle is None else shuffle.permutation(len(lengths))
    if pool is None:
        return _cut(order, batch_size)
    lengths = np.asarray(lengths)
    batches = []
    # Of a whole epoch sorted by length each batch would be the same every time; of a pool's
    # shuffled examples it is not.
    for members in _cut(order, pool * batch_size):
        like_lengths = members[np.argsort(lengths[members], kind="stable")]
        pool_batches = _cut(like_lengths, batch_size)
        batches += [pool_batches[b] for b in shuffle.permutation(len(pool_batches))]
    return batches


def iterate_batches(dataset, batch_size, align="end", padding="post", shuffle=None, pool=None):
    """`SequenceDataset.batches`: its arguments are checked now, not at the first batch."""
    batch_size = as_count("batch_size", batch_size, least=1)
    if align not in ALIGNMENTS:
        raise ValueError(f"align={align!r}, expected one of {ALIGNMENTS}")
    if padding not in PADDINGS:
        raise ValueError(f"padding={padding!r}, expected one of {PADDINGS}")
    if shuffle is not None:
        require_generator("shuffle", shuffle)
    if pool is not None:
        pool = as_count("pool", pool, least=1)
        if shuffle is None:
            raise ValueError(f"pool={pool} draws its batches at random and needs shuffle=")
    for position, (x, y) in enumerate(dataset):
        try:
            first_label_step(len(x), len(y), align)
        except ValueError as error:
            raise ValueError(f"example {position}: {error}") from None
    return _generate_batches(dataset, batch_size, align, padding, shuffle, pool)


def _generate_batches(dataset, batch_size, align, padding, shuffle, pool):
    lengths = [len(x) for x in dataset.features]
    for examples in draw_batches(lengths, batch_size, shuffle, pool):
        features = [dataset.features[n] for n in examples]
        labels = [dataset.labels[n] for n in examples]
        yield make_batch(features, labels, dataset.n_classes, align, padding, examples)


def _cut(positions, size):
    return [positions[start : start + size] for start in range(0, len(positions), size)]


def _as_floats(name, axes, array, complex_too=False):
    """The array with three axes, in its own floating-point type; integers become float64."""
    array = plain_array(name, array)
    kinds = "biufc" if complex_too else "biuf"
    if array.ndim != 3 or 0 in array.shape or array.dtype.kind not in kinds:
        raise ValueError(
            f"{name}: shape {array.shape}, dtype {array.dtype}, expected {axes} of "
            f"{'real or complex' if complex_too else 'real'} numbers"
        )
    return array if array.dtype.kind in "fc" else array.astype(np.float64)


def _as_mask(name, mask, shape):
    """A boolean mask (T, N), of 0 and 1 too; None: True everywhere."""
    if mask is None:
        return np.ones(shape, dtype=bool)
    mask = plain_array(name, mask)
    if mask.shape != shape:
        raise ValueError(f"{name}: shape {mask.shape}, expected {shape}")
    if mask.dtype == bool:
        return mask
    if not ((mask == 0) | (mask == 1)).all():
        raise ValueError(f"{name}: values other than 0 and 1, dtype {mask.dtype}")
    return mask.astype(bool)
