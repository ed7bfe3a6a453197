"""`tinylstm crossvalidate`, on the synthetic samples with very small networks."""

import json

import numpy as np
import pytest
from helpers.serial import Serial
from helpers.study_commands import REPORT, SET, SMALL, fails, files, mean_of_seeds, rows_of

from tinylstm.cli import crossvalidate_command
from tinylstm.cli.command_line import parse
from tinylstm.evaluation import Recalibration, best_threshold, brier_score, event2, roc_curve

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_crossvalidate(tmp_path, capsys):
    out = tmp_path / "study"
    arguments = parse(["crossvalidate", str(SET), "--out", str(out), *SMALL])
    assert crossvalidate_command.run(arguments, Serial(3)) == 130
    assert "the same command resumes with what there is" in capsys.readouterr().err
    n_kept = len([*out.glob("fold-*.json")])
    executor = Serial()
    assert crossvalidate_command.run(arguments, executor) == 0
    assert executor.submitted == 4 - n_kept
    text = capsys.readouterr().out
    report = json.loads((out / "report.json").read_text())
    assert {*REPORT, "auc_by_group.png"} - {"auc_by_hour.png"} <= set(files(out))
    rows = rows_of(out / "probabilities.csv")
    died, fold = (np.array([int(row[key]) for row in rows]) for key in ("died", "fold"))
    p = np.array([float(row["probability"]) for row in rows])
    assert report["n"] == 60 and report["auc"] == roc_curve(died, p).auc
    fold_aucs = [roc_curve(died[fold == k], p[fold == k]).auc for k in range(2)]
    assert report["fold_aucs"] == fold_aucs
    assert report["auc_of_folds"] == pytest.approx(np.mean(fold_aucs))
    assert f"mean {np.mean(fold_aucs):.4f}" in text
    # What is done to a fold's probabilities, and its threshold, are of the other's alone.
    mean, thresholds = mean_of_seeds(rows), []
    for k in range(2):
        other = Recalibration.fit(died[fold != k], mean[fold != k])
        np.testing.assert_allclose(p[fold == k], other(mean[fold == k]))
        thresholds.append(other(best_threshold(died[fold != k], mean[fold != k])))
        assert fold_aucs[k] == roc_curve(died[fold == k], mean[fold == k]).auc
    assert sorted(report["threshold"]) == pytest.approx(sorted(thresholds))
    assert report["before_recalibration"] == {
        "auc": pytest.approx(roc_curve(died, mean).auc),
        "event2": pytest.approx(event2(died, mean)),
        "brier": pytest.approx(brier_score(died, mean)),
    }


def test_dask_without_distributed(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    argv = [
        "crossvalidate",
        SET,
        "--out",
        tmp_path / "study",
        *SMALL,
        "--dask",
        "tcp://127.0.0.1:1",
    ]
    fails(capsys, "a Dask cluster needs the package distributed", *argv)
    fails(capsys, "--workers counts processes of this machine", *argv, "--workers", 2)
    assert not (tmp_path / "study").exists()
