"""Regions of the photo: masks that can be chosen, and the choice of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from stylelab.errors import PictureError
from stylelab.pictures.masks import resize_mask, same_aspect_ratio, validate_mask

if TYPE_CHECKING:
    from stylelab.panels.studio.exported_file import ExportedFile
    from stylelab.pictures.masks import Mask


@dataclass(frozen=True, eq=False)
class Region:
    """A mask that can be chosen.

    Attributes:
        key: unique in a studio.
        name: short, for display.
        code: Python code for it: `sl.load_mask("sky.png")` or a variable's name.
        values: (H, W) in [0, 1].
        file: the file that the code reads, if the mask is nowhere else.
    """

    key: str
    name: str
    code: str
    values: Mask = field(repr=False)
    file: ExportedFile | None = field(default=None, repr=False)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether it has the size of a picture (H, W, 3)."""
        return self.values.shape == shape[:2]

    def mask_for(self, shape: tuple[int, ...]) -> Mask:
        """The mask for a photo (H, W, 3), resized to the photo if needed.

        Raises:
            PictureError: it has other proportions.
        """
        height, width = shape[:2]
        if not same_aspect_ratio(self.values.shape, shape):
            rows, columns = self.values.shape
            raise PictureError(
                f"Expected a mask of the photo's proportions, {width} × {height}. Received: "
                f"{self.name!r}, which is {columns} × {rows}. Make one from this very photo, or "
                "choose another place."
            )
        return _resized(self, height, width)


@lru_cache(maxsize=8)  # it is asked for at each change of a setting
def _resized(region: Region, height: int, width: int) -> Mask:
    mask = resize_mask(region.values, height, width)
    if mask is not region.values:
        mask.setflags(write=False)  # it is shared
    return mask


@dataclass(frozen=True)
class RegionChoice:
    """A region, or everything but it."""

    region: Region
    inverted: bool = False

    @property
    def name(self) -> str:
        """Name for display."""
        return f"all but {self.region.name}" if self.inverted else self.region.name

    def mask(self, shape: tuple[int, ...]) -> Mask:
        """Mask of the choice for a photo (H, W, 3).

        Raises:
            PictureError: it does not fit the photo, or nothing is left of it.
        """
        inside = self.region.mask_for(shape)
        return validate_mask(1 - inside) if self.inverted else inside
