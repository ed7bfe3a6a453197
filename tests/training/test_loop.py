import io
import re
import sys

import numpy as np
import pytest
from helpers.paths import ICU
from helpers.small_training import assert_same_bits, learners, make_dataset, make_network

import tinylstm as tl
from tinylstm.small import progress

QUIET = {"batch_size": 5, "verbose": False}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", [{}, {"pool": 2}, {"padding": "pre"}])
def test_equals_the_textbook_loop(dtype, order):
    dataset, learning_rate = make_dataset(), 0.3
    network, ours = make_network(dtype=dtype), make_network(dtype=dtype)
    history = tl.fit(ours, dataset, tl.SGD(learning_rate), epochs=3, seed=7, **order, **QUIET)

    rng = np.random.default_rng(7)
    for epoch in range(3):
        total = 0.0
        for batch in dataset.batches(5, shuffle=rng, **order):
            loss, gradients = network.loss_and_gradients(batch)
            total += float(loss) * len(batch)
            for name, p in network.parameters.items():
                p[...] = p - dtype(learning_rate) * gradients[name]
        assert history.loss[epoch] == total / 23
    assert_same_bits(ours, network)


def test_file_order():
    network, other = make_network(), make_network()
    for seed, one in ((0, network), (1, other)):
        tl.fit(one, make_dataset(), tl.SGD(0.3), epochs=2, seed=seed, shuffle=False, **QUIET)
    assert_same_bits(network, other)


def test_it_learns():
    history = tl.fit(make_network(), make_dataset(60), tl.SGD(0.5), epochs=40, seed=0, **QUIET)
    assert history.loss[-1] < 0.3 * history.loss[0]


def test_the_seed_decides():
    networks = {}
    for run, seed in (("a", 3), ("b", 3), ("c", 4), ("d", None)):
        networks[run] = make_network()
        tl.fit(networks[run], make_dataset(), tl.SGD(0.3), epochs=2, seed=seed, **QUIET)
    assert_same_bits(networks["a"], networks["b"])
    for other in "cd":
        with pytest.raises(AssertionError):
            assert_same_bits(networks["a"], networks[other])


def test_history():
    network, test = make_network(), make_dataset(30, seed=1)
    histories = []
    history = tl.fit(
        network,
        make_dataset(),
        tl.SGD(0.3),
        epochs=3,
        seed=0,
        validation=test,
        on_epoch=lambda history: histories.append(len(history.loss)),
        **QUIET,
    )
    evaluation = tl.evaluate(network, test, batch_size=5)
    assert history.validation_loss[-1] == evaluation.loss
    assert history.validation_auc[-1] == evaluation.auc
    assert len(history.loss) == len(history.validation_loss) == len(history.validation_auc) == 3
    assert len(history.seconds) == 3
    assert min(history.seconds) > 0
    assert histories == [1, 2, 3]


def test_validation_has_no_influence():
    network, other = make_network(), make_network()
    tl.fit(network, make_dataset(), tl.SGD(0.3), epochs=2, seed=0, **QUIET)
    tl.fit(
        other, make_dataset(), tl.SGD(0.3), epochs=2, seed=0, validation=make_dataset(9, 1), **QUIET
    )
    assert_same_bits(network, other)


def test_more_than_two_classes():
    dataset = make_dataset(60, n_classes=3)
    network = make_network(n_classes=3)
    history = tl.fit(
        network, dataset, tl.SGD(0.5), epochs=2, seed=0, validation=dataset, batch_size=8
    )
    areas = [roc.auc for roc in tl.evaluate(network, dataset, batch_size=8).rocs]
    assert history.validation_auc[-1] == np.mean(areas)


def test_everything_at_once_equals_the_loop_written_out():
    dataset, test, dropout = make_dataset(), make_dataset(9, seed=1), tl.Dropout(0.2, 0.3, 0.4)
    network, ours = make_network(), make_network()
    mine, own = learners(), learners()
    options = {"dropout": dropout, "class_weights": (1, 2)}
    history = tl.fit(
        ours,
        dataset,
        mine.pop("optimizer"),
        epochs=4,
        seed=7,
        validation=test,
        **mine,
        **options,
        **QUIET,
    )

    rng, aucs = np.random.default_rng(7), []
    for epoch in range(4):
        total = 0.0
        for batch in dataset.batches(5, shuffle=rng):
            masks = dropout.draw(network, len(batch), rng)
            loss, gradients = network.loss_and_gradients(batch, masks, (1, 2))
            own["optimizer"].step(network.parameters, gradients)
            own["average"].update(network.parameters)
            total += float(loss) * len(batch)
        assert history.loss[epoch] == total / 23
        averaged = network.with_parameters(own["average"].parameters)
        evaluation = tl.evaluate(averaged, test, batch_size=5)
        assert history.validation_loss[epoch] == evaluation.loss
        aucs.append(evaluation.auc)
        if aucs[-1] > max(aucs[:-1], default=0):
            best = {name: array.copy() for name, array in averaged.parameters.items()}
    assert history.validation_auc == aucs
    assert_same_bits(ours, network)
    assert_same_bits(ours.with_parameters(mine["average"].parameters), averaged)
    assert_same_bits(
        ours.with_parameters(mine["early_stopping"].parameters), network.with_parameters(best)
    )


def test_early_stopping_ends_the_training():
    dataset = make_dataset(60)
    stopping = tl.EarlyStopping(patience=2, monitor="loss")
    # A rate of learning that soon overshoots.
    history = tl.fit(
        make_network(),
        dataset,
        tl.SGD(30.0),
        epochs=50,
        seed=0,
        validation=make_dataset(30, 1),
        early_stopping=stopping,
        **QUIET,
    )
    losses = history.validation_loss
    assert stopping.stopped and len(losses) == stopping.best_epoch + 2 < 50
    assert stopping.best == min(losses) == losses[stopping.best_epoch - 1]


def test_without_dropout_and_the_rest_nothing_changes():
    network, other = make_network(), make_network()
    tl.fit(network, make_dataset(), tl.SGD(0.3), epochs=2, seed=0, **QUIET)
    tl.fit(
        other,
        make_dataset(),
        tl.SGD(0.3),
        epochs=2,
        seed=0,
        dropout=tl.Dropout(),
        class_weights=(1, 1),
        average=tl.ExponentialAverage(),
        **QUIET,
    )
    assert_same_bits(network, other)


ADVICE = "; try a smaller learning rate, smaller initial weights, or standardised features"


def test_a_loss_that_is_not_finite():
    # A linear LSTM and an absurd learning rate: the first step is taken, the second cannot be.
    network = make_network(activation="identity")
    message = "epoch 1, batch 2: the loss is not finite" + ADVICE
    with pytest.raises(FloatingPointError, match=message):
        tl.fit(network, make_dataset(), tl.SGD(1e200), epochs=3, seed=0, **QUIET)


class Faulty:
    """A network whose gradient overflows at its third batch."""

    def __init__(self):
        self.parameters = {"p": np.zeros(2), "q": np.zeros(2)}
        self.calls = 0

    def loss_and_gradients(self, batch):
        self.calls += 1
        q = np.inf if self.calls == 3 else 1.0
        return 0.5, {"p": np.ones(2), "q": np.array([1.0, q])}


def test_a_gradient_that_is_not_finite_changes_nothing():
    network = Faulty()
    message = "epoch 1, batch 3: the gradient of q is not finite" + ADVICE
    with pytest.raises(FloatingPointError, match=message):
        tl.fit(network, make_dataset(), tl.SGD(0.5), epochs=3, **QUIET)
    for p in network.parameters.values():
        np.testing.assert_array_equal(p, -1)  # two steps of 0.5


def test_a_weight_that_is_not_finite_after_the_last_step():
    network = make_network(dtype=np.float32)
    with pytest.raises(FloatingPointError, match="epoch 1, batch 1: lstm.W is not finite" + ADVICE):
        tl.fit(network, make_dataset(), tl.SGD(1e100), epochs=1, batch_size=23, verbose=False)


def test_probabilities_that_are_not_finite_in_validation():
    network, dataset = make_network(activation="identity"), make_dataset()
    message = r"epoch 1, validation: probabilities: \[nan nan\] for example \d+ at step \d+, .*"
    with pytest.raises(FloatingPointError, match=message + ADVICE):
        tl.fit(
            network,
            dataset,
            tl.SGD(1e200),
            epochs=3,
            batch_size=23,
            validation=dataset,
            verbose=False,
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": -1}, "epochs=-1, expected at least 0"),
        ({"epochs": 1.5}, "epochs=1.5, expected an integer"),
        ({"batch_size": 0}, "batch_size=0, expected at least 1"),
        ({"seed": -1}, "seed=-1, expected at least 0"),
        ({"align": "middle"}, "align='middle', expected one of"),
        ({"shuffle": False, "pool": 50}, "pool=50 draws its batches at random and needs shuffle="),
        (
            {"early_stopping": tl.EarlyStopping(3)},
            "early_stopping judges by validation data, and there are none",
        ),
        (
            {"validation": make_dataset(5, n_classes=3)},
            "validation: n_classes is 3, expected 2 as in training",
        ),
        (
            {"validation": tl.SequenceDataset([np.ones((2, 4))], [[1]], 2)},
            "validation: n_features is 4, expected 3 as in training",
        ),
        (
            {"validation": tl.SequenceDataset([np.ones((2, 3))], [[]], 2)},
            "validation: no label in 1 examples",
        ),
    ],
)
def test_wrong_arguments(arguments, message):
    network = make_network()
    before = {name: p.copy() for name, p in network.parameters.items()}
    with pytest.raises(ValueError, match=re.escape(message)):
        tl.fit(network, make_dataset(), tl.SGD(0.1), **{"epochs": 1, **QUIET, **arguments})
    for name, p in network.parameters.items():
        np.testing.assert_array_equal(p, before[name])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_on_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_DRAWINGS", 0)
    tl.fit(make_network(), make_dataset(), tl.SGD(0.3), epochs=2, batch_size=5, seed=0)
    assert re.search(r"\repoch 2/2: 3/5, loss 0\.\d{4}, \d+ s left", terminal.getvalue())
    assert re.search(r"\repoch 2/2: loss 0\.\d{4}, 0\.\d s\n$", terminal.getvalue())


def test_one_line_an_epoch_elsewhere(capsys):
    dataset = make_dataset()
    arguments = {"epochs": 2, "batch_size": 5, "seed": 0}
    tl.fit(make_network(), dataset, tl.SGD(0.3), validation=dataset, **arguments)
    out, err = capsys.readouterr()
    assert out == ""
    line = r"epoch {}/2: loss 0\.\d{{4}}, validation loss 0\.\d{{4}}, AUC [01]\.\d{{4}}, 0\.\d s\n"
    assert re.fullmatch(line.format(1) + line.format(2), err)
    tl.fit(make_network(), dataset, tl.SGD(0.3), verbose=False, **arguments)
    assert capsys.readouterr() == ("", "")


def test_the_smallest_program():
    pattern = f"{ICU}/sequence/%d.csv", f"{ICU}/mortality/%d.csv"
    train = tl.SequenceDataset.from_csv(*pattern, first=0, last=239, n_classes=2, skip_rows=1)
    test = tl.SequenceDataset.from_csv(*pattern, first=240, last=299, n_classes=2, skip_rows=1)

    rng = np.random.default_rng(0)
    initializer = tl.initializers.normal(0.05)
    network = tl.Network(
        {
            "lstm": tl.PeepholeLSTM(
                86, 32, activation="softsign", initializer=initializer, rng=rng
            ),
            "output": tl.SoftmaxOutput(32, 2, initializer=initializer, rng=rng),
        }
    )
    history = tl.fit(
        network, train, tl.SGD(0.05), epochs=15, batch_size=32, validation=test, seed=0
    )
    roc = tl.evaluate(network, test).roc
    assert roc.auc > 0.8
    assert roc.auc == history.validation_auc[-1]


def test_without_a_single_label():
    unlabelled = tl.SequenceDataset([np.ones((2, 3))] * 4, [[]] * 4, n_classes=2)
    network = make_network()
    with pytest.raises(ValueError, match="dataset: no label in 4 examples"):
        tl.fit(network, unlabelled, tl.SGD(0.1), epochs=1, **QUIET)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"resume": "runs/icu/model.npz"},
            "resume='runs/icu/model.npz', expected a Checkpoint, as",
        ),
        ({"dropout": 0.5}, "dropout=0.5, expected a Dropout, which draws a batch's masks"),
    ],
)
def test_an_argument_of_another_kind(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        tl.fit(make_network(), make_dataset(), tl.SGD(0.1), epochs=1, **QUIET, **arguments)
