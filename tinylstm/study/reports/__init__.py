"""Reports: what is said of a model's probabilities, as tables, text, JSON and a page."""

from .model_report import Report, Scores, make_report
from .tables import Table, as_text, report_tables

__all__ = ["Report", "Scores", "Table", "as_text", "make_report", "report_tables"]
