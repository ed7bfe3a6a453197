"""One BLAS thread for the whole suite, set before NumPy loads.

With more, OpenBLAS cuts a product where it likes: sums are then rounded in another order, and the
tests that compare runs bit by bit (one process against several) have lost their condition.
"""

import functools
import os
import shutil
import signal

import pytest
from helpers.paths import ICU

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"


# A shell lets what it starts in the background ignore Ctrl-C, which tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Leave out what is slow, unless it is asked for: the plain suite takes under two minutes."""
    if os.environ.get("TINYLSTM_SLOW") != "1":
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: TINYLSTM_SLOW=1 runs it"))


@pytest.fixture(scope="session")
def icu_40(tmp_path_factory):
    """The first 40 of the samples, of which 32 train: 4 batches of 8."""
    folder = tmp_path_factory.mktemp("data")
    for kind in ("sequence", "mortality"):
        (folder / kind).mkdir()
        for number in range(40):
            shutil.copy(ICU / kind / f"{number}.csv", folder / kind)
    return folder


@pytest.fixture(scope="session")
def unbroken(icu_40, tmp_path_factory):
    """A run on them that nothing interrupted."""
    from helpers.small_runs import SMALL, main  # NumPy may load now

    run = tmp_path_factory.mktemp("runs") / "unbroken"
    assert main(["train", str(icu_40), "--out", str(run), *SMALL]) == 0
    return run


@pytest.fixture
def undrawn(monkeypatch):
    """Figures take longer than these small runs; files of their names will do."""

    def touch(*arguments, **_):
        arguments[-1].touch()

    from tinylstm import plots

    for name in plots.__all__:
        monkeypatch.setattr(plots, name, touch)


@pytest.fixture(scope="module")
def few_resamples():
    """A bootstrap of 20, where nothing is asked of its interval."""
    from tinylstm.study import judging
    from tinylstm.study.reports.model_report import make_report

    with pytest.MonkeyPatch.context() as patch:
        few = functools.partial(make_report, n_resamples=20)
        patch.setattr(judging, "make_report", few)
        yield
