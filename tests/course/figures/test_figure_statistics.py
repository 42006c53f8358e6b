from typing import Any

import numpy as np
import pytest

from stylelab.course.figures import (
    plot_colour_cubes,
    plot_projections,
    plot_repeated_runs,
    show_statistic_distances,
)
from stylelab.course.figures.statistics import DIFFERENT_COLOUR, EQUAL_COLOUR, MAX_COLOURS
from stylelab.errors import SettingsError

FLAT = np.full((4, 4, 3), 0.5, np.float32)
PAIRS = {"first": (FLAT, FLAT), "second": (FLAT, 0 * FLAT)}
DISTANCES = {"first": {"gram": 1e-9, "sliced": 0.25}, "second": {"gram": 1.0, "sliced": 1e-8}}


def test_equal_statistics_show_a_gray_0_and_different_ones_the_distance() -> None:
    figure = show_statistic_distances(PAIRS, DISTANCES)
    table: Any = figure.figure.axes[0]
    written = [text.get_text() for text in table.texts]
    assert {"gram", "sliced", "first", "second"} <= set(written)
    assert [text for text in written if text[0].isdigit()] == ["0", "0.25", "1.0", "0"]
    from matplotlib.colors import to_hex

    faces = [to_hex(patch.get_facecolor()) for patch in table.patches]
    assert faces == [EQUAL_COLOUR, DIFFERENT_COLOUR, DIFFERENT_COLOUR, EQUAL_COLOUR]
    assert "first: distinguished by sliced; second: distinguished by gram" in figure.alt


def test_both_pictures_of_a_pair_are_shown() -> None:
    figure = show_statistic_distances(PAIRS, DISTANCES)
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.figure.axes if axes.images]
    assert len(shown) == 4
    np.testing.assert_array_equal(shown[3], 0 * FLAT)
    first, second, below, _ = (axes.get_position() for axes in figure.figure.axes if axes.images)
    assert first.x1 < second.x0
    assert below.y1 < first.y0


def test_every_distance_is_in_its_row_and_column() -> None:
    table: Any = show_statistic_distances(PAIRS, DISTANCES).figure.axes[0]
    position = {text.get_text(): text.get_position() for text in table.texts}
    for statistic, number in (("gram", "1.0"), ("sliced", "0.25")):
        assert position[statistic][0] == pytest.approx(position[number][0])
    for pair, number in (("first", "0.25"), ("second", "1.0")):
        assert position[pair][1] == pytest.approx(position[number][1])
    for patch, text in zip(
        table.patches, [text for text in table.texts if text.get_text()[0].isdigit()], strict=True
    ):
        x, y = text.get_position()
        assert patch.get_x() < x < patch.get_x() + patch.get_width()
        assert patch.get_y() < y < patch.get_y() + patch.get_height()


def test_a_negative_distance_counts_as_different() -> None:
    figure = show_statistic_distances(
        {"pair": (FLAT, FLAT)}, {"pair": {"difference": -0.5}}, alt=None
    )
    table = figure.figure.axes[0]
    assert "-0.50" in {text.get_text() for text in table.texts}
    assert "distinguished by difference" in figure.alt
    named = show_statistic_distances(
        {"pair": (FLAT, FLAT)}, {"pair": {"difference": -0.5}}, alt="A pair."
    )
    assert named.alt == "A pair."


def test_pairs_without_their_distances_are_refused() -> None:
    for pairs, distances in (
        ({}, {}),
        (PAIRS, {}),
        (PAIRS, {"first": {"gram": 0.0}}),
        ({"first": (FLAT, FLAT)}, DISTANCES),
    ):
        with pytest.raises(SettingsError, match="each with its distances"):
            show_statistic_distances(pairs, distances)


def test_colours_are_points_of_their_colour_sized_by_frequency() -> None:
    picture = np.zeros((2, 2, 3), np.float32)
    picture[0, 0] = 1, 0, 0
    figure = plot_colour_cubes({"mostly black": picture})
    points = figure.figure.axes[0].collections[0]
    faces = np.asarray(points.get_facecolor())[:, :3]
    assert {tuple(face) for face in faces.tolist()} == {(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)}
    sizes = dict(zip(faces[:, 0].tolist(), points.get_sizes().tolist(), strict=True))  # type: ignore[attr-defined]
    assert sizes[0.0] > 2 * sizes[1.0]
    assert figure.figure.axes[0].get_title(loc="left") == "mostly black"
    assert "mostly black: 2 colours" in figure.alt


def test_a_photo_shows_a_sample_of_its_colours() -> None:
    photo = np.random.default_rng(0).random((40, 40, 3), dtype=np.float32)
    figure = plot_colour_cubes({"photo": photo})
    points = figure.figure.axes[0].collections[0]
    assert len(np.asarray(points.get_offsets())) == MAX_COLOURS


def test_empty_input_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one picture"):
        plot_colour_cubes({})


def test_colours_are_at_their_cube_position_with_near_ones_in_front() -> None:
    corners = np.array(
        [(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (0, 0, 0)], np.float32
    )
    picture = np.repeat(corners[None], (3, 1, 1, 2, 2, 1), axis=1)
    axes = plot_colour_cubes({"corners": picture}).figure.axes[0]
    points: Any = axes.collections[0]
    drawn = {
        tuple(face): (*position, size)
        for face, position, size in zip(
            points.get_facecolor()[:, :3].tolist(),
            points.get_offsets().tolist(),
            points.get_sizes().tolist(),
            strict=True,
        )
    }
    assert max(drawn, key=lambda face: drawn[face][-1]) == (1, 1, 1)  # it comes most often
    assert drawn[0, 0, 1][-1] == drawn[0, 1, 1][-1] > drawn[1, 0, 0][-1] == drawn[0, 1, 0][-1]
    for text in axes.texts:  # each name stands beside the end of its own edge
        end = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}[text.get_text()]
        assert np.hypot(*np.subtract(text.get_position(), drawn[end][:2])) < 0.2
    order = list(drawn)
    assert (order[0], order[-1]) == ((0, 0, 0), (1, 1, 1))
    assert len(axes.lines) == 12  # the edges of the cube


def test_slightly_different_colours_are_counted_separately() -> None:
    shades = np.repeat(np.array([0.50, 0.52, 0.52], np.float32)[None, :, None], 3, axis=2)
    assert "shades: 2 colours" in plot_colour_cubes({"shades": shades}).alt


def test_projections_are_sorted_and_their_distance_is_written() -> None:
    random = np.random.default_rng(4)
    pictures = {name: random.random((4, 5, 3), dtype=np.float32) for name in ("one", "other")}
    figure = plot_projections(pictures, (1, -2, 0.5))
    *_, chart = figure.figure.axes
    unit = np.array([1, -2, 0.5]) / np.sqrt(5.25)
    expected = [np.sort(picture.reshape(-1, 3) @ unit) for picture in pictures.values()]
    for line, values in zip(chart.lines, expected, strict=True):
        np.testing.assert_allclose(np.asarray(line.get_ydata()), values, rtol=1e-6)
    distance = np.mean((expected[0] - expected[1]) ** 2)
    assert chart.get_title(loc="left") == f"mean squared difference {distance:.3f}"
    assert f"{distance:.3f}" in figure.alt


def test_colours_are_projected_at_right_angles() -> None:
    black = np.zeros((1, 1, 3), np.float32)
    figure = plot_projections({"one": black, "other": black + 1}, (1, 0, 0))
    from stylelab.course.figures.statistics import _CUBE_AXES

    feet = [
        np.asarray(line.get_xydata())[0]
        for axes in figure.figure.axes[:2]
        for line in axes.lines
        if line.get_marker() == "o"
    ]
    np.testing.assert_allclose(feet, np.array([[0, 0.5, 0.5], [1, 0.5, 0.5]]) @ _CUBE_AXES)


def test_projections_need_two_pictures_of_one_size_and_a_direction() -> None:
    for pictures, direction in (
        ({"one": FLAT}, (1, 0, 0)),
        ({"one": FLAT, "other": FLAT[:2]}, (1, 0, 0)),
        ({"one": FLAT, "other": FLAT}, (0, 0, 0)),
    ):
        with pytest.raises(SettingsError, match="as many pixels"):
            plot_projections(pictures, direction)


def test_repeated_runs_are_thin_lines_with_their_mean() -> None:
    runs = {"left": {"a": [[1, 2], [3, 6]]}, "right": {"a": [[0, 1]]}}
    figure = plot_repeated_runs(runs, x=[10, 20], xlabel="steps", ylabel="%", alt="Two panels.")
    left, right = figure.figure.axes
    drawn = [np.asarray(line.get_ydata()).tolist() for line in left.lines]
    assert drawn == [[1, 2], [3, 6], [2, 4]]
    assert left.lines[0].get_linewidth() < left.lines[2].get_linewidth()
    assert (left.get_title(loc="left"), right.get_title(loc="left")) == ("left", "right")
    assert left.get_ylim()[0] == 0
    assert [text.get_text() for text in left.get_xticklabels()] == ["10", "20"]
    with pytest.raises(SettingsError, match="Received: none"):
        plot_repeated_runs({"left": {}}, x=[], xlabel="", ylabel="", alt="")


def test_repeated_runs_may_have_a_logarithmic_axis() -> None:
    runs = {"one": {"a": [[8, 0.5]]}}
    figure = plot_repeated_runs(
        runs, x=[1, 2], xlabel="steps", ylabel="loss", alt="One panel.", logarithmic=True
    )
    (axes,) = figure.figure.axes
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "log"
    assert 0 < low < 0.5
    assert high > 8


def test_repeated_runs_go_from_left_to_right_as_x_is_given() -> None:
    for x, falling in (([1, 2], False), ([1, 0.5], True)):
        runs = {"swirling_night": {"a": [[3, 9]]}}
        figure = plot_repeated_runs(runs, x=x, xlabel="contrast", ylabel="%", alt="One panel.")
        (axes,) = figure.figure.axes
        assert axes.xaxis_inverted() == falling
        assert axes.get_title(loc="left") == "swirling night"


def test_no_repeated_run_leaves_its_panel() -> None:
    low, high = {"a": [[1, 2]]}, {"a": [[3, 9]]}
    for runs in ({"left": low, "right": high}, {"left": high, "right": low}):
        figure = plot_repeated_runs(runs, x=[10, 20], xlabel="steps", ylabel="%", alt="Two panels.")
        for axes in figure.figure.axes:
            assert axes.get_ylim()[0] == 0
            assert axes.get_ylim()[1] > 9
    alone = plot_repeated_runs({"": high}, x=[1, 2], xlabel="steps", ylabel="%", alt="One panel.")
    assert alone.figure.get_size_inches()[0] < figure.figure.get_size_inches()[0]
