"""From what is given as a picture to its samples, a strip of rows at a time.

A strip is upright and in sRGB. So a picture of many megapixels is scaled down without ever lying in
memory as floats; of a JPEG file no more is decoded than a small result needs.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

from stylelab.errors import PictureError
from stylelab.pictures.picture_files import (
    TRANSPOSED_ORIENTATIONS,
    PictureFile,
    describe_file,
    develop_raw,
    float_tiff_shape,
    is_raw,
    open_picture,
    raw_shape,
    read_float_tiff,
    translate_pillow_errors,
    validate_pixel_count,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PictureSource: TypeAlias = PictureFile | Image.Image | NDArray[Any]

MIN_SIDE = 16  # px: the fifth block of VGG19 sees a sixteenth of each side

# Arithmetic in float32 leaves the range by a few units in the last place.
_TOLERANCE = 1e-6

_PIXELS_PER_STRIP = 1_000_000  # pixels: large enough to be quick, small beside any picture

# Orientations of EXIF in which rows run from right to left, or from bottom to top.
_MIRRORED, _FLIPPED = {2, 3, 6, 7}, {3, 4, 7, 8}

# Colour space of a profile → the mode it applies to, and the modes that convert to it without loss.
_PROFILED_MODES = {
    "RGB": ("RGB", {"1", "L", "P", "RGB", "RGBX", "YCbCr"}),
    "GRAY": ("L", {"1", "L"}),
    "CMYK": ("CMYK", {"CMYK"}),
}

# JPEG is decoded at 1/2, 1/4 or 1/8 of its size. JPEG 2000 could be, too, but its small pictures are
# shifted and not antialiased: they differ by 5 levels in 255 from the whole one scaled down.
_DRAFT_FORMATS = {"JPEG", "MPO"}  # MPO: a JPEG file with more pictures behind the first
_DRAFT_MARGIN = 4


@dataclass(frozen=True)
class PixelReader:
    """The samples of a picture, as they can be decoded.

    Attributes:
        height: In pixels.
        width: In pixels.
        rows: From a first row to a last one, which is not included, the samples: an array of shape
            (rows, width, 1, 3 or 4), of uint8, uint16, bool or floats in [0, 1]; gray, RGB or RGBA.
    """

    height: int
    width: int
    rows: Callable[[int, int], NDArray[Any]]

    def strips(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """All rows, about a million pixels at a time, and where they lie."""
        step = max(1, _PIXELS_PER_STRIP // self.width)
        for top in range(0, self.height, step):
            bottom = min(top + step, self.height)
            yield slice(top, bottom), self.rows(top, bottom)


@contextmanager
def open_pixels(
    source: PictureSource, fit: Callable[[int, int], tuple[int, int]]
) -> Iterator[tuple[PixelReader, tuple[int, int]]]:
    """The samples of anything that can be given as a picture, and the size that is needed.

    Args:
        source: A path, the bytes of a file, a Pillow image or an array. It is not modified.
        fit: From the picture's height and width to those that are needed. Of a file that allows it,
            little more is decoded than that takes.

    Raises:
        PictureError: It is no usable picture.
    """
    array = source if isinstance(source, np.ndarray) else _read_as_array(source)
    if array is not None:
        samples = _read_array(array)
        yield samples, fit(samples.height, samples.width)
        return
    with _open_as_image(source) as (image, name):
        _validate_sides(*_oriented_size(image), name)
        transparent = _transparent_colour(image)
        reducible = image is not source and image.format in _DRAFT_FORMATS
        if not reducible:
            image.load()  # some tell only now how they lie
        needed = fit(*_oriented_size(image))
        if reducible:
            _decode_reduced(image, *needed)
        yield _read_image(image, transparent), needed


def picture_shape(source: PictureSource) -> tuple[int, int]:
    """Height and width of a picture in pixels, upright. Of a file, no pixel is decoded.

    Raises:
        PictureError: It is no usable picture.
    """
    if isinstance(source, np.ndarray):
        height, width, _ = _add_channel_axis(source).shape
        return _validate_sides(height, width, "an array")
    if _is_path_or_bytes(source) and (shape := raw_shape(source) or float_tiff_shape(source)):
        return _validate_sides(*shape, describe_file(source))
    with _open_as_image(source) as (image, name):
        return _validate_sides(*_oriented_size(image), name)


def to_float32(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Samples of any type as float32 in [0, 1], in a new array."""
    values = samples.astype(np.float32, order="C")
    if samples.dtype.kind == "u":
        values /= np.float32(np.iinfo(samples.dtype).max)
    return np.clip(values, 0, 1, out=values)


def describe_source(value: object) -> str:
    """How a message calls what was given as a picture."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    return f"an object of type {type(value).__name__}"


def validate_range(values: NDArray[Any]) -> None:
    """Make sure that floats lie in [0, 1], but for rounding.

    Raises:
        PictureError: They do not.
    """
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
    """The samples of a file that Pillow does not read; None for any other source."""
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
            f"Received: {describe_source(source)}. Convert it first: for a tensor, `tensor.numpy()` gives "
            "an array; for an opened file, `file.read()` gives its bytes."
        )


def _add_channel_axis(samples: NDArray[Any]) -> NDArray[Any]:
    """The array with shape (height, width, 1, 3 or 4)."""
    shaped = samples[..., np.newaxis] if samples.ndim == 2 else samples  # noqa: PLR2004 - gray
    if shaped.ndim != 3 or shaped.shape[2] not in {1, 3, 4}:  # noqa: PLR2004 - axes and channels
        raise PictureError(
            "Expected an array of shape (height, width), (height, width, 1), (height, width, 3) or "
            f"(height, width, 4). Received: {describe_source(samples)}. Take one picture out of a batch "
            "with `batch[0]`; move channels to the end with `np.moveaxis(array, 0, -1)`."
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
    decoder = _Decoder(image, transparent)

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
    """The least and the greatest sample; both are NaN if one is."""
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
    """Ask JPEG's decoder for a smaller picture, which still is a few times as large as needed.

    From there Lanczos takes the rest, so that the steps of the decoder's own scaling do not show.
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
        orientation = Image.Image.getexif(image).get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - a damaged EXIF block leaves the picture as it lies
        return 1
    return orientation if isinstance(orientation, int) else 1


def _transparent_colour(image: Image.Image) -> Any:
    """What makes a pixel transparent, in the range of the pixels that Pillow gives.

    PNG states the transparent colour with the bits of the file. Pillow widens or narrows the pixels
    to 8 bits, but not this colour.
    """
    value = image.info.get("transparency")
    tiles = getattr(image, "tile", None)
    depth = tiles[0][3] if tiles else _infer_bit_depth(image, value)
    if depth == "L;2" and isinstance(value, int):
        return value * 85
    if depth == "L;4" and isinstance(value, int):
        return value * 17
    if depth == "RGB;16B" and isinstance(value, tuple):
        return tuple(channel >> 8 for channel in value)
    return value


def _infer_bit_depth(image: Image.Image, value: Any) -> str:
    """The depth of a PNG file whose pixels are decoded, which Pillow then no longer tells.

    With 2 bits only each 85th level occurs, with 4 bits each 17th.
    """
    if image.format != "PNG" or value is None:
        return ""
    if image.mode == "RGB" and isinstance(value, tuple) and max(value) > 255:  # noqa: PLR2004 - 8 bits
        return "RGB;16B"
    if image.mode == "L" and isinstance(value, int):
        levels = np.flatnonzero(image.histogram())
        for depth, most, step in (("L;2", 3, 85), ("L;4", 15, 17)):
            if 0 < value <= most and not (levels % step).any():
                return depth
    return ""


class _Decoder:
    """Brings parts of one image to samples: in sRGB or gray, perhaps with transparency."""

    def __init__(self, image: Image.Image, transparent: Any) -> None:
        self._image = image
        self._transparent = transparent
        # Pillow inverts TIFF files in which zero is white with 8 bits or fewer, but none with more.
        tags = getattr(image, "tag_v2", {})
        self._inverted = bool(tags.get(ExifTags.Base.PhotometricInterpretation) == 0)

    def decode(self, strip: Image.Image) -> NDArray[Any]:
        if self._transparent is not None:
            strip.info["transparency"] = self._transparent
        if strip.mode.startswith("I"):
            return self._gray_16_bit(strip)
        if strip.mode == "F":
            samples = np.asarray(strip)
            return 1 - samples if self._inverted else samples
        if not strip.has_transparency_data:
            return np.asarray(self._to_srgb(strip))
        colour, alpha = _split_transparency(strip)
        return np.dstack([np.asarray(self._to_srgb(colour)), np.asarray(alpha)])

    def _gray_16_bit(self, strip: Image.Image) -> NDArray[Any]:
        # Pillow's own conversion to RGB clips at 255 instead of scaling.
        values = np.asarray(strip)
        if values.min() < 0 or values.max() > 65535:  # noqa: PLR2004 - the range of 16 bits
            lowest, highest = self._image.getextrema()
            raise PictureError(
                "Expected gray values from 0 to 65535. "
                f"Received: values from {lowest} to {highest}. "
                "Scale them to 16 bits, or to floats in [0, 1]."
            )
        colour: NDArray[np.uint16] = self._levels[values]
        if self._transparent is None:
            return colour
        alpha = np.where(values == self._transparent, 0, 65535).astype(np.uint16)
        return np.dstack([colour, alpha])

    @cached_property
    def _levels(self) -> NDArray[np.uint16]:
        """The colour of each gray level, of shape (65536, 3)."""
        ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
        # Colour management works with 8 bits; between its 256 results the curve is straight.
        curve = np.asarray(self._to_srgb(ramp))[0] * np.uint16(257)
        every, known = np.arange(65536), np.arange(256) * 257
        table = np.stack([np.interp(every, known, curve[:, n]) for n in range(3)], axis=-1)
        levels: NDArray[np.uint16] = np.rint(table).astype(np.uint16)
        return levels[::-1] if self._inverted else levels

    def _to_srgb(self, strip: Image.Image) -> Image.Image:
        """The strip in mode RGB, the embedded colour profile applied."""
        mode, sources, transform = self._profile
        if transform is not None and strip.mode in sources:
            try:
                converted = ImageCms.applyTransform(strip.convert(mode), transform)
            except Exception:  # noqa: BLE001 - without a usable profile, colours are taken as sRGB
                converted = None
            if converted is not None:
                return converted
        return strip.convert("RGB")

    @cached_property
    def _profile(self) -> tuple[str, set[str], ImageCms.ImageCmsTransform | None]:
        try:
            profile = ImageCms.ImageCmsProfile(BytesIO(self._image.info["icc_profile"]))
            mode, sources = _PROFILED_MODES[profile.profile.xcolor_space.strip()]
            # The short cut for gray samples steep curves so coarsely that shadows change visibly.
            flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
            srgb = ImageCms.createProfile("sRGB")
            transform = ImageCms.buildTransform(profile, srgb, mode, "RGB", flags=flags)
        except Exception:  # noqa: BLE001 - without a usable profile, colours are taken as sRGB
            return "RGB", set(), None
        return mode, sources, transform


def _split_transparency(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Opaque colours and the opacity of an image with any kind of transparency."""
    # "La" holds premultiplied gray, which Pillow only converts to "LA".
    straight = image.convert("LA") if image.mode == "La" else image
    with_alpha = straight.convert("RGBA")
    # A gray image stays gray, so that its gray colour profile still fits.
    colour = with_alpha.convert("L" if image.mode in {"1", "L", "LA", "La"} else "RGB")
    return colour, with_alpha.getchannel("A")
