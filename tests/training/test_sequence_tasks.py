"""A label at every step, end to end; and the tasks of tests/benchmarks/sequence_tasks.py."""

import json
import re

import numpy as np
import pytest
from benchmarks import sequence_tasks
from benchmarks.sequence_tasks import SYMBOLS, order_dataset, reber_dataset, reber_string

import tinylstm as tl
from tinylstm.cli import main

# The grammar once more, as a regular expression: what may follow where its two branches meet.
FOLLOWS = r"(?:XT*VP)*(?:S|XT*VV)"
EMBEDDED = re.compile(rf"B([TP])B(?:TS*X{FOLLOWS}|PT*V(?:V|P{FOLLOWS}))E\1E")


@pytest.fixture(scope="module")
def strings():
    rng = np.random.default_rng(0)
    return [reber_string(rng) for _ in range(2000)]


def test_strings_are_of_the_grammar_and_all_its_arrows_occur(strings):
    assert all(EMBEDDED.fullmatch(text) for text, _ in strings)
    followed = {}
    for text, legal in strings:
        assert len(legal) == len(text) - 1
        for place in range(1, len(text)):
            assert text[place] in legal[place - 1]
            followed.setdefault(text[:place], set()).add(text[place])
    # Of the short beginnings, which are frequent, everything that is legal has followed.
    for text, legal in strings:
        for place in range(1, 6):
            assert followed[text[:place]] == legal[place - 1]


def test_the_label_of_a_step_is_the_next_symbol(strings):
    dataset = reber_dataset(strings[:3])
    for (text, _), (x, y) in zip(strings, dataset, strict=False):
        assert "".join(SYMBOLS[k] for k in x.argmax(axis=1)) == text[:-1]
        assert "".join(SYMBOLS[k] for k in y) == text[1:]


def test_temporal_order_is_asked_at_the_end():
    dataset = order_dataset(np.random.default_rng(1), 200)
    for x, y in dataset:
        text = x.argmax(axis=1)
        (first, second), (early, late) = np.flatnonzero(text >= 6), text[text >= 6] - 6
        assert 100 <= len(text) <= 110 and 10 <= first <= 20 and 50 <= second <= 60
        assert text[0] == 0 and text[-1] == 1 and set(text[1:-1]) >= {2, 3, 4, 5}
        assert y.tolist() == [2 * early + late]
    assert {int(y[0]) for _, y in dataset} == {0, 1, 2, 3}


@pytest.mark.slow
def test_an_untrained_network_gets_no_string_right_and_a_trial_succeeds(strings):
    rng = np.random.default_rng(2)
    network = sequence_tasks.make_network(7, 7, rng)
    assert sequence_tasks.n_right(network, reber_dataset(strings[:50]), strings[:50]) == 0
    success, n_strings, wrong = sequence_tasks.train_reber(seed=0)
    assert success and wrong == 0 and n_strings < 30_000


def test_the_command_line_takes_a_label_file_with_a_row_a_step(strings, tmp_path, capsys):
    dataset = reber_dataset(strings[:40])
    for kind, arrays in (("sequence", dataset.features), ("mortality", dataset.labels)):
        (tmp_path / kind).mkdir()
        for number, array in enumerate(arrays):
            np.savetxt(tmp_path / kind / f"{number}.csv", array, fmt="%d", delimiter=",")
    run = tmp_path / "run"
    options = "--classes 7 --skip-rows 0 --no-standardize --dtype float64 --units 8 --epochs 4"
    assert main(["train", str(tmp_path), "--out", str(run), *options.split()]) == 0
    printed = capsys.readouterr().out

    test = dataset[32:]
    evaluation = tl.evaluate(tl.load(run / "model.npz").network, test, align="equal")
    assert printed.startswith(str(evaluation))
    n_steps = sum(map(len, test.features))
    assert len(evaluation.labels) == n_steps and evaluation.confusion.sum() == n_steps
    report = json.loads((run / "report.json").read_text())
    assert report["n"] == 8 and sum(report["labels"]) == n_steps
    assert report["auc"] == pytest.approx(evaluation.auc)
    assert main(["evaluate", str(run), str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{evaluation}\n"
