"""Zips of ModelSerializer: those that DeepLearning4j 0.9.1 wrote, and ours, read by it live."""

import io
import json
import os
import subprocess
import zipfile

import numpy as np
import pytest
from helpers.golden_networks import CASES, array, network_of, time_first
from helpers.paths import GOLDEN
from helpers.random_points import randomise

import tinylstm as tl
from tinylstm.exchange.nd4j_arrays import parse_row, row_bytes

ROWS = ("softsign_last", "two_layers", "no_peepholes", "bidirectional_two_layers")
GRAPH = json.loads((GOLDEN / "zip_graph_example.json").read_text())
GRAPH_ZIP = GOLDEN / "graph_example.zip"
COMMAND = os.environ.get("TINYLSTM_DL4J", "")
live = pytest.mark.skipif(
    not os.path.isfile(COMMAND), reason="TINYLSTM_DL4J names no command that runs DeepLearning4j"
)


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_of(path, contents):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def changed(path, old, new, source=GOLDEN / "softsign_last.zip"):
    """A zip with other text in its configuration."""
    contents = members(source)
    text = contents["configuration.json"].decode()
    assert old in text
    contents["configuration.json"] = text.replace(old, new)
    return zip_of(path, contents)


def every_kind(rng, dtype=float):
    """A network with every layer that both sides have, every activation among them."""
    lstms = [
        tl.PeepholeLSTM(3, 4, "relu", "softsign", rng=rng, dtype=dtype),
        tl.BidirectionalLSTM(4, 2, activation="identity", rng=rng, dtype=dtype),
        tl.PeepholeLSTM(2, 5, "sigmoid", "tanh", peepholes=False, rng=rng, dtype=dtype),
        tl.BidirectionalLSTM(5, 3, activation="tanh", rng=rng, dtype=dtype),
    ]
    layers = {f"lstm{k}": layer for k, layer in enumerate(lstms)}
    network = tl.Network({**layers, "output": tl.SoftmaxOutput(3, 4, rng=rng, dtype=dtype)})
    randomise(network.parameters, rng)
    return network


@pytest.mark.parametrize("name", ROWS)
def test_a_network_that_deeplearning4j_saved(name):
    case = CASES[f"network_{name}"]
    loaded = tl.load_dl4j(GOLDEN / f"{name}.zip")
    expected = network_of(case)
    assert list(loaded.layers) == [f"layer{k}" for k in range(len(loaded.layers))]
    pairs = zip(loaded.parameters.values(), expected.parameters.values(), strict=True)
    assert all((ours == theirs).all() for ours, theirs in pairs)
    mask = time_first(case["feature_mask"]) if case["kind"] == "bidirectional" else None
    p, labelled = loaded.forward(time_first(case["features"]), mask), time_first(case["label_mask"])
    stored = time_first(case["activations"][-1])
    np.testing.assert_allclose(p[labelled], stored[labelled], rtol=1e-9)


def test_a_graph_that_deeplearning4j_saved():
    network = tl.load_dl4j(GRAPH_ZIP)
    assert list(network.layers) == ["L1", "predictMortality"]
    p = network.forward(time_first(GRAPH["features"]))
    np.testing.assert_allclose(p, time_first(GRAPH["output"]), rtol=1e-9)
    RW = array(GRAPH["params"]["L1_RW"])
    np.testing.assert_array_equal(network.parameters["L1.p"], RW[:, -3:].T)


@pytest.mark.parametrize("name", [*ROWS, "graph_example"])
def test_written_again_the_weights_are_the_same_bytes(name, tmp_path):
    source = GOLDEN / f"{name}.zip"
    tl.save_dl4j(tmp_path / "ours.zip", tl.load_dl4j(source))
    assert members(tmp_path / "ours.zip")["coefficients.bin"] == members(source)["coefficients.bin"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back(dtype, tmp_path):
    network = every_kind(np.random.default_rng(0), dtype)
    path = tmp_path / "model.zip"
    tl.save_dl4j(path, network)
    first = path.read_bytes()
    again = tl.load_dl4j(path)
    assert list(again.layers) == list(network.layers)
    for name, parameter in network.parameters.items():
        assert again.parameters[name].dtype == dtype
        np.testing.assert_array_equal(again.parameters[name], parameter)
    for name, layer in network.layers.items():
        assert again.layers[name].settings == layer.settings
    tl.save_dl4j(path, again)
    assert path.read_bytes() == first


@live
@pytest.mark.parametrize("name", ["every_kind", *ROWS])
def test_deeplearning4j_reads_ours_and_gives_the_same_outputs(name, tmp_path):
    rng = np.random.default_rng(1)
    network = every_kind(rng) if name == "every_kind" else network_of(CASES[f"network_{name}"])
    n_in = next(iter(network.layers.values())).n_in
    x = rng.standard_normal((6, 3, n_in))
    theirs = np.moveaxis(x, 0, 2)
    features = {"shape": theirs.shape, "data": theirs.ravel().tolist()}
    (tmp_path / "features.json").write_text(json.dumps(features))
    tl.save_dl4j(tmp_path / "model.zip", network)
    files = [tmp_path / file for file in ("model.zip", "features.json", "out.json")]
    subprocess.run([COMMAND, "output", *files], check=True, capture_output=True)
    output = json.loads((tmp_path / "out.json").read_text())["output"]
    np.testing.assert_allclose(network.forward(x), time_first(output), rtol=1e-9)


def test_half_precision_becomes_float32():
    row = np.array([1.5, -0.25], np.float32)
    data = row_bytes(row).replace(b"\0\5FLOAT", b"\0\4HALF")[:-8] + row.astype(">f2").tobytes()
    assert parse_row(data).dtype == np.float32
    np.testing.assert_array_equal(parse_row(data), row)


def test_training_state_is_left_and_a_normalizer_told(tmp_path):
    contents = members(GRAPH_ZIP)
    zip_of(tmp_path / "state.zip", {**contents, "updaterState.bin": b"anything"})
    tl.load_dl4j(tmp_path / "state.zip")
    zip_of(tmp_path / "normalizer.zip", {**contents, "normalizer.bin": b"anything"})
    with pytest.warns(UserWarning, match="normalizer.zip: its normalizer is not read"):
        tl.load_dl4j(tmp_path / "normalizer.zip")


def test_names_that_will_not_do_are_numbered(tmp_path):
    for old, new in (('"layer0"', '"a.b"'), ('"layer0"', '"layer1"'), ('"layer0"', "null")):
        network = tl.load_dl4j(changed(tmp_path / "names.zip", old, new))
        assert list(network.layers) == ["layer0", "layer1"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"gravesLSTM"',
            '"dense"',
            "layer 'layer0' is a 'dense', expected one of LSTM, gravesLSTM",
        ),
        ('"SoftSign"', '"LReLU"', "layer 'layer0' has the activation LReLU, expected one of Soft"),
        ('"Softmax"', '"Sigmoid"', "layer 'layer1' has Sigmoid and MCXENT, expected Softmax"),
        ('"MCXENT" : {', '"MSE" : {', "layer 'layer1' has Softmax and MSE, expected Softmax"),
        ('"gravesLSTM"', '"rnnoutput"', "layer 'layer0': 'lossFn' is None"),
        ('"nin" : 3', '"nin" : 30', "coefficients.bin: 150 weights, expected 582 of its layers"),
        ('"nin" : 3', '"nin" : "3"', "'nin' is 3, expected int"),
        ('"nin" : 3', '"nin" : -3', "layer 'layer0' has nin -3 and nout 4"),
        ('"nout" : 4', '"nout" : 1000000000', "150 weights, expected 4000000"),
        ('"inputPreProcessors" : { }', '"inputPreProcessors" : {"0": {}}', "layer 0 has a prepro"),
        ('"confs"', '"configurations"', "'confs' is None, expected list"),
        ("{", "[", "configuration.json: "),
    ],
)
def test_what_this_package_does_not_have_is_named(old, new, message, tmp_path):
    path = changed(tmp_path / "other.zip", old, new)
    with pytest.raises(ValueError, match=r"other\.zip: ") as error:
        tl.load_dl4j(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '[ "L1" ]',
            '[ "L1", "trainFeatures" ]',
            "'predictMortality' reads ['L1', 'trainFeatures']",
        ),
        ('[ "L1" ]', '[ "trainFeatures" ]', "the layers do not stand in a row"),
        ('"LayerVertex"', '"MergeVertex"', "vertex 'L1' is a MergeVertex, and not a LayerVertex"),
        ('"preProcessor" : null', '"preProcessor" : {}', "vertex 'L1' has a preprocessor"),
        ('[ "predictMortality" ]', '[ "a", "b" ]', "a graph of 1 inputs and 2 outputs"),
    ],
)
def test_a_graph_that_is_no_row_of_layers(old, new, message, tmp_path):
    path = changed(tmp_path / "graph.zip", old, new, GRAPH_ZIP)
    with pytest.raises(ValueError, match=r"graph\.zip: ") as error:
        tl.load_dl4j(path)
    assert message in str(error.value)


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.zip"):
        tl.load_dl4j(tmp_path / "none.zip")
    path = tmp_path / "model.zip"
    path.write_text("no zip")
    with pytest.raises(ValueError, match=r"model\.zip: not a zip of ModelSerializer, or damaged"):
        tl.load_dl4j(path)
    contents = members(GOLDEN / "softsign_last.zip")
    zip_of(path, {"configuration.json": contents["configuration.json"]})
    with pytest.raises(ValueError, match=r"model\.zip: .*0 entries coefficients\.bin"):
        tl.load_dl4j(path)
    for cut, message in ((-8, "elements of type DOUBLE announced"), (20, "announced"), (1, "ends")):
        zip_of(path, {**contents, "coefficients.bin": contents["coefficients.bin"][:cut]})
        with pytest.raises(ValueError, match=rf"model\.zip: coefficients\.bin: .*{message}"):
            tl.load_dl4j(path)


def test_bytes_changed_at_random_give_an_error_or_the_same_network(tmp_path):
    """A changed weight has another CRC; what is left is in the directory, and does not matter."""
    rng = np.random.default_rng(2)
    source = (GOLDEN / "bidirectional_two_layers.zip").read_bytes()
    right = tl.load_dl4j(GOLDEN / "bidirectional_two_layers.zip")
    path, n_refused = tmp_path / "model.zip", 0
    for _ in range(300):
        data = bytearray(source)
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        try:
            network = tl.load_dl4j(path)
        except ValueError as error:
            assert str(error).startswith(str(path))
            n_refused += 1
            continue
        for name, parameter in right.parameters.items():
            np.testing.assert_array_equal(network.parameters[name], parameter)
    assert n_refused > 200


def test_a_changed_configuration_gives_an_error_or_a_network(tmp_path):
    """No value put in the place of another gives anything but a ValueError that names the file."""
    rng = np.random.default_rng(3)
    contents = members(GRAPH_ZIP)
    configuration = json.loads(contents["configuration.json"])
    values = [None, [], {}, [[]], {"a": {}}, "a", 1, -1, 0.5, True]

    def places(value, path=()):
        yield path
        if isinstance(value, dict | list):
            for key in value if isinstance(value, dict) else range(len(value)):
                yield from places(value[key], (*path, key))

    each = [path for path in places(configuration) if path and "ByParam" not in str(path)]
    for _ in range(300):
        changed_one = json.loads(contents["configuration.json"])
        *parents, last = each[rng.integers(len(each))]
        inner = changed_one
        for key in parents:
            inner = inner[key]
        inner[last] = values[rng.integers(len(values))]
        text = json.dumps(changed_one)
        path = zip_of(tmp_path / "model.zip", {**contents, "configuration.json": text})
        try:
            tl.load_dl4j(path)
        except ValueError as error:
            assert str(error).startswith(str(path))


def test_what_deeplearning4j_does_not_have_is_named(tmp_path):
    rng = np.random.default_rng(4)
    output = tl.SoftmaxOutput(8, 2, rng=rng)

    class Other(tl.PeepholeLSTM):
        pass

    for layer, message in (
        (tl.BidirectionalLSTM(3, 4, "concat", rng=rng), "'a' is bidirectional with merge='concat'"),
        (tl.BidirectionalLSTM(3, 8, peepholes=False, rng=rng), "with peepholes=False"),
        (Other(3, 8, rng=rng), "layer 'a' is a Other: DeepLearning4j has no such"),
    ):
        with pytest.raises(ValueError, match=message):
            tl.save_dl4j(tmp_path / "model.zip", tl.Network({"a": layer, "output": output}))
    assert not list(tmp_path.iterdir())


def test_a_zip_holds_two_entries_of_no_date(tmp_path):
    tl.save_dl4j(tmp_path / "model.zip", every_kind(np.random.default_rng(5)))
    with zipfile.ZipFile(io.BytesIO((tmp_path / "model.zip").read_bytes())) as archive:
        dates = {info.filename: info.date_time for info in archive.infolist()}
    assert set(dates) == {"configuration.json", "coefficients.bin"}
    assert set(dates.values()) == {(1980, 1, 1, 0, 0, 0)}
