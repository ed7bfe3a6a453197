"""The commands on raw records, on the synthetic samples with very small networks."""

import json
import re
import shutil

import numpy as np
import pytest
from helpers.html_pages import read
from helpers.raw_records import outcomes_text, record_text, write_archive, write_texts
from helpers.serial import Serial
from helpers.study_commands import (
    PATIENT,
    REPORT,
    RIVALS,
    RUN,
    SET,
    SMALL,
    fails,
    files,
    mean_of_seeds,
    recalibration_of,
    rows_of,
    train,
)

import tinylstm as tl
from tinylstm.cli import main
from tinylstm.data.physionet2012 import CITATION, read_records
from tinylstm.data.physionet2012.download import SETS, Contents
from tinylstm.evaluation import Recalibration, brier_score, event2, roc_curve
from tinylstm.study.layouts import source_of
from tinylstm.study.recipes import recipe_of_plain

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture(scope="module")
def run(tmp_path_factory, few_resamples):
    """Trained in real processes, with its report and the terminal's text."""
    run = tmp_path_factory.mktemp("runs") / "a run"
    assert main(["train", str(SET), "--out", str(run), *SMALL, "--workers", "2"]) == 0
    return run


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Records under other numbers, as those of another set; the first 40, and no outcomes."""
    folder = tmp_path_factory.mktemp("raw") / "set-t"
    folder.mkdir()
    for path in sorted(SET.iterdir())[:40]:
        number = int(path.stem) + 1000
        text = path.read_text().replace(f"RecordID,{path.stem}", f"RecordID,{number}")
        (folder / f"{number}.txt").write_text(text)
    return folder


def test_train_is_the_library_s_program(run):
    assert files(run) == sorted(RUN + REPORT)
    records = read_records(SET)
    settings = json.loads((run / "settings.json").read_text())
    assert settings["train"] == 48 and settings["recipe"]["n_units"] == 3
    recipe = recipe_of_plain(settings["recipe"])
    models = [tl.train_recipe(records[:48], recipe, seed, verbose=False) for seed in range(2)]
    p = recalibration_of(run)(tl.mean_probabilities(models, records[48:]))
    rows = rows_of(run / "probabilities.csv")
    assert [int(row["record_id"]) for row in rows] == [r.record_id for r in records[48:]]
    assert [int(row["died"]) for row in rows] == [r.died for r in records[48:]]
    np.testing.assert_allclose([float(row["probability"]) for row in rows], p, rtol=1e-5)
    np.testing.assert_allclose(
        [float(row["seed_1"]) for row in rows], models[1].probabilities(records[48:]), rtol=1e-5
    )


def test_the_report_is_of_these_probabilities(run):
    report = json.loads((run / "report.json").read_text())
    rows = rows_of(run / "probabilities.csv")
    died = [int(row["died"]) for row in rows]
    p = [float(row["probability"]) for row in rows]
    assert (report["n"], report["deaths"]) == (12, sum(died))
    assert report["auc"] == roc_curve(died, p).auc
    assert report["auc_by_hour"][47]["auc"] == report["auc"] and len(report["auc_by_hour"]) == 48
    by_seed = [roc_curve(died, [float(row[f"seed_{k}"]) for row in rows]).auc for k in range(2)]
    assert report["seed_aucs"] == by_seed
    assert list(report["baselines"]) == RIVALS
    assert {name: len(group) > 1 for name, group in report["groups"].items()} == {
        "ICU type": True,
        "sex": True,
        "age": True,
    }
    training = json.loads((run / "training.json").read_text())
    folds = rows_of(run / "folds" / "probabilities.csv")
    assert report["threshold"] == training["threshold"]
    # Fitted to the means out of fold, and the threshold is one of what becomes of them.
    died_of_folds, out_of_fold = [int(row["died"]) for row in folds], mean_of_seeds(folds)
    recalibration = Recalibration.fit(died_of_folds, out_of_fold)
    assert report["recalibration"] == training["recalibration"]
    assert recalibration_of(run).slope == pytest.approx(recalibration.slope)
    assert np.isclose(recalibration(out_of_fold), training["threshold"], rtol=1e-12).any()
    mean = mean_of_seeds(rows)
    np.testing.assert_allclose(p, recalibration(mean))
    assert report["auc"] == roc_curve(died, mean).auc
    assert report["brier"] == brier_score(died, p)
    assert report["before_recalibration"] == {
        "event2": pytest.approx(event2(died, mean)),
        "brier": pytest.approx(brier_score(died, mean)),
    }
    assert len(folds) == 48 and report["cleaning"]["records"] == 12
    assert report["versions"]["numpy"] == np.__version__


def test_the_page_and_the_terminal_say_the_same(run, tmp_path, capsys):
    assert main(["evaluate", str(run), str(SET), "--out", str(tmp_path / "report")]) == 0
    out, err = capsys.readouterr()
    assert err == f"tinylstm: 48 records that {run} was trained on are left out\n"
    assert files(tmp_path / "report") == REPORT
    for name in ("report.json", "report.html", "probabilities.csv"):
        assert (tmp_path / "report" / name).read_bytes() == (run / name).read_bytes()
    reader = read((run / "report.html").read_text(encoding="utf-8"))
    words = " ".join(reader.text.split())
    for line in out.splitlines():
        for text in re.split(r" {2,}|: ", line.strip()):
            assert " ".join(text.split()) in words
    sources = [value for name, value in reader.attributes if name == "src"]
    assert len(sources) == 4 and all(s.startswith("data:image/png;base64,iVBOR") for s in sources)


def test_evaluate_without_out_writes_nothing(run, capsys):
    before = files(run)
    assert main(["evaluate", str(run), str(SET)]) == 0
    assert "12 records, " in capsys.readouterr().out
    assert files(run) == before


def test_the_challenge_s_own_two_lines(run, copy, tmp_path, capsys):
    assert main(["evaluate", str(run), str(SET), "--challenge"]) == 0
    report = json.loads((run / "report.json").read_text())
    assert capsys.readouterr().out == (
        f"Unofficial Event 1 score: {report['event1']:g}\n"
        f"Unofficial Event 2 score: {report['event2']:g}\n"
    )
    message = "set-t: without outcomes there are no scores of the Challenge"
    fails(capsys, message, "evaluate", run, copy, "--challenge")


def test_without_outcomes_probabilities_and_no_report(run, copy, tmp_path, capsys):
    assert main(["evaluate", str(run), str(copy), "--out", str(tmp_path / "report")]) == 0
    out, err = capsys.readouterr()
    assert err == "tinylstm: no outcomes: probabilities, and no report\n"
    assert files(tmp_path / "report") == ["probabilities.csv"]
    text = (tmp_path / "report" / "probabilities.csv").read_text()
    assert out == text
    rows = rows_of(tmp_path / "report" / "probabilities.csv")
    models = [tl.load_model(path) for path in sorted((run / "models").iterdir())]
    expected = recalibration_of(run)(tl.mean_probabilities(models, read_records(copy)))
    assert [float(row["probability"]) for row in rows] == expected.tolist()
    assert {row["died"] for row in rows} == {""}


@pytest.mark.filterwarnings("default")
def test_two_survivors_are_no_less_a_set(run, tmp_path, capsys):
    texts = {f"{n}.txt": record_text(n, "01:00,HR,80") for n in (7, 8)}
    raw = write_texts(tmp_path / "raw", {**texts, "Outcomes-s.txt": outcomes_text({7: 0, 8: 0})})
    assert main(["evaluate", str(run), str(raw), "--out", str(tmp_path / "report")]) == 0
    out, err = capsys.readouterr()
    assert err == (
        "tinylstm: warning: labels: 0 deaths and 2 survivals: what needs two of each is nan\n"
    )
    assert out.count("nan") == 0 and "AUC of each seed alone: –, –" in out
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["auc"] is None and report["seed_aucs"] == [None, None]
    assert report["brier"] > 0 and files(tmp_path / "report") == REPORT


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("n_tasks", [3, 5])
def test_interrupted_training_is_resumed(run, tmp_path, capsys, n_tasks):
    other = tmp_path / "it's a run"
    assert train("train", SET, "--out", other, *SMALL, executor=Serial(n_tasks)) == 130
    message = "interrupted; to resume: tinylstm train --resume "
    assert message in capsys.readouterr().err.splitlines()[-1]
    fails(capsys, "not finished; to .*: tinylstm train --resume", "evaluate", other, SET)
    n_kept = len([*other.glob("folds/fold-*.json"), *other.glob("models/*.npz")])
    assert n_kept <= n_tasks
    executor = Serial()
    assert train("train", "--resume", other, executor=executor) == 0
    assert executor.submitted == 6 - n_kept
    assert (other / "training.json").exists() and files(other) == files(run)
    one, two = (rows_of(folder / "probabilities.csv") for folder in (run, other))
    p, q = ([float(row["probability"]) for row in rows] for rows in (one, two))
    np.testing.assert_allclose(p, q, rtol=1e-5)  # the other run's processes have one BLAS thread


@pytest.mark.usefixtures("undrawn")
def test_a_finished_run_is_not_trained_again(run, tmp_path):
    other = tmp_path / "run"
    shutil.copytree(run, other)
    assert train("train", "--resume", other, executor=Serial(0)) == 0
    assert (other / "report.json").read_bytes() == (run / "report.json").read_bytes()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("training.json", '"slope": ', '"slope": -', "recalibration.slope: -.*, expected a number"),
        ("training.json", '"deaths": ', '"deaths": 0.5', "deaths: 0.5.*, expected a whole number"),
        ("training.json", '"seconds"', '"second"', "expected the keys auc_of_folds"),
        ("settings.json", '"seeds": 2', '"seeds": 2.0', "seeds: 2.0, expected a whole number"),
        ("settings.json", '"seeds": 2', '"seeds": 1', "expected 1 seconds"),
        ("settings.json", '"train": 48', '"train": 47', "not of the run's 47 training records"),
        ("settings.json", '"n_units": 3', '"n_units": 4', "not of the recipe and seed of"),
        ("settings.json", '"n_units": 3', '"units": 3', "recipe: not the fields of one"),
    ],
)
def test_a_run_folder_is_not_believed(run, tmp_path, capsys, file, old, new, message):
    other = tmp_path / "run"
    shutil.copytree(run, other)
    text = (other / file).read_text()
    assert old in text
    (other / file).write_text(text.replace(old, new))
    fails(capsys, message, "evaluate", other, SET)


@pytest.mark.slow
def test_explain(run, tmp_path, capsys):
    out = tmp_path / "patient"
    argv = ["explain", str(run), str(SET), "--record", "900055", "--out", str(out)]
    assert main([*argv, "--units", "2", "0"]) == 0
    text, err = capsys.readouterr()
    assert err == ""
    assert files(out) == PATIENT
    (record,) = (r for r in read_records(SET) if r.record_id == 900055)
    models = [tl.load_model(path) for path in sorted((run / "models").iterdir())]
    risk = rows_of(out / "risk.csv")
    assert [float(row["hours"]) for row in risk] == list(range(1, 49))
    for seed, model in enumerate(models):
        p = [float(row[f"seed_{seed}"]) for row in risk]
        assert p == pytest.approx(model.risks([record])[0], rel=1e-4)
    mean = tl.mean_probabilities(models, [record])[0]
    expected = recalibration_of(run)(mean)
    assert float(risk[-1]["risk"]) == pytest.approx(expected, rel=1e-4)
    total = {r["variable"]: float(r["gradient_times_input"]) for r in rows_of(out / PATIENT[0])}
    steps = rows_of(out / "contributions_by_step.csv")
    for variable, sum_of_steps in total.items():
        assert sum(float(row[variable]) for row in steps) == pytest.approx(sum_of_steps)
    assert [row["unit"] for row in rows_of(out / "units.csv")] == ["2"] * 48 + ["0"] * 48
    assert len(rows_of(out / "measurements.csv")) == len(record.values)
    assert text.startswith(f"Record 900055: risk of death {expected:.3f}\n")
    assert f"Before recalibration: {mean:.3f}, the mean of the seeds' " in text
    assert "rank correlation of the two explanations" in text
    reader = read((out / "patient.html").read_text(encoding="utf-8"))
    assert reader.tags.count("img") == 4 and "What moved the risk" in reader.text


def test_explain_one_of_whom_nothing_was_measured(run, tmp_path, capsys):
    lines = "Age,-1", "Gender,-1", "Height,-1", "ICUType,-1", "Weight,-1"
    text = record_text(7, descriptors=[f"00:00,{line}" for line in lines])
    raw = write_texts(tmp_path / "raw", {"7.txt": text})
    out = tmp_path / "patient"
    assert main(["explain", str(run), str(raw), "--record", "7", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "Patient: age unknown, sex unknown, unknown ICU" in text
    assert "Outcome: not known" in text
    assert rows_of(out / "measurements.csv") == []
    assert [name for name in files(out) if name.endswith(".png")] == ["course.png", "units.png"]
    assert {float(row["occlusion"]) for row in rows_of(out / "contributions.csv")} == {0.0}


def test_every_column_has_its_variable():
    from tinylstm.data.physionet2012 import COLUMNS, HOURLY_COLUMNS

    hourly = {source_of(name) for name in HOURLY_COLUMNS}
    rows = {source_of(name) for name in COLUMNS}
    assert hourly - rows == {"AdmissionWeight"} and rows - hourly == set()
    assert len(hourly) == 37 + 5 + 1  # series, descriptors, and "" for the time


def test_download_checks_what_is_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(SETS, "a", Contents(records=2, deaths=1))
    write_archive(tmp_path / "set-a.tar.gz", {f"{n}.txt": record_text(n) for n in (7, 8)})
    (tmp_path / "Outcomes-a.txt").write_text(outcomes_text({7: 0, 8: 1}))
    argv = ["physionet2012", "--download", str(tmp_path)]
    assert main(argv) == 0
    assert capsys.readouterr().out == f"{tmp_path}/set-a.tar.gz\n\n{CITATION}\n"
    (tmp_path / "Outcomes-a.txt").write_text(outcomes_text({7: 0, 8: 0}))
    fails(capsys, "Outcomes-a.txt", *argv)


def test_bad_input(run, copy, tmp_path, capsys):
    new = tmp_path / "new"
    train = ["train", SET, "--out", new]
    fails(capsys, "--seeds and --folds go with --recipe", *train, "--seeds", 2)
    archive = write_archive(tmp_path / "set-a.tar.gz", {"7.txt": record_text(7)})
    needs = r"set-a\.tar\.gz: is no folder; an archive of raw records goes with --recipe"
    fails(capsys, needs, "train", archive, "--out", new)
    place = "--recipe hourly has no place for these options: pool, skip-rows"
    fails(capsys, place, *train, *SMALL, "--pool", 5, "--skip-rows", 0)
    fails(capsys, "61 of 60 records to train on", *train, *SMALL, "--train", 61)
    fails(capsys, "record 901001 has no outcome", "train", copy, "--out", new, *SMALL)
    few = r"\d examples of class [01] for 30 folds"
    fails(capsys, few, *train, "--recipe", "hourly", "--folds", 30)
    fails(capsys, "is there already", "train", SET, "--out", run, *SMALL)
    only = "--resume RUN takes its settings from RUN; only --workers goes with it"
    fails(capsys, only, "train", "--resume", run, "--epochs", 5)
    fails(capsys, "no records", "evaluate", run, tmp_path)
    explain = ["explain", run, SET, "--out", new]
    record = "set-s: no record 7 among 900001 to 900068"
    fails(capsys, record, *explain, "--record", 7)
    unit = "there is no unit 3, expected 0 to 2"
    fails(capsys, unit, *explain, "--record", 900055, "--units", 3)
    download = r"--download DIR converts nothing: only --sets goes with it"
    fails(capsys, download, "physionet2012", SET, "--download", new)
    needs = "physionet2012 needs RAW and OUT, or --download DIR"
    fails(capsys, needs, "physionet2012", SET)
    csv_run = tmp_path / "csv"
    csv_run.mkdir()
    (csv_run / "settings.json").write_text("{}")
    out = "--out goes with a run that a recipe has made"
    fails(capsys, out, "evaluate", csv_run, SET, "--out", new)
    keys = r"settings\.json: expected the keys data, folds"
    fails(capsys, keys, "explain", csv_run, *explain[2:], "--record", 7)
    (csv_run / "settings.json").write_text("[]")
    fails(
        capsys, r"settings\.json: begins with '\[\]', expected an object", "evaluate", csv_run, SET
    )
    assert not new.exists()
