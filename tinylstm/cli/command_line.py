"""``tinylstm COMMAND ...``: the parser, and what each kind of error means to the shell."""

import argparse
import sys
import warnings

from tinylstm import __version__
from tinylstm.small.broken_pipes import status_of_broken_pipe
from tinylstm.small.interrupts import ignore_interrupts, raise_at_interrupt

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
from .terminal import encodable, say

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
        Exit status: 0; 1 where a check failed or training diverged; 2 for bad input, or where the
        system refuses (memory, space, permission); 130 when interrupted; 141 where nobody reads
        the output.

    Examples
    --------
    >>> main(["evaluate", "no-such-run", "data"])
    2
    """
    raise_at_interrupt()
    with encodable(sys.stdout), encodable(sys.stderr), warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: say(f"warning: {message}")
        try:
            arguments = parse(argv)
            return _run(arguments)
        except KeyboardInterrupt:
            say("interrupted")
            return 130
        finally:
            ignore_interrupts()


def _run(arguments):
    try:
        status = arguments.run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except FloatingPointError as error:
        say(error)
        return 1
    except BrokenPipeError:
        return status_of_broken_pipe()
    except MemoryError as error:
        say(f"not enough memory: {error}" if str(error) else "not enough memory")
        return 2
    except (ValueError, OSError) as error:
        if not isinstance(error, OSError) or error.strerror is None:
            say(error)
        else:  # without a name, it is of what was printed
            say(f"{error.filename or 'standard output'}: {error.strerror}")
        return 2


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
