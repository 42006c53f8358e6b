"""Saving pictures: validation of output paths, and atomic writing with metadata."""

from __future__ import annotations

import json
import os
import stat
import warnings
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from stylelab.errors import OutputError, SettingsError
from stylelab.pictures.atomic_files import atomic_write, temporary_path
from stylelab.pictures.encoding import ENCODER_OPTIONS, encode_image, to_uint8
from stylelab.pictures.file_access import is_url
from stylelab.pictures.paths import expand_home, fallback_paths, same_file
from stylelab.pictures.picture_files import open_picture
from stylelab.pictures.tiff_files import INCH, XMP_TAG
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from stylelab.pictures.file_access import PictureFile
    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask

    class SupportsXmp(Protocol):
        """Object with an XMP packet, such as `stylelab.rights.writing.RightsStatement`."""

        def xmp_packet(self) -> bytes:
            """The XMP packet, UTF-8."""


_SOFTWARE = "stylelab"
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
"""Format of a file that is written, by its suffix."""

_PNG_XMP = "XML:com.adobe.xmp"  # XMP specification, part 3, section 1.1.5


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
    """Save a picture atomically, completely or not at all, and return its path.

    An existing file at `path` is replaced at the very end, in one step; an interruption leaves it
    unchanged. A symbolic link at `path` is itself replaced, not the file that it points to. PNG, WebP
    and TIFF keep every 8-bit value; JPEG is written with quality 95 without chroma subsampling.

    Args:
        path: Output path; the suffix (.png, .jpg, .jpeg, .webp, .tif, .tiff) sets the format.
        image: A picture of shape (height, width, 3), RGB in [0, 1], rounded to 8 bits.
        settings: How the picture was made, stored in the file as JSON; `read_settings` reads it.
            Values that JSON cannot hold are stored as text.
        rights: Author, licence and origin of the picture, stored as XMP: `make_rights_statement`
            makes it, `read_rights` and other programs read it.
        alpha: Shape (height, width), from 0, transparent, to 1. JPEG has no transparency: the picture
            is written without it, with a warning.
        dots_per_inch: Pixels per inch on paper, stored in the file; None stores none.
        inputs: Files that must not be overwritten.
        make_folders: Whether to make missing folders.

    Raises:
        OutputError: The picture cannot be written there.
        PictureError: `image` is not a picture.
        SettingsError: `settings` cannot be written as JSON.

    ```python
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = sl.save_image(f"{folder}/cat.png", photo, settings={"size": 64})
        assert sl.read_settings(path) == {"size": 64}
    ```
    """
    target = validate_output_path(path, inputs=inputs, make_folders=make_folders)
    text = None if settings is None else _to_json(settings)
    xmp = None if rights is None else rights.xmp_packet()
    kind = FORMATS[target.suffix.lower()]
    pixels = to_uint8(image)
    if alpha is not None and kind == "JPEG":
        warnings.warn(
            f"{target.name} is written without the transparency, which JPEG cannot store. "
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
            "Check the free space, or choose another folder or PNG as the format."
        ) from error
    return target


def read_settings(file: PictureFile) -> dict[str, object] | None:
    """Settings that `save_image` stored in a picture.

    Args:
        file: The path of a picture, or the bytes of its file.

    Returns:
        The settings as JSON returns them (tuples as lists), or None if the file has none.

    Raises:
        PictureError: `file` is not a picture file.

    ```python
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = sl.save_image(f"{folder}/cat.png", photo)
        assert sl.read_settings(path) is None
    ```
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
    suffixes: Collection[str] = tuple(FORMATS),
) -> Path:
    """The output path of a picture or film, validated before a long run.

    A trial file is written and deleted, to be sure that the folder is writable; nothing is left except
    folders made for `make_folders`.

    Args:
        path: Where the picture will be written.
        inputs: Files that must not be overwritten, under any of their names.
        make_folders: Whether to make missing folders.
        suffixes: How its name may end.

    Raises:
        OutputError: The suffix is unknown, the folder is missing or not writable, or `path` is a
            folder, protected, or one of the inputs.
    """
    if not isinstance(path, str | os.PathLike):
        raise OutputError(
            f"Expected a path where a picture can be written. Received: {describe_received(path)}. "
            "Give the path first, then the picture."
        )
    try:
        _validate_not_url(str(path))
        target = expand_home(path)
        _validate_suffix(target, suffixes)
        _validate_target(target)
        _validate_not_an_input(target, inputs)
        if make_folders:
            target.parent.mkdir(parents=True, exist_ok=True)
        validate_folder(target.parent, "Make it first, or pass make_folders=True.")
    except OutputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise OutputError(
            f"Expected a path where a picture can be written. Received: {str(path)!r}, which cannot "
            f"be used ({error}). Choose another path."
        ) from error
    return target


def _validate_not_url(path: str) -> None:
    if is_url(path):
        raise OutputError(
            f"Expected a path on this computer. Received: {path!r}, which is a URL. Name a file, "
            "and upload it afterwards."
        )


def _validate_suffix(target: Path, suffixes: Collection[str]) -> None:
    if target.suffix.lower() not in suffixes:
        advice = "; .png keeps every value" if ".png" in suffixes else ""
        raise OutputError(
            f"Expected a file name that ends in {', '.join(suffixes)}. "
            f"Received: {str(target)!r}. Add one of these endings{advice}."
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
    # A single string is a likely slip; taken as an iterable of letters it would protect nothing.
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
    """Raise an `OutputError` if an output, under any of its names, is also an input or another output.

    Args:
        outputs: paths by their purpose, such as "the checkpoint".
        read: paths that must not change, by their purpose.
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
    """Save a picture to the first writable fallback path and return it, so that no work is lost.

    Args:
        path: where writing has failed.
        save: function that writes the picture to a path and returns it.

    Raises:
        OutputError: no fallback path is writable; the message names each and why.
    """
    failed = []
    for fallback in fallback_paths(expand_home(path)):
        try:
            return save(fallback)
        except OutputError as error:
            failed.append(f"{fallback}: {error.__cause__ or error}")
    raise OutputError(
        "Expected at least one path where the picture can be written. Received: none is writable "
        f"({'; '.join(failed)}). Free some space and paint it again."
    )


def make_folder(folder: Path, purpose: str, advice: str) -> None:
    """Make a folder, and those above it, if it is missing; an `OutputError` unless it is writable.

    Args:
        folder: where files will be written.
        purpose: what it is for, as in "a folder for …".
        advice: what to do if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(
            f"Expected a folder for {purpose}. Received: {str(folder)!r}, which cannot be made "
            f"({reason}). {advice}"
        ) from error
    validate_folder(folder)


def validate_folder(folder: Path, advice: str = "Make it first.") -> None:
    """Raise an `OutputError` unless a folder exists and is writable, found out by a trial file.

    Args:
        folder: where files will be written.
        advice: what to do if it is missing.
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
            "Expected a writable folder. "
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
        text = PngImagePlugin.PngInfo()
        text.add_itxt("Software", _SOFTWARE)
        if settings is not None:
            text.add_itxt(_SOFTWARE, settings)
        if xmp is not None:
            text.add_itxt(_PNG_XMP, xmp.decode())
        metadata: dict[str, Any] = {"pnginfo": text, **dots}
    else:
        exif = Image.Exif()
        exif[ExifTags.Base.Software] = _SOFTWARE
        if settings is not None:
            exif[ExifTags.Base.ImageDescription] = settings
        metadata = {"exif": exif, **dots}
        if dots_per_inch is not None and image_format == "WEBP":  # which stores it nowhere else
            exif[ExifTags.Base.XResolution] = exif[ExifTags.Base.YResolution] = dots_per_inch
            exif[ExifTags.Base.ResolutionUnit] = INCH
        if xmp is not None and image_format == "TIFF":
            exif[XMP_TAG] = xmp
        elif xmp is not None:
            metadata["xmp"] = xmp
    options = {**ENCODER_OPTIONS[image_format], **metadata}
    return encode_image(Image.fromarray(pixels), image_format, **options)


def _read_exif_settings(image: Image.Image) -> object:
    try:
        exif = image.getexif()
        ours = exif.get(ExifTags.Base.Software) == _SOFTWARE
        return exif.get(ExifTags.Base.ImageDescription) if ours else None
    except Exception:  # noqa: BLE001 - a damaged EXIF block holds no settings
        return None


def _to_json(settings: Mapping[str, object]) -> str:
    try:
        # ASCII, because EXIF has no other text; JSON escapes all other characters.
        return json.dumps(dict(settings), ensure_ascii=True, default=_to_json_value)
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError(
            "Expected settings that JSON can hold: names with numbers, text or lists. "
            f"Received: settings with {error}. Leave out or simplify that entry."
        ) from error


def _to_json_value(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)
