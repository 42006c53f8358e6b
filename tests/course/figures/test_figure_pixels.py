from io import BytesIO

import numpy as np
import pytest
from figure_contents import texts
from PIL import Image

from stylelab.course.figures import (
    CourseFigure,
    plot_row_profile,
    show_channels,
    show_photo_maps,
    show_pictures,
    show_pixel_zoom,
    show_small_pictures,
)
from stylelab.errors import SettingsError
from stylelab.network.vgg19 import preprocess
from stylelab.pictures.images import Picture

RGB = ("red", "green", "blue")


def tall(columns: int = 30) -> Picture:
    """A picture in which all values differ."""
    values = np.arange(20 * columns * 3, dtype=np.float32).reshape(20, columns, 3)
    return np.asarray(values / values.max(), np.float32)


def opened(figure: CourseFigure) -> tuple[int, int]:
    with Image.open(BytesIO(figure.encode())) as image:
        assert image.format == "JPEG"
        return image.size


def test_an_enlarged_pixel_shows_its_three_values() -> None:
    picture = tall()
    figure = show_pixel_zoom(picture, row=7, column=11, side=3)
    _, large = figure.figure.axes
    written = texts(large)
    assert len(written) == 9
    # Third row, second column of the square: row 9, column 12 of the picture.
    assert written[2 * 3 + 1] == "\n".join(f"{value:.2f}" for value in picture[9, 12])
    np.testing.assert_array_equal(large.images[0].get_array(), picture[7:10, 11:14])


def test_an_enlargement_uses_the_pictures_row_and_column_indices() -> None:
    whole, large = show_pixel_zoom(tall(), row=7, column=11, side=3).figure.axes
    assert [label.get_text() for label in large.get_yticklabels()] == ["7", "8", "9"]
    assert [label.get_text() for label in large.get_xticklabels()] == ["11", "12", "13"]
    (square,) = whole.patches
    box = square.get_path().transformed(square.get_patch_transform()).get_extents()
    assert (box.x0, box.y0, box.x1, box.y1) == (10.5, 6.5, 13.5, 9.5)


def test_numbers_on_dark_pixels_are_white_and_on_light_ones_black() -> None:
    picture = np.zeros((20, 20, 3), np.float32)
    picture[:, 10:] = 1
    _, large = show_pixel_zoom(picture, 5, 9, 2).figure.axes
    assert [text.get_color() for text in large.texts] == ["white", "black"] * 2


@pytest.mark.parametrize("square", [(-1, 0, 3), (18, 0, 3), (0, 28, 3), (0, 0, 9), (0, 0, 1)])
def test_a_square_outside_or_of_unreadable_size_is_refused(square: tuple[int, int, int]) -> None:
    with pytest.raises(SettingsError, match="20 rows and 30 columns"):
        show_pixel_zoom(tall(), *square)


def test_channels_are_shown_in_order_on_one_scale() -> None:
    picture = tall()
    figure = show_channels(picture)
    first, *others = figure.figure.axes
    np.testing.assert_array_equal(first.images[0].get_array(), picture)
    for number, (axes, name) in enumerate(zip(others, RGB, strict=True)):
        np.testing.assert_array_equal(axes.images[0].get_array(), picture[..., number])
        assert axes.images[0].get_clim() == (0, 1)
        assert axes.get_title() == f"[..., {number}] {name}"
    assert f"red {picture[..., 0].mean():.2f}" in figure.alt


def test_a_row_is_drawn_with_its_brightness_and_its_differences() -> None:
    picture = tall()
    figure = plot_row_profile(picture, row=4)
    photo, curve, jumps = figure.figure.axes
    np.testing.assert_array_equal(np.asarray(photo.lines[0].get_ydata()), [4, 4])
    brightness = picture[4].mean(-1)
    np.testing.assert_allclose(np.asarray(curve.lines[0].get_ydata()), brightness)
    segments = np.array(jumps.collections[0].get_segments())  # type: ignore[attr-defined]
    np.testing.assert_allclose(segments[:, 1, 1], brightness[1:] - brightness[:-1])
    np.testing.assert_allclose(segments[:, 0, 0], np.arange(29) + 0.5)
    assert photo.get_xlim() == curve.get_xlim() == jumps.get_xlim()
    for words in ("row 4", "between columns"):
        assert words in figure.alt


def test_the_picture_above_a_row_keeps_its_aspect_ratio() -> None:
    figure = plot_row_profile(tall(40), row=4)
    width, height = figure.figure.get_size_inches()
    box = figure.figure.axes[0].get_position()
    assert box.width * width / (box.height * height) == pytest.approx(2)


@pytest.mark.parametrize("row", [-1, 20])
def test_a_nonexistent_row_is_refused(row: int) -> None:
    with pytest.raises(SettingsError, match="0 to 19"):
        plot_row_profile(tall(), row)


def test_maps_of_pictures_are_in_one_row_and_stored_as_jpeg() -> None:
    planes = {name: preprocess(tall())[..., number] for number, name in enumerate(RGB)}
    figure = show_photo_maps(planes, scale="shared", alt="Three maps of a picture.")
    assert figure.alt == "Three maps of a picture."
    width, height = opened(figure)
    assert width > 3 * height
    for axes, plane in zip(figure.figure.axes, planes.values(), strict=False):
        np.testing.assert_array_equal(axes.images[0].get_array(), plane)


def test_small_pictures_are_stored_smaller_with_titles_inside_the_figure() -> None:
    shown = {"one": tall(), "two": tall()[::-1]}
    small, large = show_small_pictures(shown, alt="Two pictures, small."), show_pictures(shown)
    assert small.alt == "Two pictures, small."
    assert opened(small)[0] < 0.8 * opened(large)[0]
    edge = small.figure.get_window_extent().y1
    for axes, (title, picture) in zip(small.figure.axes, shown.items(), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), picture)
        assert axes.get_title() == title
        assert axes.title.get_window_extent().y1 <= edge
