"""Training of decoders: the linear part by NumPy's least squares, steps, and what is refused."""

from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import DivergedError, LayerError, PictureError, SettingsError
from stylelab.network.vgg19 import VGG19
from stylelab.painting.decoder_training import FIXED, RIDGE
from stylelab.painting.training_photos import CropStream, find_photos
from stylelab.pictures.images import Picture

SMALL: dict[str, Any] = {
    "size": 32,
    "batch": 2,
    "width": 3,
    "fitted_batches": 3,
    "weights": None,
}


def train(photo: Picture, layer: str = "block1_conv1", **changes: Any) -> list[sl.DecoderStep]:
    return [*sl.train_decoder(layer, photo, **{"steps": 3} | SMALL | changes)]


@pytest.fixture(scope="module")
def steps(photo: Picture) -> list[sl.DecoderStep]:
    return train(photo)


def arrays(decoder: sl.Decoder) -> dict[str, Any]:
    return {name: values.numpy() for name, values in decoder.parameters.items()}


def test_each_step_says_where_the_training_is(steps: list[sl.DecoderStep]) -> None:
    assert [step.iteration for step in steps] == [1, 2, 3]
    assert [step.decoder.info.steps for step in steps] == [1, 2, 3]
    assert all(step.loss == pytest.approx(sum(step.terms.values())) for step in steps)
    assert steps[0].seconds < steps[2].seconds


def test_the_same_seed_makes_the_same_decoder(
    steps: list[sl.DecoderStep], photo: Picture
) -> None:
    expected = arrays(steps[-1].decoder)
    same, other = (train(photo, seed=seed)[-1].decoder for seed in (0, 1))
    for name, values in arrays(same).items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
    assert np.abs(arrays(other)["conv0/kernel"] - expected["conv0/kernel"]).max() > 0.01


def test_all_but_the_linear_part_is_trained(steps: list[sl.DecoderStep]) -> None:
    first, last = arrays(steps[0].decoder), arrays(steps[-1].decoder)
    moved = {name for name in first if np.any(first[name] != last[name])}
    assert moved == set(first) - set(FIXED)


@pytest.mark.parametrize("layer", ["block1_conv1", "block2_conv1"])
def test_the_linear_part_is_numpys_least_squares(photo: Picture, layer: str) -> None:
    (step,) = train(photo, layer, steps=1)
    found = arrays(step.decoder)
    see = VGG19(layer, weights=None, padding_mode="symmetric")
    stride = sl.LAYERS[layer].stride
    rows, patches = [], []
    stream = CropStream(find_photos(photo), 32, 2, 0).batches()
    for crops in (next(stream) for _ in range(3)):
        for crop in crops:
            maps = see(crop)[layer] / found["unit"]
            padded = np.pad(maps, ((1, 1), (1, 1), (0, 0)), "symmetric")
            size = 32 // stride
            around = [padded[y : y + size, x : x + size] for y in range(3) for x in range(3)]
            rows.append(np.concatenate(around, axis=-1).reshape(size * size, -1))
            cut = crop.reshape(size, stride, size, stride, 3).swapaxes(1, 2)
            patches.append(cut.reshape(size * size, -1))
    inputs, wanted = np.concatenate(rows).astype(float), np.concatenate(patches).astype(float)
    # The ridge, as further equations: √ridge · weight = 0, for all but the bias.
    ones = np.ones((len(inputs), 1))
    everything = np.concatenate([inputs, ones], axis=1)
    ridge = RIDGE * np.mean(np.sum(everything**2, axis=0))
    damping = np.sqrt(ridge) * np.eye(inputs.shape[1], inputs.shape[1] + 1)
    equations = np.concatenate([everything, damping])
    values = np.concatenate([wanted, np.zeros((len(damping), wanted.shape[1]))])
    solution = np.linalg.lstsq(equations, values, rcond=None)[0]
    kernel = found["linear/kernel"].reshape(solution[:-1].shape)
    largest = np.abs(solution).max()
    np.testing.assert_allclose(kernel, solution[:-1], atol=2e-3 * largest)
    np.testing.assert_allclose(found["linear/bias"], solution[-1], atol=2e-3 * largest)


def test_training_lowers_the_loss(photo: Picture) -> None:
    """Of the same crops: those of the first batches come again with the same seed."""
    short = train(photo, "block2_conv1", steps=1, feature_weight=0, fitted_batches=1)
    long = train(photo, "block2_conv1", steps=40, feature_weight=0, fitted_batches=1)
    see = VGG19("block2_conv1", weights=None, padding_mode="symmetric")
    crops = next(CropStream(find_photos(photo), 32, 2, 5).batches())

    def error(decoder: sl.Decoder) -> float:
        return float(
            np.mean([(decoder(see(crop)["block2_conv1"]) - crop) ** 2 for crop in crops])
        )

    assert error(long[-1].decoder) < 0.95 * error(short[-1].decoder)


def test_settings_and_rights_are_kept(steps: list[sl.DecoderStep]) -> None:
    info = steps[-1].decoder.info
    assert info.settings["fitted_batches"] == 3
    assert [*info.photo_rights] == ["picture 1"]
    named = next(sl.train_decoder("block1_conv1", "cat", steps=1, **SMALL)).decoder.info
    assert named.photo_rights["cat"].author == sl.SAMPLES["cat"].author


def test_wrong_arguments_are_refused_before_anything_is_computed(photo: Picture) -> None:
    for changes in ({"size": 8}, {"batch": 1}, {"seed": -1}, {"steps": 0}, {"fitted_batches": 0}):
        with pytest.raises(SettingsError, match=next(iter(changes))):
            sl.train_decoder("block1_conv1", photo, **changes)
    for name in ("pixel_weight", "feature_weight", "learning_rate"):
        with pytest.raises(SettingsError, match=name):
            sl.train_decoder("block1_conv1", photo, **{name: -1.0})
    with pytest.raises(LayerError):
        sl.train_decoder("block1_pool", photo)
    with pytest.raises(PictureError):
        sl.train_decoder("block1_conv1", "no_such_picture")


def test_a_loss_that_is_not_finite_stops_it(photo: Picture) -> None:
    with pytest.raises(DivergedError, match="learning rate"):
        train(photo, steps=5, learning_rate=1e30)
