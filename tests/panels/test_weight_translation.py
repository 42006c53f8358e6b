import html
import re

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.losses.weight_conversion import convert_weights
from stylelab.network.vgg19 import VGG19
from stylelab.panels import weight_translation
from stylelab.panels.weight_translation import PROGRAMS, WeightTranslation
from stylelab.pictures.images import Picture


@pytest.fixture
def control(photo: Picture, painting: Picture) -> WeightTranslation:
    return weight_translation(photo, painting)


def ours(control: WeightTranslation) -> float:
    found = re.search(r"relative terms 1 and ([\d.e+-]+)\. ", control.drawing.alt)
    assert found
    return float(found[1])


def says(control: WeightTranslation) -> str:
    return html.unescape(re.sub("<.*?>", "", control.message.value))


def test_the_style_weight_of_neural_style_agrees_with_its_own_formula(
    control: WeightTranslation, photo: Picture, painting: Picture
) -> None:
    network = VGG19("block4_conv2", *control_layers(), padding_mode="symmetric")
    content_maps, style_maps = network(photo)["block4_conv2"], network(painting)
    content_unit = 5 * (content_maps**2).mean()
    style_unit = 0.0
    for name in control_layers():
        flat = style_maps[name].reshape(-1, style_maps[name].shape[-1])
        style_unit += 100 * ((flat.T @ flat / flat.size) ** 2).mean()
    assert ours(control) == pytest.approx(style_unit / content_unit, rel=5e-3)


def control_layers() -> list[str]:
    return [f"block{block}_conv1" for block in range(1, 6)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_is_translated_by_convert_weights(
    control: WeightTranslation, photo: Picture, painting: Picture, program: str
) -> None:
    control.widgets["program"].value = program
    control.widgets["content_weight"].value = 2
    control.widgets["style_weight"].value = 30
    one = PROGRAMS[program]
    expected = convert_weights(
        photo,
        painting,
        formulation=one.formulation,
        content_weight=2,
        style_weight=30 * one.style_factor,
        content_layers=one.content_layers,
        style_layers=one.style_layers,
    )
    assert ours(control) == pytest.approx(expected.style_weight, rel=5e-3)
    shares = [bar.get_width() for bar in control.drawing.figure.axes[1].patches]  # type: ignore[attr-defined]
    np.testing.assert_allclose(shares, list(expected.style_layers.values()), rtol=1e-4)


def test_only_the_proportion_counts(control: WeightTranslation) -> None:
    before = ours(control)
    control.widgets["content_weight"].value = 10
    assert ours(control) == pytest.approx(before / 2, rel=5e-3)
    control.widgets["style_weight"].value = 200
    assert ours(control) == pytest.approx(before, rel=5e-3)


def test_a_program_fills_in_its_own_weights_and_one_without_keeps_them(
    control: WeightTranslation,
) -> None:
    control.widgets["program"].value = "TensorFlow's tutorial"
    assert control.widgets["content_weight"].value == 10_000
    assert control.widgets["style_weight"].value == 0.01
    control.widgets["program"].value = "Johnson et al. 2016"
    assert control.widgets["content_weight"].value == 10_000


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf")])
def test_unusable_weights_show_a_message_and_keep_the_figure(
    control: WeightTranslation, wrong: float
) -> None:
    before = control.drawing
    control.widgets["content_weight"].value = wrong
    assert "Expected two finite weights above 0. Received: " in says(control)
    assert control.drawing is before
    control.widgets["content_weight"].value = 5
    assert says(control) == ""


def test_the_still_picture_has_the_first_translation(control: WeightTranslation) -> None:
    first = control.drawing.alt
    control.widgets["style_weight"].value = 1
    _, metadata = control._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == first


def test_an_unknown_program_is_refused(photo: Picture, painting: Picture) -> None:
    with pytest.raises(SettingsError, match="neural-style; TensorFlow"):
        weight_translation(photo, painting, "prisma")
