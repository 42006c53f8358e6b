"""Metadata is shown in a notebook as text, never as HTML."""

from html.parser import HTMLParser

import pytest
from IPython.core.formatters import HTMLFormatter

from stylelab.rights.credentials import Credentials
from stylelab.rights.html import FORBIDDEN_COLOUR, PERMITTED_COLOUR, UNKNOWN_COLOUR, html_table
from stylelab.rights.record import Rights
from stylelab.rights.rules import combine_rights

EVIL = '<img src=x onerror="alert(1)">&lt;b'


class HtmlReader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def notebook_html(thing: object) -> str:
    return str(HTMLFormatter()(thing))


def read_html(thing: object) -> HtmlReader:
    return HtmlReader(notebook_html(thing))


@pytest.mark.parametrize(
    "thing",
    [
        Rights(title=EVIL, author=EVIL, licence=EVIL, source=EVIL, remarks=(EVIL,)),
        combine_rights({EVIL: Rights(licence=EVIL)}),
        Credentials("valid", EVIL, EVIL, EVIL, EVIL, (EVIL,), (EVIL,)),
    ],
)
def test_untrusted_text_is_escaped(thing: object) -> None:
    page = read_html(thing)
    assert page.tags <= {"div", "table", "tr", "td", "b"}
    assert EVIL in page.text


def test_a_heading_is_escaped_too() -> None:
    assert HtmlReader(html_table([], EVIL)).tags <= {"div", "table", "b"}


def test_the_table_shows_all_that_is_printed() -> None:
    rights = Rights(title="Pier", author="Ann", licence="CC BY 4.0", remarks=("odd",))
    page = read_html(rights)
    for word in ("Pier", "Ann", "CC BY 4.0", "(declared)", "unknown", "odd"):
        assert word in page.text
    verdict = combine_rights({"photo": rights, "painting": Rights(licence="CC BY-SA 4.0")})
    page = read_html(verdict)
    for word in (
        "publish: permitted",
        "§3(b)(1)",
        "the result",
        "may be published under CC BY-SA 4.0",
    ):
        assert word in page.text


@pytest.mark.parametrize(
    ("licence", "colour"),
    [("CC0", PERMITTED_COLOUR), ("CC BY-ND 4.0", FORBIDDEN_COLOUR), (None, UNKNOWN_COLOUR)],
)
def test_the_colour_shows_whether_the_use_is_permitted(licence: str | None, colour: str) -> None:
    assert colour in notebook_html(combine_rights([Rights(licence=licence)]))
