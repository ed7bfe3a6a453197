"""The exercises of notebook 8: bits a character, and a temperature."""

import numpy as np

from .exercise import Exercise
from .solutions import text as solutions


def text_inputs(rng):
    """A model's probabilities, and a text of it that is not always what is most probable."""
    T, K = int(rng.integers(4, 9)), int(rng.integers(3, 7))
    return {
        "p": rng.dirichlet(np.full(K, 0.7), T) * 0.9 + 0.1 / K,
        "numbers": rng.integers(0, K, T),
    }


def temperature_inputs(rng):
    """Probabilities, and a temperature well below 1 or above."""
    K = int(rng.integers(3, 8))
    temperature = float(rng.choice([rng.uniform(0.1, 0.7), rng.uniform(1.5, 4)]))
    return {"p": rng.dirichlet(np.ones(K)) * 0.9 + 0.1 / K, "temperature": temperature}


EXERCISES = [
    Exercise(
        solutions.bits_per_character,
        notebook=8,
        outputs=("bits",),
        inputs=text_inputs,
        mistakes={
            "the natural logarithm: nats, not bits": ("np.log2(", "np.log("),
            "the minus sign is missing": ("-np.log2", "np.log2"),
            "the sum, not the mean": (".mean()", ".sum()"),
            "the most probable character's probability, whatever came": (
                "p[np.arange(len(numbers)), numbers]",
                "p.max(axis=1)",
            ),
            "the logarithm of the mean, not the mean of the logarithms": (
                "-np.log2(p[np.arange(len(numbers)), numbers]).mean()",
                "-np.log2(p[np.arange(len(numbers)), numbers].mean())",
            ),
        },
    ),
    Exercise(
        solutions.with_temperature,
        notebook=8,
        outputs=("q",),
        inputs=temperature_inputs,
        mistakes={
            "the power is the temperature, not 1 / temperature": (
                "(1 / temperature)",
                "temperature",
            ),
            "they do not sum to 1": ("powers / powers.sum()", "powers"),
            "p, not its logarithm, is divided by the temperature": (
                "p ** (1 / temperature)",
                "np.exp(p / temperature)",
            ),
            "the temperature has no influence: a factor cancels": (
                "p ** (1 / temperature)",
                "p / temperature",
            ),
        },
    ),
]
