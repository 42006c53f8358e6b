"""Several pictures on one contact sheet: each in its cell, unchanged, with its caption."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.contact_sheet import caption_font, contact_sheet, wrap_text
from stylelab.pictures.icc_profiles import wide_gamut_profile
from stylelab.pictures.images import Picture, resize, validate_image

RED, BLUE = (0.9, 0.1, 0.2), (0.1, 0.2, 0.8)


def plain_image(colour: tuple[float, float, float], height: int = 40, width: int = 40) -> Picture:
    return np.tile(np.array(colour, np.float32), (height, width, 1))


def noise(height: int, width: int) -> Picture:
    return np.random.default_rng(height).random((height, width, 3), dtype=np.float32)


def find_colour(canvas: Picture, colour: tuple[float, float, float]) -> tuple[int, int, int, int]:
    """Rows and columns between which a colour stands."""
    rows, columns = np.nonzero(np.all(np.isclose(canvas, colour, atol=1e-3), axis=-1))
    return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1


def test_a_picture_of_the_cell_size_is_copied_exactly() -> None:
    first, second = noise(40, 40), noise(30, 40)
    canvas = contact_sheet([first, second], size=40, gap=5, columns=2)
    assert canvas.shape == (5 + 40 + 5, 5 + 40 + 5 + 40 + 5, 3)
    np.testing.assert_array_equal(canvas[5:45, 5:45], first)
    np.testing.assert_array_equal(canvas[10:40, 50:90], second)  # in the middle of its cell
    outside = np.ones(canvas.shape[:2], bool)
    outside[5:45, 5:45] = outside[10:40, 50:90] = False
    assert (canvas[outside] == 1).all()


def test_rows_are_filled_from_the_left_and_as_high_as_their_tallest_picture() -> None:
    wide, high = plain_image(RED, 20, 40), plain_image(BLUE, 40, 20)
    canvas = contact_sheet([wide, wide, high], size=40, gap=8, columns=2)
    assert canvas.shape[:2] == (8 + 20 + 8 + 40 + 8, 8 + 40 + 8 + 40 + 8)
    assert find_colour(canvas, BLUE) == (36, 76, 18, 38)


def test_pictures_are_scaled_to_their_cell_and_keep_proportions() -> None:
    picture = noise(30, 60)
    canvas = contact_sheet([picture], size=120, gap=0)
    np.testing.assert_array_equal(canvas, resize(picture, 120))


def test_a_very_wide_picture_is_at_least_one_pixel_high() -> None:
    canvas = contact_sheet([plain_image(RED, 16, 1400)], size=32, gap=0)
    assert canvas.shape == (1, 32, 3)


def test_captions_are_below_their_picture() -> None:
    images = {"": plain_image(RED), "seen": plain_image(BLUE)}
    canvas = contact_sheet(images, size=80, gap=10, columns=2)
    ink = np.argwhere(canvas.sum(-1) < 0.5)
    assert len(ink) > 10
    assert ink[:, 0].min() >= 90
    assert ink[:, 1].min() >= 100
    assert abs(ink[:, 1].mean() - 140) < 4  # in the middle


def test_a_caption_that_is_too_long_ends_in_an_ellipsis() -> None:
    long = contact_sheet(
        {"a" * 100: plain_image(RED), "b": plain_image(RED)}, size=64, gap=20, columns=2
    )
    assert (long[:, 84:104] == 1).all()
    whole = contact_sheet({"I": plain_image(RED)}, size=64, gap=20)
    cut = contact_sheet({"I" * 100: plain_image(RED)}, size=64, gap=20)
    letter, line = (np.argwhere(canvas[84:].sum(-1) < 1.5) for canvas in (whole, cut))
    last = line[line[:, 1] > line[:, 1].max() - 3]
    assert last[:, 0].min() > letter[:, 0].mean()  # a dot, low on the line


def test_a_caption_is_one_line_sized_with_its_picture() -> None:
    for size in (100, 300):
        canvas = contact_sheet({"H": plain_image(RED)}, size=size, gap=10)
        rows = np.nonzero(canvas[10 + size :].sum(-1) < 1.5)[0]
        assert np.ptp(rows) == pytest.approx(0.06 * size, abs=2)
    one, two = (contact_sheet({words: plain_image(RED)}, size=80) for words in ("a b", " a\n b "))
    np.testing.assert_array_equal(one, two)


def test_a_number_can_be_a_caption() -> None:
    numbered: Any = {2026: plain_image(RED)}
    canvas = contact_sheet(numbered, size=80)
    np.testing.assert_array_equal(canvas, contact_sheet({"2026": plain_image(RED)}, size=80))


def test_captions_are_dark_on_a_light_gray_background() -> None:
    canvas = contact_sheet({"seen": plain_image(RED)}, size=80, gap=10, paper=(0.6, 0.6, 0.6))
    assert canvas[91:].min() < 0.1


def test_captions_are_light_on_a_dark_background() -> None:
    canvas = contact_sheet({"seen": plain_image(RED)}, size=80, gap=10, paper=(0.1, 0.1, 0.1))
    caption = canvas[91:]
    assert caption.max() > 0.9
    np.testing.assert_allclose(canvas[:9], 0.1)


def half_transparent() -> np.ndarray[Any, np.dtype[np.float32]]:
    logo = np.zeros((40, 40, 4), np.float32)
    logo[:, 20:] = (*RED, 1)
    logo[20:, 10:20] = (*RED, 0.5)
    logo[:10, :10] = (0, 1, 0, 0)  # a green that nobody can see
    return logo


def test_the_background_shows_through_transparent_pixels() -> None:
    paper = (0.8, 0.9, 1.0)
    canvas = contact_sheet([half_transparent()], size=40, gap=0, paper=paper)
    assert np.abs(canvas[:20, :20] - paper).max() < 1e-6
    np.testing.assert_allclose(canvas[5, 25], RED, atol=1e-6)
    np.testing.assert_allclose(canvas[30, 15], np.add(RED, paper) / 2, atol=1e-6)


def test_transparent_pictures_can_have_their_own_background() -> None:
    canvas = contact_sheet([half_transparent()], size=40, gap=4, background=BLUE)
    np.testing.assert_allclose(canvas[10, 10], BLUE, atol=1e-6)
    assert (canvas[:4] == 1).all()


@pytest.mark.parametrize("as_pillow", [False, True])
def test_a_checkerboard_shows_transparency(*, as_pillow: bool) -> None:
    logo: Any = half_transparent()
    if as_pillow:
        logo = Image.fromarray(np.rint(logo * 255).astype(np.uint8))
    canvas = contact_sheet([logo], size=40, gap=0, background="checkerboard")
    grays = np.unique(canvas[:20, :20].round(2))
    np.testing.assert_allclose(grays, [0.72, 0.92], atol=0.005)
    np.testing.assert_allclose(canvas[5, 25], RED, atol=0.003)
    between = (np.array(RED) + canvas[0, 0]) / 2
    assert np.abs(canvas[20:, 10:20] - between).max(-1).min() < 0.003


def test_a_checkerboard_has_eight_squares_along_the_longer_side() -> None:
    canvas = contact_sheet(
        [np.zeros((40, 80, 4), np.float32)], size=80, gap=0, background="checkerboard"
    )
    assert [np.count_nonzero(np.diff(line)) for line in (canvas[0, :, 0], canvas[:, 0, 0])] == [
        7,
        3,
    ]


def test_a_picture_opened_but_not_decoded_can_have_a_checkerboard(
    tmp_path: Path,
) -> None:
    path = tmp_path / "logo.png"
    Image.fromarray(np.rint(half_transparent() * 255).astype(np.uint8)).save(path)
    with Image.open(path) as opened:
        canvas = contact_sheet([opened], size=40, gap=0, background="checkerboard")
    expected = contact_sheet([path], size=40, gap=0, background="checkerboard")
    np.testing.assert_array_equal(canvas, expected)


def test_files_are_converted_to_srgb_from_any_profile(tmp_path: Path) -> None:
    seen = Image.new("RGB", (40, 40), (60, 200, 90))
    seen.save(tmp_path / "wide.png", icc_profile=wide_gamut_profile("adobe_rgb"))
    seen.save(tmp_path / "plain.png")
    canvas = contact_sheet([tmp_path / "wide.png", tmp_path / "plain.png"], size=40, gap=0)
    np.testing.assert_allclose(canvas[10, 50] * 255, (60, 200, 90), atol=0.01)
    assert canvas[10, 10, 0] == 0  # this green lies outside sRGB: no red is left


@given(
    count=st.integers(1, 7),
    columns=st.none() | st.integers(1, 9),
    size=st.integers(32, 70),
    gap=st.integers(0, 9),
    captions=st.booleans(),
)
def test_every_contact_sheet_is_valid_and_shows_all_pictures(
    *, count: int, columns: int | None, size: int, gap: int, captions: bool
) -> None:
    colours = [(0.1, 0.5, number / 10) for number in range(count)]
    images = {f"no. {number}": plain_image(colour) for number, colour in enumerate(colours)}
    given_as = images if captions else list(images.values())
    canvas = contact_sheet(given_as, size=size, gap=gap, columns=columns)
    validate_image(canvas)
    assert canvas.dtype == np.float32
    across = min(columns or math.ceil(math.sqrt(count)), count)
    assert canvas.shape[1] == gap + across * (size + gap)
    for colour in colours:
        top, bottom, left, right = find_colour(canvas, colour)
        assert (bottom - top, right - left) == (size, size)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"images": []}, "at least one picture"),
        ({"images": plain_image(RED)}, "Put it into a list"),
        ({"columns": 0}, "columns as a whole number of at least 1"),
        ({"size": 31}, "at least 32"),
        ({"size": 64.0}, "whole number"),
        ({"gap": -1}, "gap"),
        ({"gap": True}, "gap"),
        ({"paper": (0, 0, -1)}, "paper as"),
        ({"paper": (0, 0, 300)}, "paper as"),
        ({"paper": "white"}, "paper as"),
        ({"paper": [(1, 1, 1)]}, "paper as"),
        ({"background": "chess"}, "checkerboard"),
        ({"size": 20_000}, "1 cells of 20000"),
        ({"images": [plain_image(RED)] * 4, "size": 8000}, "4 cells of 8000"),
    ],
)
def test_invalid_layouts_are_refused_with_a_message(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        contact_sheet(**({"images": [plain_image(RED)]} | wrong))


def test_invalid_pictures_are_refused() -> None:
    with pytest.raises(PictureError):
        contact_sheet([plain_image(RED), "nowhere.png"])


def test_a_caption_is_wrapped_at_spaces_but_not_at_no_break_spaces() -> None:
    font = caption_font(20)
    width = font.getlength("style weight 10, seed") + 1
    text = "style\xa0weight\xa010, seed\xa01"
    assert wrap_text(text, font, width, 3) == ["style weight 10,", "seed 1"]
    assert wrap_text("", font, width, 3) == []
    *lines, last = wrap_text("one two three four five six " * 3, font, width, 2)
    assert (len(lines), last[-1]) == (1, "…")
    assert all(font.getlength(line) <= width for line in [*lines, last])


def test_cells_are_higher_where_captions_have_more_lines() -> None:
    short, long = (contact_sheet({words: plain_image(RED)}, size=80) for words in ("a", "a " * 20))
    assert len(long) > len(short)
