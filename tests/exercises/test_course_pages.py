"""The pages beside the notebooks: what they cite exists, and the exam's answers are right."""

import json
import math
import re
from math import exp, log, sqrt

import pytest
from helpers.paths import ROOT

from tinylstm.exercises import EXERCISES, __main__
from tinylstm.exercises.grading.limited_process import LIMITS

FOLDER = ROOT / "notebooks"
EQUATIONS = ROOT / "tinylstm" / "network" / "EQUATIONS.md"
NAMES = "TEACHING", "GLOSSARY", "BIBLIOGRAPHY"
PAGES = {name: (FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in NAMES}
AUTHOR = r"[A-Z][\wéü-]+"
# "Gers, Schmidhuber & Cummins (2000)", "Greff et al. (2017)", "(Kleinberg et al. 2016; ...)"
CITATION = re.compile(
    rf"({AUTHOR}(?:, {AUTHOR})*(?: & {AUTHOR}(?:-{AUTHOR})?| et al\.)) \(?(\d{{4}})\b"
)


def prose():
    """The texts that cite: EQUATIONS.md and the notebooks' markdown."""
    texts = {"EQUATIONS.md": EQUATIONS.read_text(encoding="utf-8")}
    for path in FOLDER.glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts[path.name] = "\n".join(
            "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
        )
    return texts


def test_whoever_is_cited_is_in_the_bibliography():
    listed = set(re.findall(r"^- \*\*(.+?) \((\d{4})\)\*\*", PAGES["BIBLIOGRAPHY"], re.MULTILINE))
    assert len(listed) >= 25
    for where, text in prose().items():
        for authors, year in CITATION.findall(text.replace("\n", " ")):
            assert (authors, year) in listed, f"{where} cites {authors} ({year})"


def test_every_reference_has_a_year_a_link_and_a_place_where_it_is_used():
    entries = re.findall(r"^- .+?(?=^- |^#|\Z)", PAGES["BIBLIOGRAPHY"], re.MULTILINE | re.DOTALL)
    links = [re.findall(r"https://\S+[\w/]", entry) for entry in entries]
    assert all(len(found) == 1 for found in links)
    assert len({found[0] for found in links}) == len(entries)
    for entry in entries:
        where = entry.split("https://")[1]
        assert re.search(r"\((?:[1-9]|1[01])\)|[Ee]qs?\. \(\d|EQUATIONS", where), entry


def test_the_glossary_names_notebooks_and_equations_that_exist():
    defined = set(re.findall(r"\((A?\d{1,2})\)\s*$", EQUATIONS.read_text("utf-8"), re.MULTILINE))
    rows = re.findall(r"^\| (.+?) \|(.+)\| (\d+) \|$", PAGES["GLOSSARY"], re.MULTILINE)
    terms = [term for term, _, _ in rows]
    assert len(terms) == len(set(terms)) >= 60
    for term, about, notebook in rows:
        assert 1 <= int(notebook) <= 11, term
        for equations in re.findall(r"eqs?\. ([^|]*)", about):
            assert set(re.findall(r"\((A?\d{1,2})\)", equations)) <= defined, term


def test_the_mistakes_that_teachers_read_of_are_those_that_check_knows():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| ", PAGES["TEACHING"], re.MULTILINE)
    assert len(rows) >= 25
    for name, mistake in rows:
        assert mistake in EXERCISES[name].mistakes, (name, mistake)


def test_the_limits_of_grading_are_those_that_are_told():
    told = f"{LIMITS.exercise:g} seconds an exercise, {LIMITS.student:g} a student"
    assert told in " ".join(PAGES["TEACHING"].split())
    assert f"{LIMITS.memory / 2**30:g} GB of memory" in PAGES["TEACHING"]


def test_every_notebook_has_its_question():
    section = PAGES["TEACHING"].split("## A question before each notebook")[1].split("\n## ")[0]
    assert re.findall(r"^\| (\d+) \|", section, re.MULTILINE) == [str(k) for k in range(1, 12)]


def test_the_exam_adds_up():
    exam = PAGES["TEACHING"].split("## Exam")[1].split("### Answers")[0]
    points = [int(n) for n in re.findall(r"^\d\. \*\*[^*]+\((\d+)\)\.\*\*", exam, re.MULTILINE)]
    assert len(points) == 9 and sum(points) == 60 and "60 points" in exam


def answers():
    """The exam's numbers, computed, as they stand in its answers."""

    def s(z):
        return 1 / (1 + exp(-z))

    def g(z):
        return z / (1 + abs(z))

    # Questions 1 and 3: z_a, z_f, z_o, z_i = 0.5, 1, 0, -1; c_{t-1} = 2; p = 0.5, 1, -0.5
    a, f, i = g(0.5), s(1 + 2 * 0.5), s(-1 - 2 * 0.5)
    c = f * 2 + i * a
    o = s(0 + c * 1)
    yield from (f"{f:.4f}", f"{i:.4f}", f"c_t = {c:.4f}", f"{o:.4f}", f"h_t = {o * g(c):.4f}")
    delta_o = g(c) * o * (1 - o)
    dc = o * (1 - abs(g(c))) ** 2 + delta_o
    delta_f, delta_i = dc * 2 * f * (1 - f), dc * a * i * (1 - i)
    yield from (f"= {delta_o:.4f}", f"= {dc:.4f}")
    yield from (f"= {dc * f + delta_f * 0.5 - delta_i * 0.5:.4f}", f"peepholes {dc * f:.4f}")
    # Question 5
    half = 0.5 ** (1 / 50)
    yield from (f"{s(1) ** 20:.4f}", f"{half:.4f}", f"{log(half / (1 - half)):.2f}")
    # Question 8
    pairs = [(p > q) + 0.5 * (p == q) for p in (0.9, 0.6, 0.6) for q in (0.6, 0.4, 0.2, 0.1)]
    yield from (f"{sum(pairs):.0f} of {len(pairs)} pairs", f"{sum(pairs) / len(pairs):.3f}")
    # Question 9
    for k in (5, 2):
        centre, half = (k + 1.96**2 / 2), 1.96 * sqrt(k * (8 - k) / 8 + 1.96**2 / 4)
        low, high = ((centre + sign * half) / (8 + 1.96**2) for sign in (-1, 1))
        yield f"{low:.2f} to {high:.2f}"


@pytest.mark.parametrize("answer", list(answers()))
def test_the_exams_answers(answer):
    assert answer in PAGES["TEACHING"].split("### Answers")[1]
    assert math.isfinite(float(re.findall(r"[\d.]+", answer)[-1]))


def test_a_students_copy_has_glossary_and_bibliography_and_no_answers(tmp_path):
    __main__.write_student_folder(tmp_path / "copy")
    pages = {path.name for path in (tmp_path / "copy").glob("*.md")}
    assert {"GLOSSARY.md", "BIBLIOGRAPHY.md", "README.md", "EQUATIONS.md"} <= pages
    assert "TEACHING.md" not in pages
