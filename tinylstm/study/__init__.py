"""Studies on raw records: training, judging, comparing and explaining, by a recipe."""

from .judging import crossvalidate_study, judge_run, unseen
from .patient import explain_record
from .runs import load_run, new_settings, read_set, read_study_settings, train_study

__all__ = [
    "crossvalidate_study",
    "explain_record",
    "judge_run",
    "load_run",
    "new_settings",
    "read_set",
    "read_study_settings",
    "train_study",
    "unseen",
]
