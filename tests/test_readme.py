"""What README.md says of its programs, files and measurements."""

import re

import pytest
from helpers.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_smallest_program_prints_what_stands_there(monkeypatch, capsys):
    program, printed = re.findall(
        r"```(?:python)?\n(.*?)```", section("The smallest program"), re.S
    )
    monkeypatch.chdir(ROOT)
    exec(compile(program, "README.md", "exec"), {})
    # Other processors round otherwise: a pair of the 60 patients may change places.
    assert float(capsys.readouterr().out) == pytest.approx(float(printed), abs=0.01)


def test_every_file_in_the_list_is_there():
    cells = re.findall(r"^\| (`.*?) \|", section("The files"), re.M)
    assert len(cells) > 15
    for name in re.findall(r"`(.*?)`", " ".join(cells)):
        assert list((ROOT / "tinylstm").rglob(name.rstrip("/"))), name


def test_the_tables_of_speed_are_those_of_the_benchmarks():
    results = (ROOT / "tests/benchmarks/RESULTS.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in section("How fast?").splitlines() if line.startswith("| ")]
    assert len(rows) > 10
    assert [row for row in rows if row not in results] == []
