"""The PhysioNet/CinC Challenge 2012: raw records, and the layouts made of them."""

from .cleaning import CleaningReport, clean_descriptors, report_cleaning
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
from .scores import SCORES, read_scores

__all__ = [
    "CITATION",
    "COLUMNS",
    "HOURLY_COLUMNS",
    "SCORES",
    "CleaningReport",
    "HourlyStatistics",
    "Record",
    "Statistics",
    "Summary",
    "clean_descriptors",
    "convert",
    "download",
    "fit_hourly_statistics",
    "fit_statistics",
    "hourly_cells",
    "hourly_features",
    "read_records",
    "read_scores",
    "record_hours",
    "record_rows",
    "report_cleaning",
]
