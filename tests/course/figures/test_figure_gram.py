from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from stylelab.course.figures import (
    CourseFigure,
    plot_distances,
    plot_gram_changes,
    show_coactivations,
    show_gram_matrices,
    show_gram_product,
    show_textures,
)
from stylelab.course.figures.course_figure import WIDTH
from stylelab.course.figures.gram import order_by_similarity
from stylelab.course.figures.gram_entry import format_entry, show_gram_entry
from stylelab.errors import SettingsError

LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1")


def texts(figure: CourseFigure) -> list[str]:
    found = list(figure.figure.texts)
    for axes in figure.figure.axes:
        found += [*axes.texts, axes.title]
    return [text.get_text() for text in found]


def images(figure: CourseFigure) -> list[Any]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.figure.axes if axes.images]


@pytest.fixture
def maps() -> Any:
    return np.random.default_rng(0).random((6, 5, 4)).astype(np.float32)


def test_a_pair_is_shown_with_its_product_and_gram_matrix_entry(maps: Any) -> None:
    figure = show_coactivations(100 * maps, [(0, 2), (3, 1)])
    shown = images(figure)
    np.testing.assert_array_equal(shown[0], 100 * maps[..., 0])
    np.testing.assert_array_equal(shown[4], 100 * maps[..., 1])
    np.testing.assert_allclose(shown[2], shown[0] * shown[1])
    entry = 1e4 * np.mean(maps[..., 0].astype(float) * maps[..., 2])
    assert f"mean\n{entry:,.0f}" in texts(figure)
    assert f"channels 0 and 2: the mean of their product is {entry:.3g}" in figure.alt


def test_maps_of_a_pair_are_wide_enough_to_compare(maps: Any) -> None:
    figure = show_coactivations(maps, [(0, 1), (2, 3)]).figure
    widths = [axes.get_position().width * figure.get_figwidth() * 110 for axes in figure.axes]
    assert min(widths) > 256
    assert figure.get_figwidth() <= WIDTH


def test_pairs_share_one_colour_scale(maps: Any) -> None:
    figure = show_coactivations(maps * [1, 1, 1, 9], [(0, 1), (2, 3)])
    tops = [axes.images[0].get_clim()[1] for axes in figure.figure.axes]
    assert tops[0] == tops[1] == tops[3] == tops[4] == (9 * maps[..., 3]).max()
    assert tops[2] == tops[5]


def test_the_product_is_the_matrix_times_its_transpose() -> None:
    f = np.array([[1, 0, 2, 0], [2, 0, 1, 0], [0, 3, 0, 1]])
    figure = show_gram_product(f)
    assert "5, 4, 0; 4, 5, 0; 0, 0, 10" in figure.alt
    assert "the entry that they make, 4" in figure.alt
    written = texts(figure)
    assert written.count("10") == 1
    assert {"F", "Fᵀ", "G = F·Fᵀ", "channel", "position"} <= set(written)


def test_gram_matrices_are_drawn_in_the_channel_order_of_the_first(maps: Any) -> None:
    first, second = (np.cov(values.reshape(-1, 4).T) ** 2 for values in (maps, maps**3))
    order = order_by_similarity(first)
    figure = show_gram_matrices({"one": first, "two": second})
    shown = images(figure)
    np.testing.assert_allclose(shown[0], first[np.ix_(order, order)])
    np.testing.assert_allclose(shown[1], second[np.ix_(order, order)])
    norms = [axes.images[0].norm for axes in figure.figure.axes[:2]]
    assert norms[0].vmax == norms[1].vmax == max(first.max(), second.max())
    assert "one: from" in figure.alt
    assert "two: from" in figure.alt


def test_channels_active_together_are_adjacent_and_zeros_last() -> None:
    maps = np.zeros((12, 5))
    maps[:6, [0, 3]] = np.arange(1, 7)[:, None]  # 0 with 3
    maps[6:, [1, 4]] = np.arange(1, 7)[:, None]  # 1 with 4; 2 is inactive
    order = order_by_similarity(maps.T @ maps)
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert order[-1] == 2
    assert {frozenset(order[:2]), frozenset(order[2:4])} == {frozenset((0, 3)), frozenset((1, 4))}


def distances(*values: float) -> dict[str, float]:
    return dict(zip(LAYERS, values, strict=True))


def test_changes_are_drawn_above_the_noise_floor() -> None:
    figure = plot_gram_changes(
        {"colour": distances(0.5, 0.1, 0.06), "size": distances(0.01, 0.2, 0.07)},
        floor=[distances(0.001, 0.01, 0.05), distances(0.002, 0.005, 0.03)],
    )
    (axes,) = figure.figure.axes
    colour, size = (np.asarray(line.get_ydata()) for line in axes.lines)
    np.testing.assert_allclose(colour, [0.5, 0.1, 0.06])
    np.testing.assert_allclose(size, [0.01, 0.2, 0.07])
    (ground,) = axes.collections
    edge = np.asarray(ground.get_paths()[0].vertices)
    highest = [edge[edge[:, 0] == index, 1].max() for index in range(3)]
    np.testing.assert_allclose(highest, [0.002, 0.01, 0.05])
    assert axes.get_yscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == list(LAYERS)
    assert "colour stands out most at block1_conv1, 250 times chance" in figure.alt
    assert "size stands out most at block2_conv1, 20 times chance" in figure.alt


def test_labels_of_curves_with_close_ends_do_not_overlap() -> None:
    changes = {name: distances(0.1, 0.1, 0.1) for name in ("one", "two", "three")}
    figure = plot_gram_changes(changes, floor=[distances(0.01, 0.01, 0.01)])
    (axes,) = figure.figure.axes
    heights = sorted(text.get_position()[1] for text in axes.texts if text.get_text() in changes)
    assert len(heights) == 3
    assert all(above > 1.3 * below for below, above in pairwise(heights))


def test_empty_input_is_refused(maps: Any) -> None:
    with pytest.raises(SettingsError, match="at least one pair"):
        show_coactivations(maps, [])
    with pytest.raises(SettingsError, match="all of one size"):
        show_gram_matrices({})
    with pytest.raises(SettingsError, match="all of one size"):
        show_gram_matrices({"one": np.eye(3), "two": np.eye(4)})
    with pytest.raises(SettingsError, match="matrix"):
        show_gram_product(np.ones(3))
    with pytest.raises(SettingsError, match="at least one change"):
        plot_gram_changes({}, floor=[distances(1, 1, 1)])


def test_distances_are_bars_from_zero_with_their_numbers() -> None:
    series = {"by place": {"a": 1.2, "b": 0.88}, "by Gram": {"a": 0.0131, "b": 0.456}}
    figure = plot_distances(series, xlabel="distance", alt="Four bars.")
    (axes,) = figure.figure.axes
    bars = [[(bar.get_x(), bar.get_width()) for bar in group] for group in axes.containers]
    assert bars == [[(0, 1.2), (0, 0.88)], [(0, 0.0131), (0, 0.456)]]
    assert [text.get_text() for text in axes.texts] == ["1.20", "0.88", "0.013", "0.46"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    (legend,) = figure.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(series)


def test_one_series_of_distances_has_no_legend_and_none_is_refused() -> None:
    figure = plot_distances({"": {"a": 1.0}}, xlabel="distance", alt="A bar.")
    assert not figure.figure.legends
    nothing: tuple[dict[str, dict[str, float]], ...] = ({}, {"by place": {}})
    for empty in nothing:
        with pytest.raises(SettingsError, match="distance to show"):
            plot_distances(empty, xlabel="distance", alt="Nothing.")


def test_textures_are_wide_enough_to_look_at() -> None:
    picture = np.random.default_rng(0).random((32, 32, 3)).astype(np.float32)
    figure = show_textures({"row": dict.fromkeys("abc", picture)}, alt="Three times noise.")
    whole = figure.figure.get_figwidth() * 110
    widths = [axes.get_position().width * whole for axes in figure.figure.axes]
    assert len(widths) == 3
    assert min(widths) > 256
    np.testing.assert_array_equal(images(figure)[0], picture)
    assert len(figure.encode()) < len(replace(figure, jpeg_quality=88).encode())


def test_the_frame_and_the_lines_are_at_the_entry(maps: Any) -> None:
    matrix: Any = show_gram_entry(maps, 2, 1).figure.axes[0]
    across, down = (line.get_xydata() for line in matrix.lines)
    assert set(across[:, 1]) == {2}
    assert set(down[:, 0]) == {1}
    (frame,) = matrix.patches
    x, y = frame.get_center()
    assert (x, y) == (1, 2)


def test_both_maps_have_one_scale_and_zeros_are_counted() -> None:
    maps = np.zeros((2, 5, 2))
    maps[0, :, 0], maps[0, 3:, 1] = 4, 7
    figure = show_gram_entry(maps, 0, 1)
    tops = [axes.images[0].get_clim() for axes in figure.figure.axes[1:]]
    assert tops == [(0, 7), (0, 7), (0, 28)]
    assert "The product is 0 at 80% of the positions." in figure.alt


@pytest.mark.parametrize(
    ("entry", "written"), [(22009.6, "22,010"), (100, "100"), (99.7, "99.7"), (0.0222, "0.0222")]
)
def test_entries_are_written_as_a_reader_would(entry: float, written: str) -> None:
    assert format_entry(entry) == written
