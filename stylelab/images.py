"""Pictures as arrays: from a file, a Pillow image or an array to one single form.

A picture is a NumPy array of shape (height, width, 3) and type float32. Its last axis is red,
green, blue; every value lies in [0, 1], from no light to full light; it is C-contiguous. Every
other module takes and gives pictures in this form. `stylelab.saving` writes them.
"""

from __future__ import annotations

import math
import os
import re
import stat
import threading
import warnings
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from stylelab.errors import PictureError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

Picture: TypeAlias = NDArray[np.float32]
PictureFile: TypeAlias = str | os.PathLike[str] | bytes  # where a file is, or what is in it
PictureSource: TypeAlias = PictureFile | Image.Image | NDArray[Any]

MIN_SIDE = 16  # px: the fifth block of VGG19 sees a sixteenth of each side
MAX_PIXELS = 100_000_000

# A fixed list, because some of Pillow's readers start other programs (PostScript) or accept almost
# any bytes (TGA). HEIF is read where the reader has registered a plugin for it.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "JPEG2000", "PPM", "HEIF")
_READABLE = "PNG, JPEG, WebP, TIFF, GIF, BMP, AVIF, JPEG 2000 or PPM"

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/|data:", re.IGNORECASE)  # one letter is a drive
_LONGEST = 300  # letters of a path or a reason in a message; a data: address has thousands

# Arithmetic in float32 leaves the range by a few units in the last place.
_TOLERANCE = 1e-6

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Colour space of a profile → the mode it applies to, and the modes that convert to it without loss.
_PROFILED_MODES = {
    "RGB": ("RGB", {"1", "L", "P", "RGB", "RGBX", "YCbCr"}),
    "GRAY": ("L", {"1", "L"}),
    "CMYK": ("CMYK", {"CMYK"}),
}

# `warnings.catch_warnings` changes the whole process; two threads must not interleave in it.
_hushing = threading.RLock()


def load_image(
    source: PictureSource,
    *,
    size: int | None = None,
    background: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Picture:
    """A picture from a file, a Pillow image or an array, as a person would see it.

    Files and Pillow images are turned upright (EXIF orientation) and converted to sRGB (embedded
    colour profile, CMYK, Lab, palettes, gray). Of an animation comes the first frame; of a Pillow
    image, the frame that it stands on.

    Arrays are taken as sRGB, of shape (height, width), (height, width, 1), (height, width, 3) or,
    with transparency, (height, width, 4), and hold uint8 (0–255), uint16 (0–65535), bool, or
    floats in [0, 1]. OpenCV orders channels blue-green-red: give `image[..., ::-1]`.

    Args:
        source: A path, the bytes of a file, a Pillow image or an array. It is not modified.
        size: Length of the longer side of the result in pixels, at least 16. The picture is scaled
            down or up to it, antialiased, its proportions kept. None keeps the size.
        background: What shines through transparent pixels: red, green, blue in [0, 1].

    Returns:
        An array of shape (height, width, 3), float32, RGB in [0, 1], which shares no memory with
        the source.

    Raises:
        PictureError: The source is not a usable picture: unreadable, of a wrong type or shape,
            outside its range, smaller than 16 px on a side (also after scaling), or larger than
            100 megapixels.
        SettingsError: `size` or `background` is out of its range.
    """
    if size is not None:
        _check_length("size", size, at_least=MIN_SIDE)
    _check_shares("background", background, "red, green, blue")
    if isinstance(source, np.ndarray):
        samples = source
    elif isinstance(source, Image.Image):
        name = "a Pillow image"
        with _pillow_errors(name):
            samples = _decode(source, name)
    elif isinstance(source, str | os.PathLike | bytes):
        with open_picture(source) as image:
            samples = _decode(image, _name_of(source))
    else:
        raise PictureError(
            "Expected a path, the bytes of a file, a Pillow image or a NumPy array. "
            f"Received: an object of type {type(source).__name__}. "
            "Convert it first; for a tensor, `tensor.numpy()` gives an array."
        )
    return _compose(_check_samples(samples), size, background)


def resize(image: Picture, size: int) -> Picture:
    """Scale a picture so that its longer side measures `size` pixels, proportions kept.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        size: The longer side in pixels, at least 16.

    Returns:
        A new picture, antialiased; the same values if the size is the same.

    Raises:
        PictureError: `image` is not a picture, or its shorter side would fall below 16 px.
        SettingsError: `size` is out of its range.
    """
    _check_length("size", size, at_least=MIN_SIDE)
    picture = check_picture(image)
    height, width = picture.shape[:2]
    return _scale(picture, *_fit(height, width, size))


def resize_to(image: Picture, height: int, width: int) -> Picture:
    """Scale a picture to exactly `height` × `width` pixels; proportions may change.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels.
        width: Width of the result in pixels.

    Returns:
        A new picture, antialiased; the same values if the size is the same.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: `height` or `width` is not a positive integer, or both together are too many
            pixels.
    """
    _check_shape(height, width)
    return _scale(check_picture(image), height, width)


def crop(
    image: Picture, height: int, width: int, *, anchor: tuple[float, float] = (0.5, 0.5)
) -> Picture:
    """Cut `height` × `width` pixels out of a picture.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels, at most that of the picture.
        width: Width of the result in pixels, at most that of the picture.
        anchor: Where to cut, downwards and to the right: (0, 0) is the top left corner, (0.5, 0.5)
            the centre, (1, 1) the bottom right corner.

    Returns:
        A new picture of that size; its values are those of the original.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: The size is larger than the picture, or `anchor` is outside [0, 1].
    """
    _check_shape(height, width)
    _check_shares("anchor", anchor, "down, right")
    picture = check_picture(image)
    spare_height, spare_width = picture.shape[0] - height, picture.shape[1] - width
    if spare_height < 0 or spare_width < 0:
        raise SettingsError(
            f"Expected a crop of at most {picture.shape[0]} × {picture.shape[1]} px "
            f"(height × width). Received: {height} × {width}. "
            "Ask for less, or let `cover` scale the picture first."
        )
    top, left = math.floor(anchor[0] * spare_height), math.floor(anchor[1] * spare_width)
    return picture[top : top + height, left : left + width].copy()


def cover(image: Picture, height: int, width: int) -> Picture:
    """Fill `height` × `width` pixels with a picture: scale it, proportions kept, and cut the rest.

    Args:
        image: A picture of shape (height, width, 3), RGB in [0, 1].
        height: Height of the result in pixels.
        width: Width of the result in pixels.

    Returns:
        A new picture of that size. What stands out on two opposite sides is cut off equally.

    Raises:
        PictureError: `image` is not a picture.
        SettingsError: `height` or `width` is not a positive integer, or the scaled picture would
            have too many pixels.
    """
    _check_shape(height, width)
    picture = check_picture(image)
    scale = max(height / picture.shape[0], width / picture.shape[1])
    scaled_height = max(height, round(picture.shape[0] * scale))
    scaled_width = max(width, round(picture.shape[1] * scale))
    _check_shape(scaled_height, scaled_width)
    return crop(_scale(picture, scaled_height, scaled_width), height, width)


def check_picture(image: NDArray[Any]) -> Picture:
    """A copy of `image`, once it is certain that it is a picture.

    Args:
        image: A float array of shape (height, width, 3), RGB in [0, 1].

    Returns:
        The same values as a new C-contiguous float32 array; what leaves [0, 1] by rounding alone
        (at most 1e-6) is clipped.

    Raises:
        PictureError: It is not such an array.
    """
    if (
        not isinstance(image, np.ndarray)
        or image.dtype.kind != "f"
        or image.ndim != 3  # noqa: PLR2004 - height, width, channels
        or image.shape[2] != 3  # noqa: PLR2004 - red, green, blue
        or image.size == 0
    ):
        raise PictureError(
            "Expected a picture: a float array of shape (height, width, 3) in [0, 1]. "
            f"Received: {_describe(image)}. Let `load_image` convert it."
        )
    _check_range(image)
    picture = image.astype(np.float32, order="C")
    return np.clip(picture, 0, 1, out=picture)


@contextmanager
def open_picture(file: PictureFile) -> Iterator[Image.Image]:
    """A picture file opened with Pillow, its pixels not yet decoded.

    Within the block Pillow's warnings are silent, and whatever it raises becomes a `PictureError`.

    Args:
        file: Its path, or its bytes. Only a fixed list of formats is read.
    """
    name = _name_of(file)
    opened = BytesIO(file) if isinstance(file, bytes) else find_file(file)
    with _pillow_errors(name):
        Image.init()
        formats = [known for known in _FORMATS if known in Image.OPEN]
        with Image.open(opened, formats=formats) as image:
            yield image


def find_file(path: str | os.PathLike[str]) -> str:
    """The path of an existing file; a `~` at its start stands for the home folder.

    Raises:
        PictureError: There is no such file, or it is an address, a folder or a device.
    """
    name = repr(str(path))
    try:
        found = os.fspath(path)
        if not os.path.lexists(found):  # a file may really be named ~ or http:
            _refuse_address(str(found))
            found = os.path.expanduser(found)  # noqa: PTH111 - keeps the path as it was written
        mode = os.stat(found).st_mode  # noqa: PTH116 - Path() itself fails on odd path objects
    except PictureError:
        raise
    except FileNotFoundError:
        raise PictureError(
            f"Expected the path of a picture. Received: {name}, where there is no file. "
            f"Check the spelling; relative paths start from {os.getcwd()!r}."  # noqa: PTH109 - text
        ) from None
    except (OSError, ValueError, TypeError) as error:
        raise PictureError(
            f"Expected the path of a picture. Received: {_shortened(name)}, which cannot be reached "
            f"({_shortened(str(error))}). Check the spelling and the permissions."
        ) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise PictureError(
            f"Expected the path of a picture. Received: {name}, which is {kind}. "
            "Name the file itself."
        )
    return found


def _refuse_address(path: str) -> None:
    if _ADDRESS.match(path):
        raise PictureError(
            f"Expected the path of a picture on this computer. Received: {_shortened(repr(path))}, "
            "which is an address. Download the picture first, and give the path of that file."
        )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _name_of(file: PictureFile) -> str:
    return f"a file of {len(file):,} bytes" if isinstance(file, bytes) else repr(str(file))


@contextmanager
def _pillow_errors(name: str) -> Iterator[None]:
    """Say what Pillow found wrong in the words of a `PictureError`; silence its warnings."""
    try:
        with _hushing, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(f"{name}: {error}") from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"Expected a picture as {_READABLE}. Received: {name}, which is none of these, "
            "whatever its name says. Export it as PNG or JPEG from a program that can show it."
        ) from error
    except Exception as error:  # damaged files make Pillow raise almost anything
        reason = str(error) or type(error).__name__
        raise PictureError(
            f"Expected an intact picture. Received: {name}, which cannot be read ({reason}). "
            "Fetch it again, or export it as PNG or JPEG from a program that can show it."
        ) from error


def _decode(image: Image.Image, name: str) -> NDArray[Any]:
    """The samples of a Pillow image: upright, sRGB or gray, perhaps with transparency."""
    _check_sides(image.height, image.width, name)
    transparent = _transparent_value(image)
    image.load()
    white_is_zero = _is_white_zero(image)
    upright = _turn_upright(image)
    if transparent is not None:
        # Pillow writes into the image that it makes transparent; that may be the caller's.
        upright = upright.copy()
        upright.info["transparency"] = transparent
    if upright.mode.startswith("I"):
        return _gray_16_bit(upright, inverted=white_is_zero)
    if upright.mode == "F":
        samples = np.asarray(upright)
        return 1 - samples if white_is_zero else samples
    if not upright.has_transparency_data:
        return np.asarray(_to_srgb(upright))
    colour, alpha = _split_transparency(upright)
    return np.dstack([np.asarray(_to_srgb(colour)), np.asarray(alpha)])


def _transparent_value(image: Image.Image) -> Any:
    """What makes a pixel transparent, in the range of the pixels that Pillow gives.

    PNG states the transparent colour with the bits of the file. Pillow widens or narrows the pixels
    to 8 bits, but not this colour; only before the pixels are decoded is the depth still known.
    """
    value = image.info.get("transparency")
    tiles = getattr(image, "tile", None)
    depth = tiles[0][3] if tiles else None
    if depth == "L;2" and isinstance(value, int):
        return value * 85
    if depth == "L;4" and isinstance(value, int):
        return value * 17
    if depth == "RGB;16B" and isinstance(value, tuple):
        return tuple(channel >> 8 for channel in value)
    return value


def _is_white_zero(image: Image.Image) -> bool:
    # Pillow inverts such TIFF files with 8 bits or fewer, but none with more.
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(ExifTags.Base.PhotometricInterpretation) == 0)


def _turn_upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - a damaged EXIF block leaves the picture as it lies
        return image
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


def _split_transparency(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Opaque colours and the opacity of an image with any kind of transparency."""
    # "La" holds premultiplied gray, which Pillow only converts to "LA".
    straight = image.convert("LA") if image.mode == "La" else image
    with_alpha = straight.convert("RGBA")
    # A gray image stays gray, so that its gray colour profile still fits.
    colour = with_alpha.convert("L" if image.mode in {"1", "L", "LA", "La"} else "RGB")
    return colour, with_alpha.getchannel("A")


def _gray_16_bit(image: Image.Image, *, inverted: bool) -> NDArray[Any]:
    # Pillow's own conversion to RGB clips at 255 instead of scaling.
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:  # noqa: PLR2004 - the range of 16 bits
        raise PictureError(
            "Expected gray values from 0 to 65535. "
            f"Received: values from {values.min()} to {values.max()}. "
            "Scale them to 16 bits, or to floats in [0, 1]."
        )
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    ramp.info["icc_profile"] = image.info.get("icc_profile")
    # Colour management works with 8 bits; between its 256 results the curve is straight.
    curve = np.asarray(_to_srgb(ramp))[0] * np.uint16(257)
    every, known = np.arange(65536), np.arange(256) * 257
    table = np.stack([np.interp(every, known, curve[:, channel]) for channel in range(3)], axis=-1)
    levels = np.rint(table[::-1] if inverted else table).astype(np.uint16)
    colour: NDArray[np.uint16] = levels[values]
    transparent = image.info.get("transparency")
    if transparent is None:
        return colour
    return np.dstack([colour, np.where(values == transparent, 0, 65535).astype(np.uint16)])


def _to_srgb(image: Image.Image) -> Image.Image:
    """The image in mode RGB, its embedded colour profile applied."""
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
        mode, sources = _PROFILED_MODES[profile.profile.xcolor_space.strip()]
        if image.mode in sources:
            # The short cut for gray samples steep curves so coarsely that shadows change visibly.
            flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
            converted = ImageCms.profileToProfile(
                image.convert(mode),
                profile,
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
                flags=flags,
            )
            if converted is not None:
                return converted
    except Exception:  # noqa: BLE001, S110 - without a usable profile, colours are taken as sRGB
        pass
    return image.convert("RGB")


def _check_samples(samples: NDArray[Any]) -> NDArray[Any]:
    """The array with shape (height, width, 1, 3 or 4), once its type, shape and range are right."""
    shaped = samples[..., np.newaxis] if samples.ndim == 2 else samples  # noqa: PLR2004 - gray
    if shaped.ndim != 3 or shaped.shape[2] not in {1, 3, 4}:  # noqa: PLR2004 - axes and channels
        raise PictureError(
            "Expected an array of shape (height, width), (height, width, 1), (height, width, 3) or "
            f"(height, width, 4). Received: {_describe(samples)}. Take one picture out of a batch "
            "with `batch[0]`; move channels to the end with `np.moveaxis(array, 0, -1)`."
        )
    _check_sides(shaped.shape[0], shaped.shape[1], "an array")
    kind = shaped.dtype.kind
    if kind == "f":
        _check_range(shaped)
    elif kind != "b" and not (kind == "u" and shaped.dtype.itemsize <= 2):  # noqa: PLR2004 - bytes
        raise PictureError(
            "Expected an array of uint8, uint16, bool or floats in [0, 1]. "
            f"Received: {_describe(samples)}. For whole numbers from 0 to 255, "
            "use `array.astype(np.uint8)`."
        )
    return shaped


def _compose(
    samples: NDArray[Any], size: int | None, background: tuple[float, float, float]
) -> Picture:
    """Composite on the background and scale, one channel at a time to spare memory."""
    height, width, channels = samples.shape
    new_height, new_width = (height, width) if size is None else _fit(height, width, size)
    picture = np.empty((new_height, new_width, 3), dtype=np.float32)
    opacity = _to_unit(samples[..., 3]) if channels == 4 else None  # noqa: PLR2004 - RGBA
    for channel in range(3):
        plane = _to_unit(samples[..., min(channel, channels - 1)])
        if opacity is not None:
            # Before scaling: the colour of an invisible pixel must not bleed into its neighbours.
            plane = plane * opacity + np.float32(background[channel]) * (1 - opacity)
        picture[..., channel] = _scale_plane(plane, new_height, new_width)
    return picture


def _to_unit(plane: NDArray[Any]) -> Picture:
    values = plane.astype(np.float32, order="C")
    if plane.dtype.kind == "u":
        values /= np.float32(np.iinfo(plane.dtype).max)
    return np.clip(values, 0, 1, out=values)


def _scale(picture: Picture, height: int, width: int) -> Picture:
    if picture.shape[:2] == (height, width):
        return picture
    planes = [_scale_plane(picture[..., channel], height, width) for channel in range(3)]
    return np.stack(planes, axis=-1)


def _scale_plane(plane: Picture, height: int, width: int) -> Picture:
    if plane.shape == (height, width):
        return plane
    # Pillow computes with floats in mode F alone, and filters over all source pixels when it
    # scales down. The filter's negative lobes overshoot at edges.
    image = Image.fromarray(np.ascontiguousarray(plane))
    scaled = image.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(scaled, dtype=np.float32).clip(0, 1)


def _fit(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width, scaled so that the longer one is `size`; the other is rounded."""
    longer = max(height, width)
    new_height, new_width = (
        max(1, (2 * side * size + longer) // (2 * longer)) for side in (height, width)
    )
    if min(new_height, new_width) < MIN_SIDE:
        raise PictureError(
            f"Expected a picture that keeps {MIN_SIDE} px on each side when its longer side is "
            f"{size} px. Received: {height} × {width} px (height × width), which would become "
            f"{new_height} × {new_width}. Ask for a larger size, or crop the picture first."
        )
    _check_shape(new_height, new_width)
    return new_height, new_width


def _check_sides(height: int, width: int, name: str) -> None:
    received = f"{name} of {height} × {width} px (height × width)"
    if min(height, width) < MIN_SIDE:
        raise PictureError(
            f"Expected a picture of at least {MIN_SIDE} px on each side. Received: {received}. "
            "Choose a larger picture."
        )
    if height * width > MAX_PIXELS:
        raise _too_large(received)


def _too_large(received: str) -> PictureError:
    return PictureError(
        f"Expected a picture of at most {MAX_PIXELS // 1_000_000} megapixels. "
        f"Received: {received}. Scale it down in an image editor first."
    )


def _check_range(values: NDArray[Any]) -> None:
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


def _check_shape(height: int, width: int) -> None:
    _check_length("height", height)
    _check_length("width", width)
    if height * width > MAX_PIXELS:
        raise SettingsError(
            f"Expected a result of at most {MAX_PIXELS // 1_000_000} megapixels. "
            f"Received: {height} × {width} px (height × width). Ask for a smaller size."
        )


def _check_length(name: str, pixels: object, *, at_least: int = 1) -> None:
    if (
        isinstance(pixels, bool)
        or not isinstance(pixels, int | np.integer)
        or not at_least <= pixels <= MAX_PIXELS
    ):
        raise SettingsError(
            f"Expected {name} as a whole number of pixels, at least {at_least}. "
            f"Received: {pixels!r}. A size such as 512 is a good start."
        )


def _check_shares(name: str, values: tuple[float, ...], parts: str) -> None:
    try:
        usable = len(values) == len(parts.split()) and all(0 <= value <= 1 for value in values)
    except (TypeError, ValueError):
        usable = False
    if not usable:
        raise SettingsError(
            f"Expected {name} as ({parts}), each in [0, 1]. Received: {values!r}. "
            "They are shares: 0 for none, 1 for all."
        )


def _describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    return f"an object of type {type(value).__name__}"
