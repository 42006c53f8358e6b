"""A picture that excites one channel: against VGG19 itself, and gradients against differences."""

from typing import Any

import numpy as np
import pytest

from stylelab.errors import LayerError, SettingsError, WeightsError
from stylelab.network.convolution import convolve
from stylelab.network.vgg19 import VGG19, Pooling
from stylelab.network.weight_decoding import Weights
from stylelab.network.weights import load_weights, random_weights
from stylelab.pictures.images import Picture
from stylelab.pipeline.activation_maximisation import (
    COLOUR_DIRECTIONS,
    LEAKY_SLOPE,
    YIELD_EVERY,
    ActivationStep,
    FourierImage,
    _compile_objective,
    activation_maximisation,
)
from stylelab.samples.catalogue import SAMPLES, sample


def last_step(layer: str, channel: int, **settings: Any) -> ActivationStep:
    *_, step = activation_maximisation(layer, channel, **settings)
    return step


@pytest.mark.parametrize(("layer", "channel"), [("block2_conv1", 30), ("block3_conv1", 3)])
def test_the_picture_activates_its_channel_more_than_samples_and_noise(
    layer: str, channel: int, random: np.random.Generator
) -> None:
    network = VGG19(layer)
    others = [sample(name, 64) for name in SAMPLES]
    others += [random.random((64, 64, 3), dtype=np.float32), np.zeros((64, 64, 3), np.float32)]
    made = last_step(layer, channel, size=64, steps=32, network=network)
    strongest = max(float(network(other)[layer][..., channel].mean()) for other in others)
    assert made.activation > 2 * strongest


def test_the_reported_activation_is_that_of_the_yielded_picture() -> None:
    layer = "block3_conv2"
    network = VGG19(layer, pooling="max")
    for step in activation_maximisation(layer, 9, size=48, steps=10, pooling="max"):
        expected = network(step.image)[layer][..., 9].mean()
        assert step.activation == pytest.approx(float(expected), rel=1e-4)


def test_every_fourth_step_and_the_last_are_yielded_as_pictures() -> None:
    steps = list(activation_maximisation("block1_conv2", 0, size=33, steps=2 * YIELD_EVERY + 1))
    iterations = [step.iteration for step in steps]
    assert iterations == [0, YIELD_EVERY, 2 * YIELD_EVERY, 2 * YIELD_EVERY + 1]
    for step in steps:
        assert step.steps == 2 * YIELD_EVERY + 1
        assert step.image.shape == (33, 33, 3)
        assert step.image.dtype == np.float32
        assert not step.image.flags.writeable
        assert step.image.min() >= 0
        assert step.image.max() <= 1


def test_a_seed_is_reproducible_and_another_seed_gives_another_picture() -> None:
    def made(seed: int) -> Picture:
        return last_step("block2_conv1", 5, size=32, steps=6, seed=seed).image

    first = made(1)
    np.testing.assert_array_equal(first, made(1))
    assert np.abs(first - made(2)).mean() > 0.05


def test_the_network_uses_the_requested_pooling() -> None:
    given = VGG19("block2_conv1", "block3_conv1", pooling="max")
    settings: dict[str, Any] = {"size": 32, "steps": 4}
    through_given = last_step("block2_conv1", 5, network=given, **settings)
    with_max = last_step("block2_conv1", 5, pooling="max", **settings)
    with_average = last_step("block2_conv1", 5, pooling="avg", **settings)
    np.testing.assert_array_equal(through_given.image, with_max.image)
    assert not np.array_equal(with_max.image, with_average.image)


def test_a_channel_inactive_at_the_start_can_become_active() -> None:
    start, *_, end = activation_maximisation("block5_conv4", 1, size=32, steps=16)
    assert start.activation == 0
    assert end.activation > 0


@pytest.mark.parametrize("size", [32, 33])
def test_fourier_gradients_agree_with_finite_differences(
    size: int, random: np.random.Generator
) -> None:
    waves = FourierImage(size)
    spectrum = random.standard_normal(waves.shape)
    weights = random.standard_normal((size, size, 3))

    def height(at: Any) -> float:
        return float((waves.image(at) * weights).sum())

    gradient = waves.pull_back(waves.image(spectrum), weights)
    # The first and the last columns by name: there each wave is alone, not one of two mirrored.
    for column in (0, 1, size // 2 - 1, size // 2):
        direction = np.zeros(waves.shape)
        direction[:, column] = random.standard_normal(waves.shape)[:, column]
        change = height(spectrum + 1e-4 * direction) - height(spectrum - 1e-4 * direction)
        assert change / 2e-4 == pytest.approx(float((gradient * direction).sum()), rel=1e-5)


@pytest.mark.parametrize("size", [32, 33])
def test_fourier_images_of_any_size_have_the_same_standard_deviation(
    size: int, random: np.random.Generator
) -> None:
    waves = FourierImage(size)
    spectra = random.standard_normal((200, *waves.shape))
    pictures = np.array([waves.image(spectrum) for spectrum in spectra])
    values = np.log(pictures / (1 - pictures))
    by_colour = np.linalg.norm(COLOUR_DIRECTIONS, axis=0)  # its three parts are independent
    np.testing.assert_allclose(values.std((0, 1, 2)), by_colour, rtol=0.15)


@pytest.mark.parametrize("pooling", ["avg", "max"])
@pytest.mark.parametrize("layer", ["block2_conv2", "block2_pool"])
def test_the_objective_is_the_mean_with_a_leaky_relu(
    layer: str, pooling: Pooling, random: np.random.Generator
) -> None:
    channel, shift = 3, np.array([5, -2], np.int32)
    image = random.random((32, 32, 3), dtype=np.float32)
    weights = load_weights()
    kernel, bias = weights["block2_conv2/kernel"], weights["block2_conv2/bias"]
    before = VGG19("block2_conv1", pooling=pooling)(np.roll(image, shift, (0, 1)))["block2_conv1"]
    summed = convolve(before, kernel, bias)[..., channel]
    leaky = np.where(summed > 0, summed, LEAKY_SLOPE * summed)
    if layer == "block2_pool":
        squares = leaky.reshape(8, 2, 8, 2)
        leaky = squares.mean((1, 3)) if pooling == "avg" else squares.max((1, 3))
    height, activation, _ = _compile_objective(VGG19(layer, pooling=pooling), layer, 32)(
        image, channel, shift
    )
    assert height == pytest.approx(float(leaky.mean()), rel=1e-4)
    assert activation > height  # this channel is cut off somewhere


@pytest.mark.parametrize("layer", ["block1_conv1", "block3_conv1", "block2_pool"])
def test_the_gradient_of_the_objective_agrees_with_finite_differences(
    layer: str, random: np.random.Generator
) -> None:
    look = _compile_objective(VGG19(layer), layer, 32)
    image = random.random((32, 32, 3), dtype=np.float32)
    shift = np.array([5, -2], np.int32)
    _, _, gradient = look(image, 3, shift)
    # The picture is moved along its gradient, far enough for float32 to see it.
    direction = gradient / np.abs(gradient).max()
    further = [look(image + sign * 1e-3 * direction, 3, shift)[0] for sign in (1, -1)]
    slope = (further[0] - further[1]) / 2e-3
    assert slope == pytest.approx(float((gradient * direction).sum()), rel=0.02)


def inactive_weights(channel: int) -> Weights:
    """Random weights, but for a channel of the first layer that never fires, whatever it sees."""
    weights = {name: np.array(array) for name, array in random_weights().items()}
    weights["block1_conv1/kernel"][..., channel] = 0
    weights["block1_conv1/bias"][channel] = -1
    return weights


def test_a_channel_that_nothing_activates_is_refused_at_the_start() -> None:
    with pytest.raises(LayerError, match=r"channel 7 of block1_conv1.*no small change"):
        last_step("block1_conv1", 7, size=32, steps=4, weights=inactive_weights(7))


def test_a_channel_that_stays_inactive_is_reported_at_the_end() -> None:
    weights = {name: np.array(array) for name, array in load_weights().items()}
    weights["block1_conv1/bias"][7] = -1e6
    with pytest.raises(
        LayerError, match=r"channel 7 of block1_conv1. After 5 steps.*fires nowhere"
    ):
        last_step("block1_conv1", 7, size=32, steps=5, weights=weights)


@pytest.mark.parametrize("channel", [-1, 64, 1.0, "3", None])
def test_a_nonexistent_channel_is_refused_before_the_start(channel: Any) -> None:
    with pytest.raises(LayerError, match=r"from 0 to 63\. Received"):
        activation_maximisation("block1_conv1", channel)


def test_a_nonexistent_layer_is_refused_before_the_start() -> None:
    with pytest.raises(LayerError, match="Did you mean 'block4_conv2'"):
        activation_maximisation("conv4_2", 0)
    with pytest.raises(LayerError, match="network that has the layer block3_conv1"):
        activation_maximisation("block3_conv1", 0, network=VGG19("block1_conv1"))


@pytest.mark.parametrize(
    "wrong", [{"size": 31}, {"size": 1025}, {"size": 64.0}, {"steps": 0}, {"seed": -1}]
)
def test_settings_out_of_range_are_refused_before_the_start(wrong: Any) -> None:
    with pytest.raises(SettingsError, match="Received"):
        activation_maximisation("block1_conv1", 0, **wrong)


def test_missing_weights_are_reported() -> None:
    with pytest.raises(WeightsError):
        activation_maximisation("block1_conv1", 0, weights="no_such_file.bin")
