"""Arguments of a notebook cell: masks, shares, and the names of variables."""

from __future__ import annotations

import keyword
import math
import sys
from collections.abc import Iterable
from os import PathLike
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stylelab.errors import SettingsError
from stylelab.panels.messages import display_name
from stylelab.panels.studio.code_export import string_literal
from stylelab.panels.studio.exported_file import array_file
from stylelab.panels.studio.regions import Region
from stylelab.pictures.images import load_image
from stylelab.pictures.masks import load_mask, validate_mask
from stylelab.pictures.validation import as_float, describe_received
from stylelab.samples.catalogue import sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylelab.panels.studio.picture_choice import PictureChoice
    from stylelab.pictures.images import PictureSource
    from stylelab.pictures.masks import Mask


def load_mask_arguments(
    sources: Sequence[PictureSource | None], paintings: int, photo: PictureChoice | str
) -> list[Region | None]:
    """Mask of what is kept, then of each painting, all of the proportions of the photo.

    Raises:
        StylelabError: a mask cannot be read, does not fit the photo, or there are too many.
    """
    if len(sources) > paintings + 1:
        raise SettingsError(
            f"Expected at most one mask for each painting, {paintings}. "
            f"Received: {len(sources) - 1} masks."
        )
    given = [
        None if source is None else _load_mask_argument(source, n)
        for n, source in enumerate(sources)
    ]
    if any(given):
        shape = (load_image(sample(photo)) if isinstance(photo, str) else photo.load()).shape
        for each in given:
            if each is not None:
                each.mask_for(shape)
    return given


def _load_mask_argument(source: PictureSource, number: int) -> Region:
    fallback = f"mask {number}" if number else "kept"
    if isinstance(source, bytes):
        return _region_without_name(fallback, load_mask(source))
    if isinstance(source, str | PathLike):
        path = PurePath(source)
        code = f"sl.load_mask({string_literal(str(path))})"
        return Region("", display_name(path.stem), code, load_mask(path))
    name = variable_name(source)
    has_colours = isinstance(source, Image.Image) or np.ndim(source) == 3  # noqa: PLR2004
    mask: Mask = load_mask(source) if has_colours else validate_mask(source)  # type: ignore[arg-type]
    if not name:
        return _region_without_name(fallback, mask)
    return Region("", name, f"sl.load_mask({name})" if has_colours else name, mask)


def _region_without_name(name: str, mask: Mask) -> Region:
    """A region whose mask is nowhere else; exported code reads it from a file."""
    file = array_file(name, mask)
    return Region("", name, file.code, mask, file)


def normalise_shares(shares: Sequence[float] | None, paintings: int) -> Sequence[float]:
    """Share of each painting, in per cent of all.

    Raises:
        SettingsError: there is not one finite share of at least 0 for each painting, or all are 0.
    """
    if shares is None:
        return (100 / paintings,) * paintings
    given = [as_float(share) for share in shares] if isinstance(shares, Iterable) else []
    fine = len(given) == paintings and all(0 <= share < math.inf for share in given)
    if not fine or not any(given):
        raise SettingsError(
            f"Expected {paintings} shares, one for each painting: numbers of at least 0, not all 0. "
            f"Received: {describe_received(shares)}."
        )
    whole = sum(given)
    return [round(100 * share / whole, 1) for share in given]


_RESERVED_NAMES = {"sl", "np", "styles"}
"""Names that the lines of `transfer_code` define."""


def variable_name(source: object) -> str:
    """Name of an object in the notebook; empty if it has none."""
    names = getattr(ipython_shell(), "user_ns", {})
    found = [
        name
        for name, value in list(names.items())
        if value is source
        and name.isidentifier()
        and name not in _RESERVED_NAMES
        and not name.startswith("_")
        and not keyword.iskeyword(name)
    ]
    return found[0] if found and not isinstance(source, str) else ""


def ipython_shell() -> Any:
    """The IPython shell that runs the cells; None outside a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
