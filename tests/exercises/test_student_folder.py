"""The folder that a student works in."""

import json

import pytest

from tinylstm import exercises
from tinylstm.exercises import __main__


@pytest.fixture
def repository(tmp_path):
    """A small repository: a notebook with an output, a file beside it, synthetic data."""
    code = {"cell_type": "code", "source": "1", "outputs": [{"text": "1"}], "execution_count": 7}
    notebook = {"cells": [{"cell_type": "markdown", "source": "Größe"}, code], "nbformat": 4}
    for name, text in {
        "notebooks/01_first.ipynb": json.dumps(notebook),
        "notebooks/README.md": "The syllabus",
        "notebooks/.ipynb_checkpoints/01_first.ipynb": "{}",
        "data_samples/icu/0.csv": "1\n",
    }.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "repository"


def test_a_students_folder(repository, tmp_path):
    folder = tmp_path / "mine"
    assert __main__.write_student_folder(folder, repository) == ["01_first.ipynb"]
    written = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert written == [
        "01_first.ipynb",
        "EQUATIONS.md",
        "README.md",
        "data_samples/icu/0.csv",
        "my_lstm.py",
    ]
    notebook = json.loads((folder / "01_first.ipynb").read_text(encoding="utf-8"))
    assert notebook["cells"][0]["source"] == "Größe"
    assert notebook["cells"][1]["outputs"] == []
    assert notebook["cells"][1]["execution_count"] is None


def test_the_command(repository, tmp_path, capsys):
    command = ["--student", str(tmp_path / "mine")]
    assert __main__.main(command, repository) == 0
    assert "1 notebooks, data_samples and my_lstm.py, where your program" in capsys.readouterr().out
    (tmp_path / "mine" / "answer.txt").write_text("42")
    assert __main__.main(command, repository) == 1
    assert "mine is not an empty folder; nothing was written" in capsys.readouterr().err


def test_an_installed_package_has_no_notebooks(tmp_path):
    with pytest.raises(FileNotFoundError, match="They are in the repository of tinylstm and not"):
        __main__.write_student_folder(tmp_path / "mine", repository=tmp_path)
    assert not (tmp_path / "mine").exists()


def test_where_there_are_no_samples_it_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no folder data_samples in .*: open the n"):
        exercises.data_samples()
    (tmp_path / "data_samples").mkdir()
    assert exercises.data_samples().is_dir()
