"""Gradient boosting as a rival: fitted by scikit-learn where it is installed, kept as plain trees.

The trees are taken out of what scikit-learn has fitted, so that a run's folder holds arrays and no
pickled objects, and a report of it needs no scikit-learn.
"""

from dataclasses import dataclass

import numpy as np

from tinylstm.evaluation.statistics.logistic_regression import sigmoid

SEEDS = 3
# Of three settings the best on folds of set-a.
SETTINGS = {
    "learning_rate": 0.03,
    "max_iter": 300,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 20,
    "l2_regularization": 10.0,
    "max_features": 0.2,
    "early_stopping": False,
}
INSTALL = "pip install 'tinylstm[oracles]'"


def is_installed():
    """Whether scikit-learn can be imported."""
    try:
        import sklearn.ensemble  # noqa: F401
    except ImportError:
        return False
    return True


@dataclass(frozen=True, eq=False, repr=False)
class Boosting:
    """Trees of several boosted models, all in a row; their probabilities are averaged.

    A node (n of them) asks whether `feature` is at most `bound` (where it is nan, whether
    `missing_left`), and the way leads on to `left` or `right`, counted from its tree's first node;
    a leaf has left 0 and adds `value` to the log-odds.
    """

    start: np.ndarray  # (S,) log-odds before the first tree
    model_of: np.ndarray  # (trees,) which model a tree belongs to
    first: np.ndarray  # (trees,) its first node
    feature: np.ndarray
    bound: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray

    @classmethod
    def fit(cls, features, died):
        """Fit to features (N, D), nan where unknown, and outcomes (N,)."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        # A column without any value has no bins; one of equal values is never asked for.
        features = np.where(np.isnan(features).all(axis=0), 0.0, features)
        fitted = [
            HistGradientBoostingClassifier(random_state=seed, **SETTINGS).fit(features, died)
            for seed in range(SEEDS)
        ]
        trees = [(k, tree.nodes) for k, f in enumerate(fitted) for (tree,) in f._predictors]
        sizes = [len(nodes) for _, nodes in trees]
        nodes = np.concatenate([nodes for _, nodes in trees])
        is_leaf = nodes["is_leaf"].astype(bool)
        boosting = cls(
            start=np.array([float(np.ravel(f._baseline_prediction)[0]) for f in fitted]),
            model_of=np.array([k for k, _ in trees]),
            first=np.cumsum([0, *sizes[:-1]]),
            feature=nodes["feature_idx"].astype(np.int64),
            bound=nodes["num_threshold"].astype(np.float64),
            missing_left=nodes["missing_go_to_left"].astype(bool),
            left=np.where(is_leaf, 0, nodes["left"]).astype(np.int64),
            right=np.where(is_leaf, 0, nodes["right"]).astype(np.int64),
            value=nodes["value"].astype(np.float64),
        )
        expected = np.mean([f.predict_proba(features)[:, 1] for f in fitted], axis=0)
        if not np.allclose(boosting.probabilities(features), expected, atol=1e-6):
            raise ValueError("this version of scikit-learn keeps its trees in another form")
        return boosting

    def probabilities(self, features):
        """Features (N, D) -> probabilities of death (N,)."""
        rows = np.arange(len(features))
        log_odds = np.repeat(self.start[:, None], len(features), axis=1)
        for model, first in zip(self.model_of, self.first, strict=True):
            node = np.full(len(features), first)
            while self.left[node].any():
                x = features[rows, self.feature[node]]
                goes_left = np.where(np.isnan(x), self.missing_left[node], x <= self.bound[node])
                step = np.where(goes_left, self.left[node], self.right[node])
                node = np.where(self.left[node] > 0, first + step, node)
            log_odds[model] += self.value[node]
        return sigmoid(log_odds).mean(axis=0)

    def to_arrays(self):
        """Every array by name."""
        return dict(vars(self))

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what `to_arrays` gave; ValueError for trees that lead nowhere."""
        boosting = cls(**arrays)
        n, n_trees = len(boosting.value), len(boosting.first)
        of_nodes = ("feature", "bound", "missing_left", "left", "right", "value")
        if any(arrays[name].shape != (n,) for name in of_nodes):
            raise ValueError("trees: arrays of different lengths")
        for name in "model_of", "first", "feature", "left", "right":
            if arrays[name].dtype.kind != "i" or (arrays[name] < 0).any():
                raise ValueError(f"{name}: expected whole numbers of at least 0")
        if (
            arrays["model_of"].shape != (n_trees,)
            or (boosting.model_of >= len(boosting.start)).any()
        ):
            raise ValueError("model_of: a tree of no model")
        sizes = np.diff([*boosting.first, n])
        if n_trees == 0 or boosting.first[0] != 0 or (sizes <= 0).any():
            raise ValueError("first: expected the trees' first nodes, in order")
        own = np.arange(n) - np.repeat(boosting.first, sizes)  # a node's number in its tree
        inner, size = boosting.left > 0, np.repeat(sizes, sizes)
        for name in "left", "right":
            # A child stands behind its node, so that every way ends.
            if (
                not (inner == (arrays[name] > 0)).all()
                or (inner & ((arrays[name] <= own) | (arrays[name] >= size))).any()
            ):
                raise ValueError(f"{name}: a way that does not lead on within its tree")
        if not (np.isfinite(boosting.value).all() and np.isfinite(boosting.start).all()):
            raise ValueError("value: expected finite numbers")
        if np.isnan(boosting.bound).any() or boosting.missing_left.dtype != bool:
            raise ValueError("bound: expected numbers")
        return boosting

    def __repr__(self):
        return f"Boosting({len(self.start)} models, {len(self.first)} trees)"
