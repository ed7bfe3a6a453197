"""Options that several commands have: the recipe, and what of it can be changed."""

import argparse

from tinylstm.study.recipes import RECIPES
from tinylstm.study.runs import new_settings

RAW = "a set's .tar.gz, or a folder with its records; Outcomes-*.txt in it or beside it"
FOLDS, SEEDS = 5, 3
SEEDS_OF = {"clinical": 5}
STUDY_OPTIONS = {"recipe", "seeds", "folds", "workers"}
# Option -> field of a Recipe.
FIELDS = {
    "epochs": "epochs",
    "batch_size": "batch_size",
    "learning_rate": "learning_rate",
    "units": "n_units",
    "activation": "activation",
    "init_std": "init_std",
    "dtype": "dtype",
}


def whole(least):
    """A parser of whole numbers: text -> int, or ArgumentTypeError below `least`."""

    def parse(text):
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number of {least} or more")
        return number

    return parse


def delimiter(text):
    """The character between two cells; a shell has no easy way to write a tab."""
    return "\t" if text == r"\t" else text


def add_fields(add):
    """Declare the options of FIELDS, each by a call ``add(flag, help, **how)``."""
    add("--epochs", "times through the training data", type=whole(1), metavar="N")
    add("--batch-size", "examples in a batch", type=whole(1), metavar="N")
    add("--learning-rate", "at the start", type=float, metavar="X")
    add("--units", "of the LSTM", type=whole(1), metavar="N")
    add("--activation", "of block input and cell", choices=("softsign", "tanh"))
    add(
        "--init-std",
        "standard deviation of the initial weights; the original example's is 1",
        type=float,
        metavar="X",
    )
    add(
        "--dtype",
        "of weights and products; float32 is twice as fast",
        choices=("float32", "float64"),
    )


def add_study_options(add, workers="processes at most (default one a core)"):
    """Declare what else a study is made of, likewise; `workers` is the help of --workers."""
    add(
        "--seeds", f"models to average (default {SEEDS}, of clinical 5)", type=whole(1), metavar="N"
    )
    add(
        "--folds",
        f"folds of the records, each judged by models of the others (default {FOLDS})",
        type=whole(2),
        metavar="N",
    )
    add("--workers", workers, type=whole(1), metavar="N")


def given_options(arguments, names):
    """Those of the options that were given, as a dict; the others are absent from `arguments`."""
    return {name: value for name, value in vars(arguments).items() if name in names}


def study_settings(data, given):
    """The settings of a study on the raw records `data`, from the options that were given."""
    given = dict(given)
    name = given.pop("recipe")
    seeds = given.pop("seeds", SEEDS_OF.get(name, SEEDS))
    folds, train = given.pop("folds", FOLDS), given.pop("train", None)
    other = [option.replace("_", "-") for option in given if option not in FIELDS]
    if other:
        raise ValueError(f"--recipe {name} has no place for these options: {', '.join(other)}")
    changes = {FIELDS[option]: value for option, value in given.items()}
    return new_settings(name, changes, data, train, seeds, folds)


def add_recipe(group, **how):
    """Declare --recipe."""
    group.add_argument("--recipe", choices=sorted(RECIPES), **how)
