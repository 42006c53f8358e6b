from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stylelab.course.channel_means import ChannelMeansTerm, channel_means
from stylelab.errors import LayerError
from stylelab.losses.loss import Loss
from stylelab.network.vgg19 import VGG19

LAYERS = ("block1_conv1", "block2_conv1")


def expected_distance(picture: Any, painting: Any) -> float:
    features = VGG19(*LAYERS, weights=None, padding_mode="symmetric")
    distances = []
    for layer in LAYERS:
        mean, target = (
            features(image)[layer].astype(float).sum((0, 1)) / features(image)[layer][..., 0].size
            for image in (picture, painting)
        )
        distances.append(np.sum((mean - target) ** 2) / np.sum(target**2))
    return float(np.mean(distances))


def test_it_is_the_relative_distance_of_the_means(photo: Any, painting: Any) -> None:
    loss = channel_means(painting, LAYERS).with_network(weights=None)
    assert loss(photo).loss == pytest.approx(expected_distance(photo, painting), rel=1e-4)


def test_it_is_zero_for_the_painting_and_its_mirror_image_in_the_first_layer_is_not(
    painting: Any,
) -> None:
    loss = channel_means(painting, LAYERS[:1]).with_network(weights=None)
    assert loss(painting).loss == pytest.approx(0, abs=1e-9)
    assert loss(painting[::-1].copy()).loss > 1e-7  # kernels are not symmetric


def test_a_mask_counts_its_region_alone(photo: Any, painting: Any) -> None:
    loss = channel_means(painting, LAYERS[:1])
    ((_, term),) = loss.weighted_terms
    assert isinstance(term, ChannelMeansTerm)
    mask = np.zeros(photo.shape[:2], np.float32)
    mask[:, : photo.shape[1] // 2] = 1
    masked = Loss(((1.0, replace(term, mask=mask)),)).with_network(weights=None)
    features = VGG19(LAYERS[0], weights=None, padding_mode="symmetric")
    mean = features(photo)[LAYERS[0]][:, : photo.shape[1] // 2].astype(float).mean((0, 1))
    target = features(painting)[LAYERS[0]].astype(float).mean((0, 1))
    expected = np.sum((mean - target) ** 2) / np.sum(target**2)
    assert masked(photo).loss == pytest.approx(expected, rel=1e-4)


def test_unknown_layers_are_refused(painting: Any) -> None:
    with pytest.raises(LayerError, match="Received"):
        channel_means(painting, ["block9_conv1"])
