import csv
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_training import assert_same_bits

import tinylstm as tl
from tinylstm.cli import main

SAMPLES = Path(__file__).parents[1] / "data_samples"
ICU = SAMPLES / "icu"
SMALL = ["--units", "4", "--batch-size", "8", "--epochs", "4", "--learning-rate", "0.1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The first 40 of the samples, of which 32 train: 4 batches of 8."""
    folder = tmp_path_factory.mktemp("data")
    for kind in ("sequence", "mortality"):
        (folder / kind).mkdir()
        for number in range(40):
            shutil.copy(ICU / kind / f"{number}.csv", folder / kind)
    return folder


@pytest.fixture(scope="module")
def unbroken(data, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "unbroken"
    assert main(["train", str(data), "--out", str(run), *SMALL]) == 0
    return run


@pytest.fixture
def undrawn(monkeypatch):
    """Figures take longer than these small runs; files of their names will do."""

    def touch(_, path, **__):
        path.touch()

    monkeypatch.setattr("tinylstm.plots.loss_curve", touch)
    monkeypatch.setattr("tinylstm.plots.roc_plot", touch)


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


def test_train_is_the_library_program(tmp_path, capsys):
    run = tmp_path / "runs" / "a"
    options = "--units 8 --epochs 2 --seed 3 --dtype float64 --train 100 --forget-bias 0.5"
    assert main(["train", str(ICU), "--out", str(run), *options.split()]) == 0
    out, err = capsys.readouterr()

    pattern = f"{ICU}/sequence/%d.csv", f"{ICU}/mortality/%d.csv"
    dataset = tl.SequenceDataset.from_csv(*pattern, 0, 299, n_classes=2, skip_rows=1)
    train, test = dataset.split(100)
    standardizer = tl.Standardizer().fit(train)
    rng = np.random.default_rng(3)
    normal = tl.initializers.normal(0.05)
    network = tl.Network(
        {
            "lstm": tl.PeepholeLSTM(86, 8, forget_bias=0.5, initializer=normal, rng=rng),
            "output": tl.SoftmaxOutput(8, 2, initializer=normal, rng=rng),
        }
    )
    test = standardizer.transform(test)
    history = tl.fit(
        network,
        standardizer.transform(train),
        tl.SGD(0.05),
        epochs=2,
        batch_size=32,
        validation=test,
        seed=3,
        verbose=False,
    )
    evaluation = tl.evaluate(network, test)

    assert_same_bits(tl.load(run / "model.npz").network, network)
    report = json.loads((run / "report.json").read_text())
    assert report["auc"] == evaluation.auc
    assert report["average_precision"] == evaluation.precision_recall.average_precision
    assert report["loss"] == evaluation.loss
    assert report["accuracy"] == evaluation.accuracy
    assert report["n"] == 200
    assert report["deaths"] == evaluation.roc.n_positive
    assert report["epochs"] == 2
    assert report["settings"]["train"] == 100
    assert report["versions"]["numpy"] == np.__version__
    with open(run / "history.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert [float(row["loss"]) for row in rows] == history.loss
    assert [float(row["test_loss"]) for row in rows] == history.validation_loss
    assert [float(row["test_auc"]) for row in rows] == history.validation_auc
    for figure in ("loss.png", "roc.png"):
        assert (run / figure).read_bytes().startswith(b"\x89PNG")
    assert str(evaluation) in out
    assert f"test AUC {evaluation.auc:.4f} after 2 epochs" in out
    assert "100 examples to train on, 200 to test on (called validation below)" in err
    assert len(re.findall("^epoch ./2: loss", err, re.MULTILINE)) == 2


@pytest.mark.usefixtures("undrawn")
def test_defaults_are_the_examples(data, tmp_path):
    assert main(["train", str(data), "--out", str(tmp_path / "run"), "--epochs", "1"]) == 0
    checkpoint = tl.load(tmp_path / "run" / "model.npz")
    network = checkpoint.network
    assert sum(p.size for p in network.parameters.values()) == 465_902
    assert {p.dtype for p in network.parameters.values()} == {np.dtype(np.float32)}
    assert network.layers["lstm"].settings["activation"] == "softsign"
    assert checkpoint.optimizer.learning_rate == 0.05
    assert checkpoint.standardizer is not None
    expected = {"batch_size": 32, "init_std": 0.05, "shuffle": True, "train": 32, "seed": 0}
    assert checkpoint.settings.items() >= expected.items()


@pytest.mark.usefixtures("undrawn")
def test_the_example_as_published(data, tmp_path):
    run = tmp_path / "run"
    options = "--init-std 1 --no-standardize --no-shuffle"
    assert main(["train", str(data), "--out", str(run), *SMALL, *options.split()]) == 0
    checkpoint = tl.load(run / "model.npz")
    assert checkpoint.standardizer is None
    assert 0.9 < checkpoint.network.parameters["lstm.W"].std() < 1.1
    settings = json.loads((run / "settings.json").read_text())
    assert not settings["shuffle"]
    assert not settings["standardize"]


@pytest.mark.usefixtures("undrawn")
def test_pools_of_like_lengths(data, unbroken, tmp_path):
    assert main(["train", str(data), "--out", str(tmp_path / "run"), *SMALL, "--pool", "4"]) == 0
    losses = [tl.load(run / "model.npz").history.loss for run in (unbroken, tmp_path / "run")]
    assert losses[0] != losses[1]


def interrupt_at_batch(monkeypatch, number):
    """Press Ctrl-C, in effect, in the middle of the run's batch of that number."""
    calls = iter(range(1, 1000))
    original = tl.Network.loss_and_gradients

    def loss_and_gradients(network, batch):
        if next(calls) == number:
            raise KeyboardInterrupt
        return original(network, batch)

    monkeypatch.setattr(tl.Network, "loss_and_gradients", loss_and_gradients)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("batch", [1, 4, 5, 11])
def test_interrupted_anywhere_it_goes_on_to_the_same_bits(
    data, unbroken, tmp_path, monkeypatch, capsys, batch
):
    run = tmp_path / "a run"
    with monkeypatch.context() as patch:
        interrupt_at_batch(patch, batch)
        assert main(["train", str(data), "--out", str(run), *SMALL]) == 130
    message = f"tinylstm: interrupted; to go on: tinylstm train --resume '{run}'\n"
    assert capsys.readouterr().err.endswith(message)
    assert not (run / "report.json").exists()
    assert main(["train", "--resume", str(run)]) == 0
    assert_same_run(run, unbroken)


def test_interrupted_while_it_writes_the_report(data, unbroken, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tinylstm.plots.roc_plot", interrupt)
        assert main(["train", str(data), "--out", str(tmp_path / "run"), *SMALL]) == 130
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0
    assert_same_run(tmp_path / "run", unbroken)


def test_interrupted_while_it_reads(data, tmp_path, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tinylstm.run.read_folder", interrupt)
    assert main(["train", str(data), "--out", str(tmp_path / "run"), *SMALL]) == 130
    assert capsys.readouterr().err == "tinylstm: interrupted\n"
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("undrawn")
def test_a_real_ctrl_c(data, tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "tinylstm", "train"]
    options = [str(data), "--out", str(run), *SMALL, "--epochs", "100000"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.endswith(f"interrupted; to go on: tinylstm train --resume {run}\n")
    assert "Traceback" not in rest
    epochs = str(len(tl.load(run / "model.npz").history.loss) + 2)
    assert main(["train", "--resume", str(run), "--epochs", epochs]) == 0
    other = tmp_path / "other"
    assert main(["train", str(data), "--out", str(other), *SMALL, "--epochs", epochs]) == 0
    assert_same_run(run, other)


@pytest.mark.usefixtures("undrawn")
def test_a_finished_run(data, unbroken, tmp_path, capsys):
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
    assert main(["train", str(data), "--out", str(other), *SMALL, "--epochs", "6"]) == 0
    assert_same_run(run, other)


def test_evaluate(data, unbroken, tmp_path, capsys):
    checkpoint = tl.load(unbroken / "model.npz")
    pattern = f"{data}/sequence/%d.csv", f"{data}/mortality/%d.csv"
    dataset = tl.SequenceDataset.from_csv(*pattern, 0, 39, n_classes=2, skip_rows=1)
    dataset = checkpoint.standardizer.transform(dataset)
    capsys.readouterr()

    assert main(["evaluate", str(unbroken), str(data)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{tl.evaluate(checkpoint.network, dataset[32:])}\n"
    assert "was trained on the first 32 examples of" in err

    shutil.copytree(data, tmp_path / "elsewhere")
    assert main(["evaluate", str(unbroken), str(tmp_path / "elsewhere")]) == 0
    assert capsys.readouterr().out == f"{tl.evaluate(checkpoint.network, dataset)}\n"


def write_data(folder, features, labels):
    for kind, tables in (("sequence", features), ("mortality", labels)):
        (folder / kind).mkdir(parents=True)
        for number, table in enumerate(tables):
            np.savetxt(folder / kind / f"{number}.csv", table, fmt="%g", delimiter=",")
    return folder


def test_three_classes_and_a_label_on_every_step(tmp_path):
    rng = np.random.default_rng(0)
    labels = [rng.integers(0, 3, length) for length in rng.integers(2, 9, 20)]
    features = [np.eye(3)[y] + 0.3 * rng.normal(size=(len(y), 3)) for y in labels]
    folder, run = write_data(tmp_path / "100 %d", features, labels), tmp_path / "run"
    options = [*SMALL, "--classes", "3", "--skip-rows", "0"]
    assert main(["train", str(folder), "--out", str(run), *options]) == 0
    report = json.loads((run / "report.json").read_text())
    assert report["labels"] == np.bincount(np.concatenate(labels[16:]), minlength=3).tolist()
    assert 0 <= report["auc"] <= 1
    assert "deaths" not in report


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("undrawn")
def test_a_test_part_of_one_class(tmp_path, capsys):
    features = np.random.default_rng(0).normal(size=(10, 4, 2))
    folder = write_data(tmp_path / "data", features, [[y] for y in [0, 1] * 4 + [0, 0]])
    run = tmp_path / "run"
    assert main(["train", str(folder), "--out", str(run), *SMALL, "--skip-rows", "0"]) == 0
    warning = "tinylstm: warning: labels: none of class 1 among 2 labelled steps: the AUC is nan\n"
    assert warning in capsys.readouterr().err
    report = json.loads((run / "report.json").read_text())
    assert report["auc"] is None
    assert report["average_precision"] is None
    assert report["accuracy"] > 0


def test_a_run_that_diverges(data, tmp_path, capsys):
    options = [*SMALL, "--learning-rate", "1e100"]
    argv = ["train", str(data), "--out", str(tmp_path / "run"), *options]
    assert main(argv) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.match(
        r"tinylstm: epoch 1, batch 2: the loss is not finite; try a smaller learning rate", last
    )


def test_bad_input(data, unbroken, tmp_path, capsys):
    new = tmp_path / "new"
    nothing = tmp_path / "nothing"
    (nothing / "sequence").mkdir(parents=True)
    (nothing / "mortality").mkdir()
    gap = tmp_path / "gap"
    shutil.copytree(data, gap)
    (gap / "sequence" / "7.csv").unlink()
    (gap / "mortality" / "39.csv").unlink()
    other = tmp_path / "other.txt"
    other.write_text("a file\n")

    needs = "train needs DIR and --out RUN, or --resume RUN"
    fails(capsys, 2, needs, "train", data)
    fails(capsys, 2, needs, "train", "--out", new)
    fails(capsys, 2, "sequence: No such file or directory", "train", tmp_path, "--out", new)
    fails(capsys, 2, r"sequence: no files 0\.csv, 1\.csv", "train", nothing, "--out", new)
    missing = r"missing files: .*%d\.csv: 7; .*%d\.csv: 39"
    fails(capsys, 2, missing, "train", gap, "--out", new)
    there = "is there already; name a folder that is new or empty"
    fails(capsys, 2, there, "train", data, "--out", unbroken)
    fails(capsys, 2, there, "train", data, "--out", other)
    few = "40 of 40 examples to train on: expected 1 at least, and 1 at least left to test on"
    fails(capsys, 2, few, "train", data, "--out", new, "--train", 40)
    fails(capsys, 2, "line 1, column 1: .*header", "train", data, "--out", new, "--skip-rows", 0)
    fails(capsys, 2, "learning_rate=-1.0", "train", data, "--out", new, "--learning-rate", -1)
    fails(capsys, 2, "std=-1.0, expected", "train", data, "--out", new, "--init-std", -1)
    pool = "--pool draws its batches at random: not with --no-shuffle"
    fails(capsys, 2, pool, "train", data, "--out", new, "--pool", 5, "--no-shuffle")
    only = "--resume RUN takes its settings from RUN; only --epochs goes with it"
    fails(capsys, 2, only, "train", "--resume", unbroken, "--units", 5)
    fails(capsys, 2, only, "train", data, "--resume", unbroken)
    no_run = r"settings\.json: no such file, so .* is no run"
    fails(capsys, 2, no_run, "train", "--resume", new)
    fails(capsys, 2, no_run, "evaluate", new, data)
    fails(capsys, 2, "sequence: No such file", "evaluate", unbroken, nothing / "sequence")
    fails(capsys, 2, "other.txt: is no folder; an archive", "train", other, "--out", new)
    fails(capsys, 2, "other.txt: is no folder; an archive", "evaluate", unbroken, other)
    narrow = tmp_path / "narrow"
    shutil.copytree(data, narrow)
    for path in (narrow / "sequence").iterdir():
        path.write_text("a,b\n1,2\n")
    columns = "narrow: 2 columns, expected 86 as in the data that .*unbroken was trained on"
    fails(capsys, 2, columns, "evaluate", unbroken, narrow)
    fails(capsys, 2, "there is no quiz 999, expected 1 to", "gradcheck", "--quiz", 999)
    assert not new.exists()


def test_a_damaged_run(data, unbroken, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    (run / "model.npz").write_bytes(b"")
    fails(capsys, 2, r"model\.npz: not a checkpoint of this package", "evaluate", run, data)
    shutil.copy(unbroken / "model.npz", run)
    settings = json.loads((run / "settings.json").read_text())
    (run / "settings.json").write_text(json.dumps({**settings, "units": 5, "data": "moved"}))
    changed = r"settings\.json: units not as in training \(model\.npz\)"
    fails(capsys, 2, changed, "train", "--resume", run, "--epochs", 5)
    (run / "settings.json").write_text("{}")
    fails(capsys, 2, r"settings\.json: expected the keys activation, ", "evaluate", run, data)
    (run / "settings.json").write_text("{")
    fails(capsys, 2, r"settings\.json: Expecting property name", "evaluate", run, data)


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
        ([], "train evaluate crossvalidate explain physionet2012 gradcheck"),
        (["train"], "--units --epochs --batch-size --learning-rate --init-std --seed --dtype 130"),
        (["train"], "--recipe --seeds --folds --workers hourly"),
        (["evaluate"], "RUN DIR AUC --out REPORT"),
        (["crossvalidate"], "RAW --out STUDY --recipe --folds --seeds --workers --dask --units"),
        (["explain"], "RUN RAW --record ID --out DIR --units"),
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


@pytest.mark.usefixtures("undrawn")
def test_physionet2012(tmp_path, capsys):
    raw = str(SAMPLES / "physionet2012" / "set-s")
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(["physionet2012", raw, str(one), "--train", "30"]) == 0
    out, _ = capsys.readouterr()
    assert re.match(r"records +60, of which \d+ died", out)
    assert "the first 30 records" in out
    assert len(list((one / "sequence").iterdir())) == 60
    assert main(["physionet2012", raw, str(two), "--like", str(one)]) == 0
    assert (one / "statistics.csv").read_bytes() == (two / "statistics.csv").read_bytes()
    capsys.readouterr()
    fails(capsys, 2, "is there already", "physionet2012", raw, one)
    assert main(["train", str(one), "--out", str(tmp_path / "run"), *SMALL]) == 0
