import numpy as np
import pytest
from numpy.typing import NDArray

from stylelab.losses.gram import gram_matrix, gram_tensor
from stylelab.losses.style import style
from stylelab.network.layer_facts import LAYERS
from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.vgg19 import VGG19
from stylelab.panels.explorer.style_share import (
    cosines,
    layer_style_loss,
    style_gradients,
    style_shares,
)
from stylelab.pictures.images import Picture

LAYER = "block2_conv1"

QuantisedMaps = NDArray[np.float64]


@pytest.fixture(scope="module")
def network() -> VGG19:
    return VGG19(*LAYERS)


@pytest.fixture(scope="module")
def maps(network: VGG19, photo: Picture) -> QuantisedMaps:
    return network(photo)[LAYER].astype(np.float64)


@pytest.fixture(scope="module")
def style_maps(network: VGG19, painting: Picture) -> QuantisedMaps:
    return network(painting)[LAYER].astype(np.float64)


def loss_by_hand(maps: QuantisedMaps, style_maps: QuantisedMaps, removed: list[int]) -> float:
    """Let the removed channels say nothing in either picture; measure by the whole of the style."""

    def gram(values: QuantisedMaps) -> QuantisedMaps:
        flat = values.reshape(-1, values.shape[-1])
        product: QuantisedMaps = flat.T @ flat / len(flat)
        return product

    whole = float((gram(style_maps) ** 2).sum())
    maps, style_maps = maps.copy(), style_maps.copy()
    maps[..., removed] = style_maps[..., removed] = 0
    return float(((gram(maps) - gram(style_maps)) ** 2).sum()) / whole


@pytest.mark.parametrize("layer", ["block1_conv1", "block3_conv1", "block4_conv2", "block5_pool"])
def test_a_layers_loss_is_the_style_term_at_that_layer(
    network: VGG19, photo: Picture, painting: Picture, layer: str
) -> None:
    grams = [gram_matrix(network(image)[layer]) for image in (photo, painting)]
    expected = style(painting, layer).with_network(padding_mode="zeros")(photo).loss
    assert layer_style_loss(*grams) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("removed", [[], [0], [5, 99, 127]])
def test_removed_channels_are_excluded_from_the_loss(
    maps: QuantisedMaps, style_maps: QuantisedMaps, removed: list[int]
) -> None:
    grams = gram_matrix(maps), gram_matrix(style_maps)
    expected = loss_by_hand(maps, style_maps, removed)
    assert layer_style_loss(*grams, removed) == pytest.approx(expected, rel=1e-9)


def test_a_channels_share_is_the_loss_reduction_without_it(
    maps: QuantisedMaps, style_maps: QuantisedMaps
) -> None:
    shares = style_shares(gram_matrix(maps), gram_matrix(style_maps))
    whole = loss_by_hand(maps, style_maps, [])
    for channel in range(0, 128, 9):
        fallen = 1 - loss_by_hand(maps, style_maps, [channel]) / whole
        assert shares[channel] == pytest.approx(fallen, abs=1e-9)
    assert 1 < shares.sum() <= 2


def test_the_style_picture_itself_has_no_shares(style_maps: QuantisedMaps) -> None:
    gram = gram_matrix(style_maps)
    assert layer_style_loss(gram, gram) == 0
    np.testing.assert_array_equal(style_shares(gram, gram), np.zeros(128))


def test_computing_shares_does_not_modify_gram_matrices(
    maps: QuantisedMaps, style_maps: QuantisedMaps
) -> None:
    gram, target = gram_matrix(maps), gram_matrix(style_maps)
    before = gram.copy(), target.copy()
    layer_style_loss(gram, target, [3])
    style_shares(gram, target)
    np.testing.assert_array_equal(gram, before[0])
    np.testing.assert_array_equal(target, before[1])


def test_the_cosine_is_that_between_two_maps(maps: QuantisedMaps) -> None:
    gram = gram_matrix(maps)
    together = cosines(gram, 7)
    assert together[7] == pytest.approx(1)
    for channel in range(0, 128, 11):
        one, other = maps[..., 7].ravel(), maps[..., channel].ravel()
        lengths = np.linalg.norm(one) * np.linalg.norm(other)
        assert together[channel] == pytest.approx(one @ other / lengths if lengths else 0)


def test_an_inactive_channel_has_cosine_0_with_all_others() -> None:
    gram = np.array([[4.0, 0.0, 2.0], [0.0, 0.0, 0.0], [2.0, 0.0, 1.0]])
    np.testing.assert_allclose(cosines(gram, 0), [1, 0, 1])
    np.testing.assert_allclose(cosines(gram, 1), [0, 0, 0])


@pytest.mark.parametrize("layer", ["block1_conv1", "block3_conv1", "block5_conv1"])
def test_the_gradient_map_matches_the_style_term(
    network: VGG19, photo: Picture, painting: Picture, layer: str
) -> None:
    target = gram_matrix(network(painting)[layer])
    every, part = style_gradients(network, photo, layer, target)
    expected = style(painting, layer).with_network(padding_mode="zeros")(photo).gradient
    np.testing.assert_allclose(every, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    assert not part.any()


def test_the_remaining_gradient_is_that_of_the_loss_without_the_channels(
    network: VGG19, photo: Picture, painting: Picture
) -> None:
    removed = [2, 40, 77]
    target = gram_matrix(network(painting)[LAYER])
    every, part = style_gradients(network, photo, LAYER, target, removed)
    tf = import_tensorflow()
    kept = np.ones(len(target), np.float32)
    kept[removed] = 0
    image = tf.constant(photo)
    with tf.GradientTape() as tape:
        tape.watch(image)
        kept_maps = network.tensors(image)[LAYER] * kept
        difference = gram_tensor(kept_maps) - target * np.outer(kept, kept)
        loss = tf.reduce_sum(difference**2) / np.sum(target**2)
    expected = tape.gradient(loss, image).numpy()
    room = 1e-3 * np.abs(expected).max()
    np.testing.assert_allclose(every - part, expected, rtol=1e-3, atol=room)
    assert np.abs(part).max() > 10 * room
