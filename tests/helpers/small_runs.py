"""Small runs of the command line, for its tests."""

import json
import re

from helpers.small_training import assert_same_bits

import tinylstm as tl
from tinylstm.cli import main

SMALL = ["--units", "4", "--batch-size", "8", "--epochs", "4", "--learning-rate", "0.1"]


def fails(capsys, status, message, *argv):
    assert main([str(argument) for argument in argv]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(f"tinylstm: .*{message}.*\n", err)


def assert_same_run(run, other):
    one, two = tl.load(run / "model.npz"), tl.load(other / "model.npz")
    assert_same_bits(one.network, two.network)
    assert one.history.loss == two.history.loss
    assert one.history.generator_state == two.history.generator_state
    reports = [json.loads((folder / "report.json").read_text()) for folder in (run, other)]
    for report in reports:
        del report["seconds"]
    assert reports[0] == reports[1]
    assert sorted(p.name for p in run.iterdir()) == sorted(p.name for p in other.iterdir())
