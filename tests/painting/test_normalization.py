"""Instance normalisation, beside NumPy by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stylelab.errors import PictureError, SettingsError
from stylelab.network.tensorflow import import_tensorflow
from stylelab.painting.normalization import (
    EPSILON,
    conditional_normalization,
    instance_normalization,
    instance_statistics,
    normalize,
)


def by_hand(maps: NDArray[Any], scale: NDArray[Any], shift: NDArray[Any]) -> NDArray[Any]:
    """Channel by channel, in plain sums."""
    result = np.empty(maps.shape)
    for channel in range(maps.shape[2]):
        values = [float(one) for one in maps[..., channel].ravel()]
        mean = sum(values) / len(values)
        variance = sum((one - mean) ** 2 for one in values) / len(values)
        normalised = (maps[..., channel] - mean) / (variance + EPSILON) ** 0.5
        result[..., channel] = scale[channel] * normalised + shift[channel]
    return result


def test_each_channel_is_normalised_scaled_and_shifted(random: np.random.Generator) -> None:
    maps = 3 + random.random((5, 7, 4))
    scale, shift = random.normal(size=(2, 4))
    assert np.allclose(instance_normalization(maps, scale, shift), by_hand(maps, scale, shift))


def test_without_scale_and_shift_means_are_0_and_variances_1(random: np.random.Generator) -> None:
    normalised = instance_normalization(100 * random.random((9, 8, 3)))
    assert np.allclose(normalised.mean((0, 1)), 0)
    assert np.allclose(normalised.var((0, 1)), 1, atol=1e-6)


def test_brightness_and_contrast_of_the_maps_do_not_matter(random: np.random.Generator) -> None:
    maps = random.random((6, 6, 2))
    expected = instance_normalization(maps)
    assert np.allclose(instance_normalization(5 * maps + 2), expected, atol=1e-3)


def test_a_channel_that_is_the_same_everywhere_becomes_its_shift() -> None:
    assert np.array_equal(
        instance_normalization(np.full((4, 4, 1), 7.0), 3, 0.5), np.full((4, 4, 1), 0.5)
    )


def test_one_style_alone_is_normalised_as_by_itself(random: np.random.Generator) -> None:
    maps, (scales, shifts) = random.random((5, 5, 4)), random.normal(size=(2, 3, 4))
    for style, weights in enumerate(np.eye(3)):
        separate = instance_normalization(maps, scales[style], shifts[style])
        assert np.allclose(conditional_normalization(maps, scales, shifts, weights), separate)


def test_a_mixture_of_styles_is_the_weighted_mean_of_their_results(
    random: np.random.Generator,
) -> None:
    maps, (scales, shifts) = random.random((5, 5, 4)), random.normal(size=(2, 2, 4))
    separate = [instance_normalization(maps, *pair) for pair in zip(scales, shifts, strict=True)]
    mixed = conditional_normalization(maps, scales, shifts, (0.3, 0.7))
    assert np.allclose(mixed, 0.3 * separate[0] + 0.7 * separate[1])


def test_tensors_are_normalised_as_arrays_are_each_picture_by_itself(
    random: np.random.Generator,
) -> None:
    tensorflow = import_tensorflow()
    maps = random.normal(size=(2, 6, 5, 3)).astype(np.float32)
    scale, shift = random.normal(size=(2, 2, 3)).astype(np.float32)
    statistics = instance_statistics(tensorflow.constant(maps))
    found = normalize(tensorflow.constant(maps), statistics, scale, shift).numpy()
    for one, *expected in zip(found, maps, scale, shift, strict=True):
        assert np.allclose(one, by_hand(*expected), atol=1e-5)


def test_wrong_shapes_are_refused(random: np.random.Generator) -> None:
    maps, table = random.random((5, 5, 4)), np.ones((2, 4))
    with pytest.raises(PictureError, match=r"rows, columns, channels.*Received: \(5, 4\)"):
        instance_normalization(maps[0])
    with pytest.raises(PictureError, match="a shift for each of 4 channels"):
        instance_normalization(maps, 1, np.ones(3))
    with pytest.raises(PictureError, match=r"shifts of shape \(2, 4\)"):
        conditional_normalization(maps, table, table[:, :3], (0.5, 0.5))
    with pytest.raises(SettingsError, match="one weight for each of 2 styles"):
        conditional_normalization(maps, table, table, (1, 0, 0))
