from typing import Any

import numpy as np
import pytest
from figure_contents import plain

from stylelab.course.figures.blending import (
    plot_scores,
    plot_weighted_distances,
    show_blends,
    show_chosen_blend,
    weighted_distances,
)
from stylelab.errors import SettingsError


@pytest.fixture
def drawn() -> Any:
    return show_blends(
        [plain(0.2), plain(0.5), plain(0.8)],
        [1, 0.5, 0],
        {"to A": [0.1, 0.3, 0.9], "to B": [0.7, 0.35, 0.2]},
        name="A",
        alt="Three grays, two curves.",
    )


def test_blends_are_in_rows_of_three_with_the_chart_at_the_end(drawn: Any) -> None:
    *pictures, chart = drawn.figure.axes
    titles = ["1 of the A", "0.5 of the A", "0 of the A"]
    assert [axes.get_title() for axes in pictures] == titles
    boxes = [axes.get_window_extent() for axes in pictures]
    for axes, shade in zip(pictures, (0.2, 0.5, 0.8), strict=True):
        assert np.asarray(axes.images[0].get_array()).mean() == pytest.approx(shade)
    assert boxes[0].x1 < boxes[1].x0 < boxes[1].x1 < boxes[2].x0
    assert {round(box.y0) for box in boxes} == {round(boxes[0].y0)}
    assert chart.get_window_extent().y1 < boxes[0].y0
    five = show_blends(
        [plain(0.5)] * 5, [1, 0.7, 0.5, 0.3, 0], {"to A": [1.0] * 5}, name="A", alt=""
    )
    *pictures, chart = five.figure.axes
    boxes = [axes.get_window_extent() for axes in pictures]
    assert boxes[3].y1 < boxes[2].y0
    assert boxes[4].x1 < chart.get_window_extent().x0
    assert chart.get_window_extent().y1 < boxes[2].y0


def test_blends_plot_distances_from_zero(drawn: Any) -> None:
    chart = drawn.figure.axes[-1]
    first, second = chart.lines
    assert list(first.get_ydata()) == [0.1, 0.3, 0.9]
    assert list(second.get_ydata()) == [0.7, 0.35, 0.2]
    written = {(text.get_text(), text.get_color()) for text in chart.texts}
    names = {("to A", first.get_color()), ("to B", second.get_color())}
    assert written - names == {
        (f"{value:.2f}", line.get_color()) for line in chart.lines for value in line.get_ydata()
    }
    assert names < written
    assert first.get_color() != second.get_color()
    bottom, top = chart.get_ylim()
    assert bottom == 0
    assert top > 0.9
    assert [tick.get_text() for tick in chart.get_xticklabels()] == ["1", "0.5", "0"]
    assert (chart.get_xlabel(), chart.get_ylabel()) == ("part of the A", "style distance")
    left, right = chart.get_xlim()
    assert left > 1  # from all of A to none, as in the row above
    assert right < 0
    assert drawn.alt == "Three grays, two curves."


def test_a_label_with_a_value_right_above_it_goes_below(drawn: Any) -> None:
    sides = {text.get_text(): text.get_va() for text in drawn.figure.axes[-1].texts}
    below = {number for number, side in sides.items() if side == "top"}
    assert below == {"0.30"}


def test_a_curve_is_named_beside_its_highest_point_towards_the_middle(drawn: Any) -> None:
    named = {text.get_text(): text for text in drawn.figure.axes[-1].texts}
    for name, place, side in (("to A", (0, 0.9), "right"), ("to B", (1, 0.7), "left")):
        assert named[name].xy == place
        assert named[name].get_ha() == side


def test_a_chosen_blend_is_shown_large_and_marked_in_the_chart() -> None:
    pictures = [plain(0.2), plain(0.5), plain(0.8)]
    distances = {"to A": [0.1, 0.3, 0.9], "to B": [0.7, 0.35, 0.2]}
    drawn = show_chosen_blend(pictures, [1, 0.5, 0], distances, 2, name="A")
    picture, chart = drawn.figure.axes
    assert np.asarray(picture.images[0].get_array()).mean() == pytest.approx(0.8)
    assert picture.get_title() == "0 of the A"
    wall = [line for line in chart.lines if np.asarray(line.get_ydata(), float).tolist() == [0, 1]]
    assert np.asarray(wall[0].get_xdata(), float).tolist() == [0, 0]
    marked = [line.get_ydata()[0] for line in chart.lines if len(line.get_xdata()) == 1]  # type: ignore[index,arg-type]
    assert marked == [0.9, 0.2]
    numbers = {text.get_text() for text in chart.texts}
    assert numbers == {"0.90", "0.20", "to A", "to B"}
    assert "0 of the A" in drawn.alt
    assert "0.90 to A, 0.20 to B" in drawn.alt


def test_scores_are_bars_with_numbers_above_the_lowest_possible() -> None:
    figure = plot_scores({"one": 0.3, "two": 0.25}, 0.2, xlabel="loss (no unit)", alt="Two bars.")
    (axes,) = figure.figure.axes
    bars: Any = axes.patches
    assert [bar.get_width() for bar in bars] == [0.3, 0.25]
    assert axes.yaxis_inverted()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    (line,) = axes.lines
    assert list(np.asarray(line.get_xdata())) == [0.2, 0.2]
    written = {text.get_text() for text in axes.texts}
    assert written == {"0.300", "0.250", "no picture is below 0.200"}
    assert axes.get_xlim()[0] == 0
    assert (axes.get_xlabel(), figure.alt) == ("loss (no unit)", "Two bars.")
    with pytest.raises(SettingsError, match="at least one bar"):
        plot_scores({}, 0.2, xlabel="", alt="")


def test_blends_keep_the_aspect_ratio_of_their_pictures(drawn: Any) -> None:
    box = drawn.figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(30 / 20, rel=0.01)


def test_blends_show_their_pictures_upright(random: np.random.Generator) -> None:
    picture = random.random((20, 30, 3), np.float32)
    shown = show_blends([picture], [1], {"to A": [1]}, name="A", alt="").figure.axes[0]
    np.testing.assert_array_equal(shown.images[0].get_array(), picture)


@pytest.mark.parametrize(
    ("pictures", "shares", "distances"),
    [([], [], {}), ([0.1], [1, 0], {"a": [1]}), ([0.1, 0.2], [1, 0], {"a": [1, 2], "b": [1]})],
)
def test_blends_need_one_number_per_picture(
    pictures: list[float], shares: list[float], distances: dict[str, list[float]]
) -> None:
    with pytest.raises(SettingsError, match="for each of"):
        show_blends([*map(plain, pictures)], shares, distances, name="A", alt="")


@pytest.fixture
def matrices(random: np.random.Generator) -> Any:
    maps = random.standard_normal((2, 40, 4))
    one, other = (np.einsum("ki,kj->ij", m, m) / 40 for m in maps)
    return one, 0.5 * other


def test_weighted_distances_mark_the_minimum_of_the_sum(matrices: Any) -> None:
    weights = (0.7, 0.3)
    one, other = matrices
    figure = plot_weighted_distances(
        one, other, weights, ("night", "ink"), alt="Two bowls and their sum."
    )
    (axes,) = figure.figure.axes
    first, second, total, lowest, star = axes.lines
    heights = [np.asarray(line.get_ydata(), float) for line in (first, second, total)]
    np.testing.assert_allclose(heights[2], heights[0] + heights[1])
    x, y = np.asarray(star.get_xydata(), float)[0]
    positions, values = np.asarray(total.get_xydata(), float).T
    assert x == pytest.approx(positions[values.argmin()], abs=0.01)
    assert y == pytest.approx(values.min(), rel=1e-3)
    assert y <= values.min()
    np.testing.assert_array_equal(np.asarray(lowest.get_xdata(), float), [x, x])
    np.testing.assert_array_equal(np.asarray(lowest.get_ydata(), float), [0, y])
    assert axes.get_ylim()[0] == 0
    assert axes.get_ylabel().startswith("distance")
    assert len({line.get_color() for line in (first, second, total)}) == 3
    assert figure.alt == "Two bowls and their sum."
    (legend,) = figure.figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["weighted distance to the night", "weighted distance to the ink", "their sum"]
    ticks = {tick.get_position()[0]: tick.get_text() for tick in axes.get_xticklabels()}
    assert ticks == {0: "the night's", 0.5: "half and half", 1: "the ink's"}


def test_with_one_weight_of_0_the_minimum_is_the_other_style(matrices: Any) -> None:
    one, other = matrices
    for weights, position in (((1, 0), 0), ((0, 1), 1)):
        figure = plot_weighted_distances(one, other, weights, ("night", "ink"), alt="")
        star = figure.figure.axes[0].lines[-1]
        np.testing.assert_allclose(
            np.asarray(star.get_xydata(), float), [(position, 0)], atol=1e-12
        )


def test_the_distances_match_the_interpolated_matrices(matrices: Any) -> None:
    one, other = matrices
    way = np.array([0.0, 0.25, 1.0])
    ours = weighted_distances(one, other, (2.0, 3.0), way)
    for s, pair in zip(way, ours.T, strict=True):
        gram = (1 - s) * one + s * other
        by_hand = [
            weight * np.linalg.norm(gram - target) ** 2 / np.linalg.norm(target) ** 2
            for weight, target in ((2.0, one), (3.0, other))
        ]
        np.testing.assert_allclose(pair, by_hand, atol=1e-12)


@pytest.mark.parametrize(
    ("one", "other", "weights", "reason"),
    [
        (np.eye(3), np.eye(2), (1, 1), "one shape"),
        (np.eye(3), np.zeros((3, 3)), (1, 1), "neither of them all 0"),
        (np.eye(3), np.eye(3), (0, 0), "not both 0"),
        (np.eye(3), np.eye(3), (1, -1), "at least 0"),
    ],
)
def test_weighted_distances_without_a_minimum_are_refused(
    one: Any, other: Any, weights: Any, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        plot_weighted_distances(one, other, weights, ("a", "b"), alt="")
