"""``tinylstm explain``: why the risk of one record is what it is."""

from tinylstm.small.locks import locked
from tinylstm.study.reports.patient import explain_record
from tinylstm.study.runs import load_run, read_set

from .recipe_options import RAW, whole
from .terminal import say, show

SUMMARY = "say why the risk of one record is what it is"
DESCRIPTION = """\
Say why the risk of one record is what it is: risk after every step, what moved it (gradient times
input, and occlusion beside it), gates and cell of some units, the measurements on the same axis.

  tinylstm explain runs/a set-a.tar.gz --record 132539 --out explained

DIR gets patient.html, its figures as PNG and their numbers as CSV."""


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = DESCRIPTION
    parser.add_argument(
        "run_folder", metavar="RUN", help="folder that tinylstm train --recipe made"
    )
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


def run(arguments):
    """Explain one record; the exit status."""
    run = load_run(arguments.run_folder)
    records, _ = read_set(arguments.data)
    record = next((r for r in records if r.record_id == arguments.record), None)
    if record is None:
        first, last = records[0].record_id, records[-1].record_id
        raise ValueError(f"{arguments.data}: no record {arguments.record} among {first} to {last}")
    if record.record_id in run.models[0].record_ids:
        say(f"{run.path} was trained on record {record.record_id}, and may know its outcome")
    with locked(arguments.out):
        show(explain_record(run, record, arguments.out, arguments.units))
    return 0
