"""One HTML page with tables and figures and nothing outside of it: no script, no font, no link."""

from base64 import b64encode
from html import escape
from itertools import groupby
from typing import NamedTuple

STYLE = """
:root { color-scheme: light dark; --ink: #1c1f23; --soft: #5b6470; --line: #d8dde3;
  --paper: #ffffff; --card: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #a4adb8; --line: #3a4048; --paper: #1a1a1a; --card: #1a1a1a; }
  /* White paper becomes the page's own #1a1a1a, and colours keep their hue. */
  img { filter: invert(0.898) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem 1rem 3rem; max-width: 66rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
p { color: var(--soft); font-size: 0.9rem; max-width: 44rem; margin: 0.5rem 0 0; }
.wide { overflow-x: auto; }
table { border-spacing: 0; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; text-align: right;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); }
thead th { white-space: normal; vertical-align: bottom; }
tbody th { color: var(--ink); font-weight: 400; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); }
.pictures { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-top: 2rem; }
figure { margin: 0; width: 100%; max-width: 30rem; }
figure.broad { max-width: 46rem; }
img { display: block; width: 100%; height: auto; background: #ffffff; }
figcaption { color: var(--soft); font-size: 0.9rem; margin-top: 0.3rem; }
pre { overflow-x: auto; font-size: 0.8rem; line-height: 1.35; }
summary { cursor: pointer; margin-top: 2rem; font-weight: 600; }
@media (max-width: 34rem) { table { font-size: 0.82rem; } th, td { padding-right: 0.5rem; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.4rem; } }
""".strip()


class Picture(NamedTuple):
    """A figure of a page; a broad one may take the page's whole width."""

    caption: str
    png: bytes
    broad: bool = False


class Details(NamedTuple):
    """A text that stays folded until it is asked for; it is shown as it is, line by line."""

    title: str
    text: str


def page(title, about, blocks):
    """Put together a page that is readable on a telephone and on a desk, by day and by night.

    `about` are names and texts, `blocks` are tables, pictures and details in the order of the page;
    pictures in a row stand side by side where there is room. Every text is escaped.
    """
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n</style>",
        "</head>",
        "<body>",
        f"<h1>{escape(title)}</h1>",
        "<dl>",
        *(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in about),
        "</dl>",
    ]
    for kind, group in groupby(blocks, type):
        if kind is Picture:
            lines += ['<div class="pictures">', *map(_picture, group), "</div>"]
        elif kind is Details:
            lines += map(_details, group)
        else:
            lines += map(_table, group)
    html = "\n".join([*lines, "</body>", "</html>", ""])
    # A file's name may have bytes that are no UTF-8; Python holds them as lone surrogates.
    return html.encode("utf-8", "backslashreplace").decode("utf-8")


def _table(table):
    header = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = [
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in table.rows
    ]
    lines = [
        f"<h2>{escape(table.title)}</h2>",
        '<div class="wide" tabindex="0"><table>',
        f"<thead><tr>{header}</tr></thead>",
        "<tbody>",
        *rows,
        "</tbody>",
        "</table></div>",
    ]
    return "\n".join([*lines, f"<p>{escape(table.note)}</p>"] if table.note else lines)


def _picture(picture):
    data = b64encode(picture.png).decode("ascii")
    caption = escape(picture.caption)
    kind = ' class="broad"' if picture.broad else ""
    return (
        f'<figure{kind}><img src="data:image/png;base64,{data}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _details(details):
    return (
        f"<details><summary>{escape(details.title)}</summary>"
        f"<pre>{escape(details.text)}</pre></details>"
    )
