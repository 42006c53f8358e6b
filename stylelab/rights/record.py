"""Whose a picture is: what is known about it, and who said so."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from stylelab.errors import RightsError
from stylelab.rights.html import PERMITTED_COLOUR, UNKNOWN_COLOUR, html_table
from stylelab.rights.licences import Licence, find_licence

REQUIRED_FIELDS = ("author", "licence", "source")
"""What has to be known about every picture."""

MAX_FIELD_LENGTH = 1000
"""Characters that a fact may have; what is longer is cut."""

_JOINERS = "\u200c\u200d"  # some scripts need them inside words


@dataclass(frozen=True)
class Rights:
    """Whose a picture is, as far as anybody has told.

    ```python
    Rights(title="Pier at dusk", author="A. Reader", licence="CC BY 4.0", source="my camera")
    ```

    Facts are kept as one line of text each: control characters are taken out, and what is longer than
    1000 characters is cut.

    Attributes:
        title: what the picture is called.
        author: who made it.
        licence: under what terms it may be used: an SPDX name, a usual name or an address.
        source: where it comes from: an address, a book, a museum's number.
        copyright: the copyright notice.
        credit: the words in which its owner wants to be credited.
        kind: IPTC's digital source type, as an address, where one is stated.
        provenance: field → where it comes from ("EXIF", "cat.jpg.rights.toml", "declared").
        remarks: what a reader of these facts should know: contradictions, damaged metadata.
    """

    title: str | None = None
    author: str | None = None
    licence: str | None = None
    source: str | None = None
    copyright: str | None = None
    credit: str | None = None
    kind: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict, hash=False)
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in FIELD_NAMES:
            object.__setattr__(self, name, _clean_text(name, getattr(self, name)))
        told = {name: str(self.provenance[name]) for name in FIELD_NAMES if name in self.provenance}
        complete = {name: told.get(name, "declared") for name in FIELD_NAMES if getattr(self, name)}
        object.__setattr__(self, "provenance", MappingProxyType(complete))

    @property
    def terms(self) -> Licence:
        """The licence in the table, or `UNKNOWN`."""
        return find_licence(self.licence)

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of author, licence and source nobody has told; an unknown licence is missing."""
        known = {"licence": self.terms.known}
        return tuple(name for name in REQUIRED_FIELDS if not known.get(name, getattr(self, name)))

    def facts(self) -> dict[str, str]:
        """What is known, by name."""
        return {name: value for name in FIELD_NAMES if (value := getattr(self, name)) is not None}

    def __str__(self) -> str:
        lines = [
            f"{name:<9} {value}" + (f"  ({origin})" if origin else "")
            for name, value, origin in self._rows()
        ]
        return "\n".join([*lines, *(f"! {remark}" for remark in self.remarks)])

    def _repr_html_(self) -> str:
        rows = [(name, value, origin and f"({origin})") for name, value, origin in self._rows()]
        remarks = [("!", remark, "") for remark in self.remarks]
        return html_table(
            [*rows, *remarks], colour=UNKNOWN_COLOUR if self.missing else PERMITTED_COLOUR
        )

    def _rows(self) -> list[tuple[str, str, str]]:
        return [
            (name, getattr(self, name) or "unknown", self.provenance.get(name, ""))
            for name in FIELD_NAMES
            if name in ("title", *REQUIRED_FIELDS) or getattr(self, name)
        ]


FIELD_NAMES = tuple(one.name for one in fields(Rights) if one.name not in ("provenance", "remarks"))
"""Names of the facts, in order."""


def declare_rights(given: Rights | Mapping[str, Any], origin: str = "declared") -> Rights:
    """Rights as somebody declares them: as such, or as a mapping with the same names.

    Raises:
        RightsError: it is neither, or has other names.
    """
    if isinstance(given, Rights):
        return given
    if not isinstance(given, Mapping) or not set(given) <= set(FIELD_NAMES):
        names = sorted(map(str, given)) if isinstance(given, Mapping) else type(given).__name__
        raise RightsError(
            f"Expected rights, or a mapping with some of {', '.join(FIELD_NAMES)}. Received: {names}. "
            'Write for example {"author": "…", "licence": "CC BY 4.0", "source": "…"}.'
        )
    return Rights(**given, provenance=dict.fromkeys(given, origin))


def merge_rights(told: list[Rights]) -> Rights:
    """One from several tellers: each fact from the first who knows it; contradictions are remarked.

    Args:
        told: the one that is believed most first.
    """
    found: dict[str, Any] = {}
    by: dict[str, str] = {}
    remarks: list[str] = []
    for one in told:
        remarks += one.remarks
        for name, value in one.facts().items():
            if name not in found:
                found[name], by[name] = value, one.provenance[name]
            elif name in ("author", "licence") and not _same_value(name, value, found[name]):
                remarks.append(
                    f"{one.provenance[name]} tells another {name}: {value!r}; {by[name]} was believed"
                )
    return replace(Rights(**found, provenance=by), remarks=tuple(dict.fromkeys(remarks)))


def _same_value(name: str, one: str, other: str) -> bool:
    if name == "licence":
        return find_licence(one) == find_licence(other)
    return one.casefold() == other.casefold()


def _clean_text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RightsError(
            f"Expected {name} as text, or None where it is not known. Received: {value!r}."
        )
    # Hidden characters could turn a line around or end it; a fact is one line that shows itself.
    cleaned = "".join(
        letter
        for letter in value[: 20 * MAX_FIELD_LENGTH]
        if letter.isspace()
        or letter in _JOINERS
        or not unicodedata.category(letter).startswith("C")
    )
    cleaned = " ".join(cleaned.split())
    if len(cleaned) > MAX_FIELD_LENGTH:
        cleaned = cleaned[: MAX_FIELD_LENGTH - 1].rstrip() + "…"
    return cleaned or None
