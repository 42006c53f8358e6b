import base64
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

import stylelab as sl
from stylelab.errors import PictureError
from stylelab.panels.studio.picture_choice import (
    Choices,
    PictureChoice,
    choice_from_file,
    choice_from_sample,
    choice_from_source,
)
from stylelab.panels.studio.thumbnails import (
    HEIGHT,
    WIDTH,
    sample_thumbnail,
    thumbnail,
    thumbnail_item,
)
from stylelab.panels.studio.uploads import MAX_SIDE
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import Picture, cover, load_image, resize_to
from stylelab.rights.reading import read_rights
from stylelab.samples.catalogue import SAMPLES, sample


def file_of(picture: Picture, kind: str = "PNG", author: str = "") -> bytes:
    buffer, exif = BytesIO(), Image.Exif()
    if author:
        exif[ExifTags.Base.Artist] = author
        exif[ExifTags.Base.Copyright] = "CC BY 4.0"
    Image.fromarray(to_uint8(picture)).save(buffer, kind, exif=exif)
    return buffer.getvalue()


def run_expression(expression: str, **variables: Any) -> Any:
    """The value of exported code, as it runs in a notebook with these variables."""
    return eval(expression, {"sl": sl, "np": np} | variables)  # noqa: S307 - readers run it


def given_choice(source: Any, name: str = "") -> PictureChoice:
    choice = choice_from_source(source, name=name, role="photo")
    assert isinstance(choice, PictureChoice)
    return choice


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder, empty at first."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def choices() -> Choices:
    return Choices.of_samples("photo", "cat")


def keys(choices: Choices) -> list[str]:
    return [choice.key for choice in choices.all]


def test_photographs_are_listed_as_photos_and_painted_styles_as_paintings() -> None:
    by_kind = {
        kind: [each.name for each in SAMPLES.values() if each.kind == kind]
        for kind in ("photograph", "painted")
    }
    assert keys(Choices.of_samples("photo", "cat")) == by_kind["photograph"]
    assert keys(Choices.of_samples("painting", "woodcut_waves")) == by_kind["painted"]


def test_a_sample_is_loaded_when_it_is_chosen(choices: Choices) -> None:
    np.testing.assert_array_equal(choices.choice.load(), sample("cat"))
    choices = choices.choose("coffee")
    np.testing.assert_array_equal(choices.choice.load(), sample("coffee"))
    assert choices.choice.expression == 'sl.sample("coffee")'
    assert choices.choice.file is None
    assert choices.choice.is_ready


def test_a_shared_sample_cannot_be_written_to(choices: Choices) -> None:
    with pytest.raises(ValueError, match="read-only"):
        choices.choice.load()[0, 0] = 0


def test_a_painting_can_serve_as_the_photo() -> None:
    choices = Choices.of_samples("photo", "woodcut_waves")
    assert keys(choices)[0] == choices.chosen == "woodcut_waves"


def test_a_given_picture_comes_first_and_is_chosen(photo: Picture) -> None:
    mine = given_choice(photo, "holiday")
    choices = Choices.of_samples("photo", mine)
    assert choices.all[0] is choices.choice is mine
    assert len(choices.all) == 1 + len(Choices.of_samples("photo", "cat").all)


def test_an_added_file_comes_first_and_is_chosen_by_its_key(
    choices: Choices, photo: Picture
) -> None:
    added, key = choices.add(choice_from_file("my holiday.png", file_of(photo)))
    assert added.chosen == "cat"
    added = added.choose(key)
    assert added.choice.name == "my holiday"
    assert keys(added) == [key, *keys(choices)]
    np.testing.assert_allclose(added.choice.load(), photo, atol=1 / 255)
    assert len(choices.all) == len(added.all) - 1  # those before are as they were


def test_files_of_one_name_are_several_choices(choices: Choices, photo: Picture) -> None:
    before = len(choices.all)
    for value in (photo, 1 - photo, 0 * photo):
        choices, key = choices.add(choice_from_file("a.png", file_of(value)))
        choices = choices.choose(key)
        np.testing.assert_allclose(choices.choice.load(), value, atol=1 / 255)
    assert len(set(keys(choices))) == len(keys(choices)) == before + 3


def test_a_sample_is_added_by_name_once(choices: Choices) -> None:
    assert choices.add("coffee") == (choices, "coffee")
    added, key = choices.add("stained_glass")
    assert keys(added) == ["stained_glass", *keys(choices)]
    assert added.choose(key).choice.code == 'sl.sample("stained_glass")'


def test_an_unknown_choice_is_ignored(choices: Choices) -> None:
    assert choices.choose("no such") is choices
    assert choices.with_thumbnail("no such", b"") is choices


def test_another_picture_in_its_place_keeps_key_and_order(choices: Choices, photo: Picture) -> None:
    choices, key = choices.add(choice_from_file("a.png", file_of(photo)))
    edited = choices.choose(key).choice.rotated()
    replaced = choices.replace(edited)
    assert keys(replaced) == keys(choices)
    assert replaced.find(key) is edited


def test_only_pictures_of_the_reader_can_be_removed(choices: Choices, photo: Picture) -> None:
    assert choices.remove("cat") is choices
    assert choices.remove("no such") is choices
    added, key = choices.add(choice_from_file("a.png", file_of(photo)))
    assert added.remove(key).chosen == "cat"
    left = added.choose(key).remove(key)
    assert keys(left) == keys(choices)
    assert left.chosen == left.choice.key == keys(left)[0]
    alone = replace(added, all=added.all[:1], chosen=key)
    assert alone.remove(key) is alone  # there is always one to choose


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n broken"],
    ids=["empty", "text", "broken"],
)
def test_an_invalid_file_is_refused_with_its_name(data: bytes) -> None:
    with pytest.raises(PictureError, match=r"^Expected.*'notes\.txt'"):
        choice_from_file("notes.txt", data)


def test_a_damaged_file_is_refused(photo: Picture) -> None:
    with pytest.raises(PictureError, match="cannot be read"):
        choice_from_file("half.png", file_of(photo)[:400])


def test_arguments_of_a_cell_become_choices(photo: Picture, tmp_path: Path) -> None:
    assert choice_from_source("cat", name="", role="photo") == "cat"
    holiday = given_choice(photo, "holiday")
    assert (holiday.name, holiday.expression, holiday.file) == ("holiday", "holiday", None)
    np.testing.assert_array_equal(holiday.load(), photo)
    path = tmp_path / "beach.png"
    path.write_bytes(file_of(photo))
    beach = given_choice(path, "path")
    assert (beach.name, beach.file) == ("beach", None)
    assert not beach.is_own
    np.testing.assert_array_equal(run_expression(beach.expression), beach.load())
    with pytest.raises(PictureError, match="no file"):
        given_choice("not there.png")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("kind", ["array", "uint8", "grey", "Pillow", "bytes"])
def test_code_of_an_argument_gives_its_picture_to_the_last_bit(
    photo: Picture, kind: str, named: bool
) -> None:
    source: Any = {
        "array": photo,
        "uint8": to_uint8(photo),
        "grey": photo[..., 0],
        "Pillow": Image.fromarray(to_uint8(photo)),
        "bytes": file_of(photo, "JPEG"),
    }[kind]
    choice = given_choice(source, "holiday" if named else "")
    if choice.file is not None:
        choice.file.write()
    else:
        assert named
    picture = run_expression(choice.expression, holiday=source)
    np.testing.assert_array_equal(load_image(picture), choice.load())


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_code_of_an_uploaded_file_reads_its_picture_and_rights(photo: Picture, kind: str) -> None:
    data = file_of(photo, kind, author="Ada")
    choice = choice_from_file(f"harbour.{kind.lower()}", data)
    assert choice.file is not None
    assert choice.file.write().read_bytes() == data
    np.testing.assert_array_equal(run_expression(choice.expression), choice.load())
    assert choice.input_rights is not None
    assert choice.input_rights.author == "Ada"
    assert run_expression(choice.file_rights) == choice.input_rights == read_rights(data)
    assert choice.is_own
    assert choice_from_file("harbour.png", file_of(photo)).file_rights == ""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("side", [MAX_SIDE, MAX_SIDE + 300])
def test_a_large_picture_is_held_smaller_and_its_code_reads_it_as_it_is_held(
    photo: Picture, side: int
) -> None:
    data = file_of(resize_to(photo, 64, side), author="Ada")
    Path("wide.png").write_bytes(data)
    uploaded, on_disk = choice_from_file("wide.png", data), given_choice("wide.png")
    assert uploaded.file is not None
    uploaded.file.write()
    for choice in (uploaded, on_disk):
        assert max(choice.load().shape) == MAX_SIDE
        assert ("size=" in choice.expression) == (side > MAX_SIDE)
        np.testing.assert_array_equal(run_expression(choice.expression), choice.load())
        assert run_expression(choice.file_rights) == choice.input_rights == read_rights(data)


@pytest.mark.usefixtures("folder")
def test_a_turned_picture_has_a_file_of_its_own(photo: Picture) -> None:
    data = file_of(photo, author="Ada")
    choice = choice_from_file("harbour.png", data)
    turned = choice.rotated()
    np.testing.assert_array_equal(turned.load(), choice.load()[::-1].transpose(1, 0, 2))
    assert turned.name == "harbour, turned"
    assert turned.rotated().name == "harbour, turned"
    assert turned.input_rights == choice.input_rights  # it is still Ada's
    assert turned.thumbnail == thumbnail(turned.load())
    paths = set()
    for each in (turned, turned.rotated(), turned.rotated().rotated()):
        assert each.file is not None
        paths.add(each.file.write())
        np.testing.assert_array_equal(run_expression(each.expression), each.load())
    assert len(paths) == 3
    back = turned.rotated().rotated().rotated()
    np.testing.assert_array_equal(back.load(), choice.load())


@pytest.mark.usefixtures("folder")
def test_a_cropped_picture_is_the_part_between_the_fractions(photo: Picture) -> None:
    choice = choice_from_file("harbour.png", file_of(resize_to(photo, 40, 60)))
    part = choice.cropped(0.25, 0.1, 0.75, 0.6)
    np.testing.assert_array_equal(part.load(), choice.load()[10:30, 6:36])
    assert (part.key, part.name, part.is_own) == (choice.key, "harbour, cropped", True)
    assert part.file is not None
    part.file.write()
    np.testing.assert_array_equal(run_expression(part.expression), part.load())
    for too_small in ((0.25, 0, 0.5, 1), (0.75, 0, 0.25, 1), (1, 1, 1, 1)):
        with pytest.raises(PictureError, match="Take a larger part"):
            choice.cropped(*too_small)


def test_every_picture_shown_has_a_thumbnail_of_one_size(photo: Picture) -> None:
    choices, _ = Choices.of_samples("painting", "stained_glass").add(
        choice_from_file("wide.png", file_of(photo[:20]))
    )
    bare = [choice.key for choice in choices.all if not choice.thumbnail]
    assert bare == [each.name for each in SAMPLES.values() if each.kind == "painted"]
    for key in bare:
        choices = choices.with_thumbnail(key, sample_thumbnail(key))
    assert keys(choices)[1:] == bare
    for choice in choices.all:
        item = thumbnail_item(choice.key, choice.name, choice.thumbnail, title=choice.title)
        opened = Image.open(BytesIO(base64.b64decode(item["thumbnail"])))
        assert opened.size == (WIDTH, HEIGHT)
        assert item["name"]
        assert item["title"]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_thumbnail_shows_the_sample(name: str) -> None:
    small = load_image(Image.open(BytesIO(sample_thumbnail(name))))
    assert small.shape == (HEIGHT, WIDTH, 3)
    now = cover(sample(name, size=2 * WIDTH), HEIGHT, WIDTH)
    # Styles are painted again, with strokes as large in pixels as in the large picture: only the
    # colours of large parts are the same.
    assert np.abs(resize_to(small, 3, 4) - resize_to(now, 3, 4)).max() < 0.3


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_names_its_author_and_licence(name: str) -> None:
    choice = choice_from_sample(name)
    assert SAMPLES[name].author in choice.title
    assert SAMPLES[name].licence in choice.title
    assert choice.input_rights is not None
    assert choice.input_rights.author == SAMPLES[name].author
