"""``tinylstm physionet2012``: download raw records, or convert them to the example's files."""

from tinylstm.data.physionet2012 import CITATION, convert, download
from tinylstm.small.progress import counted

from .recipe_options import RAW, whole
from .terminal import show

SUMMARY = "download raw records, or convert them to CSV files"
DESCRIPTION = """\
Convert raw records to the example's two folders: OUT/sequence/0.csv, ... with a row a time stamp
and 86 columns, and OUT/mortality/0.csv, ... with 1 (died in hospital) or 0. Or download them.

  tinylstm physionet2012 --download data --sets a b
  tinylstm physionet2012 set-a.tar.gz set-a-rows --train 3200
  tinylstm physionet2012 set-b.tar.gz set-b-rows --like set-a-rows

OUT/statistics.csv holds the limits and medians, taken from the training records alone;
OUT/records.csv says which number is which record."""


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = DESCRIPTION
    parser.add_argument("raw", nargs="?", metavar="RAW", help=RAW)
    parser.add_argument("out", nargs="?", metavar="OUT", help="folder to make")
    group = parser.add_argument_group("download")
    group.add_argument("--download", metavar="DIR", help="download sets into this folder")
    group.add_argument(
        "--sets", nargs="+", choices=("a", "b", "c"), metavar="a b c", help="which (default a)"
    )
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


def run(arguments):
    """Download or convert; the exit status."""
    if arguments.download is not None:
        if arguments.raw or arguments.train or arguments.like:
            raise ValueError("--download DIR converts nothing: only --sets goes with it")
        fetch(arguments.download, arguments.sets or ["a"])
        return 0
    if arguments.sets is not None:
        raise ValueError("--sets goes with --download DIR")
    if not (arguments.raw and arguments.out):
        raise ValueError("physionet2012 needs RAW and OUT, or --download DIR")
    with counted("reading and writing records") as progress:
        summary = convert(arguments.raw, arguments.out, arguments.train, arguments.like, progress)
    show(summary)
    return 0


def fetch(folder, sets, **how):
    """Download sets of the Challenge, and say how to cite them; `how` as of `download`."""
    with counted("bytes") as progress:
        archives = download(folder, sets, progress=progress, **how)
    show("\n".join([*map(str, archives), "", CITATION]))
