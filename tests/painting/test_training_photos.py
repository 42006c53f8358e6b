"""Photographs to train on: where they come from, and what is cut out of them."""

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylelab.errors import PictureError
from stylelab.painting.training_photos import (
    SAMPLE_PHOTOS,
    CropStream,
    TrainingPhotos,
    find_photos,
    random_crop,
)
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image


@pytest.fixture
def folder(tmp_path: Path, photo: Picture) -> Path:
    """Two photos, one of them in a folder in the folder, a damaged one, and a letter."""
    (tmp_path / "town" / "old").mkdir(parents=True)
    save_image(tmp_path / "town" / "b.png", photo)
    save_image(tmp_path / "town" / "old" / "a.jpg", photo)
    (tmp_path / "town" / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    (tmp_path / "town" / "letter.txt").write_text("Dear reader")
    (tmp_path / "town" / ".hidden.png").write_text("")
    return tmp_path / "town"


def first(stream: CropStream, count: int, start: int = 0) -> Any:
    return np.stack([*islice(stream.batches(start), count)])


def test_without_photos_the_samples_are_taken() -> None:
    photos = find_photos()
    assert tuple(photos.sources) == SAMPLE_PHOTOS
    assert "cat" in photos.sources
    assert "swirling_night" not in photos.sources
    assert photos.read_rights()["cat"].licence == "CC0 1.0"


def test_a_folder_is_searched_for_pictures_in_the_order_of_their_names(folder: Path) -> None:
    assert [*find_photos(folder).sources] == ["town/b.png", "town/c.png", "town/old/a.jpg"]


def test_photos_of_all_kinds_are_taken_together(folder: Path, photo: Picture) -> None:
    photos = find_photos(["cat", photo, folder / "b.png", str(folder)])
    names = ["cat", "picture 2", "b.png", "town/b.png", "town/c.png", "town/old/a.jpg"]
    assert [*photos.sources] == names


def test_two_files_of_one_name_are_two_photos(folder: Path, photo: Picture) -> None:
    other = save_image(folder / "old" / "b.png", photo)
    assert [*find_photos([folder / "b.png", other]).sources] == ["b.png", str(other)]


def test_a_bad_file_is_named_and_left_out(folder: Path) -> None:
    photos = find_photos(folder)
    crops = first(CropStream(photos, 32, 4, 0), 4)
    assert crops.shape == (4, 4, 32, 32, 3)
    assert list(photos.skipped) == ["town/c.png"]
    assert "c.png" in photos.skipped["town/c.png"]


def test_rights_are_read_from_sidecars_and_a_bad_file_has_none(folder: Path) -> None:
    (folder / "b.png.rights.toml").write_text('author = "A. Reader"\n')
    rights = find_photos(folder).read_rights()
    assert rights["town/b.png"].author == "A. Reader"
    assert rights["town/c.png"].facts() == {}


def test_the_seed_decides_the_crops(photo: Picture) -> None:
    photos = find_photos(photo)
    crops = first(CropStream(photos, 32, 2, 7), 3)
    assert np.array_equal(crops, first(CropStream(photos, 32, 2, 7), 3))
    assert not np.array_equal(crops, first(CropStream(photos, 32, 2, 8), 3))
    assert len({one.tobytes() for one in crops.reshape(-1, 32, 32, 3)}) == 6


def test_a_stream_may_begin_anywhere(photo: Picture) -> None:
    stream = CropStream(find_photos(photo), 32, 2, 0)
    assert np.array_equal(first(stream, 2, start=3), first(stream, 5)[3:])


def test_the_dataset_has_the_same_batches(photo: Picture) -> None:
    stream = CropStream(find_photos(photo), 32, 2, 0)
    found = [batch.numpy() for batch in islice(stream.tensors(1), 3)]
    assert np.array_equal(found, first(stream, 3, start=1))


def test_a_crop_is_a_part_of_the_photo_mirrored_or_in_other_colours(
    photo: Picture, random: np.random.Generator
) -> None:
    """A photo whose channels are places: the order of the places tells what was done."""
    rows, columns = np.mgrid[:60, :80]
    places = np.stack([100 + rows, 100 + columns, np.full((60, 80), 200)], -1).astype(np.uint8)
    mirrored, permuted = set(), set()
    for _ in range(120):
        crop = random_crop(places, 24, random)
        assert crop.shape == (24, 24, 3)
        assert crop.dtype == np.float32
        assert 0 <= crop.min() <= crop.max() <= 1
        varies = [
            tuple(np.ptp(crop[..., c], axis=axis).max() > 0.01 for axis in (0, 1)) for c in range(3)
        ]
        assert sorted(varies) == [(False, False), (False, True), (True, False)]
        permuted.add(tuple(varies))
        across = crop[..., varies.index((False, True))]
        mirrored.add(bool(across[0, 0] > across[0, -1]))
    assert mirrored == {True, False}
    assert len(permuted) == 6
    assert random_crop(to_uint8(photo), 32, random).shape == (32, 32, 3)


@pytest.mark.parametrize("shape", [(16, 400), (400, 16), (16, 16)])
def test_a_narrow_photo_gives_crops_too(
    random: np.random.Generator, shape: tuple[int, int]
) -> None:
    photo = random.integers(0, 256, (*shape, 3), np.uint8)
    assert random_crop(photo, 32, random).shape == (32, 32, 3)


@pytest.mark.parametrize(
    ("photos", "words"),
    [([], "none"), ("no_such_file.jpg", "no file"), (["cat", "nowhere/"], "no file")],
)
def test_missing_photos_are_refused(photos: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        find_photos(photos)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="in which no file is named as a picture"):
        find_photos(tmp_path)


def test_if_no_photo_can_be_read_the_first_reason_is_told(folder: Path) -> None:
    bad = folder / "c.png"
    photos = TrainingPhotos({"c.png": bad}, {})
    with pytest.raises(PictureError, match=r"none of which can; the first is c\.png"):
        next(CropStream(photos, 32, 1, 0).batches())
    with pytest.raises(PictureError, match=r"none of which can; the first is c\.png"):
        next(CropStream(photos, 32, 1, 0).tensors())
