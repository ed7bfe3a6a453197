"""Figures of one patient: risk, measurements, what moved the risk, and some units."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from .style import COLOURS, DPI, finish, style

WIDTH = 5.4  # inches: on a telephone, letters of 10 points can still be read
MISSING = {"color": "0.9", "linewidth": 0, "zorder": 0}  # the shade of hours without a value


def course_plot(hours, risks, seed_risks, threshold, series, path=None):
    """The risk over the stay and, on the same axis, what was measured; missing hours are shaded.

    Parameters
    ----------
    hours : ndarray (T,)
        When the risk of each step is known.
    risks : ndarray (T,)
        Drawn thick.
    seed_risks : ndarray (S, T)
        Each model's.
    threshold : float
        From which risk on a death is predicted.
    series : list of (name, hours, values, missing)
        A panel each: the label, a measurement's hour and value (ndarray (M,) each), and the whole
        hours without any (ndarray (K,) int).
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> pulse = "HR, 1/min", np.array([0.5, 1.2]), np.array([88.0, 92.0]), np.array([2])
    >>> figure = course_plot(np.arange(1, 4), np.full(3, 0.1), np.ones((2, 3)) / 9, 0.3, [pulse])
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['risk of death', 'HR, 1/min']
    """
    figure = Figure(figsize=(WIDTH, 2.6 + 0.95 * len(series)), dpi=DPI, layout="constrained")
    panels = figure.subplots(
        1 + len(series), sharex=True, squeeze=False, height_ratios=[2.2, *[1] * len(series)]
    )[:, 0]
    for seed, of_seed in enumerate(seed_risks):
        label = {"label": "each seed's"} if seed == 0 else {}
        panels[0].plot(hours, of_seed, color=COLOURS[0], linewidth=0.7, alpha=0.6, **label)
    panels[0].plot(hours, risks, linewidth=2, **style(0), label="of their mean")
    panels[0].axhline(threshold, **style(1), label=f"threshold, {threshold:.2f}")
    panels[0].set_ylim(0, min(1.0, 1.1 * max(seed_risks.max(), threshold)))
    panels[0].set_ylabel("risk of death")
    panels[0].legend(loc="best", fontsize="small")
    for panel, (name, at, values, missing) in zip(panels[1:], series, strict=True):
        for hour in missing:
            panel.axvspan(hour, hour + 1, **MISSING)
        # A value holds until the next, as the network sees it.
        panel.step(at, values, where="post", color=COLOURS[0], marker="o", markersize=3, lw=0.8)
        # Upright names of several panels would run into one another.
        panel.set_ylabel(name, rotation=0, ha="right", va="center")
    _hour_axis(panels)
    figure.align_ylabels(panels[1:])
    return finish(figure, path)


def contribution_plot(variables, totals, occlusions, path=None):
    """Gradient times input and occlusion of each variable, side by side.

    Parameters
    ----------
    variables : sequence of V str
        From top to bottom.
    totals, occlusions : ndarray (V,)
        In log-odds; above 0 the variable raises the risk.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> figure = contribution_plot(["GCS", "Age"], np.array([0.5, -0.2]), np.array([0.4, 0.1]))
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['GCS', 'Age (disagree)']
    """
    figure = Figure(figsize=(4.8, 1.6 + 0.36 * len(variables)), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    row = np.arange(len(variables))
    bars = {"height": 0.38, "edgecolor": "black", "linewidth": 0.5}
    axes.barh(row - 0.2, occlusions, **bars, color=COLOURS[0], label="occlusion")
    axes.barh(
        row + 0.2, totals, **bars, color=COLOURS[1], hatch="///", label="gradient times input"
    )
    disagree = totals * occlusions < 0
    names = [f"{v} (disagree)" if d else v for v, d in zip(variables, disagree, strict=True)]
    axes.set_yticks(row, names)
    axes.set_ylim(len(variables) - 0.4, -0.6)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("change of the log-odds of death")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(alpha=0.3, axis="x")
    figure.legend(loc="outside upper left", fontsize="small", ncols=2)
    return finish(figure, path)


def contribution_map(variables, edges, contributions, path=None):
    """Gradient times input of each variable at each step.

    Parameters
    ----------
    variables : sequence of V str
        From top to bottom.
    edges : ndarray (T + 1,)
        When each step begins, in hours, and when the last one ends.
    contributions : ndarray (T, V)
        In log-odds.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> figure = contribution_map(["GCS", "Age"], np.arange(4), np.ones((3, 2)))
    >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
    ['GCS', 'Age']
    """
    figure = Figure(figsize=(WIDTH, 1.2 + 0.32 * len(variables)), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    limit = np.abs(contributions).max() or 1.0
    rows = np.arange(len(variables) + 1) - 0.5
    mesh = axes.pcolormesh(
        edges, rows, contributions.T, cmap="PuOr_r", vmin=-limit, vmax=limit, rasterized=True
    )
    axes.set_yticks(range(len(variables)), variables)
    axes.set_ylim(len(variables) - 0.5, -0.5)
    figure.colorbar(mesh, ax=axes, label="log-odds", aspect=25)
    _hour_axis([axes], grid=False)
    return finish(figure, path)


def unit_plot(hours, states, path=None):
    """Gates and cell of some units while the network reads the stay.

    Parameters
    ----------
    hours : ndarray (T,)
        When each step ends.
    states : UnitStates
        Of U units, a pair of panels each.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from tinylstm.study.explanation import UnitStates
    >>> column = np.linspace(0, 1, 3)[:, None]
    >>> figure = unit_plot(np.arange(1, 4), UnitStates([7], *[column] * 5, [0.5]))
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['gates', 'cell and h']
    """
    n_units = len(states.units)
    figure = Figure(figsize=(WIDTH, 0.6 + 3.4 * n_units), dpi=DPI, layout="constrained")
    panels = figure.subplots(2 * n_units, sharex=True, squeeze=False)[:, 0]
    for k, (unit, weight) in enumerate(zip(states.units, states.weights, strict=True)):
        gates, cell = panels[2 * k : 2 * k + 2]
        lines = states.forget_gate, states.input_gate, states.output_gate
        for j, (name, line) in enumerate(zip(("forget", "input", "output"), lines, strict=True)):
            gates.plot(hours, line[:, k], **style(j), label=name)
        gates.set_ylim(-0.03, 1.03)
        gates.set_ylabel("gates")
        gates.set_title(
            f"unit {unit}: h counts {weight:+.2f} in the log-odds", loc="left", fontsize="medium"
        )
        cell.plot(hours, states.cell[:, k], **style(0), label="cell")
        cell.plot(hours, states.h[:, k], **style(1), label="h")
        cell.set_ylabel("cell and h")
        for panel in (gates, cell):
            panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small")
    _hour_axis(panels)
    return finish(figure, path)


def _hour_axis(panels, grid=True):
    for panel in panels:
        panel.set_xlim(0, 48)
        panel.xaxis.set_major_locator(MultipleLocator(6))
        if grid:
            panel.grid(alpha=0.3)
    panels[-1].set_xlabel("hours of stay")
