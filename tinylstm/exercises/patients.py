"""The exercises of notebook 11: real steps, a score of the Challenge, an interval."""

from .exercise import Exercise
from .solutions import patients as solutions


def batch_inputs(rng):
    """A batch with padding and holes; a real row is zero, what is masked is not."""
    T, N, D = int(rng.integers(5, 9)), int(rng.integers(3, 6)), int(rng.integers(2, 4))
    mask = rng.random((T, N)) < 0.7
    mask[:3, 0] = True
    x = rng.standard_normal((T, N, D)) * rng.uniform(1, 30, D) + rng.uniform(-5, 5, D)
    x[1, 0] = 0
    return {"x": x, "mask": mask}


def prediction_inputs(rng):
    """Who died and who was predicted to: now fewer, now more of them."""
    risk = rng.standard_normal(int(rng.integers(30, 60)))
    died = risk + rng.standard_normal(risk.shape) > 0.8
    return {"died": died, "predicted": risk > rng.choice([-0.5, 0.0, 1.0])}


def replicate_inputs(rng):
    """Replicates of a statistic, not symmetric, and one of several levels."""
    replicates = rng.gamma(3, 1, int(rng.integers(100, 300)))
    return {"replicates": replicates, "level": float(rng.choice([0.5, 0.8, 0.9, 0.95, 0.99]))}


EXERCISES = [
    Exercise(
        solutions.standardize_real_steps,
        notebook=11,
        outputs=("standardized", "mean", "std"),
        inputs=batch_inputs,
        mistakes={
            "the padding counts in mean and std": ("x[mask]", "x.reshape(-1, x.shape[2])"),
            "std is the sample's, with n - 1": ("real.std(axis=0)", "real.std(axis=0, ddof=1)"),
            "it is divided by the variance": ("real.std(axis=0)", "real.var(axis=0)"),
            "the padding is not zero: it became -mean / std": (
                "np.where(mask[..., None], (x - mean) / std, 0)",
                "(x - mean) / std",
            ),
        },
    ),
    Exercise(
        solutions.event1,
        notebook=11,
        outputs=("score",),
        inputs=prediction_inputs,
        mistakes={
            "it is the greater of the two": ("min(", "max("),
            "it is the sensitivity alone": (", rightly / np.sum(predicted)", ", 1"),
            "it is the predictive value alone": ("rightly / np.sum(died), ", "1, "),
            "it is the share of right predictions": (
                "return min(rightly / np.sum(died), rightly / np.sum(predicted))",
                "return np.mean(died == predicted)",
            ),
        },
    ),
    Exercise(
        solutions.percentile_interval,
        notebook=11,
        outputs=("low", "high"),
        inputs=replicate_inputs,
        mistakes={
            "it cuts off 1 - level at either end, twice too much": (
                "[(1 - level) / 2, (1 + level) / 2]",
                "[1 - level, level]",
            ),
            "it cuts off at the upper end alone": (
                "[(1 - level) / 2, (1 + level) / 2]",
                "[0, level]",
            ),
            "it is the mean plus or minus standard deviations, 1.645 for 90 %": (
                "return low, high",
                "low, high = replicates.mean() + 1.645 * replicates.std() * np.array([-1, 1])\n"
                "    return low, high",
            ),
        },
    ),
]
