from typing import Any

import numpy as np
import pytest
from mask_arrays import random_mask, rectangle

from stylelab.errors import LayerError, SettingsError
from stylelab.network.layer_facts import layer_facts
from stylelab.network.layer_masks import MASK_MODES, layer_mask
from stylelab.network.vgg19 import VGG19
from stylelab.pictures.images import Picture
from stylelab.pictures.mask_operations import ellipse_mask


def test_centre_masks_count_every_pixel_once() -> None:
    mask = random_mask(9, 32, 48)
    downsampled = layer_mask(mask, "block3_conv1")
    means = [
        [mask[row : row + 4, column : column + 4].mean() for column in range(0, 48, 4)]
        for row in range(0, 32, 4)
    ]
    np.testing.assert_allclose(downsampled, means, atol=1e-6)
    np.testing.assert_array_equal(layer_mask(mask, "block1_conv2"), mask)


def test_pixels_beyond_the_last_unit_are_ignored() -> None:
    mask = np.zeros((33, 35), np.float32)
    mask[:32, :32] = 1
    assert layer_mask(mask, "block5_conv1").shape == (2, 2)
    assert layer_mask(mask, "block5_conv1").min() == 1


@pytest.mark.parametrize("layer", ["block1_conv2", "block2_conv1", "block2_pool", "block3_conv2"])
def test_inside_masks_select_units_that_see_only_the_mask(layer: str, photo: Picture) -> None:
    # What a unit sees is asked of the network itself: where other pixels outside change its answer.
    mask = ellipse_mask((0.55, 0.4), (0.6, 0.35), *photo.shape[:2])
    network = VGG19(layer, weights=None)
    random = np.random.default_rng(10)
    maps = []
    for _ in range(3):
        outside = random.random(photo.shape, np.float32)
        maps.append(network(np.where(mask[..., None] > 0, photo, outside))[layer])
    steady = (maps[0] == maps[1]).all(-1) & (maps[0] == maps[2]).all(-1)
    downsampled = layer_mask(mask, layer, mask_mode="inside")
    np.testing.assert_array_equal(downsampled, steady)
    assert 0 < downsampled.mean() < layer_mask(mask, layer).mean()


def test_inside_masks_of_soft_masks_use_the_minimum_seen() -> None:
    mask = random_mask(11, 32, 40)
    facts = layer_facts("block2_conv1")
    downsampled = layer_mask(np.maximum(mask, 0.1), facts.name, mask_mode="inside")
    top, left, bottom, right = facts.square(7, 11)
    assert downsampled[7, 11] == np.maximum(mask, 0.1)[top:bottom, left:right].min()
    assert (
        downsampled[0, 0]
        == np.maximum(mask, 0.1)[: facts.square(0, 0)[2], : facts.square(0, 0)[3]].min()
    )


@pytest.mark.parametrize("mask_mode", MASK_MODES)
@pytest.mark.parametrize("layer", ["block1_conv1", "block5_conv1", "block5_pool"])
def test_a_full_mask_stays_full(layer: str, mask_mode: Any) -> None:
    facts = layer_facts(layer)
    downsampled = layer_mask(np.ones((70, 100), np.float32), layer, mask_mode)
    np.testing.assert_array_equal(downsampled, np.ones(facts.shape(70, 100)[:2]))
    assert downsampled.dtype == np.float32


def test_a_vanishing_mask_reports_the_layer_and_reason() -> None:
    small = rectangle(96, 128, 40, 40, 80, 90)
    assert layer_mask(small, "block3_conv1", "inside").any()
    with pytest.raises(LayerError, match=r"block4_conv1.*128 × 96 px.*sees 68 × 68.*centre"):
        layer_mask(small, "block4_conv1", "inside")
    layer_mask(small, "block5_conv1")  # at the centre there is something left
    speck = rectangle(96, 128, 40, 40, 46, 46)
    with pytest.raises(LayerError, match=r"block5_conv1.*half a unit's cell of 16 × 16") as caught:
        layer_mask(speck, "block5_conv1")
    assert "mask_mode" not in str(caught.value).split("Take")[1]
    faint = np.float32(0.01) * rectangle(96, 128, 32, 32, 48, 48)  # of a unit, all is left
    assert layer_mask(faint, "block5_conv1").max() == pytest.approx(0.01)


def test_a_picture_smaller_than_a_unit_cannot_have_a_mask() -> None:
    for mask_mode in MASK_MODES:
        with pytest.raises(LayerError, match="block5_conv1"):
            layer_mask(np.ones((15, 40), np.float32), "block5_conv1", mask_mode)


def test_an_unknown_mask_mode_or_layer_is_refused() -> None:
    with pytest.raises(SettingsError, match="centre or inside"):
        layer_mask(np.ones((32, 32), np.float32), "block1_conv1", "all")  # type: ignore[arg-type]
    with pytest.raises(LayerError, match="block4_conv2"):
        layer_mask(np.ones((32, 32), np.float32), "conv4_2")
