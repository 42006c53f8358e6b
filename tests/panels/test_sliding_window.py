import html
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate2d

from stylelab.errors import PictureError, SettingsError
from stylelab.network.convolution import KERNELS
from stylelab.panels import sliding_window

PICTURE = np.arange(30.0).reshape(5, 6) % 7


def drawn(control: Any) -> dict[str, Any]:
    """The arrays shown, by title."""
    return {
        axes.get_title(): np.asarray(axes.images[0].get_array())
        for axes in control.drawing.figure.axes
        if axes.images
    }


def line_below(control: Any) -> str:
    (text,) = control.drawing.figure.texts
    return str(text.get_text())


@pytest.mark.parametrize("preset", ["vertical edges", "sharpen", "emboss"])
@pytest.mark.parametrize("place", [(0, 0), (1, 2), (2, 3)])
def test_products_and_sum_are_those_of_the_window(preset: str, place: tuple[int, int]) -> None:
    control = sliding_window(PICTURE, preset)
    control.widgets["row"].value, control.widgets["column"].value = place
    row, column = place
    products = PICTURE[row : row + 3, column : column + 3] * KERNELS[preset]
    np.testing.assert_allclose(drawn(control)["the products"], products)
    response = correlate2d(PICTURE, KERNELS[preset], "valid")
    assert line_below(control).endswith(f"= {response[place]:g}".replace("-", "−"))
    assert f"row {row}, column {column}" in control.drawing.alt


def test_the_response_is_filled_up_to_the_window_as_one_reads() -> None:
    control = sliding_window(PICTURE)
    control.widgets["row"].value, control.widgets["column"].value = 1, 2
    shown = drawn(control)["the response so far"]
    response = correlate2d(PICTURE, KERNELS["vertical edges"], "valid")
    np.testing.assert_allclose(shown.ravel()[:7], response.ravel()[:7], rtol=1e-6)
    assert np.isnan(shown.ravel()[7:]).all()


def test_the_sliders_reach_every_place_of_the_window_and_no_other() -> None:
    control = sliding_window(PICTURE)
    assert list(control.widgets["row"].numbers) == [0, 1, 2]
    assert list(control.widgets["column"].numbers) == [0, 1, 2, 3]


def test_another_kernel_is_applied_at_once() -> None:
    control = sliding_window(PICTURE)
    control.widgets["kernel"].value = "identity"
    assert line_below(control).endswith(f"= {PICTURE[2, 2]:g}")
    np.testing.assert_array_equal(drawn(control)["the kernel"], KERNELS["identity"])


def test_the_first_picture_is_stored_for_pages_without_a_kernel() -> None:
    control = sliding_window(PICTURE)
    control.widgets["column"].value = 3
    _, metadata = control._repr_mimebundle_()
    assert "row 1, column 1" in html.unescape(metadata["image/png"]["alt"])


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 5)), np.zeros((5, 10)), np.zeros((5, 5, 3)), np.full((4, 4), np.nan), "cat"],
)
def test_pictures_whose_numbers_could_not_be_read_are_refused(wrong: Any) -> None:
    with pytest.raises(PictureError, match=r"gray values .* Received: "):
        sliding_window(wrong)


def test_an_unknown_kernel_is_refused() -> None:
    with pytest.raises(SettingsError, match="sharpen"):
        sliding_window(PICTURE, "sharper")
