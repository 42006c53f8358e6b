from typing import Any

import numpy as np
import pytest
from figure_contents import plain
from matplotlib.patches import Rectangle

from stylelab.course.figures.course_figure import WIDTH
from stylelab.course.figures.transfer import (
    GRID_GAP,
    plot_path_in_box,
    show_picture_grid,
    show_receptive_fields_by_size,
)
from stylelab.errors import LayerError, SettingsError
from stylelab.network.layer_facts import LAYERS


@pytest.fixture
def grid() -> dict[str, dict[str, Any]]:
    return {
        "weight 1": {"one layer": plain(0.1), "two layers": plain(0.3)},
        "weight 9": {"one layer": plain(0.6), "two layers": plain(0.8)},
    }


def test_a_grid_has_each_picture_at_its_row_and_column(grid: dict[str, dict[str, Any]]) -> None:
    boxes = {
        round(float(np.mean(np.asarray(axes.images[0].get_array()))), 2): axes.get_position()
        for axes in show_picture_grid(grid).figure.axes
    }
    assert boxes[0.1].x0 == pytest.approx(boxes[0.6].x0)
    assert boxes[0.1].y0 == pytest.approx(boxes[0.3].y0)
    assert boxes[0.8].x0 == pytest.approx(boxes[0.3].x0)
    assert boxes[0.1].x1 < boxes[0.3].x0
    assert boxes[0.1].y0 > boxes[0.6].y1


def test_a_grid_keeps_the_aspect_ratio_of_its_pictures(grid: dict[str, dict[str, Any]]) -> None:
    figure = show_picture_grid(grid).figure
    width, height = figure.get_size_inches()
    for axes in figure.axes:
        box = axes.get_position()
        assert box.width * width / (box.height * height) == pytest.approx(30 / 20, rel=0.01)


def test_a_grid_labels_columns_once_and_every_row(grid: dict[str, dict[str, Any]]) -> None:
    figure = show_picture_grid(grid)
    titles = [axes.get_title() for axes in figure.figure.axes]
    assert [title for title in titles if title] == ["one layer", "two layers"]
    assert [text.get_text() for text in figure.figure.texts] == ["weight 1", "weight 9"]
    for words in ("weight 1, weight 9", "one layer, two layers"):
        assert words in figure.alt


@pytest.mark.parametrize(
    "wrong", [{}, {"a": {}}, {"a": {"x": plain(0)}, "b": {"y": plain(0)}}], ids=str
)
def test_a_grid_with_holes_is_refused(wrong: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(SettingsError, match="same columns"):
        show_picture_grid(wrong)


def test_a_grid_enlarges_and_marks_one_picture(grid: dict[str, dict[str, Any]]) -> None:
    figure = show_picture_grid(grid, larger=("weight 9", "one layer"))
    *cells, larger = figure.figure.axes
    np.testing.assert_allclose(np.asarray(larger.images[0].get_array()), 0.6, atol=1e-6)
    assert larger.get_title() == "weight 9, one layer"
    assert larger.get_position().width > 1.5 * cells[0].get_position().width
    assert larger.get_position().x0 > max(axes.get_position().x1 for axes in cells)
    marked = [axes.spines["top"].get_visible() for axes in cells]
    assert marked == [False, False, True, False]
    assert "At the right, larger: weight 9, one layer." in figure.alt


def test_a_grid_has_placeholders_for_missing_pictures(grid: dict[str, dict[str, Any]]) -> None:
    grid["weight 1"]["two layers"] = None
    figure = show_picture_grid(grid, larger=("weight 1", "two layers"))
    _, empty, *_, larger = figure.figure.axes
    assert not empty.images
    assert [text.get_text() for text in empty.texts] == ["not yet"]
    assert [text.get_text() for text in larger.texts] == ["not painted yet"]
    assert "1 of 4 are not painted yet." in figure.alt
    assert show_picture_grid({"a": {"b": None}}).encode()


def test_a_grid_cannot_enlarge_a_missing_picture(grid: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(SettingsError, match="weight 1, weight 9"):
        show_picture_grid(grid, larger=("weight 2", "one layer"))


def squares(axes: Any) -> list[float]:
    return [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]


def test_receptive_fields_are_drawn_in_pixels_of_each_picture() -> None:
    layers = ["block2_conv1", "block4_conv1"]
    figure = show_receptive_fields_by_size([plain(0.5, (64, 96)), plain(0.5, (128, 192))], layers)
    fields = [LAYERS[name].receptive_field for name in layers]
    shares = []
    for axes, width in zip(figure.figure.axes, (96, 192), strict=True):
        assert axes.get_title() == f"{width} px"
        assert squares(axes) == fields
        assert list(axes.images[0].get_extent()) == [0, width, width * 2 / 3, 0]
        assert axes.images[0].get_alpha() is None  # it would leave lines between enlarged pixels
        low, high = axes.get_xlim()
        shares.append(fields[1] / (high - low))
    assert shares[0] == pytest.approx(2 * shares[1])
    assert f"block4_conv1: {fields[1]} px" in figure.alt
    (legend,) = figure.figure.legends
    assert len(legend.get_texts()) == len(layers)


def test_receptive_fields_refuse_a_layer_that_does_not_exist() -> None:
    with pytest.raises(LayerError, match="Expected a layer"):
        show_receptive_fields_by_size([plain(0.5)], ["block9_conv1"])


def bowl(point: Any) -> tuple[float, Any]:
    return float(((point - 0.5) ** 2).sum()), 2 * (point - 0.5)


def test_a_path_shows_its_points_the_box_and_the_marks() -> None:
    path = [(0.1, 0.2), (0.4, 0.3), (0.5, 0.5)]
    figure = plot_path_in_box(
        bowl, path, {"lowest": (0.5, 0.5), "wall": (1.0, 0.4)}, alt="A bowl, a box."
    )
    (axes,) = figure.figure.axes
    way, *marks = axes.lines
    np.testing.assert_allclose(np.asarray(way.get_xydata(), float), np.array(path))
    shown = [np.asarray(mark.get_xydata(), float).tolist() for mark in marks]
    assert shown == [[[0.5, 0.5]], [[1.0, 0.4]]]
    (box,) = axes.patches
    assert isinstance(box, Rectangle)
    assert (*box.get_xy(), box.get_width(), box.get_height()) == (0, 0, 1, 1)
    assert "value" in axes.get_xlabel()
    assert "value" in axes.get_ylabel()
    assert figure.alt == "A bowl, a box."


def test_contours_show_the_loss_with_its_arguments_in_order() -> None:
    asked: list[Any] = []

    def slope(point: Any) -> tuple[float, None]:
        asked.append(point)
        return float(point[0] + 10 * point[1]), None

    figure = plot_path_in_box(slope, [], {}, alt="A slope.", low=0, high=1)
    assert {point.shape for point in asked} == {(2,)}
    # Between two level lines of x + 10 y lies a band that is wide and low.
    paths: Any = figure.figure.axes[0].collections[0].get_paths()
    bands = [np.ptp(path.vertices, axis=0) for path in paths if len(path.vertices)]
    assert len(bands) > 5
    assert all(height < max(width, 0.1) / 2 for width, height in bands)
    assert max(width for width, _ in bands) == pytest.approx(1)


def test_a_single_row_without_a_name_has_no_room_for_one() -> None:
    (axes,) = show_picture_grid({"": {"one": plain(0.4)}}).figure.axes
    named = show_picture_grid({"row": {"one": plain(0.4)}}).figure.axes[0]
    assert axes.get_position().x0 == pytest.approx(GRID_GAP / 2 / WIDTH)
    assert named.get_position().x0 > axes.get_position().x0


def test_marks_are_named_where_they_are() -> None:
    figure = plot_path_in_box(bowl, [(0.2, 0.2)], {"lowest": (0.5, 0.5)}, alt="A bowl.")
    named = {text.get_text(): tuple(text.xy) for text in figure.figure.axes[0].texts}  # type: ignore[attr-defined]
    assert named["lowest"] == (0.5, 0.5)
    assert named["start"] == (0.2, 0.2)
