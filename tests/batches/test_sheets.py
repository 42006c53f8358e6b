"""Contact sheets of a batch, and the grid of two settings: each picture in its place."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from job_records import make_record, make_sweep

from stylelab.batches import sheets
from stylelab.batches.sheets import describe_jobs, make_grid, make_sheets
from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.contact_sheet import shorten_line
from stylelab.pictures.images import Picture, load_image


def places(image: Picture, shade: float) -> tuple[float, float]:
    """Middle of the area of a gray, as row and column."""
    rows, columns = np.nonzero(np.abs(image - shade).max(axis=-1) < 0.003)
    return float(rows.mean()), float(columns.mean())


def test_a_grid_has_each_picture_in_its_row_and_column(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, style_weight=[3, 10, 30], seed=[0, 1])
    image = make_grid(records[::-1], "style_weight", "seed", size=48).image
    found = np.array([places(image, shade) for shade in np.linspace(0.1, 0.8, 6)])[::-1]
    middles = found.reshape(3, 2, 2)  # rows and columns are in the order of the records
    assert np.ptp(middles[..., 0], axis=1) == pytest.approx([0] * 3, abs=0.6)
    assert np.ptp(middles[..., 1], axis=0) == pytest.approx([0] * 2, abs=0.6)
    assert (np.diff(middles[..., 0], axis=0) >= 24).all()
    assert (np.diff(middles[..., 1], axis=1) >= 36).all()


def test_a_grid_says_both_settings_and_all_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = make_sweep(tmp_path, style_weight=[3, 0.5], seed=[0, 11])
    written: list[str] = []

    def note(text: str, *how: Any) -> str:
        written.append(text)
        return shorten_line(text, *how)

    monkeypatch.setattr(sheets, "shorten_line", note)
    grid = make_grid(records, "style_weight", "seed", size=48)
    assert set(written) == {"style weight", "3", "0.5", "seed", "0", "11"}
    assert grid.alt == (
        "Grid of 4 pictures: style weight 3, 0.5 from top to bottom, seed 0, 11 from left to right."
    )
    bundle, metadata = grid._repr_mimebundle_()
    assert f'alt="{grid.alt}"' in bundle["text/html"]
    assert metadata == {"image/png": {"alt": grid.alt}}
    np.testing.assert_allclose(load_image(grid.save(tmp_path / "a.png")), grid.image, atol=0.003)


def test_jobs_without_a_picture_leave_their_cell_empty(tmp_path: Path) -> None:
    records = [
        make_record(tmp_path, 0.3, seed=0),
        make_record(tmp_path, state="failed", seed=1),
        make_record(tmp_path, state="waiting", seed=2, style_weight=3),
    ]
    grid = make_grid(records, "style_weight", "seed", size=48)
    assert grid.alt.startswith("Grid of 1 picture: style weight 10, 3")
    assert places(grid.image, 0.3)


def test_what_else_differs_must_be_chosen(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, photo=["p/a.jpg", "p/b.jpg"], style_weight=[3, 30], seed=[0, 1])
    with pytest.raises(
        SettingsError, match=r"several, of photo a, b\. Choose one, as in photo='a'"
    ):
        make_grid(records, "style_weight", "seed")
    image = make_grid(records, "style_weight", "seed", photo="b", size=48).image
    assert places(image, 0.8)
    assert not (np.abs(image - 0.1).max(axis=-1) < 0.003).any()


@pytest.mark.parametrize(
    ("rows", "columns", "options", "words"),
    [
        ("weight", "seed", {}, "'weight'. There is: seed"),
        ("seed", "seed", {}, "two settings"),
        ("style_weight", "seed", {"size": 8}, "size"),
        ("style_weight", "seed", {"size": 40_000}, "smaller size"),
        ("style_weight", "seed", {"photo": "dog"}, "Expected photo as one of cat"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(
    rows: str, columns: str, options: dict[str, object], words: str, tmp_path: Path
) -> None:
    records = make_sweep(tmp_path, seed=[0, 1])
    with pytest.raises(SettingsError, match=words):
        make_grid(records, rows, columns, **options)  # type: ignore[arg-type]


def test_a_grid_of_no_jobs_is_refused() -> None:
    with pytest.raises(SettingsError, match="There is: nothing"):
        make_grid([], "seed", "style_weight")


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, seed=[0, 1])
    assert records[1].picture is not None
    records[1].picture.write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"picture\.png"):
        make_grid(records, "style_weight", "seed")


def test_each_photo_has_its_sheet_of_finished_pictures(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, photo=["p/a.jpg", "p/b.jpg"], seed=[0, 1])
    records.append(make_record(tmp_path, state="failed", photo="p/a.jpg", seed=2))
    found = make_sheets(records)
    assert list(found) == ["a", "b"]
    shades = np.linspace(0.1, 0.8, 4)
    for sheet, own, other in (
        (found["a"], shades[:2], shades[2:]),
        (found["b"], shades[2:], shades[:2]),
    ):
        assert all((np.abs(sheet - shade).max(axis=-1) < 0.003).sum() > 500 for shade in own)
        assert all((np.abs(sheet - shade).max(axis=-1) < 0.003).sum() < 50 for shade in other)
    assert list(make_sheets(records, by="seed")) == ["0", "1"]


def test_many_pictures_go_on_several_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MAX_ON_SHEET", 2)
    assert list(make_sheets(make_sweep(tmp_path, seed=range(5)))) == ["cat 1", "cat 2", "cat 3"]


def test_captions_say_what_differs_and_none_comes_twice(tmp_path: Path) -> None:
    records = make_sweep(tmp_path, photo=["p/a.jpg", "p/b.jpg"], style_weight=[0.5])
    captions = describe_jobs([*records, records[0]], ["photo", "style_weight"])
    plain = [caption.replace("\xa0", " ") for caption in captions]
    assert plain[:2] == ["a, style weight 0.5", "b, style weight 0.5"]
    assert plain[2] == f"{plain[0]} ({records[0].name[-4:]})"
