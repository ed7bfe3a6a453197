"""The options of the command line, and its help."""

import subprocess
import sys

import pytest

import tinylstm as tl
from tinylstm.cli import main


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("train a --units 0", "argument --units: '0' is no whole number of 1 or more"),
        ("train a --classes two", "argument --classes: 'two' is no whole number of 2 or more"),
        ("train a --dtype float16", "argument --dtype: invalid choice: 'float16'"),
        ("train a --momentum 1", "unrecognized arguments: --momentum"),
        ("physionet2012 a b --train 1 --like c", "--like: not allowed with argument --train"),
        ("", "the following arguments are required: COMMAND"),
    ],
)
def test_bad_options(argv, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(argv.split())
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], "train evaluate crossvalidate explain import export physionet2012 gradcheck"),
        (["train"], "--units --epochs --batch-size --learning-rate --init-std --seed --dtype 130"),
        (["train"], "--recipe --seeds --folds --workers hourly"),
        (["evaluate"], "RUN DIR AUC --out REPORT"),
        (["crossvalidate"], "RAW --out STUDY --recipe --folds --seeds --workers --dask --units"),
        (["explain"], "RUN RAW --record ID --out DIR --units"),
        (["import"], "MODEL.zip --out RUN --skip-rows DeepLearning4j evaluate"),
        (["export"], "RUN MODEL.onnx features lengths probabilities float32"),
        (["physionet2012"], "RAW OUT --train --like statistics.csv --download --sets"),
        (["gradcheck"], "--method --out v_curve.png --mutations --quiz"),
    ],
)
def test_help(command, words, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    text = capsys.readouterr().out
    assert [word for word in words.split() if word not in text] == []
    if command:
        assert f"\n  tinylstm {command[0]} " in text  # an example


def test_python_m():
    command = [sys.executable, "-m", "tinylstm", "--version"]
    assert subprocess.check_output(command, text=True) == tl.__version__ + "\n"
