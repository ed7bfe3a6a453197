"""A student's functions in the place of the package's: as layers of a Network, and an optimizer.

What the package's layers promise and the exercises do not ask for is done here, at the door: no
mask is a mask of all steps, no state is one of zeros, and what stands in a masked step is zero.
"""

import copy
from typing import NamedTuple

import numpy as np

from tinylstm.data import Batch
from tinylstm.network import Network, PeepholeLSTM, SoftmaxOutput


class ProgramTape(NamedTuple):
    """What `backward` needs of a forward pass: the arguments and results of `lstm_forward`."""

    x: np.ndarray
    mask: np.ndarray
    start: np.ndarray
    h: np.ndarray
    c: np.ndarray
    gates: np.ndarray

    @property
    def state(self):
        """The pair (h, c) after the last step, each (N, H)."""
        return self.h[-1], self.c[-1]


class ProgramLSTM:
    """`lstm_forward` and `lstm_backward` of a program, as a layer."""

    def __init__(self, program, n_in, n_units, rng):
        self.program, self.n_in, self.n_units = program, n_in, n_units
        self.parameters = PeepholeLSTM(n_in, n_units, rng=rng).parameters

    def __repr__(self):
        return f"ProgramLSTM({self.n_in}, {self.n_units}, {self.program!r})"

    def forward(self, x, mask=None, state=None):
        """x (T, N, D), mask (T, N), state the pair (h, c), each (N, H) -> h (T, N, H), a tape."""
        mask = np.ones(x.shape[:2], bool) if mask is None else np.asarray(mask).astype(bool)
        x = np.where(mask[..., None], x, 0)
        start = np.zeros((2, x.shape[1], self.n_units)) if state is None else np.stack(state)
        weights = (self.parameters[name] for name in "WRpb")
        h, c, gates = self.program.lstm_forward(x, mask, start, *weights)
        tape = ProgramTape(x, mask, start, h, c, gates)
        return tape.h, tape

    def backward(self, dy, tape):
        """dL/dh (T, N, H) -> dx (T, N, D), and a gradient for every parameter."""
        dy = np.where(tape.mask[..., None], dy, 0)
        weights = (self.parameters[name] for name in "WRp")
        dx, *gradients = self.program.lstm_backward(dy, *tape, *weights)
        return dx, dict(zip("WRpb", gradients, strict=True))

    def with_parameters(self, parameters):
        """The same layer with other weights."""
        other = copy.copy(self)
        other.parameters = dict(parameters)
        return other


class ProgramOutput(SoftmaxOutput):
    """`softmax`, `masked_cross_entropy` and their gradients, as a network's output layer."""

    def __init__(self, program, n_in, n_classes, rng):
        super().__init__(n_in, n_classes, rng=rng)
        self.program = program

    def __repr__(self):
        return f"ProgramOutput({self.n_in}, {self.n_classes}, {self.program!r})"

    def forward(self, x):
        """h (T, N, H) -> probabilities (T, N, K)."""
        q = x @ self.parameters["W"] + self.parameters["b"]  # eq. (9)
        return self.program.softmax(q)

    def loss(self, x, labels, label_mask=None, class_weights=None):
        """The loss of h (T, N, H), labels (T, N, K) and their mask (T, N)."""
        labels, label_mask = _labelled(labels, label_mask, class_weights)
        return self.program.masked_cross_entropy(self.forward(x), labels, label_mask)

    def loss_and_gradients(self, x, labels, label_mask=None, class_weights=None):
        """As of `SoftmaxOutput`: loss, dx (T, N, H), and the gradients of "W" and "b"."""
        labels, label_mask = _labelled(labels, label_mask, class_weights)
        p = self.forward(x)
        loss = self.program.masked_cross_entropy(p, labels, label_mask)
        dq = self.program.softmax_gradient(p, labels, label_mask)
        dV, dv, dy = self.program.output_gradients(x, dq, self.parameters["W"])
        return loss, dy, {"W": dV, "b": dv}


class ProgramSGD:
    """`sgd_step` as an optimizer: it changes the parameters in place, as `tl.fit` expects."""

    def __init__(self, program, learning_rate):
        self.program, self.learning_rate = program, learning_rate

    def __repr__(self):
        return f"ProgramSGD({self.learning_rate}, {self.program!r})"

    def step(self, parameters, gradients):
        """Two dicts of the same names."""
        after = self.program.sgd_step(dict(parameters), dict(gradients), self.learning_rate)
        for name, array in parameters.items():
            array[...] = after[name]


def network_of(program, n_in, n_units, n_classes, rng):
    """A Network of one ProgramLSTM and a ProgramOutput, their weights drawn in this order."""
    return Network(
        {
            "lstm": ProgramLSTM(program, n_in, n_units, rng),
            "output": ProgramOutput(program, n_units, n_classes, rng),
        }
    )


def batch_of(program, sequences, classes, n_classes):
    """Sequences [(T_n, D), ...] with a class each -> a Batch, padded at the end, ALIGN_END."""
    lengths = np.array([len(sequence) for sequence in sequences])
    mask = program.mask_from_lengths(lengths).astype(bool)
    label_mask = program.align_end(lengths, np.ones_like(lengths)).astype(bool)
    rows = np.concatenate(sequences)
    x = np.zeros((len(lengths), len(mask), rows.shape[1]))  # example by example
    x[mask.T] = rows
    y = label_mask[..., None] * program.one_hot(np.asarray(classes), n_classes)
    return Batch(np.ascontiguousarray(x.swapaxes(0, 1)), y, mask, label_mask)


def _labelled(labels, label_mask, class_weights):
    """Labels (T, N, K), zero where there is none, and their mask (T, N)."""
    if class_weights is not None:
        raise ValueError("my_lstm.py has a loss without class weights")
    shape = np.shape(labels)[:2]
    label_mask = np.ones(shape, bool) if label_mask is None else np.asarray(label_mask).astype(bool)
    return np.where(label_mask[..., None], labels, 0), label_mask
