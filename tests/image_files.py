"""Image files and colour profiles made byte by byte, for tests."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylelab.pictures.images import (
    Picture,
)

Array = NDArray[Any]

GREEN = (0.0, 1.0, 0.0)
LOSSLESS: dict[str, dict[str, Any]] = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}


def noise(height: int = 20, width: int = 24, channels: int = 3) -> NDArray[np.uint8]:
    random = np.random.default_rng(7)
    return random.integers(0, 256, (height, width, channels), dtype=np.uint8)


def noise_picture(height: int = 20, width: int = 24) -> Picture:
    return np.random.default_rng(7).random((height, width, 3), dtype=np.float32)


def png(
    width: int, height: int, depth: int, colour: int, pixels: bytes, *chunks: tuple[bytes, bytes]
) -> bytes:
    """A PNG file, byte by byte, so that no Pillow code decides what is in it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    size = len(pixels) // height  # bytes a row; 0 for a header without pixels
    rows = b"".join(b"\0" + pixels[at : at + size] for at in range(0, len(pixels), size or 1))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *(chunk(name, data) for name, data in chunks),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )


def profile(space: bytes, tags: dict[bytes, bytes], *, pcs: bytes = b"XYZ ") -> bytes:
    """An ICC profile of version 2, byte by byte."""
    fixed = [struct.pack(">4sI3i", b"XYZ ", 0, 63190, 65536, 54061)]  # white: D50
    named = {b"wtpt": fixed[0], **tags}
    offset = 128 + 4 + 12 * len(named)
    table, body = struct.pack(">I", len(named)), b""
    for name, data in named.items():
        padded = data + b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += padded
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(">I4sI4s4s4s", offset + len(body), b"test", 0x02400000, kind, space, pcs)
    header += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body


# The primaries of sRGB, adapted to D50, as the ICC publishes them.
PRIMARIES = {
    "red": (0.43607, 0.22249, 0.01392),
    "green": (0.38515, 0.71687, 0.09708),
    "blue": (0.14307, 0.06061, 0.71410),
}
LINEAR = struct.pack(">4sII", b"curv", 0, 0)


def xyz(colour: str) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in PRIMARIES[colour]))


def linear_rgb_profile(red: str = "red", blue: str = "blue") -> bytes:
    curves = {b"rTRC": LINEAR, b"gTRC": LINEAR, b"bTRC": LINEAR}
    return profile(
        b"RGB ", {b"rXYZ": xyz(red), b"gXYZ": xyz("green"), b"bXYZ": xyz(blue), **curves}
    )


def linear_gray_profile() -> bytes:
    return profile(b"GRAY", {b"kTRC": LINEAR})


def cmyk_profile(lab_of_cyan: tuple[int, int, int]) -> bytes:
    """Maps pure cyan ink to a chosen Lab colour, no ink to white, all other corners to black."""
    corners = np.zeros((2, 2, 2, 2, 3), dtype=np.uint8)
    corners[..., 1:] = 128
    corners[0, 0, 0, 0] = (255, 128, 128)
    lightness, a, b = lab_of_cyan
    corners[1, 0, 0, 0] = (round(lightness * 2.55), a + 128, b + 128)
    straight = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = struct.pack(">4sIBBBB", b"mft1", 0, 4, 3, 2, 0) + matrix
    table += straight * 4 + corners.tobytes() + straight * 3
    return profile(b"CMYK", {b"A2B0": table}, pcs=b"Lab ")


def encode_srgb(linear: Array) -> Array:
    clipped = np.clip(linear, 0, 1)
    encoded: Array = np.where(
        clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055
    )
    return encoded


def lab_to_srgb(lightness: float, a: float, b: float) -> Array:
    """Lab under D50 to sRGB, after CIE 15 and IEC 61966-2-1."""
    y = (lightness + 16) / 116
    roots = np.array([y + a / 500, y, y - b / 200])
    relative = np.where(roots > 6 / 29, roots**3, 3 * (6 / 29) ** 2 * (roots - 4 / 29))
    from_rgb = np.array([PRIMARIES[name] for name in ("red", "green", "blue")]).T
    return encode_srgb(np.linalg.solve(from_rgb, relative * (0.9642, 1.0, 0.8249)))


def over(colour: Array, alpha: Array, background: tuple[float, float, float]) -> Array:
    share = alpha[..., None]
    mixed: Array = colour * share + np.array(background) * (1 - share)
    return mixed


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def assert_is_picture(picture: Picture) -> None:
    assert picture.dtype == np.float32
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert picture.flags.c_contiguous
    assert picture.flags.writeable
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1
