"""Sizes of the parts of a PNG file: pixels, settings, rights, C2PA manifest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.errors import PictureError

if TYPE_CHECKING:
    import os

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNK_OVERHEAD = 12
"""Bytes of a chunk besides its data: length, name and checksum (PNG specification, 5.3)."""

_PART_NAMES = {
    "IDAT": "pixels",
    "iTXt stylelab": "settings",
    "iTXt XML:com.adobe.xmp": "rights (XMP)",
    "caBX": "C2PA manifest",
}


def png_part_sizes(path: str | os.PathLike[str]) -> dict[str, int]:
    """Sizes in bytes of the parts of a PNG file.

    Returns:
        Bytes of `"pixels"`, `"settings"`, `"rights (XMP)"`, `"C2PA manifest"` and `"rest"`, without
        parts that are missing; their sum is the size of the file.

    Raises:
        PictureError: it is not a complete PNG file.
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
                f"Expected a complete PNG file. Received: {Path(path).name}, which ends too early. "
                "Save it again."
            )
        name = data[offset + 4 : offset + 8].decode("latin-1")
        if name == "iTXt":
            keyword, _, _ = data[offset + 8 : offset + size].partition(b"\0")
            name = f"iTXt {keyword.decode('latin-1')}"
        found[_PART_NAMES.get(name, "rest")] += size
        offset += size
    order = [*_PART_NAMES.values(), "rest"]
    return {name: found[name] for name in order if found[name]}
