"""``python -m tinylstm.exercises``: the notebooks to work in, and the grading of what came back.

``--student DIR`` writes the notebooks, without outputs; ``--grade FOLDER...`` grades such folders;
``--cell OUT.html`` writes the page in which a small trained LSTM can be watched.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

from tinylstm.small.broken_pipes import status_of_broken_pipe

from . import EXERCISES
from .cell_page.cell_html import write_cell_page
from .grading.gradebook import as_json, grade_folders, table
from .program import FILE, template

REPOSITORY = Path(__file__).resolve().parents[2]
TEACHING = "TEACHING.md"  # for teachers: it holds answers
EQUATIONS = Path(__file__).resolve().parents[1] / "network" / "EQUATIONS.md"


def main(arguments=None, repository=REPOSITORY):
    """Run the command; the exit status is 1 where nothing could be written."""
    given = _parser().parse_args(arguments)
    try:
        if given.grade:
            students = grade_folders(given.grade, EXERCISES, given.seed)
            print((as_json if given.json else table)(students, given.seed), flush=True)
            return 0
        if given.cell:
            write_cell_page(given.cell)
            print(f"{given.cell} is written; open it in a browser, it needs no network")
            return 0
        notebooks = write_student_folder(given.student, repository)
    except BrokenPipeError:
        return status_of_broken_pipe()
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"{len(notebooks)} notebooks, data_samples and {FILE}, where your program will stand, are "
        f"in {given.student}; begin with {notebooks[0]}"
    )
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m tinylstm.exercises",
        description="Write the notebooks for a student, grade students' folders, or write the "
        "page of the cell.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--student",
        metavar="DIR",
        help="write a copy of the notebooks, their outputs removed, and of the synthetic data they "
        "use to a new or empty folder",
    )
    what.add_argument(
        "--grade",
        metavar="FOLDER",
        nargs="+",
        help="grade students' folders: each one's functions, from my_lstm.py or else from the "
        "notebooks, run in a process of its own with limits of time and memory",
    )
    what.add_argument(
        "--cell",
        metavar="OUT.html",
        help="train an LSTM of one unit, in a second, and write the page in which it can be "
        "watched: forward and backward, step by step, in the drawing of its cell",
    )
    parser.add_argument("--json", action="store_true", help="print the grades as JSON")
    parser.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="of the random points at which the functions are tried, 0 or more; default: 0, the "
        "points of the notebooks' checks",
    )
    return parser


def _seed(text):
    seed = int(text)
    if seed < 0:
        raise ValueError
    return seed


def write_student_folder(folder, repository=REPOSITORY):
    """Copy a repository's notebooks, what lies beside them, EQUATIONS.md and data_samples.

    my_lstm.py is written there as well.

    Returns the notebooks' names, in order. A folder that is not empty is an error, and nothing is
    written then; so is a repository without notebooks, as an installed package is.
    """
    folder, source = Path(folder), Path(repository) / "notebooks"
    notebooks = sorted(path.name for path in source.glob("*.ipynb"))
    if not notebooks:
        raise FileNotFoundError(
            f"{source}: no notebooks there. They are in the repository of tinylstm and not in the "
            "installed package: clone it, and run this from the clone (pip install -e .)"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not an empty folder; nothing was written")
    left_out = shutil.ignore_patterns("*.ipynb", TEACHING, ".*", "__pycache__")
    shutil.copytree(source, folder, ignore=left_out, dirs_exist_ok=True)
    for name in notebooks:
        text = (source / name).read_text(encoding="utf-8")
        (folder / name).write_text(_without_outputs(text), encoding="utf-8", newline="\n")
    shutil.copy(EQUATIONS, folder)
    (folder / FILE).write_text(template(EXERCISES), encoding="utf-8", newline="\n")
    data = Path(repository) / "data_samples"
    shutil.copytree(data, folder / data.name, ignore=left_out)
    return notebooks


def _without_outputs(text):
    """The JSON of a notebook, its outputs and execution counts removed."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
