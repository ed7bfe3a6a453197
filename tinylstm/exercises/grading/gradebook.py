"""The gradebook: each student's exercises, a point for each that is right, and what is wrong."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ..program import FILE, NAMES
from ..verdict import Unjudgeable, judge_results, points_of
from .guard import HAS_LIMITS
from .limited_process import LIMITS, Job, run_exercises
from .submission import read_submission
from .values import decoded

LONGEST_REMARK = 240


@dataclass
class Grade:
    """An exercise of a student: 0 or 1 points, the file it was in, and a remark of one line."""

    exercise: str
    notebook: int
    points: int
    found_in: str
    remark: str


@dataclass
class Student:
    """A student's grades, and notes on the folder."""

    student: str
    folder: str
    grades: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def points(self):
        return sum(grade.points for grade in self.grades)


def grade_folders(folders, exercises, seed=0, limits=LIMITS):
    """A list of Student, one for each folder, named so that no two are the same."""
    folders = [Path(folder) for folder in folders]
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is not a folder")
    # What is right is computed before any student's code runs.
    judged = {name: points_of(exercise, seed) for name, exercise in exercises.items()}
    return [
        _grade_one(label, folder, exercises, judged, seed, limits)
        for label, folder in zip(labels_of(folders), folders, strict=True)
    ]


def labels_of(folders):
    """Names for some folders: their last part, or as many parts as it takes to tell them apart."""
    parts = [folder.resolve().parts for folder in folders]

    def label(path):
        for n in range(1, len(path)):
            if sum(other[-n:] == path[-n:] for other in parts) == parts.count(path):
                return "/".join(path[-n:])
        return "/".join(path)

    return [label(path) for path in parts]


def _grade_one(label, folder, exercises, judged, seed, limits):
    submission = read_submission(folder, list(exercises))
    points = {name: judged[name][0] for name in exercises}
    right, remarks, called = set(), dict(submission.faults), set()
    end = time.monotonic() + limits.student

    def run(todo, lent):
        outcomes = run_exercises(todo, Job(submission, points, seed, lent), limits, end)
        for name, outcome in outcomes.items():
            called.update(_strings(outcome.get("solutions")))
            passed, remark = _judged(exercises[name], judged[name], outcome)
            if passed:
                right.add(name)
                parts = ", ".join(sorted(_strings(outcome.get("lent"))))
                remarks[name] = remark + (f", with {parts} lent by the package" if parts else "")
            remarks.setdefault(name, remark)

    todo = [name for name in exercises if name in submission.found]
    run(todo, {})
    # A mistake counts once: what calls a wrong or missing function is tried with the right one.
    parts = {name: _lent_to(exercises[name], submission, right) for name in todo}
    again = [name for name in todo if name not in right and parts[name]]
    if again:
        run(again, {name: sorted(parts[name]) for name in again})
    student = Student(label, str(folder), notes=[_one_line(note) for note in submission.notes])
    for name, exercise in exercises.items():
        found, remark = submission.found.get(name, ""), _one_line(remarks[name])
        student.grades.append(Grade(name, exercise.notebook, int(name in right), found, remark))
    if called:
        note = f"it used the solutions when it ran: {', '.join(sorted(called))}"
        student.notes.append(_one_line(note))
    return student


def _lent_to(exercise, submission, right):
    """The parts that are not right and may be lent: in the program, what stands above it there."""
    if submission.found[exercise.name] == FILE and exercise.name in NAMES:
        return set(NAMES[: NAMES.index(exercise.name)]) - right
    return _parts(exercise) - right


def _parts(exercise):
    """The names of what an exercise calls, and of what that calls."""
    return {part.name for part in exercise.uses}.union(*map(_parts, exercise.uses))


def _strings(names):
    return {str(name) for name in names} if isinstance(names, list) else set()


def _judged(exercise, points_and_expected, outcome):
    """(whether an exercise is right, what is wrong): its results are compared here."""
    points, expected = points_and_expected

    def results():
        handed_back = outcome.get("results", [])
        for k, inputs in enumerate(points):
            if k < len(handed_back):
                given = {n: decoded(form) for n, form in handed_back[k]["given"].items()}
                yield decoded(handed_back[k]["result"]), inputs | given
            else:
                raise Unjudgeable(outcome.get("fault", "it has not handed back all its results"))

    try:
        with np.errstate(all="ignore"):
            verdict = judge_results(exercise, points, expected, results())
    except Exception:  # written by the student's code: anything may stand there
        return False, "what it handed back is not in order"
    if verdict:
        return True, "right"
    # What it resembles stands first, as the rest may be cut off.
    faults = [line.strip() for line in verdict.lines[1:] if not line.endswith(": right")]
    faults.sort(key=lambda line: not line.startswith("known mistake: "))
    return False, "; ".join(faults) or verdict.lines[0].removeprefix(f"{exercise.name}: ")


def _one_line(text):
    """A remark in one line that a terminal can show, whatever a student's code put there."""
    text = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return text if len(text) <= LONGEST_REMARK else text[: LONGEST_REMARK - 3] + "..."


# What is shown


def table(students, seed):
    """The gradebook as text: by student and exercise, then the points."""
    lines = []
    for student in students:
        lines.append(f"{student.student}: {student.points} of {len(student.grades)} points")
        lines += [f"  ! {note}" for note in student.notes]
        for grade in student.grades:
            where = f" ({grade.found_in})" if grade.found_in else ""
            about = f"{grade.notebook:2}  {grade.exercise:26}{grade.points:2}"
            lines.append(f"  {about}  {grade.remark}{where}")
        lines.append("")
    width = max(8, *(len(student.student) for student in students))
    notebooks = sorted({grade.notebook for grade in students[0].grades})
    numbers = "".join(f"{number:6}" for number in notebooks)
    lines.append(f"{'notebook':{width}}{numbers}   all")
    for student in students:
        lines.append(f"{student.student:{width}}" + _points_by(student, notebooks))
    lines.append(f"One point an exercise; random points of seed {seed}.")
    if not HAS_LIMITS:
        lines.append("This system has no limits of memory: only time was limited.")
    return "\n".join(lines)


def _points_by(student, notebooks):
    cells = []
    for number in notebooks:
        grades = [grade for grade in student.grades if grade.notebook == number]
        cells.append(f"{sum(grade.points for grade in grades)}/{len(grades)}")
    return "".join(f"{cell:>6}" for cell in [*cells, str(student.points)])


def as_json(students, seed):
    """The gradebook as JSON."""
    return json.dumps(
        {
            "seed": seed,
            "memory_limited": HAS_LIMITS,
            "students": [
                asdict(student) | {"points": student.points, "of": len(student.grades)}
                for student in students
            ],
        },
        indent=1,
        ensure_ascii=False,
    )
