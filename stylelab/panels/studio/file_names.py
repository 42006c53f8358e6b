"""Names of the files that the studio saves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_BYTES = 75
"""Bytes of a picture's name in a file's: three of them, and the rest, make less than the usual 255."""


def free_file_name(parts: Iterable[str], suffix: str = ".png", folder: Path | None = None) -> str:
    """File name that is not taken in a folder: `stylelab_cat_swirling_night_1.png`."""
    stem = "_".join(["stylelab", *(_file_name_part(part) for part in parts)])
    number = 1
    while ((folder or Path()) / f"{stem}_{number}{suffix}").exists():
        number += 1
    return f"{stem}_{number}{suffix}"


def _file_name_part(name: str) -> str:
    letters = re.sub(r"\W+", "_", name).strip("_")[:40]
    return letters.encode()[:MAX_NAME_BYTES].decode(errors="ignore") or "picture"
