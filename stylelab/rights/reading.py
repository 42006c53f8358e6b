"""Whose a picture is, as its file tells: in its metadata, and in a file laid beside it."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab._files import is_file, replacing
from stylelab.errors import OutputError, RightsError
from stylelab.picture_files import find_file, metadata_only, open_picture
from stylelab.rights.facts import FACTS, Rights, declared, overlay
from stylelab.rights.metadata import LARGEST, embedded, facts_in_xmp, ingredients_in_xmp

if TYPE_CHECKING:
    from stylelab.picture_files import PictureFile

SIDECAR = ".rights.toml"
"""What a file beside the picture is called: cat.jpg.rights.toml."""

EXAMPLE = 'title = "…"\nauthor = "…"\nlicence = "CC BY 4.0"\nsource = "https://…"'


def read_rights(file: PictureFile) -> Rights:
    """Whose the picture in a file is, as far as anybody has told.

    Who is believed, first to last:

    1. `cat.jpg.rights.toml` beside the picture: somebody wrote it for this very file, to be read here;
    2. `cat.jpg.xmp` or `cat.xmp` beside it, which photo programs write;
    3. XMP in the file; 4. IPTC in it; 5. EXIF in it; 6. PNG's texts.

    Each fact is taken from the first who knows it. If two tell different authors or licences, that is
    among the remarks.

    Args:
        file: the path of a picture, or the bytes of its file, which have nothing beside them.

    Returns:
        What was found; facts that nobody tells are None.

    Raises:
        PictureError: `file` is not a picture file.
        RightsError: the file beside it cannot be read.
    """
    if (without_pixels := metadata_only(file)) is not None:
        inside = embedded(without_pixels)
    else:
        with open_picture(file) as image:
            inside = embedded(image)
    beside = [] if isinstance(file, bytes) else _beside(Path(find_file(file)))
    return overlay([*beside, *inside])


def read_ingredients(file: PictureFile) -> tuple[Rights, ...]:
    """Whose the pictures are that went into a result that `save_image(…, rights=…)` wrote.

    Args:
        file: its path, or its bytes.

    Raises:
        PictureError: `file` is not a picture file.
    """
    with open_picture(file) as image:
        packet = image.info.get("xmp")
    if not isinstance(packet, bytes) or len(packet) > LARGEST:
        return ()
    try:
        found = ingredients_in_xmp(packet)
    except Exception:  # noqa: BLE001 - a damaged packet tells of no ingredients
        return ()
    return tuple(declared(facts, by="XMP") for facts in found)


def write_beside(path: str | os.PathLike[str], rights: Rights) -> Path:
    """Write what is known of a picture into a file beside it, where `read_rights` finds it.

    Args:
        path: the picture, which stays as it is.
        rights: what is known.

    Returns:
        The path of that file: the picture's with `.rights.toml` after it.

    Raises:
        OutputError: it cannot be written there.
    """
    beside = Path(f"{os.fspath(path)}{SIDECAR}").expanduser()
    # A string of JSON is a string of TOML, too, if its letters are written as they are.
    told = {name: json.dumps(value, ensure_ascii=False) for name, value in rights.facts().items()}
    lines = [f"{name} = {value}\n" for name, value in told.items()]
    try:
        with replacing(beside) as file:
            file.write("".join(lines).encode())
    except OSError as error:
        raise OutputError(
            f"Expected to write {beside}. Received: {error}. Choose another folder."
        ) from error
    return beside


def with_sidecars(path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """A picture's file, if it is there, and those beside it that may say whose it is."""
    if not is_file(path):
        return ()
    found = Path(path).expanduser().absolute()
    return found, *(file for file in _sidecars(found) if file.exists())


def _sidecars(path: Path) -> tuple[Path, ...]:
    own = path.with_name(path.name + SIDECAR)
    return own, path.with_name(path.name + ".xmp"), path.with_suffix(".xmp")


def _beside(path: Path) -> list[Rights]:
    own, *packets = _sidecars(path)
    told = [_from_toml(own)] if own.is_file() else []
    return [*told, *(_from_xmp(one) for one in packets if one.is_file())]


def _from_toml(path: Path) -> Rights:
    try:
        given: dict[str, Any] = tomllib.loads(_start_of(path).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RightsError(
            f'Expected lines such as author = "…" (TOML). Received: {path.name} ({error}). '
            f"Correct it; it may say:\n{EXAMPLE}"
        ) from error
    given = {{"license": "licence"}.get(name, name): value for name, value in given.items()}
    odd = [name for name in given if name not in FACTS or not isinstance(given[name], str)]
    if odd:
        raise RightsError(
            f"Expected {', '.join(FACTS)} as text. Received: {', '.join(map(str, odd))} in "
            f"{path.name}. Correct it; it may say:\n{EXAMPLE}"
        )
    return declared(given, by=path.name)


def _from_xmp(path: Path) -> Rights:
    try:
        facts = facts_in_xmp(_start_of(path))
    except Exception as error:
        raise RightsError(
            f"Expected XMP without a document type. Received: {path.name} "
            f"({type(error).__name__}: {error}). Write it anew, or take it away."
        ) from error
    return declared(facts, by=path.name)


def _start_of(path: Path) -> bytes:
    """A small file's bytes.

    Raises:
        ValueError: it is larger than a megabyte.
    """
    with path.open("rb") as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise ValueError(f"larger than {LARGEST} bytes")
    return found
