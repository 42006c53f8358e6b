from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from stylelab.losses.gram import gram_matrix
from stylelab.network.vgg19 import VGG19
from stylelab.panels.studio.presets import (
    PRESET_SETTINGS,
    PRESETS,
    Preset,
    find_preset,
    layer_weights_of,
)
from stylelab.pictures.images import Picture
from stylelab.pipeline.settings import Settings
from stylelab.pipeline.transfer import transfer
from stylelab.samples.catalogue import sample

OTHERS: dict[str, Any] = {
    "size": 96, "coarsest_size": 64, "steps": 7, "optimizer": "adam", "pooling": "max",
    "padding_mode": "symmetric",
    "seed": 5, "tile": 256, "formulation": "gatys2016",
}  # fmt: skip


def preset(name: str) -> Preset:
    return next(each for each in PRESETS if each.name == name)


@pytest.mark.parametrize("each", PRESETS, ids=lambda each: each.name)
def test_a_preset_sets_the_look_and_nothing_else(each: Preset) -> None:
    before = Settings(style_weight=77, content_layers="block1_conv1", start="noise", **OTHERS)
    after = each.apply(before)
    assert {name: getattr(after, name) for name in OTHERS} == OTHERS
    assert each.apply(replace(after, style_weight=1)) == after  # whatever was there before
    assert set(PRESET_SETTINGS) | set(OTHERS) == {field.name for field in fields(Settings)}


@pytest.mark.parametrize("each", PRESETS, ids=lambda each: each.name)
def test_a_preset_is_recognised_until_its_look_is_changed(each: Preset) -> None:
    settings = each.apply(Settings(**OTHERS))
    assert find_preset(settings) is each
    assert find_preset(replace(settings, steps=50, size=64)) is each
    assert find_preset(replace(settings, style_weight=settings.style_weight * 1.1)) is None
    assert (
        find_preset(replace(settings, style_layers=layer_weights_of(settings)["style_layers"]))
        is each
    )


def test_presets_have_unique_names_and_descriptions() -> None:
    assert len({each.name for each in PRESETS}) == len({each.description for each in PRESETS}) == 6
    assert all(each.description.endswith(".") for each in PRESETS)


# Each preset must do what its line says, so small pictures are painted with all of them.


@pytest.fixture(scope="module")
def painted() -> dict[str, Picture]:
    photo, painting = sample("coffee", size=96), sample("swirling_night", size=96)
    return {
        each.name: transfer(
            photo, painting, progress=False, **vars(each.apply(Settings(size=96, steps=20)))
        ).image
        for each in PRESETS
    }


def likeness(picture: Picture) -> float:
    """Correlation with the photo's brightness."""
    photo = sample("coffee", size=96).mean(-1)
    return float(np.corrcoef(picture.mean(-1).ravel(), photo.ravel())[0, 1])


def test_presets_from_keep_to_texture_show_less_and_less_of_the_photo(
    painted: dict[str, Picture],
) -> None:
    names = ("keep the photo", "balance", "paint freely", "texture only")
    likenesses = [likeness(painted[name]) for name in names]
    assert likenesses == sorted(likenesses, reverse=True)
    assert likenesses[0] > 0.6
    assert abs(likenesses[-1]) < 0.3


def style_distance(picture: Picture, layer: str) -> float:
    network = VGG19(layer, padding_mode="symmetric")
    here, there = (
        gram_matrix(network(each)[layer]) for each in (picture, sample("swirling_night", size=96))
    )
    return float(((here - there) ** 2).sum() / (there**2).sum())


def test_fine_strokes_match_shallow_layers_and_large_shapes_deep_ones(
    painted: dict[str, Picture],
) -> None:
    fine, large = painted["fine strokes"], painted["large shapes"]
    assert style_distance(fine, "block1_conv2") < 0.3 * style_distance(large, "block1_conv2")
    assert style_distance(large, "block4_conv1") < 0.7 * style_distance(fine, "block4_conv1")
