from typing import Any

import numpy as np
import pytest
from figure_contents import images

from stylelab.course.figures import CourseFigure, show_backward_pass
from stylelab.errors import SettingsError

X = np.arange(36.0).reshape(6, 6)
Y = np.array([[-1.0, 2, 3, -4]] * 4)
R = np.maximum(Y, 0)
F = np.array([[1.0, 1.5], [1, 1.5]])
AT_F, AT_R = np.array([[0.4, 0], [-0.8, 0.25]]), np.full((4, 4), 0.125)


def drawn(figure: CourseFigure) -> list[Any]:
    return [np.asarray(image.get_array()) for image in images(figure)]


def titles(figure: CourseFigure) -> list[str]:
    return [axes.get_title() for axes in figure.figure.axes if axes.images]


def test_the_numbers_go_forward_from_left_to_right() -> None:
    figure = show_backward_pass((X, Y, R, F))
    for shown, array in zip(drawn(figure), (X, Y, R, F), strict=True):
        np.testing.assert_array_equal(shown, array)
    lefts = [axes.get_position().x0 for axes in figure.figure.axes if axes.images]
    assert lefts == sorted(lefts)
    assert "maps F: 1 1.5; 1 1.5" in figure.alt
    assert "gradient" not in figure.alt


def test_each_gradient_stands_below_its_array_and_is_named() -> None:
    figure = show_backward_pass((X, Y, R, F), (AT_F, AT_R))
    shown = [axes for axes in figure.figure.axes if axes.images]
    assert titles(figure)[4:] == ["∂L/∂R", "∂L/∂F"]
    for above, below, array in zip(shown[2:4], shown[4:], (AT_R, AT_F), strict=True):
        np.testing.assert_array_equal(np.asarray(below.images[0].get_array()), array)
        assert above.get_position().x0 == pytest.approx(below.get_position().x0)
        assert below.get_position().y1 < above.get_position().y0
    assert "at F: 0.4 0; −0.8 0.25. at R: 0.125" in figure.alt


def test_all_cells_are_squares_of_one_size() -> None:
    figure = show_backward_pass((X, Y, R, F), (AT_F,))
    width, height = figure.figure.get_size_inches()
    for axes in (axes for axes in figure.figure.axes if axes.images):
        rows, columns = np.shape(np.asarray(axes.images[0].get_array()))
        place = axes.get_position()
        assert place.width * width / columns == pytest.approx(place.height * height / rows)


def test_numbers_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(SettingsError, match="Received: arrays"):
        show_backward_pass((X, Y, R))
    with pytest.raises(SettingsError, match=r"gradients \[\(4, 4\)\]"):
        show_backward_pass((X, Y, R, F), (AT_R,))
