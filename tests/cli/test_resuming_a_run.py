"""Runs that are interrupted, and resumed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.small_runs import SMALL, assert_same_run, fails

import tinylstm as tl
from tinylstm import plots
from tinylstm.cli import main
from tinylstm.small.json_files import read_json


def interrupt_at_batch(monkeypatch, number):
    """Press Ctrl-C, in effect, in the middle of the run's batch of that number."""
    calls = iter(range(1, 1000))
    original = tl.Network.loss_and_gradients

    def loss_and_gradients(network, batch):
        if next(calls) == number:
            raise KeyboardInterrupt
        return original(network, batch)

    monkeypatch.setattr(tl.Network, "loss_and_gradients", loss_and_gradients)


def kill_a_child(pid):
    """The child that works: the other may be the resource tracker, which is of no use here."""
    for folder in Path("/proc").glob("[0-9]*"):
        stat = (folder / "stat").read_text().rpartition(")")[2].split()
        if stat[1] == str(pid) and b"resource_tracker" not in (folder / "cmdline").read_bytes():
            os.kill(int(folder.name), signal.SIGKILL)
            return


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("batch", [1, 4, 5, 11])
def test_interrupted_anywhere_it_resumes_to_the_same_bits(
    icu_40, unbroken, tmp_path, monkeypatch, capsys, batch
):
    run = tmp_path / "a run"
    with monkeypatch.context() as patch:
        interrupt_at_batch(patch, batch)
        assert main(["train", str(icu_40), "--out", str(run), *SMALL]) == 130
    message = f"tinylstm: interrupted; to resume: tinylstm train --resume '{run}'\n"
    assert capsys.readouterr().err.endswith(message)
    assert not (run / "report.json").exists()
    assert main(["train", "--resume", str(run)]) == 0
    assert_same_run(run, unbroken)


def test_interrupted_while_it_writes_the_report(icu_40, unbroken, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(plots, "roc_plot", interrupt)
        assert main(["train", str(icu_40), "--out", str(tmp_path / "run"), *SMALL]) == 130
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0
    assert_same_run(tmp_path / "run", unbroken)


def test_interrupted_while_it_reads(icu_40, tmp_path, monkeypatch, capsys):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(tl.SequenceDataset, "from_csv", interrupt)
    assert main(["train", str(icu_40), "--out", str(tmp_path / "run"), *SMALL]) == 130
    assert capsys.readouterr().err == "tinylstm: interrupted\n"
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("undrawn")
def test_a_real_ctrl_c(icu_40, tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tinylstm", "train"]
    options = [str(icu_40), "--out", str(run), *SMALL, "--epochs", "100000"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.endswith(f"interrupted; to resume: tinylstm train --resume {run}\n")
    assert "Traceback" not in rest
    epochs = str(len(tl.load(run / "model.npz").history.loss) + 2)
    assert main(["train", "--resume", str(run), "--epochs", epochs]) == 0
    other = tmp_path / "other"
    assert main(["train", str(icu_40), "--out", str(other), *SMALL, "--epochs", epochs]) == 0
    assert_same_run(run, other)


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_workers_are_as_many_when_it_is_resumed(icu_40, unbroken, tmp_path):
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    train = ["train", str(icu_40), *SMALL, "--workers", "2", "--out"]
    assert main([*train, str(whole)]) == 0
    assert main([*train, str(parted), "--epochs", "2"]) == 0
    assert main(["train", "--resume", str(parted), "--epochs", "4"]) == 0
    assert read_json(parted / "settings.json")["workers"] == 2
    assert_same_run(parted, whole)  # their bits are those of two workers
    one = tl.load(unbroken / "model.npz").network.parameters
    for name, p in tl.load(whole / "model.npz").network.parameters.items():
        np.testing.assert_allclose(p, one[name], rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
@pytest.mark.usefixtures("undrawn")
def test_a_worker_that_dies(icu_40, tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tinylstm", "train"]
    options = [str(icu_40), "--out", str(run), *SMALL, "--epochs", "100000", "--workers", "2"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                kill_a_child(process.pid)
                break
        rest = process.stderr.read()
    assert process.returncode == 2
    assert "of 2 ended in the middle of the training" in rest
    assert rest.endswith(f"to resume: tinylstm train --resume {run}\n")
    assert "Traceback" not in rest
    epochs = str(len(tl.load(run / "model.npz").history.loss) + 2)
    assert main(["train", "--resume", str(run), "--epochs", epochs]) == 0


@pytest.mark.usefixtures("undrawn")
def test_a_finished_run(icu_40, unbroken, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    files = {path.name: path.read_bytes() for path in run.iterdir()}
    assert main(["train", "--resume", str(run)]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith(f"{run} is finished, with 4 epochs; for more: ")
    fails(capsys, 2, f"--epochs 2: {run} has 4 behind it", "train", "--resume", run, "--epochs", 2)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == files

    assert main(["train", "--resume", str(run), "--epochs", "6"]) == 0
    other = tmp_path / "other"
    assert main(["train", str(icu_40), "--out", str(other), *SMALL, "--epochs", "6"]) == 0
    assert_same_run(run, other)


@pytest.mark.usefixtures("undrawn")
def test_what_a_killed_run_left_is_not_in_the_way(icu_40, unbroken, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / ".settings.json.1.unfinished").write_text("{")
    (run / ".model.npz.1.unfinished").write_text("PK")
    assert main(["train", str(icu_40), "--out", str(run), *SMALL]) == 0
    assert_same_run(run, unbroken)


def test_a_folder_in_which_another_process_is_at_work(icu_40, tmp_path, capsys):
    program = "import sys; from tinylstm.small.locks import locked\n"
    program += "with locked(sys.argv[1]): print(flush=True), input()"
    command = [sys.executable, "-c", program, str(tmp_path / "run")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()
        busy = "run: another process of tinylstm is at work there"
        fails(capsys, 2, busy, "train", icu_40, "--out", tmp_path / "run", *SMALL)
        process.kill()
