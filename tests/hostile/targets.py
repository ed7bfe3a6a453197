"""The readers: how to make a small folder that each can read, and what it reads from it."""

import dataclasses
import gzip
import io
import shutil
import tarfile
from dataclasses import dataclass

import numpy as np

import tinylstm as tl
from tests.helpers.paths import GOLDEN, ICU, SAMPLES
from tests.helpers.serial import Serial
from tinylstm.cli.example_run import DEFAULTS, read_folder, read_settings
from tinylstm.cli.train_command import train_example
from tinylstm.data.physionet2012 import read_records, read_scores
from tinylstm.data.physionet2012.conversion import convert
from tinylstm.data.physionet2012.rows import Statistics
from tinylstm.exchange import load_dl4j
from tinylstm.study.runs import load_run, new_settings, train_study

SET = SAMPLES / "physionet2012"
SMALL = dataclasses.replace(tl.RECIPES["hourly"], n_units=2, epochs=1, batch_size=16)


@dataclass(frozen=True)
class Target:
    """`make(folder)` writes the undamaged files; `read(folder)` gives what the numbers are."""

    make: object
    read: object
    checksums: tuple = ()  # endings of files in which no change goes unseen
    changed: tuple = ("",)  # endings of the files that are changed


def _make_csv(folder, n=4):
    for kind in ("sequence", "mortality"):
        (folder / kind).mkdir(parents=True)
        for number in range(n):
            shutil.copy(ICU / kind / f"{number}.csv", folder / kind)


def _make_records(folder):
    (folder / "set-s").mkdir(parents=True)
    paths = sorted((SET / "set-s").iterdir(), key=lambda path: path.stat().st_size)[:6]
    for path in paths:
        shutil.copy(path, folder / "set-s")
    lines = (SET / "Outcomes-s.txt").read_text().splitlines()
    kept = [line for line in lines[1:] if f"{line.split(',')[0]}.txt" in {p.name for p in paths}]
    (folder / "Outcomes-s.txt").write_text("\n".join([lines[0], *kept]) + "\n")


def _make_tar(folder, name="set-s.tar"):
    _make_records(folder)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.add(folder / "set-s", "set-s")
    shutil.rmtree(folder / "set-s")
    data = stream.getvalue()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)


def _read_raw(raw):
    records, scores = read_records(raw), read_scores(raw)
    return [dataclasses.astuple(record) for record in records], scores


def _make_checkpoint(folder):
    rng = np.random.default_rng(0)
    network = tl.Network(
        {"lstm": tl.PeepholeLSTM(4, 3, rng=rng), "output": tl.SoftmaxOutput(3, 2, rng=rng)}
    )
    data = tl.SequenceDataset(list(rng.normal(size=(6, 5, 4))), [[n % 2] for n in range(6)], 2)
    standardizer, optimizer = tl.Standardizer().fit(data), tl.Adam(0.01)
    average = tl.ExponentialAverage(0.9)
    history = tl.fit(
        network, data, optimizer, epochs=2, batch_size=3, seed=0, verbose=False, average=average
    )
    more = {"average": average, "arrays": {"extra": np.arange(5)}}
    tl.save(folder / "model.npz", network, standardizer, history, optimizer, {"note": "x"}, **more)


def _read_checkpoint(folder):
    checkpoint = tl.load(folder / "model.npz")
    states = [part and part.state for part in (checkpoint.optimizer, checkpoint.average)]
    scaled = checkpoint.standardizer and (checkpoint.standardizer.mean, checkpoint.standardizer.std)
    return (
        dict(checkpoint.network.parameters),
        scaled,
        states,
        checkpoint.arrays,
        checkpoint.settings,
    )


def _make_model(folder):
    records = read_records(SET / "set-s")[:30]
    tl.train_recipe(records, SMALL, seed=0, verbose=False).save(folder / "model.npz")


def _read_model(folder):
    model = tl.load_model(folder / "model.npz")
    return model.recipe, model.record_ids, dict(model.network.parameters)


def _make_run(folder):
    settings = new_settings("hourly", {"n_units": 2, "epochs": 1}, SET / "set-s", 48, 1, 2)
    records, scores = read_records(SET / "set-s"), read_scores(SET / "set-s")
    train_study(folder, settings, records, scores, Serial(), lambda text: None)


def _read_run(folder):
    run = load_run(folder)
    models = [dict(model.network.parameters) for model in run.models]
    return models, run.settings, run.training, run.rivals.to_arrays()


def _make_example_run(folder):
    data = folder.with_name(f"{folder.name} data")
    _make_csv(data, n=8)
    options = {"units": 2, "epochs": 1, "batch_size": 4}
    train_example(folder, {"data": str(data), **DEFAULTS, **options})


def _read_example_run(folder):
    settings = read_settings(folder)
    return settings, _read_checkpoint(folder)


def _study(folder, n_tasks):
    records = read_records(SET / "set-s")[:24]
    how = {"out": folder, "executor": Serial(n_tasks), "verbose": False}
    return tl.crossvalidate(records, SMALL, folds=2, seeds=1, **how)


def _make_statistics(folder):
    convert(SET / "set-s", folder / "rows")
    shutil.move(folder / "rows" / "statistics.csv", folder)
    shutil.rmtree(folder / "rows")


ZIPPED = (".npz", ".zip", ".gz")
TARGETS = {
    "csv": Target(_make_csv, lambda folder: _examples(read_folder(folder, DEFAULTS))),
    "records": Target(_make_records, lambda folder: _read_raw(folder / "set-s")),
    "tar": Target(_make_tar, lambda folder: _read_raw(folder / "set-s.tar")),
    "tar.gz": Target(
        lambda folder: _make_tar(folder, "set-s.tar.gz"),
        lambda folder: _read_raw(folder / "set-s.tar.gz"),
        ZIPPED,
    ),
    "checkpoint": Target(_make_checkpoint, _read_checkpoint, ZIPPED),
    "model": Target(_make_model, _read_model, ZIPPED),
    "run": Target(_make_run, _read_run, ZIPPED, ("settings.json", "training.json", ".npz")),
    "example-run": Target(_make_example_run, _read_example_run, ZIPPED, ("settings.json", ".npz")),
    # A task that is not there any more is not run again: that is an interrupt.
    "study": Target(
        lambda folder: _study(folder, None),
        lambda folder: _study(folder, 0).seed_probabilities,
        changed=(".json",),
    ),
    "statistics": Target(
        _make_statistics,
        lambda folder: dataclasses.astuple(Statistics.load(folder / "statistics.csv")),
    ),
    "dl4j": Target(
        lambda folder: shutil.copy(GOLDEN / "two_layers.zip", folder),
        lambda folder: dict(load_dl4j(folder / "two_layers.zip").parameters),
        ZIPPED,
    ),
}


def _examples(dataset):
    return dataset.features, dataset.labels
