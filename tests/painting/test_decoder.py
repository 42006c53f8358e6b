"""Decoders: what they compute, against NumPy by hand, and what they refuse."""

import math
from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.network.layer_facts import LAYERS
from stylelab.painting.decoder import decoder_shapes


@pytest.mark.parametrize("layer", ["block1_conv2", "block2_conv1", "block3_conv1"])
def test_a_picture_is_as_much_larger_as_the_layers_stride(layer: str) -> None:
    decoder = sl.Decoder(layer, width=2)
    facts = LAYERS[layer]
    picture = decoder(np.ones((5, 3, facts.channels), np.float32))
    assert picture.shape == (5 * facts.stride, 3 * facts.stride, 3)
    assert picture.dtype == np.float32


def convolve(maps: Any, kernel: Any) -> Any:
    """Correlate by hand, with each border once more."""
    pad = kernel.shape[0] // 2
    padded = np.pad(maps, ((pad, pad), (pad, pad), (0, 0)), "symmetric")
    rows, columns = maps.shape[:2]
    return sum(
        padded[y : y + rows, x : x + columns] @ kernel[y, x]
        for y in range(kernel.shape[0])
        for x in range(kernel.shape[1])
    )


def test_it_is_a_linear_part_and_a_network_by_hand(random: np.random.Generator) -> None:
    info = sl.DecoderInfo("block2_conv1", width=2)
    shapes = decoder_shapes(info)
    values = {name: random.normal(0.4, 1, shape) / 20 for name, shape in shapes.items()}
    values["unit"] = random.uniform(1, 2, shapes["unit"])
    maps = random.random((4, 5, 128))
    picture = sl.Decoder(info, parameters=values)(maps.astype(np.float32))

    def apply(name: str, inputs: Any) -> Any:
        return convolve(inputs, values[f"{name}/kernel"]) + values[f"{name}/bias"]

    maps = maps / values["unit"]
    patches = apply("linear", maps).reshape(4, 5, 2, 2, 3)
    linear = patches.transpose(0, 2, 1, 3, 4).reshape(8, 10, 3)
    for name in ("reduce", "conv1", "up1"):
        maps = np.maximum(apply(name, maps), 0)
    maps = maps.repeat(2, axis=0).repeat(2, axis=1)
    added = apply("output", np.maximum(apply("conv0", maps), 0))
    np.testing.assert_allclose(picture, np.clip(linear + added, 0, 1), atol=1e-5)
    assert 0 < np.mean(picture == linear.clip(0, 1)) < 1 or picture.std() > 0


def test_an_untrained_one_shows_nothing_and_a_seed_decides_it() -> None:
    one, same, other = (sl.Decoder("block1_conv1", width=3, seed=seed) for seed in (1, 1, 2))
    assert not one(np.ones((4, 4, 64), np.float32)).any()
    kernels = [decoder.parameters["conv0/kernel"].numpy() for decoder in (one, same, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert np.abs(kernels[0] - kernels[2]).max() > 0.1


def test_its_size_is_the_number_of_its_weights() -> None:
    decoder = sl.Decoder("block2_conv1", width=3)
    assert decoder.size == sum(math.prod(one.shape) for one in decoder.parameters.values())
    assert f"{decoder.size:,} weights" in repr(decoder)


def test_maps_of_another_layer_are_refused() -> None:
    decoder = sl.Decoder("block2_conv1", width=2)
    for maps in (np.ones((4, 4, 64)), np.ones((4, 128)), np.ones((0, 4, 128))):
        with pytest.raises(PictureError, match="Expected"):
            decoder(maps)


def test_layers_and_settings_that_there_are_not_are_refused() -> None:
    with pytest.raises(LayerError, match="convolution"):
        sl.Decoder("block2_pool")
    with pytest.raises(LayerError, match="Did you mean"):
        sl.Decoder("block2_conv7")
    for width in (0, 1.5, 1000):
        with pytest.raises(SettingsError, match="width"):
            sl.Decoder("block2_conv1", width=width)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="shapes"):
        sl.Decoder("block2_conv1", width=2, parameters=sl.Decoder("block1_conv1").parameters)
