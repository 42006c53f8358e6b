from typing import Any

import numpy as np
import pytest

from stylelab.course.figures import plot_by_layer, plot_colour_clouds
from stylelab.course.figures.colour import MAX_DOTS
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
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "conv1",
        "conv2",
        "conv1",
        "conv2",
        "conv1",
    ]
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
