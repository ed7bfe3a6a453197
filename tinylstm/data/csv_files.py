"""Numbered CSV files: tables of numbers, and errors that say where a fault is."""

import math
import os
import re

import numpy as np

from tinylstm.small.counts import as_count
from tinylstm.small.progress import Progress


class CSVFiles:
    """Files of one kind, such as ``sequence/0.csv``, ``sequence/1.csv``, ...

    Parameters
    ----------
    pattern : str or path
        The files' names, with ``%d`` (or the like of ``%05d``) where the number stands.
    numbers : sequence of int
        The numbers of the files.
    skip_rows : int
        Rows to skip at the beginning of each file.
    delimiter : str
        What stands between two cells, one character.

    Raises
    ------
    ValueError
        If the pattern has not exactly one number field, or another argument is wrong.

    Examples
    --------
    >>> CSVFiles("sequence/%05d.csv", range(4000), skip_rows=1, delimiter=",").name(17)
    'sequence/00017.csv'
    """

    def __init__(self, pattern, numbers, skip_rows, delimiter):
        pattern = os.fspath(pattern)
        percents = re.findall(r"%%|%(?:0\d+)?d|%", pattern)
        if "%" in percents or len(percents) - percents.count("%%") != 1:
            raise ValueError(
                f"pattern {pattern!r}: expected one number field, %d or the like of %05d "
                "(a percent sign in a name is written %%)"
            )
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in "\r\n":
            raise ValueError(f"delimiter={delimiter!r}, expected one character")
        self.pattern = pattern
        self.numbers = numbers
        self.skip_rows = as_count("skip_rows", skip_rows, least=0)
        self.delimiter = delimiter

    def name(self, number):
        """Name the file of a number.

        Parameters
        ----------
        number : int

        Returns
        -------
        str

        Examples
        --------
        >>> CSVFiles("sequence/%d.csv", range(3), skip_rows=0, delimiter=",").name(2)
        'sequence/2.csv'
        """
        return self.pattern % number

    def missing(self):
        """List the numbers, in order, whose files are not there.

        Returns
        -------
        list of int

        Examples
        --------
        >>> CSVFiles("no such folder/%d.csv", range(3), skip_rows=0, delimiter=",").missing()
        [0, 1, 2]
        """
        return [number for number in self.numbers if not os.path.isfile(self.name(number))]

    def read_table(self, number):
        """Read a table of finite numbers.

        Parameters
        ----------
        number : int
            The file's number.

        Returns
        -------
        ndarray, shape (rows, columns), float64

        Raises
        ------
        ValueError
            If the file is not such a table, or has no rows.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with open(f"{folder}/0.csv", "w") as stream:
        ...         _ = stream.write("HR,pH\\n80,7.4\\n90,7.3\\n")
        ...     print(CSVFiles(f"{folder}/%d.csv", [0], skip_rows=1, delimiter=",").read_table(0))
        [[80.   7.4]
         [90.   7.3]]
        """
        rows = self._read_rows(number)
        # loadtxt is the fastest exact parser (half the time of float() cell by cell), but it
        # skips blank rows, takes nan and inf, and does not know where in the file a fault is.
        try:
            table = np.loadtxt(rows, delimiter=self.delimiter, comments=None, ndmin=2)
        except ValueError:
            return self._parse_cell_by_cell(number, rows)
        if len(table) < len(rows) or not np.isfinite(table).all():
            return self._parse_cell_by_cell(number, rows)
        return table

    def read_labels(self, number, n_classes):
        """Read a column of class numbers.

        Parameters
        ----------
        number : int
            The file's number.
        n_classes : int
            K: class numbers are 0 to K - 1.

        Returns
        -------
        ndarray, shape (rows,), int64

        Raises
        ------
        ValueError
            If the file is not such a column, or has no rows.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with open(f"{folder}/0.csv", "w") as stream:
        ...         _ = stream.write("1\\n")
        ...     print(CSVFiles(f"{folder}/%d.csv", [0], 0, ",").read_labels(0, n_classes=2))
        [1]
        """
        table = self.read_table(number)
        if table.shape[1] != 1:
            what = f"a row of labels has one cell, this one has {table.shape[1]}"
            raise self._error(number, what, row=0, column=1)
        labels = table[:, 0]
        wrong = np.flatnonzero((labels % 1 != 0) | (labels < 0) | (labels >= n_classes))
        if wrong.size:
            label = float(labels[wrong[0]])
            what = f"label {label}, expected a whole number from 0 to {n_classes - 1}"
            raise self._error(number, what, row=wrong[0], column=0)
        return labels.astype(np.int64)

    def _read_rows(self, number):
        with open(self.name(number), "rb") as stream:
            content = stream.read()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ValueError(f"{self.name(number)}, line {line}: not UTF-8 text") from None
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        while lines and not lines[-1].strip(" "):
            lines.pop()
        if not lines:
            raise ValueError(f"{self.name(number)}: the file is empty")
        if len(lines) <= self.skip_rows:
            raise ValueError(f"{self.name(number)}: no rows after the {self.skip_rows} skipped")
        return lines[self.skip_rows :]

    def _parse_cell_by_cell(self, number, rows):
        table = []
        for r, row in enumerate(rows):
            if not row.strip(" "):
                raise self._error(number, "a blank line between rows", r)
            cells = row.split(self.delimiter)
            if table and len(cells) != len(table[0]):
                what = f"{len(cells)} cells, but line {self.skip_rows + 1} has {len(table[0])}"
                raise self._error(number, what, r)
            for c, cell in enumerate(cells):
                if not cell.strip():
                    raise self._error(number, "an empty cell", r, c)
                if not _is_finite_number(cell):
                    what = f"{cell!r} is not a finite number"
                    if r + self.skip_rows == 0:
                        what += " (a header is skipped with skip_rows=1)"
                    raise self._error(number, what, r, c)
            table.append([float(cell) for cell in cells])
        return np.array(table)

    def _error(self, number, what, row, column=None):
        where = f"{self.name(number)}, line {self.skip_rows + row + 1}"
        if column is not None:
            where += f", column {column + 1}"
        return ValueError(f"{where}: {what}")


def read_examples(feature_files, label_files, n_classes, verbose):
    """Read examples from two kinds of files, and check that they go together.

    Parameters
    ----------
    feature_files, label_files : CSVFiles
        Of the same numbers.
    n_classes : int
        K, the number of classes.
    verbose : bool
        Whether to show progress where standard error is a terminal.

    Returns
    -------
    features : list of ndarray, shapes (T_i, D), float64
    labels : list of ndarray, shapes (L_i,), int64

    Raises
    ------
    FileNotFoundError
        If files are missing; the message lists the numbers of all of them.
    ValueError
        If a file does not hold what it should.

    Examples
    --------
    See `SequenceDataset.from_csv`.
    """
    missing = [
        f"{files.pattern}: {_ranges(numbers)}"
        for files in (feature_files, label_files)
        if (numbers := files.missing())
    ]
    if missing:
        raise FileNotFoundError("missing files: " + "; ".join(missing))
    features, labels = [], []
    with Progress("reading CSV files", len(feature_files.numbers), enabled=verbose) as progress:
        for number in feature_files.numbers:
            x = feature_files.read_table(number)
            y = label_files.read_labels(number, n_classes)
            if features and x.shape[1] != features[0].shape[1]:
                first_file = feature_files.name(feature_files.numbers[0])
                raise ValueError(
                    f"{feature_files.name(number)}: {x.shape[1]} columns, but {first_file} has "
                    f"{features[0].shape[1]}"
                )
            if len(y) > len(x):
                raise ValueError(
                    f"{label_files.name(number)}: {len(y)} labels, but "
                    f"{feature_files.name(number)} has {len(x)} steps"
                )
            features.append(x)
            labels.append(y)
            progress.update(len(features))
    return features, labels


def _is_finite_number(cell):
    # float() also takes underscores and the digits of every script.
    try:
        return math.isfinite(float(cell)) and cell.isascii() and "_" not in cell
    except ValueError:
        return False


def _ranges(numbers):
    """Write ascending numbers as ranges: 3, 7-12, 40."""
    runs = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
