"""Pictures on disk: checking a place before a long run, and writing there without accidents."""

from __future__ import annotations

import json
import os
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from stylelab.errors import OutputError, SettingsError
from stylelab.pictures.atomic_files import atomic_write, temporary_path
from stylelab.pictures.encoding import encode_image, to_uint8
from stylelab.pictures.paths import fallback_paths, same_file
from stylelab.pictures.picture_files import is_url, open_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask
    from stylelab.pictures.picture_files import PictureFile

    class SupportsXmp(Protocol):
        """What has something to say about a picture in XMP, such as `rights.writing.RightsStatement`."""

        def xmp_packet(self) -> bytes:
            """The XMP packet, UTF-8."""


_SOFTWARE = "stylelab"
_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
# Where XMP lies in these two (XMP specification, part 3, sections 1.1.5 and 1.1.6).
_PNG_XMP = "XML:com.adobe.xmp"
_TIFF_XMP = 700
_INCH = 2  # EXIF's number for this unit
_ENCODER_OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": 95, "subsampling": "4:4:4"},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_deflate"},
}


def save_image(
    path: str | os.PathLike[str],
    image: Picture,
    *,
    settings: Mapping[str, object] | None = None,
    rights: SupportsXmp | None = None,
    alpha: Mask | None = None,
    dots_per_inch: float | None = None,
    inputs: Iterable[str | os.PathLike[str]] = (),
    make_folders: bool = False,
) -> Path:
    """Write a picture, either completely or not at all.

    A file that stands at `path` is replaced at the very end, in one step; an interruption leaves it
    as it was. A symbolic link at `path` is itself replaced, not the file that it points to. PNG,
    WebP and TIFF keep every 8-bit value; JPEG is written with quality 95 and full resolution of
    colour.

    Args:
        path: Where to write; the suffix (.png, .jpg, .jpeg, .webp, .tif, .tiff) sets the format.
        image: A picture of shape (height, width, 3), RGB in [0, 1], rounded to 8 bits.
        settings: How the picture was made, stored in the file as JSON; `read_settings` reads it.
            What JSON cannot hold is stored as text.
        rights: What the picture says about whose it is and how it came about, stored as XMP:
            `make_rights_statement` makes it, `read_rights` and other programs read it.
        alpha: Shape (height, width), from 0, transparent, to 1. JPEG has no transparency: a warning
            says so, and the picture is written without it.
        dots_per_inch: Pixels to an inch of paper, stored in the file; None stores none.
        inputs: Files that must not be overwritten.
        make_folders: Whether to make missing folders.

    Returns:
        The path.

    Raises:
        OutputError: The picture cannot be written there.
        PictureError: `image` is not a picture.
        SettingsError: `settings` cannot be written as JSON.
    """
    target = validate_output_path(path, inputs=inputs, make_folders=make_folders)
    text = None if settings is None else _to_json(settings)
    xmp = None if rights is None else rights.xmp_packet()
    kind = _FORMATS[target.suffix.lower()]
    pixels = to_uint8(image)
    if alpha is not None and kind == "JPEG":
        warnings.warn(
            f"{target.name} is written without the transparency, which JPEG has no place for. "
            ".png, .tif and .webp keep it.",
            stacklevel=2,
        )
    elif alpha is not None:
        pixels = np.dstack([pixels, np.rint(alpha * np.float32(255)).astype(np.uint8)])
    try:
        encoded = _encode_image(pixels, kind, text, xmp, dots_per_inch)
        with atomic_write(target) as file:
            file.write(encoded)
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise OutputError(
            "Expected to write a picture. "
            f"Received: {str(target)!r}, where writing failed ({reason}). "
            "Check the free space, or choose another place or PNG as the format."
        ) from error
    return target


def read_settings(file: PictureFile) -> dict[str, object] | None:
    """The settings that `save_image` stored in a picture.

    Args:
        file: The path of a picture, or the bytes of its file.

    Returns:
        The settings as JSON gives them back (tuples as lists), or None if the file holds none.

    Raises:
        PictureError: `file` is not a picture file.
    """
    with open_picture(file) as image:
        text = image.info.get(_SOFTWARE) if image.format == "PNG" else _read_exif_settings(image)
    try:
        settings = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return settings if isinstance(settings, dict) else None


def validate_output_path(
    path: str | os.PathLike[str],
    *,
    inputs: Iterable[str | os.PathLike[str]] = (),
    make_folders: bool = False,
) -> Path:
    """Find out before a long run whether its picture can be written.

    Whether the folder can be written to is really tried; nothing stays behind, except folders that
    `make_folders` asks for.

    Args:
        path: Where the picture shall be written.
        inputs: Files that must not be overwritten, under whatever name they are reached.
        make_folders: Whether to make missing folders.

    Returns:
        The path.

    Raises:
        OutputError: The suffix is unknown, the folder is missing or not writable, or `path` is a
            folder, protected, or one of the inputs.
    """
    try:
        _validate_not_url(str(path))
        target = Path(path).expanduser()
        _validate_suffix(target)
        _validate_target(target)
        _validate_not_an_input(target, inputs)
        if make_folders:
            target.parent.mkdir(parents=True, exist_ok=True)
        validate_folder(target.parent, "Make it first, or pass make_folders=True.")
    except OutputError:
        raise
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise OutputError(
            f"Expected a path where a picture can be written. Received: {str(path)!r}, which cannot "
            f"be used ({error}). Choose another place."
        ) from error
    return target


def _validate_not_url(path: str) -> None:
    if is_url(path):
        raise OutputError(
            f"Expected a path on this computer. Received: {path!r}, which is an address. Name a file, "
            "and upload it afterwards."
        )


def _validate_suffix(target: Path) -> None:
    if target.suffix.lower() not in _FORMATS:
        raise OutputError(
            f"Expected a file name that ends in {', '.join(_FORMATS)}. "
            f"Received: {str(target)!r}. Add one of these endings; .png keeps every value."
        )


def _validate_target(target: Path) -> None:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISREG(mode) and os.access(target, os.W_OK):
        return
    if stat.S_ISREG(mode):
        kind = "a write-protected file"
    else:
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
    raise OutputError(
        "Expected the path of a new picture, or of one that may be replaced. "
        f"Received: {str(target)!r}, which is {kind}. Choose another name."
    )


def _validate_not_an_input(target: Path, inputs: Iterable[str | os.PathLike[str]]) -> None:
    # A lone string is a likely slip, and as letters it would protect nothing.
    paths = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
    for other_path in paths:
        if same_file(target, other_path):
            raise OutputError(
                "Expected a path other than those of the input pictures. "
                f"Received: {str(target)!r}, which is the input {str(other_path)!r}. "
                "Choose another name, so that your original is kept."
            )


def validate_distinct_paths(
    outputs: Mapping[str, str | os.PathLike[str]], read: Mapping[str, str | os.PathLike[str]]
) -> None:
    """Make sure, before long work, that no file to be written is one that is read, or written too.

    Args:
        outputs: files by what they are for, such as "the checkpoint".
        read: the same of those that must stay as they are.

    Raises:
        OutputError: two are the same file, under whatever names.
    """
    taken = dict(read)
    for purpose, path in outputs.items():
        for other, other_path in taken.items():
            if same_file(path, other_path):
                raise OutputError(
                    f"Expected {purpose} to be a file of its own. Received: {os.fspath(path)!r}, "
                    f"which is also {other}. Choose another name, so that neither is lost."
                )
        taken[purpose] = path


def save_to_fallback_path(path: str | os.PathLike[str], save: Callable[[Path], Path]) -> Path:
    """Save a picture, after long work, where it can be saved, as it cannot be at `path`.

    Args:
        path: where writing has failed.
        save: writes the picture to the path that it is given, and returns it.

    Raises:
        OutputError: there is no such place; it tells of each what failed.
    """
    failed = []
    for place in fallback_paths(Path(path).expanduser()):
        try:
            return save(place)
        except OutputError as error:
            failed.append(f"{place}: {error.__cause__ or error}")
    raise OutputError(
        "Expected one place at least where the picture can be written. Received: none of them can "
        f"be ({'; '.join(failed)}). Free some space and paint it again."
    )


def validate_folder(folder: Path, advice: str = "Make it first.") -> None:
    """Make sure that files can be written into a folder, by writing one and taking it away.

    Args:
        folder: where.
        advice: what to do if it is missing.

    Raises:
        OutputError: it is missing, not a folder, or cannot be written.
    """
    if not folder.is_dir():
        kind = "not a folder" if folder.exists() else "missing"
        raise OutputError(
            "Expected a path in a folder that exists. "
            f"Received: the folder {str(folder)!r}, which is {kind}. {advice}"
        )
    try:
        with temporary_path(folder) as trial:
            trial.write_bytes(b"stylelab")
    except OSError as error:
        raise OutputError(
            "Expected a folder that can be written to. "
            f"Received: {str(folder)!r}, where writing failed ({error}). "
            "Choose another folder, or check its permissions and the free space."
        ) from error


def _encode_image(
    pixels: NDArray[np.uint8],
    image_format: str,
    settings: str | None,
    xmp: bytes | None,
    dots_per_inch: float | None,
) -> bytes:
    dots = {} if dots_per_inch is None else {"dpi": (dots_per_inch, dots_per_inch)}
    if image_format == "PNG":
        metadata: dict[str, Any] = {"pnginfo": _make_png_text(settings, xmp), **dots}
    else:
        exif = _make_exif(settings)
        metadata = {"exif": exif, **dots}
        if dots_per_inch is not None and image_format == "WEBP":  # it has no other place for it
            exif[ExifTags.Base.XResolution] = exif[ExifTags.Base.YResolution] = dots_per_inch
            exif[ExifTags.Base.ResolutionUnit] = _INCH
        if xmp is not None and image_format == "TIFF":
            exif[_TIFF_XMP] = xmp
        elif xmp is not None:
            metadata["xmp"] = xmp
    options = _ENCODER_OPTIONS[image_format] | metadata
    return encode_image(Image.fromarray(pixels), image_format, **options)


def _make_png_text(settings: str | None, xmp: bytes | None) -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("Software", _SOFTWARE)
    if settings is not None:
        text.add_itxt(_SOFTWARE, settings)
    if xmp is not None:
        text.add_itxt(_PNG_XMP, xmp.decode())
    return text


def _make_exif(settings: str | None) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = _SOFTWARE
    if settings is not None:
        exif[ExifTags.Base.ImageDescription] = settings
    return exif


def _read_exif_settings(image: Image.Image) -> object:
    try:
        exif = image.getexif()
        ours = exif.get(ExifTags.Base.Software) == _SOFTWARE
        return exif.get(ExifTags.Base.ImageDescription) if ours else None
    except Exception:  # noqa: BLE001 - a damaged EXIF block holds no settings
        return None


def _to_json(settings: Mapping[str, object]) -> str:
    try:
        # ASCII, because EXIF has no other text; JSON escapes the rest without loss.
        return json.dumps(dict(settings), ensure_ascii=True, default=_to_json_value)
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError(
            "Expected settings that JSON can hold: names with numbers, texts or lists. "
            f"Received: settings with {error}. Leave out or simplify that entry."
        ) from error


def _to_json_value(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)
