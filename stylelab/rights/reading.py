"""Whose a picture is, as its file tells: in its metadata, and in a file laid beside it."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.errors import OutputError, RightsError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.paths import is_file
from stylelab.pictures.picture_files import find_file, open_picture, read_metadata_only
from stylelab.rights.metadata import (
    MAX_METADATA_BYTES,
    parse_xmp_ingredients,
    parse_xmp_rights,
    read_embedded_rights,
)
from stylelab.rights.record import FIELD_NAMES, Rights, declare_rights, merge_rights

if TYPE_CHECKING:
    from stylelab.pictures.picture_files import PictureFile

SIDECAR = ".rights.toml"
"""What a file beside the picture is called: cat.jpg.rights.toml."""

SIDECAR_EXAMPLE = 'title = "…"\nauthor = "…"\nlicence = "CC BY 4.0"\nsource = "https://…"'


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
    if (metadata_image := read_metadata_only(file)) is not None:
        embedded_rights = read_embedded_rights(metadata_image)
    else:
        with open_picture(file) as image:
            embedded_rights = read_embedded_rights(image)
    sidecar = [] if isinstance(file, bytes) else _read_sidecars(Path(find_file(file)))
    return merge_rights([*sidecar, *embedded_rights])


def read_ingredient_rights(file: PictureFile) -> tuple[Rights, ...]:
    """Whose the pictures are that went into a result that `save_image(…, rights=…)` wrote.

    Args:
        file: its path, or its bytes.

    Raises:
        PictureError: `file` is not a picture file.
    """
    with open_picture(file) as image:
        packet = image.info.get("xmp")
    if not isinstance(packet, bytes) or len(packet) > MAX_METADATA_BYTES:
        return ()
    try:
        found = parse_xmp_ingredients(packet)
    except Exception:  # noqa: BLE001 - a damaged packet tells of no ingredients
        return ()
    return tuple(declare_rights(facts, origin="XMP") for facts in found)


def write_sidecar(path: str | os.PathLike[str], rights: Rights) -> Path:
    """Write what is known of a picture into a file beside it, where `read_rights` finds it.

    Args:
        path: the picture, which stays as it is.
        rights: what is known.

    Returns:
        The path of that file: the picture's with `.rights.toml` after it.

    Raises:
        OutputError: it cannot be written there.
    """
    sidecar = Path(f"{os.fspath(path)}{SIDECAR}").expanduser()
    # A string of JSON is a string of TOML, too, if its letters are written as they are.
    records = {
        name: json.dumps(value, ensure_ascii=False) for name, value in rights.facts().items()
    }
    lines = [f"{name} = {value}\n" for name, value in records.items()]
    try:
        with atomic_write(sidecar) as file:
            file.write("".join(lines).encode())
    except OSError as error:
        raise OutputError(
            f"Expected to write {sidecar}. Received: {error}. Choose another folder."
        ) from error
    return sidecar


def list_picture_and_sidecars(path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """A picture's file, if it is there, and those beside it that may say whose it is."""
    if not is_file(path):
        return ()
    found = Path(path).expanduser().absolute()
    return found, *(file for file in _sidecar_paths(found) if file.exists())


def _sidecar_paths(path: Path) -> tuple[Path, ...]:
    toml_path = path.with_name(path.name + SIDECAR)
    return toml_path, path.with_name(path.name + ".xmp"), path.with_suffix(".xmp")


def _read_sidecars(path: Path) -> list[Rights]:
    toml_path, *packets = _sidecar_paths(path)
    records = [_read_toml_sidecar(toml_path)] if toml_path.is_file() else []
    return [*records, *(_read_xmp_sidecar(one) for one in packets if one.is_file())]


def _read_toml_sidecar(path: Path) -> Rights:
    try:
        entries: dict[str, Any] = tomllib.loads(_read_small_file(path).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RightsError(
            f'Expected lines such as author = "…" (TOML). Received: {path.name} ({error}). '
            f"Correct it; it may say:\n{SIDECAR_EXAMPLE}"
        ) from error
    entries = {{"license": "licence"}.get(name, name): value for name, value in entries.items()}
    invalid = [
        name for name in entries if name not in FIELD_NAMES or not isinstance(entries[name], str)
    ]
    if invalid:
        raise RightsError(
            f"Expected {', '.join(FIELD_NAMES)} as text. Received: {', '.join(map(str, invalid))} in "
            f"{path.name}. Correct it; it may say:\n{SIDECAR_EXAMPLE}"
        )
    return declare_rights(entries, origin=path.name)


def _read_xmp_sidecar(path: Path) -> Rights:
    try:
        facts = parse_xmp_rights(_read_small_file(path))
    except Exception as error:
        raise RightsError(
            f"Expected XMP without a document type. Received: {path.name} "
            f"({type(error).__name__}: {error}). Write it anew, or take it away."
        ) from error
    return declare_rights(facts, origin=path.name)


def _read_small_file(path: Path) -> bytes:
    """A small file's bytes.

    Raises:
        ValueError: it is larger than a megabyte.
    """
    with path.open("rb") as file:
        found = file.read(MAX_METADATA_BYTES + 1)
    if len(found) > MAX_METADATA_BYTES:
        raise ValueError(f"larger than {MAX_METADATA_BYTES} bytes")
    return found
