"""Training that goes on as if it had never stopped."""

import numpy as np
import pytest
from helpers.small_training import assert_same_bits, learners, make_dataset, make_network

import tinylstm as tl

QUIET = {"batch_size": 5, "verbose": False}


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
