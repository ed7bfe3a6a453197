"""One HTML file in which a small trained LSTM is watched: drawing, numbers, style and script."""

import json
from html import escape
from pathlib import Path
from typing import NamedTuple

from tinylstm.small.whole_files import write_whole

from .drawing import USES, svg
from .pen import subscripts
from .trained_cell import EPOCHS, N_STEPS, N_TEST, N_TRAIN, page_numbers

HERE = Path(__file__).parent
# The page may load nothing: what is not in the file is not there.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class Term(NamedTuple):
    """What a use of c_t adds to dc_t: its equation, factors as names of numbers, and their step."""

    use: str
    equation: str
    number: str
    factors: tuple
    next_step: bool


TERMS = (
    Term("d1", "dh_t ∘ o_t ∘ g′(c_t)", "(16)", ("dh", "o", "dg_c"), False),
    Term("d2", "δ_{o,t} ∘ p_o", "(16)", ("delta_o", "p_o"), False),
    Term("d3", "dc_{t+1} ∘ f_{t+1}", "(20)", ("dc", "f"), True),
    Term("d4", "δ_{f,t+1} ∘ p_f", "(20)", ("delta_f", "p_f"), True),
    Term("d5", "δ_{i,t+1} ∘ p_i", "(20)", ("delta_i", "p_i"), True),
)


def write_cell_page(path):
    """Train the small LSTM and write its page; a file that is there is replaced, as a whole."""
    write_whole(path, cell_page(page_numbers()).encode())


def cell_page(numbers):
    """The page as text, from what `trained_cell.page_numbers` gives."""
    numbers = {**numbers, "terms": [term._asdict() for term in TERMS]}
    # In a script element "</script" and "<!--" would end or hide what follows.
    data = json.dumps(numbers, allow_nan=False).replace("<", "\\u003c")
    title = "The peephole LSTM cell, step by step"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{title}</title>",
            f"<style>\n{_text('cell.css')}</style>",
            "</head>",
            "<body>",
            f"<h1>{title}</h1>",
            f"<p>{_about(numbers['right'])}</p>",
            "<noscript><p>The sliders need JavaScript; the file loads nothing.</p></noscript>",
            "<main>",
            _controls(len(numbers["biases"]), numbers["trained"]),
            f'<figure id="cell">{svg(next_step=True, values=True)}</figure>',
            _terms(),
            _plots(),
            "</main>",
            _all_numbers(),
            _help(),
            f'<script type="application/json" id="numbers">{data}</script>',
            f"<script>\n{_text('cell.js')}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _text(name):
    return (HERE / name).read_text(encoding="utf-8")


def _about(n_right):
    return (
        f"An LSTM of one unit reads {N_STEPS} steps. Each has a value and a mark; at the end it "
        "says whether the last marked value was positive. The command that wrote this page has "
        f"trained it on {N_TRAIN} random sequences, {EPOCHS} times through; of {N_TEST} others it "
        f"gets {n_right} right. The loss comes in at the last step alone. Equations have the "
        "numbers of EQUATIONS.md."
    )


def _controls(n_biases, trained):
    """Three sliders, each with its label and its value in words, and the two buttons."""
    sliders = [
        _slider("step", "Step t", N_STEPS - 1, 0),
        _slider("term", "Going backward: uses of c<sub>t</sub>", len(TERMS), 0),
        _slider("bias", "Bias of the forget gate, b<sub>f</sub>", n_biases - 1, trained),
    ]
    return "\n".join(
        [
            '<section id="controls" aria-label="Controls">',
            '<p class="buttons"><button type="button" id="back">Back</button>',
            '<button type="button" id="next">Next</button>',
            '<button type="button" id="trained">Bias as trained</button></p>',
            *sliders,
            '<p id="words" aria-live="polite"></p>',
            "</section>",
        ]
    )


def _slider(name, label, most, value):
    return (
        f'<p class="slider"><label for="{name}">{label}</label>'
        f'<output id="{name}-value" for="{name}"></output>'
        f'<input type="range" id="{name}" min="0" max="{most}" step="1" value="{value}"></p>'
    )


def _terms():
    """The table of the five terms and their sum; the script fills in the numbers."""
    rows = [
        f'<tr id="row-{term.use}"><th scope="row"><span class="ring">{term.use[1]}</span> '
        f"{_with_subscripts(USES[term.use])}</th>"
        f'<td class="equation">{_with_subscripts(term.equation)} {term.number}<br>'
        f'<span class="factors" id="factors-{term.use}"></span></td>'
        f'<td class="value" id="value-{term.use}"></td></tr>'
        for term in TERMS
    ]
    return "\n".join(
        [
            '<section id="terms" aria-label="The five uses of the cell state">',
            "<h2>What the uses of c<sub>t</sub> add to dc<sub>t</sub></h2>",
            "<table>",
            '<thead><tr><th scope="col">c<sub>t</sub> is used, forward</th>'
            '<th scope="col">term, backward</th><th scope="col">value</th></tr></thead>',
            "<tbody>",
            *rows,
            '</tbody><tfoot><tr><th scope="row">dc<sub>t</sub>, their sum</th>'
            '<td class="equation" id="sum-so-far"></td>'
            '<td class="value" id="value-dc"></td></tr></tfoot>',
            "</table>",
            "</section>",
        ]
    )


def _plots():
    return "\n".join(
        [
            '<section id="plots" aria-label="All steps">',
            "<h2>All steps</h2>",
            '<figure><svg id="plot" viewBox="0 0 480 420" role="img"></svg>'
            '<figcaption id="reach"></figcaption></figure>',
            "</section>",
        ]
    )


def _all_numbers():
    heads = "t", "value", "mark", "a_t", "f_t", "i_t", "c_t", "o_t", "h_t", "dh_t", "dc_t"
    cells = "".join(f'<th scope="col">{_with_subscripts(head)}</th>' for head in heads)
    return (
        "<details><summary>The same in numbers</summary>"
        '<div class="wide" tabindex="0" role="region" aria-label="The same in numbers"><table>'
        f'<thead><tr>{cells}</tr></thead><tbody id="all-numbers"></tbody></table></div></details>'
    )


def _help():
    questions = (
        "What does the forget gate do at the two marks, and what does that do to |dc|?",
        "Which uses has c<sub>t</sub> at the last step? And which of the five carries most of the "
        "gradient at the others?",
        "Set the bias to −4. How many steps back is |dc| below a thousandth of the last one, and "
        "is the answer still right?",
        "Set it to 8: all of the gradient reaches the first step. What has become of the cell "
        "state after the second mark, and why?",
    )
    return "\n".join(
        [
            "<h2>Questions to ask it</h2>",
            "<ul>",
            *(f"<li>{question}</li>" for question in questions),
            "</ul>",
            "<p>With the keyboard: Tab goes from one control to the next, the arrows move a "
            "slider, Home and End go to its ends. Next goes forward step by step and then back, "
            "term by term. The address always names what is shown, to be kept or passed on.</p>",
        ]
    )


def _with_subscripts(words):
    """`c_{t+1} ∘ p_f` as HTML."""
    return "".join(
        escape(text) + (f"<sub>{escape(low)}</sub>" if low else "")
        for text, low in subscripts(words)
    )
