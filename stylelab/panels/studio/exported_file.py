"""Files that exported code reads: uploads, drawn masks, and arrays that no variable names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from io import BytesIO
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from stylelab.errors import OutputError
from stylelab.panels.studio.code_export import string_literal
from stylelab.pictures.atomic_files import atomic_write
from stylelab.pictures.encoding import encode_png

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stylelab.pictures.masks import Mask

FOLDER = "stylelab_files"
"""Where the files are written, below the notebook's folder."""


@dataclass(frozen=True, eq=False)
class ExportedFile:
    """A file named after its content, so that no other file of that name is ever replaced.

    Attributes:
        stem, suffix: of its name.
        array: what it holds: the bytes of a file, or an array.
        loader: Python code that reads it, with `{path}` for its name as a literal.
    """

    stem: str
    suffix: str
    array: NDArray[Any] | bytes = field(repr=False)
    loader: str = "{path}"

    @classmethod
    def from_upload(cls, name: str, data: bytes, loader: str = "{path}") -> Self:
        """The file as it was uploaded."""
        suffix = re.sub(r"[^.\w]", "", PurePath(name).suffix)[:9]
        return cls(PurePath(name).stem, suffix, data, loader)

    @cached_property
    def data(self) -> bytes:
        """Its bytes."""
        if isinstance(self.array, bytes):
            return self.array
        if self.suffix == ".png":
            return encode_png(np.repeat(self.array[..., None], 3, axis=-1))
        buffer = BytesIO()
        np.save(buffer, self.array)
        return buffer.getvalue()

    @cached_property
    def path(self) -> str:
        """Its path, relative to the notebook's folder."""
        # The array's own bytes: encoding it only for its name would be slow.
        content = self.array if isinstance(self.array, bytes) else self.array.tobytes()
        # Turned, a picture of one colour has the same bytes.
        form = "" if isinstance(self.array, bytes) else f"{self.array.shape} {self.array.dtype}"
        digest = blake2b(content + form.encode(), digest_size=4).hexdigest()
        stem = re.sub(r"\W+", "_", self.stem).strip("_")[:40] or "picture"
        return f"{FOLDER}/{stem}_{digest}{self.suffix}"

    @property
    def code(self) -> str:
        """Python code that reads it."""
        return self.loader.format(path=string_literal(self.path))

    def write(self) -> Path:
        """Write the file, unless it is there already; return its path.

        Raises:
            OutputError: it cannot be written, or was changed since.
        """
        path = Path(self.path)
        try:
            if path.exists():
                is_changed = path.read_bytes() != self.data
            else:
                is_changed = False
                path.parent.mkdir(exist_ok=True)
                with atomic_write(path) as opened:
                    opened.write(self.data)
        except OSError as error:
            raise OutputError(
                f"Expected a folder to write {path} in. Received: {error.strerror or error}. The code "
                "needs this file: start JupyterLab where you may write, and copy again."
            ) from error
        if is_changed:
            raise OutputError(
                f"Expected {path} as it was written for the code. Received: a file that was changed "
                "since. Rename it, and copy again."
            )
        return path


def array_file(stem: str, array: NDArray[Any]) -> ExportedFile:
    """An array (H, W) or (H, W, 3) as a file, to the last bit."""
    return ExportedFile(stem, ".npy", array, "np.load({path})")


def mask_file(stem: str, mask: Mask) -> ExportedFile:
    """A drawn mask (H, W), in steps of 1/255, as a picture that any program can change."""
    return ExportedFile(stem, ".png", mask, "sl.load_mask({path})")
