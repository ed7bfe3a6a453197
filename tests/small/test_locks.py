"""One process at a time in a folder, and nothing left of those that were killed."""

import os

import pytest
from helpers.holder import held

from tinylstm.small.locks import locked


@pytest.fixture
def holder(tmp_path):
    with held(tmp_path / "run") as process:
        yield process


def test_another_process_has_to_wait(holder, tmp_path):
    (tmp_path / "run" / ".report.json.7.unfinished").touch()  # the other's, and no leftover
    busy = pytest.raises(BlockingIOError, match=r"run: another process of tinylstm is at work")
    with busy, locked(tmp_path / "run"):
        pass
    assert [path.name for path in (tmp_path / "run").iterdir()] == [".report.json.7.unfinished"]
    holder.kill()
    holder.wait()
    with locked(tmp_path / "run"):
        (tmp_path / "run" / "report.json").touch()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["report.json"]


def test_it_is_free_afterwards_and_no_empty_folder_stays(tmp_path):
    for _ in range(2):
        with locked(tmp_path / "a" / "b"), locked(tmp_path / "a" / "b"):
            assert (tmp_path / "a" / "b").is_dir()
        assert os.listdir(tmp_path) == []
    with pytest.raises(ValueError), locked(tmp_path / "a"):
        raise ValueError
    assert os.listdir(tmp_path) == []


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path):
    mine = ["model.npz", ".hidden", "note.unfinished", "folds/fold-0-seed-0.json"]
    for name in (*mine, ".settings.json.1.unfinished", "folds/.study.json.1.unfinished"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".unfinished-abc" / "sequence").mkdir(parents=True)
    with locked(tmp_path):
        left = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert left == sorted(mine)
    assert not (tmp_path / ".unfinished-abc").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    no_folder = pytest.raises(FileExistsError, match="file: is there already; name a folder")
    with no_folder, locked(tmp_path / "file"):
        pass
