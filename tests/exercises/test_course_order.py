"""Numbers and titles in links between notebooks, and the syllabus, are what the notebooks say."""

import re

import pytest
from helpers.notebook_cells import FOLDER, NOTEBOOKS, cells, text_of

from tinylstm.exercises import EXERCISES

EVERY_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
SYLLABUS = (FOLDER / "README.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[([^]]+)\]\((\d\d)_(\w+)\.ipynb\)")
PROSE = {path.name: "\n".join(map(text_of, cells(path, "markdown"))) for path in NOTEBOOKS}


def title_of(path):
    """The title behind "# 3. "."""
    return re.match(r"# (\d+)\. (.+)", PROSE[path.name])


@EVERY_NOTEBOOK
def test_a_notebook_has_the_number_of_its_file(path):
    assert int(title_of(path)[1]) == int(path.name[:2])


@pytest.mark.parametrize("page", [*PROSE, "README.md"])
def test_links_have_the_number_and_title_of_what_they_lead_to(page):
    text = PROSE.get(page, SYLLABUS)
    for words, number, stem in LINK.findall(text):
        said = re.search(r"^(?:notebook )?(\d+)(?:\.|$)", words, re.IGNORECASE)
        assert said is None or int(said[1]) == int(number), words
        target = next((p for p in NOTEBOOKS if p.name == f"{number}_{stem}.ipynb"), None)
        if target and not words.lower().startswith("notebook "):
            assert title_of(target)[2].startswith(re.sub(r"^\d+\. ", "", words)), words


def test_each_leads_to_a_later_one():
    for path in NOTEBOOKS[:-1]:
        number = int(path.name[:2])
        after = re.findall(r"Next: \[(\d+)", PROSE[path.name])
        assert after == [str(number + 1)], path.name


@EVERY_NOTEBOOK
def test_the_syllabus_has_it(path):
    """Its number, title, minutes and exercises."""
    number = int(path.name[:2])
    (row,) = re.findall(rf"^\| {number} \| \[(.+?)\]\((.+?)\) \| (\d+) \| (\d+) \|", SYLLABUS, re.M)
    title, file, minutes, n_exercises = row
    assert title_of(path)[2].startswith(title) and file == path.name
    assert f"{minutes} minutes" in PROSE[path.name]
    own = [exercise for exercise in EXERCISES.values() if exercise.notebook == number]
    assert int(n_exercises) == len(own)


def test_the_syllabus_counts():
    rows = re.findall(r"^\| \d+ \| .+? \| (\d+) \| (\d+) \|", SYLLABUS, re.M)
    minutes, counts = zip(*((int(m), int(n)) for m, n in rows), strict=True)
    assert len(rows) == 11 and sum(counts) == len(EXERCISES)
    assert f"Eleven notebooks, {len(EXERCISES)} exercises" in SYLLABUS
    assert (
        "Everything**: 1 to 11, about twelve hours" in SYLLABUS and 11.5 < sum(minutes) / 60 < 12.5
    )
    assert "Eight and a half hours" in SYLLABUS and 8.2 < sum(minutes[:8]) / 60 < 8.8
