"""``python -m tinylstm.exercises --student DIR``: the notebooks, without outputs, to work in."""

import argparse
import json
import shutil
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EQUATIONS = Path(__file__).resolve().parents[1] / "network" / "EQUATIONS.md"


def main(arguments=None, repository=REPOSITORY):
    """Run the command; the exit status is 1 where nothing could be written."""
    parser = argparse.ArgumentParser(
        prog="python -m tinylstm.exercises",
        description="Write a copy of the notebooks, their outputs removed, and of the synthetic "
        "data they use, ready to be worked in.",
    )
    parser.add_argument("--student", metavar="DIR", required=True, help="a new or empty folder")
    folder = Path(parser.parse_args(arguments).student)
    try:
        notebooks = write_student_folder(folder, repository)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(notebooks)} notebooks and data_samples are in {folder}; begin with {notebooks[0]}")
    return 0


def write_student_folder(folder, repository=REPOSITORY):
    """Copy a repository's notebooks, what lies beside them, EQUATIONS.md and data_samples.

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
    left_out = shutil.ignore_patterns("*.ipynb", ".*", "__pycache__")
    shutil.copytree(source, folder, ignore=left_out, dirs_exist_ok=True)
    for name in notebooks:
        text = (source / name).read_text(encoding="utf-8")
        (folder / name).write_text(_without_outputs(text), encoding="utf-8", newline="\n")
    shutil.copy(EQUATIONS, folder)
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
