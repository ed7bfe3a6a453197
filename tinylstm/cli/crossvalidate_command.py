"""``tinylstm crossvalidate``: judge every part of a raw set by models of the other parts."""

import argparse
import contextlib

from tinylstm.small.locks import locked
from tinylstm.study.judging import crossvalidate_study
from tinylstm.study.runs import read_set
from tinylstm.study.workers import dask_executor, n_cores, one_core_each

from .recipe_options import (
    FIELDS,
    RAW,
    STUDY_OPTIONS,
    add_fields,
    add_recipe,
    add_study_options,
    given_options,
    study_settings,
)
from .terminal import say, show

SUMMARY = "test a recipe on every part of raw records in turn"
DESCRIPTION = """\
Cross-validate a recipe on raw records: each fold is judged by models trained on the others.

  tinylstm crossvalidate set-a.tar.gz --out study
  tinylstm crossvalidate set-a.tar.gz --out study --dask tcp://10.0.0.1:8786

Finished trainings are kept in STUDY: after Ctrl-C the same command resumes with the others. In the
end STUDY holds probabilities.csv, report.json, report.html and its figures."""


def add_arguments(parser):
    """Declare the command's arguments; an option that is not given is absent from the result."""
    parser.usage = "%(prog)s RAW --out STUDY [options]"
    parser.description = DESCRIPTION
    parser.add_argument("data", metavar="RAW", help=RAW)
    parser.add_argument("--out", metavar="STUDY", required=True, help="folder to make or resume")
    add_recipe(parser, default="hourly", help="(default hourly)")

    def add(flag, help, **how):
        group.add_argument(flag, help=help, default=argparse.SUPPRESS, **how)

    group = parser.add_argument_group("the study")
    add_study_options(add)
    group.add_argument(
        "--dask", metavar="ADDRESS", help="run on the Dask cluster of this scheduler instead"
    )
    group = parser.add_argument_group("changes to the recipe")
    add_fields(add)


def run(arguments, executor=None):
    """Cross-validate or resume, on the executor (None: as the options say); exit status."""
    given = given_options(arguments, {*STUDY_OPTIONS, *FIELDS})
    if arguments.dask is not None and "workers" in given:
        raise ValueError("--workers counts processes of this machine: not with --dask")
    workers = given.pop("workers", n_cores())
    if executor is not None:
        where = contextlib.nullcontext(executor)
    elif arguments.dask is None:
        where = one_core_each(workers)
    else:
        where = dask_executor(arguments.dask)
    settings = study_settings(arguments.data, given)
    records, scores = read_set(arguments.data)
    try:
        with locked(arguments.out), where as executor:
            show(crossvalidate_study(settings, records, scores, arguments.out, executor))
    except KeyboardInterrupt:
        say("interrupted; the same command resumes with what there is")
        return 130
    return 0
