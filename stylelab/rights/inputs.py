"""Rights of the input pictures, looked up before painting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.errors import RightsError
from stylelab.pictures.paths import path_exists
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
    """Rights of the input pictures of a run, by input name.

    ```python
    rights = sl.read_input_rights(
        {"photo": photo, "painting": "swirling_night"}, {"photo": {"author": "A. Reader"}}
    )
    rights["photo"].missing  # ("licence", "source")
    ```

    Args:
        sources: each input: a path, the bytes of a file, the name of a sample, `Rights`, or anything
            else, such as an array, whose rights are unknown.
        declared_rights: what you know about some of the inputs; it takes precedence over metadata.
        strict: refuse inputs whose author, licence or source is unknown.

    Returns:
        Rights by input name, in the order of `sources`; unknown fields are None.

    Raises:
        RightsError: `declared_rights` names an unknown input, or, if `strict`, something is unknown.
        PictureError: a path is not that of a picture.
    """
    declarations = dict(declared_rights or {})
    if unknown := [name for name in declarations if name not in sources]:
        raise RightsError(
            f"Expected rights of {', '.join(sources)}. Received: rights of {', '.join(unknown)}. "
            "Use the names of the inputs."
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
    """Rights of a bundled sample; raise a `RightsError` if there is none of that name."""
    if name not in SAMPLES:
        raise RightsError(
            f"Expected the name of a sample: {', '.join(SAMPLES)}. Received: {name!r}."
        )
    sample = SAMPLES[name]
    style_name = sample.name.replace("_", " ").capitalize()
    facts = {
        # The title of a painted style is a sentence, too long for a credit line.
        "title": sample.title if sample.kind == "photograph" else style_name,
        "author": sample.author,
        "licence": sample.licence,
        "source": sample.source,
    }
    return declare_rights(facts, origin="stylelab's samples")


def _rights_from_source(source: object) -> list[Rights]:
    if isinstance(source, Rights):
        return [source]
    if isinstance(source, str) and not path_exists(source):
        if source in SAMPLES:
            return [sample_rights(source)]
        load_image_or_sample(source)  # raises an error that suggests a sample of a similar name
    return [read_rights(source)] if isinstance(source, str | os.PathLike | bytes) else []


def _validate_complete(found: Mapping[str, Rights], sources: Mapping[str, Any]) -> None:
    missing = {name: rights.missing for name, rights in found.items() if rights.missing}
    if not missing:
        return
    what = "; ".join(
        _describe_missing(name, fields, found[name]) for name, fields in missing.items()
    )
    name, fields = next(iter(missing.items()))
    entries = ", ".join(f'"{field}": "…"' for field in fields)
    source = sources[name]
    path = source if isinstance(source, str | os.PathLike) else None
    sidecar_hint = f", or write {Path(path).name}{SIDECAR} next to the picture" if path else ""
    raise RightsError(
        "Expected the author, licence and source of every picture, because the run is strict. "
        f"Received: {what}. Find out and declare it: rights={{{name!r}: {{{entries}}}}}{sidecar_hint}; "
        "or take a picture whose rights you know."
    )


def _describe_missing(name: str, fields: tuple[str, ...], rights: Rights) -> str:
    words = [
        f"licence {rights.licence!r}, which is not in the table"
        if field == "licence" and rights.licence
        else f"no {field}"
        for field in fields
    ]
    return f"{name}: {', '.join(words)}"
