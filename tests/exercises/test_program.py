"""my_lstm.py, from the stubs alone: it trains, is checked and writes; what lacks is lent."""

import ast
import copy
import inspect
import pickle

import numpy as np
import pytest
from helpers.paths import ICU

import tinylstm as tl
from tinylstm import textbook
from tinylstm.exercises import EXERCISES
from tinylstm.exercises.program import FILE, NAMES, template
from tinylstm.gradcheck.networks import check_network
from tinylstm.gradcheck.suite import network_and_batch, suite_cases

STUBS = template(EXERCISES)


def filled_in(names, **others):
    """The stubs, those of `names` replaced by the solutions, and others by other functions."""
    lines = STUBS.split("\n")
    for node in reversed(ast.parse(STUBS).body):
        if isinstance(node, ast.FunctionDef) and (node.name in names or node.name in others):
            text = others.get(node.name) or inspect.getsource(EXERCISES[node.name].solution)
            lines[node.lineno - 1 : node.end_lineno] = text.split("\n")
    return "\n".join(lines)


@pytest.fixture
def program(tmp_path, monkeypatch, capsys):
    """Write a my_lstm.py and read it: the Program, and what is said."""

    def of(text):
        (tmp_path / FILE).write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        mine = tl.exercises.program()
        return mine, capsys.readouterr().out.rstrip("\n")

    return of


def test_the_stubs_are_the_exercises_and_climb():
    functions = [node for node in ast.parse(STUBS).body if isinstance(node, ast.FunctionDef)]
    assert tuple(node.name for node in functions) == NAMES
    for name in NAMES:
        assert STUBS.count(f"\n\n{EXERCISES[name].stub}\n") == 1
        above = NAMES[: NAMES.index(name)]
        assert {part.name for part in EXERCISES[name].uses} <= set(above)
    core = {n for n, exercise in EXERCISES.items() if exercise.notebook in (1, 3, 4)}
    assert core <= set(NAMES)


def test_stubs_alone_are_lent_all(program):
    mine, said = program(STUBS)
    assert said == (
        "my_lstm.py: none of the 21 functions is filled in yet; all are lent by the package"
    )
    assert set(mine.lent) == set(NAMES) and mine.softmax is EXERCISES["softmax"].solution


def test_a_whole_program_is_the_students(program):
    mine, said = program(filled_in(NAMES))
    assert said == "my_lstm.py: all 21 functions are yours" and mine.lent == {}
    for name in NAMES:
        assert getattr(mine, name).__wrapped__ is mine.written[name]
    assert repr(mine) == "Program(my_lstm.py: 21 of 21 yours)"


def test_half_a_program_is_lent_the_rest_and_says_so(program, capsys):
    wrong = "def softmax(q):\n    return np.exp(q)"
    half = [name for name in NAMES if EXERCISES[name].notebook in (1, 3) and name != "softsign"]
    mine, said = program(filled_in(half, softmax=wrong).replace("def one_hot", "def one_hut"))
    assert said.startswith("my_lstm.py: yours: unit_forward, unit_backward, rnn_forward, ")
    assert "; not right, so lent: softmax; not filled in, so lent: softsign, softsign_deriv" in said
    assert said.endswith("; missing, so lent: one_hot") and "\n" not in said
    # A function of the student's calls the one that is lent.
    assert "lstm_step_forward" not in mine.lent and mine.lent["softsign"] == "not filled in"
    assert tl.exercises.check("lstm_step_forward")
    assert "lent to it by the package: softsign\n" in capsys.readouterr().out
    assert mine.network(3, 4, 2, np.random.default_rng(0)).forward(np.ones((5, 1, 3))).shape


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def softsign(z)\n    return z",
            "my_lstm.py is no Python: expected ':' (line 1: def softsig",
        ),
        (
            "import numpy as np\nx = nq.zeros(3)",
            "my_lstm.py stops when it is read: NameError: name",
        ),
        (
            "import numpy as np\nx = nq.zeros(3)",
            "'nq' is not defined (line 2: x = nq.zeros(3)); all",
        ),
        ("import no_such_module_xy", "ModuleNotFoundError: No module named 'no_such_module_xy' (l"),
        ("raise SystemExit(3)", "my_lstm.py stops when it is read: SystemExit: 3 (line 1: raise"),
        ("softsign = 3", "missing, so lent: unit_forward"),
    ],
)
def test_a_program_that_cannot_be_read_says_why_in_a_sentence(program, text, said, capsys):
    mine, printed = program(text)
    assert said in printed and "\n" not in printed and "lent" in printed
    assert set(mine.lent) == set(NAMES)
    if mine.trouble:
        assert tl.exercises.check("softsign").passed is False
        assert capsys.readouterr().out == f"softsign: {mine.trouble}\n"


def test_check_by_name_reads_the_file_anew(program, capsys):
    said = ""
    for text, passed in (
        (STUBS, None),
        (filled_in(["softsign"]), True),
        (filled_in([], softsign="def softsign(z):\n    return z / (1 + z)"), False),
        ("", None),
    ):
        program(text)
        assert tl.exercises.check("softsign").passed is passed
        said += capsys.readouterr().out
    line = STUBS.split("\n").index("def softsign(z):") + 1
    assert said.startswith(
        f"softsign: not filled in yet (my_lstm.py, line {line})\n"
        "softsign: right (y; 6 random points)\n"
        "softsign: not right yet\n"
    )
    assert said.endswith("softsign: there is no such function in my_lstm.py\n")
    with pytest.raises(ValueError, match="roc_points is written in a notebook and not in my_lstm"):
        tl.exercises.check("roc_points")


def test_a_function_is_lent_neither_itself_nor_a_later_one(program, capsys):
    by_itself = "def softsign(z):\n    return softsign(z)"
    by_the_loop = (
        "def lstm_step_forward(x, h, c, W, R, p, b):\n"
        "    h, c, gates = lstm_forward(x[None], x[None, :, 0] < 9, (h, c), W, R, p, b)\n"
        "    return h[0], c[0], gates[:, 0]"
    )
    program(filled_in([], softsign=by_itself, lstm_step_forward=by_the_loop))
    for name in ("softsign", "lstm_step_forward"):
        assert tl.exercises.check(name).passed is False
    assert "it stops with RecursionError" in capsys.readouterr().out


def test_without_a_file_all_is_lent(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert set(tl.exercises.program().lent) == set(NAMES)
    assert tl.exercises.check("softsign").passed is None
    assert capsys.readouterr().out.endswith("\nsoftsign: there is no my_lstm.py in this folder\n")


def test_it_trains_to_the_auc_of_the_package(program):
    """The same weights, batches and seeds: the loss of every epoch, the weights and the AUC."""
    mine, _ = program(filled_in(NAMES))
    sequences, labels = textbook.read_patients(ICU)
    dataset = tl.SequenceDataset(sequences, [[label] for label in labels], n_classes=2)
    train, test = dataset.split(200)
    network = mine.network(86, 8, 2, rng=np.random.default_rng(0))
    rng = np.random.default_rng(0)
    layers = {"lstm": tl.PeepholeLSTM(86, 8, rng=rng), "output": tl.SoftmaxOutput(8, 2, rng=rng)}
    package = tl.Network(layers)
    settings = {"epochs": 4, "batch_size": 20, "seed": 0, "validation": test, "verbose": False}
    history = tl.fit(network, train, mine.optimizer(0.2), **settings)
    expected = tl.fit(package, train, tl.SGD(0.2), **settings)
    np.testing.assert_allclose(history.loss, expected.loss, rtol=1e-9)
    np.testing.assert_allclose(history.validation_auc, expected.validation_auc, rtol=1e-9)
    for name, array in package.parameters.items():
        np.testing.assert_allclose(network.parameters[name], array, rtol=0, atol=1e-9)
    batch, own = next(train.batches(20)), mine.batch(train.features[:20], labels[:20], 2)
    for array in ("features", "feature_mask", "labels", "label_mask"):
        np.testing.assert_array_equal(getattr(own, array), getattr(batch, array))


def test_answers_in_another_style_run_in_a_network(program):
    """Lists for arrays, and 0 and 1 for a mask, are right: they run like arrays."""
    text = filled_in(NAMES)
    for old, new in (
        ("return np.array(h), np.array(c), np.array(gates).swapaxes(0, 1)", "return h, c, [*zip"),
        ("[*zip", "[*zip(*gates)]"),
        ("steps[:, None] < lengths", "(1 * (steps[:, None] < lengths)).tolist()"),
        ("return e / e.sum(axis=-1, keepdims=True)", "return list(e / e.sum(-1, keepdims=True))"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    mine, said = program(text)
    assert said == "my_lstm.py: all 21 functions are yours"
    batch = mine.batch([np.ones((3, 2)), np.ones((5, 2))], [1, 0], 2)
    network = mine.network(2, 3, 2, np.random.default_rng(0))
    tl.gradcheck.check_network(network, batch, "central").assert_ok()


@pytest.mark.slow
def test_it_passes_the_check_of_layers(program):
    mine, _ = program(filled_in(NAMES))
    report = tl.gradcheck.check_layer(mine.layer)
    assert report.ok and report.notes == [], report


def test_a_plain_style_is_checked_by_central_differences(program):
    """abs lets no complex number pass: the report says so, and that central differences will do."""
    mine, said = program(filled_in(NAMES, softsign="def softsign(z):\n    return z / (1 + abs(z))"))
    assert said == "my_lstm.py: all 21 functions are yours"
    point = {**suite_cases()[0].point, "layers": 1, "bidirectional": "no", "T": 5, "N": 2, "H": 3}
    network, batch = network_and_batch(point | {"truncate": "no"}, np.random.default_rng(0))
    own = as_program(mine, network)
    assert "Look for abs" in str(check_network(own, batch))
    report = check_network(own, batch, "central")
    assert report.ok, report


@pytest.mark.slow
def test_it_passes_the_points_of_the_suite(program):
    mine, _ = program(filled_in(NAMES))
    fitting = {"peepholes": True, "activation": "softsign", "gates": "sigmoid", "layers": 1}
    fitting |= {"bidirectional": "no", "truncate": "no", "state": "zero"}
    points = {tuple({**case.point, **fitting}.items()) for case in suite_cases()[:-1]}
    for seed, point in enumerate(sorted(points, key=str)):
        network, batch = network_and_batch(dict(point), np.random.default_rng(seed))
        report = check_network(as_program(mine, network), batch)
        assert report.ok, report


def as_program(mine, network):
    """The program's network with the weights of a network of one LSTM."""
    lstm, output = network.layers.values()
    own = mine.network(lstm.n_in, lstm.n_units, output.n_classes, np.random.default_rng(0))
    arrays = network.parameters.values()
    return own.with_parameters(dict(zip(own.parameters, arrays, strict=True)))


def test_it_steps_goes_in_chunks_and_writes_as_the_package_does(program):
    """Truncated backpropagation with a state carried on, and text sampled step by step."""
    mine, _ = program(filled_in(NAMES))
    rng = np.random.default_rng(0)
    layers = {"lstm": tl.PeepholeLSTM(5, 6, rng=rng), "output": tl.SoftmaxOutput(6, 5, rng=rng)}
    package = tl.Network(layers)
    own = as_program(mine, package)
    states = [None, None]
    text = np.eye(5)[rng.integers(0, 5, (21, 3))]
    for start in (0, 10):
        x, y = text[start : start + 10], text[start + 1 : start + 11]
        results = [
            network.chunk_gradients(tl.Batch(x, y, None, None), state, backward=7)
            for network, state in zip((own, package), states, strict=True)
        ]
        (loss, gradients, own_state), (expected_loss, expected, state) = results
        assert loss == pytest.approx(expected_loss, rel=1e-12)
        for name, gradient in expected.items():
            np.testing.assert_allclose(gradients[name], gradient, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(own_state["lstm"], state["lstm"], rtol=1e-12, atol=1e-14)
        states = [own_state, state]
    written = [written_by(network) for network in (own, package)]
    assert written[0] == written[1] and len(set(written[0])) > 1


def written_by(network, n_characters=40):
    """Characters drawn one after the other, each the next step's input."""
    rng, letters, state = np.random.default_rng(1), [0], None
    for _ in range(n_characters):
        p, state = network.step(np.eye(5)[[letters[-1]]], state)
        letters.append(int(np.searchsorted(np.cumsum(p[0]), rng.random())))
    return letters


def test_objects_behave(program):
    mine, _ = program(filled_in(["softsign"]))
    network = mine.network(3, 4, 2, np.random.default_rng(0))
    assert "ProgramLSTM(3, 4, Program(my_lstm.py: 1 of 21 yours))" in repr(network)
    for again in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        x = np.ones((4, 2, 3))
        np.testing.assert_array_equal(again.forward(x), network.forward(x))
    assert repr(mine.optimizer(0.2)) == "ProgramSGD(0.2, Program(my_lstm.py: 1 of 21 yours))"
    with pytest.raises(ValueError, match=r"my_lstm\.py has a loss without class weights"):
        network.loss(tl.Batch(x, np.full((4, 2, 2), 0.5), None, None), class_weights=[1, 2])
