from typing import Any

import numpy as np
import pytest
from figure_contents import images, texts
from matplotlib.patches import Rectangle

from stylelab.course.figures import (
    show_edge_profile,
    show_kernel_positions,
    show_kernels,
    show_kernels_and_maps,
    show_number_grids,
    show_responses,
    show_single_response,
)
from stylelab.course.figures.convolution import show_edited_kernel
from stylelab.errors import PictureError, SettingsError
from stylelab.network.convolution import KERNELS, convolve

SOBEL = KERNELS["vertical edges"]
STEP = np.repeat([[0.0, 0, 0, 1, 1]], 5, axis=0)


def test_responses_use_a_diverging_scale_and_show_their_range() -> None:
    signed = np.linspace(-2, 1, 400).reshape(20, 20)
    figure = show_responses(
        {"photo": np.zeros((20, 20, 3)), "signed": signed, "above": abs(signed)}
    )
    _, middle, right = images(figure)
    low, high = middle.get_clim()
    assert low == -high
    assert 1.9 < high < 2  # full colour where one in a hundred is stronger
    assert right.get_clim()[0] == 0
    assert any("−2 … 1" in text for text in texts(figure.figure.axes[1]))
    assert "signed: −2 … 1" in figure.alt
    assert "photo: a picture" in figure.alt


def test_responses_share_a_limit_on_request() -> None:
    shown = {"weak": STEP, "strong": 5 * STEP}
    apart = [image.get_clim()[1] for image in images(show_responses(shown))]
    together = [image.get_clim()[1] for image in images(show_responses(shown, shared=True))]
    assert apart == [1, 5]
    assert together == [5, 5]


def test_a_constant_response_can_be_shown() -> None:
    assert show_responses({"nothing": np.zeros((4, 4))}).encode("png")


def test_a_line_shows_the_pixels_and_their_differences() -> None:
    figure = show_edge_profile(STEP, row=2, columns=slice(1, 5))
    _, above, below = figure.figure.axes
    x, y = above.lines[0].get_data()
    assert list(np.asarray(x)) == [1, 2, 3, 4]
    assert list(np.asarray(y)) == [0, 0, 1, 1]
    heights = [bar.get_height() for bar in below.patches if isinstance(bar, Rectangle)]
    assert heights == [0, 1, 0]
    assert "between columns 2 and 3" in figure.alt
    assert below.get_xlabel()
    assert above.get_ylabel()


def test_a_single_response_shows_window_products_and_sum() -> None:
    figure = show_single_response(STEP, SOBEL, row=1, column=1)
    picture, kernel, products, total = (axes for axes in figure.figure.axes if axes.images)
    (frame,) = (patch for patch in picture.patches if isinstance(patch, Rectangle))
    assert (*frame.get_xy(), frame.get_width(), frame.get_height()) == (0.5, 0.5, 3, 3)
    assert texts(kernel) == ["−1", "0", "1", "−2", "0", "2", "−1", "0", "1"]
    assert texts(products) == ["0", "0", "1", "0", "0", "2", "0", "0", "1"]
    assert texts(total) == ["4"]
    assert convolve(STEP[..., None], SOBEL[..., None, None], padding="valid")[1, 1, 0] == 4
    assert "sum, 4" in figure.alt


@pytest.mark.parametrize("position", [(3, 0), (0, 3), (-1, 0)])
def test_a_window_outside_the_picture_is_refused(position: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="window"):
        show_single_response(STEP, SOBEL, *position)


def test_kernel_positions_have_a_dot_for_every_response() -> None:
    cases: Any = [("valid", 1), ("same", 1), ("valid", 2), ("same", 2)]
    figure = show_kernel_positions(6, cases)
    for axes, (padding, stride) in zip(figure.figure.axes, cases, strict=True):
        answer = convolve(np.ones((6, 6, 1)), np.ones((3, 3, 1, 1)), stride=stride, padding=padding)
        across, down = (np.asarray(values) for values in axes.lines[0].get_data())
        assert across.size == down.size == answer.size
        assert f"{len(answer)} × {len(answer)}" in axes.get_title()
        # TensorFlow's "same" with stride 2: nothing is added at the top left here.
        assert across.min() == (0 if (padding, stride) == ("same", 1) else 1)
        zeros = {
            ("valid", 1): 0,
            ("same", 1): 8**2 - 6**2,
            ("valid", 2): 0,
            ("same", 2): 7**2 - 6**2,
        }
        assert texts(axes).count("0") == zeros[padding, stride]
    assert "same, stride 2: 3 × 3" in figure.alt


def test_number_grids_have_cells_of_one_size_and_white_zeros() -> None:
    figure = show_number_grids({"dot": STEP, "kernel": SOBEL}, alt="two arrays")
    dot, kernel = figure.figure.axes
    wide, high = figure.figure.get_size_inches()
    for axes, array in ((dot, STEP), (kernel, SOBEL)):
        box = axes.get_position()
        assert box.width * wide / array.shape[1] == pytest.approx(0.52, rel=0.05)
        assert box.height * high / array.shape[0] == pytest.approx(0.52, rel=0.05)
        assert len(texts(axes)) == array.size
        low, most = axes.images[0].get_clim()
        assert low == -most
    assert texts(kernel)[3] == "−2"
    grays = images(show_number_grids({"dot": STEP}, gray=True, alt="one array"))
    assert grays[0].get_cmap().name == "gray"


def test_kernels_are_shown_each_on_its_own_scale() -> None:
    kernels = np.zeros((3, 3, 3, 5))
    kernels[..., 0, 1], kernels[..., 2, 3] = 0.5, -0.25  # the second is red, the fourth lacks blue
    figure = show_kernels(kernels, columns=3)
    tiles = [np.asarray(image.get_array()) for image in images(figure)]
    assert len(tiles) == 5
    np.testing.assert_array_equal(tiles[0], 0.5)
    np.testing.assert_array_equal(tiles[1][0, 0], [1, 0.5, 0.5])
    np.testing.assert_array_equal(tiles[3][0, 0], [0.5, 0.5, 0])


def test_selected_maps_have_their_kernels_in_a_corner() -> None:
    layer = np.stack([STEP, 3 * STEP], axis=-1)
    kernels = np.zeros((3, 3, 3, 2))
    kernels[..., 0, 0], kernels[..., 1, 1] = 1, 1
    picture = np.full((5, 5, 3), 0.25)
    figure = show_kernels_and_maps(picture, kernels, {"strong": 1, "weak": 0}, layer)
    first, strong, weak = figure.figure.axes[:3]
    np.testing.assert_array_equal(np.asarray(first.images[0].get_array()), picture)
    assert [strong.get_title(), weak.get_title()] == ["1: strong", "0: weak"]
    np.testing.assert_array_equal(np.asarray(strong.images[0].get_array()), layer[..., 1])
    np.testing.assert_array_equal(np.asarray(weak.images[0].get_array()), layer[..., 0])
    (corner,) = strong.child_axes
    np.testing.assert_array_equal(np.asarray(corner.images[0].get_array())[0, 0], [0.5, 1, 0.5])
    assert "1 (strong), up to 3" in figure.alt


def test_an_edited_kernel_is_shown_with_the_range_of_its_response() -> None:
    picture = np.full((6, 8, 3), 0.5)
    sharp = np.linspace(-1, 2, 6 * 8 * 3).reshape(6, 8, 3)
    as_picture = show_edited_kernel(picture, KERNELS["sharpen"], sharp)
    *_, shown = images(as_picture)
    np.testing.assert_array_equal(np.asarray(shown.get_array()), sharp.clip(0, 1))
    assert "from −1 to 2" in as_picture.alt
    assert "adds up to 1" in texts(as_picture.figure.axes[1])

    around_zero = show_edited_kernel(picture, SOBEL, sharp)
    *_, shown = images(around_zero)
    np.testing.assert_allclose(np.asarray(shown.get_array()), sharp.mean(-1))
    low, high = shown.get_clim()
    assert low == -high


def test_empty_input_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least one"):
        show_responses({})
