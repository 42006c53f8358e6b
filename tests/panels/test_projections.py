import numpy as np
import pytest

from stylelab.course.stray_colours import colour_mosaic
from stylelab.errors import SettingsError
from stylelab.panels import projections
from stylelab.panels.projections import direction_of

PICTURES = {name: colour_mosaic(name) for name in ("light", "ink")}


def test_the_angles_turn_from_red_to_green_and_up_to_blue() -> None:
    np.testing.assert_allclose(direction_of(0, 0), [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(direction_of(90, 0), [0, 1, 0], atol=1e-9)
    np.testing.assert_allclose(direction_of(30, 90), [0, 0, 1], atol=1e-9)
    assert np.linalg.norm(direction_of(-35, 50)) == pytest.approx(1)


def test_without_blue_light_and_ink_are_alike_and_with_it_they_differ() -> None:
    control = projections(PICTURES, around=45)
    assert "difference is 0.000" in control.drawing.alt
    control.widgets["around"].value = -20
    assert "difference is 0.000" in control.drawing.alt
    control.widgets["around"].value = 45
    control.widgets["up"].value = 35
    direction = direction_of(45, 35)
    lists = [np.sort(picture.reshape(-1, 3) @ direction) for picture in PICTURES.values()]
    expected = np.mean((lists[0] - lists[1]) ** 2)
    assert expected > 0.3
    assert f"difference is {expected:.3f}" in control.drawing.alt


def test_the_sliders_go_half_around_in_steps_of_five_degrees() -> None:
    widgets = projections(PICTURES).widgets
    for slider in (widgets["around"], widgets["up"]):
        assert (slider.numbers[0], slider.numbers[-1], slider.numbers[1]) == (-90, 90, -85)


def test_angles_out_of_range_and_other_than_two_pictures_are_refused() -> None:
    with pytest.raises(SettingsError, match="up"):
        projections(PICTURES, up=100)
    with pytest.raises(SettingsError, match="two pictures"):
        projections({"light": PICTURES["light"]})
