import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manual_studio import ManualStudio
from PIL import EpsImagePlugin, ExifTags, Image

import stylelab as sl
from stylelab.errors import PictureError, PictureWarning
from stylelab.panels.messages import error_message
from stylelab.panels.studio import picture_choice
from stylelab.panels.studio.events import Target
from stylelab.panels.studio.picture_choice import choice_from_file
from stylelab.panels.studio.reports import LoadFailed, MaskLoaded
from stylelab.panels.studio.style_rows import KEEP
from stylelab.panels.studio.tasks import LoadFile
from stylelab.panels.studio.uploads import (
    MAX_SIDE,
    UploadBuffer,
    file_notes,
    mask_from_file,
)
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import Picture, load_image
from stylelab.pictures.masks import load_mask
from stylelab.rights.reading import read_rights


def file_of(picture: Picture, kind: str) -> bytes:
    buffer = BytesIO()
    Image.fromarray(to_uint8(picture)).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def jpeg(photo: Picture, tmp_path: Path) -> Path:
    path = tmp_path / "harbour.jpg"
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ada"
    exif[ExifTags.Base.Copyright] = "CC BY 4.0"
    Image.fromarray(to_uint8(photo)).save(path, exif=exif)
    return path


def in_parts(name: str, data: bytes, size: int, upload: str = "one") -> list[tuple[Any, bytes]]:
    """What the browser sends of a file: a message and a buffer for each part."""
    content = {"file": name, "upload": {"id": upload, "size": len(data)}}
    return [(content, data[start : start + size]) for start in range(0, len(data) or 1, size)]


@given(
    st.lists(st.binary(max_size=60), min_size=1, max_size=3),
    st.integers(1, 20),
    st.randoms(use_true_random=False),
)
def test_interleaved_file_parts_are_reassembled(files: list[bytes], size: int, random: Any) -> None:
    waiting = [in_parts("a", data, size, str(number)) for number, data in enumerate(files)]
    uploads, got = UploadBuffer(), []
    while waiting:
        messages = random.choice(waiting)
        content, part = messages.pop(0)
        whole = uploads.add_part(content, [memoryview(part)])
        assert (whole is not None) == (not messages)
        if whole is not None:
            got.append(whole)
            waiting.remove(messages)
    assert sorted(got) == sorted(files)


def test_incomplete_files_are_discarded() -> None:
    uploads = UploadBuffer()
    for number in range(10):
        content = {"upload": {"id": str(number), "size": 10}}
        assert uploads.add_part(content, [memoryview(b"123")]) is None
    assert uploads.add_part({"upload": {"id": "9", "size": 6}}, [memoryview(b"456")]) == b"123456"
    assert uploads.add_part({"upload": {"id": "0", "size": 6}}, [memoryview(b"456")]) is None


def test_a_picture_in_parts_keeps_its_rights(jpeg: Path) -> None:
    uploads, data = UploadBuffer(), None
    for content, part in in_parts(jpeg.name, jpeg.read_bytes(), 1000):
        assert data is None
        data = uploads.add_part(content, [memoryview(part)])
    assert data is not None
    choice = choice_from_file(jpeg.name, data)
    assert choice.name == "harbour"
    np.testing.assert_array_equal(choice.load(), load_image(jpeg))
    rights = choice.input_rights
    assert rights == read_rights(jpeg)
    assert rights is not None
    assert rights.author == "Ada"


@pytest.mark.parametrize("kind", ["EPS", "TGA", "ICO", "DDS", "PCX", "SGI"])
def test_files_refused_by_path_are_refused_as_uploads(
    photo: Picture, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(*_: object, **__: object) -> Any:
        raise AssertionError

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    monkeypatch.setattr(subprocess, "Popen", started)
    path = tmp_path / f"harbour.{kind.lower()}"
    path.write_bytes(file_of(photo, kind))
    with pytest.raises(PictureError) as caught:
        load_image(path)
    reason = str(caught.value).split("Received: ")[1].split(", ", 1)[1]
    data = path.read_bytes()
    for read in (choice_from_file, mask_from_file):
        with pytest.raises(PictureError) as refused:
            read(path.name, data)
        assert repr(path.name) in str(refused.value)
        assert str(refused.value).endswith(reason)
    for target in (Target("photo"), Target("painting", 1), Target("mask", KEEP)):
        task = LoadFile(target, path.name, data)
        with pytest.raises(PictureError) as refused:
            task.run()
        event = task.failed(refused.value)
        assert isinstance(event, LoadFailed)
        assert (event.target, event.name) == (target, path.name)
        assert event.error == error_message(refused.value)


def test_an_unexpected_error_is_reported(photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> Any:
        raise MemoryError

    desk = ManualStudio()
    with monkeypatch.context() as patch:
        patch.setattr(picture_choice, "load_image", no_memory)
        desk.send("file", file_of(photo, "PNG"), part="photo", name="a.png")
        desk.shown(lambda: "not enough memory" in desk.widget.photo["notice"])
    assert desk.widget.photo["chosen"] == "cat"
    desk.send("file", file_of(photo, "PNG"), part="photo", name="a.png")
    desk.shown(lambda: desk.widget.photo["chosen"] == "file a.png")
    assert desk.widget.photo["notice"] == ""
    desk.close()


def test_large_uploads_are_scaled_down_to_the_useful_size() -> None:
    wide = np.zeros((40, 2 * MAX_SIDE, 3), np.float32)
    wide[:, :MAX_SIDE] = 1
    data = file_of(wide, "PNG")
    assert choice_from_file("wide.png", data).load().shape == (20, MAX_SIDE, 3)
    mask, odd = mask_from_file("wide.png", data)
    assert odd == ""
    assert mask.shape == (20, MAX_SIDE)
    assert mask.mean() == pytest.approx(load_mask(data).mean(), abs=0.001)
    thin = np.zeros((16, 2 * MAX_SIDE, 3), np.float32)  # smaller, it would be refused
    assert choice_from_file("thin.png", file_of(thin, "PNG")).load().shape == thin.shape


@given(st.text(st.characters(codec=None)))
def test_files_of_any_name_are_shown_and_sent(name: str) -> None:
    data = file_of(np.full((16, 16, 3), 0.5, np.float32), "PNG")
    choice = choice_from_file(name, data)
    for text in (choice.key, choice.name, choice.title, choice.expression, choice.file_rights):
        assert text.isprintable()
    for read in (choice_from_file, mask_from_file):
        with pytest.raises(PictureError, match=r"^Expected a picture") as caught:
            read(name, b"")
        assert error_message(caught.value).isprintable()


def test_an_animation_is_reported(photo: Picture) -> None:
    frames = [Image.fromarray(to_uint8(picture)) for picture in (photo, 1 - photo)]
    buffer = BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    message = "'walk.png' is an animation, of which the first frame is read."
    data = buffer.getvalue()
    with pytest.warns(PictureWarning):
        choice = choice_from_file("walk.png", data)
    np.testing.assert_array_equal(to_uint8(choice.load()), to_uint8(photo))
    assert file_notes("walk.png", data) == message
    assert file_notes("still.png", file_of(photo, "PNG")) == ""
    _, notes = mask_from_file("walk.png", data)
    assert notes.startswith(message)
    assert "counts as its brightness" in notes  # it is in colours
    assert "np." not in notes


@pytest.mark.parametrize("side", [64, MAX_SIDE + 300])
def test_code_of_an_uploaded_mask_reads_it_as_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int
) -> None:
    monkeypatch.chdir(tmp_path)
    shades = np.linspace(0, 1, 40 * side, dtype=np.float32).reshape(40, side, 1)
    data = file_of(np.repeat(shades, 3, axis=2), "PNG")
    event = LoadFile(Target("mask"), "sky.png", data).run()
    assert isinstance(event, MaskLoaded)
    assert event.file is not None
    assert event.file.write().read_bytes() == data
    read = eval(event.file.code, {"sl": sl})  # noqa: S307 - readers run it
    np.testing.assert_array_equal(read, event.mask)
