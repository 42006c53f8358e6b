"""Pictures of a batch: by file, folder, pattern, list and table, and what is wrong with which."""

import os
from pathlib import Path

import numpy as np
import pytest

from stylelab.batches.sources import PictureFinder
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image


@pytest.fixture
def town(tmp_path: Path, photo: Picture) -> Path:
    """Two photos, one of them deeper, results of an earlier batch, a damaged file and a letter."""
    folder = tmp_path / "town"
    for name in ("b.png", "old/a.png", "results/one/picture.png"):
        save_image(folder / name, photo, make_folders=True)
    (folder / "c.png").write_bytes(b"no picture")
    (folder / "letter.txt").write_text("Dear reader")
    return folder


def find(folder: Path, given: object) -> tuple[list[str], list[str]]:
    finder = PictureFinder(Path(), folder / "results")
    return [one.picture.name for one in finder.photos(given)], [*finder.faults.values()]


def test_a_folder_gives_its_pictures_without_the_results(town: Path) -> None:
    names, faults = find(town, town)
    assert names == [str(town / "b.png"), str(town / "old" / "a.png")]
    assert len(faults) == 1
    assert str(town / "c.png") in faults[0]


def test_a_pattern_a_sample_and_an_array_can_be_listed_together(town: Path, photo: Picture) -> None:
    names, faults = find(town, [str(town / "old" / "*.png"), "cat", photo, town / "b.png"])
    assert names[:2] == [str(town / "old" / "a.png"), "cat"]
    assert names[2].startswith("picture_")
    assert names[3:] == [str(town / "b.png")]
    assert not faults


def test_a_file_with_signs_of_a_pattern_is_taken_by_its_name(town: Path, photo: Picture) -> None:
    for name in ("[a]*?.png", "ünï 'q\" ~$.png", "new\nline.png", "-o.png", "a,weight=2.png"):
        save_image(town / name, photo)
        assert find(town, str(town / name)) == ([str(town / name)], [])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_every_hostile_input_is_named_and_none_is_waited_for(town: Path) -> None:
    os.mkfifo(town / "pipe.png")
    (town / "folder.png").mkdir()
    (town / "loop.png").symlink_to("loop.png")
    (town / "empty.png").touch()
    (town / "nobody").mkdir()
    given = [town / name for name in ("pipe.png", "loop.png", "empty.png", "nobody", "missing.png")]
    names, faults = find(town, [*given, town / "*.gif", "catt", "http://example.org/a.png", "\0"])
    assert names == []
    assert len(faults) == 9
    assert "the sample 'cat'" in faults[6]


def test_styles_are_paintings_or_lists_that_share_one(town: Path, photo: Picture) -> None:
    finder = PictureFinder(Path(), town / "results")
    styles = finder.styles([town / "b.png", ["cat", photo], town, ["cat", "missing.png"], []])
    assert [len(one) for one in styles] == [1, 2, 1, 1]
    assert [one.name for one in styles[2]] == [str(town / "b.png")]
    assert len(finder.faults) == 2


def test_a_picture_has_its_shape_and_digest(town: Path, photo: Picture) -> None:
    finder = PictureFinder(Path(), town / "results")
    first, second = (finder.picture(town / name) for name in ("b.png", "old/a.png"))
    array = finder.picture(np.array(photo))
    assert first is not None
    assert second is not None
    assert array is not None
    assert first.digest == second.digest != array.digest
    assert first.shape == second.shape == array.shape == photo.shape[:2]


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_table_gives_each_photo_its_painting_and_settings(town: Path, separator: str) -> None:
    rows = [
        ["photo", "painting", "size", "start", "style_layers"],
        ["b.png", "", "64", "noise", ""],
        ["old/a.png", "cat", "", "", '["block1_conv1"]'],
        ["c.png", "", "", "", ""],
        ["b.png", "missing.png", "", "", ""],
    ]
    if separator == ",":
        rows[2][-1] = '"[""block1_conv1""]"'
    text = "\n".join(separator.join(row) for row in rows)
    (town / "table.csv").write_text(f"\ufeff{text}", "utf-8")
    finder = PictureFinder(Path(), town / "results")
    first, second = finder.photos(town / "table.csv")
    assert first.picture.name == str(town / "b.png")
    assert first.painting is None
    assert first.settings == {"size": 64, "start": "noise"}
    assert second.painting is not None
    assert second.painting.name == "cat"
    assert second.settings == {"style_layers": ["block1_conv1"]}
    lines = [fault.partition(": ")[0] for fault in finder.faults.values()]
    assert lines == [f"{town / 'table.csv'}, line {number}" for number in (4, 5)]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "line 1: Expected a column 'photo'"), (b"a,b\n1,2", "a, b"), (b"\xff\xfe", "UTF-8")],
)
def test_a_table_without_photos_is_a_fault(town: Path, content: bytes, words: str) -> None:
    (town / "table.csv").write_bytes(content)
    names, faults = find(town, town / "table.csv")
    assert names == []
    assert len(faults) == 1
    assert words in faults[0]


def test_a_table_gives_masks_and_starts_as_pictures(town: Path) -> None:
    (town / "table.csv").write_text(
        "photo,keep,start\n"
        "b.png,old/a.png,cat\n"
        "b.png,old/a.png,content\n"
        "b.png,missing.png,\n"
        "b.png,,nois\n"
    )
    finder = PictureFinder(Path(), town / "results")
    first, second = finder.photos(town / "table.csv")
    assert first.keep is not None
    assert first.keep.name == str(town / "old" / "a.png")
    assert first.settings["start"].name == "cat"
    assert second.settings == {"start": "content"}
    lines = [fault.partition(": ")[0] for fault in finder.faults.values()]
    assert lines == [f"{town / 'table.csv'}, line {number}" for number in (4, 5)]
