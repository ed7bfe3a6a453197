"""``tinylstm COMMAND ...``: the parser, and what each kind of error means to the shell."""

import argparse
import warnings

from tinylstm import __version__

from . import (
    crossvalidate_command,
    evaluate_command,
    explain_command,
    export_command,
    gradcheck_command,
    import_command,
    physionet2012_command,
    train_command,
)
from .terminal import say

# A command is a module with SUMMARY, add_arguments(parser) and run(arguments) -> exit status.
COMMANDS = {
    "train": train_command,
    "evaluate": evaluate_command,
    "crossvalidate": crossvalidate_command,
    "explain": explain_command,
    "import": import_command,
    "export": export_command,
    "physionet2012": physionet2012_command,
    "gradcheck": gradcheck_command,
}


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
    arguments = parse(argv)
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: say(f"warning: {message}")
        try:
            return arguments.run(arguments)
        except FloatingPointError as error:
            say(error)
            return 1
        except (ValueError, OSError) as error:
            from_system = isinstance(error, OSError) and error.filename is not None
            say(f"{error.filename}: {error.strerror}" if from_system else error)
            return 2
        except KeyboardInterrupt:
            say("interrupted")
            return 130


def parse(argv=None):
    """The arguments (list of str) as a Namespace, whose `run` is the command to call with it."""
    parser = argparse.ArgumentParser(
        prog="tinylstm",
        description="A peephole LSTM on sequences of different lengths, in NumPy alone.",
        epilog="Each command has its own help, such as: tinylstm train --help",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(
            name, help=command.SUMMARY, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        subparser.set_defaults(run=command.run)
        command.add_arguments(subparser)
    return parser.parse_args(argv)
