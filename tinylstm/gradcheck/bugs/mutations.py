"""The list of planted bugs, each a small patch of the backward pass as it stands.

To add one: its name, the function, a text that stands exactly once in it, what to put there, what
is wrong then, and hints. `mutation_table` says which points find it; a test demands that some do.
"""

from .lstm_mutations import BACKWARD, DERIVATIVES, PEEPHOLES, RECURRENCE, STEPS
from .planting import Mutation

OUTPUT = "network.softmax_output:SoftmaxOutput.loss_and_gradients"
BOTH = "network.bidirectional_lstm:BidirectionalLSTM.backward"
NETWORK = "network.network:Network._there_and_back"

MASKS = [
    Mutation(
        "mask ignored: state not reset at a hole",
        BACKWARD,
        "packing, dtype, n_units = tape.packing, tape.inputs.dtype, self.n_units",
        "if tape.packing.rows is not None:\n"
        "            x = tape.packing.unpack(tape.inputs[:, self.n_units : -1])\n"
        "            tape = self.forward(x)[1]\n"
        "        packing, dtype, n_units = tape.packing, tape.inputs.dtype, self.n_units",
        "forward knows the mask, backward does not: it goes through every step as if it were real",
        ("Check without a mask.", "Check a mask that is post padding alone, then one with holes."),
    ),
    Mutation(
        "mask not applied to dh",
        BACKWARD,
        "dy = packing.pack(dy.astype(dtype, copy=False))",
        "masked = packing.unpack(np.ones((packing.n_rows, 1), dtype)) == 0\n"
        "        dy = dy.astype(dtype)\n"
        "        for t in reversed(range(len(dy) - 1)):\n"
        "            dy[t] += masked[t + 1] * dy[t + 1]\n"
        "        dy = packing.pack(dy)",
        "what reaches h at a masked step is passed on to the step before, in place of ending there",
        ("Check without a mask.", "Check labels at the last real step alone, then everywhere."),
    ),
    Mutation(
        "mask not applied to dc",
        STEPS,
        "dh_later, dc_later = np.hstack([dh_later, joined]), np.hstack([dc_later, joined])",
        "joining = np.arange(dc_later.shape[1], n)\n"
        "            dh_later = np.hstack([dh_later, joined])\n"
        "            dc_later = np.hstack([dc_later, joined])\n"
        "            packing = tape.packing\n"
        "            if packing.rows is not None and tape.h_mask is None:\n"
        "                every, none = packing.blocks(packing.n_rows)[0], np.zeros((n_units, 0))\n"
        "                once = tape._replace(h_mask=np.ones((n_units, packing.n_first)))\n"
        "                *_, carried = steps_backward(layer, once, every, dy, none, none)\n"
        "                start, example = np.divmod(packing.rows[: packing.n_first],"
        " packing.shape[1])\n"
        "                order = np.lexsort((start, example))\n"
        "                for before, after in zip(order[:-1], order[1:], strict=True):\n"
        "                    if example[before] == example[after] and before in joining:\n"
        "                        dc_later[:, before] = carried[:, after]",
        "what reaches c after a hole is carried across it, in place of ending there",
        ("Check without a mask, then with post padding.", "Check a mask with holes."),
    ),
    Mutation(
        "mask not applied to the weights' gradients",
        BACKWARD,
        'gradients = {"W"',
        'dU *= np.prod(packing.shape) / max(packing.n_rows, 1)\n        gradients = {"W"',
        "masked steps count in the sums over steps, each like the mean of the real ones",
        ("Check without a mask.", "Which arrays are wrong, and is their ratio constant?"),
    ),
    Mutation(
        "dx not zero at masked steps",
        BACKWARD,
        "packing.unpack(dx)",
        "dx.sum(axis=0) + packing.unpack(dx - dx.sum(axis=0))",
        "what stands in a masked step has no influence, and yet it is given a gradient",
        ("Check without a mask.", "Which array alone is wrong, and at which steps?"),
    ),
    Mutation(
        "dy of other steps",
        BACKWARD,
        "packing.pack(dy.astype(dtype, copy=False))",
        "dy.astype(dtype).reshape(-1, n_units)[: packing.n_rows]",
        "the real steps are taken in the order of the batch, in place of their packed order",
        ("Check without a mask.", "Check one example with post padding, then two."),
    ),
    Mutation(
        "dc carried to other examples",
        STEPS,
        "np.hstack([dc_later, joined])",
        "np.hstack([joined, dc_later])",
        "the longest sequences come first, and what is carried belongs to the first rows",
        ("Check without a mask.", "Check one example alone."),
    ),
]

OUTPUT_LAYER = [
    Mutation(
        "division by N missing",
        OUTPUT,
        "(np.exp(log_p) - y) / n_examples",
        "(np.exp(log_p) - y)",
        "the loss is a mean over examples, and so must its gradient be",
        ("Check one example alone.", "Is there a constant ratio?"),
    ),
    Mutation(
        "division by the number of labels",
        OUTPUT,
        "(np.exp(log_p) - y) / n_examples",
        "(np.exp(log_p) - y) / max(len(y), 1)",
        "the loss is divided by the number of examples, not of labelled steps",
        ("Check labels at the last step alone, then everywhere.", "Is there a constant ratio?"),
    ),
    Mutation(
        "division by the number of steps",
        OUTPUT,
        "(np.exp(log_p) - y) / n_examples",
        "(np.exp(log_p) - y) / n_examples / shape[0]",
        "the loss is a sum over steps, not a mean",
        ("Check one step alone.", "Is there a constant ratio?"),
    ),
    Mutation(
        "label mask ignored",
        OUTPUT,
        "self._labelled(x, labels, label_mask, class_weights)",
        "self._labelled(x, labels, None, class_weights)",
        "a step without a label adds nothing to the loss, and has no gradient of its own",
        ("Check labels at the last step alone, then everywhere.",),
    ),
    Mutation(
        "label mask not applied to dy",
        OUTPUT,
        "dx[...] = 0",
        'dx[...] = dq.sum(axis=0) @ self.parameters["W"].T',
        "a step without a label is given a gradient",
        ("Check labels at the last step alone, then everywhere.", "Are the output's arrays right?"),
    ),
    Mutation(
        "derivative of the softmax twice",
        OUTPUT,
        "(np.exp(log_p) - y)",
        "(np.exp(log_p) - y) * np.exp(log_p) * (1 - np.exp(log_p))",
        "p - y is the derivative through softmax and cross-entropy together, and complete",
        ("Check the output's bias at one step of one example: which number should it be?",),
    ),
    Mutation(
        "dv a mean, not a sum",
        OUTPUT,
        "dq.sum(axis=0)",
        "dq.sum(axis=0) / max(len(dq), 1)",
        "the output's bias acts at every labelled step, and its gradient is a sum over all",
        ("Which array alone is wrong?", "Check one label alone."),
    ),
]

BETWEEN_LAYERS = [
    Mutation(
        "dx not handed down",
        NETWORK,
        "dx, gradients[name] = layer.backward(dy, tapes.pop(), **spare)",
        "below, gradients[name] = layer.backward(dy, tapes.pop(), **spare)\n"
        "            dx = dx if tapes else below",
        "each layer is given the gradient of the output layer, in place of that of the layer above",
        ("Check one recurrent layer, then two.",),
    ),
]

IN_ONE_DIRECTION = "Check a network with bidirectional=no, then one with sum or concat."
BOTH_DIRECTIONS = [
    Mutation(
        "dy of the backward direction not reversed",
        BOTH,
        "backwards.backward(dy_backward[::-1],",
        "backwards.backward(dy_backward,",
        "the backward direction saw the last step first, and is given the first step's gradient",
        (IN_ONE_DIRECTION, "Check one step, then two."),
    ),
    Mutation(
        "dx of the backward direction left reversed",
        BOTH,
        "dx_reversed[::-1] if want_dx",
        "dx_reversed if want_dx",
        "what comes back is in the order in which the direction saw the steps",
        (IN_ONE_DIRECTION, "Which array alone is wrong, with one layer?"),
    ),
    Mutation(
        "dx of one direction missing",
        BOTH,
        "dx_forward + dx_reversed[::-1] if want_dx",
        "dx_forward if want_dx",
        "the features are used in both directions, and each use adds a term",
        (IN_ONE_DIRECTION, "Which array alone is wrong, with one layer?", "Check one step."),
    ),
    Mutation(
        "dy shared between the directions",
        BOTH,
        "dy_forward = dy_backward = dy",
        "dy_forward = dy_backward = dy / 2",
        "in a sum each term has the factor 1: dy is not divided among them",
        (IN_ONE_DIRECTION, "Is there a constant ratio?"),
    ),
    Mutation(
        "halves of dy exchanged",
        BOTH,
        "dy_forward, dy_backward = np.split",
        "dy_backward, dy_forward = np.split",
        "side by side, the forward direction has the first columns",
        (IN_ONE_DIRECTION, "Check sum, then concat."),
    ),
    Mutation(
        "gradients of the forward direction for both",
        BOTH,
        'f"backward.{key}": of_backward[key]',
        'f"backward.{key}": of_forward[key]',
        "each direction has weights of its own, and a gradient of its own",
        (IN_ONE_DIRECTION, "Which arrays are wrong?"),
    ),
]

IN_CHUNKS = "Check whole sequences, then with truncate=3."
TRUNCATION = [
    Mutation(
        "dy of the chunk's first steps",
        "network.truncated:truncated_gradients",
        "dh[-backward:]",
        "dh[:backward]",
        "the last steps of the chunk are gone back through, and take the dy of the last steps",
        (IN_CHUNKS, "Check a chunk as long as the steps that are gone back through."),
    ),
    Mutation(
        "dV and dv of the last steps alone",
        "network.network:Network.chunk_gradients",
        "        gradients |= {",
        "        last = slice(-(backward or 0), None)\n"
        "        own = self._output.loss_and_gradients(\n"
        "            h[last], chunk.labels[last], chunk.label_mask[last], class_weights\n"
        "        )[2]\n"
        "        gradients |= {",
        "the output layer needs no way back through time, and takes every step of the chunk",
        (IN_CHUNKS, "Which arrays are wrong?"),
    ),
    Mutation(
        "dx not handed down in a chunk",
        "network.truncated:truncated_gradients",
        "dh, own = layer.backward(dh, tapes[name],",
        "_, own = layer.backward(dh, tapes[name],",
        "each layer is given the gradient of the output layer, in place of that of the layer above",
        (IN_CHUNKS, "Check one recurrent layer, then two."),
    ),
]

LATER = [*BOTH_DIRECTIONS, *TRUNCATION]
MUTATIONS = [
    *PEEPHOLES,
    *DERIVATIVES,
    *RECURRENCE,
    *MASKS,
    *OUTPUT_LAYER,
    *BETWEEN_LAYERS,
    *LATER,
]
