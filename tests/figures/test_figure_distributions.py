from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.figures import colour_cubes, told_apart
from stylelab.figures.distributions import BLIND, MOST_COLOURS, SEEING

FLAT = np.full((4, 4, 3), 0.5, np.float32)
PAIRS = {"first": (FLAT, FLAT), "second": (FLAT, 0 * FLAT)}
DISTANCES = {"first": {"gram": 1e-9, "sliced": 0.25}, "second": {"gram": 1.0, "sliced": 1e-8}}


def test_a_blind_statistic_shows_a_grey_zero_and_a_seeing_one_its_number() -> None:
    drawing = told_apart(PAIRS, DISTANCES)
    table: Any = drawing.figure.axes[0]
    written = [text.get_text() for text in table.texts]
    assert {"gram", "sliced", "first", "second"} <= set(written)
    assert [text for text in written if text[0].isdigit()] == ["0", "0.25", "1", "0"]
    from matplotlib.colors import to_hex

    faces = [to_hex(patch.get_facecolor()) for patch in table.patches]
    assert faces == [BLIND, SEEING, SEEING, BLIND]
    assert "first: told apart by sliced; second: told apart by gram" in drawing.alt


def test_both_pictures_of_a_pair_are_shown() -> None:
    drawing = told_apart(PAIRS, DISTANCES)
    shown = [np.asarray(axes.images[0].get_array()) for axes in drawing.figure.axes if axes.images]
    assert len(shown) == 4
    np.testing.assert_array_equal(shown[3], 0 * FLAT)


def test_pairs_without_their_distances_are_refused() -> None:
    for pairs, distances in (({}, {}), (PAIRS, {}), (PAIRS, {"first": {"gram": 0.0}})):
        with pytest.raises(SettingsError, match="each with its distances"):
            told_apart(pairs, distances)


def test_colours_are_points_of_their_own_colour_as_large_as_they_are_frequent() -> None:
    picture = np.zeros((2, 2, 3), np.float32)
    picture[0, 0] = 1, 0, 0
    drawing = colour_cubes({"mostly black": picture})
    points = drawing.figure.axes[0].collections[0]
    faces = np.asarray(points.get_facecolor())[:, :3]
    assert {tuple(face) for face in faces.tolist()} == {(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)}
    sizes = dict(zip(faces[:, 0].tolist(), points.get_sizes().tolist(), strict=True))  # type: ignore[attr-defined]
    assert sizes[0.0] > 2 * sizes[1.0]
    assert "mostly black: 2 colours" in drawing.alt


def test_a_photo_shows_a_sample_of_its_colours() -> None:
    photo = np.random.default_rng(0).random((40, 40, 3), dtype=np.float32)
    drawing = colour_cubes({"photo": photo})
    points = drawing.figure.axes[0].collections[0]
    assert len(np.asarray(points.get_offsets())) == MOST_COLOURS


def test_no_picture_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one picture"):
        colour_cubes({})
