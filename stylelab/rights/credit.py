"""The line under the picture: who made what went in, and under what terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylelab.rights.rules import rights_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.rights.record import Rights

MADE_WITH = "stylelab (neural style transfer)"


def credit_line(
    inputs: Mapping[str, Rights] | Sequence[Rights],
    *,
    creator: str | None = None,
    made_with: str = MADE_WITH,
    links: bool = True,
) -> str:
    """A line of credit for a result: title, author, source and licence of each picture that went in.

    These four are what Creative Commons recommends to name ("TASL",
    wiki.creativecommons.org/wiki/Recommended_practices_for_attribution); that the pictures were changed
    is what its licences ask to say (CC BY 4.0 §3(a)(1)(B)). What is not known is said to be unknown.

    Args:
        inputs: rights by the name of the input, or in a row.
        creator: who made the result, if they want to be named.
        made_with: the program.
        links: whether to give the addresses of the licences, as their texts ask where it is possible.
    """
    by = f" by {creator}" if creator else ""
    from_them = "; ".join(input_credit(one, links=links) for one in rights_by_name(inputs).values())
    changed = f", from {from_them}. All were changed." if from_them else "."
    return f"Made{by} with {made_with}{changed}"


def input_credit(rights: Rights, *, links: bool = True) -> str:
    """The credit of one picture: “title” by author (source), licence (address)."""
    if rights.credit:
        who = f"{_title(rights)}: {rights.credit}"
    else:
        who = f"{_title(rights)} by {rights.author or 'an unknown author'}"
    where = f" ({rights.source})" if rights.source else " (source unknown)"
    terms = rights.terms
    if not terms.known:
        licence = f"licence {rights.licence!r}, not in the table" if rights.licence else terms.name
    else:
        licence = f"{terms.name} ({terms.url})" if terms.url and links else terms.name
    return f"{who}{where}, {licence}"


def _title(rights: Rights) -> str:
    return f"“{rights.title}”" if rights.title else "an untitled picture"
