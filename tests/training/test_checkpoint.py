import json
import math
import os
import zipfile

import numpy as np
import pytest
from helpers.small_training import assert_same_bits, make_dataset, make_network

import tinylstm as tl

HISTORY = tl.History(
    loss=[0.1 + 0.2, 1 / 3],
    seconds=[1.5, 2.5],
    validation_loss=[0.7, math.pi],
    validation_auc=[0.5, 0.75],
    generator_state=np.random.default_rng(5).bit_generator.state,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def test_everything_comes_back(path):
    network = make_network(dtype=np.float32)
    standardizer = tl.Standardizer().fit(make_dataset())
    settings = {"folder": "rows", "n": 3200, "pool": None, "nested": [1, {"a": 0.1}]}
    tl.save(path, network, standardizer, HISTORY, tl.SGD(0.1 + 0.2), settings)
    checkpoint = tl.load(path)
    assert_same_bits(checkpoint.network, network)
    np.testing.assert_array_equal(checkpoint.standardizer.mean, standardizer.mean)
    np.testing.assert_array_equal(checkpoint.standardizer.std, standardizer.std)
    assert checkpoint.history == HISTORY
    assert checkpoint.optimizer.learning_rate == 0.1 + 0.2
    assert checkpoint.settings == settings
    rng = np.random.default_rng(0)
    rng.bit_generator.state = checkpoint.history.generator_state
    assert rng.random() == np.random.default_rng(5).random()


def test_what_optimizer_average_and_early_stopping_remember(path):
    network = make_network(dtype=np.float32)
    adam = tl.Adam(
        0.01, 0.8, 0.9, 1e-6, schedule=tl.StepDecay(3, 0.1 + 0.2), weight_decay={"lstm.W": 1 / 3}
    )
    saved = {
        "optimizer": tl.Clipped(adam, 1 / 7),
        "average": tl.ExponentialAverage(0.7),
        "early_stopping": tl.EarlyStopping(3, "loss"),
    }
    arguments = {**saved, "optimizer": saved["optimizer"], "validation": make_dataset(9, 1)}
    optimizer = arguments.pop("optimizer")
    tl.fit(network, make_dataset(), optimizer, epochs=2, batch_size=5, verbose=False, **arguments)
    tl.save(path, network, **saved)
    checkpoint = tl.load(path)
    for role, thing in saved.items():
        other = getattr(checkpoint, role)
        assert other.state.keys() == thing.state.keys()
        for name, array in thing.state.items():
            assert other.state[name].dtype == array.dtype
            np.testing.assert_array_equal(other.state[name], array)
    inner = checkpoint.optimizer.optimizer
    assert checkpoint.optimizer.max_norm == 1 / 7
    assert inner.schedule.settings == adam.schedule.settings
    names = "learning_rate", "beta1", "beta2", "epsilon", "weight_decay"
    assert [getattr(inner, n) for n in names] == [getattr(adam, n) for n in names]
    assert checkpoint.average.settings == {"decay": 0.7}
    assert checkpoint.early_stopping.settings == {"patience": 3, "monitor": "loss"}


@pytest.mark.parametrize(
    "optimizer", [tl.SGD(0.1, tl.Cosine(7)), tl.Momentum(0.1, 0.5, True), tl.Adam()]
)
def test_every_optimizer(path, optimizer):
    tl.save(path, make_network(), optimizer=optimizer)
    other = tl.load(path).optimizer
    assert type(other) is type(optimizer)
    settings, expected = other.settings, optimizer.settings
    for either in (settings, expected):
        schedule = either.pop("schedule")
        either["schedule"] = schedule and (type(schedule), schedule.settings)
    assert settings == expected


def test_arrays_of_ones_own(path):
    arrays = {"mean": np.arange(3.0), "names": np.array(["a", "b"])}
    tl.save(path, make_network(), arrays=arrays)
    other = tl.load(path).arrays
    assert other.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(other[name], array, strict=True)


def test_what_was_not_saved_is_none(path):
    tl.save(path, make_network())
    checkpoint = tl.load(path)
    assert checkpoint.standardizer is None
    assert checkpoint.history is None
    assert checkpoint.optimizer is None
    assert checkpoint.settings is None
    assert checkpoint.average is None
    assert checkpoint.early_stopping is None
    assert checkpoint.arrays == {}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_setting_of_a_layer(path, dtype):
    rng = np.random.default_rng(0)
    initializer = tl.initializers.orthogonal()  # arrays in Fortran order among its own
    network = tl.Network(
        {
            "one": tl.PeepholeLSTM(
                3, 5, "tanh", "sigmoid", forget_bias=2.0, rng=rng, dtype=dtype, peepholes=False
            ),
            "two": tl.PeepholeLSTM(5, 4, "relu", initializer=initializer, rng=rng, dtype=dtype),
            "output": tl.SoftmaxOutput(4, 3, initializer, rng, dtype),
        }
    )
    tl.save(path, network)
    other = tl.load(path).network
    assert_same_bits(network, other)
    for name, layer in network.layers.items():
        assert type(other.layers[name]) is type(layer)
        assert other.layers[name].settings == layer.settings
    for name, p in network.parameters.items():
        assert p.flags.f_contiguous == other.parameters[name].flags.f_contiguous
    (batch,) = make_dataset(n_classes=3).batches(23)
    loss, gradients = network.loss_and_gradients(batch)
    other_loss, other_gradients = other.loss_and_gradients(batch)
    assert loss == other_loss
    for name in gradients:
        np.testing.assert_array_equal(gradients[name], other_gradients[name])


def test_the_loaded_network_can_be_trained(path):
    network = make_network()
    tl.save(path, network)
    other = tl.load(path).network
    for one in network, other:
        tl.fit(one, make_dataset(), tl.SGD(0.1), epochs=1, batch_size=5, seed=0, verbose=False)
    assert_same_bits(network, other)


def test_numpy_alone_can_read_it(path):
    network = make_network()
    tl.save(path, network, settings={"a": 1})
    with np.load(path, allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["parameters/lstm.p"], network.parameters["lstm.p"])
        configuration = json.loads(str(archive["configuration"]))
    assert configuration["settings"] == {"a": 1}
    assert configuration["layers"]["output"] == {
        "class": "SoftmaxOutput",
        "settings": {"n_in": 4, "n_classes": 2},
    }


def test_written_whole_or_not_at_all(path, monkeypatch):
    network = make_network()
    tl.save(path, network, settings={"first": True})

    def disk_full(descriptor):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="no space left"):
        tl.save(path, network, settings={"first": False})
    assert tl.load(path).settings == {"first": True}
    assert os.listdir(path.parent) == ["model.npz"]


def test_an_earlier_file_is_replaced(path):
    for number in range(2):
        tl.save(path, make_network(seed=number))
    assert_same_bits(tl.load(path).network, make_network(seed=1))


class Renamed(tl.PeepholeLSTM):
    pass


def test_what_cannot_be_saved(path):
    rng = np.random.default_rng(0)
    network = make_network()
    foreign = tl.Network({"a": Renamed(3, 4, rng=rng), "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    for message, arguments in (
        (
            "a Renamed cannot be saved, only PeepholeLSTM, BidirectionalLSTM, SoftmaxOutput",
            (foreign,),
        ),
        ("standardizer: not fitted", (network, tl.Standardizer())),
        ("a str cannot be saved, only SGD", (network, None, None, "Adam")),
        (
            "a function cannot be saved, only Cosine, StepDecay",
            (network, None, None, tl.SGD(0.1, schedule=lambda step: 1.0)),
        ),
        ("settings or history: .* ndarray", (network, None, None, None, {"a": np.ones(2)})),
    ):
        with pytest.raises(ValueError, match=message):
            tl.save(path, *arguments)
    assert not path.exists()


def test_missing_file(path):
    with pytest.raises(FileNotFoundError, match=r"model\.npz: no such file"):
        tl.load(path)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-100])


def one_bit_other(path):
    content = bytearray(path.read_bytes())
    position = content.index(b"parameters/output.W") + 200
    content[position] ^= 1
    path.write_bytes(content)


def no_archive(path):
    path.write_text("epoch,loss\n")


def empty(path):
    path.write_bytes(b"")


def one_array(path):
    with open(path, "wb") as stream:
        np.save(stream, np.ones(3))


def somebody_elses(path):
    np.savez(path, weights=np.ones(3))


def pickled(path):
    np.savez(path, configuration=np.array({"version": 1}, dtype=object))


@pytest.mark.parametrize(
    "damage", [truncated, one_bit_other, no_archive, empty, one_array, somebody_elses, pickled]
)
def test_a_file_that_is_none(path, damage):
    tl.save(path, make_network())
    damage(path)
    message = r"model\.npz: not a checkpoint of this package, or damaged"
    with pytest.raises(ValueError, match=message):
        tl.load(path)


def change_configuration(path, **changes):
    with np.load(path) as archive:
        arrays = dict(archive)
    configuration = {**json.loads(str(arrays["configuration"])), **changes}
    np.savez(path, **{**arrays, "configuration": np.array(json.dumps(configuration))})


def test_another_version(path):
    tl.save(path, make_network())
    change_configuration(path, version=2)
    with pytest.raises(ValueError, match=r"model\.npz: a checkpoint of version 2, expected 1"):
        tl.load(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": {}}, "expected a recurrent one and an output"),
        ({"history": {"losses": []}}, "losses"),
        ({"optimizer": {"class": "Unknown"}}, "Unknown"),
    ],
)
def test_a_configuration_that_makes_no_sense(path, changes, message):
    tl.save(path, make_network())
    change_configuration(path, **changes)
    with pytest.raises(ValueError, match=rf"model\.npz: the checkpoint is damaged: .*{message}"):
        tl.load(path)


def test_an_array_that_is_missing(path):
    tl.save(path, make_network())
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    del contents["parameters/lstm.R.npy"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r"model\.npz: the checkpoint is damaged: parameters are"):
        tl.load(path)
