from typing import Any

import numpy as np
import pytest
from figure_contents import pixels
from matplotlib.colors import to_rgb

from stylelab.course.figures import (
    CourseFigure,
    plot_reconstruction_errors,
    show_layer_distances,
    show_layer_puzzle,
)
from stylelab.course.figures.content import RECONSTRUCTED_LAYERS
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
    drawn = pixels(figure)
    middle = drawn[int(0.7 * len(drawn))]
    for number, letter in enumerate(RECONSTRUCTED_LAYERS, start=1):
        colour = middle[int((number + 0.5) * len(middle) / 5)]
        np.testing.assert_allclose(colour, rebuilt[RECONSTRUCTED_LAYERS[letter]][0, 0], atol=0.02)
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
    assert texts(figure) == [*LAYERS, "the same", "0", "0", "mirrored", "0.012", "1.23"]
    assert "mirrored: 0.012, 1.23" in figure.alt


def test_the_table_shows_the_changed_picture_in_its_row() -> None:
    drawn = pixels(table())
    down, across = drawn.shape[0] / (0.42 + 2 * 0.48), int(0.03 * drawn.shape[1])
    np.testing.assert_allclose(drawn[int((0.42 + 0.24) * down), across], [0, 1, 0], atol=0.02)
    np.testing.assert_allclose(drawn[int((0.42 + 0.72) * down), across], [0, 0, 1], atol=0.02)


def test_larger_distances_are_darker() -> None:
    faces = np.array([to_rgb(patch.get_facecolor()) for patch in table().figure.axes[0].patches])
    same, _, near, far = faces.mean(-1)
    assert same > near > far


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
        assert axes.get_yscale() == "log"
        assert axes.get_xlabel() == "step"
    assert "maps" in left.get_title()
    assert "pixels" in right.get_title()
    assert "block5_conv1: maps from 1 to 0.5, pixels from 0.2 to 0.19" in figure.alt


def test_charts_of_unknown_layers_are_refused() -> None:
    with pytest.raises(SettingsError, match="losses of block1_conv1; errors of none"):
        plot_reconstruction_errors({"block1_conv1": [1.0]}, {})
