"""A pen for the drawing: strokes, boxes and words, each of a part that is strong or faint."""

from html import escape

INK, FAINT, PAPER = "#1c1f23", "#6b7078", "#ffffff"


def subscripts(words):
    """`c_{t-1} + b` -> [("c", "t-1"), (" + b", "")]: texts, each with what stands low after it.

    Low is what follows an underscore: a letter, or what is in braces.
    """
    text, *rest = words.split("_")
    pieces = []
    for part in rest:
        low, after = part[1:].split("}", 1) if part[0] == "{" else (part[0], part[1:])
        pieces.append((text, low))
        text = after
    return [*pieces, (text, "")] if text else pieces


class Pen:
    """Draws strokes, boxes and words of a part: strong or faint, or plain where nothing is."""

    def __init__(self, emphasised, values):
        self.emphasised, self.values, self.drawn = set(emphasised), values, []

    def _colour_and_width(self, parts):
        if not self.emphasised:
            return INK, 2
        return (INK, 3.5) if self.emphasised & set(parts.split()) else (FAINT, 1.2)

    def line(self, parts, points, dashed=False, arrow=True):
        """A line along the points (x, y), with an arrow's head at its end."""
        colour, width = self._colour_and_width(parts)
        path = "M" + " L".join(f"{x} {y}" for x, y in points)
        dashes = ' stroke-dasharray="7 5"' if dashed else ""
        self.drawn.append(
            f'<path class="stroke" data-parts="{parts}" d="{path}" fill="none" '
            f'stroke="{colour}" stroke-width="{width}"{dashes}/>'
        )
        if arrow:
            (x0, y0), (x, y) = points[-2:]
            dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
            corners = [(x, y)] + [
                (x - 10 * dx + side * 5 * dy, y - 10 * dy + side * 5 * dx) for side in (1, -1)
            ]
            self._polygon(parts, corners, colour)

    def _polygon(self, parts, corners, colour):
        points = " ".join(f"{x},{y}" for x, y in corners)
        self.drawn.append(
            f'<polygon class="filled" data-parts="{parts}" points="{points}" fill="{colour}"/>'
        )

    def dot(self, parts, x, y):
        """Where a line branches."""
        colour, _ = self._colour_and_width(parts)
        self.drawn.append(
            f'<circle class="filled" data-parts="{parts}" cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
        )

    def operation(self, parts, x, y, sign):
        """A product or a sum: a circle with its sign."""
        self._shape(parts, f'circle cx="{x}" cy="{y}" r="14"')
        self.text(parts, x, y + 7, sign, size=22, anchor="middle")

    def box(self, parts, x, y, function, equation="", width=56):
        """A function of one argument, s or g or a gate, with the number of its equation."""
        self._shape(parts, f'rect x="{x - width / 2:g}" y="{y - 20}" width="{width}" height="40"')
        if equation:
            self.text(parts, x - 12, y + 6, function, anchor="middle")
            self.text(parts, x + 10, y + 6, equation, size=14, anchor="middle")
        else:
            self.text(parts, x, y + 6, function, anchor="middle")

    def _shape(self, parts, shape):
        colour, width = self._colour_and_width(parts)
        self.drawn.append(
            f'<{shape} class="shape" data-parts="{parts}" fill="{PAPER}" stroke="{colour}" '
            f'stroke-width="{width}"/>'
        )

    def number(self, parts, x, y, number):
        """The number of a use, in a circle on its line."""
        self._shape(parts, f'circle cx="{x}" cy="{y}" r="11"')
        self.text(parts, x, y + 5.5, str(number), size=16, anchor="middle")

    def text(self, parts, x, y, words, size=20, anchor="start"):
        """Words in which _t or _{t-1} after a symbol is set lower and smaller."""
        colour, _ = self._colour_and_width(parts)
        bold = ' font-weight="bold"' if self.emphasised & set(parts.split()) else ""
        self.drawn.append(
            f'<text class="words" data-parts="{parts}" data-symbol="{escape(words)}" x="{x}" '
            f'y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{bold}>'
            f"{_as_tspans(words, size)}</text>"
        )

    def place(self, name, x, y, anchor="start"):
        """Where the page's script writes a value."""
        if self.values:
            self.drawn.append(
                f'<text class="value" data-value="{name}" x="{x}" y="{y}" font-size="16" '
                f'text-anchor="{anchor}" fill="{INK}"></text>'
            )


def _as_tspans(words, size):
    """Words as SVG, subscripts lower and smaller."""
    drop, pieces, lowered = round(size / 4), [], False
    for text, low in subscripts(words):
        pieces.append(f'<tspan dy="{-drop}">{escape(text)}</tspan>' if lowered else escape(text))
        if low:
            low = escape(low.replace("-", "−"))
            pieces.append(f'<tspan dy="{drop}" font-size="{round(0.72 * size)}">{low}</tspan>')
        lowered = True
    return "".join(pieces)
