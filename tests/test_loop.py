import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from small_training import assert_same_bits, make_dataset, make_network

import tinylstm as tl

SAMPLES = Path(__file__).parents[1] / "data_samples" / "icu"
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


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("initializer", [None, tl.initializers.orthogonal()])
def test_resume_equals_the_unbroken_run(tmp_path, fresh, initializer):
    path = tmp_path / "run.npz"
    dataset, test = make_dataset(), make_dataset(9, seed=1)
    arguments = {"epochs": 6, "seed": 0, "validation": test, "pool": 2, **QUIET}

    def new_network():
        return make_network(dtype=np.float32, initializer=initializer)

    def save_and_break(history):
        tl.save(path, broken, history=history, optimizer=tl.SGD(0.3))
        if len(history.loss) == 2:
            raise Interrupted

    unbroken, broken = new_network(), new_network()
    whole = tl.fit(unbroken, dataset, tl.SGD(0.3), **arguments)
    with pytest.raises(Interrupted):
        tl.fit(broken, dataset, tl.SGD(0.3), on_epoch=save_and_break, **arguments)

    checkpoint = tl.load(path)
    network = new_network() if fresh else checkpoint.network
    history = tl.fit(network, dataset, checkpoint.optimizer, resume=checkpoint, **arguments)
    assert_same_bits(network, unbroken)
    assert history.loss == whole.loss
    assert history.validation_auc == whole.validation_auc
    assert history.generator_state == whole.generator_state
    assert len(checkpoint.history.loss) == 2


def test_resume_that_does_not_fit(tmp_path):
    network, dataset = make_network(), make_dataset()
    history = tl.fit(network, dataset, tl.SGD(0.3), epochs=2, **QUIET)
    tl.save(tmp_path / "a.npz", network, history=history)
    tl.save(tmp_path / "b.npz", network)
    checkpoint = tl.load(tmp_path / "a.npz")

    def go_on(message, network=network, checkpoint=checkpoint, **arguments):
        arguments = {"epochs": 3, **QUIET, **arguments}
        with pytest.raises(ValueError, match=message):
            tl.fit(network, dataset, tl.SGD(0.3), resume=checkpoint, **arguments)

    go_on("epochs=1, but the checkpoint has 2 behind it", epochs=1)
    go_on(
        "resume: the checkpoint was saved without a history", checkpoint=tl.load(tmp_path / "b.npz")
    )
    go_on("resume: the checkpoint's epochs were run without validation data", validation=dataset)
    go_on(
        r"resume: the checkpoint's parameters are .*'float64 \(3, 16\)'.*, expected the network's, "
        r".*'float32 \(3, 16\)'",
        network=make_network(dtype=np.float32),
    )


def test_nothing_to_do_after_the_last_epoch(tmp_path):
    network = make_network()
    history = tl.fit(network, make_dataset(), tl.SGD(0.3), epochs=2, **QUIET)
    tl.save(tmp_path / "a.npz", network, history=history)
    again = tl.fit(
        network, make_dataset(), tl.SGD(0.3), epochs=2, resume=tl.load(tmp_path / "a.npz"), **QUIET
    )
    assert again == history


def learners():
    """Everything that remembers something, new."""
    adam = tl.Adam(0.02, schedule=tl.Cosine(40), weight_decay={"lstm.W": 0.01})
    return {
        "optimizer": tl.Clipped(adam, max_norm=0.5),
        "average": tl.ExponentialAverage(0.9),
        "early_stopping": tl.EarlyStopping(patience=6),
    }


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


@pytest.mark.parametrize("break_after", [1, 3])
def test_resume_with_everything_equals_the_unbroken_run(tmp_path, break_after):
    path, unbroken, broken = tmp_path / "run.npz", make_network(), make_network()
    arguments = {
        "epochs": 5,
        "seed": 0,
        "validation": make_dataset(9, seed=1),
        "dropout": tl.Dropout(0.3),
        **QUIET,
    }

    def run(network, parts, **more):
        optimizer, *rest = parts.values()
        kept = dict(zip(("average", "early_stopping"), rest, strict=True))
        return tl.fit(network, make_dataset(), optimizer, **kept, **arguments, **more)

    def save_and_break(history):
        tl.save(path, broken, history=history, **begun)
        if len(history.loss) == break_after:
            raise Interrupted

    whole, begun, rest = learners(), learners(), learners()
    history = run(unbroken, whole)
    with pytest.raises(Interrupted):
        run(broken, begun, on_epoch=save_and_break)
    again = make_network()
    assert run(again, rest, resume=tl.load(path)).validation_loss == history.validation_loss
    assert_same_bits(again, unbroken)
    for role, learner in whole.items():
        state = rest[role].state
        assert state.keys() == learner.state.keys()
        for name, array in learner.state.items():
            np.testing.assert_array_equal(state[name], array)


def test_a_stopped_run_stays_stopped(tmp_path):
    stopping = tl.EarlyStopping(patience=1)
    arguments = {"seed": 0, "validation": make_dataset(9, 1), **QUIET}
    network = make_network()
    history = tl.fit(
        network, make_dataset(), tl.SGD(1e-9), epochs=5, early_stopping=stopping, **arguments
    )
    assert len(history.loss) == 2  # the same AUC twice
    tl.save(tmp_path / "a.npz", network, history=history, early_stopping=stopping)
    again = tl.fit(
        network,
        make_dataset(),
        tl.SGD(1e-9),
        epochs=9,
        early_stopping=tl.EarlyStopping(1),
        resume=tl.load(tmp_path / "a.npz"),
        **arguments,
    )
    assert again == history


def test_resume_without_what_is_remembered(tmp_path):
    network, path = make_network(), tmp_path / "a.npz"
    history = tl.fit(network, make_dataset(), tl.SGD(0.3), epochs=1, **QUIET)

    def go_on(message, optimizer, saved=None, **arguments):
        tl.save(path, network, history=history, **(saved or {}))
        before = {name: p.copy() for name, p in network.parameters.items()}
        with pytest.raises(ValueError, match=message):
            tl.fit(
                network,
                make_dataset(),
                optimizer,
                epochs=2,
                resume=tl.load(path),
                **QUIET,
                **arguments,
            )
        for name, p in network.parameters.items():
            np.testing.assert_array_equal(p, before[name])

    without = "resume: the checkpoint was saved without its {}, and {} needs what it remembers"
    go_on(without.format("optimizer", "Adam"), tl.Adam())
    go_on(without.format("optimizer", "SGD"), tl.SGD(0.3, schedule=tl.Cosine(9)))
    go_on(without.format("optimizer", "Clipped of Momentum"), tl.Clipped(tl.Momentum(0.1), 1.0))
    average = tl.ExponentialAverage()
    go_on(without.format("average", "ExponentialAverage"), tl.SGD(0.3), average=average)
    go_on(
        "resume: the checkpoint's optimizer is Adam, and fit has Clipped of Adam",
        tl.Clipped(tl.Adam(), 1.0),
        {"optimizer": tl.Adam()},
    )
    go_on(
        "resume: the checkpoint's average is ExponentialAverage, and fit has none",
        tl.SGD(0.3),
        {"average": average},
    )


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
    monkeypatch.setattr("tinylstm.progress.SECONDS_BETWEEN_DRAWINGS", 0)
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
    pattern = f"{SAMPLES}/sequence/%d.csv", f"{SAMPLES}/mortality/%d.csv"
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
