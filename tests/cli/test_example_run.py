import csv
import json
import re
import shutil

import numpy as np
import pytest
from helpers.paths import SAMPLES
from helpers.small_runs import SMALL, fails
from helpers.small_training import assert_same_bits

import tinylstm as tl
from tinylstm.cli import main

ICU = SAMPLES / "icu"


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
def test_defaults_are_the_examples(icu_40, tmp_path):
    assert main(["train", str(icu_40), "--out", str(tmp_path / "run"), "--epochs", "1"]) == 0
    checkpoint = tl.load(tmp_path / "run" / "model.npz")
    network = checkpoint.network
    assert sum(p.size for p in network.parameters.values()) == 465_902
    assert {p.dtype for p in network.parameters.values()} == {np.dtype(np.float32)}
    assert network.layers["lstm"].settings["activation"] == "softsign"
    assert checkpoint.optimizer.learning_rate == 0.05
    assert checkpoint.standardizer is not None
    expected = {"batch_size": 32, "init_std": 0.05, "shuffle": True, "train": 32, "seed": 0}
    assert checkpoint.settings.items() >= expected.items()
    # The one default that no recipe names is the layer's own.
    b = tl.PeepholeLSTM(1, 1, rng=np.random.default_rng(0)).parameters["b"]  # of a, f, o, i
    assert checkpoint.settings["forget_bias"] == b[1]


@pytest.mark.usefixtures("undrawn")
def test_the_example_as_published(icu_40, tmp_path):
    run = tmp_path / "run"
    options = "--init-std 1 --no-standardize --no-shuffle"
    assert main(["train", str(icu_40), "--out", str(run), *SMALL, *options.split()]) == 0
    checkpoint = tl.load(run / "model.npz")
    assert checkpoint.standardizer is None
    assert 0.9 < checkpoint.network.parameters["lstm.W"].std() < 1.1
    settings = json.loads((run / "settings.json").read_text())
    assert not settings["shuffle"]
    assert not settings["standardize"]


@pytest.mark.usefixtures("undrawn")
def test_pools_of_like_lengths(icu_40, unbroken, tmp_path):
    assert main(["train", str(icu_40), "--out", str(tmp_path / "run"), *SMALL, "--pool", "4"]) == 0
    losses = [tl.load(run / "model.npz").history.loss for run in (unbroken, tmp_path / "run")]
    assert losses[0] != losses[1]


def test_evaluate(icu_40, unbroken, tmp_path, capsys):
    checkpoint = tl.load(unbroken / "model.npz")
    pattern = f"{icu_40}/sequence/%d.csv", f"{icu_40}/mortality/%d.csv"
    dataset = tl.SequenceDataset.from_csv(*pattern, 0, 39, n_classes=2, skip_rows=1)
    dataset = checkpoint.standardizer.transform(dataset)
    capsys.readouterr()

    assert main(["evaluate", str(unbroken), str(icu_40)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{tl.evaluate(checkpoint.network, dataset[32:])}\n"
    assert "was trained on the first 32 examples of" in err

    shutil.copytree(icu_40, tmp_path / "elsewhere")
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


@pytest.mark.usefixtures("undrawn")
def test_headers_of_label_files_and_other_delimiters(icu_40, unbroken, tmp_path):
    folder, run = tmp_path / "data", tmp_path / "run"
    shutil.copytree(icu_40, folder)
    for path in (folder / "sequence").iterdir():
        path.write_text(path.read_text().replace(",", "\t"))
    for path in (folder / "mortality").iterdir():
        path.write_text("died\n" + path.read_text())
    options = ["--label-skip-rows", "1", "--delimiter", r"\t"]
    assert main(["train", str(folder), "--out", str(run), *SMALL, *options]) == 0
    assert_same_bits(tl.load(run / "model.npz").network, tl.load(unbroken / "model.npz").network)
    assert main(["evaluate", str(run), str(folder)]) == 0


@pytest.mark.usefixtures("undrawn")
def test_settings_of_an_earlier_version(unbroken, icu_40, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    settings = json.loads((run / "settings.json").read_text())
    del settings["label_skip_rows"], settings["delimiter"], settings["workers"]
    (run / "settings.json").write_text(json.dumps(settings))
    assert main(["evaluate", str(run), str(icu_40)]) == 0
    assert main(["train", "--resume", str(run), "--epochs", "5"]) == 0


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


def test_a_run_that_diverges(icu_40, tmp_path, capsys):
    options = [*SMALL, "--learning-rate", "1e100"]
    argv = ["train", str(icu_40), "--out", str(tmp_path / "run"), *options]
    assert main(argv) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.match(
        r"tinylstm: epoch 1, batch 2: the loss is not finite; try a smaller learning rate", last
    )


def test_bad_input(icu_40, unbroken, tmp_path, capsys):
    new = tmp_path / "new"
    nothing = tmp_path / "nothing"
    (nothing / "sequence").mkdir(parents=True)
    (nothing / "mortality").mkdir()
    gap = tmp_path / "gap"
    shutil.copytree(icu_40, gap)
    (gap / "sequence" / "7.csv").unlink()
    (gap / "mortality" / "39.csv").unlink()
    other = tmp_path / "other.txt"
    other.write_text("a file\n")

    needs = "train needs DIR and --out RUN, or --resume RUN"
    fails(capsys, 2, needs, "train", icu_40)
    fails(capsys, 2, needs, "train", "--out", new)
    fails(capsys, 2, "sequence: No such file or directory", "train", tmp_path, "--out", new)
    fails(capsys, 2, r"sequence: no files 0\.csv, 1\.csv", "train", nothing, "--out", new)
    missing = r"missing files: .*%d\.csv: 7; .*%d\.csv: 39"
    fails(capsys, 2, missing, "train", gap, "--out", new)
    there = "is there already; name a folder that is new or empty"
    fails(capsys, 2, there, "train", icu_40, "--out", unbroken)
    fails(capsys, 2, there, "train", icu_40, "--out", other)
    few = "40 of 40 examples to train on: expected 1 at least, and 1 at least left to test on"
    fails(capsys, 2, few, "train", icu_40, "--out", new, "--train", 40)
    fails(capsys, 2, "line 1, column 1: .*header", "train", icu_40, "--out", new, "--skip-rows", 0)
    fails(capsys, 2, "learning_rate=-1.0", "train", icu_40, "--out", new, "--learning-rate", -1)
    fails(capsys, 2, "std=-1.0, expected", "train", icu_40, "--out", new, "--init-std", -1)
    pool = "--pool draws its batches at random: not with --no-shuffle"
    fails(capsys, 2, pool, "train", icu_40, "--out", new, "--pool", 5, "--no-shuffle")
    only = "--resume RUN takes its settings from RUN; only --epochs goes with it"
    fails(capsys, 2, only, "train", "--resume", unbroken, "--units", 5)
    fails(capsys, 2, only, "train", icu_40, "--resume", unbroken)
    no_run = r"settings\.json: no such file, so .* is no run"
    fails(capsys, 2, no_run, "train", "--resume", new)
    fails(capsys, 2, no_run, "evaluate", new, icu_40)
    fails(capsys, 2, "sequence: No such file", "evaluate", unbroken, nothing / "sequence")
    fails(capsys, 2, "other.txt: is no folder; an archive", "train", other, "--out", new)
    fails(capsys, 2, "other.txt: is no folder; an archive", "evaluate", unbroken, other)
    narrow = tmp_path / "narrow"
    shutil.copytree(icu_40, narrow)
    for path in (narrow / "sequence").iterdir():
        path.write_text("a,b\n1,2\n")
    columns = "narrow: 2 columns, expected 86 as in the data that .*unbroken was trained on"
    fails(capsys, 2, columns, "evaluate", unbroken, narrow)
    fails(capsys, 2, "--sets goes with --download DIR", "physionet2012", icu_40, new, "--sets", "b")
    suite = "--method and --out go with the suite, not with --mutations or --quiz"
    fails(capsys, 2, suite, "gradcheck", "--quiz", 7, "--out", new)
    fails(capsys, 2, suite, "gradcheck", "--mutations", "--method", "central")
    fails(capsys, 2, "there is no quiz 999, expected 1 to", "gradcheck", "--quiz", 999)
    assert not new.exists()


def test_a_damaged_run(icu_40, unbroken, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    (run / "model.npz").write_bytes(b"")
    fails(capsys, 2, r"model\.npz: not a checkpoint of this package", "evaluate", run, icu_40)
    shutil.copy(unbroken / "model.npz", run)
    settings = json.loads((run / "settings.json").read_text())
    (run / "settings.json").write_text(json.dumps({**settings, "units": 5, "data": "moved"}))
    changed = r"settings\.json: units not as in training \(model\.npz\)"
    fails(capsys, 2, changed, "train", "--resume", run, "--epochs", 5)
    (run / "settings.json").write_text("{}")
    fails(capsys, 2, r"settings\.json: expected the keys activation, ", "evaluate", run, icu_40)
    for name, wrong in {"classes": 2.5, "train": -1, "dtype": "int8", "shuffle": 1}.items():
        (run / "settings.json").write_text(json.dumps({**settings, name: wrong}))
        fails(capsys, 2, rf"settings\.json: {name}: .* expected", "evaluate", run, icu_40)
    (run / "settings.json").write_text("{")
    fails(capsys, 2, r"settings\.json: Expecting property name", "evaluate", run, icu_40)


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
