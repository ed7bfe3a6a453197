"""The figure of a network that is asked step by step."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import DPI, finish, style


def risk_plot(risks, path=None):
    """The risk as it was known after each row that came in.

    Parameters
    ----------
    risks : sequence of T floats
        From 0 to 1.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    The rows of a record come in one by one; each time the risk is known, and drawn:

    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 4, rng=rng),
    ...                       "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    >>> rows, risks, state = iter([[0.2, 1.0, 0.3], [0.4, 0.9, 0.1], [0.9, 0.1, 0.2]]), [], None
    >>> for row in rows:
    ...     p, state = network.step([row], state)  # the state is all that is kept
    ...     risks.append(float(p[0, 1]))
    ...     figure = risk_plot(risks)
    >>> figure.axes[0].lines[0].get_xdata().tolist()
    [1, 2, 3]
    """
    risks = np.asarray(risks, dtype=float)
    if risks.ndim != 1 or not len(risks) or not ((risks >= 0) & (risks <= 1)).all():
        raise ValueError(f"risks: shape {risks.shape}, expected (T,) of numbers from 0 to 1")
    figure = Figure(figsize=(6.4, 3.2), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    how = {"marker": "o", "markersize": 4, "label": "as known after each row"}
    axes.plot(np.arange(1, len(risks) + 1), risks, **how, **style(0))
    axes.set(xlabel="rows that have come in", ylabel="risk", ylim=(0, 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    axes.legend()
    return finish(figure, path)
