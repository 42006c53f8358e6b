from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from stylelab.errors import PictureError, SettingsError
from stylelab.optimizers.step import Step
from stylelab.panels import reconstruction_film
from stylelab.pictures.images import Picture


def step(photo: Picture, number: int, loss: float) -> Step:
    image = np.clip(photo + np.float32(0.1 * number), 0, 1)
    return Step(
        image, loss, MappingProxyType({}), number, number, 0.0, image, "lbfgs", MappingProxyType({})
    )


@pytest.fixture
def runs(photo: Picture) -> dict[str, list[Step]]:
    return {
        name: [step(photo, number, first / 2**number) for number in range(4)]
        for name, first in (("block1_conv1", 1.0), ("block5_conv1", 0.8))
    }


def shown(control: Any) -> Any:
    left, right = control.drawing.figure.axes
    return np.asarray(left.images[0].get_array()), np.asarray(right.images[0].get_array())


def test_it_shows_the_step_beside_the_photo(photo: Picture, runs: dict[str, list[Step]]) -> None:
    control = reconstruction_film(photo, runs, "block5_conv1", 2)
    picture, beside = shown(control)
    np.testing.assert_allclose(picture, runs["block5_conv1"][2].image)
    np.testing.assert_allclose(beside, photo)
    away = np.abs(runs["block5_conv1"][2].image - photo).mean()
    assert f"block5_conv1 after step 2, maps 0.20, pixels {away:.2f} away" in control.drawing.alt


def test_slider_and_list_choose_the_picture(photo: Picture, runs: dict[str, list[Step]]) -> None:
    control = reconstruction_film(photo, runs)
    assert "block1_conv1 after step 0" in control.drawing.alt
    control.widgets["step"].value = 3
    assert "block1_conv1 after step 3, maps 0.12" in control.drawing.alt
    control.widgets["layer"].value = "block5_conv1"
    assert "block5_conv1 after step 3, maps 0.10" in control.drawing.alt
    np.testing.assert_allclose(shown(control)[0], runs["block5_conv1"][3].image)


def test_the_slider_ranges_over_all_steps(photo: Picture, runs: dict[str, list[Step]]) -> None:
    assert reconstruction_film(photo, runs).widgets["step"].numbers == [0, 1, 2, 3]


def test_unusable_arguments_are_refused(photo: Picture, runs: dict[str, list[Step]]) -> None:
    with pytest.raises(SettingsError, match="Received: none"):
        reconstruction_film(photo, {})
    with pytest.raises(SettingsError, match="4 steps of block1_conv1, 1 steps of block5_conv1"):
        reconstruction_film(photo, runs | {"block5_conv1": runs["block5_conv1"][:1]})
    with pytest.raises(SettingsError, match="one of block1_conv1, block5_conv1"):
        reconstruction_film(photo, runs, "block2_conv1")
    with pytest.raises(SettingsError, match="from 0 to 3"):
        reconstruction_film(photo, runs, step=4)
    with pytest.raises(PictureError, match="Received"):
        reconstruction_film(np.zeros((4, 4, 7), np.float32), runs)
