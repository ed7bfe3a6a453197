"""Two tasks of Hochreiter & Schmidhuber (1997), Long short-term memory, trained to success.

    python -m tests.benchmarks.sequence_tasks [reber | order] [--seeds N]

Embedded Reber grammar (section 5.1): a finite automaton makes strings of seven symbols, and the
next symbol is to be predicted at every step. At most steps two symbols are legal; the last but one
repeats the second, across a whole inner string. 256 strings train and 256 others test; a string is
right where at each step every legal symbol has a higher probability than every other, and a trial
is a success when all strings of both sets are right.

Temporal order (section 5.6, task 6a): in a string of 100 to 110 symbols, among four symbols that
mean nothing, X or Y comes at a step from 10 to 20 and again at one from 50 to 60; which of the four
pairs it was is asked at the last step. Strings are always new. A trial is a success when the last
2,000 strings were right as they came (every probability within 0.3 of its target) with a mean error
below 0.1; of 2,560 more strings those that are wrong are counted.
"""

import argparse
import time

import numpy as np

import tinylstm as tl
from tinylstm.evaluation.statistics.intervals import wilson_interval

# The grammar: state -> the symbols that are legal in it and the states that they lead to.
REBER = {
    "begin": {"B": "1"},
    "1": {"T": "2", "P": "3"},
    "2": {"S": "2", "X": "4"},
    "3": {"T": "3", "V": "5"},
    "4": {"X": "3", "S": "end"},
    "5": {"P": "4", "V": "end"},
    "end": {"E": None},
}
SYMBOLS = "BTPSXVE"
N_STRINGS = 256  # to train on, and as many to test on
ORDER_SYMBOLS = "EBabcdXY"  # E begins and B ends
BATCH, UNITS = 32, 16


def reber_string(rng):
    """An embedded string, and which symbols are legal after each but the last: (text, sets)."""
    outer = "TP"[rng.integers(2)]
    text, legal = ["B", outer], [{"T", "P"}, {"B"}]
    state = "begin"
    while state is not None:
        choices = sorted(REBER[state])
        symbol = choices[rng.integers(len(choices))]
        text.append(symbol)
        state = REBER[state][symbol]
        legal.append({outer} if state is None else set(REBER[state]))
    text += [outer, "E"]
    legal.append({"E"})
    return "".join(text), legal


def reber_dataset(strings):
    """Each symbol but the last as a row, one-hot; the label of a step is the symbol behind it."""
    numbers = [np.array([SYMBOLS.index(symbol) for symbol in text]) for text, _ in strings]
    features = [np.eye(len(SYMBOLS))[row[:-1]] for row in numbers]
    return tl.SequenceDataset(features, [row[1:] for row in numbers], len(SYMBOLS))


def n_right(network, dataset, strings):
    """In how many strings every legal symbol is more probable than every other, at each step."""
    allowed = np.concatenate(
        [[[symbol in legal for symbol in SYMBOLS] for legal in sets] for _, sets in strings]
    )
    evaluation = tl.evaluate(network, dataset, batch_size=N_STRINGS, align="equal")
    p = evaluation.probabilities
    lowest_legal = np.where(allowed, p, 2).min(axis=1)
    highest_other = np.where(allowed, -1, p).max(axis=1)
    wrong = set(evaluation.examples[lowest_legal <= highest_other])
    return len(strings) - len(wrong)


def train_reber(seed, most_epochs=300):
    """One trial: (success, strings seen, wrong strings of the test set)."""
    rng = np.random.default_rng(seed)
    drawn = {}
    while len(drawn) < 2 * N_STRINGS:  # all different
        text, legal = reber_string(rng)
        drawn[text] = legal
    strings = list(drawn.items())
    parts = strings[:N_STRINGS], strings[N_STRINGS:]
    datasets = [reber_dataset(part) for part in parts]
    network = make_network(len(SYMBOLS), len(SYMBOLS), rng)
    optimizer = tl.Clipped(tl.Adam(0.01), max_norm=1.0)
    for epoch in range(1, most_epochs + 1):
        train(network, datasets[0], optimizer, seed=epoch, align="equal")
        if n_right(network, datasets[0], parts[0]) == N_STRINGS:
            wrong = N_STRINGS - n_right(network, datasets[1], parts[1])
            if wrong == 0:
                return True, epoch * N_STRINGS, 0
    return False, most_epochs * N_STRINGS, N_STRINGS - n_right(network, datasets[1], parts[1])


def order_dataset(rng, n_strings):
    """Strings of task 6a, each with one label: 2 (first is Y) + (second is Y)."""
    features, labels = [], []
    for _ in range(n_strings):
        length = rng.integers(100, 111)
        text = rng.integers(2, 6, length)
        text[0], text[-1] = 0, 1
        pair = rng.integers(0, 2, 2)
        text[rng.integers(10, 21)], text[rng.integers(50, 61)] = 6 + pair
        features.append(np.eye(len(ORDER_SYMBOLS))[text])
        labels.append([2 * pair[0] + pair[1]])
    return tl.SequenceDataset(features, labels, n_classes=4)


def train_order(seed, most_strings=60_000, each=640):
    """One trial: (success, strings seen, wrong strings of 2,560 more)."""
    rng = np.random.default_rng(seed)
    network = make_network(len(ORDER_SYMBOLS), 4, rng)
    optimizer = tl.Clipped(tl.Adam(0.01), max_norm=1.0)
    errors, success = np.zeros(0), False
    while len(errors) < most_strings and not success:
        dataset = order_dataset(rng, each)
        errors = np.append(errors, string_errors(network, dataset))  # as they come, before training
        train(network, dataset, optimizer, seed=len(errors))
        recent = errors[-2000:]
        success = len(errors) >= 2000 and recent.max() < 0.3 and recent.mean() < 0.1
    wrong = int((string_errors(network, order_dataset(rng, 2560)) >= 0.3).sum())
    return success, len(errors), wrong


def string_errors(network, dataset):
    """For each string the largest distance of a probability from its target, at the last step."""
    evaluation = tl.evaluate(network, dataset, batch_size=640)
    targets = np.eye(dataset.n_classes)[evaluation.labels]
    return np.abs(evaluation.probabilities - targets).max(axis=1)


def make_network(n_in, n_classes, rng):
    """16 units, tanh; the forget gates begin almost open."""
    lstm = tl.PeepholeLSTM(n_in, UNITS, "tanh", forget_bias=3.0, rng=rng)
    return tl.Network({"lstm": lstm, "output": tl.SoftmaxOutput(UNITS, n_classes, rng=rng)})


def train(network, dataset, optimizer, seed, align="end"):
    """Once through the dataset."""
    tl.fit(
        network,
        dataset,
        optimizer,
        epochs=1,
        batch_size=BATCH,
        align=align,
        seed=seed,
        verbose=False,
    )


TASKS = {"reber": ("embedded Reber grammar", train_reber), "order": ("temporal order", train_order)}


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sequence_tasks")
    parser.add_argument(
        "tasks", nargs="*", choices=[*TASKS, []], metavar="TASK", help="reber, order"
    )
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args(argv)
    shares = []
    for task in arguments.tasks or TASKS:
        name, trial = TASKS[task]
        successes = 0
        for seed in range(arguments.seeds):
            start = time.monotonic()
            success, n_strings, wrong = trial(seed)
            successes += success
            word = "success" if success else "no success"
            seconds = time.monotonic() - start
            print(
                f"{name}, seed {seed}: {word} after {n_strings:,} strings, {wrong} of the test "
                f"strings wrong, {seconds:.1f} s",
                flush=True,
            )
        low, high = wilson_interval(successes, arguments.seeds)
        print(f"{name}: {successes} of {arguments.seeds} (95 %: {low:.2f} to {high:.2f})")
        shares.append(successes / arguments.seeds)
    return 0 if min(shares) > 0.5 else 1


if __name__ == "__main__":
    raise SystemExit(main())
