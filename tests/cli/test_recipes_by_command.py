"""Recipes other than `hourly` by the commands: of rows, and of parts."""

import json

import numpy as np
import pytest
from helpers.serial import Serial
from helpers.study_commands import CHANGES, RUN, SET, fails, files, recalibration_of, rows_of, train

import tinylstm as tl
from tinylstm.cli import main
from tinylstm.data.physionet2012 import read_records

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_train_on_all_and_by_the_example_s_recipe(tmp_path, capsys):
    run = tmp_path / "run"
    options = ["--recipe", "example", *CHANGES, "--seeds", "1", "--folds", "2", "--train", "60"]
    assert train("train", SET, "--out", run, *options, executor=Serial()) == 0
    assert files(run) == RUN
    out, _ = capsys.readouterr()
    assert out == ""
    fails(capsys, "run was trained on all of these 60 records", "evaluate", run, SET)
    out = tmp_path / "patient"
    assert main(["explain", str(run), str(SET), "--record", "900003", "--out", str(out)]) == 0
    assert "and may know its outcome" in capsys.readouterr().err
    (record,) = (r for r in read_records(SET) if r.record_id == 900003)
    risks = [float(row["risk"]) for row in rows_of(out / "risk.csv")]
    own = tl.load_model(run / "models" / "seed-0.npz").risks([record])[0]
    assert [float(row["seed_0"]) for row in rows_of(out / "risk.csv")] == pytest.approx(own)
    assert risks == pytest.approx(recalibration_of(run)(own), rel=1e-4)
    hours = [float(row["hours"]) for row in rows_of(out / "risk.csv")]
    assert hours == (np.union1d(record.minutes, [0]) / 60).tolist()


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_a_recipe_of_parts(tmp_path, capsys):
    run = tmp_path / "run"
    options = ["--recipe", "clinical", *CHANGES, "--seeds", "2", "--folds", "2"]
    assert train("train", SET, "--out", run, *options, executor=Serial(9)) == 130
    capsys.readouterr()
    fails(capsys, "not finished; to resume: tinylstm train --resume", "evaluate", run, SET)
    n_kept = len([*run.glob("folds/fold-*.json"), *run.glob("models/*.npz")])
    executor = Serial()
    assert train("train", "--resume", run, executor=executor) == 0
    assert executor.submitted == 18 - n_kept
    assert "3 parts, log-odds averaged, each of 2" in capsys.readouterr().out
    records = read_records(SET)
    models = [tl.load_model(path) for path in run.glob("models/seed-?-*.npz")]
    assert len(models) == 6 and {model.network.layers["output"].n_classes for model in models} == {
        13
    }
    p = recalibration_of(run)(tl.mean_probabilities(models, records[48:]))
    rows = rows_of(run / "probabilities.csv")
    np.testing.assert_allclose([float(row["probability"]) for row in rows], p, rtol=1e-5)
    hours = json.loads((run / "report.json").read_text())["auc_by_hour"]
    assert [at["hour"] for at in hours] == list(range(8, 49))
    out = tmp_path / "patient"
    assert main(["explain", str(run), str(SET), "--record", "900055", "--out", str(out)]) == 0
    risk = rows_of(out / "risk.csv")
    assert [float(row["hours"]) for row in risk] == list(range(4, 49, 4))
    assert risk[0]["risk"] == "" and float(risk[-1]["risk"]) == pytest.approx(
        float(next(row["probability"] for row in rows if row["record_id"] == "900055")), rel=1e-5
    )
    variables = {row["variable"] for row in rows_of(out / "contributions.csv")}
    assert len(variables) == 37 + 5  # series and descriptors: what belongs to one is added up
    capsys.readouterr()
    settings = run / "settings.json"
    settings.write_text(settings.read_text().replace('"n_units": 3', '"n_units": 4'))
    capsys.readouterr()
    fails(capsys, "not of the recipe and seed of", "evaluate", run, SET)
