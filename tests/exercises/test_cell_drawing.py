"""The drawing of the cell: every symbol of the step, its emphasis, and that it stands alone."""

import base64
import copy
import pickle
import re
import xml.etree.ElementTree as ET

import pytest

from tinylstm import exercises
from tinylstm.exercises.cell_page.drawing import GROUPS, PARTS, USES, svg
from tinylstm.exercises.cell_page.pen import subscripts

SYMBOLS = [
    *(f"{u}_t" for u in "xafioch"),
    "h_{t-1}",
    "c_{t-1}",
    *(f"p_{u}" for u in "fio"),
    *(f"z_{u}" for u in "afoi"),
]
EMPHASES = ((), ("f",), *((name,) for name in (*PARTS, *USES, *GROUPS)))


def elements(drawing, tag):
    return list(ET.fromstring(drawing).iter(f"{{http://www.w3.org/2000/svg}}{tag}"))


def words(drawing):
    return [element.get("data-symbol") for element in elements(drawing, "text")]


@pytest.mark.parametrize("emphasised", EMPHASES)
def test_every_symbol_and_equation_is_drawn(emphasised):
    drawing = exercises.cell(*emphasised).svg
    assert set(SYMBOLS) <= set(words(drawing))
    numbers = [f"({number})" for number in range(1, 8)]
    assert sorted(w for w in words(drawing) if re.fullmatch(r"\(\d+\)", w)) == numbers
    assert words(drawing).count("×") == 3 + words(drawing).count("f_{t+1}")
    assert words(drawing).count("+") == 1


def test_subscripts_are_low_and_what_follows_is_not():
    (formula,) = (e for e in elements(svg(), "text") if "W" in e.get("data-symbol"))
    assert "".join(formula.itertext()) == "zt = xt W + ht−1 R + b"
    drops = [float(piece.get("dy")) for piece in formula]
    assert sum(drops) == 0 and drops[::2] == [-drop for drop in drops[1::2]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("(1)", [("(1)", "")]),
        ("p_f", [("p", "f")]),
        ("z_t = x_t W", [("z", "t"), (" = x", "t"), (" W", "")]),
        ("δ_{f,t+1} ∘ p_f", [("δ", "f,t+1"), (" ∘ p", "f")]),
    ],
)
def test_subscripts(words, expected):
    assert subscripts(words) == expected


def test_what_is_emphasised_is_strong_and_the_rest_faint():
    strokes = elements(exercises.cell("p_f").svg, "path")
    widths = {own: set() for own in (True, False)}
    for stroke in strokes:
        widths["p_f" in stroke.get("data-parts").split()].add(float(stroke.get("stroke-width")))
    assert min(widths[True]) > 2 * max(widths[False])  # it shows without colour
    plain = {e.get("stroke-width") for e in elements(exercises.cell().svg, "path")}
    assert len(plain) == 1


@pytest.mark.parametrize("name", [*PARTS, *USES])
def test_every_part_has_a_stroke(name):
    parts = [e.get("data-parts").split() for e in elements(svg(next_step=True), "path")]
    assert any(name in own for own in parts)


def test_peepholes_alone_are_dashed():
    for stroke in elements(svg(), "path"):
        peephole = bool({"p_f", "p_i", "p_o"} & set(stroke.get("data-parts").split()))
        assert (stroke.get("stroke-dasharray") is not None) is peephole


def test_the_next_step_is_drawn_for_the_uses_of_c_alone():
    uses = words(exercises.cell("uses of c_t").svg)
    assert {"f_{t+1}", "i_{t+1}", *"12345"} <= set(uses)
    assert "f_{t+1}" not in words(exercises.cell("peepholes").svg)


def test_it_stands_alone_and_says_in_words_what_it_shows():
    drawing = exercises.cell("d4").svg
    assert "href" not in drawing and "url(" not in drawing and "id=" not in drawing
    label = ET.fromstring(drawing).get("aria-label")
    assert label.endswith("Emphasised: to f_{t+1} through its peephole, eq. (3).")


@pytest.mark.parametrize("emphasised", [(), ("f",), ("uses of c_t",)])
def test_a_notebook_shows_an_image_of_it_with_its_words(emphasised):
    drawing = exercises.cell(*emphasised)
    image = ET.fromstring(drawing._repr_html_().replace('">', '"/>'))
    kind, data = image.get("src").split(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == drawing.svg
    assert image.get("alt") == ET.fromstring(drawing.svg).get("aria-label")
    assert "max-width: 100%" in image.get("style")


def test_it_can_be_copied_and_pickled_and_says_what_it_is():
    drawing = exercises.cell("f", "peepholes")
    assert repr(drawing) == "CellDrawing('f', 'peepholes')"
    assert copy.deepcopy(drawing) == pickle.loads(pickle.dumps(drawing)) == drawing


def test_a_part_that_there_is_not():
    with pytest.raises(ValueError, match=r"part 'g' of the cell is not one of x, a, f, i, c, o"):
        exercises.cell("f", "g")


def test_words_stay_inside_the_drawing():
    """By a letter of 0.6 of its size, which is wide."""
    for next_step in (False, True):
        drawing = svg(next_step=next_step)
        width = float(ET.fromstring(drawing).get("width"))
        for element in elements(drawing, "text"):
            size, x = float(element.get("font-size")), float(element.get("x"))
            long = 0.6 * size * len(re.sub(r"[_{}]", "", element.get("data-symbol")))
            left = x - {"start": 0, "middle": long / 2, "end": long}[element.get("text-anchor")]
            assert left >= 0 and left + long <= width, element.get("data-symbol")
