import base64
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from browser_message import send
from PIL import Image
from stylelab.panels.studio.picture_chooser import PictureChoice, PictureChooser, choice_from_source

from stylelab.errors import PictureError
from stylelab.panels.studio.thumbnails import HEIGHT, WIDTH, sample_thumbnail, thumbnail
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import Picture, cover, load_image, resize_to
from stylelab.samples.catalogue import SAMPLES, sample


def file_of(picture: Picture, kind: str = "PNG") -> bytes:
    buffer = BytesIO()
    Image.fromarray(to_uint8(picture)).save(buffer, kind)
    return buffer.getvalue()


def keys(chooser: PictureChooser) -> list[str]:
    return [choice["key"] for choice in chooser.choices]


def drop(chooser: PictureChooser, name: str, data: bytes) -> None:
    """What the browser sends when a file is dropped."""
    send(chooser, {"file": name}, data)


def test_photographs_are_listed_as_photos_and_painted_styles_as_paintings() -> None:
    by_kind = {
        kind: [each.name for each in SAMPLES.values() if each.kind == kind]
        for kind in ("photograph", "painted")
    }
    assert keys(PictureChooser("photo", "cat")) == by_kind["photograph"]
    assert keys(PictureChooser("painting", "woodcut_waves")) == by_kind["painted"]


def test_a_sample_is_loaded_when_it_is_chosen() -> None:
    chooser = PictureChooser("photo", "cat")
    np.testing.assert_array_equal(chooser.picture, sample("cat"))
    chooser.chosen = "coffee"
    np.testing.assert_array_equal(chooser.picture, sample("coffee"))
    assert chooser.choice.code == 'sl.sample("coffee")'


def test_a_painting_can_serve_as_the_photo() -> None:
    chooser = PictureChooser("photo", "woodcut_waves")
    assert keys(chooser)[0] == chooser.chosen == "woodcut_waves"


def test_a_dropped_file_comes_first_and_is_chosen(photo: Picture) -> None:
    chooser = PictureChooser("photo", "cat")
    drop(chooser, "my holiday.png", file_of(photo))
    assert chooser.choice.name == "my holiday"
    assert keys(chooser)[0] == chooser.chosen
    np.testing.assert_allclose(chooser.picture, photo, atol=1 / 255)
    assert chooser.choice.code == '"my holiday.png"'


def test_two_files_of_one_name_are_two_choices(photo: Picture) -> None:
    chooser = PictureChooser("photo", "cat")
    drop(chooser, "a.png", file_of(photo))
    drop(chooser, "a.png", file_of(1 - photo))
    assert len(set(keys(chooser))) == len(keys(chooser)) == 9
    np.testing.assert_allclose(chooser.picture, 1 - photo, atol=1 / 255)


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture at all", b"\x89PNG\r\n\x1a\n broken"],
    ids=["empty", "text", "broken"],
)
def test_an_invalid_picture_shows_a_message_and_keeps_the_choice(data: bytes) -> None:
    chooser = PictureChooser("photo", "cat")
    drop(chooser, "notes.txt", data)
    assert "'notes.txt'" in chooser.notice
    assert chooser.notice.startswith("Expected")
    assert chooser.chosen == "cat"
    drop(chooser, "cat.png", file_of(sample("cat", 32)))
    assert chooser.notice == ""


def test_a_damaged_picture_shows_a_message(photo: Picture) -> None:
    chooser = PictureChooser("photo", "cat")
    drop(chooser, "half.png", file_of(photo)[:400])
    assert "cannot be read" in chooser.notice
    assert chooser.chosen == "cat"


def test_an_unknown_choice_is_ignored() -> None:
    chooser = PictureChooser("photo", "cat")
    chooser.chosen = "no such"
    assert chooser.chosen == "cat"


def test_arrays_and_paths_become_choices(photo: Picture, tmp_path: Path) -> None:
    assert choice_from_source("cat", name="", role="photo") == "cat"
    given = choice_from_source(photo, name="holiday", role="photo")
    assert isinstance(given, PictureChoice)
    assert (given.name, given.code) == ("holiday", "holiday")
    np.testing.assert_array_equal(given.load(), photo)
    path = tmp_path / "beach.png"
    path.write_bytes(file_of(photo))
    from_file = choice_from_source(path, name="path", role="photo")
    assert isinstance(from_file, PictureChoice)
    assert from_file.name == "beach"
    np.testing.assert_array_equal(load_image(eval(from_file.code)), from_file.load())  # noqa: S307
    with pytest.raises(PictureError, match="no file"):
        choice_from_source("not there.png", name="", role="photo")


def test_every_picture_shown_has_a_thumbnail_of_one_size(photo: Picture) -> None:
    chooser = PictureChooser("painting", "stained_glass")
    drop(chooser, "wide.png", file_of(photo[:20]))
    while chooser.prepare_samples():
        pass
    for choice in chooser.choices:
        opened = Image.open(BytesIO(base64.b64decode(choice["thumbnail"])))
        assert opened.size == (WIDTH, HEIGHT)
        assert choice["name"]
        assert choice["title"]


def test_samples_are_prepared_starting_with_the_chosen_picture() -> None:
    chooser = PictureChooser("painting", "stained_glass")
    bare = [choice["key"] for choice in chooser.choices if not choice["thumbnail"]]
    assert bare == [each.name for each in SAMPLES.values() if each.kind == "painted"]
    assert chooser.prepare_samples()
    assert chooser.choice.thumbnail == thumbnail(sample("stained_glass"))
    for left in range(len(bare) - 2, -1, -1):
        assert chooser.prepare_samples()
        assert sum(not choice["thumbnail"] for choice in chooser.choices) == left
    assert not chooser.prepare_samples()


def test_a_picture_added_while_samples_are_prepared_is_kept(photo: Picture) -> None:
    chooser = PictureChooser("painting", "stained_glass")
    drop(chooser, "mine.png", file_of(photo))
    while chooser.prepare_samples():
        pass
    assert chooser.choices[0]["name"] == "mine"
    assert len(chooser.choices) == 1 + sum(each.kind == "painted" for each in SAMPLES.values())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_thumbnail_shows_the_sample(name: str) -> None:
    small = load_image(Image.open(BytesIO(sample_thumbnail(name))))
    assert small.shape == (HEIGHT, WIDTH, 3)
    now = cover(sample(name, size=2 * WIDTH), HEIGHT, WIDTH)
    # Styles are painted again, with strokes as large in pixels as in the large picture: only the
    # colours of large parts are the same.
    assert np.abs(resize_to(small, 3, 4) - resize_to(now, 3, 4)).max() < 0.3
