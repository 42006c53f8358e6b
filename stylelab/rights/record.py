"""Rights of a picture: author, licence and source, and where each fact was found."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from stylelab.errors import RightsError
from stylelab.rights.html import PERMITTED_COLOUR, UNKNOWN_COLOUR, html_table
from stylelab.rights.licences import Licence, find_licence

REQUIRED_FIELDS = ("author", "licence", "source")
"""Fields that a strict run requires of every picture."""

MAX_FIELD_LENGTH = 1000
"""Longest field, in characters; longer text is cut."""

_JOINERS = "\u200c\u200d"  # used inside words of some scripts


@dataclass(frozen=True)
class Rights:
    """Author, licence and source of a picture, as far as they are known.

    Each field is one line of text or None: control characters are removed, and text of more than 1000
    characters is cut.

    ```python
    rights = sl.Rights(title="Pier at dusk", author="A. Reader", licence="CC BY 4.0")
    rights.missing  # ("source",)
    ```

    Attributes:
        title: title of the picture.
        author: who made it.
        licence: its licence: an SPDX identifier, a usual name or a URL.
        source: where it comes from: a URL, a book, a museum's inventory number.
        copyright: copyright notice.
        credit: credit that the owner asks for, word for word.
        kind: IPTC digital source type (a URL).
        provenance: field → where it was found ("EXIF", "cat.jpg.rights.toml", "declared").
        remarks: contradictions between sources, and damaged metadata.

    Raises:
        RightsError: a field is not text.
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
        complete = {
            name: str(self.provenance.get(name, "declared"))
            for name in FIELD_NAMES
            if getattr(self, name)
        }
        object.__setattr__(self, "provenance", MappingProxyType(complete))

    @property
    def terms(self) -> Licence:
        """Entry of the licence table, or `UNKNOWN`."""
        return find_licence(self.licence)

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of author, licence and source are unknown; so is a licence that is not in the table."""
        known = {"licence": self.terms.known}
        return tuple(name for name in REQUIRED_FIELDS if not known.get(name, getattr(self, name)))

    def facts(self) -> dict[str, str]:
        """The known fields, by name."""
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
"""Names of the text fields of `Rights`, in order."""


def declare_rights(rights: Rights | Mapping[str, Any], origin: str = "declared") -> Rights:
    """`Rights` from a mapping of field names to texts, all found in `origin`.

    Raises:
        RightsError: `rights` is neither `Rights` nor a mapping, or has other names.
    """
    if isinstance(rights, Rights):
        return rights
    if not isinstance(rights, Mapping) or not set(rights) <= set(FIELD_NAMES):
        names = sorted(map(str, rights)) if isinstance(rights, Mapping) else type(rights).__name__
        raise RightsError(
            f"Expected rights, or a mapping with some of {', '.join(FIELD_NAMES)}. Received: {names}. "
            'Write for example {"author": "…", "licence": "CC BY 4.0", "source": "…"}.'
        )
    return Rights(**rights, provenance=dict.fromkeys(rights, origin))


def merge_rights(records: list[Rights]) -> Rights:
    """Merge records of one picture, in order of precedence: each field from the first that has it.

    Where a later record states a different author or licence, a remark says so.
    """
    found: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    remarks: list[str] = []
    for record in records:
        remarks += record.remarks
        for name, value in record.facts().items():
            origin = record.provenance[name]
            if name not in found:
                found[name], provenance[name] = value, origin
            elif name in ("author", "licence") and not _same_value(name, value, found[name]):
                remarks.append(
                    f"{origin} states a different {name}: {value!r}; "
                    f"{provenance[name]} takes precedence"
                )
    return Rights(**found, provenance=provenance, remarks=tuple(dict.fromkeys(remarks)))


def _same_value(name: str, first: str, second: str) -> bool:
    if name == "licence":
        return find_licence(first) == find_licence(second)
    return first.casefold() == second.casefold()


def _clean_text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RightsError(
            f"Expected {name} as text, or None if it is unknown. Received: {value!r}."
        )
    # Control characters could reverse or break the line.
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
