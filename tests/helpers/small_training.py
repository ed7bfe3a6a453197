"""A small task and a small network, for the tests of training."""

import numpy as np

import tinylstm as tl


def make_dataset(n_examples=23, seed=0, n_classes=2):
    """Sequences of 1 to 8 steps of 3 features; the label depends on the last step."""
    rng = np.random.default_rng(seed)
    features = [rng.normal(size=(length, 3)) for length in rng.integers(1, 9, n_examples)]
    labels = [[int(np.digitize(x[-1, 0], np.linspace(-0.5, 0.5, n_classes - 1)))] for x in features]
    return tl.SequenceDataset(features, labels, n_classes)


def make_network(seed=0, dtype=np.float64, n_classes=2, **lstm):
    rng = np.random.default_rng(seed)
    return tl.Network(
        {
            "lstm": tl.PeepholeLSTM(3, 4, rng=rng, dtype=dtype, **lstm),
            "output": tl.SoftmaxOutput(4, n_classes, rng=rng, dtype=dtype),
        }
    )


def learners():
    """Everything that remembers something, new."""
    adam = tl.Adam(0.02, schedule=tl.Cosine(40), weight_decay={"lstm.W": 0.01})
    return {
        "optimizer": tl.Clipped(adam, max_norm=0.5),
        "average": tl.ExponentialAverage(0.9),
        "early_stopping": tl.EarlyStopping(patience=6),
    }


def assert_same_bits(network, other):
    assert network.parameters.keys() == other.parameters.keys()
    for name, p in network.parameters.items():
        assert p.dtype == other.parameters[name].dtype
        np.testing.assert_array_equal(p, other.parameters[name], err_msg=name)
