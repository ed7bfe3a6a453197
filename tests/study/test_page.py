"""The page: sound HTML with everything inside, and nothing of a text taken for a tag."""

import re
from base64 import b64decode

from helpers.html_pages import read

from tinylstm.study.reports.page import Details, Picture, page
from tinylstm.study.reports.tables import Table

TABLE = Table("<T> & 'co'", ("", 'x "y"'), [("a < b", "1"), ("c", "–")], "A <note>.")
HTML = page(
    "Title <i>",
    [("Recipe", "hourly & more")],
    [TABLE, Picture("A", b"\x89PNG"), Picture("B <b>", b"two", True), Details("More", "1 < 2\n")],
)


def test_every_text_arrives_as_it_is():
    reader = read(HTML)
    texts = "Title <i>", "hourly & more", "<T> & 'co'", 'x "y"', "a < b", "A <note>.", "1 < 2"
    for text in texts:
        assert text in reader.text
    assert ("alt", "B <b>") in reader.attributes
    assert not {"i", "b", "t", "note"} & set(reader.tags)


def test_nothing_outside_and_no_script():
    reader = read(HTML)
    assert not {"script", "link", "iframe"} & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    sources = [value for name, value in reader.attributes if name in ("src", "href")]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "url(" not in HTML and "@import" not in HTML
    assert [b64decode(source.partition(",")[2]) for source in sources] == [b"\x89PNG", b"two"]


def test_pictures_in_a_row_stand_side_by_side():
    assert HTML.count('<div class="pictures">') == 1
    assert HTML.count("<figure>") == 1 and HTML.count('<figure class="broad">') == 1


def test_a_telephone_and_the_night():
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in HTML
    assert "@media (prefers-color-scheme: dark)" in HTML
    assert re.search(r"\.wide \{ overflow-x: auto", HTML)


def test_a_table_has_heads_of_columns_and_rows():
    html = page("T", [], [TABLE])
    assert '<th scope="col">x &quot;y&quot;</th>' in html
    assert '<tr><th scope="row">a &lt; b</th><td>1</td></tr>' in html
