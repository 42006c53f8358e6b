"""Decoding of any picture source to samples, upright and in sRGB, a strip of rows at a time.

Strips let a picture of many megapixels be scaled down without being in memory as floats. A JPEG file
is decoded at a reduced size where the result is small.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stylelab.errors import PictureError
from stylelab.pictures.file_access import PictureFile, describe_file
from stylelab.pictures.image_decoder import ImageDecoder, transparent_colour
from stylelab.pictures.picture_files import open_picture
from stylelab.pictures.pillow_errors import translate_pillow_errors, validate_pixel_count
from stylelab.pictures.raw_files import develop_raw, is_raw, raw_shape
from stylelab.pictures.tiff_files import (
    TRANSPOSED_ORIENTATIONS,
    float_tiff_shape,
    read_float_tiff,
    read_orientation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PictureSource: TypeAlias = PictureFile | Image.Image | NDArray[Any]

MIN_SIDE = 16  # px: the fifth block of VGG19 sees a sixteenth of each side

# float32 arithmetic exceeds the range by a few units in the last place.
_TOLERANCE = 1e-6

PIXELS_PER_STRIP = 1_000_000
"""Pixels decoded at a time: enough to be quick, few compared with a large picture."""

# EXIF orientations in which rows run from right to left, or from bottom to top.
_MIRRORED, _FLIPPED = {2, 3, 6, 7}, {3, 4, 7, 8}

# JPEG is decoded at 1/2, 1/4 or 1/8 of its size. JPEG 2000 could be, too, but its reduced pictures are
# shifted and not antialiased: they differ by 5 levels in 255 from the full picture scaled down.
_DRAFT_FORMATS = {"JPEG", "MPO"}  # MPO: a JPEG file with further pictures after the first
_DRAFT_MARGIN = 4


@dataclass(frozen=True)
class PixelReader:
    """Access to the samples of a picture by rows.

    Attributes:
        height: In pixels.
        width: In pixels.
        rows: Function from first row and end row to the samples between: an array of shape
            (rows, width, 1, 3 or 4), of uint8, uint16, bool or floats in [0, 1]; gray, RGB or RGBA.
    """

    height: int
    width: int
    rows: Callable[[int, int], NDArray[Any]]

    def strips(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Slices of rows, about a million pixels each, with their samples."""
        step = max(1, PIXELS_PER_STRIP // self.width)
        for top in range(0, self.height, step):
            bottom = min(top + step, self.height)
            yield slice(top, bottom), self.rows(top, bottom)


@contextmanager
def open_pixels(
    source: PictureSource, fit: Callable[[int, int], tuple[int, int]]
) -> Iterator[tuple[PixelReader, tuple[int, int]]]:
    """Samples of any picture source, and the size needed.

    Args:
        source: A path, the bytes of a file, a Pillow image or an array. It is not modified.
        fit: Function from the picture's height and width to those needed. Where the format allows it,
            a file is decoded at a reduced size.

    Raises:
        PictureError: The source is not a usable picture.
    """
    array = source if isinstance(source, np.ndarray) else _read_as_array(source)
    if array is not None:
        samples = _read_array(array)
        yield samples, fit(samples.height, samples.width)
        return
    with _open_as_image(source) as (image, name):
        _validate_sides(*_oriented_size(image), name)
        transparent = transparent_colour(image)
        reducible = image is not source and image.format in _DRAFT_FORMATS
        if not reducible:
            image.load()  # some formats state their orientation only now
        needed = fit(*_oriented_size(image))
        if reducible:
            _decode_reduced(image, *needed)
        yield _read_image(image, transparent), needed


def picture_shape(source: PictureSource) -> tuple[int, int]:
    """Height and width of an upright picture in pixels, without decoding a file's pixels.

    Args:
        source: A path, the bytes of a file, a Pillow image or an array.

    Raises:
        PictureError: The source is not a usable picture.

    ```python
    height, width = sl.picture_shape(photo)
    ```
    """
    if isinstance(source, np.ndarray):
        height, width, _ = _add_channel_axis(source).shape
        return _validate_sides(height, width, "an array")
    if _is_path_or_bytes(source) and (shape := raw_shape(source) or float_tiff_shape(source)):
        return _validate_sides(*shape, describe_file(source))
    with _open_as_image(source) as (image, name):
        return _validate_sides(*_oriented_size(image), name)


def to_float32(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Samples of any type as a new float32 array in [0, 1]."""
    values = samples.astype(np.float32, order="C")
    if samples.dtype.kind == "u":
        values /= np.float32(np.iinfo(samples.dtype).max)
    return np.clip(values, 0, 1, out=values)


def describe_source(value: object) -> str:
    """Description of a picture source for error messages."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    return f"an object of type {type(value).__name__}"


def validate_range(values: NDArray[Any]) -> None:
    """Raise a `PictureError` unless floats lie in [0, 1], up to rounding."""
    if not np.isfinite(values).all():
        raise PictureError(
            "Expected finite values in [0, 1]. Received: an array with NaN or infinity. "
            "Find the step that made them; `np.isfinite(array)` shows where they are."
        )
    lowest, highest = float(values.min()), float(values.max())
    if lowest < -_TOLERANCE or highest > 1 + _TOLERANCE:
        raise PictureError(
            "Expected floats in [0, 1]. "
            f"Received: values from {lowest:.6g} to {highest:.6g}. "
            "Divide floats from 0 to 255 by 255; clip small excess with `np.clip(array, 0, 1)`."
        )


def _is_path_or_bytes(source: object) -> TypeGuard[PictureFile]:
    return isinstance(source, str | os.PathLike | bytes)


def _read_as_array(source: object) -> NDArray[Any] | None:
    """Samples of a file that Pillow does not read; None for any other source."""
    if not _is_path_or_bytes(source):
        return None
    if is_raw(source):
        return develop_raw(source)
    floats = read_float_tiff(source)
    return None if floats is None else _apply_orientation(*floats)


@contextmanager
def _open_as_image(source: object) -> Iterator[tuple[Image.Image, str]]:
    if isinstance(source, Image.Image):
        name = "a Pillow image"
        with translate_pillow_errors(name):
            yield source, name
    elif _is_path_or_bytes(source):
        with open_picture(source) as image:
            yield image, describe_file(source)
    else:
        raise PictureError(
            "Expected a path, the bytes of a file, a Pillow image or a NumPy array. "
            f"Received: {describe_source(source)}. Convert it first: `tensor.numpy()` turns a tensor "
            "into an array; `file.read()` returns the bytes of an opened file."
        )


def _add_channel_axis(samples: NDArray[Any]) -> NDArray[Any]:
    """Reshape an array to (height, width, 1, 3 or 4)."""
    shaped = samples[..., np.newaxis] if samples.ndim == 2 else samples  # noqa: PLR2004 - gray
    if shaped.ndim != 3 or shaped.shape[2] not in {1, 3, 4}:  # noqa: PLR2004 - axes and channels
        raise PictureError(
            "Expected an array of shape (height, width), (height, width, 1), (height, width, 3) or "
            f"(height, width, 4). Received: {describe_source(samples)}. Take one picture out of a "
            "batch with `batch[0]`; move channels to the end with `np.moveaxis(array, 0, -1)`."
        )
    return shaped


def _read_array(samples: NDArray[Any]) -> PixelReader:
    shaped = _add_channel_axis(samples)
    height, width = _validate_sides(shaped.shape[0], shaped.shape[1], "an array")
    kind = shaped.dtype.kind
    if kind not in "bf" and not (kind == "u" and shaped.dtype.itemsize <= 2):  # noqa: PLR2004 - bytes
        raise PictureError(
            "Expected an array of uint8, uint16, bool or floats in [0, 1]. "
            f"Received: {describe_source(samples)}. For whole numbers from 0 to 255, "
            "use `array.astype(np.uint8)`."
        )
    found = PixelReader(height, width, lambda top, bottom: shaped[top:bottom])
    if kind == "f":
        validate_range(_minimum_and_maximum(found))
    return found


def _read_image(image: Image.Image, transparent: Any) -> PixelReader:
    image.load()
    height, width = _oriented_size(image)
    orientation = _orientation(image)
    decoder = ImageDecoder(image, transparent)

    def rows(top: int, bottom: int) -> NDArray[Any]:
        if orientation in _FLIPPED:
            top, bottom = height - bottom, height - top
        transposed = orientation in TRANSPOSED_ORIENTATIONS
        box = (top, 0, bottom, image.height) if transposed else (0, top, image.width, bottom)
        return _add_channel_axis(_apply_orientation(decoder.decode(image.crop(box)), orientation))

    found = PixelReader(height, width, rows)
    if image.mode == "F":
        validate_range(_minimum_and_maximum(found))
    return found


def _apply_orientation(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    if orientation in TRANSPOSED_ORIENTATIONS:
        samples = samples.swapaxes(0, 1)
    if orientation in _MIRRORED:
        samples = samples[:, ::-1]
    return samples[::-1] if orientation in _FLIPPED else samples


def _minimum_and_maximum(samples: PixelReader) -> NDArray[Any]:
    """Smallest and largest sample; both are NaN if any sample is."""
    ends = [(strip.min(), strip.max()) for _, strip in samples.strips()]
    return np.array([np.min(ends), np.max(ends)])


def _validate_sides(height: int, width: int, name: str) -> tuple[int, int]:
    if min(height, width) < MIN_SIDE:
        raise PictureError(
            f"Expected a picture of at least {MIN_SIDE} px on each side. "
            f"Received: {name} of {height} × {width} px (height × width). Choose a larger picture."
        )
    validate_pixel_count(height, width, name)
    return height, width


def _decode_reduced(image: Image.Image, height: int, width: int) -> None:
    """Let the JPEG decoder reduce a picture to no less than four times the size needed.

    Lanczos scales it further, which hides the artefacts of the decoder's own scaling.
    """
    if _orientation(image) in TRANSPOSED_ORIENTATIONS:
        height, width = width, height
    image.draft(None, (_DRAFT_MARGIN * width, _DRAFT_MARGIN * height))


def _oriented_size(image: Image.Image) -> tuple[int, int]:
    size = (image.width, image.height)
    return size if _orientation(image) in TRANSPOSED_ORIENTATIONS else size[::-1]


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":  # Pillow turns these itself
        return 1
    try:
        # Of a PNG file, the class's own method would decode all pixels.
        return read_orientation(Image.Image.getexif(image))
    except Exception:  # noqa: BLE001 - a damaged EXIF block leaves the picture as stored
        return 1
