"""``tinylstm export``: a run's network as an ONNX model."""

from pathlib import Path

from tinylstm.exchange import save_onnx
from tinylstm.study.runs import load_run, read_study_settings
from tinylstm.training import load

from .example_run import is_study, read_settings
from .terminal import say

SUMMARY = "write a run's network as an ONNX model"
DESCRIPTION = """\
Write what was trained as an ONNX model, of float32 (needs the extra "export": the onnx package).

  tinylstm export runs/icu icu.onnx
  tinylstm export runs/a a.onnx              a run that a recipe made: its seeds averaged inside

Inputs: features float32 (T, N, D), raw, padded behind each sequence, and lengths int32 (N,);
output: probabilities float32 (T, N, K) at every step. Of a recipe, the features are the finished
columns of its layout."""


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = DESCRIPTION
    parser.add_argument("run_folder", metavar="RUN", help="folder that tinylstm train made")
    parser.add_argument("out", metavar="MODEL.onnx", help="file to write")


def run(arguments):
    """Write the model; the exit status."""
    folder, out = arguments.run_folder, arguments.out
    try:
        if is_study(folder):
            _export_study(folder, out)
        else:
            settings = read_settings(folder)
            checkpoint = load(Path(folder, "model.npz"))
            save_onnx(out, checkpoint.network, checkpoint.standardizer, {"settings": settings})
    except ImportError as error:
        raise ValueError(error) from None
    say(f"{out}: written")
    return 0


def _export_study(folder, out):
    parts = read_study_settings(folder)["recipe"].get("parts", {})
    if len(parts) > 1:
        raise ValueError(
            f"{folder}: a recipe of the parts {', '.join(parts)}, each with columns and steps of "
            "its own; an ONNX model here is of one"
        )
    study = load_run(folder)
    networks = [model.network for model in study.models]
    save_onnx(out, networks, metadata={"settings": study.settings, **study.training})
