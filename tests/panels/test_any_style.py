from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import SettingsError
from stylelab.panels import any_style
from stylelab.panels.any_style import LAYERS, METHODS
from stylelab.pictures.images import Picture


@pytest.fixture(scope="module")
def paintings() -> dict[str, Picture]:
    return {name: sl.sample(name, size=64) for name in ("swirling_night", "stained_glass")}


def shown(control: Any) -> Picture:
    return np.asarray(control.drawing.figure.axes[-1].images[0].get_array())


def test_it_shows_what_the_formula_and_the_decoder_make(
    photo: Picture, paintings: dict[str, Picture]
) -> None:
    layer = "block2_conv1"
    control = any_style(photo, paintings, layer=layer)
    control.widgets["painting"].value = "stained_glass"
    control.widgets["method"].value = "whiten and colour"
    control.widgets["strength"].value = 0.4
    see = sl.VGG19(layer, padding_mode="symmetric")
    maps, target = (see(one)[layer] for one in (photo, paintings["stained_glass"]))
    mixed = 0.6 * maps + 0.4 * sl.whiten_and_colour(maps, target)
    np.testing.assert_allclose(shown(control), sl.load_decoder(layer)(mixed), atol=1e-4)
    assert "stained_glass" in control.drawing.alt
    assert "strength 0.4" in control.drawing.alt


def test_at_strength_0_every_painting_leaves_the_photo(
    photo: Picture, paintings: dict[str, Picture]
) -> None:
    control = any_style(photo, paintings, layer="block1_conv1", strength=0)
    before = shown(control)
    control.widgets["painting"].value = "stained_glass"
    np.testing.assert_array_equal(shown(control), before)
    assert np.abs(before - photo).mean() < 0.05


def test_layers_and_ways_can_be_chosen_from_lists(
    photo: Picture, paintings: dict[str, Picture]
) -> None:
    widgets = any_style(photo, paintings, layer="block1_conv1").widgets
    assert tuple(widgets["painting"].options) == tuple(paintings)
    assert tuple(widgets["layer"].options) == LAYERS
    assert tuple(widgets["method"].options) == tuple(METHODS)
    assert widgets["strength"].numbers == [number / 10 for number in range(11)]


def test_wrong_arguments_are_refused(photo: Picture, paintings: dict[str, Picture]) -> None:
    with pytest.raises(SettingsError, match="painting"):
        any_style(photo, {})
    with pytest.raises(SettingsError, match="layer: one of"):
        any_style(photo, paintings, layer="block5_conv1")
    with pytest.raises(SettingsError, match="method"):
        any_style(photo, paintings, method="magic")
    with pytest.raises(SettingsError, match="strength"):
        any_style(photo, paintings, strength=2)
