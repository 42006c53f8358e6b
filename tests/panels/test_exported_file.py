import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import stylelab as sl
from stylelab.errors import OutputError
from stylelab.panels.studio.exported_file import FOLDER, ExportedFile, array_file, mask_file
from stylelab.pictures.encoding import encode_png
from stylelab.pictures.images import Picture
from stylelab.pictures.masks import Mask


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder, empty at first."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_back(file: ExportedFile) -> Any:
    """What a file's code reads, as it runs in a notebook."""
    return eval(file.code, {"sl": sl, "np": np})  # noqa: S307 - readers run it


def every_level() -> Mask:
    """A mask with every value that can be drawn."""
    return np.arange(256, dtype=np.uint8).reshape(16, 16).astype(np.float32) / np.float32(255)


def test_an_array_is_read_back_to_the_last_bit(photo: Picture) -> None:
    for array in (photo, photo[..., 0], np.rot90(photo), np.nextafter(photo, np.float32(2))):
        file = array_file("holiday", array)
        assert file.write() == Path(file.path)
        read = read_back(file)
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)


def test_a_drawn_mask_is_read_back_to_the_last_bit() -> None:
    file = mask_file("drawn", every_level())
    path = file.write()
    read = read_back(file)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, every_level())
    with Image.open(path) as opened:
        assert opened.format == "PNG"  # which any program can change


def test_an_uploaded_file_is_written_byte_for_byte(photo: Picture) -> None:
    data = encode_png(photo)
    file = ExportedFile.from_upload("beach.png", data, "sl.load_image({path})")
    assert file.write().read_bytes() == data
    np.testing.assert_array_equal(read_back(file), sl.load_image(data))
    plain = ExportedFile.from_upload("beach.png", data)
    assert read_back(plain) == plain.path == file.path


def test_names_come_from_the_content(photo: Picture) -> None:
    other = photo.copy()
    other[0, 0, 0] = np.nextafter(other[0, 0, 0], np.float32(2))
    files = [array_file("cat", each) for each in (photo, photo.copy(), other)]
    assert files[0].path == files[1].path != files[2].path
    assert files[0].path.startswith(f"{FOLDER}/cat_")
    assert files[0].path.endswith(".npy")
    again, changed = (ExportedFile.from_upload("a.png", data) for data in (b"one", b"two"))
    assert again.path != changed.path


@pytest.mark.parametrize("make", [array_file, mask_file])
def test_arrays_of_other_shapes_have_other_names(make: Any) -> None:
    wide = np.ones((20, 30), np.float32)  # turned, its bytes are the same
    files = [make("white", wide), make("white", wide.T)]
    assert files[0].path != files[1].path
    for file, shape in zip(files, [(20, 30), (30, 20)], strict=True):
        file.write()
        assert read_back(file).shape == shape


def disk_full(_file: int) -> None:
    raise OSError(28, "No space left on device")


def files_written() -> list[Path]:
    return list(Path(FOLDER).iterdir())


def test_a_file_that_is_there_is_not_written_again(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = array_file("cat", photo).write()
    monkeypatch.setattr(os, "fsync", disk_full)
    assert array_file("cat", photo.copy()).write() == path
    assert files_written() == [path]


@pytest.mark.parametrize("changed", [b"changed by the reader", None])
def test_a_file_that_the_reader_changed_is_not_overwritten(changed: bytes | None) -> None:
    file = mask_file("drawn", every_level())
    path = file.write()
    data = changed or path.read_bytes()[:-1] + b"!"  # as long as before
    path.write_bytes(data)
    with pytest.raises(OutputError, match="Rename"):
        file.write()
    assert path.read_bytes() == data
    path.rename(path.with_name("mine.png"))
    assert file.write() == path


def test_a_file_in_place_of_the_folder_is_reported_and_kept(photo: Picture) -> None:
    Path(FOLDER).write_text("mine")
    with pytest.raises(OutputError, match=r"^Expected a folder .* Received: .* copy again\.$"):
        array_file("cat", photo).write()
    assert Path(FOLDER).read_text() == "mine"


def test_a_folder_that_cannot_be_written_to_is_reported(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)  # as root may write anywhere
    with pytest.raises(OutputError, match="Received: Permission denied") as caught:
        array_file("cat", photo).write()
    assert "start JupyterLab where you may write" in str(caught.value)


def test_a_full_disk_leaves_no_half_of_a_file(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = array_file("cat", photo)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk_full)
        with pytest.raises(OutputError, match="No space left"):
            file.write()
    assert files_written() == []
    file.write()
    np.testing.assert_array_equal(read_back(file), photo)


NAMES = st.text(st.characters(codec=None), max_size=300) | st.sampled_from(
    [
        "", ".", "..", "/", "../../etc/passwd", "C:\\Windows\\a.png", 'a"b.png', "a'b.png",
        "a\nb.png", "a\0b.png", "{path}.png", "{0}.p{x}g", "a\\", "\ud800.png", "\u202egnp.exe",
        "a.png; import os", "💥" * 200 + ".png", "ö" * 300, "a." + "ö" * 300, "con.png",
    ]
)  # fmt: skip


@given(NAMES)
def test_files_of_any_name_stay_in_the_folder_and_are_read_back(name: str) -> None:
    data = encode_png(np.full((16, 16, 3), 0.5, np.float32))
    upload = ExportedFile.from_upload(name, data, "sl.load_image({path})")
    for file in (upload, array_file(name, every_level()), mask_file(name, every_level())):
        path = file.write()
        assert path.parent == Path(FOLDER)
        assert path.resolve().parent == Path(FOLDER).resolve()
        assert file.code.isprintable()
        assert read_back(file) is not None
