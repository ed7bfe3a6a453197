"""What a network is worth on a dataset: loss, accuracy, confusion, ROC, precision-recall."""

import warnings
from dataclasses import dataclass

import numpy as np

from .roc import ROC, PrecisionRecall, cumulative_counts


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """Result of `evaluate`; ``print(evaluation)`` is a plain table.

    Its arrays have a row for each of the M labelled steps of the dataset: one for each example
    where it has one label, one for each step where every step has one. They stand in the dataset's
    order, the steps of an example one after the other, and
    ``evaluation.probabilities[evaluation.examples == i]`` are those of example i.

    Attributes
    ----------
    loss : float
        Cross-entropy, summed over labelled steps and divided by the number of examples.
    n_examples : int
        Number of examples in the dataset.
    examples : ndarray (M,) int
        Number of the row's example in the dataset.
    steps : ndarray (M,) int
        The row's step, counted from the example's first.
    labels : ndarray (M,) int
        Class of the row.
    probabilities : ndarray (M, K) float
        The network's.
    accuracy : float
        Share of rows whose most probable class (the first of several) is the label.
    confusion : ndarray (K, K) int
        Number of rows by label (row of the array) and most probable class (column).
    rocs : list of K ROC
        One for each class, as the positive one, against the rest.
    precision_recalls : list of K PrecisionRecall
        Likewise.
    """

    loss: float
    n_examples: int
    examples: np.ndarray
    steps: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    accuracy: float
    confusion: np.ndarray
    rocs: list
    precision_recalls: list

    @property
    def roc(self):
        """ROC of class 1; a ValueError unless there are two classes."""
        return self._of_class_1(self.rocs, "rocs")

    @property
    def precision_recall(self):
        """PrecisionRecall of class 1; a ValueError unless there are two classes."""
        return self._of_class_1(self.precision_recalls, "precision_recalls")

    @property
    def auc(self):
        """Area under `roc` (float); with more than two classes the mean of the areas of `rocs`.

        nan where one of the areas is: the mean of the others would be another quantity.
        """
        if len(self.rocs) == 2:
            return self.roc.auc
        return float(np.mean([roc.auc for roc in self.rocs]))

    def _of_class_1(self, curves, name):
        if len(curves) != 2:
            raise ValueError(
                f"{len(curves)} classes have no single curve: see {name}[k] of class k"
            )
        return curves[1]

    def __repr__(self):
        auc = f"{'AUC' if len(self.rocs) == 2 else 'mean AUC'} {self.auc:.4f}"
        rows = f"{self.n_examples} examples, {len(self.labels)} labelled steps"
        return f"Evaluation({rows}, loss {self.loss:.4f}, accuracy {self.accuracy:.4f}, {auc})"

    def __str__(self):
        lines = [
            f"examples           {self.n_examples:>8}",
            f"labelled steps     {len(self.labels):>8}",
            f"loss               {self.loss:>8.4f}  per example",
            f"accuracy           {self.accuracy:>8.4f}",
        ]
        if len(self.rocs) == 2:
            lines.append(f"AUC                {self.auc:>8.4f}")
            lines.append(f"average precision  {self.precision_recall.average_precision:>8.4f}")
        else:
            lines.append(f"mean AUC           {self.auc:>8.4f}")
            lines.append("class against the rest       AUC  average precision")
            for k, (roc, curve) in enumerate(zip(self.rocs, self.precision_recalls, strict=True)):
                lines.append(f"{k:>22}  {roc.auc:>8.4f}  {curve.average_precision:>17.4f}")
        lines.append("confusion (rows: label, columns: most probable class)")
        classes = range(len(self.confusion))
        lines.append(" " * 8 + "".join(f"{k:>8}" for k in classes))
        for k in classes:
            lines.append(f"{k:>8}" + "".join(f"{count:>8}" for count in self.confusion[k]))
        return "\n".join(lines)


def evaluate(network, dataset, batch_size=32, align="end", chunk=None):
    """Evaluate a network on a dataset, in one forward pass.

    Parameters
    ----------
    network : Network
        Or anything with ``loss_and_probabilities(batch)``, which returns the loss (float) and the
        probabilities (T, N, K) of a batch.
    dataset : SequenceDataset
        Or anything with ``len``, ``n_classes`` and ``batches`` like its own.
    batch_size : int
        Examples in a forward pass: it decides the memory needed, not the result.
    align : {"end", "start", "equal"}
        Where labels stand among the features, see ``SequenceDataset.batches``.
    chunk : int, optional
        Go through the sequences in chunks of so many steps, the state handed on: the memory needed
        is then that of a chunk, and the result the same. Needs ``dataset.chunks`` and
        ``network.run_chunk``. None: whole sequences.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If the dataset has no label, the network's probabilities are not of the labels' shape, or
        they or the loss are not finite.

    Warns
    -----
    RuntimeWarning
        If a class has no label: the areas that need it are nan.

    Examples
    --------
    A network whose weights are all zero knows nothing:

    >>> import tinylstm as tl
    >>> features = [np.ones((3, 1)), np.ones((5, 1)), -np.ones((2, 1)), np.ones((1, 1))]
    >>> dataset = tl.SequenceDataset(features, [[0], [0], [1], [0]], n_classes=2)
    >>> rng = np.random.default_rng(0)
    >>> lstm, output = tl.PeepholeLSTM(1, 2, rng=rng), tl.SoftmaxOutput(2, 2, rng=rng)
    >>> network = tl.Network({"lstm": lstm, "output": output})
    >>> for parameter in network.parameters.values():
    ...     parameter[...] = 0
    >>> evaluation = evaluate(network, dataset)
    >>> print(evaluation)
    examples                  4
    labelled steps            4
    loss                 0.6931  per example
    accuracy             0.7500
    AUC                  0.5000
    average precision    0.2500
    confusion (rows: label, columns: most probable class)
                   0       1
           0       3       0
           1       1       0
    >>> print(evaluation.probabilities[evaluation.examples == 2])
    [[0.5 0.5]]
    """
    loss, examples, steps, labels, probabilities = _labelled_rows(
        network, dataset, batch_size, align, chunk
    )
    confusion = np.zeros((dataset.n_classes, dataset.n_classes), dtype=np.int64)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    missing = np.flatnonzero(confusion.sum(axis=1) == 0)
    if missing.size:
        warnings.warn(
            f"labels: none of class {', '.join(map(str, missing))} among {len(labels)} "
            "labelled steps: the AUC is nan",
            RuntimeWarning,
            stacklevel=2,
        )
    counts = [cumulative_counts(labels == k, probabilities[:, k]) for k in range(len(confusion))]
    return Evaluation(
        loss=loss,
        n_examples=len(dataset),
        examples=examples,
        steps=steps,
        labels=labels,
        probabilities=probabilities,
        accuracy=float(np.trace(confusion) / len(labels)),
        confusion=confusion,
        rocs=[ROC.from_counts(*c) for c in counts],
        precision_recalls=[PrecisionRecall.from_counts(*c) for c in counts],
    )


def _labelled_rows(network, dataset, batch_size, align, chunk):
    """Run the network; give the loss and examples, steps, labels, probabilities as Evaluation's."""
    loss, rows = 0.0, []
    # Post padding, so that a step of the batch is the same step of the example.
    if chunk is None:
        batches = ([batch] for batch in dataset.batches(batch_size, align=align, padding="post"))
    else:
        batches = dataset.chunks(chunk, batch_size, align=align, padding="post")
    for parts in batches:
        own, state, first = [], None, 0
        for part in parts:
            if chunk is None:
                part_loss, probabilities = network.loss_and_probabilities(part)
            else:
                part_loss, probabilities, state = network.run_chunk(part, state)
            if probabilities.shape != part.labels.shape:
                raise ValueError(
                    f"probabilities: shape {probabilities.shape}, "
                    f"expected {part.labels.shape} as the labels"
                )
            loss += float(part_loss) * len(part.examples) / len(dataset)
            t, n = np.nonzero(part.label_mask)
            labels = part.labels[t, n].argmax(axis=1)
            own.append((n, part.examples[n], first + t, labels, probabilities[t, n]))
            first += len(part.features)
        n, *columns = map(np.concatenate, zip(*own, strict=True))
        by_example = np.argsort(n, kind="stable")  # each example's steps one after the other
        rows.append([column[by_example] for column in columns])
    examples, steps, labels, probabilities = map(np.concatenate, zip(*rows, strict=True))
    if len(labels) == 0:
        raise ValueError(f"dataset: no label in {len(dataset)} examples")
    bad = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if bad.size:
        raise ValueError(
            f"probabilities: {probabilities[bad[0]]} for example {examples[bad[0]]} "
            f"at step {steps[bad[0]]}, expected finite numbers"
        )
    if not np.isfinite(loss):
        raise ValueError(f"loss: {loss} of {len(dataset)} examples, expected a finite number")
    return loss, examples, steps, labels, probabilities
