"""HTML tables for rights, verdicts and credentials in notebooks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PERMITTED_COLOUR, FORBIDDEN_COLOUR, UNKNOWN_COLOUR = "#2e7d32", "#c62828", "#8a96a3"

_CELL = "text-align: left; vertical-align: top; padding: 0.1em 0.8em 0.1em 0"


def html_table(
    rows: Iterable[tuple[str, ...]], heading: str = "", colour: str = UNKNOWN_COLOUR
) -> str:
    """HTML table with a coloured line on the left and a heading; all text is escaped."""
    head = f'<b style="color: {colour}">{html.escape(heading)}</b>' if heading else ""
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{html.escape(text)}</td>' for text in row) + "</tr>"
        for row in rows
    )
    return (
        f'<div style="border-left: 4px solid {colour}; padding: 0.3em 0.9em">{head}'
        f'<table style="margin: 0; table-layout: auto">{body}</table></div>'
    )
