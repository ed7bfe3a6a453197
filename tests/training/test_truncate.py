"""Truncated backpropagation: DeepLearning4j's own weights, whole sequences, bounded memory."""

import tracemalloc

import numpy as np
import pytest
from helpers.golden_networks import CASES, CLOSE, network_of, time_first
from helpers.random_points import random_network

import tinylstm as tl

LENGTHS = [7, 3, 1, 12, 5, 9]


def dataset_of(rng, every_step=False, lengths=LENGTHS):
    features = [rng.standard_normal((length, 3)) for length in lengths]
    labels = [(n + np.arange(length if every_step else 1)) % 3 for n, length in enumerate(lengths)]
    return tl.SequenceDataset(features, labels, n_classes=3)


def trained(dataset, truncate, optimizer=None, epochs=2, **options):
    """A network trained from the same weights, its history, and the averaged weights."""
    network = random_network(np.random.default_rng(0), n_units=(5, 4))
    average = tl.ExponentialAverage(0.9)
    history = tl.fit(
        network,
        dataset,
        optimizer or tl.Clipped(tl.Adam(0.01), 1.0),
        epochs=epochs,
        batch_size=4,
        seed=1,
        average=average,
        verbose=False,
        truncate=truncate,
        **options,
    )
    return network, history, average


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["tbptt"]])
def test_the_weights_are_deeplearning4j_s(name):
    """After each of five passes, one step of SGD for each chunk."""
    case = CASES[name]
    x, labels = time_first(case["features"]), time_first(case["labels"])
    dataset = tl.SequenceDataset(
        list(x.transpose(1, 0, 2)), list(labels.argmax(axis=2).T), labels.shape[2]
    )
    network, after = network_of(case), []

    def keep(history):
        after.append({key: array.copy() for key, array in network.parameters.items()})

    tl.fit(
        network,
        dataset,
        tl.SGD(case["learning_rate"]),
        epochs=5,
        batch_size=3,
        truncate=case["tbptt"],
        shuffle=False,
        verbose=False,
        on_epoch=keep,
    )
    for weights, stored in zip(after, case["after_sgd"], strict=True):
        for key, expected in network_of(case, stored["params"]).parameters.items():
            np.testing.assert_allclose(weights[key], expected, **CLOSE)


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("padding", ["post", "pre"])
@pytest.mark.parametrize("truncate", [(12, 12), (100, 50)])
def test_a_length_that_covers_the_sequences_is_whole_backpropagation(every_step, padding, truncate):
    rng = np.random.default_rng(2)
    dataset, validation = dataset_of(rng, every_step), dataset_of(rng, every_step)
    options = {
        "padding": padding,
        "validation": validation,
        "dropout": tl.Dropout(0.2, 0.3, 0.1),
        "class_weights": (1.0, 2.0, 0.5),
    }
    network, history, average = trained(dataset, None, **options)
    ours, own_history, own_average = trained(dataset, truncate, **options)
    np.testing.assert_allclose(own_history.loss, history.loss, rtol=1e-12)
    np.testing.assert_allclose(own_history.validation_loss, history.validation_loss, rtol=1e-12)
    assert own_history.validation_auc == history.validation_auc
    for one, other in ((ours, network), (own_average, average)):
        for name, weights in other.parameters.items():
            np.testing.assert_allclose(one.parameters[name], weights, rtol=1e-10, atol=1e-12)


def test_by_hand():
    """One step for each chunk, with the state that the weights before the step have left."""
    rng = np.random.default_rng(3)
    dataset = dataset_of(rng, every_step=True, lengths=[9, 9])
    ours, history, _ = trained(dataset, (4, 2), tl.SGD(0.1), epochs=1, shuffle=False)
    network = random_network(np.random.default_rng(0), n_units=(5, 4))
    (batch,) = dataset.batches(2)
    state, total = None, 0
    for start in (0, 4, 8):
        part = slice(start, start + 4)
        chunk = tl.Batch(batch.features[part], batch.labels[part])
        loss, gradients, state = network.chunk_gradients(chunk, state, 2)
        total += loss
        for name, weights in network.parameters.items():
            weights -= 0.1 * gradients[name]
    assert history.loss == [pytest.approx(total, rel=1e-12)]
    for name, weights in network.parameters.items():
        np.testing.assert_allclose(ours.parameters[name], weights, rtol=1e-12)


def test_a_chunk_without_labels_hands_on_the_state_alone():
    """With labels at the ends, 5 of 6 chunks of 4 steps have one: 5 steps of the optimizer."""
    rng = np.random.default_rng(4)
    dataset = dataset_of(rng)
    optimizer = tl.Adam(1e-30)
    _, history, _ = trained(dataset, (4, 4), optimizer, epochs=1, shuffle=False)
    # Batches of lengths 7, 3, 1, 12 and 5, 9: labels in chunks 1, 0, 0, 2 and 1, 2.
    assert optimizer.n_steps == 5
    network = random_network(np.random.default_rng(0), n_units=(5, 4))
    assert history.loss == [pytest.approx(tl.evaluate(network, dataset).loss, rel=1e-12)]


@pytest.mark.parametrize("chunk", [1, 4, 12, 50])
@pytest.mark.parametrize("every_step", [False, True])
def test_an_evaluation_in_chunks_is_the_same(chunk, every_step):
    dataset = dataset_of(np.random.default_rng(5), every_step, LENGTHS * 2)
    network = random_network(np.random.default_rng(0), n_units=(5, 4))
    whole = tl.evaluate(network, dataset, 5)
    ours = tl.evaluate(network, dataset, 5, chunk=chunk)
    assert ours.loss == pytest.approx(whole.loss, rel=1e-12)
    for name in ("examples", "steps", "labels", "confusion"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(whole, name))
    np.testing.assert_allclose(ours.probabilities, whole.probabilities, rtol=1e-12)


@pytest.mark.slow
def test_the_memory_is_that_of_a_chunk():
    """Ten times as long a sequence takes as much, but for its own features."""
    peaks = []
    for n_steps in (200, 2000):
        rng = np.random.default_rng(6)
        dataset = dataset_of(rng, every_step=True, lengths=[n_steps] * 2)
        tracemalloc.start()
        network, _, _ = trained(dataset, (50, 50), epochs=1)
        tl.evaluate(network, dataset, chunk=50)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    per_step = 2 * 2000 * (3 + 1 + 3 + 12) * 8  # of features, labels, what evaluate returns
    assert peaks[1] < peaks[0] + 3 * per_step


def test_a_run_in_chunks_resumes_to_the_same_bits(tmp_path):
    dataset = dataset_of(np.random.default_rng(7))
    whole, _, _ = trained(dataset, (4, 2), tl.SGD(0.1), epochs=4)
    half, history, average = trained(dataset, (4, 2), tl.SGD(0.1), epochs=2)
    tl.save(tmp_path / "half.npz", half, history=history, average=average)
    network = random_network(np.random.default_rng(9), n_units=(5, 4))
    tl.fit(
        network,
        dataset,
        tl.SGD(0.1),
        epochs=4,
        batch_size=4,
        truncate=(4, 2),
        average=tl.ExponentialAverage(0.9),
        resume=tl.load(tmp_path / "half.npz"),
        verbose=False,
    )
    for name, weights in whole.parameters.items():
        np.testing.assert_array_equal(network.parameters[name], weights)


def test_what_is_wrong_is_named():
    dataset = dataset_of(np.random.default_rng(8))
    for truncate, message in (
        (5, r"truncate=5, expected the pair \(forward, backward\) of steps"),
        ((5,), r"truncate=\(5,\), expected the pair"),
        ((5, 0), "truncate"),
        ((2.5, 1), "truncate"),
        ((3, 4), r"truncate=\(3, 4\): more steps back than a chunk has"),
    ):
        with pytest.raises(ValueError, match=message):
            trained(dataset, truncate)
    rng = np.random.default_rng(0)
    both = tl.BidirectionalLSTM(3, 4, rng=rng)
    network = tl.Network({"both": both, "output": tl.SoftmaxOutput(4, 3, rng=rng)})
    options = {"epochs": 1, "batch_size": 2, "verbose": False}
    with pytest.raises(ValueError, match="layer 'both', a BidirectionalLSTM, starts from no state"):
        tl.fit(network, dataset, tl.SGD(0.1), truncate=(4, 4), **options)
    with pytest.raises(ValueError, match="layer 'both'"):
        tl.evaluate(network, dataset, chunk=4)
