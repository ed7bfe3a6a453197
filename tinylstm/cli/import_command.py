"""``tinylstm import``: a run of a network that DeepLearning4j saved."""

from pathlib import Path

from tinylstm.exchange import load_dl4j
from tinylstm.small.json_files import write_json
from tinylstm.small.locks import locked
from tinylstm.training import save

from .example_run import LATER, require_new
from .recipe_options import whole
from .terminal import say, show

SUMMARY = "make a run of a network that DeepLearning4j saved"
DESCRIPTION = """\
Make a run of a network that DeepLearning4j 0.9's ModelSerializer saved, for evaluate and export.

  tinylstm import model.zip --out runs/theirs
  tinylstm evaluate runs/theirs data_samples/icu

Features are taken as they stand in the files, without z-scores, as in the original example."""


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = DESCRIPTION
    parser.add_argument("model", metavar="MODEL.zip", help="what ModelSerializer wrote")
    parser.add_argument("--out", metavar="RUN", required=True, help="folder to make")
    parser.add_argument(
        "--skip-rows",
        help="header lines of the sequence files that it will be tested on (default 1)",
        type=whole(0),
        default=1,
        metavar="N",
    )


def run(arguments):
    """Make the run; the exit status."""
    folder = Path(arguments.out)
    network = load_dl4j(arguments.model)
    settings = {
        "imported": str(Path(arguments.model).absolute()),
        "classes": list(network.layers.values())[-1].n_classes,
        "skip_rows": arguments.skip_rows,
        "batch_size": 32,
        **LATER,
    }
    with locked(folder):
        require_new(folder)
        save(folder / "model.npz", network, settings=settings)
        write_json(folder / "settings.json", settings)
    show(network.summary())
    say(f"all in {folder}")
    return 0
