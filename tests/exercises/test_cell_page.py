"""The page of the cell: its numbers are the package's, it loads nothing, its equations exist."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from helpers.loops_oracle import lstm_backward, lstm_forward

import tinylstm as tl
from tinylstm.exercises import __main__
from tinylstm.exercises.cell_page.cell_html import TERMS, cell_page
from tinylstm.exercises.cell_page.drawing import USES
from tinylstm.exercises.cell_page.trained_cell import (
    LABEL,
    N_TEST,
    SEQUENCE,
    draw_sequences,
    there_and_back,
    weights_of,
)

EQUATIONS = __main__.EQUATIONS.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("cell") / "cell.html"
    assert __main__.main(["--cell", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def page(path):
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def numbers(page):
    """What the page holds, read from the file as its script does."""
    (text,) = re.findall(r'<script type="application/json" id="numbers">(.*?)</script>', page)
    return json.loads(text)


def networks(numbers):
    """For every bias on the page the package's own network, and the page's numbers."""
    W, R, p, b, V, v = (np.array(numbers["weights"][name]) for name in "WRpbVv")
    rng = np.random.default_rng(0)
    network = tl.Network(
        {"lstm": tl.PeepholeLSTM(2, 1, rng=rng), "output": tl.SoftmaxOutput(1, 2, rng=rng)}
    )
    for bias, run in zip(numbers["biases"], numbers["runs"], strict=True):
        b[1] = bias
        parts = {"lstm.W": W, "lstm.R": R, "lstm.p": p, "lstm.b": b}
        yield network.with_parameters({**parts, "output.W": V, "output.b": v}), run


def the_batch():
    labels = np.zeros((len(SEQUENCE), 1, 2))
    labels[-1, 0, LABEL] = 1
    label_mask = np.zeros((len(SEQUENCE), 1), bool)
    label_mask[-1] = True
    return tl.Batch(SEQUENCE[:, None], labels, label_mask=label_mask)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-300)


def test_there_is_a_run_for_every_bias_and_one_is_as_trained(numbers):
    biases = numbers["biases"]
    assert biases == sorted(biases) and len(biases) == len(numbers["runs"]) > 20
    assert biases[numbers["trained"]] == numbers["weights"]["b"][1]
    assert biases[0] == -4 and biases[-1] == 8


def test_forward_and_dx_are_the_packages(numbers):
    batch = the_batch()
    for network, run in networks(numbers):
        assert run["x"] == SEQUENCE.tolist()
        h, _ = network.layers["lstm"].forward(batch.features)
        close(run["h"], h[:, 0, 0])
        close(run["h_before"], [0, *h[:-1, 0, 0]])
        close(run["p"], network.forward(batch.features)[-1, 0])
        close(run["loss"], network.loss(batch))
        close(run["dx"], network.input_gradient(batch)[:, 0])


def test_gates_and_cells_are_the_loops(numbers):
    mask = np.ones((len(SEQUENCE), 1), bool)
    names = "h_before", "c_before", "z_a", None, None, None, "a", "f", "o", "i", "c"
    for network, run in networks(numbers):
        parameters = network.layers["lstm"].parameters
        _, kept = lstm_forward(SEQUENCE[:, None], mask, parameters)
        for t, (of_step,) in enumerate(kept):
            for name, value in zip(names, of_step, strict=True):
                if name:
                    close(run[name][t], value[0])
        z = SEQUENCE @ parameters["W"] + np.array(run["h_before"])[:, None] * parameters["R"]
        z += parameters["b"]
        np.testing.assert_allclose([run[f"z_{u}"] for u in "afoi"], z.T, rtol=1e-9, atol=1e-14)


def test_the_weights_gradients_follow_from_the_pages_deltas(numbers):
    """delta_o, delta_f, delta_i, added as in eq. (22), are the package's gradient of b."""
    batch = the_batch()
    for network, run in networks(numbers):
        _, gradients = network.loss_and_gradients(batch)
        sums = [sum(run[f"delta_{gate}"]) for gate in "foi"]
        np.testing.assert_allclose(sums, gradients["lstm.b"][1:], rtol=1e-9, atol=1e-14)
        c, before = np.array(run["c"]), np.array(run["c_before"])
        dp = [run["delta_f"] @ before, run["delta_o"] @ c, run["delta_i"] @ before]
        np.testing.assert_allclose(dp, gradients["lstm.p"][:, 0], rtol=1e-9, atol=1e-14)


def test_dc_and_its_five_terms_by_the_complex_step(numbers):
    """c_t moved for one of its uses alone, by the equations in plain scalars."""
    uses = dict.fromkeys(USES)
    for k in (0, 6, numbers["trained"], 16, len(numbers["biases"]) - 1):
        run, bias = numbers["runs"][k], numbers["biases"][k]
        for t in range(len(SEQUENCE)):
            for use in uses:
                moved = loss_of(numbers["weights"], bias, t, {use}).imag / 1e-30
                np.testing.assert_allclose(run[use][t], moved, rtol=1e-9, atol=1e-25)
            moved = loss_of(numbers["weights"], bias, t, set(uses)).imag / 1e-30
            np.testing.assert_allclose(run["dc"][t], moved, rtol=1e-9, atol=1e-25)


def loss_of(weights, bias, moved_step, uses):
    """The loss, eqs. (1) to (11), where some uses of one c_t see it moved by 1e-30 i."""
    W, R, p, b, V, v = (np.array(weights[name]) for name in "WRpbVv")
    b[1] = bias
    p_f, p_o, p_i = p[:, 0]

    def s(z):
        return 1 / (1 + np.exp(-z))

    def g(z):
        return z / (1 + (z if z.real > 0 else -z))

    h, seen = 0, dict.fromkeys(USES, 0)
    for t, x_t in enumerate(SEQUENCE):
        z_a, z_f, z_o, z_i = x_t @ W + h * R[0] + b
        f = s(z_f + seen["d4"] * p_f)
        i = s(z_i + seen["d5"] * p_i)
        c = f * seen["d3"] + i * g(z_a)
        seen = {use: c + (1e-30j if t == moved_step and use in uses else 0) for use in USES}
        h = s(z_o + seen["d2"] * p_o) * g(seen["d1"])
    q = h * V[0] + v
    return np.log(np.exp(q).sum()) - q[LABEL]


def test_the_five_terms_add_up_and_end_with_the_sequence(numbers):
    for run in numbers["runs"]:
        np.testing.assert_allclose(
            np.sum([run[use] for use in USES], axis=0), run["dc"], rtol=1e-12, atol=1e-300
        )
        assert run["d3"][-1] == run["d4"][-1] == run["d5"][-1] == 0


def test_what_the_page_multiplies_gives_the_term(numbers):
    p_f, p_o, p_i = np.array(numbers["weights"]["p"])[:, 0]
    for run in numbers["runs"]:
        known = {**run, "p_f": p_f, "p_o": p_o, "p_i": p_i}
        for term in TERMS:
            factors = np.array([np.broadcast_to(known[name], 12) for name in term.factors])
            product = factors.prod(axis=0)
            close(run[term.use], [*product[1:], 0] if term.next_step else product)


def test_a_more_open_forget_gate_lets_the_gradient_reach_further(numbers):
    left = [abs(run["dc"][6] / run["dc"][-1]) for run in numbers["runs"]]
    assert left[0] < 1e-4 and left == sorted(left)


def test_it_has_learned_its_task(numbers):
    assert numbers["right"] > 0.95 * N_TEST
    assert numbers["runs"][numbers["trained"]]["p"][LABEL] > 0.9


def test_labels_of_the_task():
    data = draw_sequences(200, np.random.default_rng(3))
    for x, (label,) in zip(data.features, data.labels, strict=True):
        marked = x[x[:, 1] == 1]
        assert len(marked) and label == (marked[-1, 0] > 0)
    assert 0.4 < np.mean(data.labels) < 0.6


def test_any_sequence_goes_there_and_back():
    """Another one, through a network that was not trained: against the loops."""
    rng = np.random.default_rng(5)
    layer = tl.PeepholeLSTM(2, 1, rng=rng, initializer=tl.initializers.normal(std=1.0))
    network = tl.Network({"lstm": layer, "output": tl.SoftmaxOutput(1, 2, rng=rng)})
    x = rng.standard_normal((7, 2))
    run = there_and_back(x, 1, weights_of(network, forget_bias=0.3))
    layer.parameters["b"][1] = 0.3
    mask = np.ones((7, 1), bool)
    _, kept = lstm_forward(x[:, None], mask, layer.parameters)
    dy = np.zeros((7, 1, 1))
    V = network.parameters["output.W"]
    dy[-1, 0, 0] = (np.array(run["p"]) - [0, 1]) @ V[0]
    dx, _ = lstm_backward(dy, x[:, None], mask, layer.parameters, kept)[:2]
    close(run["dx"], dx[:, 0])


# The page as a document


class Document(HTMLParser):
    """What refers to something, ids and what refers to ids, labels."""

    def __init__(self):
        super().__init__()
        self.outside, self.ids, self.labelled, self.inputs = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.outside += [attrs[k] for k in ("src", "href", "xlink:href", "data") if k in attrs]
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "input":
            self.inputs.append(attrs["id"])
        if "for" in attrs:
            self.labelled.append((tag, attrs["for"]))


def test_the_page_refers_to_nothing_outside(page):
    document = Document()
    document.feed(page)
    assert document.outside == []
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\s*\(|WebSocket", page)
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, which nothing loads
    assert "default-src 'none'" in page


def test_every_slider_has_a_label_and_every_id_is_its_own(page):
    document = Document()
    document.feed(page)
    assert len(set(document.ids)) == len(document.ids)
    assert document.inputs == ["step", "term", "bias"]
    for name in document.inputs:
        assert {("label", name), ("output", name)} <= set(document.labelled)
    assert 'aria-live="polite"' in page and 'lang="en"' in page


def test_what_the_script_looks_up_is_there(page):
    document = Document()
    document.feed(page)
    script = page[page.rindex("<script>") :]
    looked_up = set(re.findall(r'element\("([\w-]+)"\)', script))
    made = {f"{kind}-{term.use}" for term in TERMS for kind in ("row", "factors", "value")}
    assert looked_up | made <= set(document.ids)


def test_the_equations_on_the_page_stand_in_equations_md(page):
    words = page[page.index("<body>") : page.index("<script")]
    numbers = set(re.findall(r"\(\d+\)", words))
    assert {f"({number})" for number in (*range(1, 8), 16, 20)} == numbers
    ends = {line.split()[-1] for line in EQUATIONS.splitlines() if line.endswith(")")}
    assert numbers <= ends
    for term in TERMS:
        (low,) = set(re.findall(r"δ_{(\w),", term.equation)) or {""}
        equation = re.sub(r"δ_{.*?}", f"δ_{low}", term.equation).replace("_{t+1}", "_t")
        lines = [line for line in EQUATIONS.splitlines() if line.endswith(term.number)]
        assert any(equation in line for line in lines), equation


def test_nothing_in_the_numbers_ends_the_script(numbers):
    evil = {**numbers, "right": 1, "note": "</script><!-- <script>"}
    page = cell_page(evil)
    assert page.count("</script>") == 2 and "<!--" not in page


@pytest.mark.slow
def test_a_file_that_is_there_is_replaced_and_one_that_cannot_be_written_is_named(tmp_path, capsys):
    path = tmp_path / "cell.html"
    path.write_text("old")
    assert __main__.main(["--cell", str(path)]) == 0
    assert f"{path} is written" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert __main__.main(["--cell", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
    assert __main__.main(["--cell", str(tmp_path / "none" / "cell.html")]) == 1
    assert "none" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["cell.html"]
