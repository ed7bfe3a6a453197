"""What README.md and the pages it leads to say of programs, files and measurements."""

import re

import pytest
from helpers.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    path
    for folder in ("", "notebooks", "tests/benchmarks", "tinylstm")
    for path in (ROOT / folder).glob("**/*.md" if folder == "tinylstm" else "*.md")
]
NUMBER = r"-?\d+\.\d+(?:e[+-]\d+)?"


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def cells(line):
    return [cell.strip() for cell in line.strip("|\n").split("|")]


def tables(text):
    """The tables of a page, each a list of rows (header first) of cells."""
    found = re.findall(r"^\|.*\n\|[-|]+\n(?:\|.*\n?)+", text, re.M)
    lines = ([line for line in table.splitlines() if "---" not in line] for table in found)
    return [[cells(line) for line in table] for table in lines]


def test_it_is_short_and_leads_to_the_page_first():
    assert len(README.splitlines()) <= 220
    after_the_commands = README.split("```")[2].strip()
    assert "[tinylstm/textbook.py](tinylstm/textbook.py)" in after_the_commands.splitlines()[0]


@pytest.mark.parametrize("title", ["The smallest program", "Are the gradients right?"])
def test_a_program_prints_what_stands_there(title, monkeypatch, capsys):
    program, printed = re.findall(r"```(?:python)?\n(.*?)```", section(title), re.S)
    monkeypatch.chdir(ROOT)
    exec(compile(program, "README.md", "exec"), {})
    out = capsys.readouterr().out
    if title == "The smallest program":
        # Other processors round otherwise: a pair of the 60 patients may change places.
        numbers, expected = (list(map(float, re.findall(r"[\d.]+", t))) for t in (out, printed))
        assert numbers[:6] == pytest.approx(expected[:6], abs=0.02)
        assert re.sub(r"[\d.]+", "0", out) == re.sub(r"[\d.]+", "0", printed)
    else:  # Which entry is the worst, and by how much, is rounding.
        worst = rf"\([\d, ]*\) +{NUMBER} +{NUMBER} +{NUMBER}"
        assert re.sub(worst, "worst", out) == re.sub(worst, "worst", printed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    titles = [
        re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in re.findall("#+ (.*)", text)
    ]
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in titles, link
        elif not link.startswith("http"):
            assert (page.parent / link.partition("#")[0]).exists(), link


def test_every_room_is_on_the_map():
    ((_, *rows),) = tables(section("The rooms"))
    named = set(re.findall(r"`([a-z]+)/`", " ".join(row[0] for row in rows)))
    rooms = {path.parent.name for path in (ROOT / "tinylstm").glob("*/__init__.py")}
    assert rooms <= named
    assert [name for name in named if not (ROOT / "tinylstm" / name).is_dir()] == []


def test_the_table_of_speed_is_that_of_the_benchmarks():
    results = (ROOT / "tests/benchmarks/RESULTS.md").read_text(encoding="utf-8")
    ratios = results.split("## A training step, ours / theirs (one core, pinned)")[1]
    header, *rows = tables(ratios)[0]
    measured = {(row[0], row[1], row[2]): dict(zip(header, row, strict=True)) for row in rows}
    ((names, *ours),) = tables(section("How fast?"))
    columns = [{"its own matrix products": "products"}.get(name, name) for name in names[2:]]
    for dtype, n, *values in ours:
        row = measured[dtype, "100", n]
        assert values == [row[column].partition(" ")[0] for column in columns]


def test_figures_are_those_of_the_study_s_page():
    study = (ROOT / "tinylstm/study/README.md").read_text(encoding="utf-8")
    ((_, *rows),) = tables(section("PhysioNet 2012"))
    for _, figures in rows:
        for figure in re.findall(r"\d\.\d{3}", figures):
            assert figure in study


def test_counts_of_planted_bugs_are_those_of_their_page():
    page = (ROOT / "tinylstm/gradcheck/bugs/README.md").read_text(encoding="utf-8")
    *_, (name, *found) = tables(page)[0]
    assert name == "**found**"
    every, _, start, no_mask, _, one_step = (re.findall(r"\d+", cell) for cell in found)
    text = " ".join(section("Are the gradients right?").split())
    assert f"Of {every[1]} bugs planted in the real code it [finds all]" in text
    assert every[0] == every[1] == str(len(tables(page)[0]) - 2)
    assert f"finds {start[0]}, {no_mask[0]}, {one_step[0]} (" in text


def test_the_program_that_goes_step_by_step(unbroken, tmp_path, monkeypatch):
    (program,) = re.findall(r"```python\n(.*?)```", section("Sequences in, sequences out"), re.S)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "icu").symlink_to(unbroken)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(program, "README.md", "exec"), names)
    expected = names["network"].forward(names["np"].zeros((5, 1, 86)))[:, 0, 1]
    assert names["risks"] == pytest.approx(expected.tolist(), rel=1e-5)
