from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.network.vgg19 import VGG19
from stylelab.network.weights import load_weights
from stylelab.panels import learned_kernels
from stylelab.panels.learned_kernels import MAX_SIDE
from stylelab.pictures.images import Picture
from stylelab.samples.catalogue import sample


def map_shown(control: Any) -> Any:
    return np.asarray(control.drawing.figure.axes[1].images[0].get_array())


def test_the_map_is_that_of_the_network(photo: Picture) -> None:
    control = learned_kernels(photo, 51)
    maps = VGG19("block1_conv1")(photo)["block1_conv1"]
    np.testing.assert_allclose(map_shown(control), maps[..., 51], atol=1e-4 * maps.max())
    control.widgets["channel"].value = 7
    np.testing.assert_allclose(map_shown(control), maps[..., 7], atol=1e-4 * maps.max())
    assert "7: its map" in control.drawing.figure.axes[1].get_title()


def test_the_kernel_in_the_corner_is_coloured_as_the_picture_is(photo: Picture) -> None:
    control = learned_kernels(photo, 5)
    (corner,) = control.drawing.figure.axes[1].child_axes
    shown = np.asarray(corner.images[0].get_array()) - 0.5
    kernel = load_weights()["block1_conv1/kernel"][..., 5]  # in the order blue, green, red
    red, _, blue = np.moveaxis(shown, -1, 0)
    np.testing.assert_allclose(red, 0.5 * kernel[:, :, 2] / np.abs(kernel).max(), atol=1e-6)
    np.testing.assert_allclose(blue, 0.5 * kernel[:, :, 0] / np.abs(kernel).max(), atol=1e-6)


def test_the_slider_reaches_all_64_channels(photo: Picture) -> None:
    assert list(learned_kernels(photo).widgets["channel"].numbers) == list(range(64))


def test_large_pictures_are_scaled_down() -> None:
    assert max(map_shown(learned_kernels(sample("coffee", 300))).shape) == MAX_SIDE


@pytest.mark.parametrize("wrong", [-1, 64, 1.5, "all"])
def test_an_unknown_channel_is_refused(photo: Picture, wrong: Any) -> None:
    with pytest.raises(SettingsError, match="channel as a whole number from 0 to 63"):
        learned_kernels(photo, wrong)
