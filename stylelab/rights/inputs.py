"""Before painting: whose the pictures are that go in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab._files import is_file
from stylelab.errors import RightsError
from stylelab.rights.facts import Rights, declared, overlay
from stylelab.rights.reading import SIDECAR, read_rights
from stylelab.samples import SAMPLES, load_picture

if TYPE_CHECKING:
    from collections.abc import Mapping


def inputs_rights(
    sources: Mapping[str, Any],
    given: Mapping[str, Rights | Mapping[str, str]] | None = None,
    *,
    strict: bool = False,
) -> dict[str, Rights]:
    """Whose the pictures are that go into a run, each by the name of its input.

    ```python
    inputs_rights({"photo": "cat.jpg", "painting": "swirling_night"}, strict=True)
    ```

    Args:
        sources: what each input was given as: a path, the bytes of a file, the name of a sample,
            `Rights`, or anything else, such as an array, which tells nothing about itself.
        given: what somebody declares about some of them; it is believed before anything that the
            files tell.
        strict: refuse inputs whose author, licence or source nobody has told.

    Returns:
        Rights by the names of `sources`, in their order; facts that nobody tells are None.

    Raises:
        RightsError: something is declared for an input that is not there, or, if `strict`, something
            is missing; the message says what to do.
        PictureError: a path leads to no picture.
    """
    told = dict(given or {})
    if unknown := [name for name in told if name not in sources]:
        raise RightsError(
            f"Expected rights of {', '.join(sources)}. Received: rights of {', '.join(unknown)}. "
            "Use the inputs' names."
        )
    found = {
        name: overlay([*([declared(told[name])] if name in told else []), *_told_by_source(source)])
        for name, source in sources.items()
    }
    if strict:
        _refuse_unknown(found, sources)
    return found


def rights_of_sample(name: str) -> Rights:
    """Whose a sample is.

    Raises:
        RightsError: there is no such sample.
    """
    if name not in SAMPLES:
        raise RightsError(
            f"Expected the name of a sample: {', '.join(SAMPLES)}. Received: {name!r}."
        )
    sample = SAMPLES[name]
    painted = sample.name.replace("_", " ").capitalize()
    facts = {
        # The title of a painted style is a sentence; a credit line wants a name.
        "title": sample.title if sample.kind == "photograph" else painted,
        "author": sample.author,
        "licence": sample.licence,
        "source": sample.source,
    }
    return declared(facts, by="stylelab's samples")


def _told_by_source(source: object) -> list[Rights]:
    if isinstance(source, Rights):
        return [source]
    if isinstance(source, str) and not is_file(source):
        if source in SAMPLES:
            return [rights_of_sample(source)]
        load_picture(source)  # raises, and names the sample that may be meant
    return [read_rights(source)] if isinstance(source, str | os.PathLike | bytes) else []


def _refuse_unknown(found: Mapping[str, Rights], sources: Mapping[str, Any]) -> None:
    missing = {name: rights.missing for name, rights in found.items() if rights.missing}
    if not missing:
        return
    what = "; ".join(_in_words(name, facts, found[name]) for name, facts in missing.items())
    name, facts = next(iter(missing.items()))
    lines = ", ".join(f'"{fact}": "…"' for fact in facts)
    source = sources[name]
    path = source if isinstance(source, str | os.PathLike) else None
    beside = f", or write {Path(path).name}{SIDECAR} beside the picture" if path else ""
    raise RightsError(
        "Expected the author, licence and source of every picture, as the run is strict. "
        f"Received: {what}. Find out and declare it: rights={{{name!r}: {{{lines}}}}}{beside}; or "
        "take a picture whose terms you know."
    )


def _in_words(name: str, facts: tuple[str, ...], rights: Rights) -> str:
    words = [
        f"licence {rights.licence!r}, which is not in the table"
        if fact == "licence" and rights.licence
        else f"no {fact}"
        for fact in facts
    ]
    return f"{name}: {', '.join(words)}"
