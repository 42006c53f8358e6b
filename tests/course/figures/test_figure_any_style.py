from typing import Any

import numpy as np
import pytest

from stylelab.course.figures import plot_feature_clouds
from stylelab.course.figures.any_style import MAX_DOTS
from stylelab.errors import SettingsError


def clouds(random: np.random.Generator) -> dict[str, Any]:
    round_one = random.standard_normal((30, 40, 3))
    return {"round": round_one, "long": round_one * [1, 5, 2] + [0, 3, 0]}


def test_each_cloud_has_its_points_its_mean_and_its_ellipse(random: np.random.Generator) -> None:
    entries = clouds(random)
    panels = plot_feature_clouds(entries, (2, 1)).figure.axes
    for axes, (title, maps) in zip(panels, entries.items(), strict=True):
        points = maps[..., [2, 1]].reshape(-1, 2)
        drawn: Any = axes.collections[0].get_offsets()
        assert len(drawn) == MAX_DOTS
        assert all(np.any(np.all(np.isclose(points, dot), axis=1)) for dot in drawn[:20])
        outline, cross = (np.array(line.get_data()).T for line in axes.lines)
        np.testing.assert_allclose(cross[0], points.mean(0))
        correlation = np.corrcoef(points.T)[0, 1]
        assert axes.get_title(loc="left") == f"{title} · r = {correlation:.2f}"
        # Every point of the ellipse is two deviations from the mean, by the covariance.
        away = outline - points.mean(0)
        squares = np.sum(away @ np.linalg.inv(np.cov(points.T)) * away, axis=1)
        np.testing.assert_allclose(squares, 4)


def test_the_ellipse_of_one_is_drawn_in_all(random: np.random.Generator) -> None:
    figure = plot_feature_clouds(clouds(random), (0, 1), like="long").figure
    panels = figure.axes
    assert figure.legends[0].get_texts()[-1].get_text() == "that of long"
    dotted = [np.array(axes.lines[-1].get_data()) for axes in panels]
    np.testing.assert_array_equal(dotted[0], dotted[1])
    np.testing.assert_array_equal(dotted[1], np.array(panels[1].lines[0].get_data()))


def test_the_text_says_deviations_and_correlations(random: np.random.Generator) -> None:
    alt = plot_feature_clouds(clouds(random), (0, 1)).alt
    assert "round: deviations 1 and 1" in alt
    assert "long: deviations 1 and 5, correlation" in alt


def test_points_without_places_are_drawn_as_well(random: np.random.Generator) -> None:
    maps = random.standard_normal((30, 40, 3))
    both = {"maps": maps, "points": maps.reshape(-1, 3)}
    one, other = plot_feature_clouds(both, (0, 1)).figure.axes
    for drawn, again in zip(one.lines, other.lines, strict=True):
        np.testing.assert_array_equal(drawn.get_data(), again.get_data())


def test_nothing_to_show_and_an_unknown_title_are_refused(random: np.random.Generator) -> None:
    for entries, like in (({}, None), (clouds(random), "square")):
        with pytest.raises(SettingsError, match="Expected maps"):
            plot_feature_clouds(entries, (0, 1), like=like)
