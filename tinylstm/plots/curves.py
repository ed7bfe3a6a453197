"""Figures of training and evaluation: loss, ROC curves, the gradient checks' V-curve."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import DPI, finish, legend_of_curves, style


def loss_curve(history, path=None, held_out="validation"):
    """Loss against epochs and, where there were validation data, the AUC below it.

    Parameters
    ----------
    history : History
        Or anything with its lists `loss`, `validation_loss` and `validation_auc`.
    path : path, optional
        Where to write a PNG.
    held_out : str
        What to call the validation data.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import tinylstm as tl
    >>> figure = loss_curve(tl.History(loss=[0.69, 0.52], seconds=[1.2, 1.1]))
    >>> figure.axes[0].get_xlabel()
    'epoch'
    """
    n_panels = 2 if history.validation_auc else 1
    figure = Figure(figsize=(6.4, 2.4 + 1.8 * n_panels), dpi=DPI, layout="constrained")
    panels = figure.subplots(n_panels, sharex=True, squeeze=False)[:, 0]
    epochs = np.arange(1, len(history.loss) + 1)
    panels[0].plot(epochs, history.loss, marker="o", **style(0), label="training, during the epoch")
    if history.validation_auc:
        after = {"marker": "s", **style(1), "label": f"{held_out}, after it"}
        panels[0].plot(epochs, history.validation_loss, **after)
        panels[1].plot(epochs, history.validation_auc, **after)
        panels[1].set_ylabel("area under the ROC curve")
    panels[0].set_ylabel("cross-entropy, nats per example")
    panels[-1].set_xlabel("epoch")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    for panel in panels:
        panel.grid(alpha=0.3)
        panel.legend()
    return finish(figure, path)


def roc_plot(rocs, path=None):
    """ROC curves in one square, with the line of a score that knows nothing.

    Parameters
    ----------
    rocs : ROC, or dict
        One curve, or several: name -> ROC.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import tinylstm as tl
    >>> figure = roc_plot(tl.roc_curve([1, 0, 1, 0], [0.9, 0.4, 0.4, 0.1]))
    >>> print([text.get_text() for text in figure.axes[0].get_legend().get_texts()])
    ['AUC 0.875', 'chance, AUC 0.5']
    """
    if not isinstance(rocs, dict):
        rocs = {"": rocs}
    figure = Figure(figsize=(4.8, 4.8), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    for k, (name, roc) in enumerate(rocs.items()):
        label = f"{name}, AUC {roc.auc:.3f}" if name else f"AUC {roc.auc:.3f}"
        axes.plot(roc.fpr, roc.tpr, **style(k), label=label)
    axes.plot([0, 1], [0, 1], color="0.75", linewidth=1, label="chance, AUC 0.5")
    axes.set_xlabel("false positive rate (1 - specificity)")
    axes.set_ylabel("true positive rate (sensitivity)")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.grid(alpha=0.3)
    legend_of_curves(figure, axes, "lower right")
    return finish(figure, path)


def v_curve(steps, errors, path=None):
    """Error of numerical gradients against the length of their step, both logarithmic.

    Central differences draw a V: cut short, their series errs (right); too small a difference
    drowns in rounding (left). The complex step takes no difference and stays at rounding error.

    Parameters
    ----------
    steps : array_like (n,)
        Step lengths, above 0.
    errors : dict
        Name of a method -> array_like (n,), its relative errors, 0 or more. An error of 0 is drawn
        at the precision of float64.
    path : path, optional
        Where to write a PNG.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> figure = v_curve([1e-8, 1e-6, 1e-4], {"central": [1e-8, 1e-10, 1e-8]})
    >>> figure.axes[0].get_xscale()
    'log'
    """
    figure = Figure(figsize=(6.4, 4.4), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    precision = np.finfo(np.float64).eps
    for k, (name, values) in enumerate(errors.items()):
        drawn = np.maximum(values, precision)
        axes.plot(steps, drawn, marker="os^D"[k % 4], markersize=4, **style(k), label=name)
    axes.axhline(precision, color="0.6", linewidth=1, label="precision of float64")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("step length, in units of the parameters")
    axes.set_ylabel("relative error of the gradient")
    axes.grid(alpha=0.3)
    axes.legend()
    return finish(figure, path)
