"""Why a network sees this risk in one example: two answers that check each other.

Both answers compare the example with a reference: the same example had nothing been measured.
What counts is the log-odds L of the risk after the last step; of several networks (one recipe,
several seeds) those of their mean risk, of several parts the mean over the parts.

*Gradient times input* takes the derivative of L by every feature of every step, from one pass back
through time, times the feature's distance from the reference: the integral of Sundararajan et al.
(their equation 1) taken in a single step. It costs one pass and tells steps apart, and it is a
straight line laid through a curve. *Occlusion* puts the reference in place of a variable at all
steps and looks at how L changes: no approximation, but of variables that say the same each can be
spared.

Sources
-------
A. Shrikumar, P. Greenside, A. Kundaje, "Learning important features through propagating activation
differences", ICML 2017 (gradient times input, and a reference).
M. D. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014
(occlusion).
M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks", ICML 2017.
"""

from dataclasses import dataclass

import numpy as np

from ..models import combined
from .log_odds import hidden, in_float64, log_odds_of, log_odds_slopes


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """What `explain` finds, for T steps, S networks (of each of P parts) and V variables.

    Attributes
    ----------
    variables : tuple of V str
    part_risks : ndarray (P, S, T), float64
        Each network's risk after every step; nan before the first step of a part.
    log_odds, reference_log_odds : float
        After the last step, of the mean risk: of the example, and of the reference.
    contributions : ndarray (T, V), float64
        Gradient times input: by how much a step's features of a variable raise the log-odds.
    occlusions : ndarray (V,), float64
        By how much the log-odds fall when the variable is taken away at all steps.
    differs : ndarray (V,), bool
        Whether the example and the reference differ in the variable at all.
    """

    variables: tuple
    part_risks: np.ndarray
    log_odds: float
    reference_log_odds: float
    contributions: np.ndarray
    occlusions: np.ndarray
    differs: np.ndarray

    @property
    def network_risks(self):
        """The risks of each seed, its parts together, ndarray (S, T)."""
        return combined(self.part_risks)

    @property
    def risks(self):
        """The risks of all together, ndarray (T,)."""
        return combined(self.part_risks.mean(axis=1))

    @property
    def totals(self):
        """The contributions of each variable, all steps together, ndarray (V,)."""
        return self.contributions.sum(axis=0)

    @property
    def agreement(self):
        """Rank correlation (float) of totals and occlusions, over the variables that differ."""
        return rank_correlation(self.totals[self.differs], self.occlusions[self.differs])

    @property
    def order(self):
        """Indices of the variables that differ, the largest occlusion, up or down, first."""
        falling = np.argsort(-np.abs(self.occlusions), kind="stable")
        return falling[self.differs[falling]]

    def __repr__(self):
        T, V = self.contributions.shape
        return f"Explanation(log-odds {self.log_odds:.3f}, {T} steps, {V} variables)"


def explain(networks, x, reference, variables, risk=None):
    """Say which variables move the risk of one example, in two ways.

    Parameters
    ----------
    networks : list of Network
        S of them, that take the same features.
    x : ndarray (T, D), float
        The example.
    reference : ndarray (T, D), float
        The same example had nothing been measured.
    variables : sequence of D str or tuples of str
        The variable that each feature belongs to, such as "HR" for its value, its mask and the
        time since its last measurement; several for what is made of several, which share its
        contribution. "" for what belongs to none, as the time does.
    risk : sequence of int, optional
        The classes that make the risk together; None: class 1 of two.

    Returns
    -------
    Explanation
        With the variables in the order of their first feature.

    Raises
    ------
    ValueError
        If there is no network, one has no such classes, or a shape is wrong.

    Examples
    --------
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 4, rng=rng),
    ...                       "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    >>> x = np.array([[1.0, 1.0, 0.5], [2.0, 0.0, 0.5]])
    >>> explanation = explain([network], x, np.zeros((2, 3)), ["HR", "HR", "pH"])
    >>> explanation.variables, explanation.contributions.shape, explanation.occlusions.shape
    (('HR', 'pH'), (2, 2), (2,))
    """
    x, reference = np.asarray(x, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if x.ndim != 2 or x.shape != reference.shape or len(variables) != x.shape[1]:
        raise ValueError(
            f"x has shape {x.shape}, the reference {reference.shape}, and there are "
            f"{len(variables)} names of variables: expected (T, D), (T, D) and D"
        )
    networks = in_float64(networks, risk)
    risk = (1,) if risk is None else tuple(risk)
    sources = [(of,) if isinstance(of, str) else tuple(of) for of in variables]
    names = tuple(dict.fromkeys(name for of in sources for name in of if name))
    is_of = np.array([[name in of for of in sources] for name in names])  # (V, D)
    shares = is_of / np.array([max(len(of), 1) for of in sources])
    occluded = np.where(is_of[:, None], reference, x)  # (V, T, D)
    examples = np.concatenate([x[None], reference[None], occluded]).transpose(1, 0, 2)
    log_odds = np.stack(
        [log_odds_of(network, hidden(network, examples)[0], risk) for network in networks]
    )
    last = _of_the_mean(log_odds[:, -1])
    gradient = _gradient(networks, x[:, None], risk)[:, 0]
    return Explanation(
        variables=names,
        part_risks=np.exp(_log_sigmoid(log_odds[None, :, :, 0])),
        log_odds=float(last[0]),
        reference_log_odds=float(last[1]),
        contributions=(gradient * (x - reference)) @ shares.T,
        occlusions=last[0] - last[2:],
        differs=((x != reference).any(axis=0) & is_of).any(axis=1),
    )


def together(explanations, hours):
    """The explanations of P parts as one, and its hours: what is said is the mean over the parts.

    `hours` are those of each part's steps; a contribution stands at the hour of its step.
    """
    every = np.unique(np.concatenate(hours))
    names = tuple(dict.fromkeys(name for part in explanations for name in part.variables))
    n_parts, (_, n_seeds, _) = len(explanations), explanations[0].part_risks.shape
    risks = np.full((n_parts, n_seeds, len(every)), np.nan)
    contributions = np.zeros((len(every), len(names)))
    occlusions, differs = np.zeros(len(names)), np.zeros(len(names), dtype=bool)
    for risk, part, own in zip(risks, explanations, hours, strict=True):
        step = np.searchsorted(own, every, side="right") - 1
        risk[:, step >= 0] = part.part_risks[0][:, step[step >= 0]]
        columns = [names.index(name) for name in part.variables]
        rows = np.searchsorted(every, own)
        contributions[np.ix_(rows, columns)] += part.contributions / n_parts
        occlusions[columns] += part.occlusions / n_parts
        differs[columns] |= part.differs
    log_odds, reference = np.mean(
        [(part.log_odds, part.reference_log_odds) for part in explanations], axis=0
    ).tolist()
    merged = Explanation(names, risks, log_odds, reference, contributions, occlusions, differs)
    return merged, every


def rank_correlation(a, b):
    """Spearman's rank correlation of two arrays (n,), -1 to 1; ties share the mean of their ranks.

    nan where one of the two is constant or n is below 2.
    """
    ranks = []
    for values in (a, b):
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[inverse])
    x, y = (r - r.mean() if r.size else r for r in ranks)
    spread = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / spread) if spread > 0 else float("nan")


def _gradient(networks, x, risk):
    """The derivative of the log-odds of the mean probability after the last step by x (T, N, D).

    With q = 1 - p, the derivative of log(mean p / mean q) by the log-odds of network s is
    p_s q_s / (S mean p mean q): 1 for a single network. From there it goes back through time.
    """
    passes = [hidden(network, x) for network in networks]
    log_odds = np.stack(
        [log_odds_of(net, h[-1], risk) for net, (h, _) in zip(networks, passes, strict=True)]
    )
    log_p, log_q = _log_sigmoid(log_odds), _log_sigmoid(-log_odds)
    shares = np.exp(log_p + log_q - _log_mean(log_p) - _log_mean(log_q)) / len(networks)
    gradient = np.zeros_like(x)
    for network, (h, tapes), share in zip(networks, passes, shares, strict=True):
        *recurrent, _ = network.layers.values()
        dy = np.zeros((*x.shape[:2], recurrent[-1].n_units))
        dy[-1] = share[:, None] * log_odds_slopes(network, h[-1], risk)
        for layer, tape in zip(reversed(recurrent), reversed(tapes), strict=True):
            dy, _ = layer.backward(dy, tape)
        gradient += dy
    return gradient


def _of_the_mean(log_odds):
    """The log-odds of the mean probability, over networks (S, ...)."""
    return _log_mean(_log_sigmoid(log_odds)) - _log_mean(_log_sigmoid(-log_odds))


# By logarithms, so that a network that is sure leaves no 0 / 0.
def _log_sigmoid(log_odds):
    """The logarithm of the probability."""
    return -np.logaddexp(0, -log_odds)


def _log_mean(log_p):
    """The logarithm of the mean over the first axis of exp(log_p)."""
    return np.logaddexp.reduce(log_p, axis=0) - np.log(len(log_p))
