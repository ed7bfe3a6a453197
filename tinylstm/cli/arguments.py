"""The arguments of the command line, and its help."""

import argparse

from tinylstm import __version__

from .runs import DEFAULTS
from .study_arguments import add_crossvalidate, add_explain, add_recipe, add_sets, whole


def make_parser(commands):
    """The parser of the command line.

    Parameters
    ----------
    commands : dict
        The name of each command -> what to call with the arguments.

    Returns
    -------
    argparse.ArgumentParser
        Its result has `command`, one of the callables.

    Examples
    --------
    >>> names = "train evaluate crossvalidate explain physionet2012 gradcheck".split()
    >>> parser = make_parser(dict.fromkeys(names))
    >>> parser.parse_args(["train", "DIR", "--out", "RUN", "--units", "32"]).units
    32
    """
    parser = argparse.ArgumentParser(
        prog="tinylstm",
        description="A peephole LSTM on sequences of different lengths, in NumPy alone.",
        epilog="Each command has its own help, such as: tinylstm train --help",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, add_arguments, text in (
        (
            "train",
            _add_train,
            "train on a folder of numbered CSV files or on raw records, and test",
        ),
        ("evaluate", _add_evaluate, "test what was trained, on other data"),
        ("crossvalidate", add_crossvalidate, "test a recipe on every part of raw records in turn"),
        ("explain", add_explain, "say why the risk of one record is what it is"),
        ("physionet2012", _add_physionet2012, "download raw records, or convert them to CSV files"),
        ("gradcheck", _add_gradcheck, "check every gradient of this package's network"),
    ):
        subparser = subparsers.add_parser(
            name, help=text, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        subparser.set_defaults(command=commands[name])
        add_arguments(subparser)
    return parser


def _add_train(parser):
    # Spelled out, all options would take eight lines, above each message about a wrong one too.
    parser.usage = "%(prog)s DIR --out RUN [options]\n       %(prog)s --resume RUN [--epochs N]"
    parser.description = """\
Train a network on the first files of a folder and test it on the rest; or, with --recipe, on the
first raw records of a set.

  tinylstm train data_samples/icu --out runs/icu --units 32
  tinylstm train --resume runs/icu                    after Ctrl-C
  tinylstm train --resume runs/icu --epochs 30        for more epochs
  tinylstm train set-a.tar.gz --recipe hourly --seeds 3 --out runs/a

Without --recipe, the settings are those of DeepLearning4j's example "LSTM Network", but for three,
which make it learn more: small initial weights, standardised features, shuffled examples. As
published:

  tinylstm train DIR --out RUN --init-std 1 --no-standardize --no-shuffle

Ctrl-C (exit status 130) leaves a run that goes on from its last whole epoch, to the same bits as
if it had never stopped. RUN holds settings.json, history.csv, model.npz and in the end
report.json (the test AUC is its key "auc"), loss.png and roc.png; of a recipe, a model for each
seed and report.html too. What is finished is not done again."""
    parser.add_argument(
        "data",
        nargs="?",
        metavar="DIR",
        help="holds sequence/0.csv, 1.csv, ... (a row a step, a column a feature) and "
        "mortality/0.csv, 1.csv, ... (the label, 1 or 0); with --recipe: a set's .tar.gz or a "
        "folder with its records",
    )
    parser.add_argument("--out", metavar="RUN", help="folder to make")
    parser.add_argument("--resume", metavar="RUN", help="go on with this run")
    _add_settings(parser)
    add_recipe(parser)


def _add_settings(parser):
    def add(flag, help, **how):
        default = DEFAULTS.get(flag.removeprefix("--").replace("-", "_"))
        if default is not None:
            help += f" (default {default})"
        # Absent where not given: what was given, --resume refuses or lets through.
        parser.add_argument(flag, help=help, default=argparse.SUPPRESS, **how)

    add("--epochs", "times through the training files", type=whole(1), metavar="N")
    add("--batch-size", "examples in a batch", type=whole(1), metavar="N")
    add("--learning-rate", "of plain gradient descent", type=float, metavar="X")
    add("--units", "of the LSTM", type=whole(1), metavar="N")
    add("--activation", "of block input and cell", choices=("softsign", "tanh"))
    add("--forget-bias", "initial bias of the forget gate", type=float, metavar="X")
    add(
        "--init-std",
        "standard deviation of the initial weights; the original's is 1",
        type=float,
        metavar="X",
    )
    add(
        "--dtype",
        "float32, the original's, is twice as fast; float64 is the library's own default",
        choices=("float32", "float64"),
    )
    add("--seed", "of initial weights and shuffling", type=whole(0), metavar="N")
    add("--no-standardize", "train on raw features", action="store_false", dest="standardize")
    add("--no-shuffle", "take examples in file order", action="store_false", dest="shuffle")
    add(
        "--pool",
        "batches of like lengths, drawn from pools of N batches: faster, 50 is a good number",
        type=whole(1),
        metavar="N",
    )
    add(
        "--train",
        "train on the first N files or records, test on the rest (default the first 80 %%)",
        type=whole(1),
        metavar="N",
    )
    add("--classes", "labels are 0 to N - 1", type=whole(2), metavar="N")
    add("--skip-rows", "header lines of sequence files", type=whole(0), metavar="N")


def _add_evaluate(parser):
    parser.description = """\
Test a run's network: loss, accuracy, AUC, average precision, confusion counts.

  tinylstm evaluate runs/icu data_samples/icu
  tinylstm evaluate runs/a set-b.tar.gz --out reports/b        a run that a recipe made

Of the data that the run was trained on, only what it did not train on counts; of any other, all.
REPORT gets probabilities.csv and, where outcomes are known, report.json, report.html, figures."""
    parser.add_argument("run", metavar="RUN", help="folder that tinylstm train made")
    parser.add_argument(
        "data",
        metavar="DIR",
        help="holds sequence/ and mortality/, or raw records, as in training",
    )
    parser.add_argument("--out", metavar="REPORT", help="folder for the report of a recipe's run")


def _add_physionet2012(parser):
    parser.description = """\
Convert raw records to the example's two folders: OUT/sequence/0.csv, ... with a row a time stamp
and 86 columns, and OUT/mortality/0.csv, ... with 1 (died in hospital) or 0. Or download them.

  tinylstm physionet2012 --download data --sets a b
  tinylstm physionet2012 set-a.tar.gz set-a-rows --train 3200
  tinylstm physionet2012 set-b.tar.gz set-b-rows --like set-a-rows

OUT/statistics.csv holds the limits and medians, taken from the training records alone;
OUT/records.csv says which number is which record."""
    parser.add_argument(
        "raw",
        nargs="?",
        metavar="RAW",
        help="a set's .tar.gz, or a folder with its records; Outcomes-*.txt in it or beside it",
    )
    parser.add_argument("out", nargs="?", metavar="OUT", help="folder to make")
    add_sets(parser)
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--train",
        type=whole(1),
        metavar="N",
        help="take limits and medians from the first N records (default the first 80 %%)",
    )
    group.add_argument(
        "--like", metavar="OUT2", help="take the limits and medians of an earlier conversion"
    )


def _add_gradcheck(parser):
    parser.description = """\
Check the gradients of every array, and of the inputs, against numerical ones, over a grid of
shapes, masks, labels and activations. Exit status 0 where all agree, 1 where one does not.

  tinylstm gradcheck
  tinylstm gradcheck --method central --out checks
  tinylstm gradcheck --mutations        does the suite find every planted bug?
  tinylstm gradcheck --quiz 7           find one yourself

DIR gets gradcheck.json, the report, and v_curve.png, the error of both methods against the length
of their step."""
    parser.add_argument(
        "--method",
        choices=("complex", "central"),
        help="complex step, exact to rounding, or central differences (default complex)",
    )
    parser.add_argument("--out", metavar="DIR", help="write report and figure there")
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--mutations",
        action="store_true",
        help="plant bugs in the backward pass, one at a time, and say which points find which",
    )
    group.add_argument(
        "--quiz", type=whole(1), metavar="K", help="hand out wrong backward pass number K"
    )
