from typing import Any

import numpy as np
import pytest

from stylelab.course.figures import plot_flicker, show_differences, show_frame
from stylelab.errors import SettingsError


def plain(shade: float) -> Any:
    return np.full((6, 8, 3), shade, np.float32)


def shades(figure: Any) -> list[float]:
    shown = [axes.images[0].get_array() for axes in figure.figure.axes]
    return [float(np.asarray(one).mean()) for one in shown]


def test_one_frame_of_each_film_is_shown() -> None:
    films = {"one": [plain(0.1), plain(0.2)], "other": [plain(0.8), plain(0.9)]}
    figure = show_frame(films, 1)
    np.testing.assert_allclose(shades(figure), [0.2, 0.9], atol=1e-6)
    assert figure.alt == "Frame 2 of 2: one; other."


def test_equal_places_are_white_and_large_differences_black() -> None:
    pairs = {
        "equal": (plain(0.3), plain(0.3)),
        "half": (plain(0.3), plain(0.3 + 30 / 255)),
        "far": (plain(0), plain(1)),
    }
    np.testing.assert_allclose(shades(show_differences(pairs, alt="words")), [1, 0.5, 0], atol=1e-5)


def test_flicker_has_a_row_for_each_way_and_a_band_for_the_floor() -> None:
    figure = plot_flicker({"photo": [3.0, 5.0, 4.0], "moved": [1.0]}, [0.4, 0.6], alt="words")
    axes: Any = figure.figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["photo", "moved"]
    dots = [line.get_xdata() for line in axes.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(dots[0], [3, 5, 4])
    medians = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() != "o"]
    assert medians == [4, 1]
    assert axes.patches[0].get_x() + axes.patches[0].get_width() == pytest.approx(0.6)


def test_nothing_to_show_is_refused() -> None:
    with pytest.raises(SettingsError):
        show_frame({}, 0)
    with pytest.raises(SettingsError):
        plot_flicker({}, [1], alt="words")
