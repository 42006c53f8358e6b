"""What a PNG file is made of, in bytes: pixels, settings, rights, a signed account."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from stylelab.errors import PictureError
from stylelab.rights.metadata import LARGEST

if TYPE_CHECKING:
    import os

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_AROUND = 12
"""Bytes around what a chunk holds: its length, its name, its checksum (PNG specification, 5.3)."""

_NAMES = {
    "IDAT": "pixels",
    "iTXt stylelab": "settings",
    "iTXt XML:com.adobe.xmp": "rights (XMP)",
    "caBX": "signed account (C2PA)",
}


def parts_of_png(path: str | os.PathLike[str]) -> dict[str, int]:
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
    place = len(_SIGNATURE)
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big") + _AROUND
        if place + size > len(data):
            raise PictureError(
                f"Expected a whole PNG file. Received: {Path(path).name}, which ends too early. "
                "Save it again."
            )
        name = data[place + 4 : place + 8].decode("latin-1")
        if name == "iTXt":
            keyword = data[place + 8 : place + 8 + min(size, LARGEST)].partition(b"\0")[0]
            name = f"iTXt {keyword.decode('latin-1')}"
        found[_NAMES.get(name, "rest")] += size
        place += size
    order = [*_NAMES.values(), "rest"]
    return {name: found[name] for name in order if found[name]}
