"""Output is not the work: no stream, name or interrupt is in the way of a command."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT
from helpers.small_runs import SMALL

import tinylstm as tl
from tinylstm.cli import main
from tinylstm.cli.terminal import visible
from tinylstm.study.reports.page import page

POSIX = pytest.mark.skipif(os.name != "posix", reason="names and signals are others there")
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


def train(data, run, *options):
    return main(["train", str(data), "--out", str(run), *SMALL, "--epochs", "1", *options])


@pytest.mark.usefixtures("undrawn")
def test_characters_that_a_stream_cannot_encode(icu_40, tmp_path, monkeypatch):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert train(icu_40, tmp_path / "\u00e4 \u2212 \U0001f600") == 0
    assert main(["evaluate", "nobody\u2019s run", "."]) == 2
    assert rb"\xe4 \u2212 \U0001f600" in out.buffer.getvalue()
    assert rb"tinylstm: nobody\u2019s run/settings.json: no such file" in err.buffer.getvalue()
    assert out.errors == err.errors == "strict"  # as before


@POSIX
@pytest.mark.usefixtures("undrawn")
def test_names_that_are_not_utf_8(icu_40, tmp_path, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    folder = tmp_path / os.fsdecode(b"run \xff")
    assert train(icu_40, folder) == 0
    assert main(["train", "--resume", str(folder), "--epochs", "2"]) == 0
    assert rb"run \udcff" in out.buffer.getvalue()
    assert r"set \udcff" in page("set \udcff", [("Data", "\udcff")], [])


def test_control_characters_are_shown_escaped(capsys):
    assert main(["evaluate", "run\x1b[31m\r\n\u202e", "."]) == 2
    assert capsys.readouterr().err.startswith(r"tinylstm: run\x1b[31m\r\n\u202e/settings.json: no")
    assert visible("a\tb\nc\x7f\x9b\u2028") == "a\tb\nc\\x7f\\x9b\\u2028"


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("kind", ["none", "closed", pytest.param("full", marks=FULL)])
def test_standard_error_that_takes_nothing(icu_40, tmp_path, monkeypatch, capsys, kind):
    stream = Path("/dev/full" if kind == "full" else os.devnull).open("w")  # noqa: SIM115
    if kind == "closed":
        stream.close()
    monkeypatch.setattr(sys, "stderr", None if kind == "none" else stream)
    assert train(icu_40, tmp_path / "run") == 0
    assert main(["evaluate", str(tmp_path), "."]) == 2
    out = capsys.readouterr().out
    assert "test AUC" in out and "tinylstm:" not in out
    assert len(tl.load(tmp_path / "run" / "model.npz").history.loss) == 1
    _close(stream)


@FULL
@pytest.mark.usefixtures("undrawn")
def test_no_space_left_says_where(icu_40, tmp_path, monkeypatch, capsys):
    stream = Path("/dev/full").open("w")  # noqa: SIM115
    monkeypatch.setattr(sys, "stdout", stream)
    assert train(icu_40, tmp_path / "run") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "tinylstm: standard output: No space left on device"
    assert (tmp_path / "run" / "report.json").exists()  # the work is done
    _close(stream)


def _close(stream):
    with contextlib.suppress(OSError):  # of what /dev/full did not take
        stream.close()


@POSIX
def test_a_reader_that_has_gone(icu_40, unbroken):
    command = [sys.executable, "-m", "tinylstm", "evaluate", str(unbroken), str(icu_40)]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=ROOT, text=True)
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr.count("\n") == 1 and "here are the others" in done.stderr


@pytest.mark.parametrize("units", [10**9, 10**12, 10**18, 10**30])
def test_more_units_than_there_is_memory(icu_40, tmp_path, capsys, units):
    assert train(icu_40, tmp_path / "run", "--units", str(units)) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


@POSIX
@pytest.mark.parametrize(("program", "status"), [("tinylstm", 130), ("mine.py", -2), ("-m", 130)])
def test_ctrl_c_while_python_imports(tmp_path, program, status):
    (tmp_path / program).write_text("import tinylstm.cli\n")
    (tmp_path / "numpy.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = ["-m", "tinylstm"] if program == "-m" else [str(tmp_path / program)]
    command = [sys.executable, *command]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == status
    assert ("Traceback" in done.stderr) == (program == "mine.py")
    assert program == "mine.py" or done.stdout == done.stderr == ""
