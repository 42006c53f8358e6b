from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.panels.studio.file_names import free_file_name


def test_the_suggested_name_is_unused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ("cat", "swirling night")
    for number in (1, 2, 3):
        name = f"stylelab_cat_swirling_night_{number}.png"
        assert free_file_name(parts, folder=tmp_path) == name
        (tmp_path / name).touch()
    assert free_file_name(parts, ".webp", tmp_path) == "stylelab_cat_swirling_night_1.webp"
    monkeypatch.chdir(tmp_path)
    assert free_file_name(parts) == "stylelab_cat_swirling_night_4.png"


def test_folders_of_that_name_are_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "stylelab_runs_1.zip").mkdir()
    assert free_file_name(("runs",), ".zip", tmp_path) == "stylelab_runs_2.zip"


def test_the_suggested_name_is_valid_for_files(tmp_path: Path) -> None:
    names = ("../a:b/ü?", "...")
    assert free_file_name(names, folder=tmp_path) == "stylelab_a_b_ü_picture_1.png"


@given(st.lists(st.text(st.characters(codec=None), max_size=300), min_size=1, max_size=3))
def test_pictures_of_any_names_can_be_saved(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / free_file_name(names, folder=tmp_path)
    assert path.parent == tmp_path
    assert path.name.isprintable()
    assert not path.exists()
    path.touch()


def test_the_longest_names_are_short_enough(tmp_path: Path) -> None:
    path = tmp_path / free_file_name(["𐌰" * 200] * 3, folder=tmp_path)
    path.touch()
    assert len(path.name.encode()) < 255
