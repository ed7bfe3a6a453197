"""The PhysioNet/CinC Challenge 2012: raw records, and the layouts made of them."""

from .conversion import Summary, convert
from .records import Record, read_records
from .rows import COLUMNS, Statistics, fit_statistics, record_rows

__all__ = [
    "COLUMNS",
    "Record",
    "Statistics",
    "Summary",
    "convert",
    "fit_statistics",
    "read_records",
    "record_rows",
]
