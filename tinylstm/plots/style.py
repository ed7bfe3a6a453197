"""What the figures share: strokes, colours, and how one is finished.

Lines differ in stroke and shade, not in colour alone, so that grey will do. Figures are made
without pyplot: none outlives its call.
"""

STROKES = ("-", "--", ":", "-.")
COLOURS = ("#0b3c6f", "#c8640a", "#5cb8a0")  # of different lightness
DPI = 160


def style(k):
    """Colour and stroke of the line of number k, as keyword arguments of ``plot``.

    Parameters
    ----------
    k : int

    Returns
    -------
    dict

    Examples
    --------
    >>> style(1)
    {'color': '#c8640a', 'linestyle': '--'}
    """
    return {"color": COLOURS[k % len(COLOURS)], "linestyle": STROKES[k % len(STROKES)]}


def finish(figure, path):
    """Write a figure as PNG where there is a path, and return it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : path, or None

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> finish(Figure(), None).axes
    []
    """
    if path is not None:
        figure.savefig(path, format="png")
    return figure
