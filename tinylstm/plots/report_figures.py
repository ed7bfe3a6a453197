"""Figures of a report: precision-recall, calibration, AUC by hour and by group."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from .style import COLOURS, DPI, finish, legend_of_curves, style

SIZE = (4.8, 4.0)  # inches: on a telephone, letters of 10 points can still be read


def precision_recall_plot(curves, path=None):
    """Precision-recall curves, with the line of a score that knows nothing.

    Parameters
    ----------
    curves : dict of PrecisionRecall
        By name; all of the same labels.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from tinylstm.evaluation import precision_recall_curve
    >>> curve = precision_recall_curve([1, 0, 1, 0], [0.9, 0.4, 0.3, 0.1])
    >>> figure = precision_recall_plot({"LSTM": curve})
    >>> print([text.get_text() for text in figure.axes[0].get_legend().get_texts()])
    ['LSTM, 0.833', 'chance, 0.500']
    """
    figure = Figure(figsize=(4.8, 4.8), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    for k, (name, curve) in enumerate(curves.items()):
        label = f"{name}, {curve.average_precision:.3f}"
        # Point by point, as average precision adds them up: no straight lines.
        axes.plot(curve.recall, curve.precision, drawstyle="steps-pre", **style(k), label=label)
        prevalence = curve.precision[-1]
    axes.axhline(prevalence, color="0.75", linewidth=1, label=f"chance, {prevalence:.3f}")
    axes.set_xlabel("recall (sensitivity)")
    axes.set_ylabel("precision (positive predictive value)")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    legend_of_curves(figure, axes, "best", title="average precision")
    return finish(figure, path)


def calibration_plot(curve, path=None):
    """What was predicted against what happened.

    Parameters
    ----------
    curve : CalibrationCurve
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from tinylstm.evaluation import calibration_curve
    >>> curve = calibration_curve([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.8], n_bins=2)
    >>> figure = calibration_plot(curve)
    >>> figure.axes[0].get_xlabel()
    'predicted probability of death'
    """
    figure = Figure(figsize=(4.8, 4.8), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    end = min(1.0, 1.05 * max(curve.high.max(), curve.predicted.max()))
    axes.plot([0, end], [0, end], color="0.75", linewidth=1, label="as predicted")
    errors = np.array([curve.observed - curve.low, curve.high - curve.observed])
    axes.errorbar(
        curve.predicted,
        curve.observed,
        # An interval around 0 of n begins at 0, but for rounding.
        yerr=np.maximum(errors, 0),
        marker="o",
        capsize=3,
        **style(0),
        label="observed, with 95 % interval",
    )
    axes.set_xlim(-0.01, end)
    axes.set_ylim(-0.01, end)
    axes.set_aspect("equal")
    axes.set_xlabel("predicted probability of death")
    axes.set_ylabel("share that died")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    return finish(figure, path)


def hour_plot(areas, path=None):
    """AUC after each hour of the stay.

    Parameters
    ----------
    areas : dict of GroupAUC
        Hour of the stay -> what is known after it.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from tinylstm.evaluation import GroupAUC
    >>> areas = {24: GroupAUC(0.7, (0.6, 0.8), 100, 20), 48: GroupAUC(0.8, (0.7, 0.9), 100, 20)}
    >>> figure = hour_plot(areas)
    >>> figure.axes[0].get_xlabel()
    'hours of stay'
    """
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    axes = figure.subplots()
    hours = np.array(list(areas))
    low, high = np.array([area.interval for area in areas.values()]).T
    if not np.isnan(low).all():
        axes.fill_between(hours, low, high, color=COLOURS[0], alpha=0.2, label="95 % interval")
    axes.plot(hours, [area.auc for area in areas.values()], **style(0), label="AUC")
    axes.set_xlabel("hours of stay")
    axes.set_ylabel("area under the ROC curve")
    axes.set_xlim(0, hours[-1])
    axes.xaxis.set_major_locator(MultipleLocator(6))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return finish(figure, path)


def group_plot(groups, overall, path=None):
    """AUC within groups, beside that of everybody.

    Parameters
    ----------
    groups : dict of dict of GroupAUC
        "sex" -> "female" -> GroupAUC, for example; none is empty.
    overall : float
        AUC of everybody.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from tinylstm.evaluation import GroupAUC
    >>> areas = {"f": GroupAUC(0.7, (0.6, 0.8), 50, 20), "m": GroupAUC(0.8, (0.7, 0.9), 50, 20)}
    >>> figure = group_plot({"sex": areas}, 0.75)
    >>> print([text.get_text() for text in figure.axes[0].get_yticklabels()])
    ['f', 'm']
    """
    rows = sum(len(areas) for areas in groups.values())
    figure = Figure(figsize=(4.8, 1.2 + 0.32 * rows), dpi=DPI, layout="constrained")
    panels = figure.subplots(
        len(groups),
        sharex=True,
        squeeze=False,
        height_ratios=[len(areas) for areas in groups.values()],
    )[:, 0]
    for panel, (name, areas) in zip(panels, groups.items(), strict=True):
        for row, area in enumerate(areas.values()):
            panel.plot(area.auc, row, marker="o", color=COLOURS[0])
            panel.plot(area.interval, [row, row], color=COLOURS[0])
        panel.axvline(overall, color="0.6", linestyle="--", linewidth=1)
        panel.set_yticks(range(len(areas)), list(areas))
        panel.set_ylim(len(areas) - 0.5, -0.5)
        panel.set_title(f"by {name}", loc="left", fontsize="medium")
        panel.grid(alpha=0.3, axis="x")
    panels[-1].set_xlabel("area under the ROC curve; dashed: everybody's")
    return finish(figure, path)
