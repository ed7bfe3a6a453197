"""The batches of a dataset in chunks of steps, cut from the dataset one after the other."""

from tinylstm.small.counts import as_count

from .batches import draw_batches, iterate_batches, make_batch


def iterate_chunks(dataset, length, batch_size, align, padding, shuffle, pool):
    """`SequenceDataset.chunks`: for each batch an iterator of Batch, of `length` steps at most."""
    length = as_count("length", length, least=1)
    iterate_batches(dataset, batch_size, align, padding, shuffle, pool)  # its checks; draws nothing
    return _generate(dataset, length, batch_size, align, padding, shuffle, pool)


def _generate(dataset, length, batch_size, align, padding, shuffle, pool):
    lengths = [len(x) for x in dataset.features]
    for examples in draw_batches(lengths, batch_size, shuffle, pool):
        yield _cut(dataset, examples, length, align, padding)


def _cut(dataset, examples, length, align, padding):
    features = [dataset.features[n] for n in examples]
    labels = [dataset.labels[n] for n in examples]
    n_steps = max(len(x) for x in features)
    for start in range(0, n_steps, length):
        steps = range(start, min(start + length, n_steps))
        yield make_batch(features, labels, dataset.n_classes, align, padding, examples, steps)
