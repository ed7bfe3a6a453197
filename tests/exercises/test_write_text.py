"""Notebook 8's script: the text it reads, what it counts and writes, and what it has stored."""

import json
import math
from collections import Counter

import numpy as np
import pytest
from helpers.notebook_cells import load_script

import tinylstm as tl

script = load_script("write_text")
K = len(script.ALPHABET)
STORED = json.loads(script.RESULTS.read_text(encoding="utf-8"))


def small_network(seed=0):
    rng = np.random.default_rng(seed)
    layers = {
        "lstm": tl.PeepholeLSTM(K, 5, "tanh", rng=rng),
        "output": tl.SoftmaxOutput(5, K, rng=rng),
    }
    network = tl.Network(layers)
    for array in network.parameters.values():
        array += rng.normal(size=array.shape) / 2
    return network


def test_the_text_is_the_package_s_own_and_held_out_by_files():
    learn, judged = script.corpus()
    both = learn + judged
    assert set(both) <= set(script.ALPHABET) and len(script.ALPHABET) == 96
    assert "The equation numbers are those of" in both and "def corpus" not in both
    assert 0.05 < len(judged) / len(both) < 0.15
    assert script.corpus() == (learn, judged)
    assert script.digest((learn, judged)) != script.digest((learn, judged + " "))


def test_numbers():
    text = script.ALPHABET + "def\n"
    numbers = script.numbers_of(text)
    assert numbers[:96].tolist() == list(range(96)) and numbers[-1] == 0
    assert "".join(script.ALPHABET[k] for k in numbers) == text


def test_streams_go_on_from_chunk_to_chunk():
    text = "".join(np.random.default_rng(0).choice(list("abcdef\n"), 100))
    found, labels = [""] * 3, [""] * 3
    for batch in script.chunks(script.numbers_of(text), n_streams=3, length=8):
        assert batch.features.shape == (8, 3, K)
        for n in range(3):
            for array, texts in ((batch.features, found), (batch.labels, labels)):
                texts[n] += "".join(script.ALPHABET[k] for k in array[:, n].argmax(axis=1))
    assert found == [text[0:32], text[33:65], text[66:98]]
    assert labels == [text[1:33], text[34:66], text[67:99]]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_counts_are_those_of_a_dictionary(n):
    rng = np.random.default_rng(0)
    learn, other = ("".join(rng.choice(list("ab c"), size)) for size in (300, 40))
    model = script.NGrams(script.numbers_of(learn), n)

    def chance(context, character):
        if context is None:
            return 1 / K
        shorter = context[1:] if context else None
        grams = Counter(learn[j : j + len(context) + 1] for j in range(len(learn) - len(context)))
        total = sum(count for gram, count in grams.items() if gram[:-1] == context)
        return (grams[context + character] + model.k * chance(shorter, character)) / (
            total + model.k
        )

    expected = [-math.log2(chance(other[j - n + 1 : j], other[j])) for j in range(n - 1, 40)]
    np.testing.assert_allclose(model.bits(script.numbers_of(other)), np.mean(expected), rtol=1e-12)
    context = other[: n - 1]
    assert sum(chance(context, c) for c in script.ALPHABET) == pytest.approx(1, abs=1e-12)


def test_bits_are_those_of_the_whole_text_at_once():
    network, text = small_network(), "def bits(network, text):\n    return 0\n" * 30
    numbers = script.numbers_of(text)
    p = network.forward(np.eye(K)[numbers[:-1]][:, None])[:, 0]
    chances = p[np.arange(len(p)), numbers[1:]]
    whole = len(p) // 500 * 500  # it goes by chunks of 500
    expected = -np.log2(chances[:whole]).mean()
    np.testing.assert_allclose(script.bits(network, text), expected, rtol=1e-12)


def test_what_is_written_is_drawn_from_the_network():
    network, start = small_network(), "de"
    coldest = script.write(network, start, 30, 0.001, np.random.default_rng(0))
    for k in range(len(start), len(coldest)):
        read = script.numbers_of(coldest[:k])
        assert coldest[k] == script.ALPHABET[network.forward(np.eye(K)[read][:, None])[-1].argmax()]
    assert coldest.startswith(start) and len(coldest) == 32
    again = [script.write(network, start, 30, 1.0, np.random.default_rng(1)) for _ in range(2)]
    assert again[0] == again[1] != coldest


def test_the_stored_run_is_the_script_s():
    assert STORED["settings"] == script.SETTINGS
    minutes, n_chunks, curve = np.transpose(STORED["curve"])
    assert (np.abs(minutes - np.arange(script.SETTINGS["minutes"] + 1)) < 0.1).all()
    assert (np.diff(n_chunks) > 0).all() and curve[-1] < curve[1] < curve[0]
    assert list(STORED["samples"]) == [str(m) for m in script.SETTINGS["samples_at"]]
    bits = STORED["bits"]
    assert bits["lstm"] < bits["3-gram"] < bits["2-gram"] < bits["1-gram"] < math.log2(K)


def test_the_stored_weights_are_worth_what_the_file_says():
    """On the text of today, which is nearly the one of the run."""
    network = script.new_network(script.SETTINGS["units"], seed=1)
    with np.load(script.WEIGHTS) as weights:
        assert set(weights) == set(network.parameters)
        for name, array in network.parameters.items():
            array[...] = weights[name]
    _, judged = script.corpus()
    assert abs(script.bits(network, judged[:30_000]) - STORED["curve"][-1][2]) < 0.3
    untrained = script.new_network(script.SETTINGS["units"], seed=0)
    assert abs(script.bits(untrained, judged[:2_000]) - STORED["curve"][0][2]) < 0.1
