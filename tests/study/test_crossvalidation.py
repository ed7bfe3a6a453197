import dataclasses
import json
import os
import pickle
import re
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from helpers.holder import held
from helpers.serial import Serial
from helpers.small_records import SMALL, SMALL_EXAMPLE, make_records

import tinylstm as tl
from tinylstm.evaluation import Recalibration, best_threshold
from tinylstm.study.crossvalidation import stratified_folds

RECORDS = make_records(30)
HOW = {"recipe": SMALL, "folds": 3, "seeds": 2, "verbose": False}


@pytest.fixture(scope="module")
def serial():
    return tl.crossvalidate(RECORDS, executor=Serial(), **HOW)


def assert_same_study(study, other):
    np.testing.assert_array_equal(study.seed_probabilities, other.seed_probabilities)
    np.testing.assert_array_equal(study.folds, other.folds)


def test_equals_training_and_testing_by_hand(serial):
    died = np.array([record.died for record in RECORDS])
    folds = stratified_folds(died, 3, seed=0)
    np.testing.assert_array_equal(serial.folds, folds)
    np.testing.assert_array_equal(serial.died, died)
    assert serial.record_ids.tolist() == [record.record_id for record in RECORDS]
    for fold in range(3):
        train = [record for record, f in zip(RECORDS, folds, strict=True) if f != fold]
        test = [record for record, f in zip(RECORDS, folds, strict=True) if f == fold]
        models = [tl.train_recipe(train, SMALL, seed, verbose=False) for seed in range(2)]
        for seed, model in enumerate(models):
            np.testing.assert_array_equal(
                serial.seed_probabilities[seed, folds == fold], model.probabilities(test)
            )
        mean = tl.mean_probabilities(models, test)
        np.testing.assert_array_equal(serial.probabilities[folds == fold], mean)
        assert serial.fold_aucs[fold] == tl.roc_curve(died[folds == fold], mean).auc
    assert serial.auc == np.mean(serial.fold_aucs)
    assert serial.pooled_auc == tl.roc_curve(died, serial.probabilities).auc
    assert serial.threshold == best_threshold(died, serial.probabilities)
    assert serial.seed_fold_aucs.shape == (2, 3)
    assert serial.seconds.shape == (3, 2) and (serial.seconds > 0).all()


def test_a_fold_is_recalibrated_by_the_others(serial):
    """Nothing of the fold itself has a say, neither outcomes nor probabilities."""
    p, inside = serial.probabilities, serial.folds == 1
    recalibration = Recalibration.fit(serial.died[~inside], p[~inside])
    np.testing.assert_array_equal(serial.recalibrate(p)[inside], recalibration(p[inside]))
    other = dataclasses.replace(
        serial,
        died=np.where(inside, 1 - serial.died, serial.died),
        part_probabilities=np.where(inside, 0.5, serial.part_probabilities),
    )
    np.testing.assert_array_equal(other.recalibrate(p)[inside], serial.recalibrate(p)[inside])
    for fold in range(3):
        before, after = p[serial.folds == fold], serial.recalibrate(p)[serial.folds == fold]
        np.testing.assert_array_equal(np.argsort(after), np.argsort(before))
    assert serial.recalibration == Recalibration.fit(serial.died, p)


def test_same_bits_in_processes_and_in_threads(serial):
    assert_same_study(tl.crossvalidate(RECORDS, **HOW), serial)
    with ThreadPoolExecutor(3) as executor:
        assert_same_study(tl.crossvalidate(RECORDS, executor=executor, **HOW), serial)


def test_the_example_s_recipe_and_other_folds(serial):
    study = tl.crossvalidate(
        RECORDS, executor=Serial(), fold_seed=1, **{**HOW, "recipe": SMALL_EXAMPLE}
    )
    assert (study.folds != serial.folds).any()
    assert np.isfinite(study.probabilities).all()


def files(out):
    return sorted(path.name for path in out.iterdir())


def test_an_interrupted_study_goes_on_where_it_was(serial, tmp_path):
    out = tmp_path / "study"
    with pytest.raises(KeyboardInterrupt):
        tl.crossvalidate(RECORDS, executor=Serial(2), out=out, **HOW)
    finished = ["fold-0-seed-0.json", "fold-1-seed-0.json"]
    assert set(files(out)) <= {*finished, "study.json"}
    n_finished = len(files(out)) - 1
    executor = Serial()
    study = tl.crossvalidate(RECORDS, executor=executor, out=out, **HOW)
    assert_same_study(study, serial)
    assert executor.submitted == 6 - n_finished
    nobody = Serial(0)
    again = tl.crossvalidate(RECORDS, executor=nobody, out=out, **HOW)
    assert nobody.submitted == 0
    assert_same_study(again, serial)
    np.testing.assert_array_equal(again.seconds, study.seconds)


def test_more_seeds_make_use_of_what_there_is(serial, tmp_path):
    tl.crossvalidate(RECORDS, executor=Serial(), out=tmp_path, **{**HOW, "seeds": 1})
    executor = Serial()
    study = tl.crossvalidate(RECORDS, executor=executor, out=tmp_path, **HOW)
    assert executor.submitted == 3
    assert_same_study(study, serial)
    one = tl.crossvalidate(RECORDS, executor=Serial(0), out=tmp_path, **{**HOW, "seeds": 1})
    np.testing.assert_array_equal(one.seed_probabilities, serial.seed_probabilities[:1])


def test_the_folder(serial, tmp_path):
    study = tl.crossvalidate(RECORDS, executor=Serial(), out=tmp_path, **HOW)
    results = [f"fold-{fold}-seed-{seed}.json" for fold in range(3) for seed in range(2)]
    assert files(tmp_path) == [*results, "probabilities.csv", "study.json"]
    lines = (tmp_path / "probabilities.csv").read_text().splitlines()
    assert lines[0] == "record_id,died,fold,probability,seed_0,seed_1"
    numbers = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    np.testing.assert_array_equal(numbers[:, 3], study.recalibrate(study.probabilities))
    np.testing.assert_array_equal(numbers[:, 4:].T, study.seed_probabilities)
    asked = json.loads((tmp_path / "study.json").read_text())
    assert asked["recipe"]["n_units"] == 3
    assert asked["records"]["n"] == 30


def test_another_study_in_the_folder(tmp_path):
    tl.crossvalidate(RECORDS, executor=Serial(), out=tmp_path, **{**HOW, "seeds": 1})
    before = files(tmp_path)

    def refuses(message, records=RECORDS, **changes):
        with pytest.raises(ValueError, match=message):
            tl.crossvalidate(records, executor=Serial(0), out=tmp_path, **{**HOW, **changes})
        assert files(tmp_path) == before

    refuses(
        r"study\.json: a study with other recipe; name another folder",
        recipe=dataclasses.replace(SMALL, epochs=3),
    )
    refuses(r"a study with other folds, fold_seed", folds=4, fold_seed=1)
    other = dataclasses.replace(RECORDS[7], values=RECORDS[7].values + 1)
    refuses("a study with other records", records=[*RECORDS[:7], other, *RECORDS[8:]])
    path = tmp_path / "fold-2-seed-0.json"
    whole = json.loads(path.read_text())
    n = len(whole["probabilities"])
    for changes, message in [
        ({"probabilities": [0.5]}, f"probabilities: 1 items, expected {n}"),
        ({"probabilities": [*whole["probabilities"][1:], 1.5]}, r"1\.5, expected a number of at"),
        ({"probabilities": [*whole["probabilities"][1:], None]}, r"null, expected a number of at"),
        ({"probabilities": whole["probabilities"][::-1]}, "but its probabilities have"),
        ({"seed": 1}, "not the result that its name says"),
        ({"seed": 0.0}, r"seed: 0\.0, expected a whole number"),
        ({"fold": True}, "fold: true, expected a whole number"),
        ({"seconds": -1}, "seconds: -1, expected a number of at least 0"),
        ({"more": 1}, "expected the keys auc, fold, probabilities, seconds, seed"),
    ]:
        path.write_text(json.dumps({**whole, **changes}))
        refuses(r"fold-2-seed-0\.json: .*" + message)
    (tmp_path / "study.json").write_text("{")
    refuses(r"study\.json: Expecting property name")


def test_a_folder_with_something_else(tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(ValueError, match="there is something, but no study"):
        tl.crossvalidate(RECORDS, out=tmp_path, **HOW)
    assert files(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("function", [tl.crossvalidate, tl.train_seeds])
def test_another_process_in_the_folder_has_to_end_first(function, tmp_path):
    out, executor = tmp_path / "out", Serial()
    busy = pytest.raises(BlockingIOError, match="out: another process of tinylstm is at work")
    with held(out) as holder:
        with busy:
            function(RECORDS, SMALL, seeds=1, out=out, executor=executor, verbose=False)
        assert executor.submitted == 0 and files(out) == []
        holder.kill()
        holder.wait()
        function(RECORDS, SMALL, seeds=1, out=out, executor=executor, verbose=False)
        assert executor.submitted > 0


def test_a_training_that_fails_ends_the_study(tmp_path):
    diverges = dataclasses.replace(SMALL_EXAMPLE, learning_rate=1e38)
    with pytest.raises(FloatingPointError, match="epoch 1, batch 2: the loss is not finite"):
        tl.crossvalidate(RECORDS, out=tmp_path, executor=Serial(), **{**HOW, "recipe": diverges})


class Killed(Serial):
    def submit(self, function, *arguments):
        future = super().submit(function, *arguments)
        if self.submitted == 2:
            future = Future()
            future.set_exception(BrokenProcessPool("terminated abruptly"))
        return future


def test_a_worker_that_dies():
    with pytest.raises(ChildProcessError, match="a worker ended in the middle of a training"):
        tl.crossvalidate(RECORDS, executor=Killed(), **HOW)


def test_progress(capsys, tmp_path):
    arguments = {**HOW, "out": tmp_path, "executor": Serial(), "verbose": True}
    study = tl.crossvalidate(RECORDS, **arguments)
    lines = capsys.readouterr().err.splitlines()
    pattern = r"fold (\d), seed (\d): AUC (\d\.\d{4}), \d+ s; 6 of 6 done, 0 s left"
    found = [re.fullmatch(pattern, line).groups() for line in lines]
    expected = {
        (str(fold), str(seed), f"{study.seed_fold_aucs[seed, fold]:.4f}")
        for fold in range(3)
        for seed in range(2)
    }
    assert set(found) == expected and len(found) == 6
    tl.crossvalidate(RECORDS, **arguments)
    assert capsys.readouterr().err == ""


def test_what_a_study_says(serial):
    text = str(serial)
    assert text.startswith("30 records, 10 deaths; 3 folds, 2 seeds\n")
    assert f"AUC, seeds averaged  {serial.auc:.4f}  mean of the folds" in text
    assert f"{serial.pooled_auc:.4f}  over all records at once" in text
    assert repr(serial) == f"Study(30 records, 3 folds, 2 seeds, AUC {serial.auc:.4f})"
    assert_same_study(pickle.loads(pickle.dumps(serial)), serial)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": 1}, "n_folds=1, expected at least 2"),
        ({"folds": 11}, "10 examples of class 1 for 11 folds"),
        ({"seeds": 0}, "seeds=0, expected at least 1"),
        ({"recipe": "daily"}, "recipe 'daily' is not one of"),
        ({"records": []}, "no records"),
        (
            {"records": [*RECORDS[:5], dataclasses.replace(RECORDS[5], died=None)]},
            "record 1005 has no outcome",
        ),
    ],
)
def test_wrong_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        tl.crossvalidate(**{"records": RECORDS, "executor": Serial(0), **HOW, **changes})


@pytest.mark.filterwarnings("default")  # of the cluster's own
def test_a_dask_cluster_that_loses_a_worker(tmp_path):
    distributed = pytest.importorskip("distributed")
    from tinylstm.study.workers import dask_executor

    def kill_one():
        while not list(tmp_path.glob("fold-*")):
            time.sleep(0.01)
        os.kill(cluster.workers[0].pid, signal.SIGKILL)
        finished_then.append(len(list(tmp_path.glob("fold-*"))))

    finished_then = []
    how = {**HOW, "recipe": dataclasses.replace(SMALL, epochs=30)}  # 1 s a task
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        killer = threading.Thread(target=kill_one)
        killer.start()
        with dask_executor(cluster.scheduler_address) as executor:
            study = tl.crossvalidate(RECORDS, out=tmp_path, executor=executor, **how)
        killer.join()
    assert 0 < finished_then[0] < 5
    assert_same_study(study, tl.crossvalidate(RECORDS, executor=Serial(), **how))


@pytest.mark.parametrize("n_folds", [2, 5, 7])
def test_every_class_is_dealt_out_evenly(n_folds):
    labels = (np.random.default_rng(0).random(203) < 0.14).astype(int)
    folds = stratified_folds(labels, n_folds)
    assert set(folds.tolist()) == set(range(n_folds))
    for chosen in (labels == 0, labels == 1, np.ones(203, bool)):
        sizes = np.bincount(folds[chosen], minlength=n_folds)
        assert np.ptp(sizes) <= 1


def test_the_seed_decides_about_the_folds():
    labels = np.arange(100) % 4 == 0
    np.testing.assert_array_equal(stratified_folds(labels, 5, 1), stratified_folds(labels, 5, 1))
    assert (stratified_folds(labels, 5, 1) != stratified_folds(labels, 5, 2)).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0, 0, 1], 2), "1 examples of class 1 for 2 folds"),
        (([0, 0, 1, 1], 1), "n_folds=1, expected at least 2"),
        (([0, 0, 1, 1], 2, -1), "seed=-1, expected at least 0"),
    ],
)
def test_folds_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        stratified_folds(*arguments)
