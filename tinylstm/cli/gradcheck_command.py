"""``tinylstm gradcheck``: the suite, the table of planted bugs, the quiz."""

import ast
from pathlib import Path

from tinylstm import gradcheck
from tinylstm.gradcheck.bugs.mutation_table import as_markdown, mutation_table
from tinylstm.gradcheck.bugs.quiz import quiz
from tinylstm.gradcheck.suite import EXAMPLE_POINT
from tinylstm.small.json_files import write_json
from tinylstm.small.locks import locked
from tinylstm.small.progress import counted

from .recipe_options import whole

SUMMARY = "check every gradient of this package's network"
DESCRIPTION = """\
Check the gradients of every array, and of the inputs, against numerical ones, over a grid of
shapes, masks, labels and activations. Exit status 0 where all agree, 1 where one does not.

  tinylstm gradcheck
  tinylstm gradcheck --method central --out checks
  tinylstm gradcheck --mutations        does the suite find every planted bug?
  tinylstm gradcheck --quiz 7           find one yourself

DIR gets gradcheck.json, the report, and v_curve.png, the error of both methods against the length
of their step."""
QUIZ = """\
This backward pass has a bug. To find it:
  check                     check its gradients on a small network, with the example's settings
  check N=1 T=2 mask=none   with others; N, T, H, K, layers, mask, labels, activation, gates,
                            peepholes, bidirectional, truncate, and method=central
  names                     the bugs that it may be
  guess NAME                whether it is this one
  hint                      the next hint; the last is the answer
  quit"""


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = DESCRIPTION
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


def run(arguments):
    """Check, and show what came of it; the exit status."""
    if (arguments.mutations or arguments.quiz) and (arguments.method or arguments.out):
        raise ValueError("--method and --out go with the suite, not with --mutations or --quiz")
    if arguments.quiz is not None:
        return play(quiz(arguments.quiz))
    if arguments.mutations:
        with counted("planting bugs") as progress:
            return show_table(mutation_table(progress=progress))
    with counted("checking points") as progress:
        report = gradcheck.run_suite(arguments.method or "complex", progress)
    return show_report(report, arguments.out)


def show_table(rows):
    """Print the table of planted bugs; status 1 where one was not found."""
    print(as_markdown(rows))
    return 0 if all(row.n_points for row in rows) else 1


def show_report(report, out=None):
    """Print the suite's report, and write it into the folder `out`; status 1 where it failed."""
    print(report)
    if out is not None:
        from tinylstm import plots  # not at the top: matplotlib takes half a second to import

        with locked(out):
            write_json(Path(out, "gradcheck.json"), report.to_dict())
            plots.v_curve(*gradcheck.suite_v_curve(), Path(out, "v_curve.png"))
    return 0 if report.ok else 1


def play(riddle):
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
            print("\n".join(f"{k:2}  {name}" for k, name in enumerate(riddle.choices, 1)))
        elif word == "guess" and riddle.guess(rest.strip()):
            print("found:", riddle.hint(riddle.n_hints), sep="\n")
            return 0
        elif word == "guess":
            print("no:", riddle.why_not(rest.strip()))
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
