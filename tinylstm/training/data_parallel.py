"""Data parallelism: each batch split by examples over processes that live as long as the training.

    main process      weights -> shared memory, "your part of this batch" -> each worker
    worker i          n_i of the N examples forward and back; its gradients, times n_i / N -> shared
    main process      their sum, always in the order of the workers; a step of the optimizer

Each worker has the data, sent once, so that a part of a batch is told by its examples' numbers.
"""

import contextlib
import copy
import functools
import math
import multiprocessing
import pickle
import warnings

import numpy as np

from tinylstm.data.batches import draw_batches, iterate_batches, make_batch
from tinylstm.data.chunks import iterate_chunks
from tinylstm.network.fast.memory import CACHE_LINE
from tinylstm.small.worker_processes import connected_processes

CANNOT_BE_SENT = (
    "workers: the network or the data cannot be sent to a process of its own (their classes have "
    "to be in a module, or in a script outside of its main part)"
)
# What a Network's methods return; "state" stays with the worker.
RETURNS = {
    "loss_and_gradients": ("loss", "gradients"),
    "chunk_gradients": ("loss", "gradients", "state"),
    "run_chunk": ("loss", "probabilities", "state"),
    "loss_and_probabilities": ("loss", "probabilities"),
}


@contextlib.contextmanager
def data_parallel(network, datasets, n_workers):
    """A pair that `fit` trains with: (network, datasets) themselves, or stand-ins that share work.

    `datasets` is a list of SequenceDataset or None. Where there is no shared memory, a warning and
    one process. A worker that dies is a ChildProcessError.
    """
    memories = None if n_workers == 1 else _shared_memories(network.parameters, 1 + n_workers)
    if memories is None:
        yield network, datasets
        return
    with connected_processes(n_workers, _work, memories) as connections:
        workers = _Workers(connections, memories, network.parameters)
        workers.start(network, datasets)
        stand_ins = [
            None if dataset is None else _Positions(number, dataset)
            for number, dataset in enumerate(datasets)
        ]
        yield _SharedNetwork(workers, network, network.parameters), stand_ins


class _SharedNetwork:
    """Stands where `fit` and `evaluate` have a Network: its workers compute, it adds up."""

    def __init__(self, workers, network, parameters):
        self._workers, self._network, self.parameters = workers, network, parameters
        self.layers = network.layers

    def with_parameters(self, parameters):
        """The same workers with other weights."""
        return _SharedNetwork(self._workers, self._network, parameters)

    def loss_and_gradients(self, batch, **options):
        """As `Network.loss_and_gradients`, of a `_Deal`."""
        return self._workers.compute("loss_and_gradients", self.parameters, batch, options)

    def loss_and_probabilities(self, batch):
        """As `Network.loss_and_probabilities`, of a `_Deal`."""
        return self._workers.compute("loss_and_probabilities", self.parameters, batch, {})

    def run_chunk(self, chunk, state=None, dropout_masks=None):
        """As `Network.run_chunk`, of a `_Deal`; the state says only whether there is one."""
        options = {} if dropout_masks is None else {"dropout_masks": dropout_masks}
        found = self._workers.compute("run_chunk", self.parameters, chunk, options, state)
        return *found, True

    def chunk_gradients(self, chunk, state, backward, dropout_masks=None, **options):
        """As `Network.chunk_gradients`, likewise."""
        options = {"backward": backward, "dropout_masks": dropout_masks, **options}
        found = self._workers.compute("chunk_gradients", self.parameters, chunk, options, state)
        return *found, True


class _Positions:
    """Stands where `fit` and `evaluate` have a SequenceDataset: its batches are `_Deal`s."""

    def __init__(self, number, dataset):
        self.number, self.dataset, self.n_classes = number, dataset, dataset.n_classes

    def __len__(self):
        return len(self.dataset)

    def batches(self, batch_size, align="end", padding="post", shuffle=None, pool=None):
        """As `SequenceDataset.batches`."""
        iterate_batches(self.dataset, batch_size, align, padding, shuffle, pool)  # its checks
        return self._deals(batch_size, align, padding, shuffle, pool)

    def chunks(self, length, batch_size, align="end", padding="post", shuffle=None, pool=None):
        """As `SequenceDataset.chunks`."""
        iterate_chunks(self.dataset, length, batch_size, align, padding, shuffle, pool)
        return (
            deal.chunks(length) for deal in self._deals(batch_size, align, padding, shuffle, pool)
        )

    def _deals(self, batch_size, align, padding, shuffle, pool):
        lengths = [len(x) for x in self.dataset.features]
        for examples in draw_batches(lengths, batch_size, shuffle, pool):
            yield _Deal(self, examples, align, padding)


class _Deal:
    """A batch, or a chunk of one, by its examples' numbers; its arrays are made if asked for."""

    def __init__(self, positions, examples, align, padding):
        self.positions, self.examples = positions, examples
        self.align, self.padding = align, padding
        self.lengths = [len(positions.dataset.features[n]) for n in examples]
        self.steps = range(max(self.lengths))

    def __len__(self):
        return len(self.examples)

    def chunks(self, length):
        """The same examples, `length` steps at a time."""
        for start in self.steps[::length]:
            chunk = copy.copy(self)
            chunk.steps = range(start, min(start + length, len(self.steps)))
            yield chunk

    def part(self, columns):
        """What a worker makes its part of, some of the examples: arguments of `_batch`."""
        steps = self.steps.start, self.steps.stop, max(self.lengths)
        return self.positions.number, self.examples[columns], self.align, self.padding, steps

    @functools.cached_property
    def _batch(self):
        return _batch(self.positions.dataset, *self.part(slice(None))[1:])

    features = property(lambda self: self._batch.features)
    labels = property(lambda self: self._batch.labels)
    label_mask = property(lambda self: self._batch.label_mask)


class _Workers:
    """The processes, and the memory shared with them: weights first, then each one's gradients."""

    def __init__(self, connections, memories, parameters):
        self.connections = connections
        self.weights, *self.gradients = (_arrays(memory, parameters) for memory in memories)

    def compute(self, method, parameters, deal, options, state=None):
        """What a Network's method returns of the whole batch, but for the state."""
        for name, array in parameters.items():
            self.weights[name][...] = array
        parts = [part for part in deal_out(deal.lengths, len(self.connections)) if len(part)]
        masks = options.get("dropout_masks")
        for k, part in enumerate(parts):
            if masks is not None:
                own = {name: mask[part] for name, mask in masks.items()}
                options = {**options, "dropout_masks": own}
            share = len(part) / len(deal)
            self._send(k, (method, deal.part(part), share, options, state is not None))
        answers = [self._receive(k) for k in range(len(parts))]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        loss = math.fsum(loss for loss, _ in answers)
        if "gradients" in RETURNS[method]:
            return loss, self._sum_of_gradients(len(parts))
        return loss, _in_columns([rows for _, rows in answers], parts)

    def _sum_of_gradients(self, n_parts):
        # Always in this order: floating-point sums of another order differ in the last bits.
        total = {name: array.copy() for name, array in self.gradients[0].items()}
        for gradients in self.gradients[1:n_parts]:
            for name, array in gradients.items():
                total[name] += array
        return total

    def start(self, network, datasets):
        """Tell each worker its number, and send it what it needs for the whole training."""
        try:
            everything = pickle.dumps((network, datasets), protocol=pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"{CANNOT_BE_SENT}: {error}") from error
        for k in range(len(self.connections)):
            self._send(k, k)
            self._send(k, everything)
        for k in range(len(self.connections)):
            missing = self._receive(k)
            if missing is not None:
                raise ValueError(f"{CANNOT_BE_SENT}: {missing}")

    def _send(self, k, message):
        try:
            self.connections[k].send(message)
        except OSError as error:
            raise self._ended(k) from error

    def _receive(self, k):
        try:
            return self.connections[k].recv()
        except (EOFError, OSError) as error:
            raise self._ended(k) from error

    def _ended(self, k):
        return ChildProcessError(
            f"worker {k + 1} of {len(self.connections)} ended in the middle of the training: it "
            "was killed, or short of memory, or could not start (a script needs its "
            'if __name__ == "__main__":)'
        )


def deal_out(lengths, n_parts):
    """Columns of a batch for each part, in rising order, with about equal numbers of steps.

    The longest example that is left goes to the part that has the fewest steps so far.

    >>> [part.tolist() for part in deal_out([5, 1, 4, 2], 2)]
    [[0, 1], [2, 3]]
    """
    parts, n_steps = [[] for _ in range(n_parts)], [0] * n_parts
    for column in np.argsort(-np.asarray(lengths), kind="stable"):
        fewest = n_steps.index(min(n_steps))
        parts[fewest].append(column)
        n_steps[fewest] += lengths[column]
    return [np.sort(np.array(part, dtype=np.intp)) for part in parts]


def _work(connection, memories):
    """A worker: its part of each batch, until the process that started it ends or lets go."""
    number, everything = connection.recv(), connection.recv()
    try:
        network, datasets = pickle.loads(everything)
    except (AttributeError, ImportError) as error:  # a class that is defined elsewhere alone
        connection.send(str(error))
        return
    connection.send(None)
    parameters, state = network.parameters, None
    weights = _arrays(memories[0], parameters)
    gradients = _arrays(memories[1 + number], parameters)
    while True:
        method, (dataset, *part), share, options, goes_on = connection.recv()
        try:
            # An overflow shows in what the main process checks.
            with np.errstate(over="ignore", invalid="ignore"):
                for name, array in weights.items():
                    parameters[name][...] = array
                if "state" in RETURNS[method]:
                    options = {**options, "state": state if goes_on else None}
                batch = _batch(datasets[dataset], *part)
                results = getattr(network, method)(batch, **options)
                found = dict(zip(RETURNS[method], results, strict=True))
                state = found.get("state")
                for name, array in found.get("gradients", {}).items():
                    np.multiply(array, share, out=gradients[name])
            connection.send((float(found["loss"]) * share, found.get("probabilities")))
        except Exception as error:  # whatever it is, it is raised where the training was started
            connection.send(_that_travels(error))


def _that_travels(error):
    """The exception; where pickle would lose it on the way, one of its words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _batch(dataset, examples, align, padding, steps):
    """The Batch of some examples of a batch; steps: (first, end, the whole batch's T)."""
    first, end, longest = steps
    return make_batch(
        [dataset.features[n] for n in examples],
        [dataset.labels[n] for n in examples],
        dataset.n_classes,
        align,
        padding,
        examples,
        range(first, end),
        longest,
    )


def _in_columns(parts_rows, parts):
    """The parts (T, n_i, K) at their places in (T, N, K)."""
    n_steps, _, n_classes = parts_rows[0].shape
    whole = np.empty((n_steps, sum(map(len, parts)), n_classes), parts_rows[0].dtype)
    for part, rows in zip(parts, parts_rows, strict=True):
        whole[:, part] = rows
    return whole


def _shared_memories(parameters, n):
    """That many pieces of shared memory for arrays like `parameters`; None where there is none.

    It has no name in the file system, so nothing is left of it, however the processes end.
    """
    size = sum(_padded(array.nbytes) for array in parameters.values())
    context = multiprocessing.get_context("spawn")
    try:
        return [context.RawArray("b", size + CACHE_LINE) for _ in range(n)]
    except (ImportError, OSError) as error:
        warnings.warn(
            f"no shared memory for workers ({error}): training in one process",
            RuntimeWarning,
            stacklevel=5,  # of fit's caller
        )
        return None


def _arrays(memory, parameters):
    """Arrays of the names, shapes and dtypes of `parameters` in a piece of shared memory."""
    raw = np.frombuffer(memory, np.uint8)
    start, arrays = -raw.ctypes.data % CACHE_LINE, {}
    for name, array in parameters.items():
        piece = raw[start : start + array.nbytes]
        arrays[name] = piece.view(array.dtype).reshape(array.shape)
        start += _padded(array.nbytes)
    return arrays


def _padded(n_bytes):
    """Up to the end of its last cache line: no array shares one with another."""
    return n_bytes + -n_bytes % CACHE_LINE
