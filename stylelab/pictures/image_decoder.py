"""Decoding of Pillow images: colour profiles, transparency and 16-bit gray."""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ExifTags, Image, ImageCms

from stylelab.errors import PictureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Colour space of a profile → the mode it applies to, and the modes that convert to it without loss.
_PROFILED_MODES = {
    "RGB": ("RGB", {"1", "L", "P", "RGB", "RGBX", "YCbCr"}),
    "GRAY": ("L", {"1", "L"}),
    "CMYK": ("CMYK", {"CMYK"}),
}
# With 2 bits only every 85th level occurs, with 4 bits every 17th.
_LEVEL_STEPS = {"L;2": 85, "L;4": 17}


class ImageDecoder:
    """Decoder of parts of one image to samples.

    Args:
        image: what the parts are taken from.
        transparent: as `transparent_colour` returns it for the image.
    """

    def __init__(self, image: Image.Image, transparent: Any) -> None:
        self._image = image
        self._transparent = transparent
        # Pillow inverts TIFF files in which zero is white only with 8 bits or fewer.
        tags = getattr(image, "tag_v2", {})
        self._inverted = bool(tags.get(ExifTags.Base.PhotometricInterpretation) == 0)

    def decode(self, strip: Image.Image) -> NDArray[Any]:
        """Samples in sRGB or gray, as floats only in mode F; with transparency as a last channel."""
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
        """Colour of each gray level, of shape (65536, 3)."""
        ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
        # Colour management works with 8 bits; between its 256 results the curve is straight.
        curve = np.asarray(self._to_srgb(ramp))[0] * np.uint16(257)
        every, known = np.arange(65536), np.arange(256) * 257
        table = np.stack([np.interp(every, known, curve[:, n]) for n in range(3)], axis=-1)
        levels: NDArray[np.uint16] = np.rint(table).astype(np.uint16)
        return levels[::-1] if self._inverted else levels

    def _to_srgb(self, strip: Image.Image) -> Image.Image:
        """Apply the embedded colour profile and convert to mode RGB."""
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
            # Optimized, Little CMS samples steep curves of gray too coarsely: shadows change visibly.
            flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
            srgb = ImageCms.createProfile("sRGB")
            transform = ImageCms.buildTransform(profile, srgb, mode, "RGB", flags=flags)
        except Exception:  # noqa: BLE001 - without a usable profile, colours are taken as sRGB
            return "RGB", set(), None
        return mode, sources, transform


def _split_transparency(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Colours and opacity of an image with any kind of transparency."""
    # "La" holds premultiplied gray, which Pillow only converts to "LA".
    straight = image.convert("LA") if image.mode == "La" else image
    with_alpha = straight.convert("RGBA")
    # A gray image stays gray, so that its gray colour profile still fits.
    colour = with_alpha.convert("L" if image.mode in {"1", "L", "LA", "La"} else "RGB")
    return colour, with_alpha.getchannel("A")


def transparent_colour(image: Image.Image) -> Any:
    """Colour of transparent pixels, in the range of Pillow's pixels; None if there is none.

    PNG states it with the bit depth of the file. Pillow scales pixels to 8 bits, not this colour.
    """
    value = image.info.get("transparency")
    tiles = getattr(image, "tile", None)
    depth = tiles[0][3] if tiles else _infer_bit_depth(image, value)
    if depth in _LEVEL_STEPS and isinstance(value, int):
        return value * _LEVEL_STEPS[depth]
    if depth == "RGB;16B" and isinstance(value, tuple):
        return tuple(channel >> 8 for channel in value)
    return value


def _infer_bit_depth(image: Image.Image, value: Any) -> str:
    """Bit depth of a PNG file whose pixels are already decoded, when Pillow no longer states it."""
    if image.format != "PNG" or value is None:
        return ""
    if image.mode == "RGB" and isinstance(value, tuple) and max(value) > 255:  # noqa: PLR2004 - 8 bits
        return "RGB;16B"
    if image.mode == "L" and isinstance(value, int):
        levels = np.flatnonzero(image.histogram())
        for depth, step in _LEVEL_STEPS.items():
            if 0 < value <= 255 // step and not (levels % step).any():
                return depth
    return ""
