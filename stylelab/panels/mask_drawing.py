"""Control of notebook 10: a mask painted by hand over a picture.

The browser keeps the mask while a stroke is drawn and sends it, one byte a pixel, when the stroke ends;
the kernel has it as `mask`. Nothing is computed here, so nothing is done on another thread.
"""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import numpy as np
import traitlets
from PIL import Image

from stylelab.course.figures.drawing import mimebundle
from stylelab.course.figures.places import TINT, mask_in_words, tinted
from stylelab.errors import PictureError
from stylelab.pictures.images import resize
from stylelab.pictures.masks import load_mask, resize_mask, validate_mask
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from stylelab.pictures.images import Picture, PictureSource
    from stylelab.pictures.masks import Mask

MAX_SIDE = 640
"""Long side, in pixels, at which a mask is drawn: a larger picture's is brought to its size."""

_FOLDER = files("stylelab.panels")


class MaskDrawing(anywidget.AnyWidget):
    """A picture with a mask over it, and brushes.

    Attributes:
        values: the mask as drawn, one byte a pixel, row by row: what browser and kernel exchange.
        rows, columns: size of the mask as drawn.
        brush: diameter of the brush, in pixels of the mask as drawn.
    """

    _esm: ClassVar[str] = (_FOLDER / "mask_drawing.js").read_text("utf-8")
    _css: ClassVar[str] = (_FOLDER / "mask_drawing.css").read_text("utf-8")

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
            picture=_jpeg(shown),
            rows=rows,
            columns=columns,
            brush=max(rows, columns) // 8,
            tint=list(TINT),
            values=bytes(rows * columns),
        )
        if mask is not None:
            self.mask = mask
        self._still = _static_preview(shown, self._drawn())

    @property
    def mask(self) -> Mask:
        """The mask as it is now: (H, W) of the picture, float32, in [0, 1]; 0 where none is drawn."""
        return resize_mask(self._drawn(), *self._shape)

    @mask.setter
    def mask(self, mask: ArrayLike) -> None:
        validated = validate_mask(mask)
        if validated.shape != self._shape:
            raise PictureError(
                f"Expected a mask of the picture's shape, {self._shape}. Received: {validated.shape}. "
                "resize_mask() brings it there."
            )
        drawn = resize_mask(validated, self.rows, self.columns)
        self.values = np.rint(drawn * 255).astype(np.uint8).tobytes()

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
        """Give the live panel, and the picture as it was at first for where there is no kernel."""
        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live, {})
        bundle, still_metadata = self._still
        return {**(data or {}), **bundle}, {**metadata, **still_metadata}


def mask_drawing(
    picture: PictureSource, mask: ArrayLike | PictureSource | None = None
) -> MaskDrawing:
    """Paint a mask over a picture: with the mouse, a pen, a finger or the keyboard.

    ```python
    drawing = panels.mask_drawing(photo)
    drawing                      # paint
    drawing.mask                 # (H, W), float32, in [0, 1]
    ```

    Args:
        picture: what to paint over: the name of a sample, or anything that `load_image` takes.
        mask: (H, W) in [0, 1], of the picture's size, to begin with, or a file as `load_mask` takes
            it; an empty one without it. It is kept in steps of 1/255.

    Raises:
        PictureError: the picture or the mask cannot be used, or they differ in size.
    """
    if isinstance(mask, str | bytes | PathLike | Image.Image):
        mask = load_mask(mask)
    return MaskDrawing(load_image_or_sample(picture), None if mask is None else validate_mask(mask))


def _static_preview(picture: Picture, mask: Mask) -> tuple[dict[str, Any], dict[str, Any]]:
    """Encode a picture with the mask over it, small: its page shows it as large as the panel."""
    alt = f"A picture; {mask_in_words(mask)}"
    return mimebundle(_jpeg(tinted(picture, mask)), "image/jpeg", alt, width=MAX_SIDE)


def _jpeg(picture: Picture) -> bytes:
    buffer = BytesIO()
    pixels = np.rint(picture * 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
