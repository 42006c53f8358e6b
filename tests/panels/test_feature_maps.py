import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stylelab.network.layer_facts import LAYERS
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19, Pooling
from stylelab.panels.explorer.feature_maps import (
    PictureFeatures,
    compress_codes,
    compute_features,
    iterate_layers,
    quantise,
    quantise_maps,
)
from stylelab.pictures.images import Picture, load_image


@pytest.fixture(scope="module", params=["avg", "max"])
def pooling(request: pytest.FixtureRequest) -> Pooling:
    pooling: Pooling = request.param
    return pooling


@pytest.fixture(scope="module")
def network(pooling: Pooling) -> VGG19:
    return VGG19(*LAYERS, pooling=pooling)


@pytest.fixture(scope="module")
def picture_features(network: VGG19, photo: Picture) -> PictureFeatures:
    return compute_features(network, photo, list(LAYERS))


@pytest.fixture(scope="module")
def floats(network: VGG19, photo: Picture) -> dict[str, NDArray[np.float32]]:
    """All maps as the whole network gives them, in one go."""
    return network(photo)


def test_bytes_times_maximum_over_255_match_values_to_half_a_step(
    picture_features: PictureFeatures, floats: dict[str, NDArray[np.float32]]
) -> None:
    for name, values in floats.items():
        maps = picture_features.maps[name]
        assert maps.shape == values.shape[:2]
        assert maps.codes.dtype == np.uint8
        tolerance = maps.maximum / 510 * 1.001 + 1e-4 * values.max()
        for channel in range(values.shape[2]):
            off = np.abs(maps.values(channel) - values[..., channel]).max()
            assert off <= tolerance[channel], (name, channel)


def test_statistics_match_the_float_maps(
    picture_features: PictureFeatures, floats: dict[str, NDArray[np.float32]]
) -> None:
    for name, values in floats.items():
        maps, room = picture_features.maps[name], 1e-4 * float(values.max())
        by_channel = values.reshape(-1, values.shape[2]).astype(np.float64)
        np.testing.assert_allclose(maps.maximum, by_channel.max(0), atol=room)
        np.testing.assert_allclose(maps.minimum, by_channel.min(0), atol=room)
        np.testing.assert_allclose(maps.mean, by_channel.mean(0), atol=room)
        # The network in one go may round a unit to the other side of 0.
        np.testing.assert_allclose(maps.zeros, (by_channel == 0).mean(0), atol=2 / len(by_channel))


def test_gram_matrices_match_the_float_maps(
    picture_features: PictureFeatures, floats: dict[str, NDArray[np.float32]]
) -> None:
    for name, values in floats.items():
        by_channel = values.reshape(-1, values.shape[2]).astype(np.float64)
        gram = np.einsum("pi,pj->ij", by_channel, by_channel, optimize=True) / len(by_channel)
        np.testing.assert_allclose(
            picture_features.grams[name], gram, rtol=1e-3, atol=1e-4 * gram.max()
        )


def test_pooled_maps_match_pooling_the_previous_layers_bytes(
    picture_features: PictureFeatures, pooling: Pooling
) -> None:
    names = list(LAYERS)
    for name in (name for name in names if name.endswith("pool")):
        before, pooled = (
            picture_features.maps[names[names.index(name) - 1]],
            picture_features.maps[name],
        )
        rows, columns = pooled.shape
        values = before.codes[:, : 2 * rows, : 2 * columns] * (before.maximum / 255)[:, None, None]
        squares = values.reshape(len(values), rows, 2, columns, 2)
        by_hand = squares.mean((2, 4)) if pooling == "avg" else squares.max((2, 4))
        step = (before.maximum + pooled.maximum) / 510 * 1.001
        for channel, room in enumerate(step):
            assert np.abs(pooled.values(channel) - by_hand[channel]).max() <= room + 1e-3


def test_the_small_map_of_a_layer_is_the_mean_over_its_channels(
    picture_features: PictureFeatures, floats: dict[str, NDArray[np.float32]]
) -> None:
    for name, values in floats.items():
        mean = values.astype(np.float64).mean(-1)  # 64 pixels wide: nothing is made smaller
        expected = 255 * mean / mean.max()
        assert np.abs(picture_features.thumbnails[name] - expected).max() <= 0.51


def test_the_small_map_of_a_large_layer_is_a_mean_over_squares(
    network: VGG19, random: np.random.Generator
) -> None:
    image = load_image(random.random((64, 128, 3), dtype=np.float32))
    small = compute_features(network, image, ["block1_conv1"]).thumbnails["block1_conv1"]
    mean = network(image)["block1_conv1"].astype(np.float64).mean(-1)
    squares = mean.reshape(32, 2, 64, 2).mean((1, 3))
    assert np.abs(small - 255 * squares / squares.max()).max() <= 0.51


def test_an_inactive_channel_is_all_zero_without_division_by_zero() -> None:
    values = np.zeros((4, 5, 2), np.float32)
    values[1, 2, 1] = 3
    maps = quantise_maps(import_tensorflow().constant(values))
    assert maps.maximum.tolist() == [0, 3]
    assert maps.zeros.tolist() == pytest.approx([1, 19 / 20])
    assert not maps.codes[0].any()
    assert maps.codes[1, 1, 2] == 255
    assert maps.values(1)[1, 2] == 3


def test_compressed_bytes_are_channel_major_and_lossless(
    picture_features: PictureFeatures,
) -> None:
    maps = picture_features.maps["block3_conv1"]
    rows, columns = maps.shape
    raw = np.frombuffer(zlib.decompress(maps.compressed()), np.uint8)
    np.testing.assert_array_equal(raw.reshape(256, rows, columns), maps.codes)


def test_non_contiguous_arrays_can_be_compressed(random: np.random.Generator) -> None:
    codes = random.integers(0, 256, (6, 8), np.uint8)[:, ::2]
    assert zlib.decompress(compress_codes(codes)) == codes.tobytes()


def test_the_forward_pass_ends_at_the_deepest_requested_layer(
    network: VGG19, photo: Picture
) -> None:
    entered = []

    class Noting:
        layers = network.layers

        class model:  # noqa: N801 - stands for the network's own
            prepare = staticmethod(network.model.prepare)

            @staticmethod
            def apply(name: str, values: Any) -> Any:
                entered.append(name)
                return network.model.apply(name, values)

    noting: Any = Noting
    given = [name for name, _ in iterate_layers(noting, photo, ["block2_conv1", "block1_conv2"])]
    assert given == ["block1_conv2", "block2_conv1"]
    assert entered == ["block1_conv1", "block1_conv2", "block1_pool", "block2_conv1"]


def test_values_are_quantised_on_one_scale() -> None:
    codes, maximum = quantise(np.array([[0.0, 1.0], [2.0, 4.0]]))
    assert (codes.tolist(), maximum) == ([[0, 64], [128, 255]], 4.0)
    codes, maximum = quantise(np.zeros((2, 2)))
    assert maximum == 0
    assert not codes.any()
