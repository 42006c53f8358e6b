"""Control of notebook 10: a mask painted by hand over a picture.

The browser holds the mask while a stroke is drawn and sends it, one byte a pixel, when the stroke ends.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import traitlets
from PIL import Image

from stylelab.course.figures.places import OVERLAY_COLOUR, describe_mask, overlay_mask
from stylelab.errors import PictureError
from stylelab.panels.assets import read_module, read_stylesheet
from stylelab.panels.control import join_bundles
from stylelab.panels.kernel_channel import ChannelWidget
from stylelab.pictures.encoding import encode_jpeg
from stylelab.pictures.images import resize
from stylelab.pictures.masks import load_mask, resize_mask, validate_mask
from stylelab.pictures.notebook_output import mimebundle
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask

MAX_SIDE = 640
"""Long side of the drawn mask, in pixels; for a larger picture it is scaled up."""


class MaskDrawing(ChannelWidget):
    """A picture with a mask over it, and brushes.

    Attributes:
        values: the drawn mask, one byte a pixel, row by row, as browser and kernel exchange it.
        rows, columns: size of the drawn mask.
        brush: diameter of the brush, in pixels of the drawn mask.
    """

    _esm: ClassVar[str] = read_module("kernel_channel", "mask_canvas", "mask_drawing")
    _css: ClassVar[str] = read_stylesheet("kernel_channel", "mask_drawing")

    picture = traitlets.Bytes().tag(sync=True)
    rows = traitlets.Int().tag(sync=True)
    columns = traitlets.Int().tag(sync=True)
    brush = traitlets.Int().tag(sync=True)
    tint = traitlets.List(traitlets.Int()).tag(sync=True)
    # Bytes come from the browser as a memoryview.
    values = traitlets.Bytes().tag(sync=True, from_json=lambda value, _: bytes(value))

    def __init__(self, picture: Picture, mask: Mask | None = None) -> None:
        self._shape = picture.shape[:2]
        shown = resize(picture, MAX_SIDE) if max(self._shape) > MAX_SIDE else picture
        rows, columns = shown.shape[:2]
        super().__init__(
            picture=encode_jpeg(shown),
            rows=rows,
            columns=columns,
            brush=max(rows, columns) // 8,
            tint=list(OVERLAY_COLOUR),
            values=bytes(rows * columns),
        )
        if mask is not None:
            self.mask = mask
        drawn = self._drawn()
        still = encode_jpeg(overlay_mask(shown, drawn))
        alt = f"A picture; {describe_mask(drawn)}"
        self._preview = mimebundle(still, "image/jpeg", alt, width=MAX_SIDE)

    @property
    def mask(self) -> Mask:
        """The present mask: (H, W) of the picture, float32, in [0, 1]; 0 where nothing is painted."""
        return resize_mask(self._drawn(), *self._shape)

    @mask.setter
    def mask(self, mask: ArrayLike) -> None:
        validated = validate_mask(mask)
        if validated.shape != self._shape:
            raise PictureError(
                f"Expected a mask of the picture's shape, {self._shape}. Received: {validated.shape}. "
                "Resize it with resize_mask()."
            )
        self.values = mask_bytes(resize_mask(validated, self.rows, self.columns))

    @traitlets.validate("values")
    def _validate_values(self, proposal: Any) -> bytes:
        values: bytes = proposal["value"]
        if len(values) != self.rows * self.columns:
            raise traitlets.TraitError(
                f"Expected {self.rows * self.columns} bytes. Received: {len(values)}."
            )
        return values

    def _drawn(self) -> Mask:
        values = np.frombuffer(self.values, np.uint8).reshape(self.rows, self.columns)
        return values.astype(np.float32) / np.float32(255)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """MIME bundle of the live widget, with the first picture for pages without a kernel."""
        return join_bundles(super()._repr_mimebundle_(**kwargs), self._preview)


def mask_bytes(mask: Mask) -> bytes:
    """A mask (H, W) in [0, 1], one byte a pixel, row by row."""
    return np.rint(mask * 255).astype(np.uint8).tobytes()


def mask_drawing(
    picture: PictureSource, mask: ArrayLike | PictureSource | None = None
) -> MaskDrawing:
    """Paint a mask over a picture, with the mouse, a pen, a finger or the keyboard.

    ```python
    drawing = panels.mask_drawing(photo)
    drawing                      # paint
    drawing.mask                 # (H, W), float32, in [0, 1]
    ```

    Args:
        picture: the picture: a sample's name, or anything that `load_image` takes.
        mask: the initial mask, (H, W) in [0, 1], of the picture's size, or a file as `load_mask` takes
            it; without it, an empty one. Its values are kept in steps of 1/255.

    Raises:
        PictureError: the picture or the mask cannot be used, or they differ in size.
    """
    if isinstance(mask, str | bytes | PathLike | Image.Image):
        mask = load_mask(mask)
    return MaskDrawing(load_image_or_sample(picture), None if mask is None else validate_mask(mask))
