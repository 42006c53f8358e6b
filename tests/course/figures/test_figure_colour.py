from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stylelab.course.figures import (
    plot_by_layer,
    plot_colour_clouds,
    plot_turned_clouds,
    show_picture_row,
)
from stylelab.course.figures.colour import MAX_DOTS, turned_positions
from stylelab.course.figures.course_figure import WIDTH
from stylelab.errors import SettingsError


def picture(seed: int, height: int = 16, width: int = 20) -> Any:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def test_a_cloud_has_a_dot_of_the_pixels_colour_for_each_pixel() -> None:
    figure = plot_colour_clouds({"one": picture(0), "two": picture(1)})
    for axes, shown in zip(figure.figure.axes, (picture(0), picture(1)), strict=True):
        (dots,) = axes.collections
        offsets: Any = dots.get_offsets()
        np.testing.assert_allclose(offsets, shown.reshape(-1, 3)[:, [0, 2]], atol=1e-6)
        colours: Any = dots.get_facecolors()  # type: ignore[attr-defined]
        np.testing.assert_allclose(colours[:, :3], shown.reshape(-1, 3), atol=1e-6)
    first = figure.figure.axes[0]
    assert (first.get_title(), first.get_xlabel(), first.get_ylabel()) == ("one", "red", "blue")
    for axis in (first.xaxis, first.yaxis):
        ticks = {
            float(position): label.get_text()
            for position, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        }
        assert ticks == {0: "0", 0.5: "½", 1: "1"}
    assert first.get_xlim() == first.get_ylim()


def test_the_ellipse_lies_two_standard_deviations_around_the_mean() -> None:
    shown = picture(2, 50, 60)  # more pixels than dots
    shown[..., 2] = 0.3 * shown[..., 0] + 0.2 * shown[..., 2]
    figure = plot_colour_clouds({"one": shown})
    (axes,) = figure.figure.axes
    assert "one: mean red 0.50, mean blue 0.25" in figure.alt
    plane = shown.reshape(-1, 3)[:, [0, 2]].astype(float)
    lines = [np.column_stack(line.get_data()) for line in axes.lines]
    around = [line for line in lines if len(line) > 1]
    away = around[0] - plane.mean(axis=0)
    distance = np.einsum("ni,ij,nj->n", away, np.linalg.inv(np.cov(plane.T, bias=True)), away)
    np.testing.assert_allclose(np.sqrt(distance), 2, rtol=1e-6)
    crosses = [line for line in lines if len(line) == 1]
    np.testing.assert_allclose(crosses[0][0], plane.mean(axis=0))


def test_large_pictures_are_subsampled_and_flat_pictures_can_be_drawn() -> None:
    large = plot_colour_clouds({"large": picture(3, 200, 300)})
    offsets: Any = large.figure.axes[0].collections[0].get_offsets()
    assert MAX_DOTS / 2 < len(offsets) <= MAX_DOTS
    flat = plot_colour_clouds({"flat": np.full((16, 16, 3), 0.5, np.float32)})
    assert "flat: mean red 0.50, mean blue 0.50" in flat.alt
    assert flat.encode()


def test_collinear_colours_have_a_degenerate_ellipse() -> None:
    shown = {}
    for seed in range(10):  # rounding makes the width of some a little less than 0
        red = np.random.default_rng(seed).random((16, 20, 1), dtype=np.float32)
        shown[f"no. {seed}"] = np.concatenate([red, red, 1 - red], axis=2)
    for axes in plot_colour_clouds(shown).figure.axes:
        for line in axes.lines:
            red, blue = np.asarray(line.get_data(), float)
            np.testing.assert_allclose(red + blue, 1, atol=1e-6)


def test_layers_are_drawn_in_order_with_gaps_between_blocks() -> None:
    layers = ["block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2", "block3_conv1"]
    colour = dict(zip(layers, (3.0, 1.0, 4.0, 5.0, 2.0), strict=True))
    shown = {"light": dict.fromkeys(layers, 1.0), "colour": colour}
    figure = plot_by_layer(shown, ylabel="share", alt="Two curves over four layers.")
    (axes,) = figure.figure.axes
    curves = {line.get_label(): line.get_ydata() for line in axes.lines}
    np.testing.assert_array_equal(curves["colour"], [3, 1, 4, 5, 2])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "1", "2", "1"]
    assert axes.get_xlabel() == "number of the convolution in its block"
    walls = [line.get_xdata()[0] for line in axes.lines if len(set(line.get_xdata())) == 1]  # type: ignore[index,arg-type]
    assert walls == [1.5, 3.5]
    blocks = [(text.get_position()[0], text.get_text()) for text in axes.texts]
    assert blocks == [(0.5, "block 1"), (2.5, "block 2"), (4, "block 3")]
    assert axes.get_ylabel() == "share"
    legend: Any = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["light", "colour"]
    assert axes.get_ylim()[0] == 0


def test_empty_input_or_mismatched_layers_are_refused() -> None:
    with pytest.raises(SettingsError, match="Received: none"):
        plot_colour_clouds({})
    one = {"block1_conv1": 1.0, "block2_conv1": 1.0}
    for wrong in (
        {},
        {"a": one, "b": {"block2_conv1": 1.0}},
        {"a": one, "b": dict([*one.items()][::-1])},
    ):
        with pytest.raises(SettingsError, match="same layers"):
            plot_by_layer(wrong, ylabel="share", alt="nothing")


def test_a_row_of_pictures_has_the_width_asked_for_and_keeps_proportions() -> None:
    shown = {"one": picture(0), "two": picture(1), "three": picture(2), "four": picture(3)}
    for columns, width in ((None, 9.2), (2, 6.0)):
        figure = show_picture_row(shown, columns=columns, width=width, alt="Four pictures.")
        assert figure.figure.get_size_inches()[0] == pytest.approx(width)
        for axes, (title, image) in zip(figure.figure.axes, shown.items(), strict=True):
            assert axes.get_title() == title
            np.testing.assert_array_equal(axes.images[0].get_array(), image)
            box = axes.get_window_extent()
            assert box.width / box.height == pytest.approx(20 / 16, rel=0.06)
            assert axes.images[0].get_interpolation() == "bicubic"
    assert figure.alt == "Four pictures."
    assert len(figure.encode()) < len(replace(figure, jpeg_quality=88).encode())  # all are enlarged
    assert show_picture_row(shown, alt="").figure.get_size_inches()[0] == pytest.approx(WIDTH)
    with pytest.raises(SettingsError, match="Received: none"):
        show_picture_row({}, alt="")


@pytest.mark.parametrize("turn", [0, 75, 240, 360])
def test_turning_keeps_lengths_and_the_upright_line_of_grays(turn: float) -> None:
    points = np.random.default_rng(5).random((40, 3))
    flat, front = turned_positions(points, turn)
    turned = np.column_stack([flat, front])
    np.testing.assert_allclose(turned @ turned.T, points @ points.T, atol=1e-12)
    gray, _ = turned_positions(np.linspace(0, 1, 5)[:, None].repeat(3, axis=1), turn)
    np.testing.assert_allclose(gray[:, 0], 0, atol=1e-12)
    assert (np.diff(gray[:, 1]) > 0).all()


@pytest.mark.parametrize(("turn", "nearest"), [(0, 0), (120, 1), (240, 2), (360, 0)])
def test_red_green_and_blue_come_to_the_front_in_turn(turn: float, nearest: int) -> None:
    _, front = turned_positions(np.eye(3), turn)
    assert front.argmax() == nearest
    np.testing.assert_allclose(np.delete(front, nearest), np.delete(front, nearest)[0])


def test_a_turned_cloud_draws_near_pixels_last_in_their_own_colours() -> None:
    shown = picture(4)
    figure = plot_turned_clouds({"one": shown, "two": picture(1)}, 50)
    axes = figure.figure.axes[0]
    (dots,) = axes.collections
    pixels = shown.reshape(-1, 3)
    flat, front = turned_positions(pixels, 50)
    order = np.argsort(front)
    np.testing.assert_allclose(np.asarray(dots.get_offsets()), flat[order], atol=1e-6)
    colours: Any = dots.get_facecolors()  # type: ignore[attr-defined]
    np.testing.assert_allclose(colours[:, :3], pixels[order], atol=1e-6)
    edges = [line for line in axes.lines if line.get_color() == "#9aa5b0"]
    hidden = [line for line in edges if line.get_linestyle() != "-"]
    assert (len(edges), len(hidden)) == (12, 3)  # of the corner behind
    assert {text.get_text() for text in axes.texts} >= {"black", "white", "red", "yellow"}
    gray = pixels.mean(axis=1, keepdims=True)
    strength = np.sqrt(((pixels - gray) ** 2).sum(axis=1)).mean()
    assert f"one: mean lightness {gray.mean():.2f}, mean colour {strength:.2f}" in figure.alt
    assert "turned by 50 degrees" in figure.alt
    with pytest.raises(SettingsError, match="Received: none"):
        plot_turned_clouds({})
