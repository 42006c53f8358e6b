"""A picture is written completely or not at all, and never over one of the inputs."""

import errno
import json
import os
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from stylelab.errors import OutputError, PictureError, SettingsError
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import Picture, load_image
from stylelab.pictures.saving import read_settings, save_image, validate_output_path

SUFFIXES = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".PNG"]
LOSSLESS = [".png", ".webp", ".tif"]
SETTINGS: dict[str, object] = {
    "content": "Müller–Straße 7/絵.jpg",
    "odd name": "\udc80",
    "weights": [0.1, 1e-7, 3],
    "nested": {"layers": ["conv1_1"], "on": True, "none": None},
}


def picture(height: int = 20, width: int = 24) -> Picture:
    return np.random.default_rng(3).random((height, width, 3), dtype=np.float32)


def read_folder(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """A file that exists at the output path and must come out of the test as it was."""
    path = tmp_path / "old.png"
    save_image(path, picture(16, 16))
    before = read_folder(tmp_path)
    yield path
    assert read_folder(tmp_path) == before


# Values


def test_values_are_rounded_to_the_nearest_and_not_truncated() -> None:
    values = np.array([0, 0.001, 0.0021, 0.499, 0.999, 1], dtype=np.float32)
    image = np.broadcast_to(values[:, None, None], (6, 16, 3))
    assert to_uint8(image)[:, 0, 0].tolist() == [0, 0, 1, 127, 255, 255]


def test_every_8_bit_value_survives_conversion_to_float() -> None:
    levels = np.arange(256 * 3, dtype=np.uint16).reshape(16, 16, 3).astype(np.uint8)
    encoded = to_uint8(load_image(levels))
    assert encoded.dtype == np.uint8
    np.testing.assert_array_equal(encoded, levels)


@given(st.floats(0, 1, width=32))
def test_8_bits_are_off_by_at_most_half_a_level(value: float) -> None:
    encoded = to_uint8(np.full((1, 1, 3), value, dtype=np.float32))
    assert abs(encoded[0, 0, 0] / 255 - value) <= 1 / 510 + 1e-7


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saved_pictures_are_loaded_unchanged(tmp_path: Path, suffix: str) -> None:
    image = np.repeat(np.repeat(picture(3, 4), 8, axis=0), 8, axis=1)
    before = image.copy()
    path = save_image(tmp_path / f"a{suffix}", image)
    assert path == tmp_path / f"a{suffix}"
    atol = 3 / 255 if suffix.startswith(".j") else 1 / 510 + 1e-6
    np.testing.assert_allclose(load_image(path), image, atol=atol)
    np.testing.assert_array_equal(image, before)
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208 - names alone


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_lossless_formats_keep_every_value(tmp_path: Path, suffix: str) -> None:
    levels = np.arange(256 * 3, dtype=np.uint16).reshape(16, 16, 3).astype(np.uint8)
    path = save_image(tmp_path / f"a{suffix}", load_image(levels))
    np.testing.assert_array_equal(load_image(path), load_image(levels))


def test_jpeg_keeps_colour_at_full_resolution(tmp_path: Path) -> None:
    stripes = np.zeros((32, 32, 3), dtype=np.float32)
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = 1
    path = save_image(tmp_path / "a.jpg", stripes)
    np.testing.assert_allclose(load_image(path), stripes, atol=0.1)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_sets_the_format(tmp_path: Path, suffix: str) -> None:
    expected = {"p": "PNG", "j": "JPEG", "w": "WEBP", "t": "TIFF"}[suffix[1].lower()]
    with Image.open(save_image(tmp_path / f"a{suffix}", picture())) as image:
        assert image.format == expected
        assert image.mode == "RGB"


@pytest.mark.parametrize(
    "image",
    [
        picture() * 255,
        picture() * np.nan,
        picture()[..., 0],
        picture()[None],
        np.zeros((16, 16, 3), dtype=np.uint8),
        None,
    ],
)
def test_invalid_pictures_are_not_written(old: Path, image: Any) -> None:
    with pytest.raises(PictureError, match="Received"):
        save_image(old, image)


# Places


@pytest.mark.parametrize("name", ["a.gif", "a", ".png", "a.png.txt", "a.bmp", ""])
def test_unknown_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"\.png"):
        validate_output_path(tmp_path / name if name else "")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing/a.png", "missing"),
        ("folder.png", "a folder"),
        ("file.png/a.png", "cannot be used"),
        ("loop.png", "cannot be used"),
        ("a\0b.png", "cannot be used"),
        ("x" * 300 + ".png", "cannot be used"),
        ("pipe.png", "not a regular file"),
    ],
)
def test_invalid_output_paths_are_refused(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file.png").write_bytes(b"")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    if name == "pipe.png":
        if not hasattr(os, "mkfifo"):
            pytest.skip("needs named pipes")
        os.mkfifo(tmp_path / name)
    for make_folders in (False, name == "file.png/a.png"):
        with pytest.raises(OutputError, match=says) as caught:
            validate_output_path(tmp_path / name, make_folders=make_folders)
        assert "Received: " in str(caught.value)
    with pytest.raises(OutputError, match=says):
        save_image(tmp_path / name, picture())


@pytest.mark.parametrize("path", [None, 3, b"a.png", ["a.png"]])
def test_invalid_path_objects_are_refused(path: Any) -> None:
    with pytest.raises(OutputError, match="Received"):
        validate_output_path(path)


def test_arguments_in_the_wrong_order_are_refused_with_the_right_one() -> None:
    with pytest.raises(
        OutputError, match=r"Received: an array of shape \(.*\). Give the path first"
    ):
        save_image(picture(), "a.png")  # type: ignore[arg-type]


def test_checking_a_path_leaves_no_file(tmp_path: Path, old: Path) -> None:
    assert validate_output_path(str(tmp_path / "new.png")) == tmp_path / "new.png"
    assert validate_output_path(old) == old


def test_missing_folders_are_created_on_request(tmp_path: Path) -> None:
    path = tmp_path / "one" / "two" / "a.png"
    assert validate_output_path(path, make_folders=True) == path
    assert list((tmp_path / "one" / "two").iterdir()) == []
    other = tmp_path / "three" / "a.png"
    save_image(other, picture(), make_folders=True)
    assert load_image(other).shape == (20, 24, 3)


def test_no_folder_is_created_for_a_refused_name(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="ends in"):
        validate_output_path(tmp_path / "one" / "a.gif", make_folders=True)
    assert not (tmp_path / "one").exists()


def test_write_access_to_a_folder_is_tested_by_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _data: bytes) -> NoReturn:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OutputError, match="Read-only"):
        validate_output_path(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user"
)
def test_protected_paths_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    path.chmod(0o444)
    with pytest.raises(OutputError, match="write-protected"):
        validate_output_path(path)
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match=r"[Pp]ermission"):
            validate_output_path(tmp_path / "b.png")
    finally:
        tmp_path.chmod(0o755)


def save_to(path: Path, inputs: list[Path]) -> Path:
    return save_image(path, picture(), inputs=inputs)


@pytest.mark.parametrize("check", [validate_output_path, save_to])
def test_an_input_is_never_overwritten_under_any_name(
    tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    symlink, folder_link, hard_link = (tmp_path / name for name in ("soft.png", "way", "hard.png"))
    symlink.symlink_to(old)
    folder_link.symlink_to(tmp_path)
    hard_link.hardlink_to(old)
    try:
        for name in (
            old,
            "old.png",
            "./old.png",
            "sub/../old.png",
            symlink,
            hard_link,
            folder_link / "old.png",
        ):
            with pytest.raises(OutputError, match="which is the input"):
                check(name, inputs=[tmp_path / "other.png", old])
            with pytest.raises(OutputError, match="which is the input"):
                check(old, inputs=[name])
    finally:
        symlink.unlink()
        hard_link.unlink()
    # A lone string is one path, not a list of letters.
    with pytest.raises(OutputError, match="which is the input"):
        check(old, inputs="old.png")


def test_inputs_that_are_elsewhere_or_missing_are_ignored(tmp_path: Path, old: Path) -> None:
    inputs: list[Any] = [old, tmp_path / "missing.png", "a\0b", None]
    assert validate_output_path(tmp_path / "new.png", inputs=inputs) == tmp_path / "new.png"


def test_a_symbolic_link_is_replaced_and_its_target_kept(tmp_path: Path) -> None:
    goal, link = tmp_path / "goal.png", tmp_path / "link.png"
    goal.write_bytes(b"precious")
    link.symlink_to(goal)
    save_image(link, picture())
    assert goal.read_bytes() == b"precious"
    assert load_image(link).shape == (20, 24, 3)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_saved_pictures_have_default_file_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    path = save_image(tmp_path / "a.png", picture())
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


# Interruptions


@pytest.mark.parametrize(
    "place",
    [
        "PIL.Image.Image.save",
        "os.fsync",
        "pathlib.Path.replace",
        "stylelab.pictures.saving.Image.fromarray",
    ],
)
@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OutputError),
        (ValueError("encoder"), OutputError),
        (MemoryError(), OutputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (SystemExit(3), SystemExit),
    ],
)
def test_an_interrupted_save_leaves_the_old_file_and_nothing_else(
    old: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    place: str,
    error: BaseException,
    seen: type[BaseException],
) -> None:
    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(place, fail)
        with pytest.raises(seen):
            save_image(old, picture())


def test_the_new_file_is_flushed_to_disk_before_it_is_renamed(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = old.read_bytes()
    sizes = []

    def look(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        assert old.read_bytes() == before
        assert len(list(tmp_path.iterdir())) == 2

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", look)
        save_image(old, picture())
    assert sizes == [old.stat().st_size]
    old.write_bytes(before)


def test_a_picture_that_the_format_cannot_hold_is_an_output_error(tmp_path: Path) -> None:
    image = np.zeros((1, 20_000, 3), dtype=np.float32)
    with pytest.raises(OutputError, match="PNG"):
        save_image(tmp_path / "a.webp", image)
    assert list(tmp_path.iterdir()) == []


# Settings


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_settings_are_read_back_in_every_format(tmp_path: Path, suffix: str) -> None:
    path = save_image(tmp_path / f"a{suffix}", picture(), settings=SETTINGS)
    assert read_settings(path) == SETTINGS
    assert read_settings(str(path)) == SETTINGS
    assert read_settings(save_image(path, picture(), settings={})) == {}
    assert read_settings(save_image(path, picture())) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
@given(stored=st.dictionaries(st.text(), json_values, max_size=4))
def test_any_settings_are_read_back(tmp_path: Path, suffix: str, stored: dict[str, object]) -> None:
    path = save_image(tmp_path / f"a{suffix}", picture(16, 16), settings=stored)
    assert read_settings(path) == stored


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".png"])
def test_other_programs_see_the_settings_and_who_wrote_them(tmp_path: Path, suffix: str) -> None:
    path = save_image(tmp_path / f"a{suffix}", picture(), settings=SETTINGS)
    with Image.open(path) as image:
        if suffix == ".png":
            software, text = image.info["Software"], image.info["stylelab"]
        else:
            exif = image.getexif()
            software = exif[ExifTags.Base.Software]
            text = exif[ExifTags.Base.ImageDescription]
    assert software == "stylelab"
    assert json.loads(text) == SETTINGS
    if suffix == ".png":
        assert b"iTXtstylelab\0" in path.read_bytes()


def test_settings_of_other_types_are_stored_as_numbers_or_text(tmp_path: Path) -> None:
    given = {"path": Path("a") / "b.jpg", "size": np.int64(5), "weight": np.float32(0.5), "t": (1,)}
    path = save_image(tmp_path / "a.png", picture(), settings=given)
    assert read_settings(path) == {"path": str(Path("a/b.jpg")), "size": 5, "weight": 0.5, "t": [1]}


def test_settings_that_json_cannot_hold_are_refused_before_writing(old: Path) -> None:
    circle: dict[str, object] = {}
    circle["circle"] = circle
    for unusable in (circle, {(1, 2): 3}):
        with pytest.raises(SettingsError, match="Received"):
            save_image(old, picture(), settings=unusable)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    ["", "no JSON", "[1]", "3", "null", '"text"', "{", "[" * 100_000, '{"a": ' + "9" * 9000 + "}"],
)
def test_unexpected_text_in_our_metadata_field_is_not_settings(tmp_path: Path, text: str) -> None:
    image = Image.new("RGB", (16, 16))
    info = PngInfo()
    info.add_itxt("stylelab", text)
    image.save(tmp_path / "a.png", pnginfo=info)
    assert read_settings(tmp_path / "a.png") is None
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "stylelab"
    exif[ExifTags.Base.ImageDescription] = text
    image.save(tmp_path / "a.tif", exif=exif)
    assert read_settings(tmp_path / "a.tif") is None


def test_a_description_by_another_program_is_not_settings(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "camera"
    exif[ExifTags.Base.ImageDescription] = '{"a": 1}'
    Image.new("RGB", (16, 16)).save(tmp_path / "a.jpg", exif=exif)
    assert read_settings(tmp_path / "a.jpg") is None
    Image.new("RGB", (16, 16)).save(tmp_path / "a.gif", comment="stylelab")
    assert read_settings(tmp_path / "a.gif") is None


def test_reading_settings_requires_a_picture(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_bytes(b"no picture")
    for name in ("missing.png", "text.png", "", "a\0.png"):
        with pytest.raises(PictureError, match="Received"):
            read_settings(tmp_path / name)


def make_saved(suffix: str) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = "stylelab"
    exif[ExifTags.Base.ImageDescription] = json.dumps(SETTINGS)
    info = PngInfo()
    info.add_itxt("stylelab", json.dumps(SETTINGS))
    buffer = BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, suffix, exif=exif, pnginfo=info)
    return buffer.getvalue()


SAVED = {file_format: make_saved(file_format) for file_format in ("PNG", "JPEG", "WEBP", "TIFF")}


@pytest.mark.parametrize("file_format", SAVED)
@settings(max_examples=3 * settings().max_examples)
@given(data=st.data())
def test_damaged_files_give_settings_none_or_an_error(
    tmp_path: Path, file_format: str, data: st.DataObject
) -> None:
    sound = SAVED[file_format]
    damaged = bytearray(sound[: data.draw(st.integers(len(sound) // 4, len(sound)))])
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    (tmp_path / "damaged").write_bytes(bytes(damaged))
    try:
        found = read_settings(tmp_path / "damaged")
    except PictureError:
        return
    assert found is None or isinstance(found, dict)
