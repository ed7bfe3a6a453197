"""The page: it is what it says, and the package computes the same."""

import ast
import io
import re
import sys
import tokenize

import numpy as np
import pytest
from helpers.golden_networks import CASES, CLOSE, batch_of, expected_gradients, network_of
from helpers.paths import ICU, ROOT
from helpers.random_points import MASKS, random_batch, random_network

import tinylstm as tl
from tinylstm import textbook
from tinylstm.gradcheck.networks import check_network
from tinylstm.gradcheck.suite import network_and_batch, suite_cases

PAGE = ROOT / "tinylstm" / "textbook.py"
TREE = ast.parse(PAGE.read_text(encoding="utf-8"))
FUNCTIONS = {node.name: node for node in ast.walk(TREE) if isinstance(node, ast.FunctionDef)}


def with_textbook_layers(network):
    """The same network, its recurrent layers those of the page."""
    *recurrent, (name, output) = network.layers.items()
    layers = {
        key: textbook.TextbookLSTM(
            layer.n_in, layer.n_units, rng=np.random.default_rng(0)
        ).with_parameters(layer.parameters)
        for key, layer in recurrent
    }
    return tl.Network({**layers, name: output})


def page_weights(network):
    """A network with one LSTM -> the page's weights."""
    names = {"output.W": "V", "output.b": "v"}
    return {names.get(k, k.removeprefix("lstm0.")): v for k, v in network.parameters.items()}


@pytest.mark.parametrize("mask", MASKS)
def test_probabilities_loss_and_gradients_are_the_package_s(mask):
    rng = np.random.default_rng(3)
    network = random_network(rng, n_in=3, n_units=(4,), n_classes=2)
    batch = random_batch(rng, 7, 5, n_in=3, n_classes=2, mask=mask)
    weights = page_weights(network)
    h, _ = textbook.lstm_forward(batch.features, batch.feature_mask, weights)
    p = np.exp(textbook.output_forward(h, weights))
    np.testing.assert_allclose(p, network.forward(batch.features, batch.feature_mask), rtol=1e-12)
    loss, gradients = textbook.loss_and_gradients(
        (batch.features, batch.feature_mask, batch.labels, batch.label_mask), weights
    )
    expected_loss, expected = network.loss_and_gradients(batch)
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    for name, gradient in page_weights(network.with_parameters(expected)).items():
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-12, atol=1e-14)
    dx = with_textbook_layers(network).input_gradient(batch)
    np.testing.assert_allclose(dx, network.input_gradient(batch), rtol=1e-12, atol=1e-14)


@pytest.mark.slow
def test_a_whole_training_ends_with_the_weights_of_fit(capsys):
    sequences, labels = textbook.read_patients(ICU)
    start = textbook.initial_weights(86, 8, np.random.default_rng(1))
    weights = textbook.train(sequences[:240], labels[:240], start, n_epochs=15, seed=2)
    network = random_network(np.random.default_rng(0), n_in=86, n_units=(8,), n_classes=2)
    for name, array in page_weights(network).items():
        array[...] = start[name]
    dataset = tl.SequenceDataset(sequences, [[label] for label in labels], n_classes=2)
    train, test = dataset.split(240)
    history = tl.fit(network, train, tl.SGD(0.05), epochs=15, batch_size=32, seed=2, verbose=False)
    for name, array in page_weights(network).items():
        np.testing.assert_allclose(weights[name], array, rtol=0, atol=1e-9)
    printed = re.findall(r"loss (\S+)", capsys.readouterr().out)
    assert [float(loss) for loss in printed] == pytest.approx(history.loss, abs=5.1e-5)
    auc = textbook.area_under_roc(labels[240:], textbook.risks(sequences[240:], weights))
    assert auc == pytest.approx(tl.evaluate(network, test).auc, abs=1e-12)


def test_the_program_on_the_sample(capsys):
    """What the README says that it prints."""
    textbook.main([str(ICU)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 16
    assert lines[-1] == "test AUC 0.9180 on the 60 patients that it has never seen"


def test_the_area_is_that_of_roc_curve_with_ties():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 60), rng.integers(0, 9, 60) / 8
    expected = tl.roc_curve(labels, scores).auc
    assert textbook.area_under_roc(labels, scores) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no sequence/0.csv"),
        ({"sequence/0.csv": "a,b\n1,x\n", "mortality/0.csv": "1\n"}, "0.csv: .*'x'"),
        (
            {"sequence/0.csv": "a,b\n1,2\n", "mortality/0.csv": "2\n"},
            r"mortality.0.csv: \[2.0\], expected one label",
        ),
        ({"sequence/0.csv": "a,b\n1,2\n", "mortality/0.csv": "1,0\n"}, r"0.csv: \[1.0, 0.0\]"),
        ({"sequence/0.csv": "a,b\n1,2\n"}, "mortality.0.csv"),
        (
            {"sequence/0.csv": "a,b\n1,2\n", "sequence/1.csv": "a\n1\n"}
            | {"mortality/0.csv": "1\n", "mortality/1.csv": "1\n"},
            r"sequence/1.csv: \(1, 1\) rows and columns",
        ),
    ],
)
def test_bad_files_are_named(tmp_path, capsys, files, message):
    for folder in ("sequence", "mortality"):
        (tmp_path / folder).mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SystemExit):
        textbook.main([str(tmp_path)])
    assert re.search(message, capsys.readouterr().err)


def test_the_layer_passes_the_check_of_layers():
    report = tl.gradcheck.check_layer(textbook.TextbookLSTM)
    assert report.ok, report


@pytest.mark.slow
def test_the_layer_passes_the_points_of_the_suite():
    fitting = {"state": "zero", "peepholes": True, "activation": "softsign", "gates": "sigmoid"}
    fitting |= {"bidirectional": "no", "truncate": "no"}
    points = [{**case.point, **fitting} for case in suite_cases()[:-1]]
    for seed, point in enumerate(points):
        network, batch = network_and_batch(point, np.random.default_rng(seed))
        report = check_network(with_textbook_layers(network), batch)
        assert report.ok, report


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, case in CASES.items()
        if case["kind"] == "graves" and case["activation"] == "softsign" and not case["tbptt"]
    ],
)
def test_the_layer_is_deeplearning4j_s(name):
    case = CASES[name]
    network, batch = with_textbook_layers(network_of(case)), batch_of(case)
    loss, gradients = network.loss_and_gradients(batch)
    assert loss == pytest.approx(case["score"], rel=1e-9)
    for key, expected in expected_gradients(case).items():
        np.testing.assert_allclose(gradients[key], expected, **CLOSE)


def test_it_is_one_page():
    """At most 170 lines of code: no comments, no docstrings, no blank lines."""
    text = PAGE.read_text(encoding="utf-8")
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (*skipped, tokenize.ENDMARKER):
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(TREE):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    assert len(lines) <= 170


def test_it_needs_numpy_and_the_standard_library():
    imported = [name for node in TREE.body if isinstance(node, ast.Import) for name in node.names]
    modules = {name.name for name in imported}
    modules |= {node.module for node in ast.walk(TREE) if isinstance(node, ast.ImportFrom)}
    assert modules - {"numpy"} <= set(sys.stdlib_module_names)


def test_its_network_changes_nothing_in_place():
    """No augmented assignment, no assignment to an element, no out=, no array made to be filled."""
    for name in ("lstm_step", "lstm_step_backward", "lstm_forward", "lstm_backward"):
        for node in ast.walk(FUNCTIONS[name]):
            assert not isinstance(node, ast.AugAssign)
            assert not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
            assert not (isinstance(node, ast.keyword) and node.arg == "out")
            assert not (isinstance(node, ast.Attribute) and node.attr in ("append", "empty"))


def test_it_cites_every_equation_of_the_walk():
    cited = set(re.findall(r"eqs?\..*", PAGE.read_text(encoding="utf-8")))
    numbers = {number for line in cited for number in re.findall(r"\((\d+)\)", line)}
    assert numbers >= {str(number) for number in [*range(1, 26), 30]}
