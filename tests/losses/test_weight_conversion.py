from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stylelab.errors import LayerError, SettingsError
from stylelab.losses.content import content
from stylelab.losses.formulations import FORMULATIONS, Formulation
from stylelab.losses.loss import Loss
from stylelab.losses.style import style
from stylelab.losses.weight_conversion import convert_weights
from stylelab.pictures.images import Picture

CONTENT = {"block1_conv2": 0.5, "block2_conv2": 2.0}
STYLE = {"block1_conv1": 3.0, "block2_conv1": 0.25, "block3_conv1": 1.0}


def theirs(photo: Picture, painting: Picture, formulation: Formulation, **layers: Any) -> Loss:
    weighted = 7 * content(photo, layers.get("content", CONTENT), formulation=formulation)
    return weighted + 0.02 * style(painting, layers.get("style", STYLE), formulation=formulation)


def pictures(photo: Picture) -> list[NDArray[np.float32]]:
    random = np.random.default_rng(3)
    noise = random.random(photo.shape, dtype=np.float32)
    return [noise, ((photo + noise) / 2).astype(np.float32), photo]


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_the_converted_loss_is_proportional_for_any_picture(
    formulation: Formulation, photo: Picture, painting: Picture
) -> None:
    translation = convert_weights(
        photo, painting, formulation=formulation, content_weight=7, style_weight=0.02,
        content_layers=CONTENT, style_layers=STYLE,
    )  # fmt: skip
    before, after = theirs(photo, painting, formulation), translation.loss(photo, painting)
    for picture in pictures(photo):
        one, other = before(picture), after(picture)
        for name in ("content", "style"):  # each term by itself, not their sum alone
            scaled = translation.scale * other.terms[name]
            assert one.terms[name] == pytest.approx(scaled, rel=1e-3, abs=1e-6 * one.loss)
        scaled_gradient = translation.scale * other.gradient
        error = np.linalg.norm(one.gradient - scaled_gradient) / np.linalg.norm(one.gradient)
        assert error < 1e-3


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_layers_without_weights_get_the_formulations_defaults(
    formulation: Formulation, photo: Picture, painting: Picture
) -> None:
    layers = {"content": tuple(CONTENT), "style": tuple(STYLE)}
    translation = convert_weights(
        photo, painting, formulation=formulation, content_weight=7, style_weight=0.02,
        content_layers=layers["content"], style_layers=layers["style"],
    )  # fmt: skip
    picture = pictures(photo)[0]
    before = theirs(photo, painting, formulation, **layers)(picture).loss
    after = translation.loss(photo, painting)(picture).loss
    assert before == pytest.approx(translation.scale * after, rel=1e-3)


def test_relative_weights_are_converted_to_themselves(photo: Picture, painting: Picture) -> None:
    translation = convert_weights(
        photo, painting, formulation="relative", content_weight=4, style_weight=12,
        content_layers="block2_conv2", style_layers={"block1_conv1": 1, "block2_conv1": 3},
    )  # fmt: skip
    assert translation.content_weight == 1
    assert translation.style_weight == pytest.approx(3)
    assert translation.scale == pytest.approx(4)
    assert dict(translation.style_layers) == pytest.approx(
        {"block1_conv1": 0.25, "block2_conv1": 0.75}
    )


def test_layer_weights_add_up_to_one(photo: Picture, painting: Picture) -> None:
    translation = convert_weights(
        photo, painting, formulation="gatys2016", content_layers=CONTENT, style_layers=STYLE
    )
    assert sum(translation.content_layers.values()) == pytest.approx(1)
    assert sum(translation.style_layers.values()) == pytest.approx(1)


def test_only_the_ratio_of_the_weights_matters(photo: Picture, painting: Picture) -> None:
    once, tenfold = (
        convert_weights(
            photo, painting, formulation="johnson2016", content_weight=factor, style_weight=5 * factor,
            content_layers=CONTENT, style_layers=STYLE,
        )
        for factor in (1, 10)
    )  # fmt: skip
    assert tenfold.style_weight == pytest.approx(once.style_weight)
    assert tenfold.scale == pytest.approx(10 * once.scale)


def test_the_requested_network_is_used(photo: Picture, painting: Picture) -> None:
    networks: list[dict[str, Any]] = [{}, {"pooling": "max"}, {"padding_mode": "zeros"}]
    weights = [
        convert_weights(
            photo, painting, formulation="gatys2016", content_layers=CONTENT, style_layers=STYLE,
            **network,
        ).style_weight
        for network in networks
    ]  # fmt: skip
    assert weights[0] != pytest.approx(weights[1], rel=1e-3)
    assert weights[0] != pytest.approx(weights[2], rel=1e-3)


@pytest.mark.parametrize("weight", [0, -1, float("inf"), float("nan")])
def test_weights_that_cannot_be_compared_are_refused(
    weight: float, photo: Picture, painting: Picture
) -> None:
    for name in ("content_weight", "style_weight"):
        with pytest.raises(SettingsError, match="above 0"):
            convert_weights(photo, painting, formulation="gatys2016", **{name: weight})  # type: ignore[arg-type]


def test_unknown_formulations_and_layers_are_refused(photo: Picture, painting: Picture) -> None:
    with pytest.raises(SettingsError, match="relative, gatys2016"):
        convert_weights(photo, painting, formulation="gatys")  # type: ignore[arg-type]
    with pytest.raises(LayerError, match="block4_conv2"):
        convert_weights(photo, painting, formulation="relative", content_layers="conv4_2")
