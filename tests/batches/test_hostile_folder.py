"""A folder of photos as people have them: some damaged, some no pictures at all, some oddly named."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from stylelab.batches.batch_plan import plan_batch
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image

ODD_NAMES = (
    'it\'s "mine".png',
    "new\nline.png",
    "猫 🎨.png",
    "\u202egnp.png",
    "-o.png",
    "[a]*?.png",
)


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size, and has a row of pixels at most."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


HOSTILE: dict[str, Callable[[Path, bytes], object]] = {
    "empty": lambda path, _: path.touch(),
    "letter": lambda path, _: path.write_text("Dear reader"),
    "header only": lambda path, good: path.write_bytes(good[:20]),
    "huge": lambda path, _: path.write_bytes(png_of(100_000, 100_000)),
    "no pixels": lambda path, _: path.write_bytes(png_of(0, 0)),
    "zeros": lambda path, _: path.write_bytes(bytes(1000)),
    "folder": lambda path, _: path.mkdir(),
    "dangling link": lambda path, _: path.symlink_to("nowhere.png"),
    "link to itself": lambda path, _: path.symlink_to(path.name),
}
"""What cannot be used, found when the batch is planned, by what makes it at a path from a good file."""


def make_folder(folder: Path, photo: Picture, good: int, hostile: int) -> set[str]:
    """Write so many photos, each another, and so many hostile things; return the latter's names."""
    for number in range(good):
        name = ODD_NAMES[number] if number < len(ODD_NAMES) else f"{number}.png"
        save_image(
            folder / name, photo[: len(photo) - number % 20, number // 20 :], make_folders=True
        )
    content = (folder / ODD_NAMES[0]).read_bytes()
    made = set()
    for number in range(hostile):
        kind = [*HOSTILE][number % len(HOSTILE)]
        path = folder / f"{kind} {number}.{('png', 'jpg')[number % 2]}"
        HOSTILE[kind](path, content)
        made.add(path.name)
    return made


def test_every_hostile_input_is_named_and_every_photo_is_planned(
    tmp_path: Path, photo: Picture, recwarn: pytest.WarningsRecorder
) -> None:
    good, bad = 2 * len(ODD_NAMES), 2 * len(HOSTILE)
    hostile = make_folder(tmp_path / "photos", photo, good, bad)
    plan = plan_batch(tmp_path / "photos", "cat", output=tmp_path / "out", size=32)
    assert len(plan.jobs) == good
    assert len({job.name for job in plan.jobs}) == good
    assert {Path(job.photo.name).name for job in plan.jobs}.isdisjoint(hostile)
    named = {name for name in hostile if any(name in fault for fault in plan.faults)}
    assert named == hostile
    assert len(plan.faults) == len(hostile)
    assert not recwarn
