"""What a PNG file is made of, in bytes: pixels, settings, rights, a signed account."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.errors import PictureError
from stylelab.rights.metadata import MAX_METADATA_BYTES

if TYPE_CHECKING:
    import os

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK_OVERHEAD = 12
"""Bytes around what a chunk holds: its length, its name, its checksum (PNG specification, 5.3)."""

_PART_NAMES = {
    "IDAT": "pixels",
    "iTXt stylelab": "settings",
    "iTXt XML:com.adobe.xmp": "rights (XMP)",
    "caBX": "signed account (C2PA)",
}


def png_part_sizes(path: str | os.PathLike[str]) -> dict[str, int]:
    """How many bytes of a PNG file hold what.

    Returns:
        Bytes by `"pixels"`, `"settings"`, `"rights (XMP)"`, `"signed account (C2PA)"` and `"rest"`,
        as far as they occur; together the size of the file.

    Raises:
        PictureError: it is no whole PNG file.
    """
    data = Path(path).read_bytes()
    if not data.startswith(_SIGNATURE):
        raise PictureError(
            f"Expected a PNG file. Received: {Path(path).name}. Save it as .png first."
        )
    found = Counter({"rest": len(_SIGNATURE)})
    offset = len(_SIGNATURE)
    while offset < len(data):
        size = int.from_bytes(data[offset : offset + 4], "big") + _CHUNK_OVERHEAD
        if offset + size > len(data):
            raise PictureError(
                f"Expected a whole PNG file. Received: {Path(path).name}, which ends too early. "
                "Save it again."
            )
        name = data[offset + 4 : offset + 8].decode("latin-1")
        if name == "iTXt":
            keyword = data[offset + 8 : offset + 8 + min(size, MAX_METADATA_BYTES)].partition(
                b"\0"
            )[0]
            name = f"iTXt {keyword.decode('latin-1')}"
        found[_PART_NAMES.get(name, "rest")] += size
        offset += size
    order = [*_PART_NAMES.values(), "rest"]
    return {name: found[name] for name in order if found[name]}
