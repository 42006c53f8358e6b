from typing import Any

import numpy as np
import pytest

from stylelab.course.figures.colour import turned_positions
from stylelab.errors import PictureError, SettingsError
from stylelab.panels import colour_cloud
from stylelab.panels.control import Control


def picture(seed: int) -> Any:
    return np.random.default_rng(seed).random((16, 20, 3), dtype=np.float32)


@pytest.fixture
def control() -> Control:
    return colour_cloud({"photo": picture(0)}, {"first": picture(1), "second": picture(2)})


def titles(control: Control) -> list[str]:
    return [axes.get_title() for axes in control.drawing.figure.axes]


def offsets(control: Control, number: int) -> Any:
    return np.asarray(control.drawing.figure.axes[number].collections[0].get_offsets())


def test_it_shows_the_pictures_and_the_chosen_result(control: Control) -> None:
    assert titles(control) == ["photo", "first"]
    control.widgets["result"].value = "second"
    assert titles(control) == ["photo", "second"]
    flat, front = turned_positions(picture(2).reshape(-1, 3), 330)
    np.testing.assert_allclose(offsets(control, 1), flat[np.argsort(front)], atol=1e-6)


def test_the_slider_turns_all_clouds(control: Control) -> None:
    slider = control.widgets["turn"]
    assert (slider.numbers[0], slider.numbers[1], slider.numbers[-1]) == (0, 10, 360)
    slider.value = 90
    for number in (0, 1):
        flat, front = turned_positions(picture(number).reshape(-1, 3), 90)
        np.testing.assert_allclose(offsets(control, number), flat[np.argsort(front)], atol=1e-6)
    assert "turned by 90 degrees" in control.drawing.alt


def test_at_first_blue_is_at_the_left_and_yellow_at_the_right(control: Control) -> None:
    colours = np.array([(0, 0, 1), (1, 1, 0), (1, 0, 0), (0, 1, 0)], float)
    right = turned_positions(colours, control.values["turn"])[0][:, 0]
    assert right.argmin() == 0
    assert right.argmax() == 1


def test_the_first_picture_is_shown_without_a_kernel(control: Control) -> None:
    control.widgets["turn"].value = 0
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "turned by 330 degrees" in metadata["image/jpeg"]["alt"]


def test_invalid_arguments_are_refused() -> None:
    with pytest.raises(SettingsError, match="Expected results: pictures by title"):
        colour_cloud({"photo": picture(0)}, {})
    with pytest.raises(SettingsError, match="turn as a number from 0 to 360"):
        colour_cloud({}, {"first": picture(0)}, turn=400)
    with pytest.raises(PictureError, match="Received"):
        colour_cloud({}, {"first": np.zeros((4, 4, 7), np.float32)})
