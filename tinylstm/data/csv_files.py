"""Numbered CSV files: tables of numbers, and errors that say where a fault is.

``sequence/17.csv`` holds a row for each step and a column for each feature, ``mortality/17.csv`` a
row of one class number for each label. Nothing is guessed: what is no table of finite numbers is an
error with the file, line and column.
"""

import math
import os
import re
import warnings
from itertools import islice

import numpy as np

from tinylstm.small.counts import as_count
from tinylstm.small.text_lines import quoted, text_lines
from tinylstm.small.whole_files import read_whole

MOST_MISSING = 1000  # files that are looked for in vain; then the rest is not looked for


class CSVFiles:
    """Files of one kind, such as ``sequence/0.csv``, ``sequence/1.csv``, ...

    `skip_name` is what `skip_rows` is called where these files are asked for, as messages say it.
    `doubtful` collects, while tables are read, the skipped lines that look like data.

    >>> CSVFiles("sequence/%05d.csv", range(4000), skip_rows=1, delimiter=",").name(17)
    'sequence/00017.csv'
    """

    def __init__(self, pattern, numbers, skip_rows, delimiter, skip_name="skip_rows"):
        pattern = os.fspath(pattern)
        percents = re.findall(r"%%|%(?:0\d+)?d|%", pattern)
        if "%" in percents or len(percents) - percents.count("%%") != 1:
            raise ValueError(
                f"pattern {pattern!r}: expected one number field, %d or the like of %05d "
                "(a percent sign in a name is written %%)"
            )
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in "\r\n":
            raise ValueError(f"delimiter={delimiter!r}, expected one character")
        self.pattern, self.numbers = pattern, numbers
        self.skip_rows = as_count(skip_name, skip_rows, least=0)
        self.skip_name, self.delimiter = skip_name, delimiter
        self.doubtful = []

    def name(self, number):
        """The name of the file of a number."""
        return self.pattern % number

    def missing(self):
        """The numbers whose files are not there, in order: the first `MOST_MISSING` of them."""
        gone = (number for number in self.numbers if not os.path.exists(self.name(number)))
        return list(islice(gone, MOST_MISSING))

    def read_table(self, number):
        """The finite numbers of a file (rows, columns), float64."""
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
        """The class numbers of a file (rows,), int64: a column of whole numbers from 0 to K - 1."""
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
        """The lines after the skipped ones, at least one."""
        name = self.name(number)
        lines = text_lines(name, read_whole(name))
        if not lines:
            raise ValueError(f"{name}: the file is empty")
        if len(lines) <= self.skip_rows:
            raise ValueError(f"{name}: no rows after the {self.skip_rows} skipped")
        skipped, rows = lines[: self.skip_rows], lines[self.skip_rows :]
        if skipped and self._looks_like_data(skipped[-1], rows[0]):
            self.doubtful.append(skipped[-1])
        return rows

    def _looks_like_data(self, line, next_line):
        """Whether a skipped line could be a row of the table that follows it."""
        cells = line.split(self.delimiter)
        if len(cells) != len(next_line.split(self.delimiter)) or not all(map(_is_number, cells)):
            return False
        # Where columns have no names, programs write a header of their numbers.
        numbers = [float(cell) for cell in cells]
        n = len(numbers)
        return n == 1 or numbers not in (list(range(n)), list(range(1, n + 1)))

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
                if not _is_number(cell):
                    hint = self._hint(cell, rows, r)
                    what = f"{quoted(cell)} is not a finite number{hint}"
                    raise self._error(number, what, r, c)
            table.append([float(cell) for cell in cells])
        return np.array(table)

    def _hint(self, cell, rows, row):
        """What may be the matter with a cell that is no number; nothing where that is not known."""
        for likely in (";", "\t"):
            if likely in cell and likely != self.delimiter:
                return f" (is the delimiter {likely!r}?)"
        first, *others = ([_is_number(c) for c in r.split(self.delimiter)] for r in rows[:2])
        # A header has no number in it, and as many cells as the numbers below it.
        if row + self.skip_rows == 0 and not any(first) and others == [[True] * len(first)]:
            return f" (a header is skipped with {self.skip_name}=1)"
        return ""

    def _error(self, number, what, row, column=None):
        where = f"{self.name(number)}, line {self.skip_rows + row + 1}"
        if column is not None:
            where += f", column {column + 1}"
        return ValueError(f"{where}: {what}")


def read_examples(feature_files, label_files, n_classes, progress):
    """Lists of features (T_n, D) and of labels (L_n,), from two kinds of files of the same numbers.

    That they go together is checked. ``progress(n)`` is called after the n-th example.
    """
    _require_all(feature_files, label_files)
    features, labels = [], []
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
        progress(len(features))
    for files in (feature_files, label_files):
        _warn_of_lost_rows(files)
    return features, labels


def _require_all(*kinds):
    missing = {files: numbers for files in kinds if (numbers := files.missing())}
    if not missing:
        return
    texts = []
    for files, numbers in missing.items():
        text = f"{files.pattern}: {_ranges(numbers)}"
        if len(numbers) == MOST_MISSING:
            text += f" and maybe more of {files.numbers[0]}-{files.numbers[-1]}"
        texts.append(text)
    files, numbers = next(iter(missing.items()))
    first = os.path.abspath(files.name(numbers[0]))
    raise FileNotFoundError(f"missing files: {'; '.join(texts)}; the first is {first}")


def _warn_of_lost_rows(files):
    lines, n_files = files.doubtful, len(files.numbers)
    # A single number that every file begins with is the name of the column.
    if not lines or (
        files.delimiter not in lines[0] and len(lines) == n_files > len(set(lines)) == 1
    ):
        return
    warnings.warn(
        f"{files.pattern}: in {len(lines):,} of {n_files:,} files line {files.skip_rows}, which is "
        f"skipped, holds nothing but numbers; if it is no header: {files.skip_name}="
        f"{files.skip_rows - 1} (--{files.skip_name.replace('_', '-')} {files.skip_rows - 1})",
        stacklevel=4,  # the caller of SequenceDataset.from_csv
    )


def _is_number(cell):
    """Whether a cell is a finite number in plain digits."""
    # float() also takes underscores and the digits of every script.
    try:
        return math.isfinite(float(cell)) and cell.isascii() and "_" not in cell
    except ValueError:
        return False


def _ranges(numbers):
    """Ascending numbers as ranges: 3, 7-12, 40."""
    runs = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
