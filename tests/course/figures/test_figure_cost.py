import re
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from stylelab.course.coarse_to_fine import Comparison
from stylelab.course.figures.cost import (
    plot_forecasts,
    plot_growth,
    plot_layer_costs,
    plot_loss_ratios,
    plot_roofline,
    show_at_same_scale,
    show_tiles,
)
from stylelab.errors import LayerError, SettingsError
from stylelab.losses.tiles import plan_tiles
from stylelab.network.layer_facts import LAYERS
from stylelab.pictures.images import Picture
from stylelab.pipeline.cost_estimate import CostEstimate
from stylelab.pipeline.stages import Stage


def test_layers_have_bars_for_operations_and_memory() -> None:
    figure = plot_layer_costs(64, 96, "block3_conv2")
    left, right = figure.figure.axes
    names = list(LAYERS)[: list(LAYERS).index("block3_conv2") + 1]
    assert [label.get_text() for label in left.get_yticklabels()] == names
    work, kept = ([bar.get_width() for bar in axes.patches] for axes in (left, right))  # type: ignore[attr-defined]
    np.testing.assert_allclose(work, [LAYERS[n].multiply_adds(64, 96) / 1e9 for n in names])
    np.testing.assert_allclose(kept, [np.prod(LAYERS[n].shape(64, 96)) * 4 / 1e6 for n in names])
    assert left.yaxis_inverted()  # the first layer is at the top
    assert left.get_xlabel().startswith("to compute")
    assert right.get_xlabel().startswith("to keep")
    for axes in (left, right):
        colours = [
            (name[:6], bar.get_facecolor()) for name, bar in zip(names, axes.patches, strict=True)
        ]
        assert (
            len(set(colours)) == len({colour for _, colour in colours}) == 3
        )  # one for each block
    first = sum(work[:2]) / sum(work), sum(kept[:3]) / sum(kept)
    assert f"block 1: {first[0]:.0%} of the work, {first[1]:.0%} of the memory" in figure.alt
    assert "a picture of 96 by 64 pixels" in figure.alt
    assert "block 4" not in figure.alt
    with pytest.raises(LayerError):
        plot_layer_costs(64, 96, "block9_conv1")


def test_block_shares_in_the_alt_text_sum_to_100_percent() -> None:
    alt = plot_layer_costs(160, 240).alt
    for what in ("of the work", "of the memory"):
        shares = [int(share) for share in re.findall(rf"(\d+)% {what}", alt)]
        assert len(shares) == 5
        assert sum(shares) == pytest.approx(100, abs=3)


def test_tiles_are_outlined_and_one_is_highlighted(photo: Picture) -> None:
    tiles = plan_tiles(photo.shape[0], photo.shape[1], ["block3_conv1"], 48)
    figure = show_tiles(photo, tiles, chosen=1)
    (axes,) = figure.figure.axes
    patches: Any = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(patches) == len(tiles) + 2
    own, cut = patches[-2:]
    tile = tiles[1]
    for patch, each in zip(patches, [*tiles, tile], strict=False):
        assert patch.get_xy() == (each.core_columns.start, each.core_rows.start)
        assert patch.get_width() == each.core_columns.stop - each.core_columns.start
        assert patch.get_height() == each.core_rows.stop - each.core_rows.start
    assert (own.get_linestyle(), cut.get_linestyle()) == ("-", "--")
    assert cut.get_width() == tile.columns.stop - tile.columns.start
    assert cut.get_width() > own.get_width()
    written = [text.get_text() for text in axes.texts]
    assert written == [
        f"{words}: {patch.get_width()} × {patch.get_height()}"
        for words, patch in (("its own", own), ("cut out for it", cut))
    ]
    height, width = photo.shape[:2]
    assert list(axes.images[0].get_extent()) == [0, width, height, 0]
    assert axes.yaxis_inverted()
    assert f"A picture of {width} by {height} pixels" in figure.alt
    for words, patch in (("them, {} by {} pixels", own), ("around it, {} by {} pixels", cut)):
        assert words.format(patch.get_width(), patch.get_height()) in figure.alt
    shown = np.asarray(axes.images[0].get_array())
    np.testing.assert_array_equal(shown[tile.rows, tile.columns], photo[tile.rows, tile.columns])
    assert (shown[-1, 0] > photo[-1, 0]).all()  # faded: far from the tile
    assert f"divided into {len(tiles)} tiles" in figure.alt
    for wrong in (-1, len(tiles)):
        with pytest.raises(SettingsError, match="Expected a tile from 0"):
            show_tiles(photo, tiles, chosen=wrong)


def test_points_are_below_the_roofline_at_their_intensity() -> None:
    points = {"block1_conv1": 10.0, "block2_conv1": 20.0, "block3_conv1": 400.0}
    figure = plot_roofline(points, peak=8e12, bandwidth=320e9, machine="a card")
    (axes,) = figure.figure.axes
    roof, *dots = axes.lines
    drawn = np.array([np.ravel(dot.get_xydata()) for dot in dots])
    np.testing.assert_allclose(drawn, [(10, 3200), (20, 6400), (400, 8000)])
    assert np.max(np.asarray(roof.get_ydata())) == pytest.approx(8000)
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert "8000 GFLOP/s at 25 operations per byte" in figure.alt
    assert "On the slope: block1_conv1, block2_conv1;" in figure.alt
    named: Any = {text.get_text(): text for text in axes.texts}
    for name, place in {"block1_conv1": (10, 3200), "block3_conv1": (400, 8000)}.items():
        assert named.pop(name).xy == place
    assert set(named) == {"memory: 320 GB/s", "arithmetic: 8000 GFLOP/s"}
    assert axes.get_title() == "a card"
    assert "operations" in axes.get_xlabel()
    assert "GFLOP/s" in axes.get_ylabel()


@pytest.mark.parametrize(
    ("points", "peak", "bandwidth"), [({}, 1, 1), ({"a": 0}, 1, 1), ({"a": 1}, 0, 1)]
)
def test_a_roofline_needs_positive_numbers(points: Any, peak: float, bandwidth: float) -> None:
    with pytest.raises(SettingsError, match="all above 0"):
        plot_roofline(points, peak=peak, bandwidth=bandwidth, machine="a card")


def test_pictures_at_one_magnification_keep_their_relative_sizes() -> None:
    shown = {"small": np.zeros((20, 30, 3), np.float32), "large": np.ones((60, 90, 3), np.float32)}
    figure = show_at_same_scale(shown)
    small, large = (axes.get_position() for axes in figure.figure.axes)
    for axes, picture in zip(figure.figure.axes, shown.values(), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), picture)
    assert large.width == pytest.approx(3 * small.width)
    assert large.height == pytest.approx(3 * small.height)
    width, height = figure.figure.get_size_inches()
    assert large.width * width / (large.height * height) == pytest.approx(1.5)
    assert large.x0 > small.x1
    assert large.x1 == pytest.approx(1)
    assert (1 - large.y1) * height > 0.4  # room for two lines above
    assert [axes.get_title() for axes in figure.figure.axes] == [
        "small\n30 × 20",
        "large\n90 × 60",
    ]
    assert "small, 30 by 20 pixels; large, 90 by 60 pixels" in figure.alt
    with pytest.raises(SettingsError, match="at least one picture"):
        show_at_same_scale({})


def test_growth_names_each_curve_at_its_end_and_ticks_the_sizes() -> None:
    shown = {"square": [1.0, 4.0, 16.0], "level": [2.0, 2.0, 2.0]}
    figure = plot_growth(shown, [10, 20, 40], ylabel="memory, in GB", alt="Two lines.")
    (axes,) = figure.figure.axes
    assert axes.get_xscale() == axes.get_yscale() == "log"
    for line, (name, values) in zip(axes.lines, shown.items(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
        label: Any = next(text for text in axes.texts if text.get_text() == name)
        assert label.xy == (40, values[-1])
        assert label.get_color() == line.get_color()
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["10", "20", "40"]
    assert (axes.get_ylabel(), figure.alt) == ("memory, in GB", "Two lines.")
    with pytest.raises(SettingsError, match="at least one curve"):
        plot_growth({}, [], ylabel="", alt="")


def test_loss_ratios_are_drawn_around_the_line_of_equal_losses() -> None:
    pairs = [
        Comparison("cat", "ink_wash", 2, {8: 4.0, 16: 2.0}, {8: 2.0, 16: 2.2}, {}, {}),
        Comparison("dog", "ink_wash", 1, {8: 5.0, 16: 2.5}, {8: 4.0, 16: 2.5}, {}, {}),
    ]
    figure = plot_loss_ratios(pairs, alt="Two curves.")
    (axes,) = figure.figure.axes
    equal, *curves = axes.lines
    assert list(np.asarray(equal.get_ydata())) == [1, 1]
    np.testing.assert_allclose(np.asarray(curves[0].get_ydata(), float), [0.5, 1.1])
    np.testing.assert_allclose(np.asarray(curves[1].get_ydata(), float), [0.8, 1.0])
    assert [line.get_label() for line in curves] == ["cat, ink wash × 2", "dog, ink wash × 1"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["8", "16"]
    assert axes.get_ylim()[0] == 0
    assert figure.alt == "Two curves."
    with pytest.raises(SettingsError, match="at least one comparison"):
        plot_loss_ratios([], alt="")


def _forecast(side: int, memory: float, seconds: float) -> CostEstimate:
    stage = Stage(height=side // 2, width=side, steps=10)
    return CostEstimate((stage,), seconds, round(memory * 1e9), 10**10)


def test_forecasts_mark_the_chosen_run_in_both_charts() -> None:
    curves = {
        "whole": [_forecast(256, 1, 60), _forecast(512, 4, 240)],
        "tiles": [_forecast(256, 1, 60), _forecast(512, 2, 600)],
    }
    figure = plot_forecasts(curves, "tiles", curves["tiles"][1], "a machine")
    for axes, values, here in zip(
        figure.figure.axes, (([1, 4], [1, 2]), ([1, 4], [1, 10])), (2, 10), strict=True
    ):
        whole, tiles, mark = axes.lines
        np.testing.assert_allclose(np.asarray(whole.get_ydata(), float), values[0])
        np.testing.assert_allclose(np.asarray(tiles.get_ydata(), float), values[1])
        np.testing.assert_allclose(np.asarray(mark.get_xydata(), float), [(512, here)])
        assert mark.get_color() == tiles.get_color()
        assert (whole.get_alpha(), tiles.get_alpha()) == (0.35, None)
    left, right = figure.figure.axes
    assert left.get_title() == "memory: 2.0 GB"
    assert right.get_title() == "time: 10 min 00 s"
    assert right.get_ylabel() == "minutes on a machine"
    assert "512 by 256 pixels, tiles tiles: 2.0 GB and 10 min 00 s on a machine" in figure.alt
    with pytest.raises(SettingsError, match="Expected one of whole, tiles"):
        plot_forecasts(curves, "none", curves["tiles"][1])
