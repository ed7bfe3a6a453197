"""fit: the loop over epochs and batches, and its history."""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from tinylstm.evaluation import evaluate
from tinylstm.small.counts import as_count
from tinylstm.small.progress import Progress

from .data_parallel import data_parallel
from .resume import resume_from

ADVICE = "try a smaller learning rate, smaller initial weights, or standardised features"


@dataclass(repr=False)
class History:
    """What a training run has seen so far; each list has one entry an epoch.

    Attributes
    ----------
    loss : list of float
        Mean over the examples of the training data, each at the time its batch came.
    seconds : list of float
        What the training of the epoch took, validation apart.
    validation_loss, validation_auc : list of float
        At the end of the epoch; empty without validation data. With more than two classes the
        AUC is the mean over the classes, each against the rest.
    generator_state : dict
        State of the random generator after the last of these epochs, so that `fit` can go on.

    Examples
    --------
    >>> History(loss=[0.69, 0.52], seconds=[1.2, 1.1])
    History(2 epochs, loss 0.5200)
    """

    loss: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    validation_auc: list = field(default_factory=list)
    generator_state: dict = field(default=None)

    def __repr__(self):
        epochs = f"{len(self.loss)} epoch{'s' * (len(self.loss) != 1)}"
        return f"History({', '.join([epochs, *_last_epoch(self)])})"


def fit(
    network,
    dataset,
    optimizer,
    *,
    epochs,
    batch_size,
    validation=None,
    align="end",
    padding="post",
    shuffle=True,
    pool=None,
    seed=None,
    truncate=None,
    dropout=None,
    class_weights=None,
    average=None,
    early_stopping=None,
    workers=1,
    verbose=True,
    resume=None,
    on_epoch=None,
):
    """Train a network: for every batch of every epoch, one step against the gradient.

    Parameters
    ----------
    network : Network
        Its parameters are changed in place.
    dataset : SequenceDataset
        The training data.
    optimizer : SGD, Momentum, Adam or Clipped
        Or anything with ``step(parameters, gradients)``.
    epochs : int
        How often the data are gone through, those of `resume` included.
    batch_size : int
        Examples in a batch.
    validation : SequenceDataset, optional
        Evaluated at the end of every epoch. It has no influence on the training, but for
        `early_stopping`.
    align, padding, pool
        As in ``SequenceDataset.batches``.
    shuffle : bool
        Whether the order of the examples is drawn anew for every epoch.
    seed : int, optional
        For the order and for dropout; None: another one in every run. With the same seed, on the
        same machine, the weights are the same to the last bit. Not used with `resume`.
    truncate : pair of int, optional
        (L, B): truncated backpropagation. Each batch is gone through in chunks of L steps, which
        are cut from the dataset, so that the memory needed is that of a chunk; the state goes from
        chunk to chunk; each chunk with a label makes a step of the optimizer, back through its
        last B steps (the output layer: all of them). None: whole sequences.
    dropout : Dropout, optional
        Its masks are drawn anew for every batch. Validation is without.
    class_weights : sequence of K floats, optional
        What a label of each class counts in the loss of the training; None: 1. The validation loss
        is without.
    average : ExponentialAverage, optional
        Averages the weights over the steps; validation is of the averaged ones.
    early_stopping : EarlyStopping, optional
        Ends the training before `epochs`, and keeps the best weights. Needs `validation`.
    workers : int
        Processes, a core each, that share every batch: its examples are dealt out so that each
        has about as many steps. The sum of their gradients is that of one process but for
        rounding; the same number of workers gives the same bits on every run. They are started
        afresh and import the main module: a script needs its ``if __name__ == "__main__":``.
    verbose : bool
        Whether to show progress on standard error: on a terminal a line that moves, and everywhere
        one line an epoch.
    resume : Checkpoint, optional
        Of an earlier run, saved with its history (and with the optimizer, average and early
        stopping, where they remember something): `network` gets its weights, these get their
        states, and training goes on as if it had never stopped, to the last bit.
    on_epoch : callable, optional
        Called as ``on_epoch(history)`` at the end of every epoch, to save a checkpoint for example.

    Returns
    -------
    History
        With the epochs of `resume`.

    Raises
    ------
    FloatingPointError
        If a loss, a gradient or a weight is not finite; the message says at which epoch and batch,
        counted from 1, and what to try.
    ValueError
        If an argument is wrong, or `resume` does not go with the others.
    ChildProcessError
        If a worker dies; the way on is the checkpoint of the last whole epoch.

    Warns
    -----
    RuntimeWarning
        If there is no shared memory for workers: one process trains then.

    Notes
    -----
    The network ends with the weights of the last step. The averaged ones and the best ones are the
    `parameters` of `average` and `early_stopping`; ``network.with_parameters`` takes them.

    Interrupted within an epoch, the network has seen a part of its batches. The way back to the
    same bits is the checkpoint that `on_epoch` saved last, with `resume`.

    Examples
    --------
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> features = [np.full((3, 1), x) for x in (-1.0, 1.0) * 8]
    >>> dataset = tl.SequenceDataset(features, [[0], [1]] * 8, n_classes=2)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(1, 4, rng=rng),
    ...                       "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    >>> history = fit(network, dataset, tl.SGD(0.5), epochs=20, batch_size=4, seed=0, verbose=False)
    >>> history.loss[-1] < 0.1 < history.loss[0]
    True
    """
    epochs = as_count("epochs", epochs, least=0)
    batch_size = as_count("batch_size", batch_size, least=1)
    workers = as_count("workers", workers, least=1)
    rng = np.random.default_rng(None if seed is None else as_count("seed", seed, least=0))
    learners = {"optimizer": optimizer, "average": average, "early_stopping": early_stopping}
    if not (dropout is None or hasattr(dropout, "draw")):
        raise ValueError(f"dropout={dropout!r}, expected a Dropout, which draws a batch's masks")
    _require_labels("dataset", dataset)
    history = History() if resume is None else resume_from(resume, network, rng, epochs, learners)
    _check_validation(validation, early_stopping, history, dataset, batch_size, align)
    forward, backward = _check_truncate(truncate)
    order = {"align": align, "padding": padding, "pool": pool, "shuffle": rng if shuffle else None}
    n_batches = math.ceil(len(dataset) / batch_size)

    workers = workers if len(history.loss) < epochs else 1  # nothing to do: nobody is started
    with data_parallel(network, [dataset, validation], workers) as (network, datasets):
        dataset, validation = datasets
        step = _Step(network, optimizer, average, dropout, class_weights, rng)
        for epoch in range(len(history.loss) + 1, epochs + 1):
            if early_stopping is not None and early_stopping.stopped:
                break
            label = f"epoch {epoch}/{epochs}"
            # An overflow shows in what _require_finite checks: its warning would say less.
            with (
                np.errstate(over="ignore", invalid="ignore"),
                Progress(label, n_batches, enabled=verbose) as progress,
            ):
                started = time.monotonic()
                if truncate is None:
                    batches = dataset.batches(batch_size, **order)
                else:
                    batches = dataset.chunks(forward, batch_size, **order)
                history.loss.append(_train_epoch(step, batches, backward, epoch, progress))
                history.seconds.append(time.monotonic() - started)
                if validation is not None:
                    judged = network
                    if average is not None:
                        judged = network.with_parameters(average.parameters)
                    evaluation = _validate(judged, validation, batch_size, align, forward, epoch)
                    history.validation_loss.append(evaluation.loss)
                    history.validation_auc.append(evaluation.auc)
                    if early_stopping is not None:
                        early_stopping.update(history, judged.parameters)
                history.generator_state = rng.bit_generator.state
                seconds = f"{history.seconds[-1]:.1f} s"
                progress.line(f"{label}: {', '.join([*_last_epoch(history), seconds])}")
            if on_epoch is not None:
                on_epoch(history)
    return history


def _last_epoch(history):
    """What came out of the last epoch, in words; nothing before the first."""
    texts = [f"loss {history.loss[-1]:#.4g}"] if history.loss else []
    if history.validation_auc:
        texts.append(f"validation loss {history.validation_loss[-1]:#.4g}")
        texts.append(f"AUC {history.validation_auc[-1]:.4f}")
    return texts


class _Step:
    """One step against the gradient of a batch, with all that has a part in it."""

    def __init__(self, network, optimizer, average, dropout, class_weights, rng):
        self.network, self.optimizer, self.average = network, optimizer, average
        self.dropout, self.rng = dropout, rng
        self.options = {} if class_weights is None else {"class_weights": class_weights}

    def __call__(self, batch, where):
        """Take the step; give the loss before it, and the number of examples."""
        options = self.options
        if self.dropout is not None:
            options = {
                **options,
                "dropout_masks": self.dropout.draw(self.network, len(batch), self.rng),
            }
        loss, gradients = self.network.loss_and_gradients(batch, **options)
        self._take(loss, gradients, where)
        return float(loss), len(batch)

    def through(self, chunks, backward, where):
        """Take a step for each chunk of a batch that has a label; likewise."""
        loss, state, masks = 0.0, None, None
        for chunk in chunks:
            if masks is None and self.dropout is not None:
                masks = self.dropout.draw(self.network, len(chunk), self.rng)
            if not chunk.label_mask.any():
                state = self.network.run_chunk(chunk, state, masks)[2]
                continue
            own, gradients, state = self.network.chunk_gradients(
                chunk, state, backward, masks, **self.options
            )
            self._take(own, gradients, where)
            loss += float(own)
        return loss, len(chunk)

    def _take(self, loss, gradients, where):
        _require_finite(where, {"the loss": loss})
        _require_finite(where, {f"the gradient of {name}": g for name, g in gradients.items()})
        self.optimizer.step(self.network.parameters, gradients)
        if self.average is not None:
            self.average.update(self.network.parameters)


def _train_epoch(step, batches, backward, epoch, progress):
    """One step for each batch, or with `backward` for each chunk; the mean loss over examples."""
    loss_sum, n_examples = 0.0, 0
    for number, batch in enumerate(batches, start=1):
        where = f"epoch {epoch}, batch {number}"
        loss, n = step(batch, where) if backward is None else step.through(batch, backward, where)
        loss_sum += loss * n
        n_examples += n
        progress.update(number, f"loss {loss_sum / n_examples:#.4g}")
    _require_finite(where, step.network.parameters)
    return loss_sum / n_examples


def _require_finite(where, arrays):
    """Raise a FloatingPointError that says where which array, by name, is not finite."""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise FloatingPointError(f"{where}: {name} is not finite; {ADVICE}")


def _require_labels(name, dataset):
    # Without one the loss is 0 and so is every gradient.
    if not any(map(len, dataset.labels)):
        raise ValueError(f"{name}: no label in {len(dataset)} examples")


def _check_truncate(truncate):
    """The pair (L, B), checked; (None, None) for None."""
    if truncate is None:
        return None, None
    if not isinstance(truncate, tuple | list) or len(truncate) != 2:
        raise ValueError(f"truncate={truncate!r}, expected the pair (forward, backward) of steps")
    forward, backward = (as_count("truncate", steps, least=1) for steps in truncate)
    if backward > forward:
        raise ValueError(f"truncate={truncate!r}: more steps back than a chunk has")
    return forward, backward


def _check_validation(validation, early_stopping, history, dataset, batch_size, align):
    """Raise now what would else come after the first epoch."""
    if validation is None and early_stopping is not None:
        raise ValueError("early_stopping judges by validation data, and there are none")
    if history.loss and bool(history.validation_loss) != (validation is not None):
        was = "with" if history.validation_loss else "without"
        raise ValueError(f"resume: the checkpoint's epochs were run {was} validation data")
    if validation is None:
        return
    for name in ("n_features", "n_classes"):
        theirs, ours = getattr(validation, name), getattr(dataset, name)
        if theirs != ours:
            raise ValueError(f"validation: {name} is {theirs}, expected {ours} as in training")
    _require_labels("validation", validation)
    validation.batches(batch_size, align)


def _validate(network, validation, batch_size, align, chunk, epoch):
    """The Evaluation of an epoch's network."""
    try:
        return evaluate(network, validation, batch_size, align, chunk)
    except ValueError as error:  # of probabilities: the rest is checked beforehand
        raise FloatingPointError(f"epoch {epoch}, validation: {error}; {ADVICE}") from None
