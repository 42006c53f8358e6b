from typing import Any

import numpy as np
import pytest

from stylelab.errors import PictureError, SettingsError
from stylelab.painting.paint import paint_image
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.panels import training_steps
from stylelab.panels.control import Control
from stylelab.pictures.images import Picture


@pytest.fixture(scope="module")
def networks() -> dict[int, PaintingNetwork]:
    return {
        step: PaintingNetwork(("night",), width=2, blocks=0, seed=step) for step in (0, 10, 100)
    }


@pytest.fixture
def photos(photo: Picture) -> dict[str, Picture]:
    return {"cat": photo, "dark cat": photo * np.float32(0.3)}


@pytest.fixture
def control(networks: Any, photos: Any) -> Control:
    return training_steps(networks, photos)


def shown(control: Control) -> list[Any]:
    return [np.asarray(axes.images[0].get_array()) for axes in control.drawing.figure.axes]


def test_the_slider_has_the_steps_and_begins_at_the_last(control: Control) -> None:
    slider = control.widgets["step"]
    assert slider.numbers == [0, 10, 100]
    assert slider.value == 100
    assert slider.name == "training steps"


def test_each_step_shows_the_photo_as_its_network_paints_it(
    control: Control, networks: Any, photos: Any
) -> None:
    for step, words in ((10, "after 10 steps"), (0, "before training")):
        control.widgets["step"].value = step
        original, painted = shown(control)
        np.testing.assert_allclose(original, photos["cat"], atol=1e-6)
        np.testing.assert_allclose(painted, paint_image(photos["cat"], networks[step]), atol=1e-5)
        assert words in control.drawing.alt
        assert control.drawing.figure.axes[1].get_title() == words


def test_another_photo_can_be_chosen(control: Control, photos: Any) -> None:
    control.widgets["photo"].value = "dark cat"
    np.testing.assert_allclose(shown(control)[0], photos["dark cat"], atol=1e-6)
    assert "dark cat" in control.drawing.alt


def test_the_first_picture_is_shown_without_a_kernel(control: Control) -> None:
    control.widgets["step"].value = 0
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "after 100 steps" in metadata["image/jpeg"]["alt"]


def test_nothing_to_show_and_unknown_steps_are_refused(networks: Any, photos: Any) -> None:
    with pytest.raises(SettingsError, match="at least one network"):
        training_steps({}, photos)
    with pytest.raises(SettingsError, match="at least one photo"):
        training_steps(networks, {})
    with pytest.raises(SettingsError, match=r"one of 0, 10, 100\. Received: 7"):
        training_steps(networks, photos, step=7)
    with pytest.raises(PictureError, match="Received"):
        training_steps(networks, {"flat": np.zeros((4, 4), np.float32)})
