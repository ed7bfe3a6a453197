"""Sequences of different lengths and their labels, from arrays or from numbered CSV files."""

import numpy as np

from tinylstm.small.arrays import plain_array
from tinylstm.small.counts import as_count
from tinylstm.small.progress import Progress

from .batches import iterate_batches
from .chunks import iterate_chunks
from .csv_files import CSVFiles, read_examples


class SequenceDataset:
    """A list of sequences, each with its labels.

    Parameters
    ----------
    features : list of array_like, N of them (T_n, D)
        The steps of each example: at least one, D features at every step, all finite. Kept as
        float64, without a copy where they are float64 already.
    labels : list of array_like of int, N of them (L_n,)
        The class numbers of each example, 0 to K - 1; no more of them than the example has steps.
        Which steps they belong to is said when batches are made.
    n_classes : int
        K, at least 2.

    Attributes
    ----------
    features : list of ndarray (T_n, D), float64
    labels : list of ndarray (L_n,), int64
    n_classes : int

    Raises
    ------
    ValueError
        If any of this does not hold; the message names the example.

    Examples
    --------
    >>> dataset = SequenceDataset([np.zeros((3, 2)), np.ones((5, 2))], [[0], [1]], n_classes=2)
    >>> dataset
    SequenceDataset(2 examples, 2 features, 2 classes, 3 to 5 steps)
    >>> train, test = dataset.split(1)
    >>> features, labels = test[0]
    >>> print(features.shape, labels)
    (5, 2) [1]
    """

    def __init__(self, features, labels, n_classes):
        self.n_classes = as_count("n_classes", n_classes, least=2)
        if len(features) != len(labels):
            raise ValueError(
                f"{len(features)} sequences of features, {len(labels)} of labels, "
                "expected as many of both"
            )
        if len(features) == 0:
            raise ValueError("no sequences, expected at least one")
        self.features = [_checked_features(example, x) for example, x in enumerate(features)]
        self.labels = [_checked_labels(example, y, n_classes) for example, y in enumerate(labels)]
        for example, (x, y) in enumerate(self):
            if x.shape[1] != self.n_features:
                raise ValueError(
                    f"features of example {example}: shape {x.shape}, expected (steps, "
                    f"{self.n_features}) as in example 0"
                )
            if len(y) > len(x):
                raise ValueError(f"example {example}: {len(y)} labels, but only {len(x)} steps")

    @classmethod
    def from_csv(
        cls,
        feature_pattern,
        label_pattern,
        first,
        last,
        n_classes,
        skip_rows=0,
        label_skip_rows=0,
        delimiter=",",
        verbose=True,
    ):
        """Read numbered CSV files, two for each example: features and class numbers.

        A feature file has a row for each step and a column for each feature; a label file has a
        row of one cell for each label, such as ``1`` or ``1.0``. A byte order mark, CRLF line ends
        and blank lines at the end are fine.

        Parameters
        ----------
        feature_pattern, label_pattern : str or path
            Names of the files, with ``%d`` (or the like of ``%05d``) where the number stands.
        first, last : int
            The first number and the last, inclusive.
        n_classes : int
            K, at least 2.
        skip_rows, label_skip_rows : int
            Rows to skip at the beginning of each feature file and of each label file.
        delimiter : str
            What stands between two cells, one character.
        verbose : bool
            Whether to show progress where standard error is a terminal.

        Returns
        -------
        SequenceDataset
            The examples in the order of their numbers.

        Raises
        ------
        FileNotFoundError
            If files are missing; the message lists their numbers.
        ValueError
            If an argument is wrong, or a file: ``FILE, line L, column C: what is wrong``, both
            counted from 1, skipped rows included.

        Warns
        -----
        UserWarning
            If a row that is skipped as a header holds nothing but numbers.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for number in range(3):
        ...         with open(f"{folder}/x{number}.csv", "w") as stream:
        ...             _ = stream.write("HR,pH\\n80,7.4\\n90,7.3\\n")
        ...         with open(f"{folder}/y{number}.csv", "w") as stream:
        ...             _ = stream.write("1\\n")
        ...     pattern = f"{folder}/x%d.csv", f"{folder}/y%d.csv"
        ...     SequenceDataset.from_csv(*pattern, first=0, last=2, n_classes=2, skip_rows=1)
        SequenceDataset(3 examples, 2 features, 2 classes, 2 to 2 steps)
        """
        first = as_count("first", first, least=0)
        last = as_count("last", last, least=first)
        numbers = range(first, last + 1)
        n_classes = as_count("n_classes", n_classes, least=2)
        feature_files = CSVFiles(feature_pattern, numbers, skip_rows, delimiter)
        label_files = CSVFiles(
            label_pattern, numbers, label_skip_rows, delimiter, skip_name="label_skip_rows"
        )
        with Progress("reading CSV files", last - first + 1, enabled=verbose) as progress:
            examples = read_examples(feature_files, label_files, n_classes, progress.update)
        return cls(*examples, n_classes)

    @property
    def n_features(self):
        """D, the number of features at each step."""
        return self.features[0].shape[1]

    def __len__(self):
        return len(self.features)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return SequenceDataset(self.features[index], self.labels[index], self.n_classes)
        return self.features[index], self.labels[index]

    def __iter__(self):
        return zip(self.features, self.labels, strict=True)

    def __repr__(self):
        lengths = [len(x) for x in self.features]
        return (
            f"SequenceDataset({len(self)} examples, {self.n_features} features, "
            f"{self.n_classes} classes, {min(lengths)} to {max(lengths)} steps)"
        )

    def split(self, n):
        """Split into the first n examples and the rest.

        Parameters
        ----------
        n : int
            0 < n < len(dataset).

        Returns
        -------
        pair of SequenceDataset

        Raises
        ------
        ValueError
            If one of the two would be empty.

        Examples
        --------
        >>> dataset = SequenceDataset([np.zeros((3, 2))] * 10, [[0]] * 10, n_classes=2)
        >>> train, test = dataset.split(8)
        >>> len(train), len(test)
        (8, 2)
        """
        if not isinstance(n, int | np.integer) or not 0 < n < len(self):
            raise ValueError(f"n={n}, expected 1 to {len(self) - 1}: neither part may be empty")
        return self[:n], self[n:]

    def batches(self, batch_size, align="end", padding="post", shuffle=None, pool=None):
        """Iterate over batches of examples, time first: one epoch.

        Every example comes exactly once and the last batch may be smaller. A batch is as long as
        the longest of its examples.

        Parameters
        ----------
        batch_size : int
            N, the number of examples in a batch.
        align : {"end", "start", "equal"}
            The labels end at their example's own last step, or begin at its first, or each
            example must have as many labels as steps.
        padding : {"post", "pre"}
            Whether sequences begin at step 0 and padding follows them, or they end at step T - 1
            and padding goes before.
        shuffle : numpy.random.Generator, optional
            Draws the order of the examples; None: the order of the dataset.
        pool : int, optional
            Draw batches of like lengths, which need less padding: the shuffled examples are cut
            into pools of `pool` batches, each pool is sorted by length and cut into batches, and
            these come in shuffled order. 50 is a good number. Needs `shuffle`.

        Returns
        -------
        iterator of Batch

        Raises
        ------
        ValueError
            At the call, if an argument is wrong or the numbers of labels do not suit `align`.

        Examples
        --------
        >>> dataset = SequenceDataset([np.zeros((3, 2)), np.ones((5, 2))], [[0], [1]], n_classes=2)
        >>> list(dataset.batches(2))
        [Batch(T=5, N=2, D=2, K=2)]
        """
        return iterate_batches(self, batch_size, align, padding, shuffle, pool)

    def chunks(self, length, batch_size, align="end", padding="post", shuffle=None, pool=None):
        """Iterate over the same batches, each in chunks of `length` steps.

        Only a chunk is ever made, never the whole batch. The last of a batch may be shorter.

        Parameters
        ----------
        length : int
        batch_size, align, padding, shuffle, pool
            As of `batches`.

        Returns
        -------
        iterator of iterators of Batch

        Raises
        ------
        ValueError
            As `batches`.

        Examples
        --------
        >>> dataset = SequenceDataset([np.zeros((3, 2)), np.ones((5, 2))], [[0], [1]], n_classes=2)
        >>> for chunks in dataset.chunks(4, batch_size=2):
        ...     print(list(chunks))
        [Batch(T=4, N=2, D=2, K=2), Batch(T=1, N=2, D=2, K=2)]
        """
        return iterate_chunks(self, length, batch_size, align, padding, shuffle, pool)


def _checked_features(example, x):
    """One example's features as float64 (T_n, D), checked."""
    x = plain_array(f"features of example {example}", x)
    if x.ndim != 2 or 0 in x.shape or x.dtype.kind not in "biuf":
        raise ValueError(
            f"features of example {example}: shape {x.shape}, dtype {x.dtype}, expected real "
            "numbers of shape (steps, features)"
        )
    if not np.isfinite(x).all():
        step, column = (int(index) for index in np.argwhere(~np.isfinite(x))[0])
        raise ValueError(
            f"features of example {example}: {x[step, column]} at step {step}, column {column} "
            "(counted from 0), expected finite numbers"
        )
    return x.astype(np.float64, copy=False)


def _checked_labels(example, y, n_classes):
    """One example's labels as int64 (L_n,), checked."""
    y = plain_array(f"labels of example {example}", y)
    if y.ndim != 1 or (y.size and y.dtype.kind not in "biu"):
        raise ValueError(
            f"labels of example {example}: shape {y.shape}, dtype {y.dtype}, expected integers of "
            "shape (labels,)"
        )
    outside = y[(y < 0) | (y >= n_classes)]
    if outside.size:
        raise ValueError(
            f"labels of example {example}: {outside[0]}, expected 0 to {n_classes - 1}"
        )
    return y.astype(np.int64, copy=False)
