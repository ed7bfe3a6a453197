"""What is measured of this package, and the two NumPy forms it is held against."""

import numpy as np

import tinylstm as tl
from tinylstm import textbook

__all__ = ["D", "H", "make_batch", "make_network", "products", "textbook_step", "training_step"]

D, H, K = 86, 300, 2  # the example's network
LEARNING_RATE = 0.05


def make_batch(n_steps, n_examples, dtype, n_in=D):
    """Random features, the label at the last step."""
    rng = np.random.default_rng(0)
    labels = np.zeros((n_steps, n_examples, K))
    labels[-1] = np.eye(K)[rng.integers(0, K, n_examples)]
    labelled = np.zeros((n_steps, n_examples), bool)
    labelled[-1] = True
    x = rng.standard_normal((n_steps, n_examples, n_in)).astype(dtype)
    return tl.Batch(x, labels.astype(dtype), None, labelled)


def make_network(dtype, n_in=D, n_units=H, forget_bias=1.0):
    """The example's network with small weights."""
    rng = np.random.default_rng(0)
    init = tl.initializers.normal(0.05)
    lstm = tl.PeepholeLSTM(
        n_in, n_units, forget_bias=forget_bias, initializer=init, rng=rng, dtype=dtype
    )
    output = tl.SoftmaxOutput(n_units, K, initializer=init, rng=rng, dtype=dtype)
    return tl.Network({"lstm": lstm, "output": output})


def training_step(network, batch):
    """A function that takes one step: forward, backward, SGD."""
    optimizer = tl.SGD(LEARNING_RATE)

    def step():
        _, gradients = network.loss_and_gradients(batch)
        optimizer.step(network.parameters, gradients)

    return step


def products(n_steps, n_examples, dtype):
    """The matrix products of a step and nothing else: a function for each of the two layouts.

    Examples in rows, or (the products in the loops over steps) in columns.
    """
    rng = np.random.default_rng(0)

    def array(*shape):
        return (rng.standard_normal(shape) * 0.05).astype(dtype)

    n_rows = n_steps * n_examples
    x, W, R = array(n_rows, D), array(D, 4 * H), array(H, 4 * H)
    h, delta = array(n_steps, n_examples, H), array(n_steps, n_examples, 4 * H)
    R_transposed = np.ascontiguousarray(R.T)
    h_columns = np.ascontiguousarray(h.transpose(0, 2, 1))
    delta_columns = np.ascontiguousarray(delta.transpose(0, 2, 1))
    z_x, z, dh = array(n_rows, 4 * H), array(n_examples, 4 * H), array(n_examples, H)
    z_columns, dh_columns = array(4 * H, n_examples), array(H, n_examples)

    def once(left, right, forward, backward):
        np.matmul(x, W, out=z_x)
        for t in range(n_steps):
            forward(left[t])
        for t in reversed(range(n_steps)):
            backward(right[t])
        h.reshape(n_rows, H).T @ delta.reshape(n_rows, 4 * H)
        x.T @ delta.reshape(n_rows, 4 * H)

    def rows():
        once(
            h,
            delta,
            lambda h_t: np.matmul(h_t, R, out=z),
            lambda delta_t: np.matmul(delta_t, R_transposed, out=dh),
        )

    def columns():
        once(
            h_columns,
            delta_columns,
            lambda h_t: np.matmul(R_transposed, h_t, out=z_columns),
            lambda delta_t: np.matmul(R, delta_t, out=dh_columns),
        )

    return {"products, rows": rows, "products, columns": columns}


def textbook_step(n_steps, n_examples, dtype):
    """A step of the page: one equation a line, a new array for every result."""
    batch = make_batch(n_steps, n_examples, dtype)
    mask = np.ones(batch.label_mask.shape, bool)
    arrays = batch.features, mask, batch.labels, batch.label_mask
    weights = dict(
        zip(("W", "R", "p", "b", "V", "v"), make_network(dtype).parameters.values(), strict=True)
    )

    def step():
        _, gradients = textbook.loss_and_gradients(arrays, weights)
        for name, gradient in gradients.items():
            weights[name] = weights[name] - LEARNING_RATE * gradient

    return step
