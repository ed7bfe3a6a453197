"""What makes the commands on raw records fast enough to test."""

import functools

import pytest

from tinylstm import plots
from tinylstm.study import judging
from tinylstm.study.reports.model_report import make_report


@pytest.fixture(scope="module")
def few_resamples():
    """A bootstrap of 20, where nothing is asked of its interval."""
    with pytest.MonkeyPatch.context() as patch:
        few = functools.partial(make_report, n_resamples=20)
        patch.setattr(judging, "make_report", few)
        yield


@pytest.fixture
def undrawn(monkeypatch):
    """Figures take longer than these small runs; files of their names will do."""

    def touch(*arguments):
        arguments[-1].write_bytes(b"")

    for name in plots.__all__:
        monkeypatch.setattr(plots, name, touch)
