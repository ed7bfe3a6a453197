"""SoftmaxOutput: probabilities, and the masked cross-entropy with its gradient.

Softmax and cross-entropy belong together: their joint derivative is p - y (eq. (12)), and the
loss, taken from the logits, is exact for logits of any size. The equation numbers are those of
EQUATIONS.md.
"""

import copy

import numpy as np

from tinylstm.network.fast.memory import aligned_empty
from tinylstm.small.counts import as_count

from . import initializers
from .checks import (
    check_class_weights,
    check_dtype,
    check_mask,
    check_parameters,
    check_rng,
    check_sequence,
    compute_dtype,
)


class SoftmaxOutput:
    """A softmax over K classes at every step: eqs. (9) to (13).

    Parameters
    ----------
    n_in : int
        H, units of the layer below.
    n_classes : int
        K, 2 or more.
    initializer : callable, optional
        See initializers.py. Default: xavier.
    rng : numpy.random.Generator
        Where the initial weights come from.
    dtype : dtype
        float64 or float32.

    Attributes
    ----------
    parameters : dict
        "W" (H, K), V in the equations; "b" (K,), v in the equations, zero at first.

    Raises
    ------
    ValueError
        If a size is not a positive whole number, `rng` is no generator, or the dtype is another.

    Examples
    --------
    >>> import numpy as np
    >>> output = SoftmaxOutput(300, 2, rng=np.random.default_rng(0))
    >>> print(output.forward(np.zeros((7, 1, 300)))[-1])
    [[0.5 0.5]]
    """

    def __init__(self, n_in, n_classes, initializer=None, *, rng, dtype=np.float64):
        self.n_in = as_count("n_in", n_in, least=1)
        self.n_classes = as_count("n_classes", n_classes, least=2)
        init = initializers.xavier() if initializer is None else initializer
        dtype = check_dtype(dtype)
        W = init(check_rng(rng), (n_in, n_classes), n_in, n_classes)
        self.parameters = {"W": W.astype(dtype), "b": np.zeros(n_classes, dtype)}

    def __repr__(self):
        dtype = self.parameters["W"].dtype
        of_type = "" if dtype == np.float64 else f", dtype={dtype}"
        return f"SoftmaxOutput({self.n_in}, {self.n_classes}{of_type})"

    def forward(self, x):
        """Probabilities at every step: eqs. (9) and (10).

        Parameters
        ----------
        x : ndarray (T, N, H)
            Cast to the dtype of the parameters; complex stays complex.

        Returns
        -------
        p : ndarray (T, N, K)
        """
        x = check_sequence("x", x, self.n_in)
        log_p = self._log_probabilities(x.reshape(-1, self.n_in))
        return np.exp(log_p).reshape(*x.shape[:2], self.n_classes)

    def loss(self, x, labels, label_mask=None, class_weights=None):
        """Cross-entropy, summed over labelled steps and divided by N: eq. (11).

        Parameters
        ----------
        x : ndarray (T, N, H)
        labels : ndarray (T, N, K)
            One-hot; without influence where there is no label.
        label_mask : ndarray (T, N) bool, optional
            True where there is a label; None: everywhere.
        class_weights : sequence of K floats, optional
            What a label of each class counts, 0 or more; None: 1. The sum is divided by N all the
            same, not by the sum of the weights.

        Returns
        -------
        float (or complex, where x or a parameter is)

        Examples
        --------
        >>> import numpy as np
        >>> output = SoftmaxOutput(3, 2, initializers.zeros(), rng=np.random.default_rng(0))
        >>> labels = np.array([[[0.0, 1.0]]])
        >>> round(float(output.loss(np.ones((1, 1, 3)), labels)), 6)  # the logarithm of 2
        0.693147
        """
        x, y, weight, _ = self._labelled(x, labels, label_mask, class_weights)
        return -np.sum(weight * y * self._log_probabilities(x)) / np.shape(labels)[1]  # eq. (11)

    def loss_and_gradients(self, x, labels, label_mask=None, class_weights=None):
        """The loss and its derivatives: eqs. (11) to (13).

        Parameters
        ----------
        x, labels, label_mask, class_weights
            As of `loss`; x is real.

        Returns
        -------
        loss : float
        dx : ndarray (T, N, H)
            The loss's derivative by `x`, zero where there is no label.
        gradients : dict
            "W" (H, K) and "b" (K,).

        Examples
        --------
        >>> import numpy as np
        >>> output = SoftmaxOutput(3, 2, initializers.zeros(), rng=np.random.default_rng(0))
        >>> labels = np.array([[[0.0, 1.0]]])
        >>> loss, dx, gradients = output.loss_and_gradients(np.ones((1, 1, 3)), labels)
        >>> print(gradients["b"])
        [ 0.5 -0.5]
        """
        shape = np.shape(x)
        x, y, weight, labelled = self._labelled(x, labels, label_mask, class_weights)
        n_examples = shape[1]
        log_p = self._log_probabilities(x)
        loss = -np.sum(weight * y * log_p) / n_examples  # eq. (11)
        dq = weight * (np.exp(log_p) - y) / n_examples  # eq. (12)
        dx = aligned_empty(shape, dq.dtype)
        dx[...] = 0
        dx[labelled] = dq @ self.parameters["W"].T  # eq. (13)
        return loss, dx, {"W": x.T @ dq, "b": dq.sum(axis=0)}

    def with_parameters(self, parameters):
        """The same layer with other weights, of the same names and shapes; not copied."""
        other = copy.copy(self)
        other.parameters = check_parameters(parameters, self.parameters)
        return other

    @property
    def settings(self):
        """What makes this layer again, weights apart: keyword arguments of the class, as a dict."""
        return {"n_in": self.n_in, "n_classes": self.n_classes}

    def _labelled(self, x, labels, label_mask, class_weights):
        """The n labelled rows of x (n, H) and labels (n, K), their weights, and where they are."""
        x = check_sequence("x", x, self.n_in)
        labels = check_sequence("labels", labels, self.n_classes, x.shape[:2])
        mask = check_mask("label_mask", label_mask, x.shape[:2])
        labelled = np.ones(x.shape[:2], bool) if mask is None else mask
        dtype = compute_dtype(self.parameters, x)
        y = labels[labelled].astype(dtype)
        weight = 1
        if class_weights is not None:
            factors = check_class_weights(class_weights, self.n_classes, dtype)
            weight = y @ factors[:, None]  # eqs. (31) (32)
        return x[labelled].astype(dtype), y, weight, labelled

    def _log_probabilities(self, x):
        """Rows (n, H) -> logarithm of the softmax (n, K): eqs. (9) and (10)."""
        dtype = compute_dtype(self.parameters, x)
        q = x.astype(dtype, copy=False) @ self.parameters["W"] + self.parameters["b"]  # eq. (9)
        # Shifted by a number, not by a function of q: no derivative goes through the maximum.
        q -= q.real.max(axis=1, keepdims=True)
        return q - np.log(np.exp(q).sum(axis=1, keepdims=True))  # eq. (10)
