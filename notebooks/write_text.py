"""The long run of notebook 8: a peephole LSTM learns to write as this package is written.

    python notebooks/write_text.py

trains for twenty minutes of one core and writes text_run.json and text_run.npz beside it: what it
writes after 0, 1, 5 and 20 minutes, its bits a character on text that it has not seen, and its
weights. The text is the package's own, as it is installed: EQUATIONS.md and every module. Minutes
are those of the process's own CPU time, with one BLAS thread (OPENBLAS_NUM_THREADS=1).
"""

import hashlib
import json
import platform
import re
import time
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np

import tinylstm as tl

RESULTS = Path(__file__).with_name("text_run.json")
WEIGHTS = Path(__file__).with_name("text_run.npz")

# A line end and what a keyboard has: numbers 0 to 95. Anything else is written as "?".
ALPHABET = "\n" + "".join(map(chr, range(32, 127)))
SETTINGS = {
    "units": 128,
    "learning_rate": 0.004,  # Adam's
    "max_norm": 1.0,  # of the gradient of a character's loss
    "streams": 32,  # N: places in the text that are read side by side
    "chunk": 64,  # T: steps from one update to the next, and the steps gone back through
    "seed": 0,
    "minutes": 20,
    "samples_at": [0, 1, 5, 20],
    "temperature": 0.7,
    "sample": 600,  # characters
}


def corpus():
    """The text to learn and the text to be judged by, str each: about a tenth of the files.

    The name of a file decides, so that a new one moves no other.
    """
    package, parts = files("tinylstm"), ([], [])
    for name in sorted(_names(package)):
        text = _plain(package.joinpath(name).read_text(encoding="utf-8"))
        parts[zlib.crc32(name.encode()) % 10 == 0].append(text)
    return "\n\n".join(parts[0]), "\n\n".join(parts[1])


def _names(folder, start=""):
    """EQUATIONS.md and the modules of a package, by their paths."""
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _names(entry, f"{start}{entry.name}/")
        elif entry.name.endswith(".py") or entry.name == "EQUATIONS.md":
            yield start + entry.name


def _plain(text):
    return re.sub(r"[^\n -~]", "?", text)


def digest(texts):
    """The SHA-256 of the corpus, in hexadecimal."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def numbers_of(text):
    """Text -> the numbers of its characters in ALPHABET, ndarray (len(text),) int."""
    codes = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.intp)
    return np.where(codes == ord("\n"), 0, codes - 31)


def chunks(numbers, n_streams, length):
    """A text in streams side by side, in Batches of `length` steps; a label is what follows.

    Stream n is the n-th part of the text; its steps in one Batch go on where the last one ended.
    """
    n_steps = (len(numbers) - 1) // n_streams
    here = numbers[: n_streams * n_steps].reshape(n_streams, n_steps).T
    after = numbers[1 : n_streams * n_steps + 1].reshape(n_streams, n_steps).T
    one_hot = np.eye(len(ALPHABET), dtype=np.float32)
    for start in range(0, n_steps - length + 1, length):
        steps = slice(start, start + length)
        yield tl.Batch(one_hot[here[steps]], one_hot[after[steps]])


def new_network(n_units, seed):
    """A peephole LSTM, g = tanh, with a class for each character."""
    rng, K = np.random.default_rng(seed), len(ALPHABET)
    return tl.Network(
        {
            "lstm": tl.PeepholeLSTM(K, n_units, "tanh", rng=rng, dtype=np.float32),
            "output": tl.SoftmaxOutput(n_units, K, rng=rng, dtype=np.float32),
        }
    )


def bits(network, text):
    """Bits a character, read as one stream from the first character on."""
    total, n, state = 0.0, 0, None
    for batch in chunks(numbers_of(text), 1, 500):
        loss, _, state = network.run_chunk(batch, state)
        total, n = total + float(loss), n + len(batch.features)
    return total / n / np.log(2)


def write(network, start, n_characters, temperature, rng):
    """What the network writes on from a start, a character a step: str."""
    written, state, one_hot = start, None, np.eye(len(ALPHABET), dtype=np.float32)
    for k in range(len(start) + n_characters - 1):
        p, state = network.step(one_hot[numbers_of(written[k])], state)
        if k < len(start) - 1:
            continue  # it reads what is there already
        p = (p[0] / p.max()).astype(np.float64) ** (1 / temperature)  # the largest is 1
        written += ALPHABET[rng.choice(len(p), p=p / p.sum())]
    return written


class NGrams:
    """The chance of a character after the n - 1 before it, by how often it came there.

    With counts c of what came after a context, C in all, and the chance q by the context without
    its first character: (c + k q) / (C + k), and 1 / K where no context is left. The k that suits
    the last tenth of the text best, counted on the rest, is taken.
    """

    def __init__(self, numbers, n):
        self.n, kept = n, len(numbers) * 9 // 10
        self._count(numbers[:kept])
        self.k = min(np.geomspace(0.1, 100, 13), key=lambda k: self.bits(numbers[kept:], k))
        self._count(numbers)

    def _count(self, numbers):
        self.counts = []
        for n in range(1, self.n + 1):
            counts = np.zeros((len(ALPHABET),) * n)
            np.add.at(counts, tuple(numbers[j : len(numbers) - n + 1 + j] for j in range(n)), 1)
            self.counts.append(counts)

    def bits(self, numbers, k=None):
        """Bits a character of another text; `k` as in the class, by default the one taken."""
        k, last, q = self.k if k is None else k, self.n - 1, 1 / len(ALPHABET)
        for n, counts in enumerate(self.counts, 1):
            at = tuple(numbers[last - n + 1 + j : len(numbers) - n + 1 + j] for j in range(n))
            q = (counts[at] + k * q) / (counts.sum(axis=-1)[at[:-1]] + k)
        return float(-np.log2(q).mean())


def main():
    texts = learn, judged = corpus()
    numbers, s = numbers_of(learn), SETTINGS
    network, state = new_network(s["units"], s["seed"]), None
    optimizer = tl.Clipped(tl.Adam(s["learning_rate"]), s["max_norm"] * s["chunk"])
    curve, samples, minute, spent, n_chunks = [], {}, 0, 0.0, 0
    batches = iter(())
    while True:
        if spent >= 60 * minute:
            curve.append([round(spent / 60, 2), n_chunks, bits(network, judged[:30_000])])
            if minute in s["samples_at"]:
                rng = np.random.default_rng(s["seed"])
                samples[minute] = write(network, "def ", s["sample"], s["temperature"], rng)
                print(f"after {minute} minutes: {curve[-1][2]:.3f} bits\n{samples[minute]}\n")
            if minute == s["minutes"]:
                break
            minute += 1
        started = time.process_time()
        batch = next(batches, None)
        if batch is None:  # from the beginning again
            batches, state = chunks(numbers, s["streams"], s["chunk"]), None
            batch = next(batches)
        _, gradients, state = network.chunk_gradients(batch, state)
        optimizer.step(network.parameters, gradients)
        n_chunks += 1
        spent += time.process_time() - started
    held_out = numbers_of(judged)
    models = {order: NGrams(numbers, order).bits(held_out) for order in (1, 2, 3)}
    result = {
        "sha256": digest(texts),
        "characters": [len(learn), len(judged)],
        "settings": s,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "bits": {"lstm": bits(network, judged), **{f"{n}-gram": b for n, b in models.items()}},
        "curve": curve,
        "samples": samples,
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    weights = {name: array.astype(np.float16) for name, array in network.parameters.items()}
    np.savez_compressed(WEIGHTS, **weights)
    print(result["bits"])


if __name__ == "__main__":
    main()
