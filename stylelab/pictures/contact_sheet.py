"""Contact sheets: several pictures on one sheet, each with its caption.

```python
sheet = contact_sheet({"λ = 1": weak, "λ = 100": strong, "the logo": "logo.png"}, columns=3)
save_image("sheet.png", sheet)
```
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from stylelab.errors import SettingsError
from stylelab.pictures.images import MAX_PIXELS, MIN_SIDE, load_image, resize_to
from stylelab.pictures.validation import validate_whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture, PictureSource

Background = tuple[float, float, float] | Literal["checkerboard"]

CAPTION_HEIGHT = 0.085
"""Font size of captions, as a fraction of the side of a cell."""

MAX_LINES = 3
"""Lines of the longest caption."""

_LIGHT, _DARK = 0.92, 0.72
"""The two grays of the checkerboard behind transparent pixels."""

_BRIGHT_PAPER = 0.5


def contact_sheet(
    images: Mapping[str, PictureSource] | Sequence[PictureSource],
    *,
    columns: int | None = None,
    size: int = 256,
    gap: int = 16,
    paper: tuple[float, float, float] = (1.0, 1.0, 1.0),
    background: Background | None = None,
) -> Picture:
    """A sheet (H, W, 3), RGB in [0, 1], with pictures in rows, each above its caption.

    Every picture is scaled to a longer side of `size` and centred in its cell; a row is as high as its
    highest picture. Files are loaded as by `load_image`: upright, and in sRGB.

    Args:
        images: pictures by their captions, or pictures without captions: anything that `load_image`
            takes. A caption that is wider than its cell has up to three lines; what is longer ends
            in "…".
        columns: cells in a row; None makes the sheet nearly square.
        size: longer side of each picture, in pixels, at least 32.
        gap: between cells and around them, in pixels.
        paper: colour of the sheet, red, green, blue in [0, 1]. Captions are black on light paper and
            white on dark.
        background: colour behind transparent pixels, or `"checkerboard"`; None takes the paper's.

    Raises:
        PictureError: one of the pictures cannot be used.
        SettingsError: there is no picture, or a setting is out of its range.

    ```python
    sheet = sl.contact_sheet({"photo": photo, "painting": painting}, size=64)
    ```
    """
    captions, sources = _split_captions(images)
    if columns is not None:
        validate_whole_number("columns", columns, at_least=1)
    column_count = min(columns or math.ceil(math.sqrt(len(sources))), len(sources))
    validate_whole_number("size", size, at_least=2 * MIN_SIDE, unit="pixels")
    validate_whole_number("gap", gap, at_least=0, unit="pixels")
    _validate_rgb("paper", paper)
    if background is not None and background != "checkerboard":
        _validate_rgb("background", background)
    if len(sources) * size**2 > MAX_PIXELS:  # before any of them is scaled
        raise SettingsError(
            f"Expected pictures that make a sheet of at most {MAX_PIXELS // 1_000_000} megapixels. "
            f"Received: {len(sources)} cells of {size} × {size} px. Choose a smaller size."
        )
    backing: Background = paper if background is None else background
    pictures = [_resize_to_fit(_load_over_background(source, backing), size) for source in sources]
    starts = range(0, len(pictures), column_count)
    row_heights = [
        max(len(picture) for picture in pictures[start : start + column_count]) for start in starts
    ]
    font = caption_font(max(8, round(CAPTION_HEIGHT * size)))
    wrapped = [wrap_text(caption, font, size, MAX_LINES) for caption in captions]
    more_lines = max(map(len, wrapped)) - 1
    caption_height = round(1.6 * font.size) + round(1.2 * more_lines * font.size)
    if not any(captions):
        caption_height = 0
    height = gap + sum(row_height + caption_height + gap for row_height in row_heights)
    width = gap + column_count * (size + gap)
    sheet = np.tile(np.array(paper, np.float32), (height, width, 1))
    top = gap
    for start, row_height in zip(starts, row_heights, strict=True):
        for number in range(start, min(start + column_count, len(pictures))):
            left = gap + (number - start) * (size + gap)
            _paste_centred(sheet[top : top + row_height, left : left + size], pictures[number])
            area = sheet[top + row_height : top + row_height + caption_height, left : left + size]
            _draw_caption(area, wrapped[number], font, dark=bool(np.mean(paper) > _BRIGHT_PAPER))
        top += row_height + caption_height + gap
    return sheet


def _split_captions(
    images: Mapping[str, PictureSource] | Sequence[PictureSource],
) -> tuple[list[str], list[PictureSource]]:
    if isinstance(images, Mapping):
        captions, sources = [str(caption) for caption in images], list(images.values())
    elif isinstance(images, list | tuple):
        captions, sources = [""] * len(images), list(images)
    else:
        raise SettingsError(
            "Expected pictures by their captions, or a list of pictures. Received: an object of type "
            f"{type(images).__name__}. Put it into a list: [picture]."
        )
    if not sources:
        raise SettingsError("Expected at least one picture for the sheet. Received: none.")
    return captions, sources


def _load_over_background(source: PictureSource, background: Background) -> Picture:
    """Composite a picture on a colour, or on a checkerboard of eight squares along its longer side."""
    if background != "checkerboard":
        return load_image(source, background=background)
    if isinstance(source, Image.Image):
        source.load()  # so that both calls below read the same frame
    on_black = load_image(source, background=(0, 0, 0))
    on_white = load_image(source, background=(1, 1, 1))
    # colour·a + background·(1 − a) is linear in the background: values at 0 and 1 give all others.
    board = _checkerboard(*on_black.shape[:2])
    over: Picture = on_black + board[..., None] * (on_white - on_black)
    return over


def _checkerboard(height: int, width: int) -> NDArray[np.float32]:
    square = max(1, max(height, width) // 8)
    odd = (np.arange(height)[:, None] // square + np.arange(width) // square) % 2
    return np.where(odd, np.float32(_DARK), np.float32(_LIGHT))


def _resize_to_fit(picture: Picture, size: int) -> Picture:
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    return resize_to(picture, max(1, round(scale * height)), max(1, round(scale * width)))


def _paste_centred(area: NDArray[np.float32], picture: Picture) -> None:
    """Paste a picture into the middle of a cell (rows, columns, 3), in place."""
    (rows, columns), (height, width) = area.shape[:2], picture.shape[:2]
    down_offset, right_offset = (rows - height) // 2, (columns - width) // 2
    area[down_offset : down_offset + height, right_offset : right_offset + width] = picture


@cache
def caption_font(pixels: int) -> ImageFont.FreeTypeFont:
    """The font of captions, of that size."""
    from matplotlib import get_data_path

    # It ships with matplotlib and has Greek, Cyrillic and mathematical characters.
    return ImageFont.truetype(str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), pixels)


def shorten_line(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """A text as one line of at most `width` pixels; what is longer ends in "…"."""
    line = " ".join(text.split())
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(line + "…") > width:
        line = line[:-1].rstrip()
    return line + "…"


def wrap_text(text: str, font: ImageFont.FreeTypeFont, width: float, max_lines: int) -> list[str]:
    """A text in lines of at most `width` pixels; what is longer ends in "…"."""
    lines: list[str] = []
    for word in filter(None, re.split(r"[^\S\xa0]+", text)):  # at every space but no-break spaces
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and (len(lines) == max_lines or font.getlength(longer) <= width):
            lines[-1] = longer
        else:
            lines.append(word)
    return [shorten_line(line, font, width) for line in lines]


def _draw_caption(
    area: NDArray[np.float32], lines: Sequence[str], font: ImageFont.FreeTypeFont, *, dark: bool
) -> None:
    """Draw lines of text at the top of an area (rows, columns, 3), in its middle, in place."""
    if not lines:
        return
    ink = Image.new("L", (area.shape[1], area.shape[0]))
    for number, line in enumerate(lines):
        place = (area.shape[1] / 2, round(1.6 * font.size) / 2 + 1.2 * number * font.size)
        ImageDraw.Draw(ink).text(place, line, fill=255, font=font, anchor="mm")
    share = np.asarray(ink, np.float32)[..., None] / 255
    area += share * (np.float32(0 if dark else 1) - area)


def _validate_rgb(name: str, colour: object) -> None:
    try:
        values = np.asarray(colour, np.float64)
        usable = values.shape == (3,) and bool(np.all((values >= 0) & (values <= 1)))
    except (TypeError, ValueError):
        usable = False
    if not usable:
        choice = ', or "checkerboard"' if name == "background" else ""
        raise SettingsError(
            f"Expected {name} as (red, green, blue), each in [0, 1]{choice}. Received: {colour!r}."
        )
