"""The page of the cell in a real browser, headless; left out where there is none."""

import json
import re

import pytest
from helpers.browser import FOUND, Browser

from tinylstm.exercises.cell_page.cell_html import TERMS, cell_page
from tinylstm.exercises.cell_page.drawing import USES
from tinylstm.exercises.cell_page.trained_cell import page_numbers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOUND is None, reason="there is no Chromium to open the page in"),
]
STEPS = range(12)
WIDTHS = (420, 1200)


@pytest.fixture(scope="module")
def numbers():
    return page_numbers()


@pytest.fixture(scope="module")
def address(numbers, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "cell.html"
    path.write_text(cell_page(numbers), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def page(browser, address):
    """The page at 1200 pixels, as it opens."""
    browser.width(1200)
    browser.open(address)
    return browser


def go(page, step, term=0, bias=None):
    """Set the sliders as an address does."""
    bias = "" if bias is None else f"&bias={bias!r}"
    page.value(f"location.hash = '#step={step}&term={term}{bias}'; fromAddress()")


def texts(page, selector):
    return json.loads(
        page.value(
            "JSON.stringify(Object.fromEntries([...document.querySelectorAll("
            f"{selector!r})].map((e) => [e.dataset.value || e.id, e.textContent])))"
        )
    )


def sliders(page):
    return json.loads(page.value('JSON.stringify(["step", "term", "bias"].map(at))'))


def number(text):
    return float(text.replace("−", "-").removeprefix("dc = ").removeprefix("= "))


def shown_as(text, value):
    """A number is shown to three decimals, or where it is small to two digits."""
    digits = abs(value) * 0.05 if "e" in text else 0.005 if abs(value) >= 10 else 0.0005
    return abs(number(text) - value) <= digits * 1.01 + 1e-300


def test_every_value_stands_at_its_place(page, numbers):
    for bias in (numbers["biases"][0], numbers["weights"]["b"][1], 0.0, 8.0):
        run = numbers["runs"][numbers["biases"].index(bias)]
        for t in STEPS:
            go(page, t, 0, bias)
            values = texts(page, "[data-value]")
            assert number(values.pop("x").strip("()").split(",")[0]) == run["x"][t][0]
            assert {values.pop(name) for name in ("dc", *USES)} == {""}
            wrong = [name for name, text in values.items() if not shown_as(text, run[name][t])]
            assert len(values) == 13 and not wrong


def test_the_five_terms_light_up_one_after_the_other(page, numbers):
    for bias in (numbers["weights"]["b"][1], -1.0):
        run = numbers["runs"][numbers["biases"].index(bias)]
        for t in STEPS:
            for n in range(1, 6):
                go(page, t, n, bias)
                drawn = texts(page, "[data-value]")
                rows = texts(page, "#terms td.value")
                for k, term in enumerate(TERMS, start=1):
                    for text in (drawn[term.use], rows[f"value-{term.use}"]):
                        assert shown_as(text, run[term.use][t]) if k <= n else text == ""
                so_far = sum(run[term.use][t] for term in TERMS[:n])
                assert shown_as(rows["value-dc"], so_far)
                lit = page.value("document.querySelectorAll('#terms tr.lit').length")
                now = page.value("document.querySelector('#terms tr.now').id")
                assert (lit, now) == (n, f"row-d{n}")
            assert shown_as(drawn["dc"], run["dc"][t])


def test_the_factors_shown_multiply_to_the_term(page, numbers):
    go(page, 6, 5, 1.0)
    run = numbers["runs"][numbers["biases"].index(1.0)]
    for term in TERMS:
        factors = texts(page, f"#factors-{term.use}")[f"factors-{term.use}"]
        product = 1.0
        for factor in factors.removeprefix("= ").split(" × "):
            product *= number(factor)
        assert product == pytest.approx(run[term.use][6], rel=0.15)
    go(page, 11, 5)
    assert "no step t+1" in texts(page, "#factors-d3")["factors-d3"]


def test_what_is_lit_shows_without_colour(page):
    """By the strokes' widths: now, lit and faint."""
    page.say("Emulation.setEmulatedMedia", features=[REDUCED])
    go(page, 6, 3)
    width = "parseFloat(getComputedStyle(document.querySelector({})).strokeWidth)"
    now, lit, faint = (
        page.value(width.format(repr(f".stroke{kind}")))
        for kind in (".now", ".lit:not(.now)", ":not(.lit)")
    )
    assert now >= 1.8 * lit and lit >= 1.8 * faint
    page.say("Emulation.setEmulatedMedia", features=[])


REDUCED = {"name": "prefers-reduced-motion", "value": "reduce"}


def test_whoever_wants_no_motion_has_none(page):
    duration = "getComputedStyle(document.querySelector('.stroke')).transitionDuration"
    assert page.value(duration) != "0s"
    page.say("Emulation.setEmulatedMedia", features=[REDUCED])
    assert page.value(duration) == "0s"
    page.say("Emulation.setEmulatedMedia", features=[])


def test_next_goes_all_the_way_there_and_back_again(page):
    way = [sliders(page)[:2]]
    while not page.value("element('next').disabled"):
        page.value("element('next').click()")
        way.append(sliders(page)[:2])
    there = [[t, 0] for t in STEPS]
    assert way == there + [[t, n] for t in reversed(STEPS) for n in range(1, 6)]
    while not page.value("element('back').disabled"):
        way.pop()
        page.value("element('back').click()")
        assert sliders(page)[:2] == way[-1]
    assert way == [[0, 0]]


def test_the_keyboard_reaches_and_moves_everything(page, numbers):
    order = []
    for _ in range(6):
        page.press("Tab")
        order.append(page.value("document.activeElement.id || document.activeElement.tagName"))
        style = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.value(style) == "solid", order
    assert order == ["next", "trained", "step", "term", "bias", "SUMMARY"]
    page.value("element('step').focus()")
    page.press("ArrowRight")
    page.press("ArrowRight")
    assert sliders(page)[0] == 2
    assert page.value("element('words').textContent").startswith("Step 2, forward")
    page.press("End")
    assert sliders(page)[0] == 11
    page.press("Tab")
    page.press("ArrowRight")
    assert sliders(page)[:2] == [11, 1]
    assert "backward, use 1 of 5" in page.value("element('words').textContent")
    page.press("Tab")
    page.press("Home")
    assert sliders(page)[2] == 0
    assert page.value("element('bias').getAttribute('aria-valuetext')") == "−4.00"
    page.value("element('trained').focus()")
    page.press("Enter")
    assert sliders(page)[2] == numbers["trained"]
    address = page.value("location.hash")
    assert re.fullmatch(r"#step=11&term=1&bias=[\d.]+", address)


def test_an_address_names_what_is_shown(browser, address, numbers):
    browser.width(1200)
    browser.open(f"{address}#step=7&term=2&bias=1.1")
    assert sliders(browser) == [7, 2, numbers["biases"].index(1.0)]
    browser.open(f"{address}#step=99&term=none&bias=")
    assert sliders(browser)[0] == 11  # nothing that an address may say stops the page


def test_it_loads_nothing_and_complains_of_nothing(page, address):
    go(page, 3, 5, 8.0)
    asked = [
        event["params"]["request"]["url"]
        for event in page.events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [address]
    bad = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
    assert not [event for event in page.events if event["method"] in bad]


BOXES = """
JSON.stringify([...document.querySelectorAll(".lstm-cell text")]
  .filter((e) => e.textContent && getComputedStyle(e).display !== "none")
  .map((e) => {
    const r = e.getBoundingClientRect();
    const frame = document.querySelector(".lstm-cell").getBoundingClientRect();
    const scale = e.getScreenCTM().a;
    return { name: e.dataset.value || e.dataset.symbol, left: r.left, right: r.right, top: r.top,
      bottom: r.bottom, size: parseFloat(e.getAttribute("font-size")) * scale,
      inside: r.left < frame.right && r.right > frame.left, cut: r.left < frame.left - 1
        || r.right > frame.right + 1 };
  }))
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_words_are_legible_and_none_lies_on_another(page, numbers, width):
    page.width(width)
    for bias in (-4.0, numbers["weights"]["b"][1], 8.0):
        for step, term in ((0, 0), (2, 0), (5, 0), (11, 0), (1, 5), (5, 5), (6, 5), (11, 5)):
            go(page, step, term, bias)
            boxes = [box for box in json.loads(page.value(BOXES)) if box["inside"]]
            assert len(boxes) > 20 and min(box["size"] for box in boxes) > 10
            for k, one in enumerate(boxes):
                assert not one["cut"], (one, step, term, bias)
                for other in boxes[:k]:
                    assert apart(one, other), (one["name"], other["name"], step, term, bias)


def apart(one, other):
    """Whether two boxes have at most a pixel or two of their empty edges in common."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    high = min(one["bottom"] - one["top"], other["bottom"] - other["top"])
    return across <= 1 or down <= 0.35 * high


@pytest.mark.parametrize("width", (320, *WIDTHS))
def test_nothing_is_wider_than_the_screen(page, width):
    page.width(width)
    for step, term in ((0, 0), (5, 5)):
        go(page, step, term)
        page.value("document.querySelector('details').open = true")
        assert page.value("document.documentElement.scrollWidth") <= width
