"""Credit line of a result: title, author, source and licence of each input picture."""

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
    """Credit line of a result: title, author, source and licence of each input picture.

    Creative Commons recommends naming these four ("TASL",
    wiki.creativecommons.org/wiki/Recommended_practices_for_attribution), and its licences require
    saying that the pictures were changed (CC BY 4.0 §3(a)(1)(B)). Unknown facts are called unknown.

    ```python
    rights = sl.read_input_rights({"photo": "coffee", "painting": "woodcut_waves"})
    print(sl.credit_line(rights, creator="A. Reader"))
    ```

    Args:
        inputs: rights by input name, or a sequence of them.
        creator: who made the result, if they want to be named.
        made_with: name of the program.
        links: whether to add the URLs of the licences, which their texts ask for where possible.

    Raises:
        RightsError: an input is not a `Rights`.
    """
    by = f" by {creator}" if creator else ""
    sources = "; ".join(input_credit(one, links=links) for one in rights_by_name(inputs).values())
    changed = f", from {sources}. All were changed." if sources else "."
    return f"Made{by} with {made_with}{changed}"


def input_credit(rights: Rights, *, links: bool = True) -> str:
    """Credit of one picture: “title” by author (source), licence (URL)."""
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
