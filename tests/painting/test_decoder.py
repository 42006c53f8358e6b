"""Decoders: what they compute and how they are fitted, against NumPy by hand; what is refused."""

from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.network.vgg19 import VGG19
from stylelab.painting.decoder import LEAST_UNIT, RIDGE, decoder_shapes
from stylelab.painting.training_photos import CropStream, find_photos
from stylelab.pictures.images import Picture

SMALL: dict[str, Any] = {"crops": 3, "size": 32, "weights": None}


def make_parameters(random: np.random.Generator, layer: str) -> dict[str, Any]:
    shapes = decoder_shapes(sl.DecoderInfo(layer))
    channels = shapes["unit"][0]
    return {
        "unit": random.uniform(1, 2, shapes["unit"]),
        "kernel": random.standard_normal(shapes["kernel"]) / (9 * channels) ** 0.5 / 4,
        "bias": random.uniform(0.3, 0.7, shapes["bias"]),
    }


def around(maps: Any) -> Any:
    """The 3 × 3 positions around each, with each border once more: (rows, columns, 9 C)."""
    padded = np.pad(maps, ((1, 1), (1, 1), (0, 0)), "symmetric")
    rows, columns = maps.shape[:2]
    parts = [padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    return np.concatenate(parts, axis=-1)


@pytest.mark.parametrize("layer", ["block1_conv2", "block2_conv1", "block3_conv1"])
def test_each_position_becomes_a_square_of_pixels(layer: str, random: np.random.Generator) -> None:
    values, stride = make_parameters(random, layer), sl.LAYERS[layer].stride
    maps = 6 * random.random((4, 5, sl.LAYERS[layer].channels))
    picture = sl.Decoder(sl.DecoderInfo(layer), values)(maps.astype(np.float32))
    kernel = values["kernel"].reshape(-1, len(values["bias"]))
    squares = around(maps / values["unit"]) @ kernel + values["bias"]
    expected = squares.reshape(4, 5, stride, stride, 3).transpose(0, 2, 1, 3, 4)
    expected = expected.reshape(4 * stride, 5 * stride, 3)
    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture, expected.clip(0, 1), atol=1e-5)
    assert np.mean((picture > 0) & (picture < 1)) > 0.3
    assert expected.min() < 0
    assert expected.max() > 1


@pytest.mark.parametrize("layer", ["block1_conv1", "block2_conv1"])
def test_it_is_fitted_by_numpys_least_squares(photo: Picture, layer: str) -> None:
    found = {n: v.numpy() for n, v in sl.fit_decoder(layer, photo, **SMALL).parameters.items()}
    see, stride = VGG19(layer, weights=None, padding_mode="symmetric"), sl.LAYERS[layer].stride
    stream = CropStream(find_photos(photo), 32, 1, 0).batches()
    crops = [next(stream)[0] for _ in range(3)]
    maps, size = [see(crop)[layer] for crop in crops], 32 // stride
    deviations = np.concatenate(maps).std((0, 1), dtype=float)
    unit = np.maximum(deviations, LEAST_UNIT * deviations.mean())
    np.testing.assert_allclose(found["unit"], unit, rtol=1e-3)
    inputs = [around(one / unit).reshape(size * size, -1) for one in maps]
    squares = [crop.reshape(size, stride, size, stride, 3).swapaxes(1, 2) for crop in crops]
    wanted = [square.reshape(size * size, -1) for square in squares]
    rows = np.concatenate(inputs).astype(float)
    rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    # The ridge, as further equations: √ridge · weight = 0, for all but the bias.
    ridge = RIDGE * np.mean(np.sum(rows**2, axis=0))
    damping = np.sqrt(ridge) * np.eye(rows.shape[1])[:-1]
    values = np.concatenate([*wanted, np.zeros((len(damping), wanted[0].shape[1]))])
    solution = np.linalg.lstsq(np.concatenate([rows, damping]), values, rcond=None)[0]
    # Where photographs hardly vary, weights depend on rounding; what they decode does not.
    kernel = found["kernel"].reshape(solution[:-1].shape)
    decoded = rows[:, :-1] @ kernel + found["bias"]
    np.testing.assert_allclose(decoded, rows @ solution, atol=2e-3)


def test_what_it_was_fitted_to_comes_back(photo: Picture) -> None:
    decoder = sl.fit_decoder("block1_conv1", photo, **SMALL)
    see = VGG19("block1_conv1", weights=None, padding_mode="symmetric")
    error = decoder(see(photo)["block1_conv1"]) - photo
    assert np.sqrt(np.mean(error**2)) < photo.std() / 3


def test_the_same_seed_fits_the_same_one(photo: Picture) -> None:
    one, same, other = (
        sl.fit_decoder("block1_conv1", photo, seed=seed, **SMALL).parameters["kernel"].numpy()
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-4


def test_a_crop_may_have_a_side_that_the_stride_does_not_divide(photo: Picture) -> None:
    decoder = sl.fit_decoder("block3_conv1", photo, crops=1, size=34, weights=None)
    assert np.isfinite(decoder.parameters["kernel"].numpy()).all()


def test_settings_and_rights_are_kept() -> None:
    info = sl.fit_decoder("block1_conv1", ["cat", "coffee"], seed=2, **SMALL).info
    assert info.settings == {"crops": 3, "size": 32, "seed": 2}
    assert info.photo_rights["cat"].author == sl.SAMPLES["cat"].author
    assert [*info.photo_rights] == ["cat", "coffee"]


def test_maps_of_another_layer_are_refused(random: np.random.Generator) -> None:
    layer = "block2_conv1"
    decoder = sl.Decoder(sl.DecoderInfo(layer), make_parameters(random, layer))
    assert repr(decoder) == "<Decoder of block2_conv1>"
    for maps in (np.ones((4, 4, 64)), np.ones((4, 128)), np.ones((0, 4, 128))):
        with pytest.raises(PictureError, match="Expected"):
            decoder(maps)


def test_layers_and_numbers_that_there_are_not_are_refused(photo: Picture) -> None:
    for layer in ("block2_pool", "block4_conv1"):
        with pytest.raises(LayerError, match="first 3 blocks"):
            sl.fit_decoder(layer, photo)
    with pytest.raises(LayerError, match="Expected a layer"):
        sl.DecoderInfo("block2_conv7")
    for changes in ({"crops": 0}, {"size": 8}, {"seed": -1}, {"crops": 1.5}):
        with pytest.raises(SettingsError, match=next(iter(changes))):
            sl.fit_decoder("block1_conv1", photo, **changes)
    with pytest.raises(PictureError):
        sl.fit_decoder("block1_conv1", "no_such_picture")
    with pytest.raises(SettingsError, match="shapes"):
        sl.Decoder(sl.DecoderInfo("block1_conv1"), {"unit": np.ones(64)})
