"""The PhysioNet/CinC Challenge 2012: raw records, and the layouts made of them."""

from .cleaning import CleaningReport, report_cleaning
from .conversion import Summary, convert
from .download import CITATION, download
from .hourly import COLUMNS as HOURLY_COLUMNS
from .hourly import (
    HourlyStatistics,
    fit_hourly_statistics,
    hourly_cells,
    hourly_features,
    record_hours,
)
from .records import Record, read_records
from .rows import COLUMNS, Statistics, fit_statistics, record_rows

__all__ = [
    "CITATION",
    "COLUMNS",
    "HOURLY_COLUMNS",
    "CleaningReport",
    "HourlyStatistics",
    "Record",
    "Statistics",
    "Summary",
    "convert",
    "download",
    "fit_hourly_statistics",
    "fit_statistics",
    "hourly_cells",
    "hourly_features",
    "read_records",
    "record_hours",
    "record_rows",
    "report_cleaning",
]
