from typing import Any

import numpy as np
import pytest
from figure_contents import images, plain, texts
from matplotlib.colors import to_rgba

from stylelab.course.figures import show_mixture, show_normalization_groups
from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.errors import SettingsError


def test_maps_that_share_a_mean_are_in_one_box() -> None:
    instance, batch, none = show_normalization_groups().figure.axes
    heights = {4: batch, 1: instance}
    for height, axes in heights.items():
        boxes: list[Any] = [patch for patch in axes.patches if patch.get_fill()]
        assert {round(box.get_height() + 0.1, 6) for box in boxes} == {height}
        named = [text for text in texts(axes) if "mu" in text]
        assert len(boxes) == len(set(named)) == 12 / height
        for box in boxes:
            channel = int(box.get_x())
            assert box.get_facecolor() == to_rgba(SERIES_COLOURS[channel])
    assert [patch.get_fill() for patch in none.patches] == [False] * 12
    assert not any("mu" in text for text in texts(none))


def test_the_titles_count_the_means() -> None:
    titles = [axes.get_title(loc="left") for axes in show_normalization_groups().figure.axes]
    assert titles == ["instance: 12 means", "batch: 3 means", "none: no mean"]


def test_a_mixture_is_shown_with_a_bar_for_each_style() -> None:
    figure = show_mixture(plain(0.3), {"night_sky": 0.25, "ink": 0.75, "glass": 0.0})
    (image,) = images(figure)
    assert np.allclose(image.get_array(), 0.3)
    bars: Any = figure.figure.axes[1]
    assert [patch.get_width() for patch in bars.patches] == [0.25, 0.75, 0]
    assert texts(bars) == ["25%", "75%", "0%"]
    assert [text.get_text() for text in bars.get_yticklabels()] == ["night sky", "ink", "glass"]
    assert "25% night sky, 75% ink." in figure.alt
    assert "glass" not in figure.alt


def test_a_mixture_of_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one style"):
        show_mixture(plain(0.3), {})
