import json
import math
import os
import random
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
            "output": tl.SoftmaxOutput(4, 3, initializer, rng=rng, dtype=dtype),
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
    message = (
        r"model\.npz: not a checkpoint of this package(, or damaged: |: no entry configuration)"
    )
    with pytest.raises(ValueError, match=message):
        tl.load(path)


def change_configuration(path, **changes):
    """As in an older file, which has no list of its entries."""
    with np.load(path) as archive:
        arrays = dict(archive)
    del arrays["members"]
    configuration = {**json.loads(str(arrays["configuration"])), **changes}
    np.savez(path, **{**arrays, "configuration": np.array(json.dumps(configuration))})


def test_another_version(path):
    tl.save(path, make_network())
    change_configuration(path, version=2)
    with pytest.raises(ValueError, match=r"model\.npz: .* a checkpoint of version 2, expected 1"):
        tl.load(path)


HISTORY_KEYS = {"loss": [0.5], "seconds": [1], "validation_loss": [], "validation_auc": []}
LSTM = {"n_in": 3, "n_units": 4}
OUTPUT = {"class": "SoftmaxOutput", "settings": {"n_in": 4, "n_classes": 2}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": {}}, "expected a recurrent one and an output"),
        ({"layers": []}, "entry configuration: layers: [], expected an object"),
        ({"layers": {"lstm": {"class": "LSTM", "settings": LSTM}, "output": OUTPUT}}, "'LSTM'"),
        ({"more": 1}, "entry configuration: expected the keys"),
        ({"history": {"losses": []}}, "entry configuration: history: expected the keys"),
        (
            {"history": {**HISTORY_KEYS, "loss": ["a"], "generator_state": None}},
            "entry configuration: history.loss[0]: 'a', expected a number",
        ),
        (
            {"history": {**HISTORY_KEYS, "seconds": [], "generator_state": None}},
            "history.seconds: 0 epochs, but 1 of loss",
        ),
        (
            {"history": {**HISTORY_KEYS, "generator_state": {"bit_generator": "PCG65"}}},
            "damaged: state must be for a PCG64",
        ),
        ({"optimizer": {"class": "Unknown"}}, "optimizer: expected the keys class, settings"),
        ({"optimizer": {"class": "Unknown", "settings": {}}}, "'Unknown'"),
        ({"optimizer": {"class": "SGD", "settings": {"rate": 1}}}, "rate"),
        ({"optimizer": None}, "entries of optimizer/, but the configuration has no optimizer"),
        (
            {
                "layers": {
                    "lstm": {"class": "PeepholeLSTM", "settings": {"n_in": 3, "n_units": 10**9}}
                }
            },
            "layer lstm: 140 weights are too few for its sizes",
        ),
        ({"layers": {"lstm": {"class": "PeepholeLSTM", "settings": {}}}}, "'n_in'"),
    ],
)
def test_a_configuration_that_makes_no_sense(path, changes, message):
    tl.save(path, make_network(), optimizer=tl.SGD(0.1))
    change_configuration(path, **changes)
    with pytest.raises(ValueError) as caught:
        tl.load(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value)


def older_file(path, change):
    """The file as an older version wrote it, with other arrays; every checksum holds."""
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays.pop("members", None)
    change(arrays)
    np.savez(path, **arrays)


def halved(arrays):
    arrays["parameters/lstm.W"] = arrays["parameters/lstm.W"].astype(np.float16)


def other_width(arrays):
    arrays["parameters/lstm.R"] = arrays["parameters/lstm.R"].astype(np.float32)


def of_integers(arrays):
    arrays["parameters/output.b"] = arrays["parameters/output.b"].astype(int)


def with_nan(arrays):
    arrays["parameters/output.W"][1, 0] = np.nan


def other_shape(arrays):
    arrays["parameters/lstm.p"] = arrays["parameters/lstm.p"].T


def without_std(arrays):
    del arrays["standardizer/std"]


def narrow_standardizer(arrays):
    for name in ("mean", "std"):
        arrays[f"standardizer/{name}"] = arrays[f"standardizer/{name}"][:2]


def infinite_mean(arrays):
    arrays["standardizer/mean"][0] = np.inf


def moment_of_another_shape(arrays):
    arrays["optimizer/m/lstm.b"] = arrays["optimizer/m/lstm.b"][:1]


def moment_of_nobody(arrays):
    arrays["optimizer/m/lstm.c"] = arrays["optimizer/m/lstm.b"]


def moment_with_nan(arrays):
    arrays["optimizer/v/output.b"][:] = np.nan


def negative_steps(arrays):
    arrays["optimizer/n_steps"] = np.array(-1)


def without_steps(arrays):
    del arrays["optimizer/n_steps"]


def average_of_another_dtype(arrays):
    arrays["average/lstm.b"] = arrays["average/lstm.b"].astype(np.float32)


def of_no_kind(arrays):
    arrays["weights/lstm.b"] = arrays["parameters/lstm.b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (halved, "entry parameters/lstm.W: dtype float16, expected one for the layer"),
        (other_width, "entry parameters/lstm.R: dtype float32, expected one for the layer"),
        (of_integers, "entry parameters/output.b: dtype int64, expected one for the layer"),
        (with_nan, "entry parameters/output.W: not finite"),
        (other_shape, "p"),
        (without_std, "entries of standardizer/: mean, expected mean and std"),
        (narrow_standardizer, "entry standardizer/mean: 2 features, expected 3, as the network"),
        (infinite_mean, "mean and std: expected finite numbers"),
        (moment_of_another_shape, "entry optimizer/m/lstm.b: float64 (1,), expected float64 (16,)"),
        (moment_of_nobody, "entry optimizer/m/lstm.c: expected a number or a parameter's name"),
        (moment_with_nan, "entry optimizer/v/output.b: not finite"),
        (negative_steps, "entry optimizer/n_steps: -1, expected 0 or more"),
        (without_steps, "nothing called 'n_steps'"),
        (average_of_another_dtype, "entry average/lstm.b: float32 (16,), expected float64 (16,)"),
        (of_no_kind, "entry weights/lstm.b is of no known kind"),
    ],
)
def test_an_older_file_is_held_against_its_layers(path, change, message):
    network, optimizer, average = make_network(), tl.Adam(), tl.ExponentialAverage()
    standardizer = tl.Standardizer.fit(make_dataset())
    options = {"epochs": 1, "batch_size": 5, "verbose": False, "average": average}
    tl.fit(network, make_dataset(), optimizer, **options)
    tl.save(path, network, standardizer, optimizer=optimizer, average=average)
    older_file(path, lambda arrays: None)
    assert_same_bits(tl.load(path).network, network)
    older_file(path, change)
    with pytest.raises(ValueError) as caught:
        tl.load(path)
    assert str(caught.value).startswith(f"{path}: the checkpoint is damaged: ")
    assert message in str(caught.value)


def test_an_entry_that_is_missing(path):
    tl.save(path, make_network())
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    del contents["parameters/lstm.R.npy"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r"model\.npz: .*: entry parameters/lstm\.R is missing$"):
        tl.load(path)


def test_a_header_byte_that_numpy_takes(path):
    """'<f4' made '<f2': an array of half as many bytes, and NumPy would never see the checksum."""
    tl.save(path, make_network(dtype=np.float32))
    content = path.read_bytes()
    at = content.index(b"'<f4'", content.index(b"parameters/lstm.W.npy"))
    path.write_bytes(content[: at + 3] + b"2" + content[at + 4 :])
    message = r"model\.npz: .* damaged: entry parameters/lstm\.W: Bad CRC-32"
    with pytest.raises(ValueError, match=message):
        tl.load(path)


def test_a_network_that_is_lost_is_not_saved(path):
    network = make_network()
    network.parameters["lstm.R"][0, 0] = np.inf
    with pytest.raises(ValueError, match=r"parameters/lstm\.R is not finite"):
        tl.save(path, network)
    assert not path.exists()


def test_more_classes_than_units(path):
    network = make_network(n_classes=9)
    tl.save(path, network)
    assert_same_bits(tl.load(path).network, network)


def test_mutated_files_give_the_same_or_an_error(path):
    network = make_network(dtype=np.float32)
    optimizer, standardizer = tl.Adam(), tl.Standardizer.fit(make_dataset())
    tl.fit(network, make_dataset(), optimizer, epochs=1, batch_size=5, verbose=False)
    tl.save(path, network, standardizer, HISTORY, optimizer, {"a": 1})
    whole, rng, refused = path.read_bytes(), random.Random(0), 0
    for case in range(300):
        content = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 8))):
            start = 0 if case % 2 else whole.index(b"PK\1\2")  # the directory
            content[rng.randrange(start, len(whole))] = rng.randrange(256)
        path.write_bytes(content)
        try:
            checkpoint = tl.load(path)
        except ValueError as error:
            refused += 1
            assert str(path) in str(error)
            continue
        assert_same_bits(checkpoint.network, network)
        assert checkpoint.standardizer.mean.tolist() == standardizer.mean.tolist()
        assert (checkpoint.history, checkpoint.settings) == (HISTORY, {"a": 1})
        for name, array in optimizer.state.items():
            np.testing.assert_array_equal(checkpoint.optimizer.state[name], array)
    assert refused > 150
