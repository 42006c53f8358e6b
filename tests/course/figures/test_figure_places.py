from typing import Any

import numpy as np
import pytest

from stylelab.course import figures
from stylelab.course.figures.places import OVERLAY_COLOUR, OVERLAY_OPACITY
from stylelab.errors import SettingsError
from stylelab.network.layer_masks import layer_mask
from stylelab.pictures.images import Picture
from stylelab.pictures.mask_operations import polygon_mask

LAYERS = ("block1_conv1", "block3_conv1", "block5_conv1")


@pytest.fixture
def left(photo: Picture) -> Any:
    return polygon_mask([(0, 0), (0, 0.5), (1, 0.5), (1, 0)], *photo.shape[:2])


def shown(axes: Any) -> Any:
    return np.asarray(axes.images[0].get_array())


def test_an_overlay_covers_exactly_the_mask(photo: Picture, left: Any) -> None:
    laid = figures.overlay_mask(photo, left)
    np.testing.assert_array_equal(laid[left == 0], photo[left == 0])
    expected = (1 - OVERLAY_OPACITY) * photo + OVERLAY_OPACITY * np.array(OVERLAY_COLOUR) / 255
    np.testing.assert_allclose(laid[left == 1], expected[left == 1], atol=1e-6)
    half = figures.overlay_mask(photo, left / 2)
    np.testing.assert_allclose(half - photo, (laid - photo) / 2, atol=1e-6)


def test_the_alt_text_of_a_mask_states_area_and_position(left: Any) -> None:
    words = (
        "50% of it is in the mask, from 0% to 100% of the height and from 0% to 50% of the width."
    )
    assert figures.describe_mask(left) == words
    assert figures.describe_mask(0 * left) == "nothing is in the mask."
    corner = np.zeros((20, 50), np.float32)
    corner[5:, 40:] = 1
    assert figures.describe_mask(corner).endswith(
        "from 25% to 100% of the height and from 80% to 100% of the width."
    )


def test_masks_are_gray_pictures_with_white_for_1(left: Any) -> None:
    figure = figures.show_masks({"left": left, "soft": left / 2})
    for axes, values in zip(figure.figure.axes, (left, left / 2), strict=True):
        np.testing.assert_array_equal(shown(axes), np.repeat(values[..., None], 3, axis=2))
    assert [axes.get_title() for axes in figure.figure.axes] == ["left", "soft"]
    assert "soft: 25% of it" in figure.alt
    with pytest.raises(SettingsError):
        figures.show_masks({})


def test_layer_masks_are_drawn_for_each_layer_at_their_positions(left: Any) -> None:
    figure = figures.show_layer_masks(left, LAYERS)
    axes = figure.figure.axes
    assert len(axes) == 6
    for number, layer in enumerate(LAYERS):
        np.testing.assert_array_equal(shown(axes[number]), layer_mask(left, layer))
        assert axes[number].get_title().startswith(layer)
    np.testing.assert_array_equal(shown(axes[4]), layer_mask(left, "block3_conv1", "inside"))
    # The deepest layer's last row and column of pixels belong to no unit: the cells end before them.
    left_edge, right_edge, bottom, top = axes[2].images[0].get_extent()
    assert (left_edge, right_edge, bottom, top) == (0, 64, 32, 0)
    assert axes[2].get_ylim() == (43, 0)
    assert axes[0].get_title() == "block1_conv1\n64 × 43"
    assert all(one.collections for one in axes[:5])  # the line around the mask
    for text, row in zip(figure.figure.texts, (axes[:3], axes[3:]), strict=True):
        box = row[0].get_position()
        assert box.y0 < text.get_position()[1] < box.y1
        assert text.get_position()[0] < box.x0
    assert [text.get_text() for text in figure.figure.texts] == ["centre", "inside"]
    assert axes[0].get_position().x1 + 0.001 < axes[1].get_position().x0
    half = figures.show_layer_masks(left / 2, LAYERS[:1]).figure.axes[0]
    assert half.images[0].get_clim() == (0, 1)  # as gray as it is
    assert "a mask of 50% of the picture" in figure.alt
    assert not axes[5].images
    assert axes[5].texts[0].get_text() == "vanishes"
    assert "inside at block5_conv1: vanishes" in figure.alt
    assert "centre at block1_conv1: 50%" in figure.alt
    with pytest.raises(SettingsError):
        figures.show_layer_masks(left, ())


def test_outlined_maps_share_one_scale_and_distinguish_inside_from_outside(left: Any) -> None:
    apart = {"a": 30 * left, "b": 3 * (1 - left)}
    figure = figures.show_outlined_maps(apart, left, label="difference, in 1/255", most=20)
    for axes, values in zip(figure.figure.axes, apart.values(), strict=False):
        np.testing.assert_array_equal(shown(axes), values)
        assert axes.images[0].get_clim() == (0, 20)
        (line,) = axes.collections  # around the mask
        edges = np.concatenate([path.vertices for path in line.get_paths()])
        np.testing.assert_allclose(edges[:, 0], 31.5)
        assert np.ptp(edges[:, 1]) == left.shape[0] - 1
    assert figure.figure.axes[-1].get_ylabel() == "difference, in 1/255"
    assert "a: at most 0 outside the line and 30 inside" in figure.alt
    assert "b: at most 3 outside the line and 0 inside" in figure.alt
    assert "Each is a difference, in 1/255." in figure.alt
    soft = figures.show_outlined_maps({"a": 30 * left}, left / 2, label="height", most=20)
    assert "a: at most 0 outside the line and 30 inside" in soft.alt
    with pytest.raises(SettingsError):
        figures.show_outlined_maps({}, left, label="height", most=1)


def test_outlined_maps_have_one_width_however_many_there_are(left: Any) -> None:
    def panel(count: int) -> float:
        entries = {str(number): left for number in range(count)}
        drawn = figures.show_outlined_maps(entries, left, label="height", most=1)
        drawn.encode()  # lays it out
        box = drawn.figure.axes[0].get_window_extent()
        return float(box.width / drawn.figure.dpi)

    assert panel(2) == pytest.approx(panel(3), rel=0.1)
    assert panel(3) > 2.7  # inches, 300 pixels


@pytest.mark.parametrize("value", [0, 1])
def test_an_empty_or_full_mask_has_no_outline(left: Any, *, value: int) -> None:
    flat = 0 * left + value
    axes = figures.show_outlined_maps({"a": 0 * left}, flat, label="height", most=1).figure.axes
    assert not axes[0].collections
