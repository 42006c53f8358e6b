"""Regions of the photo: masks that can be chosen, and the choice of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stylelab.errors import PictureError
from stylelab.pictures.masks import resize_mask, validate_mask

if TYPE_CHECKING:
    from stylelab.pictures.masks import Mask


@dataclass(frozen=True, eq=False)
class Region:
    """A mask that can be chosen.

    Attributes:
        key: tells it from the others of a studio.
        name: short, to be shown.
        code: how Python gets at it: `sl.load_mask("sky.png")` or a variable's name; empty for one
            that only the studio has.
        values: (H, W) in [0, 1].
    """

    key: str
    name: str
    code: str
    values: Mask = field(repr=False)

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether it has the size of a picture (H, W, 3)."""
        return self.values.shape == shape[:2]

    def mask_for(self, shape: tuple[int, ...]) -> Mask:
        """Give the mask for a photo (H, W, 3): as it is, or brought to the photo's size.

        Raises:
            PictureError: it has other proportions.
        """
        height, width = shape[:2]
        rows, columns = self.values.shape
        # Sides are rounded to whole pixels when a picture is made smaller.
        if 2 * abs(rows * width - columns * height) > max(rows, columns, height, width):
            raise PictureError(
                f"Expected a mask of the photo's proportions, {width} × {height}. Received: "
                f"{self.name!r}, which is {columns} × {rows}. Make one from this very photo, or "
                "choose another place."
            )
        return resize_mask(self.values, height, width)


@dataclass(frozen=True)
class RegionChoice:
    """Where something counts: inside a region, or everywhere but there."""

    region: Region
    inverted: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return f"all but {self.region.name}" if self.inverted else self.region.name

    def mask(self, shape: tuple[int, ...]) -> Mask:
        """Give its mask for a photo (H, W, 3).

        Raises:
            PictureError: it does not fit the photo, or nothing is left of it.
        """
        inside = self.region.mask_for(shape)
        return validate_mask(1 - inside) if self.inverted else inside
