"""Objects behave: they say in a line what they are, and can be copied and pickled."""

import copy
import pickle

import numpy as np
import pytest
from helpers.small_training import learners, make_dataset, make_network

import tinylstm as tl


def trained():
    things = learners()
    optimizer = things.pop("optimizer")
    options = {"epochs": 2, "batch_size": 5, "seed": 0, "verbose": False, **things}
    history = tl.fit(
        make_network(), make_dataset(), optimizer, validation=make_dataset(9, 1), **options
    )
    return {"optimizer": optimizer, "history": history, **things}


def one_more_step(thing):
    """What an optimizer or an average makes of the same step, as numbers."""
    network = make_network()
    (batch,) = make_dataset().batches(23)
    if hasattr(thing, "step"):
        thing.step(network.parameters, network.loss_and_gradients(batch)[1])
        return {name: p.copy() for name, p in network.parameters.items()}
    if isinstance(thing, tl.ExponentialAverage):
        thing.update(network.parameters)
    return thing.parameters


@pytest.mark.parametrize("other", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("role", ["optimizer", "average", "early_stopping"])
def test_copies_remember_and_go_their_own_way(other, role):
    thing = trained()[role]
    twin = other(thing)
    assert repr(twin) == repr(thing)
    expected = {name: p.copy() for name, p in one_more_step(thing).items()}
    found = one_more_step(twin)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
        assert not np.shares_memory(found[name], one_more_step(thing)[name])


@pytest.mark.parametrize("other", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_what_only_holds(other):
    history = trained()["history"]
    assert other(history) == history
    checkpoint = tl.Checkpoint(None, tl.Standardizer.fit(make_dataset()), history)
    twin = other(checkpoint)
    assert twin.history == history and twin.standardizer.std.tolist() == [
        *checkpoint.standardizer.std
    ]
    for schedule in (tl.Cosine(5), tl.StepDecay(2, 0.5)):
        assert [other(schedule)(t) for t in range(6)] == [schedule(t) for t in range(6)]


def test_reprs():
    decayed = tl.SGD(0.05, schedule=tl.Cosine(600), weight_decay={"lstm.W": 0.01})
    for thing, expected in (
        (tl.SGD(0.05), "SGD(learning_rate=0.05)"),
        (
            decayed,
            "SGD(learning_rate=0.05, schedule=Cosine(n_steps=600), weight_decay={'lstm.W': 0.01})",
        ),
        (tl.Momentum(0.1), "Momentum(learning_rate=0.1, momentum=0.9, nesterov=False)"),
        (tl.Adam(), "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)"),
        (
            tl.Clipped(tl.SGD(1), 5),
            "Clipped(optimizer=SGD(learning_rate=1.0), max_norm=5.0)",
        ),
        (tl.StepDecay(100, 0.5), "StepDecay(every=100, factor=0.5)"),
        (tl.ExponentialAverage(), "ExponentialAverage(decay=0.99)"),
        (tl.EarlyStopping(3), "EarlyStopping(patience=3, monitor='auc')"),
        (tl.History(), "History(0 epochs)"),
        (tl.History([0.5], [1.0]), "History(1 epoch, loss 0.5000)"),
        (
            tl.History([0.7, 0.5], [1.0, 1.0], [0.8, 0.6], [0.5, 0.75]),
            "History(2 epochs, loss 0.5000, validation loss 0.6000, AUC 0.7500)",
        ),
        (
            tl.Checkpoint("NETWORK", tl.Standardizer([0], [1]), optimizer=tl.SGD(1)),
            "Checkpoint(network='NETWORK', standardizer=Standardizer(1 features), "
            "optimizer=SGD(learning_rate=1.0))",
        ),
    ):
        assert repr(thing) == expected
