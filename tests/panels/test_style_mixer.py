"""Control of notebook 17: a photo in a mixture of styles."""

from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import NetworkFileError, SettingsError
from stylelab.panels import style_mixer
from stylelab.panels.control import Control
from stylelab.pictures.images import Picture


@pytest.fixture(scope="module")
def network() -> sl.PaintingNetwork:
    start = sl.PaintingNetwork(("night", "red_glass", "ink"), width=3, blocks=1)
    added = np.eye(3, dtype=np.float32)  # one style adds red, one green, one blue
    return sl.PaintingNetwork(start.info, parameters={**start.parameters, "photo/scale": added})


@pytest.fixture
def control(network: sl.PaintingNetwork, photo: Picture) -> Control:
    return style_mixer(photo, network, {"night": 1, "ink": 3}, size=48)


def shown(control: Control) -> Any:
    return control.drawing.figure.axes[0].images[0].get_array()


def test_each_style_has_a_slider_with_its_part(control: Control) -> None:
    assert list(control.widgets) == ["night", "red_glass", "ink"]
    assert [one.name for one in control.widgets.values()] == ["night", "red glass", "ink"]
    assert [one.value for one in control.widgets.values()] == [1, 0, 3]
    assert control.widgets["ink"].numbers == list(range(11))


def test_the_picture_is_that_of_paint(
    control: Control, network: sl.PaintingNetwork, photo: Picture
) -> None:
    expected = sl.paint(photo, network, style={"night": 0.25, "ink": 0.75}, size=48).image
    assert np.allclose(shown(control), expected, atol=1e-6)
    assert "25% night, 75% ink" in control.drawing.alt


def test_moving_a_slider_changes_the_mixture(
    control: Control, network: sl.PaintingNetwork, photo: Picture
) -> None:
    control.widgets["ink"].value = 0
    assert np.allclose(shown(control), sl.paint(photo, network, style="night", size=48).image)
    assert "100% night" in control.drawing.alt
    written = [text.get_text() for text in control.drawing.figure.axes[1].texts]
    assert written == ["100%", "0%", "0%"]


def test_nothing_of_any_style_is_a_sentence_and_keeps_the_picture(control: Control) -> None:
    control.widgets["night"].value = 0
    before = shown(control)
    control.widgets["ink"].value = 0
    assert "Raise one" in control.message.value
    assert np.array_equal(shown(control), before)
    control.widgets["red_glass"].value = 4
    assert control.message.value == ""
    assert "100% red glass" in control.drawing.alt


def test_without_parts_it_begins_with_the_first_style(
    network: sl.PaintingNetwork, photo: Picture
) -> None:
    control = style_mixer(photo, network, size=32)
    assert [one.value for one in control.widgets.values()] == [10, 0, 0]


def test_without_a_kernel_the_first_picture_is_shown(control: Control) -> None:
    control.widgets["ink"].value = 0
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "75% ink" in metadata["image/jpeg"]["alt"]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"glass": 1}, "Expected style as one of night, red_glass, ink"),
        ({"night": 11}, "the part of night as a number from 0 to 10"),
        ({"night": 0}, "one above it"),
    ],
)
def test_wrong_parts_are_refused(
    network: sl.PaintingNetwork, photo: Picture, parts: dict[str, float], reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        style_mixer(photo, network, parts)


def test_an_unknown_network_is_refused(photo: Picture) -> None:
    with pytest.raises(NetworkFileError, match="there is no file"):
        style_mixer(photo, "eight_styles")
