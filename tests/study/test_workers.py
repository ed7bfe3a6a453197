import os
import sys

import pytest

from tinylstm.small.worker_processes import THREAD_VARIABLES
from tinylstm.study.workers import dask_executor, n_cores, one_core_each


def test_own_processes_have_one_blas_thread_each(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    before = dict(os.environ)
    with one_core_each(n_tasks=1) as executor:
        futures = [executor.submit(os.getenv, name) for name in THREAD_VARIABLES]
        pid = executor.submit(os.getpid)
        assert [future.result() for future in futures] == ["1"] * len(THREAD_VARIABLES)
        assert pid.result() != os.getpid()
    assert dict(os.environ) == before


def test_cores():
    assert 1 <= n_cores() <= os.cpu_count()


def test_without_distributed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    message = r"a Dask cluster needs the package distributed: pip install 'tinylstm\[cluster\]'"
    with pytest.raises(ValueError, match=message), dask_executor("tcp://127.0.0.1:1"):
        pass
