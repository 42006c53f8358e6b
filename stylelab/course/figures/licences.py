"""Figure of notebook 15: what the licences of all parents together let you do with a result."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.rights import PERMITTED, RESULT
from stylelab.rights.licences import LICENCES
from stylelab.rights.record import Rights
from stylelab.rights.rules import USES, Use, Verdict, combine_rights

if TYPE_CHECKING:
    from collections.abc import Mapping

USE_NAMES: Mapping[Use, str] = {
    "private": "keep it to yourself",
    "publish": "show it for free",
    "commercial": "earn money with it",
}
ANSWERS = {
    True: ("✓ yes", PERMITTED),
    False: ("✗ no", RESULT),
    None: ("? unknown", FAINT_INK),
}
"""Word and colour by `Verdict.permitted`."""

LINE_LENGTH = 80
"""Letters in a line of the right column."""


class Row(NamedTuple):
    """A row of the figure: a question, its answer and its colour, and the reasons, line by line."""

    question: str
    answer: str
    colour: str
    reasons: tuple[str, ...]


def show_combined_licences(inputs: Mapping[str, str]) -> CourseFigure:
    """Show which uses several licences together permit, what they ask for, and the result's licence.

    Args:
        inputs: a licence (an SPDX identifier, a usual name or a URL; empty if none is stated), by the
            name of the parent.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(inputs, "licence")
    rights = {name: Rights(licence=licence) for name, licence in inputs.items()}
    verdicts = [combine_rights(rights, use=use) for use in USES]
    rows = [_use_row(verdict) for verdict in verdicts] + _sharing_rows(verdicts)
    line, gap = 0.225, 0.17
    heights = [line * max(1, len(row.reasons)) + gap for row in rows]
    full = sum(heights) + gap
    with new_figure(WIDTH, full) as figure:
        top = full - gap
        for row, height in zip(rows, heights, strict=True):
            place: dict[str, Any] = {"va": "top", "fontsize": 11}
            figure.text(0.01, top / full, row.question, color=INK, **place)
            figure.text(0.205, top / full, row.answer, color=row.colour, weight="bold", **place)
            for number, reason in enumerate(row.reasons):
                figure.text(0.32, (top - number * line) / full, reason, color=INK, **place)
            top -= height
    words = "; ".join(f"{name}: {one.terms.name}" for name, one in rights.items())
    said = [f"{row.question}: {row.answer[2:]} {' '.join(row.reasons)}".strip() for row in rows]
    return CourseFigure(figure, f"Licences of {words}. {'. '.join(said)}.")


def _use_row(verdict: Verdict) -> Row:
    answer, colour = ANSWERS[verdict.permitted]
    return Row(USE_NAMES[verdict.use], answer, colour, _sentences(verdict, ("forbids", "open")))


def _sharing_rows(verdicts: list[Verdict]) -> list[Row]:
    """What a permitted shared use asks for, and the licences that the result may carry."""
    shared = [one for one in verdicts if one.use != "private" and one.permitted]
    if not shared:
        return []
    # What is asked for an unpaid use includes what is asked for a paid one.
    asked = _sentences(shared[0], ("asks",)) or ("nothing: no licence asks for anything",)
    names = ", ".join(LICENCES[key].name for key in shared[0].licences)
    return [
        Row("what you owe", "", INK, asked),
        Row("its licence may be", "", INK, tuple(textwrap.wrap(names, LINE_LENGTH))),
    ]


def _sentences(verdict: Verdict, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The findings of these kinds, each text once with all its inputs, wrapped; () without any."""
    inputs: dict[str, list[str]] = {}
    for finding in verdict.findings:
        if finding.kind in kinds:
            inputs.setdefault(finding.text, []).append(" and ".join(finding.inputs))
    lines = [f"{', '.join(names)}: {text}" for text, names in inputs.items()]
    return tuple(part for line in lines for part in textwrap.wrap(line, LINE_LENGTH))
