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
    seen = np.ones((6, 8), bool)
    np.testing.assert_allclose(
        shades(show_differences(pairs, seen, alt="words")), [1, 0.5, 0], atol=1e-5
    )


def test_places_that_were_not_in_view_are_left_out_of_the_map() -> None:
    seen = np.ones((6, 8), bool)
    seen[:, 7:] = False
    figure = show_differences({"film": (plain(0), plain(1))}, seen, alt="words")
    shown = np.asarray(figure.figure.axes[0].images[0].get_array())
    np.testing.assert_array_equal(shown[:, :7], 0)
    assert np.all(shown[:, 7] > 0.5)


def test_flicker_has_a_row_for_each_way_and_a_colour_for_each_film() -> None:
    runs = {"photo": {"cat": 30.0, "rocket": 50.0}, "moved": {"cat": 1.0, "rocket": 4.0}}
    axes: Any = plot_flicker(runs, alt="words").figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["photo", "moved"]
    dots = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert dots == {"cat": [30, 1], "rocket": [50, 4]}
    assert len({line.get_color() for line in axes.lines}) == 2
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["cat", "rocket"]


def test_nothing_to_show_is_refused() -> None:
    with pytest.raises(SettingsError):
        show_frame({}, 0)
    with pytest.raises(SettingsError):
        plot_flicker({}, alt="words")
