import copy
import dataclasses
import os
import pickle

import numpy as np
import pytest
from helpers.serial import Serial
from helpers.small_records import SMALL, SMALL_EXAMPLE, make_records
from helpers.small_training import assert_same_bits, make_network

import tinylstm as tl

TRAIN, NEW = make_records(), make_records(7, seed=1)


@pytest.fixture(scope="module", params=[SMALL, SMALL_EXAMPLE], ids=["hourly", "example"])
def model(request):
    return tl.train_recipe(TRAIN, request.param, seed=1, verbose=False)


def test_risks_are_those_of_each_record_alone(model):
    risks = model.risks(NEW)
    for record, risk in zip(NEW, risks, strict=True):
        (x,) = model.layout.features([record])
        p = model.network.forward(x[:, None])[:, 0, 1]
        assert risk.shape == (len(x),) and risk.dtype == np.float64
        np.testing.assert_allclose(risk, p, rtol=1e-5)
    assert model.probabilities(NEW).tolist() == [risk[-1] for risk in risks]


def test_outcomes_of_new_records_are_not_looked_at(model):
    hidden = [dataclasses.replace(record, died=None) for record in NEW]
    np.testing.assert_array_equal(model.probabilities(hidden), model.probabilities(NEW))


def test_the_seed_decides(model):
    again = tl.train_recipe(TRAIN, model.recipe, seed=1, verbose=False)
    assert_same_bits(again.network, model.network)
    other = tl.train_recipe(TRAIN, model.recipe, seed=2, verbose=False)
    assert (other.probabilities(NEW) != model.probabilities(NEW)).all()


def test_it_comes_back_from_one_file(model, tmp_path):
    model.save(tmp_path / "model.npz")
    other = tl.load_model(tmp_path / "model.npz")
    np.testing.assert_array_equal(other.probabilities(NEW), model.probabilities(NEW))
    assert other.recipe == model.recipe
    assert other.seed == 1
    assert other.record_ids.tolist() == [record.record_id for record in TRAIN]
    assert other.history == model.history


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_twin_says_the_same(model, twin):
    other = twin(model)
    np.testing.assert_array_equal(other.probabilities(NEW), model.probabilities(NEW))
    assert (other.recipe, other.seed, other.history) == (model.recipe, 1, model.history)
    assert repr(other) == repr(model)
    assert "\n" not in repr(model) and "of 24 records, seed 1)" in repr(model)


def test_mean_probabilities(model):
    models = [model, tl.train_recipe(TRAIN, model.recipe, seed=2, verbose=False)]
    expected = (models[0].probabilities(NEW) + models[1].probabilities(NEW)) / 2
    np.testing.assert_allclose(tl.mean_probabilities(models, NEW), expected, rtol=1e-15)


def test_records_that_will_not_do():
    no_outcome = [*TRAIN[:3], dataclasses.replace(TRAIN[3], died=None)]
    with pytest.raises(ValueError, match="record 1003 has no outcome"):
        tl.train_recipe(no_outcome, SMALL)
    with pytest.raises(ValueError, match="no records, expected at least one"):
        tl.train_recipe([], SMALL)


def test_files_that_are_no_model(model, tmp_path):
    path = tmp_path / "a.npz"
    message = r"a\.npz: a checkpoint, but of no recipe's model"
    tl.save(path, make_network())
    with pytest.raises(ValueError, match=message):
        tl.load_model(path)
    settings = {"recipe": dataclasses.asdict(model.recipe), "seed": 0}
    tl.save(path, model.network, settings=settings)
    with pytest.raises(ValueError, match=message):
        tl.load_model(path)
    arrays = {**model.layout.to_arrays(), "record_ids": model.record_ids}
    for changes, more in (
        ({"seed": -1}, {}),
        ({"seed": True}, {}),
        ({"recipe": {**settings["recipe"], "targets": "course"}}, {}),
        ({"recipe": {**settings["recipe"], "targets": "weather"}}, {}),
        ({}, {"record_ids": model.record_ids / 2}),
    ):
        whole = {**settings, **changes}
        tl.save(path, model.network, settings=whole, arrays={**arrays, **more})
        with pytest.raises(ValueError, match=message):
            tl.load_model(path)
    with pytest.raises(FileNotFoundError, match=r"b\.npz: no such file"):
        tl.load_model(tmp_path / "b.npz")


SEEDS = {"recipe": SMALL, "seeds": 2, "verbose": False}


def test_equals_training_one_by_one(tmp_path):
    models = tl.train_seeds(TRAIN, out=tmp_path, **SEEDS)  # in processes
    for seed, model in enumerate(models):
        one = tl.train_recipe(TRAIN, SMALL, seed, verbose=False)
        assert_same_bits(model.network, one.network)
        assert model.seed == seed
        assert_same_bits(tl.load_model(tmp_path / f"seed-{seed}.npz").network, one.network)


def test_what_is_there_is_not_trained_again(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        tl.train_seeds(TRAIN, out=tmp_path, executor=Serial(1), **SEEDS)
    n_finished = len(list(tmp_path.iterdir()))
    executor = Serial()
    models = tl.train_seeds(TRAIN, out=tmp_path, executor=executor, **{**SEEDS, "seeds": 3})
    assert executor.submitted == 3 - n_finished
    assert [model.seed for model in models] == [0, 1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"seed-{k}.npz" for k in range(3)]


def test_progress_of_the_seeds(tmp_path, capsys):
    how = {**SEEDS, "verbose": True, "executor": Serial()}
    models = tl.train_seeds(TRAIN, out=tmp_path, **how)
    lines = sorted(capsys.readouterr().err.splitlines())
    for seed, (line, model) in enumerate(zip(lines, models, strict=True)):
        loss = f"{model.history.loss[-1]:#.4g}"
        assert line == f"seed {seed}: loss {loss} in the last epoch; 2 of 2 done, 0 s left"


def test_a_folder_of_something_else(tmp_path):
    tl.train_seeds(TRAIN, out=tmp_path, executor=Serial(), **{**SEEDS, "seeds": 1})

    def refuses(message, records=TRAIN, **changes):
        with pytest.raises(ValueError, match=message):
            tl.train_seeds(records, out=tmp_path, executor=Serial(0), **{**SEEDS, **changes})

    refuses(
        r"seed-0\.npz: a model of another recipe; name another folder",
        recipe=dataclasses.replace(SMALL, n_units=2),
    )
    refuses(r"seed-0\.npz: a model of other records; name another folder", records=TRAIN[1:])
    refuses("seeds=0, expected at least 1", seeds=0)
    no_outcome = [dataclasses.replace(TRAIN[0], died=None), *TRAIN[1:]]
    refuses("record 1000 has no outcome", records=no_outcome)


def test_mean_of_the_seeds(tmp_path):
    models = tl.train_seeds(TRAIN, out=tmp_path, executor=Serial(), **SEEDS)
    p = [model.probabilities(TRAIN) for model in models]
    assert (p[0] != p[1]).all()
    np.testing.assert_array_equal(tl.mean_probabilities(models, TRAIN), np.mean(p, axis=0))


@pytest.mark.skipif(
    "TINYLSTM_PHYSIONET2012" not in os.environ, reason="TINYLSTM_PHYSIONET2012 is not set"
)
def test_the_hourly_recipe_on_set_a():
    from tinylstm.data.physionet2012 import read_records

    records = read_records(f"{os.environ['TINYLSTM_PHYSIONET2012']}/set-a.tar.gz")
    model = tl.train_recipe(records[:3200], "hourly", seed=0, verbose=False)
    died = [record.died for record in records[3200:]]
    assert tl.roc_curve(died, model.probabilities(records[3200:])).auc > 0.845
