"""The experiment of notebook 9: small peephole LSTMs learn a periodic function, forty seeds each.

    python notebooks/peephole_seeds.py

trains every setting and writes the outcomes to peephole_seeds.json beside it.

A network is an LSTM of one, two or four cells, g = tanh, and the output of eq. (9), left as it is,
without a softmax: q_t = h_t V + v. Its input x_t is one number, its target the function's next
value, its loss the mean of the squared errors. It is trained by full backpropagation through time
in one of two ways: with *teacher forcing*, where x_t is the function's value at step t, or without,
where x_t is the network's own q_{t-1}, and the derivative goes through that as well. In the test it
always runs free, on its own output, and four times as long.

Forty tiny networks cost as much as one where they are trained together: every array here has a
first axis of S networks, each with its own weights. The tests hold one of them against the
package's layer to 1e-12. The equation numbers are those of tinylstm/network/EQUATIONS.md.

One cell with peepholes is trained by one more rule, *cut*: that of Gers, Schraudolph & Schmidhuber
(2002), by which no error goes from a gate through its peephole to the cell.
"""

import itertools
import json
import platform
import time
from pathlib import Path

import numpy as np

from tinylstm import PeepholeLSTM, initializers
from tinylstm.training.optimizers import Adam

RESULTS = Path(__file__).with_suffix(".json")

SETTINGS = {
    "seeds": 40,
    "iterations": 6000,
    "check_every": 100,  # iterations from one free run to the next
    "period": 10,  # steps
    "training_steps": 50,
    "test_steps": 200,
    "tolerance": 0.3,  # a free run succeeds where no step is further off
    "weight_limit": 0.75,  # initial weights are uniform between -0.75 and 0.75
    "learning_rate": 0.01,  # Adam's
}
WAVES = {"cosine": (0, 1), "raised cosine": (0.5, -0.5)}  # its mean, its amplitude
CELLS = 1, 2, 4
EARLY = 200  # the iteration whose loss is kept, to compare other machines by


def wave(name, n_steps):
    """A function of period 10 at steps 0 to n_steps - 1.

    Parameters
    ----------
    name : str
        "cosine", between -1 and 1, or "raised cosine", (1 - cos) / 2, between 0 and 1.
    n_steps : int

    Returns
    -------
    ndarray (n_steps,)

    Examples
    --------
    >>> print(wave("raised cosine", 6).round(2))
    [0.   0.1  0.35 0.65 0.9  1.  ]
    """
    mean, amplitude = WAVES[name]
    return mean + amplitude * np.cos(2 * np.pi * np.arange(n_steps) / SETTINGS["period"])


def initial_weights(seeds, n_cells, peepholes):
    """The weights of one network for each seed, one behind the other.

    All but the peepholes of a seed are the same with peepholes and without.

    Parameters
    ----------
    seeds : sequence of int
        S of them.
    n_cells : int
        H.
    peepholes : bool

    Returns
    -------
    dict of ndarray
        "W" (S, 1, 4H), "R" (S, H, 4H), "b" (S, 4H), "V" (S, H), "v" (S,), and "p" (S, 3, H) with
        peepholes.

    Examples
    --------
    >>> sorted(initial_weights([0, 1], 2, peepholes=False))
    ['R', 'V', 'W', 'b', 'v']
    """
    limit = SETTINGS["weight_limit"]
    networks = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        V = rng.uniform(-limit, limit, n_cells)
        layer = PeepholeLSTM(
            1,
            n_cells,
            "tanh",
            peepholes=peepholes,
            initializer=initializers.uniform(limit),
            rng=rng,
        )
        networks.append({**layer.parameters, "V": V, "v": np.zeros(())})
    return {name: np.stack([network[name] for network in networks]) for name in networks[0]}


def forward(parameters, x, teacher_forcing):
    """Run S networks side by side: eqs. (1) to (7) and (9).

    Parameters
    ----------
    parameters : dict of ndarray
        As of `initial_weights`.
    x : ndarray (T,)
        The function. Without teacher forcing only x[0] is an input.
    teacher_forcing : bool

    Returns
    -------
    q : ndarray (T, S)
    tape : tuple of ndarray
        inputs (T, S, H + 2), the rows h_{t-1}, x_t, 1; a, f, o, i (T, S, H); c (T + 1, S, H), the
        zeros before step 0 first; g_c and h (T, S, H).

    Examples
    --------
    >>> q, tape = forward(initial_weights([0, 1, 2], 2, True), wave("cosine", 50), True)
    >>> q.shape
    (50, 3)
    """
    R, V, v = parameters["R"], parameters["V"], parameters["v"]
    (S, H), T = V.shape, len(x)
    p_f, p_o, p_i = _peepholes(parameters)
    U = np.concatenate([R, parameters["W"], parameters["b"][:, None]], axis=1)
    inputs = np.zeros((T, S, H + 2), U.dtype)
    inputs[:, :, H], inputs[:, :, H + 1] = x[:, None], 1
    a, f, o, i, g_c, h = np.empty((6, T, S, H), U.dtype)
    c, q = np.zeros((T + 1, S, H), U.dtype), np.empty((T, S), U.dtype)
    for t in range(T):
        if t > 0:
            inputs[t, :, :H] = h[t - 1]
            if not teacher_forcing:
                inputs[t, :, H] = q[t - 1]
        z = (inputs[t, :, None] @ U).reshape(S, 4, H)  # eq. (1)
        a[t] = np.tanh(z[:, 0])  # eq. (2)
        f[t] = _sigmoid(z[:, 1] + c[t] * p_f)  # eq. (3)
        i[t] = _sigmoid(z[:, 3] + c[t] * p_i)  # eq. (4)
        c[t + 1] = f[t] * c[t] + i[t] * a[t]  # eq. (5)
        o[t] = _sigmoid(z[:, 2] + c[t + 1] * p_o)  # eq. (6)
        g_c[t] = np.tanh(c[t + 1])
        h[t] = o[t] * g_c[t]  # eq. (7)
        q[t] = (h[t] * V).sum(axis=1) + v  # eq. (9)
    return q, (inputs, a, f, o, i, c, g_c, h)


def backward(parameters, dq, tape, teacher_forcing, cut=False):
    """Backpropagation through time: eqs. (13) to (25), by the factors of eqs. (26) to (29).

    Parameters
    ----------
    parameters : dict of ndarray
        As of `initial_weights`.
    dq : ndarray (T, S)
        The derivative of the loss by q, where q is not fed back.
    tape : tuple of ndarray
        What `forward` returned.
    teacher_forcing : bool
        False: x_{t+1} is q_t, so that dx_{t+1} adds to dq_t.
    cut : bool
        True: the peepholes are left out of eqs. (16) and (20), and trained all the same.

    Returns
    -------
    dict of ndarray
        Each of the shape of its parameter.

    Examples
    --------
    >>> parameters = initial_weights([0, 1, 2], 2, True)
    >>> q, tape = forward(parameters, wave("cosine", 50), True)
    >>> backward(parameters, 2 * q, tape, True)["p"].shape  # of the loss q**2, summed over steps
    (3, 3, 2)
    """
    inputs, a, f, o, i, c, g_c, h = tape
    V = parameters["V"]
    (S, H), T = V.shape, len(dq)
    p_f, p_o, p_i = _peepholes(parameters)
    k_a, k_f, k_i = i * (1 - a**2), c[:-1] * f * (1 - f), a * i * (1 - i)  # eq. (28)
    k_o = g_c * o * (1 - o)  # eq. (26)
    if cut:
        p_f = p_o = p_i = 0
    k_h = o * (1 - g_c**2) + k_o * p_o  # eq. (27)
    k_c = f + k_f * p_f + k_i * p_i  # eq. (29)
    k = np.stack([k_a, k_f, k_o, k_i], axis=2)
    back = np.concatenate([parameters["R"], parameters["W"]], axis=1).transpose(0, 2, 1)
    dq, delta = dq.copy(), np.empty_like(k)
    dh, dc = np.zeros((S, H)), np.zeros((S, H))
    for t in reversed(range(T)):
        dh = dh + dq[t, :, None] * V  # eqs. (13) (14)
        dc = dc + dh * k_h[t]  # eq. (16)
        delta[t] = dc[:, None] * k[t]  # eqs. (17) to (19)
        delta[t, :, 2] = dh * k_o[t]  # eq. (15)
        dc = dc * k_c[t]  # eq. (20)
        to_inputs = (delta[t].reshape(S, 1, 4 * H) @ back)[:, 0]
        dh = to_inputs[:, :H]
        if t > 0 and not teacher_forcing:
            dq[t - 1] += to_inputs[:, H]  # eq. (25)
    dU = np.einsum("tsk,tsz->skz", inputs, delta.reshape(T, S, 4 * H))  # eqs. (22) (23)
    gradients = {"R": dU[:, :H], "W": dU[:, H : H + 1], "b": dU[:, -1]}
    gradients |= {"V": np.einsum("ts,tsh->sh", dq, h), "v": dq.sum(axis=0)}  # eq. (13)
    if "p" in parameters:
        seen = np.stack([c[:-1], c[1:], c[:-1]], axis=2)
        gradients["p"] = (delta[:, :, 1:] * seen).sum(axis=0)  # eq. (24)
    return gradients


def _peepholes(parameters):
    if "p" in parameters:
        return parameters["p"].transpose(1, 0, 2)
    return np.zeros((3, *parameters["V"].shape))


def _sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)  # eq. (A3): no exponential that overflows


def succeeds(parameters, name):
    """Which networks generate the function for 20 periods, running free.

    Parameters
    ----------
    parameters : dict of ndarray
        As of `initial_weights`.
    name : str
        The function's.

    Returns
    -------
    ndarray (S,) bool
        True where every step is within the tolerance.

    Examples
    --------
    >>> print(succeeds(initial_weights([0, 1], 1, True), "cosine"))
    [False False]
    """
    x = wave(name, SETTINGS["test_steps"] + 1)
    q, _ = forward(parameters, x[:-1], teacher_forcing=False)
    return (np.abs(q - x[1:, None]) < SETTINGS["tolerance"]).all(axis=0)


def train(parameters, name, teacher_forcing, n_iterations, cut=False):
    """Train S networks; every hundred iterations, let them run free.

    Parameters
    ----------
    parameters : dict of ndarray
        As of `initial_weights`; changed in place.
    name : str
        The function's.
    teacher_forcing : bool
    n_iterations : int
    cut : bool
        As of `backward`.

    Returns
    -------
    losses : ndarray (n_iterations, S)
        The mean over the steps of (q_t - x_{t+1})², before each iteration's step.
    successes : ndarray (n_iterations // 100, S) bool
        What `succeeds` said after 100, 200, ... iterations.

    Examples
    --------
    >>> parameters = initial_weights([0, 1, 2], 1, peepholes=True)
    >>> losses, successes = train(parameters, "cosine", True, n_iterations=100)
    >>> print((losses[-1] < losses[0]).all(), successes.shape)
    True (1, 3)
    """
    optimizer = Adam(SETTINGS["learning_rate"])
    x = wave(name, SETTINGS["training_steps"] + 1)
    losses, successes = [], []
    for iteration in range(1, n_iterations + 1):
        q, tape = forward(parameters, x[:-1], teacher_forcing)
        error = q - x[1:, None]
        losses.append(np.mean(error**2, axis=0))
        gradients = backward(parameters, 2 * error / len(q), tape, teacher_forcing, cut)
        optimizer.step(parameters, gradients)
        if iteration % SETTINGS["check_every"] == 0:
            successes.append(succeeds(parameters, name))
    return np.array(losses), np.array(successes)


def outcomes(n_cells, name, teacher_forcing, peepholes, cut=False):
    """Train the forty networks of one setting and say what became of each.

    Parameters
    ----------
    n_cells : int
    name : str
        The function's.
    teacher_forcing, peepholes, cut : bool

    Returns
    -------
    dict
        The setting, and lists with an entry for each seed: "early_loss", after 200 iterations;
        "first_success", the iterations before the first free run that succeeded, or None;
        "succeeds_at_end", bool.
    """
    parameters = initial_weights(range(SETTINGS["seeds"]), n_cells, peepholes)
    losses, successes = train(parameters, name, teacher_forcing, SETTINGS["iterations"], cut)
    first = SETTINGS["check_every"] * (1 + successes.argmax(axis=0))
    return {
        "n_cells": n_cells,
        "wave": name,
        "teacher_forcing": teacher_forcing,
        "peepholes": peepholes,
        "cut": cut,
        "early_loss": [float(f"{loss:.9g}") for loss in losses[EARLY]],
        "first_success": np.where(successes.any(axis=0), first, None).tolist(),
        "succeeds_at_end": successes[-1].tolist(),
    }


def main():
    """Train every setting, on one core, and write peephole_seeds.json."""
    runs = []
    settings = [*itertools.product(CELLS, WAVES, (False, True), (True, False), (False,))]
    settings += itertools.product((1,), WAVES, (False, True), (True,), (True,))
    for setting in settings:
        runs.append(outcomes(*setting))
        n_ever = sum(first is not None for first in runs[-1]["first_success"])
        print(*setting, "succeed:", n_ever, "at the end:", sum(runs[-1]["succeeds_at_end"]))
    document = {
        "settings": SETTINGS,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "minutes": round(time.process_time() / 60, 1),
        "runs": runs,
    }
    RESULTS.write_text(json.dumps(document).replace("}, {", "},\n{") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
