import dataclasses

import numpy as np
import pytest
from helpers.serial import Serial
from helpers.small_records import SMALL, make_records
from helpers.small_training import assert_same_bits

import tinylstm as tl

RECORDS = make_records()
HOW = {"recipe": SMALL, "seeds": 2, "verbose": False}


def test_equals_training_one_by_one(tmp_path):
    models = tl.train_seeds(RECORDS, out=tmp_path, **HOW)  # in processes
    for seed, model in enumerate(models):
        one = tl.train_recipe(RECORDS, SMALL, seed, verbose=False)
        assert_same_bits(model.network, one.network)
        assert model.seed == seed
        assert_same_bits(tl.load_model(tmp_path / f"seed-{seed}.npz").network, one.network)


def test_what_is_there_is_not_trained_again(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        tl.train_seeds(RECORDS, out=tmp_path, executor=Serial(1), **HOW)
    n_finished = len(list(tmp_path.iterdir()))
    executor = Serial()
    models = tl.train_seeds(RECORDS, out=tmp_path, executor=executor, **{**HOW, "seeds": 3})
    assert executor.submitted == 3 - n_finished
    assert [model.seed for model in models] == [0, 1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"seed-{k}.npz" for k in range(3)]


def test_progress(tmp_path, capsys):
    how = {**HOW, "verbose": True, "executor": Serial()}
    models = tl.train_seeds(RECORDS, out=tmp_path, **how)
    lines = sorted(capsys.readouterr().err.splitlines())
    for seed, (line, model) in enumerate(zip(lines, models, strict=True)):
        loss = f"{model.history.loss[-1]:#.4g}"
        assert line == f"seed {seed}: loss {loss} in the last epoch; 2 of 2 done, 0 s left"


def test_a_folder_of_something_else(tmp_path):
    tl.train_seeds(RECORDS, out=tmp_path, executor=Serial(), **{**HOW, "seeds": 1})

    def refuses(message, records=RECORDS, **changes):
        with pytest.raises(ValueError, match=message):
            tl.train_seeds(records, out=tmp_path, executor=Serial(0), **{**HOW, **changes})

    refuses(
        r"seed-0\.npz: a model of another recipe; name another folder",
        recipe=dataclasses.replace(SMALL, n_units=2),
    )
    refuses(r"seed-0\.npz: a model of other records; name another folder", records=RECORDS[1:])
    refuses("seeds=0, expected at least 1", seeds=0)
    no_outcome = [dataclasses.replace(RECORDS[0], died=None), *RECORDS[1:]]
    refuses("record 1000 has no outcome", records=no_outcome)


def test_mean_of_the_seeds(tmp_path):
    models = tl.train_seeds(RECORDS, out=tmp_path, executor=Serial(), **HOW)
    p = [model.probabilities(RECORDS) for model in models]
    assert (p[0] != p[1]).all()
    np.testing.assert_array_equal(tl.mean_probabilities(models, RECORDS), np.mean(p, axis=0))
