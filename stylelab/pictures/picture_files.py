"""Picture files: finding one, and opening it with Pillow, whatever is in it.

Which formats are read is fixed here. A camera's RAW file is developed if `rawpy` is installed, and HEIC
is read if `pillow-heif` is.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import stat
import tempfile
import threading
import warnings
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from PIL import ExifTags, Image, TiffImagePlugin, UnidentifiedImageError

from stylelab.errors import PictureError, StylelabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

PictureFile: TypeAlias = str | os.PathLike[str] | bytes  # where a file is, or what is in it

MAX_FILE_PIXELS = 250_000_000
"""Phones make up to 200 megapixels; Pillow keeps four bytes of each, together a gigabyte at most."""

# A fixed list, because some of Pillow's readers start other programs (PostScript) or accept almost
# any bytes (TGA).
_PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "JPEG2000", "PPM", "HEIF")
_FORMAT_NAMES = "PNG, JPEG, WebP, TIFF, GIF, BMP, AVIF, HEIC, JPEG 2000 or PPM"

_URL = re.compile(r"[a-z][a-z0-9+.-]+:/|data:", re.IGNORECASE)  # one letter is a drive
_MAX_TEXT_LENGTH = 300  # letters of a path or a reason in a message; a data: address has thousands

_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# What RAW files start with that are no TIFF files: Canon, Fujifilm, Olympus, Panasonic, Sigma, Minolta.
_RAW_SIGNATURES = re.compile(
    rb"....ftypcrx |II....HEAPCCDR|FUJIFILMCCD-RAW|IIR[OS]|MMOR|IIU\0|FOVb|\0MRM", re.DOTALL
)
# And further on in those that are: Canon's CR2, Phase One's IIQ.
_RAW_TIFF_SIGNATURES = re.compile(rb"II\*\0....(CR\x02|IIII)", re.DOTALL)
_RAW_SUFFIXES = tuple(
    f".{name}"
    for name in (
        *(
            "3fr",
            "arw",
            "cr2",
            "dcr",
            "dng",
            "erf",
            "fff",
            "iiq",
            "kdc",
            "mef",
            "mos",
            "nef",
            "nrw",
        ),
        *("pef", "sr2", "srf", "srw"),
    )
)
_LIBRAW_LINES = re.compile(
    rb"^.*: (?:Unexpected end of file|data corrupted at -?\d+)\n", re.MULTILINE
)
_HEIC_BRANDS = re.compile(rb"....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)

# Tags of TIFF (TIFF 6.0; TIFF/EP, ISO 12234-2; DNG 1.7).
_SUBFILE_TYPE, _SUB_IFDS, _SAMPLE_FORMAT, _DNG_VERSION = 254, 330, 339, 50706
_XMP = 700
_FLOAT_SAMPLES = 3  # among sample formats
_REDUCED_OR_MASK = 1 | 4  # a smaller version of another picture, or a mask of it
_PHOTOMETRIC_OF_RAW = {32803, 34892}  # a mosaic of colours, or what a camera saw
_MAX_PAGES = 64
TRANSPOSED_ORIENTATIONS = frozenset(
    {5, 6, 7, 8}
)  # orientations of EXIF in which rows are stored as columns
_TRANSPOSED_FLIPS = {5, 6}  # LibRaw's own numbers

# What belongs to the whole process is changed within: warnings, and Pillow's and libtiff's settings.
PROCESS_LOCK = threading.RLock()


@contextmanager
def open_picture(file: PictureFile) -> Iterator[Image.Image]:
    """A picture file opened with Pillow, its pixels not yet decoded.

    Of a TIFF file with several pages it stands on the first that is no smaller version of another.
    Within the block Pillow's warnings are silent, and whatever it raises becomes a `PictureError`.

    Args:
        file: Its path, or its bytes. Only a fixed list of formats is read.

    Raises:
        PictureError: It cannot be read, or has more than 250 megapixels.
    """
    name = describe_file(file)
    opened = BytesIO(file) if isinstance(file, bytes) else find_file(file)
    with translate_pillow_errors(name), _explain_unknown_format(file, name):
        Image.init()
        _register_heif()
        formats = [known for known in _PILLOW_FORMATS if known in Image.OPEN]
        with Image.open(opened, formats=formats) as image:
            if image.format == "TIFF":
                image.seek(_full_pages(tiff_pages(file))[0])
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
            _validate_not_url(str(found))
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
            f"Expected the path of a picture. Received: {_shorten(name)}, which cannot be reached "
            f"({_shorten(str(error))}). Check the spelling and the permissions."
        ) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise PictureError(
            f"Expected the path of a picture. Received: {name}, which is {kind}. "
            "Name the file itself."
        )
    return found


def file_warnings(source: object) -> tuple[str, ...]:
    """What a reader may not expect about how a picture file is read; pixels are not decoded.

    Args:
        source: Its path, or its bytes. There is nothing to say of anything else.

    Raises:
        PictureError: It cannot be read.
    """
    if not isinstance(source, str | os.PathLike | bytes) or is_raw(source):
        return ()
    file, name = source, describe_file(source)
    if float_tiff_shape(file):
        return ()
    with open_picture(file) as image:
        multiple, file_format = getattr(image, "is_animated", False), image.format
        if file_format == "TIFF" and len(_full_pages(tiff_pages(file))) > 1:
            return (f"{name} has several pages, of which the first is read.",)
        if file_format == "HEIF" and multiple:
            return (f"{name} holds several pictures, of which the main one is read.",)
        if file_format in {"GIF", "WEBP", "PNG", "AVIF"} and multiple:
            return (f"{name} is an animation, of which the first frame is read.",)
    return ()


def is_raw(file: PictureFile) -> bool:
    """Whether a file holds what a camera's sensor saw, by its content.

    Most such files are TIFF files whose first picture is a thumbnail.
    """
    start = _read_signature(file)
    if _RAW_SIGNATURES.match(start) or _RAW_TIFF_SIGNATURES.match(start):
        return True
    if not (pages := tiff_pages(file)):
        return False
    first = pages[0]
    suffix = "" if isinstance(file, bytes) else Path(find_file(file)).suffix.lower()
    small = all(_is_reduced(page) for page in pages)
    return (
        _DNG_VERSION in first
        or first.get(ExifTags.Base.PhotometricInterpretation) in _PHOTOMETRIC_OF_RAW
        or suffix in _RAW_SUFFIXES
        or (small and _SUB_IFDS in first)
    )


def develop_raw(file: PictureFile) -> NDArray[np.uint8]:
    """A camera's RAW file as an sRGB picture with the camera's white balance, upright.

    Returns:
        An array of shape (height, width, 3).

    Raises:
        PictureError: It is damaged, or `rawpy` is not installed.
    """
    with _open_raw(file) as raw:
        picture: NDArray[np.uint8] = raw.postprocess(use_camera_wb=True, output_bps=8)
        return picture


def raw_shape(file: PictureFile) -> tuple[int, int] | None:
    """Height and width that `develop_raw` gives; None if it is no RAW file.

    Raises:
        PictureError: It is damaged, or `rawpy` is not installed.
    """
    if not is_raw(file):
        return None
    with _open_raw(file) as raw:
        shape = (raw.sizes.iheight, raw.sizes.iwidth)
        return shape[::-1] if raw.sizes.flip in _TRANSPOSED_FLIPS else shape


def read_metadata_only(file: PictureFile) -> Image.Image | None:
    """What the metadata of a file says that Pillow does not decode, as of an image of one pixel.

    Returns:
        With EXIF and XMP, of a RAW file or a TIFF file with colours as floats; None of any other.
    """
    if not is_raw(file) and not float_tiff_shape(file):
        return None
    image = Image.new("L", (1, 1))
    exif = image.getexif()
    for tag, value in next(iter(tiff_pages(file)), {}).items():
        if tag in {ExifTags.Base.Artist, ExifTags.Base.Copyright} and isinstance(value, str):
            exif[tag] = value
        elif tag == _XMP:
            image.info["xmp"] = value
    return image


def read_float_tiff(file: PictureFile) -> tuple[NDArray[Any], int] | None:
    """The samples of a TIFF file with colours as floats, which Pillow does not read.

    Returns:
        An array of shape (height, width, channels), as stored, and its EXIF orientation; None of any
        other file.

    Raises:
        PictureError: It is damaged.
    """
    if not (shape := float_tiff_shape(file)):
        return None
    import tifffile

    # Without a handler, what it logs about damaged files would go to the terminal.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    name = describe_file(file)
    validate_pixel_count(*shape, name)
    opened = BytesIO(file) if isinstance(file, bytes) else find_file(file)
    with translate_pillow_errors(name), tifffile.TiffFile(opened) as tiff:
        page = tiff.pages.first
        samples: NDArray[Any] = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE:
            samples = samples.transpose(1, 2, 0)
        return samples, _read_orientation(tiff_pages(file)[0])


def float_tiff_shape(file: PictureFile) -> tuple[int, int] | None:
    """Upright height and width of a TIFF file with colours as floats; None of any other file."""
    page = next(iter(tiff_pages(file)), {})
    kinds = page.get(_SAMPLE_FORMAT)
    if (
        not isinstance(kinds, tuple)
        or _FLOAT_SAMPLES not in kinds
        or page.get(ExifTags.Base.SamplesPerPixel, 1) == 1
    ):
        return None
    shape = (page.get(ExifTags.Base.ImageLength), page.get(ExifTags.Base.ImageWidth))
    height, width = (side if isinstance(side, int) else 0 for side in shape)
    return (
        (width, height) if _read_orientation(page) in TRANSPOSED_ORIENTATIONS else (height, width)
    )


def tiff_pages(file: PictureFile) -> list[Mapping[int, Any]]:
    """The tags of each page of a TIFF file, its thumbnails included; empty for any other file."""
    pages: list[Mapping[int, Any]] = []
    if not _read_signature(file).startswith(_TIFF_SIGNATURES):
        return pages
    with PROCESS_LOCK, warnings.catch_warnings(), suppress(Exception), _open_stream(file) as stream:
        warnings.simplefilter("ignore")
        header = stream.read(8)
        if header[2:3] == b"+" or header[3:4] == b"+":
            header += stream.read(8)
        offset, seen = TiffImagePlugin.ImageFileDirectory_v2(header).next, set[int]()
        while offset and offset not in seen and len(pages) < _MAX_PAGES:
            seen.add(offset)
            page = TiffImagePlugin.ImageFileDirectory_v2(header)
            stream.seek(offset)
            page.load(stream)
            pages.append(_readable_tags(page))
            offset = page.next
    return pages


@contextmanager
def translate_pillow_errors(name: str) -> Iterator[None]:
    """Say what Pillow found wrong in the words of a `PictureError`; silence its warnings.

    Its limits on size are ours within the block, and libtiff's lines come with the error.
    """
    lines: list[str] = []
    try:
        with (
            PROCESS_LOCK,
            warnings.catch_warnings(),
            _raised_pixel_limit(),
            _collect_libtiff_errors(lines),
        ):
            warnings.simplefilter("ignore")
            yield
    except StylelabError:
        raise
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        count = f" of {int(pixels[0]):,} pixels" if pixels else ""
        raise _too_large_error(f"{name}{count}") from error
    except Exception as error:  # damaged files make Pillow raise almost anything
        for line in lines:
            error.add_note(line)
        reason = next(iter(lines), str(error)) or type(error).__name__
        raise PictureError(
            f"Expected an intact picture. Received: {name}, which cannot be read "
            f"({_shorten(reason)}). "
            "Fetch it again, or export it as PNG or JPEG from a program that can show it."
        ) from error


def validate_pixel_count(height: int, width: int, name: str) -> None:
    """Refuse what would take too much memory to be scaled down.

    Raises:
        PictureError: It has more than 250 megapixels.
    """
    if height * width > MAX_FILE_PIXELS:
        raise _too_large_error(f"{name} of {height} × {width} px (height × width)")


def describe_file(file: PictureFile) -> str:
    """How a message calls a file."""
    return f"a file of {len(file):,} bytes" if isinstance(file, bytes) else repr(str(file))


@contextmanager
def _open_raw(file: PictureFile) -> Iterator[Any]:
    name = describe_file(file)
    try:
        import rawpy
    except ImportError:
        raise PictureError(
            f"Expected a developed picture. Received: {name}, a camera's RAW file. "
            "Export it as JPEG, PNG or TIFF from a photo program, or install rawpy "
            "(pip install rawpy), which develops it here."
        ) from None
    opened = BytesIO(file) if isinstance(file, bytes) else find_file(file)
    with translate_pillow_errors(name), _silence_libraw(), rawpy.imread(opened) as raw:
        validate_pixel_count(raw.sizes.raw_height, raw.sizes.raw_width, name)
        yield raw


def _read_orientation(page: Mapping[int, Any]) -> int:
    value = page.get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) else 1


@contextmanager
def _explain_unknown_format(file: PictureFile, name: str) -> Iterator[None]:
    """Say of a file that Pillow does not know why that is."""
    try:
        yield
    except UnidentifiedImageError as error:
        if _HEIC_BRANDS.match(_read_signature(file)) and "HEIF" not in Image.OPEN:
            raise PictureError(
                f"Expected a picture as {_FORMAT_NAMES}. Received: {name}, a HEIC picture, which needs "
                "pillow-heif. Install it (pip install pillow-heif), or export the picture as JPEG: "
                "on an iPhone, Settings, Camera, Formats, Most Compatible."
            ) from error
        if is_raw(file):
            raise PictureError(
                f"Expected a picture as {_FORMAT_NAMES}. Received: {name}, a camera's RAW file. "
                "Export it as JPEG, PNG or TIFF from a photo program."
            ) from error
        raise PictureError(
            f"Expected a picture as {_FORMAT_NAMES}. Received: {name}, which is none of these, "
            "whatever its name says. Export it as PNG or JPEG from a program that can show it."
        ) from error


def _open_stream(file: PictureFile) -> IO[bytes]:
    return BytesIO(file) if isinstance(file, bytes) else Path(find_file(file)).open("rb")


def _read_signature(file: PictureFile) -> bytes:
    if isinstance(file, bytes):
        return file[:32]
    try:
        with _open_stream(file) as stream:
            return stream.read(32)
    except OSError:  # the opening says why
        return b""


def _readable_tags(page: TiffImagePlugin.ImageFileDirectory_v2) -> dict[int, Any]:
    """The tags of a page without those that are damaged."""
    tags = {}
    for tag in page:
        with suppress(Exception):
            tags[tag] = page[tag]
    return tags


def _full_pages(pages: list[Mapping[int, Any]]) -> list[int]:
    """The pages that are no smaller versions of others; the first one if all say that they are."""
    return [number for number, page in enumerate(pages) if not _is_reduced(page)] or [0]


def _is_reduced(page: Mapping[int, Any]) -> bool:
    kind = page.get(_SUBFILE_TYPE)
    return isinstance(kind, int) and bool(kind & _REDUCED_OR_MASK)


@cache
def _register_heif() -> None:
    with suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()


@contextmanager
def _raised_pixel_limit() -> Iterator[None]:
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MAX_FILE_PIXELS // 2  # Pillow refuses what is twice as large
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


@contextmanager
def _silence_libraw() -> Iterator[None]:
    """Keep LibRaw's two messages off the process's error stream, and nothing else.

    What anybody writes meanwhile is written afterwards.
    """
    try:
        stream = os.dup(2)
    except OSError:  # a process without one
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stream, 2)
            os.close(stream)
            caught.seek(0)
            if others := _LIBRAW_LINES.sub(b"", caught.read()):
                os.write(2, others)


@contextmanager
def _collect_libtiff_errors(lines: list[str]) -> Iterator[None]:
    """Collect libtiff's error messages, which it would write to the process's error stream.

    Redirecting that stream would catch what other threads write meanwhile.
    """
    libraries = _libtiff()
    if libraries is None:
        yield
        return
    libtiff, libc, handler_type = libraries

    def collect(module: bytes | None, file_format: bytes, values: int) -> None:
        line = ctypes.create_string_buffer(500)
        libc.vsnprintf(line, ctypes.c_size_t(len(line)), file_format, ctypes.c_void_p(values))
        text = line.value.decode("utf-8", "replace")
        lines.append(f"{module.decode('utf-8', 'replace')}: {text}" if module else text)

    handler = handler_type(collect)  # must live as long as it may be called
    before = libtiff.TIFFSetErrorHandler(ctypes.cast(handler, ctypes.c_void_p))
    try:
        yield
    finally:
        libtiff.TIFFSetErrorHandler(before)


@cache
def _libtiff() -> tuple[Any, Any, Any] | None:
    """Pillow's libtiff, C's own library, and the type of an error handler; None if not found.

    Pillow for Windows has libtiff built in, out of reach.
    """
    if os.name != "posix":
        return None
    package = Path(Image.__file__).parent
    bundled = [*package.parent.glob("pillow.libs/libtiff*"), *package.glob(".dylibs/libtiff*")]
    named = str(bundled[0]) if bundled else find_library("tiff")
    with suppress(OSError, AttributeError):
        libtiff, libc = ctypes.CDLL(named), ctypes.CDLL(None)
        libtiff.TIFFSetErrorHandler.argtypes = [ctypes.c_void_p]
        libtiff.TIFFSetErrorHandler.restype = ctypes.c_void_p
        kind = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
        return libtiff, libc, kind
    return None


def is_url(path: str) -> bool:
    """Whether it is an address in a network rather than a path."""
    return _URL.match(path) is not None


def _validate_not_url(path: str) -> None:
    if is_url(path):
        raise PictureError(
            f"Expected the path of a picture on this computer. Received: {_shorten(repr(path))}, "
            "which is an address. Download the picture first, and give the path of that file."
        )


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_TEXT_LENGTH else f"{text[:_MAX_TEXT_LENGTH]}…"


def _too_large_error(received: str) -> PictureError:
    return PictureError(
        f"Expected a picture of at most {MAX_FILE_PIXELS // 1_000_000} megapixels. "
        f"Received: {received}. Scale it down in an image editor first."
    )
