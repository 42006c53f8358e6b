import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_message import send
from hypothesis import given
from hypothesis import strategies as st
from PIL import EpsImagePlugin, ExifTags, Image
from stylelab.panels.studio.picture_chooser import PictureChooser, choice_from_file
from stylelab.panels.studio.styles_panel import KEEP, StylesPanel

from stylelab.errors import PictureError, PictureWarning
from stylelab.panels.studio import picture_chooser
from stylelab.panels.studio.uploads import MAX_SIDE, UploadBuffer, mask_from_file
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
    chooser = PictureChooser("photo", "cat")
    for content, part in in_parts(jpeg.name, jpeg.read_bytes(), 1000):
        assert chooser.chosen == "cat"
        send(chooser, content, part)
    assert chooser.choice.name == "harbour"
    np.testing.assert_array_equal(chooser.picture, load_image(jpeg))
    rights = chooser.choice.input_rights
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
    chooser = PictureChooser("photo", "cat")
    panel = StylesPanel(PictureChooser("painting", "swirling_night"))
    data = memoryview(path.read_bytes())
    send(chooser, {"file": path.name}, data)
    send(panel, {"row": KEEP, "mask_file": path.name}, data)
    for message in (chooser.notice, panel.notice):
        assert repr(path.name) in message
        assert message.endswith(reason)
    panel.notice = ""
    send(panel, {"row": 0, "painting_file": path.name}, data)
    assert panel.notice.endswith(reason)
    assert chooser.chosen == "cat"
    assert not panel.masks


def test_an_unexpected_error_is_reported(photo: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> Any:
        raise MemoryError

    chooser = PictureChooser("photo", "cat")
    with monkeypatch.context() as patch:
        patch.setattr(picture_chooser, "load_image", no_memory)
        send(chooser, {"file": "a.png"}, file_of(photo, "PNG"))
    assert "not enough memory" in chooser.notice
    send(chooser, {"file": "a.png"}, file_of(photo, "PNG"))
    assert chooser.choice.name == "a"


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
    chooser = PictureChooser("photo", "cat")
    send(chooser, {"file": name}, data)
    for text in (chooser.chosen, chooser.choice.name, chooser.choice.title, chooser.choice.code):
        assert text.isprintable()
    send(chooser, {"file": name}, b"")
    assert chooser.notice.isprintable()
    assert chooser.notice.startswith("Expected a picture")


def test_an_animation_is_reported(photo: Picture) -> None:
    frames = [Image.fromarray(to_uint8(picture)) for picture in (photo, 1 - photo)]
    buffer = BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    message = "'walk.png' is an animation, of which the first frame is read."
    chooser = PictureChooser("photo", "cat")
    panel = StylesPanel(PictureChooser("painting", "swirling_night"))
    data = memoryview(buffer.getvalue())
    with pytest.warns(PictureWarning):
        send(chooser, {"file": "walk.png"}, data)
    send(panel, {"row": KEEP, "mask_file": "walk.png"}, data)
    assert chooser.notice == message
    assert panel.notice.startswith(message)
    assert "counts as its brightness" in panel.notice  # it is in colours
    assert "np." not in panel.notice
    np.testing.assert_array_equal(to_uint8(chooser.picture), to_uint8(photo))
    chooser.add_file("still.png", file_of(photo, "PNG"))
    assert chooser.notice == ""
