"""Read the rights of a picture from its metadata and its sidecar files."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.errors import OutputError, RightsError
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.file_access import find_file
from stylelab.pictures.paths import expand_home, path_exists
from stylelab.pictures.picture_files import open_picture, read_metadata_only
from stylelab.rights import metadata
from stylelab.rights.record import FIELD_NAMES, Rights, declare_rights, merge_rights

if TYPE_CHECKING:
    from stylelab.pictures.file_access import PictureFile

SIDECAR = ".rights.toml"
"""Suffix of our sidecar files: cat.jpg.rights.toml."""

SIDECAR_EXAMPLE = 'title = "…"\nauthor = "…"\nlicence = "CC BY 4.0"\nsource = "https://…"'


def read_rights(file: PictureFile) -> Rights:
    """Rights of a picture, from its sidecar files and its metadata.

    In order of precedence:

    1. `cat.jpg.rights.toml` next to the picture, written for this package;
    2. `cat.jpg.xmp` or `cat.xmp` next to it, which photo programs write;
    3. XMP in the file; 4. IPTC; 5. EXIF; 6. PNG text.

    Each field comes from the first of them that has it. Contradictions about the author or the licence
    are among the remarks.

    ```python
    path = sl.save_image("result.png", photo, rights=sl.make_rights_statement([], creator="A. Reader"))
    sl.read_rights(path).author  # "A. Reader"
    ```

    Args:
        file: path of a picture, or the bytes of its file, which have no sidecar files.

    Returns:
        The rights; unknown fields are None.

    Raises:
        PictureError: `file` is not a picture file.
        RightsError: a sidecar file is damaged.
    """
    if (metadata_image := read_metadata_only(file)) is not None:
        embedded_rights = metadata.read_embedded_rights(metadata_image)
    else:
        with open_picture(file) as image:
            embedded_rights = metadata.read_embedded_rights(image)
    sidecar = [] if isinstance(file, bytes) else _read_sidecars(Path(find_file(file)))
    return merge_rights([*sidecar, *embedded_rights])


def read_ingredient_rights(file: PictureFile) -> tuple[Rights, ...]:
    """Rights of the input pictures of a result, as `save_image(…, rights=…)` stored them in its XMP.

    ```python
    statement = sl.make_rights_statement({"photo": sl.Rights(author="A. Reader")})
    path = sl.save_image("result.png", photo, rights=statement)
    [one.author for one in sl.read_ingredient_rights(path)]  # ["A. Reader"]
    ```

    Args:
        file: path of the result, or the bytes of its file.

    Returns:
        Rights of each input, in order; empty if the file has no such XMP.

    Raises:
        PictureError: `file` is not a picture file.
    """
    with open_picture(file) as image:
        packet = image.info.get("xmp")
    if not isinstance(packet, bytes) or len(packet) > metadata.MAX_METADATA_BYTES:
        return ()
    try:
        found = metadata.parse_xmp_ingredients(packet)
    except Exception:  # noqa: BLE001 - parsers raise almost anything for a damaged packet
        return ()
    return tuple(declare_rights(facts, origin="XMP") for facts in found)


def write_sidecar(path: str | os.PathLike[str], rights: Rights) -> Path:
    """Write the known fields of a picture's rights into a sidecar file that `read_rights` finds.

    Returns:
        Path of the sidecar file: that of the picture, which is not changed, with `.rights.toml`.

    Raises:
        OutputError: it cannot be written.
    """
    sidecar = expand_home(f"{os.fspath(path)}{SIDECAR}")
    # JSON strings are TOML strings, too, as long as non-ASCII characters are not escaped.
    lines = [
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in rights.facts().items()
    ]
    try:
        with atomic_write(sidecar) as file:
            file.write("".join(lines).encode())
    except OSError as error:
        raise OutputError(
            f"Expected to write {sidecar}. Received: {error}. Choose another folder."
        ) from error
    return sidecar


def list_picture_and_sidecars(path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Paths of a picture file and of its sidecar files, those that exist."""
    if not path_exists(path):
        return ()
    found = expand_home(path).absolute()
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
            f"Correct it, for example:\n{SIDECAR_EXAMPLE}"
        ) from error
    entries = {{"license": "licence"}.get(name, name): value for name, value in entries.items()}
    invalid = [
        name for name in entries if name not in FIELD_NAMES or not isinstance(entries[name], str)
    ]
    if invalid:
        raise RightsError(
            f"Expected {', '.join(FIELD_NAMES)} as text. Received: {', '.join(map(str, invalid))} in "
            f"{path.name}. Correct it, for example:\n{SIDECAR_EXAMPLE}"
        )
    return declare_rights(entries, origin=path.name)


def _read_xmp_sidecar(path: Path) -> Rights:
    try:
        facts = metadata.parse_xmp_rights(_read_small_file(path))
    except Exception as error:
        raise RightsError(
            f"Expected XMP without a document type. Received: {path.name} "
            f"({type(error).__name__}: {error}). Write it again, or delete it."
        ) from error
    return declare_rights(facts, origin=path.name)


def _read_small_file(path: Path) -> bytes:
    """Bytes of a file; raise a `ValueError` if it exceeds `MAX_METADATA_BYTES`."""
    with path.open("rb") as file:
        return metadata.limited_bytes(file.read(metadata.MAX_METADATA_BYTES + 1))
