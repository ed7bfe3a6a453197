import dataclasses
import os

import numpy as np
import pytest
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
    with pytest.raises(FileNotFoundError, match=r"b\.npz: no such file"):
        tl.load_model(tmp_path / "b.npz")


@pytest.mark.skipif(
    "TINYLSTM_PHYSIONET2012" not in os.environ, reason="TINYLSTM_PHYSIONET2012 is not set"
)
def test_the_hourly_recipe_on_set_a():
    from tinylstm.data.physionet2012 import read_records

    records = read_records(f"{os.environ['TINYLSTM_PHYSIONET2012']}/set-a.tar.gz")
    model = tl.train_recipe(records[:3200], "hourly", seed=0, verbose=False)
    died = [record.died for record in records[3200:]]
    assert tl.roc_curve(died, model.probabilities(records[3200:])).auc > 0.845
