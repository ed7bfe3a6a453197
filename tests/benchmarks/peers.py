"""The others: each gives a function that takes one training step, or None where not installed.

None of them is a dependency; each is imported where it is used.
"""

import importlib.util
import os
import shlex
import subprocess

import numpy as np

from .ours import LEARNING_RATE, D, H, K, make_batch

__all__ = ["DL4J", "installed", "jax_scan", "onnx_forward", "torch_loop", "torch_lstm", "torch_net"]


def installed(name):
    """Whether a package can be imported."""
    return importlib.util.find_spec(name) is not None


def torch_net(dtype, forget_bias=1.0):
    """nn.LSTM (fused, tanh, no peepholes), a linear layer, SGD."""
    import torch

    torch.manual_seed(0)
    lstm, output = torch.nn.LSTM(D, H), torch.nn.Linear(H, K)
    with torch.no_grad():
        lstm.bias_ih_l0[H : 2 * H] = forget_bias
        lstm.bias_hh_l0[H : 2 * H] = 0
    lstm, output = (module.to(getattr(torch, dtype)) for module in (lstm, output))
    optimizer = torch.optim.SGD([*lstm.parameters(), *output.parameters()], lr=LEARNING_RATE)
    return lstm, output, optimizer


def _torch_batch(n_steps, n_examples, dtype):
    import torch

    batch = make_batch(n_steps, n_examples, dtype)
    return torch.from_numpy(batch.features), torch.from_numpy(batch.labels[-1].argmax(axis=1))


def torch_lstm(n_steps, n_examples, dtype, forget_bias=1.0):
    """A step of nn.LSTM."""
    import torch

    x, y = _torch_batch(n_steps, n_examples, dtype)
    lstm, output, optimizer = torch_net(dtype, forget_bias)

    def step():
        optimizer.zero_grad()
        h, _ = lstm(x)
        torch.nn.functional.cross_entropy(output(h[-1]), y).backward()
        optimizer.step()

    return step


def torch_loop(n_steps, n_examples, dtype):
    """A step of a peephole LSTM as a loop; subnormal numbers are flushed."""
    import torch

    def loop(x, W, R, p, b):
        h = torch.zeros([x.shape[1], R.shape[0]], dtype=x.dtype)
        c = torch.zeros_like(h)
        # unbind: the derivative of z_x[t] would fill an array for all steps at every step.
        for z_x in (x @ W + b).unbind(0):
            z_a, z_f, z_o, z_i = (z_x + h @ R).chunk(4, 1)
            f, i = torch.sigmoid(z_f + c * p[0]), torch.sigmoid(z_i + c * p[2])
            c = f * c + i * torch.nn.functional.softsign(z_a)
            o = torch.sigmoid(z_o + c * p[1])
            h = o * torch.nn.functional.softsign(c)
        return h

    x, y = _torch_batch(n_steps, n_examples, dtype)
    shapes = [(D, 4 * H), (H, 4 * H), (3, H), (4 * H,), (H, K), (K,)]
    W, R, p, b, V, v = weights = [
        (0.05 * torch.randn(shape, dtype=x.dtype)).requires_grad_() for shape in shapes
    ]
    optimizer = torch.optim.SGD(weights, lr=LEARNING_RATE)

    def step():
        torch.set_flush_denormal(True)  # of this thread: ours runs in it too, and does without
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(loop(x, W, R, p, b) @ V + v, y).backward()
        optimizer.step()
        torch.set_flush_denormal(False)

    return step


def jax_scan(n_steps, n_examples, dtype):
    """A step of a peephole LSTM through jax.lax.scan, compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    batch = make_batch(n_steps, n_examples, dtype)
    x, y = jnp.asarray(batch.features), jnp.asarray(batch.labels[-1])
    rng = np.random.default_rng(0)
    shapes = [(D, 4 * H), (H, 4 * H), (3, H), (4 * H,), (H, K), (K,)]
    weights = [jnp.asarray((0.05 * rng.standard_normal(s)).astype(dtype)) for s in shapes]

    def loss(weights):
        W, R, p, b, V, v = weights

        def cell(state, z_x):
            h, c = state
            z_a, z_f, z_o, z_i = jnp.split(z_x + h @ R, 4, axis=1)
            f, i = jax.nn.sigmoid(z_f + c * p[0]), jax.nn.sigmoid(z_i + c * p[2])
            c = f * c + i * jax.nn.soft_sign(z_a)
            h = jax.nn.sigmoid(z_o + c * p[1]) * jax.nn.soft_sign(c)
            return (h, c), None

        zero = jnp.zeros((n_examples, H), x.dtype)
        (h, _), _ = jax.lax.scan(cell, (zero, zero), x @ W + b)
        return -jnp.sum(y * jax.nn.log_softmax(h @ V + v)) / n_examples

    @jax.jit
    def update(weights):
        gradients = jax.grad(loss)(weights)
        return [w - LEARNING_RATE * g for w, g in zip(weights, gradients, strict=True)]

    held = [weights]

    def step():
        held[0] = jax.block_until_ready(update(held[0]))

    return step


def onnx_forward(n_steps, n_examples, threads):
    """Forward through ONNX's LSTM operator with peepholes and softsign, float32."""
    import onnx
    import onnxruntime

    rng = np.random.default_rng(0)
    shapes = {"W": (1, 4 * H, D), "R": (1, 4 * H, H), "B": (1, 8 * H), "P": (1, 3 * H)}
    weights = [
        onnx.numpy_helper.from_array((0.05 * rng.standard_normal(shape)).astype("float32"), name)
        for name, shape in shapes.items()
    ]
    node = onnx.helper.make_node(
        "LSTM",
        ["x", "W", "R", "B", "", "", "", "P"],
        ["y"],
        hidden_size=H,
        activations=["Sigmoid", "Softsign", "Softsign"],
    )
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [node],
        "lstm",
        [onnx.helper.make_tensor_value_info("x", kind, [n_steps, n_examples, D])],
        [onnx.helper.make_tensor_value_info("y", kind, [n_steps, 1, n_examples, H])],
        weights,
    )
    opset = onnx.helper.make_opsetid("", 17)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    x = make_batch(n_steps, n_examples, "float32").features

    def forward():
        session.run(None, {"x": x})

    return forward


class DL4J:
    """A process of DeepLearning4j 0.9.1, by the command in the environment variable DL4J.

    Given a line, it takes one training step of the example's network and answers with its
    milliseconds. The first steps, while Java compiles, are taken here.
    """

    def __init__(self, n_steps, n_examples, dtype, warm_up):
        kind = {"float32": "float", "float64": "double"}[dtype]
        command = [*shlex.split(os.environ["DL4J"]), "bench", n_examples, n_steps, D, H, kind]
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if not self.process.stdout.readline().startswith("ready"):
            raise RuntimeError(f"{command} did not become ready")
        for _ in range(warm_up):
            self()

    def __call__(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
