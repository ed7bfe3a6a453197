"""The configuration.json of DeepLearning4j 0.9: which layers there are, of which kind and size.

A MultiLayerNetwork lists its layers under "confs"; a ComputationGraph names them under "vertices",
and under "vertexInputs" what each one reads. Only what decides the output is read: no learning
rate, no dropout, nothing of how it was trained.
"""

from collections import namedtuple

# Their names of what both sides have; those of the activations without regard to case.
LSTM, GRAVES, BIDIRECTIONAL, OUTPUT = "LSTM", "gravesLSTM", "gravesBidirectionalLSTM", "rnnoutput"
ACTIVATIONS = {
    "softsign": "SoftSign",
    "tanh": "TanH",
    "sigmoid": "Sigmoid",
    "relu": "ReLU",
    "identity": "Identity",
}
LOSSES = ("MCXENT", "NegativeLogLikelihood")  # both are the cross-entropy

LayerConf = namedtuple("LayerConf", "kind n_in n_out activation gate_activation")


def read_layers(configuration):
    """The layers in their order, name -> LayerConf, of a parsed configuration.json.

    The names are theirs, or layer0, layer1, ... where one has none, has that of another, or has a
    dot. A ValueError names what this package does not have.
    """
    if "vertices" in configuration:
        named = _chain(configuration)
    else:
        preprocessors = _field(configuration, "inputPreProcessors", dict, {})
        if preprocessors:
            raise ValueError(f"layer {next(iter(preprocessors))} has a preprocessor: not supported")
        confs = _field(configuration, "confs", list)
        named = [(None, _field(conf, "layer", dict)) for conf in confs]
    layers = []
    for number, (vertex, layer) in enumerate(named):
        if len(layer) != 1 or not isinstance(next(iter(layer.values())), dict):
            raise ValueError(f"layer {number} is not described as 0.9 does")
        ((kind, fields),) = layer.items()
        name = vertex or fields.get("layerName") or f"layer{number}"
        layers.append((name, _layer_conf(name, kind, fields)))
    names = [name for name, _ in layers]
    plain = all(isinstance(name, str) and "." not in name for name in names)
    if not plain or len(set(names)) < len(names):
        names = [f"layer{number}" for number in range(len(names))]
    *recurrent, last = [conf.kind for _, conf in layers] or [None]
    if last != OUTPUT or not recurrent or OUTPUT in recurrent:
        raise ValueError(f"the layers are {[*recurrent, last]}, expected LSTMs and one {OUTPUT}")
    return dict(zip(names, (conf for _, conf in layers), strict=True))


def written_configuration(layers):
    """A configuration of a MultiLayerNetwork with these layers, name -> LayerConf."""
    return {
        "backprop": True,
        "backpropType": "Standard",
        "confs": [_written_conf(name, layer) for name, layer in layers.items()],
        "inputPreProcessors": {},
        "iterationCount": 0,
        "pretrain": False,
        "tbpttBackLength": 20,
        "tbpttFwdLength": 20,
    }


def _chain(configuration):
    """The layers of a graph that is a row of them: pairs (name of the vertex, its layer)."""
    vertices = _field(configuration, "vertices", dict)
    inputs = _field(configuration, "vertexInputs", dict)
    ends = [_field(configuration, key, list) for key in ("networkInputs", "networkOutputs")]
    if [len(end) for end in ends] != [1, 1]:
        raise ValueError(f"a graph of {len(ends[0])} inputs and {len(ends[1])} outputs, expected 1")
    readers = {}
    for name, read in inputs.items():
        if not isinstance(read, list) or len(read) != 1 or str(read[0]) in readers:
            raise ValueError(f"vertex {name!r} reads {read}: the layers do not stand in a row")
        readers[str(read[0])] = name
    (name,), (last,) = [[str(end[0])] for end in ends]
    chain = []
    while name in readers and name != last:
        name = readers.pop(name)
        vertex = vertices.get(name)
        if not isinstance(vertex, dict) or list(vertex) != ["LayerVertex"]:
            kind = ", ".join(vertex) if isinstance(vertex, dict) else "missing"
            raise ValueError(f"vertex {name!r} is a {kind}, and not a LayerVertex")
        vertex = _field(vertex, "LayerVertex", dict)
        if vertex.get("preProcessor") is not None:
            raise ValueError(f"vertex {name!r} has a preprocessor: not supported")
        chain.append((name, _field(_field(vertex, "layerConf", dict), "layer", dict)))
    if len(chain) != len(vertices) or name != last:
        raise ValueError("the vertices do not stand in a row")
    return chain


def _layer_conf(name, kind, fields):
    if kind not in (LSTM, GRAVES, BIDIRECTIONAL, OUTPUT):
        known = ", ".join((LSTM, GRAVES, BIDIRECTIONAL, OUTPUT))
        raise ValueError(f"layer {name!r} is a {str(kind)[:60]!r}, expected one of {known}")
    sizes = [_field(fields, key, int) for key in ("nin", "nout")]
    if min(sizes) < 1:
        raise ValueError(
            f"layer {name!r} has nin {sizes[0]} and nout {sizes[1]}, expected 1 or more"
        )
    activation = _only_key(name, fields, "activationFn")
    if kind == OUTPUT:
        loss = _only_key(name, fields, "lossFn")
        if activation.lower() != "softmax" or loss not in LOSSES:
            raise ValueError(
                f"layer {name!r} has {activation} and {loss}, expected Softmax and one of "
                f"{', '.join(LOSSES)}"
            )
        return LayerConf(kind, *sizes, None, None)
    names = [activation, _only_key(name, fields, "gateActivationFn")]
    for theirs in names:
        if theirs.lower() not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS.values())
            raise ValueError(f"layer {name!r} has the activation {theirs}, expected one of {known}")
    return LayerConf(kind, *sizes, *(theirs.lower() for theirs in names))


def _written_conf(name, layer):
    rate = {"@class": "org.nd4j.linalg.learning.config.Sgd", "learningRate": 0.05}
    fields = {
        "layerName": name,
        "nin": layer.n_in,
        "nout": layer.n_out,
        "biasInit": 0.0,
        "gradientNormalization": "None",
        "gradientNormalizationThreshold": 1.0,
        "iupdater": rate,
        "learningRate": 0.05,
        "biasLearningRate": 0.05,
        "updater": "SGD",
        "weightInit": "XAVIER",
    }
    if layer.kind == OUTPUT:
        arrays = ["W", "b"]
        fields |= {"activationFn": {"Softmax": {}}, "lossFn": {"MCXENT": {}}}
    else:
        both = ["WF", "RWF", "bF", "WB", "RWB", "bB"]
        arrays = both if layer.kind == BIDIRECTIONAL else ["W", "RW", "b"]
        fields |= {
            "activationFn": {ACTIVATIONS[layer.activation]: {}},
            "gateActivationFn": {ACTIVATIONS[layer.gate_activation]: {}},
            "forgetGateBiasInit": 1.0,
        }
    return {
        "layer": {layer.kind: fields},
        "learningRateByParam": dict.fromkeys(arrays, 0.05),
        "l1ByParam": dict.fromkeys(arrays, 0.0),
        "l2ByParam": dict.fromkeys(arrays, 0.0),
        "learningRatePolicy": "None",
        "miniBatch": True,
        "minimize": True,
        "numIterations": 1,
        "optimizationAlgo": "STOCHASTIC_GRADIENT_DESCENT",
        "seed": 0,
        "variables": arrays,
    }


def _field(fields, key, kind, *default):
    value = fields.get(key, *default) if isinstance(fields, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{key!r} is {str(value)[:60]}, expected {kind.__name__}")
    return value


def _only_key(name, fields, key):
    """The name of an activation or a loss: the one key of an object."""
    value = fields.get(key)
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(f"layer {name!r}: {key!r} is {str(value)[:60]}, expected one name in {{}}")
    return next(iter(value))
