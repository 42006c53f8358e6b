"""Before painting: whose the pictures are that go in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.errors import RightsError
from stylelab.pictures.paths import is_file
from stylelab.rights.reading import SIDECAR, read_rights
from stylelab.rights.record import Rights, declare_rights, merge_rights
from stylelab.samples.catalogue import SAMPLES, load_image_or_sample

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_input_rights(
    sources: Mapping[str, Any],
    declared_rights: Mapping[str, Rights | Mapping[str, str]] | None = None,
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
        declared_rights: what somebody declares about some of them; it is believed before anything that the
            files tell.
        strict: refuse inputs whose author, licence or source nobody has told.

    Returns:
        Rights by the names of `sources`, in their order; facts that nobody tells are None.

    Raises:
        RightsError: something is declared for an input that is not there, or, if `strict`, something
            is missing; the message says what to do.
        PictureError: a path leads to no picture.
    """
    declarations = dict(declared_rights or {})
    if unknown := [name for name in declarations if name not in sources]:
        raise RightsError(
            f"Expected rights of {', '.join(sources)}. Received: rights of {', '.join(unknown)}. "
            "Use the inputs' names."
        )
    found = {
        name: merge_rights(
            [
                *([declare_rights(declarations[name])] if name in declarations else []),
                *_rights_from_source(source),
            ]
        )
        for name, source in sources.items()
    }
    if strict:
        _validate_complete(found, sources)
    return found


def sample_rights(name: str) -> Rights:
    """Whose a sample is.

    Raises:
        RightsError: there is no such sample.
    """
    if name not in SAMPLES:
        raise RightsError(
            f"Expected the name of a sample: {', '.join(SAMPLES)}. Received: {name!r}."
        )
    sample = SAMPLES[name]
    style_name = sample.name.replace("_", " ").capitalize()
    facts = {
        # The title of a painted style is a sentence; a credit line wants a name.
        "title": sample.title if sample.kind == "photograph" else style_name,
        "author": sample.author,
        "licence": sample.licence,
        "source": sample.source,
    }
    return declare_rights(facts, origin="stylelab's samples")


def _rights_from_source(source: object) -> list[Rights]:
    if isinstance(source, Rights):
        return [source]
    if isinstance(source, str) and not is_file(source):
        if source in SAMPLES:
            return [sample_rights(source)]
        load_image_or_sample(source)  # raises, and names the sample that may be meant
    return [read_rights(source)] if isinstance(source, str | os.PathLike | bytes) else []


def _validate_complete(found: Mapping[str, Rights], sources: Mapping[str, Any]) -> None:
    missing = {name: rights.missing for name, rights in found.items() if rights.missing}
    if not missing:
        return
    what = "; ".join(_describe_missing(name, facts, found[name]) for name, facts in missing.items())
    name, facts = next(iter(missing.items()))
    lines = ", ".join(f'"{fact}": "…"' for fact in facts)
    source = sources[name]
    path = source if isinstance(source, str | os.PathLike) else None
    sidecar_hint = f", or write {Path(path).name}{SIDECAR} beside the picture" if path else ""
    raise RightsError(
        "Expected the author, licence and source of every picture, as the run is strict. "
        f"Received: {what}. Find out and declare it: rights={{{name!r}: {{{lines}}}}}{sidecar_hint}; or "
        "take a picture whose terms you know."
    )


def _describe_missing(name: str, facts: tuple[str, ...], rights: Rights) -> str:
    words = [
        f"licence {rights.licence!r}, which is not in the table"
        if fact == "licence" and rights.licence
        else f"no {fact}"
        for fact in facts
    ]
    return f"{name}: {', '.join(words)}"
