import json
import re

import numpy as np
import pytest
from helpers.paths import GOLDEN

from tinylstm.data import SequenceDataset
from tinylstm.data.batches import draw_batches

GOLDEN = sorted(GOLDEN.glob("iterator_*.json"))


def random_dataset(seed, align="end", n_examples=11, n_classes=3, longest=9):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, size=n_examples)
    counts = lengths if align == "equal" else rng.integers(0, lengths + 1)
    features = [rng.normal(size=(length, 4)) for length in lengths]
    labels = [rng.integers(n_classes, size=count) for count in counts]
    return SequenceDataset(features, labels, n_classes)


def by_loops(dataset, examples, align, padding):
    """The five arrays of a batch, entry by entry."""
    longest = max(len(dataset[e][0]) for e in examples)
    features, labels, feature_mask, label_mask = [], [], [], []
    for t in range(longest):
        for array in (features, labels, feature_mask, label_mask):
            array.append([])
        for e in examples:
            x, y = dataset[e]
            step = t if padding == "post" else t - (longest - len(x))
            real = 0 <= step < len(x)
            number = step - (len(x) - len(y)) if align == "end" else step
            labelled = real and 0 <= number < len(y)
            features[t].append(x[step].tolist() if real else [0.0] * dataset.n_features)
            feature_mask[t].append(real)
            label_mask[t].append(labelled)
            labels[t].append([float(labelled and y[number] == k) for k in range(dataset.n_classes)])
    return features, labels, feature_mask, label_mask, list(examples)


def arrays(batch):
    return (batch.features, batch.labels, batch.feature_mask, batch.label_mask, batch.examples)


def same(batch, other):
    return all(np.array_equal(a, b) for a, b in zip(arrays(batch), arrays(other), strict=True))


def test_the_worked_example():
    x0, x1 = np.arange(1.0, 4.0)[:, None], np.arange(11.0, 16.0)[:, None]
    dataset = SequenceDataset([x0, x1], [[1], [0]], n_classes=2)
    (batch,) = dataset.batches(2)
    assert batch.features[:, 0, 0].tolist() == [1, 2, 3, 0, 0]
    assert batch.features[:, 1, 0].tolist() == [11, 12, 13, 14, 15]
    assert batch.labels[:, 0].tolist() == [[0, 0], [0, 0], [0, 1], [0, 0], [0, 0]]
    assert batch.labels[:, 1].tolist() == [[0, 0], [0, 0], [0, 0], [0, 0], [1, 0]]
    assert batch.feature_mask.T.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    assert batch.label_mask.T.tolist() == [[t == 2 for t in range(5)], [t == 4 for t in range(5)]]
    assert batch.examples.tolist() == [0, 1]


@pytest.mark.parametrize("padding", ["post", "pre"])
@pytest.mark.parametrize("align", ["end", "start", "equal"])
def test_equals_the_loops(align, padding):
    for seed in range(5):
        dataset = random_dataset(seed, align)
        batches = list(dataset.batches(4, align=align, padding=padding))
        assert [len(batch) for batch in batches] == [4, 4, 3]
        for batch, start in zip(batches, (0, 4, 8), strict=True):
            examples = range(start, start + len(batch))
            expected = by_loops(dataset, examples, align, padding)
            for got, want in zip(arrays(batch), expected, strict=True):
                assert got.tolist() == want
            assert batch.features.dtype == batch.labels.dtype == np.float64
            assert batch.feature_mask.dtype == batch.label_mask.dtype == np.bool_


@pytest.mark.parametrize("align", ["end", "start", "equal"])
def test_pre_is_post_shifted_to_the_end(align):
    for seed in range(5):
        dataset = random_dataset(seed, align)
        (post,) = dataset.batches(11, align=align)
        (pre,) = dataset.batches(11, align=align, padding="pre")
        longest = len(post.features)
        for n, x in enumerate(dataset.features):
            for a, b in zip(arrays(post)[:4], arrays(pre)[:4], strict=True):
                assert np.array_equal(np.roll(a[:, n], longest - len(x), axis=0), b[:, n])


def test_labels_at_every_step_need_no_alignment():
    dataset = random_dataset(0, "equal")
    for padding in ("post", "pre"):
        end, start, equal = (
            next(dataset.batches(11, align, padding)) for align in ("end", "start", "equal")
        )
        assert same(end, start)
        assert same(end, equal)


def test_equal_names_the_example_that_is_not():
    dataset = SequenceDataset([np.zeros((n, 1)) for n in (2, 3)], [[0, 1], [1]], n_classes=2)
    message = "example 1: 1 labels for 3 steps, expected as many (align='equal')"
    with pytest.raises(ValueError, match=re.escape(message)):
        dataset.batches(1, align="equal")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_deeplearning4j_made_the_same_batches(path, tmp_path):
    case = json.loads(path.read_text())
    for kind in ("feature", "label"):
        for number, text in enumerate(case[f"{kind}_files"]):
            (tmp_path / f"{kind}_{number}.csv").write_text(text)
    dataset = SequenceDataset.from_csv(
        f"{tmp_path}/feature_%d.csv",
        f"{tmp_path}/label_%d.csv",
        first=0,
        last=len(case["feature_files"]) - 1,
        n_classes=2,
        skip_rows=case["skip"],
        delimiter=case["delimiter"],
    )
    align = {"ALIGN_END": "end", "ALIGN_START": "start", "EQUAL_LENGTH": "equal"}[case["mode"]]
    batches = list(dataset.batches(case["batch"], align=align))
    position, faulty = 0, 0
    for batch, golden in zip(batches, case["batches"], strict=True):
        features, labels = (
            np.reshape(golden[name]["data"], golden[name]["shape"]).transpose(2, 0, 1)
            for name in ("features", "labels")
        )
        assert np.array_equal(batch.features, features)
        assert np.array_equal(batch.labels, labels)
        assert batch.examples.tolist() == list(range(position, position + len(batch)))
        lengths = [text.count("\n") - case["skip"] for text in case["feature_files"]]
        is_real = np.arange(len(features))[:, None] < np.array(lengths)[batch.examples]
        for name in ("feature_mask", "label_mask"):
            # DeepLearning4j's null: all present.
            mask = np.ones(features.shape[:2], dtype=bool)
            if golden[name] is not None:
                mask = np.reshape(golden[name]["data"], golden[name]["shape"]).T == 1
            # Fault #4238 of DeepLearning4j 0.9.1: steps after a sequence's end are marked present.
            # What is documented, and true again from 1.0.0-alpha: they are not.
            faulty += (mask & ~is_real).any()
            assert np.array_equal(getattr(batch, name), mask & is_real)
        position += len(batch)
    expected_faulty = {"iterator_align_end": 4, "iterator_align_end_one_batch": 2}
    assert faulty == expected_faulty.get(path.stem, 0)


def test_all_golden_files_are_there():
    assert len(GOLDEN) == 5


def test_shuffling_draws_another_order_each_epoch():
    dataset = random_dataset(0, n_examples=100)
    rng = np.random.default_rng(5)
    epochs = [list(dataset.batches(32, shuffle=rng)) for _ in range(2)]
    orders = [np.concatenate([batch.examples for batch in epoch]) for epoch in epochs]
    replay = np.random.default_rng(5)
    for order, epoch in zip(orders, epochs, strict=True):
        assert np.array_equal(order, replay.permutation(100))
        assert [len(batch) for batch in epoch] == [32, 32, 32, 4]
    for batch in epochs[0]:
        expected = by_loops(dataset, batch.examples, "end", "post")
        assert batch.features.tolist() == expected[0]
        assert batch.labels.tolist() == expected[1]


def test_nothing_is_drawn_before_iteration_begins():
    rng = np.random.default_rng(5)
    batches = random_dataset(0).batches(4, shuffle=rng)
    assert rng.bit_generator.state == np.random.default_rng(5).bit_generator.state
    next(batches)
    assert rng.bit_generator.state != np.random.default_rng(5).bit_generator.state


def test_pools_hold_batches_of_like_lengths():
    dataset = random_dataset(1, n_examples=103, longest=60)
    rng, replay = np.random.default_rng(8), np.random.default_rng(8)
    batches = [batch.examples for batch in dataset.batches(5, shuffle=rng, pool=4)]
    assert sorted(np.concatenate(batches)) == list(range(103))
    assert sorted(len(examples) for examples in batches) == [3] + [5] * 20
    order = replay.permutation(103)
    lengths = np.array([len(x) for x in dataset.features])
    for start in range(0, 21, 4):
        pool = batches[start : start + 4]
        members = order[start * 5 : (start + 4) * 5]
        assert sorted(np.concatenate(pool)) == sorted(members)
        # In the order of their lengths the pool's batches are its members, sorted.
        pool = sorted(pool, key=lambda examples: tuple(lengths[examples]))
        assert np.array_equal(lengths[np.concatenate(pool)], np.sort(lengths[members]))


def test_pools_are_drawn_anew_and_their_batches_shuffled():
    lengths = np.arange(200)
    rng = np.random.default_rng(0)
    epochs = [draw_batches(lengths, 10, rng, pool=20) for _ in range(2)]
    firsts = [[batch[0] for batch in epoch] for epoch in epochs]
    assert firsts[0] != firsts[1]
    for epoch, first in zip(epochs, firsts, strict=True):
        assert sorted(first) == list(range(0, 200, 10)) != first
        assert all(np.array_equal(batch, np.arange(batch[0], batch[0] + 10)) for batch in epoch)


def test_equal_lengths_in_a_pool_stay_in_drawn_order():
    order = np.random.default_rng(4).permutation(400)
    lengths = order % 2
    batches = draw_batches(lengths, 8, np.random.default_rng(4), pool=50)
    members = [n for length in (0, 1) for n in order if lengths[n] == length]
    expected = {tuple(members[start : start + 8]) for start in range(0, 400, 8)}
    assert {tuple(batch) for batch in batches} == expected


def test_a_pool_can_be_larger_than_the_dataset():
    dataset = random_dataset(0)
    batches = dataset.batches(4, shuffle=np.random.default_rng(0), pool=50)
    assert sorted(np.concatenate([batch.examples for batch in batches])) == list(range(11))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0, expected at least 1"),
        ({"batch_size": 2.5}, "batch_size=2.5, expected an integer"),
        ({"align": "left"}, "align='left', expected one of ('end', 'start', 'equal')"),
        ({"padding": "both"}, "padding='both', expected one of ('post', 'pre')"),
        ({"shuffle": True}, "shuffle=True, expected a numpy.random.Generator such as"),
        ({"shuffle": 7}, "shuffle=7, expected a numpy.random.Generator such as numpy.random.de"),
        ({"pool": 50}, "pool=50 draws its batches at random and needs shuffle="),
        ({"pool": 0}, "pool=0, expected at least 1"),
    ],
)
def test_arguments_are_checked_at_the_call(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        random_dataset(0).batches(**{"batch_size": 4, **options})


def test_a_dataset_is_not_changed():
    dataset = random_dataset(0)
    before = [(x.copy(), y.copy()) for x, y in dataset]
    for batch in dataset.batches(4):
        batch.features[...] = np.nan
        batch.labels[...] = np.nan
    for (x, y), (old_x, old_y) in zip(dataset, before, strict=True):
        assert np.array_equal(x, old_x)
        assert np.array_equal(y, old_y)
