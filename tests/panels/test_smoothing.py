import numpy as np
import pytest

from stylelab.errors import PictureError
from stylelab.losses.variational import solve_smoothing
from stylelab.panels import smoothing
from stylelab.pictures.images import Picture


def titles(drawing: object) -> list[str]:
    return [axes.get_title() for axes in drawing.figure.axes]  # type: ignore[attr-defined]


def test_it_shows_the_picture_its_solution_and_the_difference(photo: Picture) -> None:
    drawing = smoothing(photo, fidelity=0.5).drawing
    shown = [np.asarray(axes.images[0].get_array()) for axes in drawing.figure.axes]
    smooth = solve_smoothing(photo, 0.5)
    np.testing.assert_allclose(shown[0], photo, atol=1e-6)
    np.testing.assert_allclose(shown[1], smooth, atol=1e-6)
    np.testing.assert_allclose(shown[2], np.clip(0.5 + photo - smooth, 0, 1), atol=1e-6)


def test_moving_the_slider_solves_again_and_shows_the_fidelity(photo: Picture) -> None:
    control = smoothing(photo)
    assert any("0.1" in title for title in titles(control.drawing))
    control.widgets["fidelity"].value = 10
    assert any("λ = 10" in title for title in titles(control.drawing))
    assert "fidelity of 10" in control.drawing.alt


def test_the_slider_ranges_from_0_01_to_100(photo: Picture) -> None:
    slider = smoothing(photo).widgets["fidelity"]
    assert (slider.name, slider.numbers[0], slider.numbers[-1]) == ("λ", 0.01, 100)


def test_invalid_pictures_are_refused() -> None:
    with pytest.raises(PictureError, match="Received"):
        smoothing(np.zeros((4, 4, 7)))
