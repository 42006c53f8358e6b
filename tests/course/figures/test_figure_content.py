from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from figure_contents import pixels
from matplotlib.colors import to_rgb

from stylelab.course.figures import (
    CourseFigure,
    plot_reconstruction_errors,
    show_close_ups,
    show_columns,
    show_layer_distances,
    show_layer_puzzle,
)
from stylelab.course.figures.content import RECONSTRUCTED_LAYERS, format_distance
from stylelab.errors import SettingsError

LAYERS = ("block1_conv1", "block5_conv1")


def plain(red: float, green: float, blue: float) -> Any:
    return np.ones((20, 30, 3), np.float32) * np.array([red, green, blue], np.float32)


def texts(figure: CourseFigure) -> list[str]:
    return [text.get_text() for axes in figure.figure.axes for text in axes.texts]


def test_the_puzzle_labels_each_layer_by_letter_only() -> None:
    rebuilt = {
        "block1_conv1": plain(1, 0, 0),
        "block3_conv1": plain(0, 1, 0),
        "block4_conv2": plain(0, 0, 1),
        "block5_conv1": plain(1, 1, 0),
    }
    figure = show_layer_puzzle(plain(0, 1, 1), rebuilt)
    titles = [axes.get_title() for axes in figure.figure.axes]
    assert titles == ["the photo", *RECONSTRUCTED_LAYERS]
    for axes, letter in zip(figure.figure.axes[1:], RECONSTRUCTED_LAYERS, strict=True):
        shown = np.asarray(axes.images[0].get_array())
        np.testing.assert_array_equal(shown, rebuilt[RECONSTRUCTED_LAYERS[letter]])
    places = [axes.get_position() for axes in figure.figure.axes]
    assert all(one.x1 <= other.x0 or one.y0 >= other.y1 for one, other in pairwise(places[1:]))
    assert not any(layer in figure.alt for layer in rebuilt)


def test_the_puzzle_needs_all_of_its_layers() -> None:
    with pytest.raises(SettingsError, match="none for block3_conv1"):
        show_layer_puzzle(
            plain(0, 0, 0),
            {
                name: plain(1, 1, 1)
                for name in RECONSTRUCTED_LAYERS.values()
                if name != "block3_conv1"
            },
        )


def table() -> CourseFigure:
    changed = {"the same": plain(0, 1, 0), "mirrored": plain(0, 0, 1)}
    values = {
        "the same": dict.fromkeys(LAYERS, 0.0),
        "mirrored": {LAYERS[0]: 0.012, LAYERS[1]: 1.234},
    }
    return show_layer_distances(changed, values)


def test_the_table_labels_rows_and_columns_and_shows_every_distance() -> None:
    figure = table()
    scale = ["0: same maps", "1: as far as zeros", "2", "3 or more"]
    assert texts(figure) == [*LAYERS, "the same", "0", "0", "mirrored", "0.012", "1.23", *scale]
    assert "mirrored: 0.012, 1.23" in figure.alt


def test_the_table_shows_the_changed_picture_in_its_row() -> None:
    drawn = pixels(table())
    down, across = drawn.shape[0] / (0.36 + 2 * 0.57 + 0.62), int(0.03 * drawn.shape[1])
    np.testing.assert_allclose(drawn[int((0.36 + 0.285) * down), across], [0, 1, 0], atol=0.02)
    np.testing.assert_allclose(drawn[int((0.36 + 0.855) * down), across], [0, 0, 1], atol=0.02)


def test_larger_distances_are_darker() -> None:
    faces = np.array([to_rgb(patch.get_facecolor()) for patch in table().figure.axes[0].patches])
    same, _, near, far = faces[:4].mean(-1)
    assert same > near > far


def test_each_cell_has_the_colour_of_its_distance_on_the_scale() -> None:
    changed = {"near": plain(0, 1, 0), "one": plain(0, 0, 1)}
    values = {"near": dict.fromkeys(LAYERS, 0.1), "one": dict.fromkeys(LAYERS, 1.0)}
    patches = show_layer_distances(changed, values).figure.axes[0].patches
    faces = [np.array(to_rgb(patch.get_facecolor())) for patch in patches]
    scale = faces[4:-1]  # after two rows of two cells, and before the scale's frame
    np.testing.assert_allclose(faces[2], scale[round(len(scale) / 3)], atol=0.02)
    np.testing.assert_allclose(faces[0], scale[round(0.1 / 3 * len(scale))], atol=0.02)


def test_close_ups_show_each_pixel_as_a_square_of_its_own_colour() -> None:
    parts = np.random.default_rng(0).random((2, 3, 5, 3)).astype(np.float32)
    figure = show_close_ups({"one": parts[0], "other": parts[1]}, alt="Two close-ups.")
    drawn = pixels(figure)
    side = (drawn.shape[1] - 10) // 10
    top = drawn.shape[0] - 3 * side
    for (row, column), left in (((0, 0), 0), ((2, 4), 0), ((1, 2), 5 * side + 10)):
        square = drawn[
            top + row * side + 2 : top + (row + 1) * side - 2,
            left + column * side + 2 : left + (column + 1) * side - 2,
        ]
        right = parts[1 if left else 0][row, column]
        np.testing.assert_allclose(
            square.reshape(-1, 3), np.tile(right, (len(square) * square.shape[1], 1)), atol=0.05
        )
    assert figure.alt == "Two close-ups."


def test_columns_are_filled_row_by_row_with_pictures_of_one_width() -> None:
    shown = {"a": plain(1, 0, 0), "b": plain(0, 1, 0), "c": plain(0, 0, 1)}
    figure = show_columns(shown, columns=2, alt="Three colours.")
    first, second, third = (axes.get_position() for axes in figure.figure.axes)
    assert [axes.get_title() for axes in figure.figure.axes] == list(shown)
    assert first.x1 < second.x0
    assert third.x0 == first.x0
    assert third.y1 < first.y0
    width = figure.figure.get_size_inches()[0]
    assert {round(place.width * width * 110) for place in (first, second, third)} == {302}
    with pytest.raises(SettingsError, match="Received: none"):
        show_columns({}, alt="")


def test_close_ups_of_different_sizes_are_refused() -> None:
    with pytest.raises(SettingsError, match="Received: none"):
        show_close_ups({}, alt="")
    with pytest.raises(SettingsError, match="of one size"):
        show_close_ups({"one": plain(0, 0, 0), "other": plain(0, 0, 0)[1:]}, alt="")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1.234, "1.23"), (0.0949, "0.095"), (0.012, "0.012"), (0.0000319, "0.00003")],
)
def test_distances_are_written_in_digits_that_count(value: float, text: str) -> None:
    assert format_distance(value) == text


def test_mismatched_table_rows_are_refused() -> None:
    with pytest.raises(SettingsError, match="pictures one; distances other"):
        show_layer_distances({"one": plain(0, 0, 0)}, {"other": {"block1_conv1": 0.0}})
    with pytest.raises(SettingsError, match="same layers"):
        show_layer_distances(
            {"one": plain(0, 0, 0), "two": plain(0, 0, 0)},
            {"one": {"block1_conv1": 0.0}, "two": {"block2_conv1": 0.0}},
        )
    with pytest.raises(SettingsError, match="none"):
        show_layer_distances({}, {})


def test_the_charts_show_maps_on_the_left_and_pixels_on_the_right() -> None:
    losses = {LAYERS[0]: [1.0, 0.1, 0.001], LAYERS[1]: [1.0, 0.5]}
    errors = {LAYERS[0]: [0.2, 0.1, 0.01], LAYERS[1]: [0.2, 0.19]}
    figure = plot_reconstruction_errors(losses, errors)
    left, right = figure.figure.axes
    for axes, series in ((left, losses), (right, errors)):
        drawn = {line.get_label(): list(np.asarray(line.get_ydata())) for line in axes.lines}
        assert drawn == series
        assert [text.get_text() for text in axes.texts] == list(series)
        assert axes.get_yscale() == "log"
        assert axes.get_xlabel() == "step"
    assert "maps" in left.get_title()
    assert "pixels" in right.get_title()
    assert "block5_conv1: maps from 1 to 0.5, pixels from 0.2 to 0.19" in figure.alt


def test_charts_of_unknown_layers_are_refused() -> None:
    with pytest.raises(SettingsError, match="losses of block1_conv1; errors of none"):
        plot_reconstruction_errors({"block1_conv1": [1.0]}, {})
