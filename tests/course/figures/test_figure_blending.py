from typing import Any

import numpy as np
import pytest
from figure_contents import plain

from stylelab.course.figures.blending import (
    plot_weighted_distances,
    show_blends,
    weighted_distances,
)
from stylelab.errors import SettingsError


@pytest.fixture
def drawn() -> Any:
    return show_blends(
        [plain(0.2), plain(0.5), plain(0.8)],
        [1, 0.5, 0],
        {"to A": [0.1, 0.3, 0.9], "to B": [0.7, 0.35, 0.2]},
        xlabel="part of A",
        ylabel="distance (no unit)",
        alt="Three greys, two curves.",
    )


def test_blends_centre_each_number_below_its_picture(drawn: Any) -> None:
    *pictures, chart = drawn.figure.axes
    drawn.figure.canvas.draw()
    for number, (axes, shade) in enumerate(zip(pictures, (0.2, 0.5, 0.8), strict=True)):
        assert np.asarray(axes.images[0].get_array()).mean() == pytest.approx(shade)
        box = axes.get_window_extent()
        x, _ = chart.transData.transform((number, 0))
        assert x == pytest.approx((box.x0 + box.x1) / 2, abs=1)
    below = chart.get_window_extent().y1
    assert all(axes.get_window_extent().y0 > below for axes in pictures)


def test_blends_plot_distances_from_zero(drawn: Any) -> None:
    chart = drawn.figure.axes[-1]
    first, second = chart.lines
    assert list(first.get_ydata()) == [0.1, 0.3, 0.9]
    assert list(second.get_ydata()) == [0.7, 0.35, 0.2]
    assert [text.get_text() for text in chart.get_legend().get_texts()] == ["to A", "to B"]
    numbers = {(text.get_text(), text.get_color()) for text in chart.texts}
    assert numbers == {
        (f"{value:.2f}", line.get_color()) for line in chart.lines for value in line.get_ydata()
    }
    assert first.get_color() != second.get_color()
    bottom, top = chart.get_ylim()
    assert bottom == 0
    assert top > 0.9
    assert [tick.get_text() for tick in chart.get_xticklabels()] == ["1", "0.5", "0"]
    assert (chart.get_xlabel(), chart.get_ylabel()) == ("part of A", "distance (no unit)")
    assert drawn.alt == "Three greys, two curves."


def test_a_label_with_a_value_right_above_it_goes_below(drawn: Any) -> None:
    sides = {text.get_text(): text.get_va() for text in drawn.figure.axes[-1].texts}
    below = {number for number, side in sides.items() if side == "top"}
    assert below == {"0.30"}


def test_blends_keep_the_aspect_ratio_of_their_pictures(drawn: Any) -> None:
    box = drawn.figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(30 / 20, rel=0.01)


def test_blends_show_their_pictures_upright(random: np.random.Generator) -> None:
    picture = random.random((20, 30, 3), np.float32)
    shown = show_blends([picture], [1], {"to A": [1]}, xlabel="", ylabel="", alt="").figure.axes[0]
    np.testing.assert_array_equal(shown.images[0].get_array(), picture)


@pytest.mark.parametrize(
    ("pictures", "shares", "distances"),
    [([], [], {}), ([0.1], [1, 0], {"a": [1]}), ([0.1, 0.2], [1, 0], {"a": [1, 2], "b": [1]})],
)
def test_blends_need_one_number_per_picture(
    pictures: list[float], shares: list[float], distances: dict[str, list[float]]
) -> None:
    with pytest.raises(SettingsError, match="for each of"):
        show_blends([*map(plain, pictures)], shares, distances, xlabel="", ylabel="", alt="")


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
