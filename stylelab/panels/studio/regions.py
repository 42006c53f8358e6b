"""Regions of the photo: masks that can be chosen, and the choice of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stylelab.errors import PictureError
from stylelab.pictures.masks import resize_mask, validate_mask

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
