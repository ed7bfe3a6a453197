"""SAPS-I and SOFA from the Outcomes file: to compare with, never as inputs.

The Challenge computed both scores on the first day of the stay. They are no part of a Record, so
that they cannot become features by mistake.
"""

import math
import re

from tinylstm.small.text_lines import quoted

from .files import read_files
from .records import outcome_rows

SCORES = ("SAPS-I", "SOFA")


def read_scores(raw):
    """Read a set's severity scores.

    Parameters
    ----------
    raw : path
        A set's ``.tar.gz`` or folder, as ``read_records`` takes it.

    Returns
    -------
    dict of dict of float
        ``"SAPS-I"`` and ``"SOFA"`` -> record id -> points; nan where the file says -1. A score
        without a column is left out, and without an Outcomes file both are.

    Raises
    ------
    FileNotFoundError, ValueError
        As ``read_records``; with file, line and column: a malformed line, or points that are no
        whole number.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "7.txt").write_text("Time,Parameter,Value")
    ...     _ = pathlib.Path(folder, "Outcomes-s.txt").write_text("RecordID,SAPS-I,SOFA\\n7,16,-1")
    ...     print(read_scores(folder))
    {'SAPS-I': {7: 16.0}, 'SOFA': {7: nan}}
    """
    _, outcomes = read_files(raw)
    return parse_scores(*outcomes) if outcomes else {}


def parse_scores(file, data):
    """What `read_scores` gives, from the bytes of an Outcomes file.

    >>> print(parse_scores("Outcomes-a.txt", b"RecordID,SOFA\\n7,3"))
    {'SOFA': {7: 3.0}}
    """
    scores = {}
    for record_id, (line, row) in outcome_rows(file, data).items():
        for name in SCORES:
            text = row.get(name, "-1")
            if not re.fullmatch("-1|[0-9]{1,9}", text):
                where = f"{file}, line {line}, column {list(row).index(name) + 1}"
                raise ValueError(f"{where}: {quoted(text)} is no whole number of points")
            if name in row:
                scores.setdefault(name, {})[record_id] = math.nan if text == "-1" else float(text)
    return scores
