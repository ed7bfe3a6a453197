"""The command line: ``tinylstm train | evaluate | crossvalidate | explain | ...``."""

import ast
import json
import math
import shlex
import sys
import warnings
from pathlib import Path

from tinylstm import gradcheck
from tinylstm.cli import study_commands
from tinylstm.data.physionet2012 import convert
from tinylstm.gradcheck.bugs.mutation_table import as_markdown, mutation_table
from tinylstm.gradcheck.bugs.quiz import quiz
from tinylstm.gradcheck.suite import EXAMPLE_POINT
from tinylstm.small.progress import counted, duration

from .arguments import make_parser
from .runs import DEFAULTS, evaluate_run, read_settings, train_run

QUIZ = """\
This backward pass has a bug. To find it:
  check                     check its gradients on a small network, with the example's settings
  check N=1 T=2 mask=none   with others; N, T, H, K, layers, mask, labels, activation, gates,
                            peepholes, and method=central
  names                     the bugs that it may be
  guess NAME                whether it is this one
  hint                      the next hint; the last is the answer
  quit"""


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, optional
        Its arguments; those of the process by default.

    Returns
    -------
    int
        Exit status: 0; 1 where a check failed or training diverged; 2 for bad input; 130 when
        interrupted.

    Examples
    --------
    >>> main(["evaluate", "no-such-run", "data"])
    2
    """
    commands = {
        "train": _train,
        "evaluate": _evaluate,
        "crossvalidate": lambda arguments: study_commands.crossvalidate(arguments, _say),
        "explain": lambda arguments: study_commands.explain(arguments, _say),
        "physionet2012": _physionet2012,
        "gradcheck": _gradcheck,
    }
    arguments = make_parser(commands).parse_args(argv)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: _say(f"warning: {message}")
        try:
            return arguments.command(arguments)
        except FloatingPointError as error:
            _say(error)
            return 1
        except (ValueError, OSError) as error:
            from_system = isinstance(error, OSError) and error.filename is not None
            _say(f"{error.filename}: {error.strerror}" if from_system else error)
            return 2
        except KeyboardInterrupt:
            _say("interrupted")
            return 130


def _say(text):
    print(f"tinylstm: {text}", file=sys.stderr)


def _train(arguments):
    options = {*DEFAULTS, *study_commands.OWN}
    given = {name: value for name, value in vars(arguments).items() if name in options}
    if arguments.resume is None and not (arguments.data and arguments.out):
        raise ValueError("train needs DIR and --out RUN, or --resume RUN")
    if arguments.resume is None:
        run = Path(arguments.out)
        if run.exists() and (not run.is_dir() or any(run.iterdir())):
            raise FileExistsError(f"{run}: is there already; name a folder that is new or empty")
    if "recipe" in given or (arguments.resume and study_commands.is_study(arguments.resume)):
        return study_commands.train(arguments, given, _say)
    if arguments.resume is not None:
        if arguments.data or arguments.out or given.keys() - {"epochs"}:
            raise ValueError("--resume RUN takes its settings from RUN; only --epochs goes with it")
        run = Path(arguments.resume)
        settings = {**read_settings(run), **given}
    elif given.keys() & study_commands.OWN:
        raise ValueError("--seeds, --folds and --workers go with --recipe")
    else:
        settings = {"data": str(Path(arguments.data).absolute()), **DEFAULTS, **given}
    if settings["pool"] and not settings["shuffle"]:
        raise ValueError("--pool draws its batches at random: not with --no-shuffle")
    go_on = f"tinylstm train --resume {shlex.quote(str(run))}"
    try:
        history, evaluation = train_run(run, settings, _say)
    except KeyboardInterrupt:
        if not Path(run, "settings.json").exists():
            raise
        _say(f"interrupted; to go on: {go_on}")
        return 130
    n = len(history.loss)
    epochs = f"{n} epoch{'s' * (n > 1)}"
    if evaluation is None:
        print(f"{run} is finished, with {epochs}; for more: {go_on} --epochs {2 * n}")
        return 0
    print(evaluation)
    took = duration(math.fsum(history.seconds))
    print(f"test AUC {evaluation.auc:.4f} after {epochs}, {took} of training; all in {run}")
    return 0


def _evaluate(arguments):
    if study_commands.is_study(arguments.run):
        return study_commands.evaluate(arguments, _say)
    if arguments.out is not None:
        raise ValueError("--out goes with a run that a recipe has made")
    print(evaluate_run(arguments.run, arguments.data, _say))
    return 0


def _physionet2012(arguments):
    if arguments.download is not None:
        if arguments.raw or arguments.train or arguments.like:
            raise ValueError("--download DIR converts nothing: only --sets goes with it")
        return study_commands.fetch(arguments)
    if arguments.sets is not None:
        raise ValueError("--sets goes with --download DIR")
    if not (arguments.raw and arguments.out):
        raise ValueError("physionet2012 needs RAW and OUT, or --download DIR")
    with counted("reading and writing records") as progress:
        summary = convert(arguments.raw, arguments.out, arguments.train, arguments.like, progress)
    print(summary)
    return 0


def _gradcheck(arguments):
    if (arguments.mutations or arguments.quiz) and (arguments.method or arguments.out):
        raise ValueError("--method and --out go with the suite, not with --mutations or --quiz")
    if arguments.quiz is not None:
        return _quiz(quiz(arguments.quiz))
    if arguments.mutations:
        with counted("planting bugs") as progress:
            rows = mutation_table(progress=progress)
        print(as_markdown(rows))
        return 0 if all(row.n_points for row in rows) else 1
    with counted("checking points") as progress:
        report = gradcheck.run_suite(arguments.method or "complex", progress)
    print(report)
    if arguments.out is not None:
        from tinylstm import plots  # not at the top: matplotlib takes half a second to import

        out = Path(arguments.out)
        out.mkdir(parents=True, exist_ok=True)
        (out / "gradcheck.json").write_text(json.dumps(report.to_dict(), indent=2) + "\n")
        steps, errors = gradcheck.suite_v_curve()
        plots.v_curve(steps, errors, out / "v_curve.png")
    return 0 if report.ok else 1


def _quiz(riddle):
    """Read what to do line by line, until the bug is found or the lines end."""
    print(QUIZ)
    n_hints = 0
    while True:
        try:
            word, _, rest = input("> ").strip().partition(" ")
        except EOFError:
            return 0
        if word == "check":
            try:
                print(riddle.check(**_changes(rest)))
            except ValueError as error:
                print(error)
        elif word == "names":
            print("\n".join(riddle.choices))
        elif word == "guess" and riddle.guess(rest.strip()):
            print("found:", riddle.hint(riddle.n_hints), sep="\n")
            return 0
        elif word == "guess":
            known = rest.strip() in riddle.choices
            print("no" if known else f"{rest.strip()!r} is none of the names")
        elif word == "hint":
            n_hints = min(n_hints + 1, riddle.n_hints)
            print(riddle.hint(n_hints))
        elif word == "quit":
            return 0
        elif word:
            print(QUIZ)


def _changes(text):
    """The settings in "N=1 mask=none", as a dict."""
    changes = {}
    for item in text.split():
        name, equals, value = item.partition("=")
        if not equals:
            raise ValueError(f"{item!r} is not of the form N=1")
        try:
            changes[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            changes[name] = value
        like = EXAMPLE_POINT.get(name, changes[name])
        if type(changes[name]) is not type(like):
            raise ValueError(f"{item!r}: expected a value like {like!r}")
    return changes
