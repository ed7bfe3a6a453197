"""Networks as ONNX models: (features - mean) / std, a row of ONNX's LSTM, a softmax, float32.

ONNX's LSTM is ours, with the column blocks in the order i, o, f, c as rows, where its c is our
block input a, and the peepholes in the order i, o, f. Padding stands behind a sequence, and
`lengths` says where it begins.
"""

import json

import numpy as np

from tinylstm.network import BidirectionalLSTM, PeepholeLSTM, SoftmaxOutput
from tinylstm.small.whole_files import write_whole

BLOCKS = [3, 2, 1, 0]  # the places of i, o, f, c among a, f, o, i
PEEPHOLES = [2, 1, 0]  # the places of i, o, f among f, o, i
ACTIVATIONS = {
    "softsign": "Softsign",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "identity": "Affine",  # of the factor 1 and the offset 0
}
OPSET, IR_VERSION = 17, 8  # read by every onnxruntime since 1.12


def save_onnx(path, network, standardizer=None, metadata=None):
    """Write a network, with what its features go through, as an ONNX model of float32.

    Needs the `onnx` package (the extra `export`). Inputs: `features` float32 (T, N, D), raw, padded
    behind each sequence, and `lengths` int32 (N,), the number of real steps of each; output:
    `probabilities` float32 (T, N, K), without meaning behind a length. T and N are free.

    Parameters
    ----------
    path : path
        The file; written whole or not at all.
    network : Network, or list of Network
        Of several, all with the same D and K, the probabilities are averaged.
    standardizer : Standardizer, optional
        The one that the network's features went through.
    metadata : dict, optional
        What the model is to carry beside the layers and their sizes: name -> whatever JSON holds.

    Raises
    ------
    ImportError
        Without the `onnx` package.
    ValueError
        If a layer is one that ONNX does not have, networks do not go together, or the standardizer
        is not fitted or of another number of features.

    Examples
    --------
    ::

        tl.save_onnx("model.onnx", network, standardizer)
        session = onnxruntime.InferenceSession("model.onnx")
        p, = session.run(["probabilities"], {"features": x, "lengths": lengths})
    """
    try:
        import onnx  # not at the top: this function alone needs it
    except ImportError:
        raise ImportError(
            "save_onnx needs the onnx package: pip install tinylstm[export]"
        ) from None
    networks = list(network) if isinstance(network, list | tuple) else [network]
    n_features, n_classes = _sizes(networks)
    graph = _Graph(onnx)
    features = _standardized(graph, standardizer, n_features)
    outputs = []
    for number, member in enumerate(networks, start=1):
        prefix = f"{number}." if len(networks) > 1 else ""
        outputs.append(_probabilities(graph, prefix, member, features))
    if len(outputs) > 1:
        outputs = [graph.node("Mean", outputs, "mean")]
    graph.node("Identity", outputs, "probabilities")
    model = _model(onnx, graph, n_features, n_classes)
    onnx.helper.set_model_props(model, _properties(networks, standardizer, metadata))
    onnx.checker.check_model(model, full_check=True)
    write_whole(path, model.SerializeToString())


class _Graph:
    """Nodes and constants as they come."""

    def __init__(self, onnx):
        self._onnx, self.nodes, self.constants = onnx, [], []

    def node(self, operator, inputs, output, **attributes):
        """Add a node with one output; give the output's name."""
        make = self._onnx.helper.make_node
        self.nodes.append(make(operator, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name, array, dtype=np.float32):
        """Add a constant; give its name."""
        array = np.ascontiguousarray(array, dtype)
        self.constants.append(self._onnx.numpy_helper.from_array(array, name))
        return name


def _sizes(networks):
    """D and K, the same for all."""
    sizes = set()
    for network in networks:
        first, *_, output = network.layers.values()
        sizes.add((first.n_in, output.n_classes))
    if len(sizes) != 1:
        raise ValueError(f"networks of {len(sizes)} sizes (D, K), expected one")
    return sizes.pop()


def _standardized(graph, standardizer, n_features):
    if standardizer is None:
        return "features"
    if standardizer.mean is None:
        raise ValueError("standardizer: not fitted")
    if len(standardizer.mean) != n_features:
        raise ValueError(
            f"standardizer of {len(standardizer.mean)} features, expected {n_features} "
            "as the network's"
        )
    # In double precision: a large mean would else take the digits of a small difference.
    double = graph.node("Cast", ["features"], "features_double", to=11)
    mean = graph.constant("mean", standardizer.mean, np.float64)
    std = graph.constant("std", standardizer.std, np.float64)
    graph.node("Sub", [double, mean], "centred")
    graph.node("Div", ["centred", std], "scaled")
    return graph.node("Cast", ["scaled"], "standardized", to=1)


def _probabilities(graph, prefix, network, x):
    """The nodes of a network, from its features to its probabilities (T, N, K)."""
    *recurrent, (name, output) = network.layers.items()
    for layer_name, layer in recurrent:
        x = _lstm(graph, prefix + layer_name, layer, x)
    name = prefix + name
    if type(output) is not SoftmaxOutput:
        raise ValueError(f"layer {name!r} is a {type(output).__name__}: ONNX has no such")
    graph.node("MatMul", [x, graph.constant(f"{name}.W", output.parameters["W"])], f"{name}.hV")
    bias = graph.constant(f"{name}.b", output.parameters["b"])
    logits = graph.node("Add", [f"{name}.hV", bias], f"{name}.q")  # eq. (9)
    return graph.node("Softmax", [logits], f"{name}.p", axis=-1)  # eq. (10)


def _lstm(graph, name, layer, x):
    """The nodes of a recurrent layer: its output, (T, N, n_units)."""
    if type(layer) not in (PeepholeLSTM, BidirectionalLSTM):
        raise ValueError(f"layer {name!r} is a {type(layer).__name__}: ONNX has no such")
    both = type(layer) is BidirectionalLSTM
    prefixes = ("forward.", "backward.") if both else ("",)
    settings = layer.settings
    names = [settings["gate_activation"], settings["activation"], settings["activation"]]
    names = names * len(prefixes)
    of_directions = [_arrays(layer.parameters, prefix) for prefix in prefixes]
    inputs = [
        graph.constant(f"{name}.{key}", np.stack([arrays[key] for arrays in of_directions]))
        for key in of_directions[0]
    ]
    W, R, B, *P = inputs
    # Each Affine takes the next factor and the next offset; the others take none.
    n_affine = names.count("identity")
    scales = {"activation_alpha": [1.0] * n_affine, "activation_beta": [0.0] * n_affine}
    y = graph.node(
        "LSTM",
        [x, W, R, B, "lengths", "", "", *P],
        f"{name}.directions",  # (T, directions, N, H)
        hidden_size=settings["n_units"],
        direction="bidirectional" if both else "forward",
        activations=[ACTIVATIONS[activation] for activation in names],
        **(scales if n_affine else {}),
    )
    if settings.get("merge", "sum") == "sum":
        axis = graph.constant(f"{name}.axis", [1], np.int64)
        return graph.node("ReduceSum", [y, axis], f"{name}.h", keepdims=0)  # eq. (38)
    graph.node("Transpose", [y], f"{name}.side_by_side", perm=[0, 2, 1, 3])
    shape = graph.constant(f"{name}.shape", [0, 0, -1], np.int64)
    return graph.node("Reshape", [f"{name}.side_by_side", shape], f"{name}.h")  # eq. (39)


def _arrays(parameters, prefix):
    """A direction's arrays as ONNX has them: W (4H, D), R (4H, H), B (8H,), P (3H,)."""

    def reordered(array):
        blocks = np.split(array, 4, axis=-1)
        return np.concatenate([blocks[k] for k in BLOCKS], axis=-1).T

    W, R, b = (reordered(parameters[prefix + key]) for key in ("W", "R", "b"))
    arrays = {"W": W, "R": R, "B": np.concatenate([b, np.zeros_like(b)])}
    if prefix + "p" in parameters:
        arrays["P"] = parameters[prefix + "p"][PEEPHOLES].reshape(-1)
    return arrays


def _model(onnx, graph, n_features, n_classes):
    from tinylstm import __version__

    value = onnx.helper.make_tensor_value_info
    floats, whole = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32
    onnx_graph = onnx.helper.make_graph(
        graph.nodes,
        "tinylstm",
        [value("features", floats, ["T", "N", n_features]), value("lengths", whole, ["N"])],
        [value("probabilities", floats, ["T", "N", n_classes])],
        graph.constants,
    )
    return onnx.helper.make_model(
        onnx_graph,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="tinylstm",
        producer_version=__version__,
    )


def _properties(networks, standardizer, metadata):
    """What the model says of itself: name -> text, JSON."""
    layers = {
        name: {"class": type(layer).__name__, **layer.settings}
        for name, layer in networks[0].layers.items()
    }
    own = {
        "layers": layers,
        "networks": len(networks),
        "standardized": standardizer is not None,
    }
    if metadata is not None and not isinstance(metadata, dict):
        raise ValueError(f"metadata is a {type(metadata).__name__}, expected a dict")
    try:
        return {str(key): json.dumps(value) for key, value in {**(metadata or {}), **own}.items()}
    except (TypeError, ValueError) as error:
        raise ValueError(f"metadata: {error}") from None
