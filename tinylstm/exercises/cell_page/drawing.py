"""The peephole LSTM cell, drawn in the symbols of network/EQUATIONS.md, as SVG.

Every stroke and word belongs to a part of the cell. A drawing says which parts it emphasises: they
are strong, the others faint. Nothing is told by colour; peepholes are dashed.
"""

from base64 import b64encode
from html import escape
from typing import NamedTuple

from .pen import PAPER, Pen

HEIGHT, WIDTH, WIDER = 440, 500, 640  # wider where the next step's gates are drawn
CELL_Y, BUS_Y, BOX_Y = 60, 376, 300  # the lines of c and of z, and the gates between them
X = {"f": 130, "i": 200, "a": 332, "o": 430}
SUM_X = 266  # of the sum, and of the product below it

# What can be emphasised, by the symbols of the equations; "d1" to "d5" are the uses of c_t.
PARTS = {
    "x": "what comes in, eq. (1)",
    "a": "the block input, eq. (2)",
    "f": "the forget gate, eq. (3)",
    "i": "the input gate, eq. (4)",
    "c": "the cell state, eq. (5)",
    "o": "the output gate, eq. (6)",
    "h": "the output, eq. (7)",
    "p_f": "the forget gate's peephole, from c_{t-1}",
    "p_i": "the input gate's peephole, from c_{t-1}",
    "p_o": "the output gate's peephole, from c_t",
}
USES = {
    "d1": "to h_t through g, eq. (7)",
    "d2": "to o_t through its peephole, eq. (6)",
    "d3": "to c_{t+1} through f_{t+1}, eq. (5)",
    "d4": "to f_{t+1} through its peephole, eq. (3)",
    "d5": "to i_{t+1} through its peephole, eq. (4)",
}
GROUPS = {
    "peepholes": ("p_f", "p_i", "p_o"),
    "plain RNN": ("x", "a"),
    "uses of c_t": tuple(USES),
}
TITLE = "The peephole LSTM cell at step t"


class CellDrawing(NamedTuple):
    """The drawing with some parts emphasised, which a notebook shows."""

    emphasised: tuple = ()

    def __repr__(self):
        return f"CellDrawing({', '.join(map(repr, self.emphasised))})"

    @property
    def parts(self):
        """The emphasised parts, groups taken apart."""
        return [part for name in self.emphasised for part in GROUPS.get(name, (name,))]

    @property
    def svg(self):
        """The drawing as text of an <svg>."""
        return svg(self.parts, next_step=any(part in USES for part in self.parts))

    def _repr_html_(self):
        """As an image, which fits a narrow notebook, and needs no trust as inline SVG does."""
        words = _in_words(self.parts, any(part in USES for part in self.parts))
        data = b64encode(self.svg.encode()).decode()
        style = "max-width: 100%; height: auto; background: #ffffff"
        return f'<img alt="{escape(words)}" style="{style}" src="data:image/svg+xml;base64,{data}">'


def svg(emphasised=(), next_step=False, values=False):
    """The drawing as text of an <svg>; with `values`, empty places for a script to fill."""
    pen = Pen(emphasised, values)
    _lines_in(pen)
    _gates(pen)
    _cell_state(pen)
    _output(pen)
    _peepholes(pen)
    if next_step:
        _next_step(pen)
    else:
        pen.line("c", [(430, CELL_Y), (WIDTH - 8, CELL_Y)])
    width = WIDER if next_step else WIDTH
    words = _in_words(emphasised, next_step)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="lstm-cell" role="img" width="{width}" '
            f'height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" aria-label="{escape(words)}" '
            'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">',
            f"<title>{escape(TITLE)}</title>",
            f'<rect class="paper" width="{width}" height="{HEIGHT}" fill="{PAPER}"/>',
            *pen.drawn,
            "</svg>",
        ]
    )


def _in_words(emphasised, next_step):
    """What a screen reader says of the drawing."""
    text = (
        "x_t and h_{t-1} go into block input a_t and the gates f_t, i_t, o_t. f_t multiplies "
        "c_{t-1}, i_t multiplies a_t, their sum is c_t. o_t multiplies g(c_t), which is h_t. "
        "Peepholes go from c_{t-1} to f_t and i_t, and from c_t to o_t."
    )
    if next_step:
        text += " At the next step c_t is multiplied by f_{t+1}, and peepholes see it."
    strong = [{**PARTS, **USES}[part] for part in emphasised]
    if strong:
        text += f" Emphasised: {'; '.join(strong)}."
    return f"{TITLE}: {text}"


def _lines_in(pen):
    """x_t and h_{t-1}, and z_t on its way to the four: eq. (1)."""
    pen.line("x", [(60, 428), (60, BUS_Y)], arrow=False)
    pen.line("x", [(10, BUS_Y), (X["o"], BUS_Y)], arrow=False)
    pen.dot("x", 60, BUS_Y)
    pen.text("x", 50, 424, "x_t", anchor="end")
    pen.text("x", 10, BUS_Y - 10, "h_{t-1}")
    pen.text("x", 76, 424 if pen.values else 414, "z_t = x_t W + h_{t-1} R + b", size=18)
    pen.text("x", 312, 424 if pen.values else 414, "(1)", size=14)
    pen.place("x", 76, 401)
    pen.place("h_before", 58, BUS_Y - 10)
    for name, x in X.items():
        pen.line(name, [(x, BUS_Y), (x, BOX_Y + 21)])
        pen.text(name, x + 7, BUS_Y - 38 if pen.values else BUS_Y - 24, f"z_{name}", size=18)
        pen.place(f"z_{name}", x + 7, BUS_Y - 15)


def _gates(pen):
    """Block input and gates, eqs. (2) (3) (4) (6), and the product of i and a."""
    pen.line("f", [(130, BOX_Y), (130, CELL_Y + 15)])
    pen.line("i", [(200, BOX_Y), (200, 200), (SUM_X - 15, 200)])
    pen.line("a", [(332, BOX_Y), (332, 200), (SUM_X + 15, 200)])
    pen.line("i c", [(SUM_X, 200), (SUM_X, CELL_Y + 15)])
    pen.operation("i c", SUM_X, 200, "×")
    pen.line("o", [(430, BOX_Y), (430, 225)])
    pen.box("f", X["f"], BOX_Y, "s", "(3)")
    pen.box("i", X["i"], BOX_Y, "s", "(4)")
    pen.box("a", X["a"], BOX_Y, "g", "(2)")
    pen.box("o", X["o"], BOX_Y, "s", "(6)")
    for name, x, y, anchor in (
        ("f", 138, 150, "start"),
        ("i", 208, 246, "start"),
        ("a", 324, 246, "end"),
        ("o", 438, 252, "start"),
    ):
        pen.text(name, x, y, f"{name}_t", anchor=anchor)
        pen.place(name, x, y + 21, anchor)


def _cell_state(pen):
    """From c_{t-1} to c_t: eq. (5)."""
    pen.line("c", [(10, CELL_Y), (115, CELL_Y)])
    pen.line("c", [(145, CELL_Y), (SUM_X - 15, CELL_Y)])
    pen.line("c d1 d2", [(SUM_X + 15, CELL_Y), (430, CELL_Y)], arrow=False)
    pen.operation("f c", 130, CELL_Y, "×")
    pen.operation("c", SUM_X, CELL_Y, "+")
    pen.text("c", 10, CELL_Y - 18, "c_{t-1}")
    pen.text("c d1 d2 d3 d4 d5", 300, CELL_Y - 18, "c_t")
    pen.text("c", SUM_X - 12, CELL_Y + 28, "(5)", size=14, anchor="end")
    pen.place("c_before", 54, CELL_Y - 18)
    pen.place("c", 330, CELL_Y - 18)


def _output(pen):
    """h_t = o_t g(c_t): eq. (7)."""
    pen.line("h d1", [(430, CELL_Y), (430, 107)])
    pen.line("h d1", [(430, 148), (430, 195)])
    pen.dot("c h d1", 430, CELL_Y)
    pen.box("h d1", 430, 128, "g", width=44)
    pen.line("h d1", [(445, 210), (WIDTH - 8, 210)])
    pen.operation("h o d1", 430, 210, "×")
    pen.text("h d1", 462, 197, "h_t")
    pen.text("h", 408, 204, "(7)", size=14, anchor="end")
    pen.place("g_c", 438, 168)
    pen.place("h", 448, 232)


def _peepholes(pen):
    """From c_{t-1} to f and i, and from c_t to o; p_i passes behind the line of f."""
    pen.line("p_f", [(40, CELL_Y), (40, BOX_Y), (101, BOX_Y)], dashed=True)
    pen.line("p_i", [(40, 225), (118, 225)], dashed=True, arrow=False)
    pen.line("p_i", [(142, 225), (164, 225), (164, BOX_Y), (171, BOX_Y)], dashed=True)
    if "p_i" in pen.emphasised and "p_f" not in pen.emphasised:
        pen.line("p_i", [(40, CELL_Y), (40, 225)], dashed=True, arrow=False)
    pen.line("p_o d2", [(375, CELL_Y), (375, BOX_Y), (401, BOX_Y)], dashed=True)
    pen.dot("p_f p_i", 40, CELL_Y)
    pen.dot("p_i", 40, 225)
    pen.dot("c p_o d2", 375, CELL_Y)
    pen.text("p_f", 56, BOX_Y - 12, "p_f")
    pen.text("p_i", 60, 215, "p_i")
    pen.text("p_o d2", 367, 172, "p_o", anchor="end")


def _next_step(pen):
    """Where c_t goes at step t+1, and the numbers of its five uses."""
    pen.line("", [(WIDTH + 6, 20), (WIDTH + 6, 250)], dashed=True, arrow=False)
    pen.text("", WIDTH + 14, 22, "step t+1", size=18)
    pen.line("c d3", [(430, CELL_Y), (585, CELL_Y)])
    pen.line("c d3", [(615, CELL_Y), (WIDER - 4, CELL_Y)])
    pen.line("f d3", [(600, 120), (600, CELL_Y + 15)])
    pen.line("p_f d4", [(530, CELL_Y), (530, 140), (573, 140)], dashed=True)
    pen.line("p_i d5", [(530, CELL_Y), (530, 225), (573, 225)], dashed=True)
    pen.operation("f c d3", 600, CELL_Y, "×")
    pen.box("f d3 d4", 602, 140, "f_{t+1}")
    pen.box("i d5", 602, 225, "i_{t+1}")
    pen.dot("c d4 d5", 530, CELL_Y)
    pen.text("p_f d4", 536, 120, "p_f")
    pen.text("p_i d5", 536, 205, "p_i")
    for part, x, y in (
        ("d1", 430, 83),
        ("d2", 375, 100),
        ("d3", 558, CELL_Y),
        ("d4", 547, 140),
        ("d5", 547, 225),
    ):
        pen.number(part, x, y, part[1])
    for name, x, y, anchor in (
        ("dc", 300, 18, "start"),
        ("d1", 444, 92, "start"),
        ("d2", 360, 112, "end"),
        ("d3", 558, CELL_Y - 18, "middle"),
        ("d4", WIDER - 4, 180, "end"),
        ("d5", WIDER - 4, 265, "end"),
    ):
        pen.place(name, x, y, anchor)
