"""What the figures share: strokes, colours, and how one is finished.

Lines differ in stroke and shade, not in colour alone, so that grey will do. Figures are made
without pyplot: none outlives its call.
"""

import io

from tinylstm.small.whole_files import write_whole

STROKES = ("-", "--", ":", "-.")
COLOURS = ("#0b3c6f", "#c8640a", "#5cb8a0")  # of different lightness
DPI = 160


def style(k):
    """Colour and stroke of line number k, as keyword arguments of ``plot``."""
    return {"color": COLOURS[k % len(COLOURS)], "linestyle": STROKES[k % len(STROKES)]}


def legend_of_curves(figure, axes, loc, title=None):
    """The legend: inside, or below where it has so many lines that it would hide curves."""
    n_lines = len(axes.get_lines())
    if n_lines <= 4:
        axes.legend(loc=loc, title=title)
        return
    figure.set_figheight(figure.get_figheight() + 0.3 + 0.22 * (n_lines + (title is not None)))
    figure.legend(loc="outside lower center", title=title)


def finish(figure, path):
    """Write a figure as PNG where there is a path, whole or not at all, and return it."""
    if path is not None:
        stream = io.BytesIO()
        figure.savefig(stream, format="png")
        write_whole(path, stream.getvalue())
    return figure
