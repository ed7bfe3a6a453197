"""From a raw set to the example's two folders of numbered CSV files.

``sequence/0.csv`` holds the 86 columns of the record with the lowest RecordID under a header line,
``mortality/0.csv`` its label alone, and so on; ``records.csv`` says which number is which record,
and ``statistics.csv`` holds the limits and medians that the training records gave.
"""

import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinylstm.small.locks import locked

from .records import read_records
from .rows import (
    COLUMNS,
    IS_DESCRIPTOR,
    VALUES,
    Statistics,
    fit_statistics,
    measured_cells,
    record_rows,
)
from .variables import DESCRIPTORS, SERIES

WRITTEN = ("mortality", "records.csv", "sequence", "statistics.csv")


@dataclass(frozen=True)
class Summary:
    """What a conversion read, changed and wrote; ``str`` of it is a text for the terminal.

    Attributes
    ----------
    records, deaths, rows : int
        How many records were written, how many of them died, and their rows together.
    statistics_from : str
        Where the limits and medians are from.
    unknown_descriptors : dict
        Name -> in how many records it is unknown.
    unnamed_rows : int
        Rows without a parameter name, skipped.
    missing_values : int
        Measurements of -1, taken as missing.
    weights_left_out : int
        Measurements of Weight after the first at 00:00: they have no column.
    merged_values : int
        Values that became one with another at the same time.
    clipped : dict
        Name -> how many measured cells were clipped; names with none are left out.
    never_measured : list of str
        Values that no training record has: their column is 0 throughout.
    """

    records: int
    deaths: int
    rows: int
    statistics_from: str
    unknown_descriptors: dict
    unnamed_rows: int
    missing_values: int
    weights_left_out: int
    merged_values: int
    clipped: dict
    never_measured: list

    def __str__(self):
        def counts(numbers):
            return ", ".join(f"{name} {count:,}" for name, count in numbers.items()) or "none"

        lines = (
            ("records", f"{self.records:,}, of which {self.deaths:,} died; {self.rows:,} rows"),
            ("limits and medians from", self.statistics_from),
            ("descriptors unknown", counts(self.unknown_descriptors)),
            ("rows without a name, skipped", f"{self.unnamed_rows:,}"),
            ("values of -1, missing", f"{self.missing_values:,}"),
            ("Weight after 00:00, left out", f"{self.weights_left_out:,}"),
            ("values merged with another", f"{self.merged_values:,}"),
            ("values clipped", f"{sum(self.clipped.values()):,}: {counts(self.clipped)}"),
            ("not measured in training, 0", ", ".join(self.never_measured) or "none"),
        )
        wrapper = textwrap.TextWrapper(
            100, subsequent_indent=" " * 30, break_long_words=False, break_on_hyphens=False
        )
        return "\n".join(wrapper.fill(f"{name:<30}{text}") for name, text in lines)


def convert(raw, out, n_train=None, like=None, progress=None):
    """Convert a raw set to ``out/sequence/%d.csv`` and ``out/mortality/%d.csv``.

    Parameters
    ----------
    raw : path
        What ``read_records`` takes; an Outcomes file must be there.
    out : path
        A folder that is empty or not there yet. Everything is written, or nothing.
    n_train : int, optional
        The limits and medians are those of the first ``n_train`` records; None: of the first 80 %.
    like : path, optional
        The ``out`` of another conversion, whose limits and medians are used instead.
    progress : callable, optional
        Called as ``progress(done, total)``: a record read and a record written count one each.

    Returns
    -------
    Summary

    Raises
    ------
    FileExistsError
        ``out`` is not empty.
    FileNotFoundError, ValueError
        As in ``read_records``; ``like`` has no ``statistics.csv``; there is no Outcomes file;
        ``n_train`` is not between 1 and the number of records, or is given beside ``like``.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lines = "Time,Parameter,Value", "00:00,RecordID,7", "00:00,Age,54", "01:30,HR,88"
    ...     _ = Path(folder, "7.txt").write_text("\\n".join(lines))
    ...     _ = Path(folder, "Outcomes-a.txt").write_text("RecordID,In-hospital_death\\n7,1")
    ...     summary = convert(folder, f"{folder}/rows")
    ...     print(Path(folder, "rows/sequence/0.csv").read_text()[:29])
    Time,Elapsed,ALP,ALPMissing,A
    >>> print(summary.records, summary.deaths, summary.rows)
    1 1 2
    """
    out = Path(out)
    with locked(out, WRITTEN):
        if any(out.iterdir()):
            raise FileExistsError(f"{out}: is there already; name a folder that is new or empty")
        return _convert(raw, out, n_train, like, progress)


def _convert(raw, out, n_train, like, progress):
    if like is not None and n_train is not None:
        raise ValueError("n_train and like: the statistics are taken from one of them, not both")
    statistics = None if like is None else Statistics.load(Path(like) / "statistics.csv")
    records = read_records(raw, progress and (lambda done, total: progress(done, 2 * total)))
    if records[0].died is None:
        raise ValueError(f"{raw}: no Outcomes file of this set in it or beside it, so no labels")
    source = f"{like}"
    if statistics is None:
        n_train = max(1, len(records) * 4 // 5) if n_train is None else n_train
        if not 1 <= n_train <= len(records):
            raise ValueError(f"n_train is {n_train}, expected 1 to {len(records)} (the records)")
        statistics = fit_statistics(records[:n_train])
        source = f"the first {n_train:,} records"
    _write(records, out, statistics, progress)
    return _summarize(records, statistics, source)


class _Texts(dict):
    """Float -> the shortest text that reads back to it, each made once: gaps repeat their value."""

    def __missing__(self, number):
        self[number] = text = repr(number).removesuffix(".0")
        return text


def _write(records, out, statistics, progress):
    header = ",".join(COLUMNS)
    texts = _Texts()
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out) as unfinished:
        new = Path(unfinished)
        for name in ("sequence", "mortality"):
            (new / name).mkdir()
        for number, record in enumerate(records):
            rows = record_rows(record, statistics).tolist()
            lines = [header, *(",".join(map(texts.__getitem__, row)) for row in rows)]
            _write_lines(new / "sequence" / f"{number}.csv", lines)
            _write_lines(new / "mortality" / f"{number}.csv", [str(record.died)])
            if progress is not None:
                progress(len(records) + number + 1, 2 * len(records))
        numbered = (f"{number},{record.record_id}" for number, record in enumerate(records))
        _write_lines(new / "records.csv", ["number,RecordID", *numbered])
        statistics.save(new / "statistics.csv")
        for name in WRITTEN:
            (new / name).rename(out / name)


def _write_lines(path, lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _summarize(records, statistics, source):
    rows = cells = 0
    clipped = np.zeros(len(VALUES), dtype=np.int64)
    for record in records:
        _, measured = measured_cells(record)
        rows += len(measured)
        cells += np.count_nonzero(~np.isnan(measured[:, ~IS_DESCRIPTOR]))
        measured[1:, IS_DESCRIPTOR] = np.nan
        outside = (measured < statistics.p1) | (measured > statistics.p99)
        clipped += np.count_nonzero(outside, axis=0)
    variables = np.concatenate([r.variables for r in records])
    missing = np.isnan(np.concatenate([r.values for r in records]))
    is_weight = variables == [variable.name for variable in SERIES].index("Weight")
    described = np.array([(r.age, r.gender, r.height, r.icu_type, r.weight) for r in records])
    unknown = np.isnan(described).sum(axis=0).tolist()
    return Summary(
        records=len(records),
        deaths=sum(record.died for record in records),
        rows=rows,
        statistics_from=source,
        unknown_descriptors={v.name: n for v, n in zip(DESCRIPTORS, unknown, strict=True) if n},
        unnamed_rows=sum(record.unnamed_rows for record in records),
        missing_values=np.count_nonzero(missing),
        weights_left_out=np.count_nonzero(is_weight & ~missing),
        merged_values=np.count_nonzero(~is_weight & ~missing) - cells,
        clipped={name: n for name, n in zip(VALUES, clipped.tolist(), strict=True) if n},
        never_measured=[n for n, k in zip(VALUES, statistics.measured, strict=True) if k == 0],
    )
