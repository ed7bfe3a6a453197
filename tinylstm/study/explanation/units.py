"""Gates, cell and output of single units while a network reads one example."""

from dataclasses import dataclass

import numpy as np

from .log_odds import hidden, in_float64, log_odds_slopes


@dataclass(frozen=True, eq=False, repr=False)
class UnitStates:
    """Some units of a network's last recurrent layer at every step; each array is (T, U) float64.

    Attributes
    ----------
    units : ndarray (U,), int
    input_gate, forget_gate, output_gate : ndarray (T, U)
        0 (shut) to 1 (open).
    cell, h : ndarray (T, U)
        The cell and what the unit lets out of it.
    weights : ndarray (U,)
        By how much the log-odds of the risk rise with h after the last step.
    """

    units: np.ndarray
    input_gate: np.ndarray
    forget_gate: np.ndarray
    output_gate: np.ndarray
    cell: np.ndarray
    h: np.ndarray
    weights: np.ndarray

    def __repr__(self):
        return f"UnitStates(units {self.units.tolist()}, {len(self.h)} steps)"


def unit_states(network, x, units=None, n_units=3, risk=None):
    """Gates, cell and output of some units while a network reads one example.

    Parameters
    ----------
    network : Network
        Of two classes, or of those of `risk`.
    x : ndarray (T, D), float
    units : sequence of int, optional
        Which units of the last recurrent layer. None: those that move the log-odds after the last
        step furthest, up or down.
    n_units : int
        How many, where `units` is None.
    risk : sequence of int, optional
        The classes that make the risk together; None: class 1 of two.

    Returns
    -------
    UnitStates

    Raises
    ------
    ValueError
        If the network has no such classes, or there is no such unit.

    Examples
    --------
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 4, rng=rng),
    ...                       "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    >>> unit_states(network, np.ones((5, 3)), units=[0, 2]).forget_gate.shape
    (5, 2)
    """
    (network,) = in_float64([network], risk)
    h, tapes = hidden(network, np.asarray(x, dtype=np.float64)[:, None])
    h = h[:, 0]
    weights = log_odds_slopes(network, h[-1], (1,) if risk is None else tuple(risk))
    # One example without a mask: the steps of the runs are its steps.
    _, forget_gate, output_gate, input_gate = np.stack(tapes[-1].gates, axis=1)[..., 0]
    if units is None:
        units = np.argsort(-np.abs(weights * h[-1]), kind="stable")[:n_units]
    units = np.asarray(units, dtype=np.int64)
    bad = units[(units < 0) | (units >= len(weights))]
    if bad.size:
        raise ValueError(f"there is no unit {bad[0]}, expected 0 to {len(weights) - 1}")
    return UnitStates(
        units=units,
        input_gate=input_gate[:, units],
        forget_gate=forget_gate[:, units],
        output_gate=output_gate[:, units],
        cell=np.stack(tapes[-1].c)[1:, units, 0],  # the first is the initial state
        h=h[:, units],
        weights=weights[units],
    )
