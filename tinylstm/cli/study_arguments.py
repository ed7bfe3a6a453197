"""The arguments of the commands on raw records, and their help."""

import argparse

from tinylstm.study.models.recipes import RECIPES

__all__ = ["add_crossvalidate", "add_explain", "add_recipe", "add_sets", "whole"]

RAW = "a set's .tar.gz, or a folder with its records; Outcomes-*.txt in it or beside it"


def add_recipe(parser):
    """Add the options of a training by a recipe, absent where not given.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    group = parser.add_argument_group("training on raw records by a recipe")

    def add(flag, **how):
        group.add_argument(flag, default=argparse.SUPPRESS, **how)

    add("--recipe", choices=sorted(RECIPES), help="DIR is a raw set then; options above change it")
    add("--seeds", type=whole(1), metavar="N", help="models to average (default 3)")
    add(
        "--folds",
        type=whole(2),
        metavar="N",
        help="folds of the training records that the threshold is chosen on (default 5)",
    )
    add("--workers", type=whole(1), metavar="N", help="processes at most (default one a core)")


def add_crossvalidate(parser):
    """Add what ``crossvalidate`` takes.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.usage = "%(prog)s RAW --out STUDY [options]"
    parser.description = """\
Cross-validate a recipe on raw records: each fold is judged by models trained on the others.

  tinylstm crossvalidate set-a.tar.gz --out study
  tinylstm crossvalidate set-a.tar.gz --out study --dask tcp://10.0.0.1:8786

Finished trainings are kept in STUDY: after Ctrl-C the same command goes on with the others. In the
end STUDY holds probabilities.csv, report.json, report.html and its figures."""
    parser.add_argument("data", metavar="RAW", help=RAW)
    parser.add_argument(
        "--out", metavar="STUDY", required=True, help="folder to make or go on with"
    )
    parser.add_argument(
        "--recipe", choices=sorted(RECIPES), default="hourly", help="(default hourly)"
    )
    group = parser.add_argument_group("the study")

    def add(flag, **how):
        group.add_argument(flag, default=argparse.SUPPRESS, **how)

    add("--folds", type=whole(2), metavar="N", help="(default 5)")
    add("--seeds", type=whole(1), metavar="N", help="models to average in each (default 3)")
    add("--workers", type=whole(1), metavar="N", help="processes at most (default one a core)")
    group.add_argument(
        "--dask", metavar="ADDRESS", help="run on the Dask cluster of this scheduler instead"
    )
    group = parser.add_argument_group("changes to the recipe")
    add("--epochs", type=whole(1), metavar="N", help="times through the training records")
    add("--batch-size", type=whole(1), metavar="N", help="records in a batch")
    add("--learning-rate", type=float, metavar="X", help="at the start")
    add("--units", type=whole(1), metavar="N", help="of the LSTM")
    add("--activation", choices=("softsign", "tanh"), help="of block input and cell")
    add("--init-std", type=float, metavar="X", help="of the initial weights, all of them")
    add("--dtype", choices=("float32", "float64"), help="of weights and products")


def add_explain(parser):
    """Add what ``explain`` takes.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.description = """\
Say why the risk of one record is what it is: risk after every step, what moved it (gradient times
input, and occlusion beside it), gates and cell of some units, the measurements on the same axis.

  tinylstm explain runs/a set-a.tar.gz --record 132539 --out explained

DIR gets patient.html, its figures as PNG and their numbers as CSV."""
    parser.add_argument("run", metavar="RUN", help="folder that tinylstm train --recipe made")
    parser.add_argument("data", metavar="RAW", help=RAW)
    parser.add_argument("--record", type=whole(0), metavar="ID", required=True, help="RecordID")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for the results")
    parser.add_argument(
        "--units",
        type=whole(0),
        nargs="+",
        metavar="N",
        help="units of the first model to show (default the three that move the risk most)",
    )


def add_sets(parser):
    """Add the download to what ``physionet2012`` takes.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    group = parser.add_argument_group("download")
    group.add_argument("--download", metavar="DIR", help="download sets into this folder")
    group.add_argument(
        "--sets",
        nargs="+",
        choices=("a", "b", "c"),
        metavar="a b c",
        help="which (default a)",
    )


def whole(least):
    """A parser of whole numbers.

    Parameters
    ----------
    least : int

    Returns
    -------
    callable
        Text -> int; raises ``argparse.ArgumentTypeError`` below `least`.

    Examples
    --------
    >>> whole(1)("12")
    12
    """

    def parse(text):
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of {least} or more")
        return number

    return parse
