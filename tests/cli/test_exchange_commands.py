"""The commands import and export."""

import numpy as np
import pytest
from helpers.paths import GOLDEN, ICU, SAMPLES
from helpers.random_points import randomise
from helpers.small_runs import fails

import tinylstm as tl
from tinylstm.cli import main
from tinylstm.data.physionet2012 import read_records
from tinylstm.small.json_files import write_json
from tinylstm.study.runs import load_run, new_settings

PATTERNS = f"{ICU}/sequence/%d.csv", f"{ICU}/mortality/%d.csv"


@pytest.fixture
def icu():
    return tl.SequenceDataset.from_csv(*PATTERNS, 0, 299, n_classes=2, skip_rows=1)


def onnx_probabilities(path, batch):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed (oracles)")
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    lengths = batch.feature_mask.sum(axis=0).astype(np.int32)
    feeds = {"features": batch.features.astype(np.float32), "lengths": lengths}
    (p,) = session.run(["probabilities"], feeds)
    return p


def test_an_imported_network_is_evaluated(tmp_path, capsys, icu):
    rng = np.random.default_rng(0)
    network = tl.Network(
        {"L1": tl.PeepholeLSTM(86, 4, rng=rng), "out": tl.SoftmaxOutput(4, 2, rng=rng)}
    )
    randomise(network.parameters, rng, scale=0.1)
    model, run = tmp_path / "model.zip", tmp_path / "run"
    tl.save_dl4j(model, network)
    assert main(["import", str(model), "--out", str(run)]) == 0
    assert capsys.readouterr().out == network.summary() + "\n"
    assert main(["evaluate", str(run), str(ICU)]) == 0
    assert capsys.readouterr().out == f"{tl.evaluate(network, icu)}\n"
    fails(capsys, 2, "run: is there already", "import", model, "--out", run)
    fails(
        capsys, 2, "run: its network was imported, there is no training", "train", "--resume", run
    )


def test_what_cannot_be_imported(tmp_path, capsys):
    run = tmp_path / "run"
    fails(capsys, 2, r"none.zip: No such file", "import", tmp_path / "none.zip", "--out", run)
    fails(capsys, 2, "0.csv: not a zip of Mod", "import", ICU / "mortality/0.csv", "--out", run)
    assert not run.exists()
    assert main(["import", str(GOLDEN / "graph_example.zip"), "--out", str(run)]) == 0
    capsys.readouterr()
    fails(capsys, 2, "86 columns, expected 6", "evaluate", run, ICU)


def test_an_exported_run_gives_the_same_probabilities(tmp_path, capsys, unbroken, icu):
    pytest.importorskip("onnx", reason="onnx is not installed (extra: export)")
    path = tmp_path / "model.onnx"
    assert main(["export", str(unbroken), str(path)]) == 0
    assert capsys.readouterr().err == f"tinylstm: {path}: written\n"
    checkpoint = tl.load(unbroken / "model.npz")
    (raw,) = icu.batches(300)
    (batch,) = checkpoint.standardizer.transform(icu).batches(300)
    p = checkpoint.network.forward(batch.features, batch.feature_mask)
    real = batch.feature_mask
    np.testing.assert_allclose(onnx_probabilities(path, raw)[real], p[real], atol=1e-6)


def test_a_recipe_s_seeds_are_averaged_inside(tmp_path, capsys):
    pytest.importorskip("onnx", reason="onnx is not installed (extra: export)")
    raw, run, path = SAMPLES / "physionet2012" / "set-s", tmp_path / "run", tmp_path / "model.onnx"
    small = ["--units", "3", "--epochs", "2", "--batch-size", "16", "--seeds", "2", "--folds", "2"]
    assert main(["train", str(raw), "--recipe", "hourly", "--out", str(run), *small]) == 0
    assert main(["export", str(run), str(path)]) == 0
    models, records = load_run(run).models, read_records(raw)
    features = models[0].layout.features(records)
    (batch,) = tl.SequenceDataset(features, [[]] * len(features), 2).batches(len(features))
    expected = np.mean([model.probabilities(records) for model in models], axis=0)
    p = onnx_probabilities(path, batch)[-1, :, 1]
    np.testing.assert_allclose(p, expected, atol=1e-6)


@pytest.mark.parametrize(
    "name", [name for name, recipe in tl.RECIPES.items() if hasattr(recipe, "parts")]
)
def test_a_recipe_of_several_parts_is_refused(name, tmp_path, capsys):
    settings = new_settings(name, {}, SAMPLES, None, 2, 2)
    write_json(tmp_path / "settings.json", settings)
    message = f"recipe of the parts {', '.join(settings['recipe']['parts'])}, each with"
    fails(capsys, 2, message, "export", tmp_path, tmp_path / "model.onnx")


def test_without_onnx_it_is_said(tmp_path, capsys, unbroken, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    message = r"needs the onnx package: pip install tinylstm\[export\]"
    fails(capsys, 2, message, "export", unbroken, tmp_path / "model.onnx")
