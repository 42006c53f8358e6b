import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from stylelab.errors import LayerError, PictureError, SettingsError
from stylelab.network.layer_facts import CONVOLUTIONS, LAYERS, layer_facts
from stylelab.network.tensorflow import import_keras, import_tensorflow
from stylelab.network.vgg19 import CONVOLUTION_MODES, VGG19, Pooling, preprocess, undo_preprocess
from stylelab.network.weight_decoding import Weights
from stylelab.network.weights import load_weights, random_weights
from stylelab.network.winograd import PADDING_MODES, PaddingMode
from stylelab.pictures.images import Picture

pictures = arrays(np.float32, (16, 17, 3), elements=st.floats(0, 1, width=32))


def convolution_by_hand(
    maps: NDArray[np.float64],
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32],
    padding_mode: PaddingMode = "zeros",
) -> NDArray[np.float64]:
    mode: Any = "constant" if padding_mode == "zeros" else padding_mode
    padded = np.pad(maps, ((1, 1), (1, 1), (0, 0)), mode)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
    summed = np.einsum("yxiab,abio->yxo", windows, kernel, optimize=True)
    activated: NDArray[np.float64] = np.maximum(summed + bias, 0)
    return activated


def pooling_by_hand(maps: NDArray[np.float64], pooling: Pooling) -> NDArray[np.float64]:
    rows, columns, channels = maps.shape
    even = maps[: rows // 2 * 2, : columns // 2 * 2]
    squares = even.reshape(rows // 2, 2, columns // 2, 2, channels)
    pooled: NDArray[np.float64] = squares.mean((1, 3)) if pooling == "avg" else squares.max((1, 3))
    return pooled


@pytest.mark.parametrize(
    ("pooling", "padding_mode"), [("avg", "zeros"), ("max", "zeros"), ("avg", "symmetric")]
)
def test_the_first_two_blocks_match_an_explicit_convolution(
    photo: Picture, pooling: Pooling, padding_mode: PaddingMode
) -> None:
    weights = load_weights()
    names = [name for name in LAYERS if name < "block3"]
    computed = VGG19(*names, pooling=pooling, padding_mode=padding_mode)(photo)
    maps = photo[..., ::-1].astype(np.float64) * 255 - [103.939, 116.779, 123.68]
    for name in names:
        if name.endswith("pool"):
            maps = pooling_by_hand(maps, pooling)
        else:
            kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
            maps = convolution_by_hand(maps, kernel, bias, padding_mode)
        np.testing.assert_allclose(computed[name], maps, rtol=1e-4, atol=1e-3 * maps.max())


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
def test_winograd_convolutions_give_the_same_maps(
    photo: Picture, padding_mode: PaddingMode
) -> None:
    direct, quicker = (
        VGG19(*LAYERS, padding_mode=padding_mode, convolution=convolution)(photo)
        for convolution in CONVOLUTION_MODES
    )
    for name, maps in direct.items():
        np.testing.assert_allclose(quicker[name], maps, rtol=0, atol=1e-5 * maps.max())


def test_symmetric_padding_leaves_no_border_in_the_maps_of_an_even_picture() -> None:
    even = np.full((48, 64, 3), 0.6, np.float32)
    for maps in VGG19(*LAYERS, padding_mode="symmetric")(even).values():
        middle = maps[maps.shape[0] // 2, maps.shape[1] // 2]
        np.testing.assert_allclose(
            maps, np.broadcast_to(middle, maps.shape), atol=1e-4 * maps.max()
        )
    with_zeros = VGG19("block3_conv1")(even)["block3_conv1"]
    assert np.abs(with_zeros[0] - with_zeros[6]).max() > 0.1 * with_zeros.max()


def test_all_layers_match_the_keras_network(photo: Picture) -> None:
    keras = import_keras()
    theirs = keras.applications.VGG19(weights=None, include_top=False, input_shape=(None, None, 3))
    weights = load_weights()
    for name in CONVOLUTIONS:
        theirs.get_layer(name).set_weights([weights[f"{name}/kernel"], weights[f"{name}/bias"]])
    every = keras.Model(theirs.input, [theirs.get_layer(name).output for name in LAYERS])
    prepared = keras.applications.vgg19.preprocess_input(photo[None] * 255)
    ours = VGG19(*LAYERS, pooling="max")(photo)
    for name, expected in zip(LAYERS, every(prepared), strict=True):
        np.testing.assert_allclose(ours[name], expected[0], rtol=1e-4, atol=1e-4 * 255)


@given(pictures)
def test_preprocessing_matches_keras_and_is_invertible(picture: Picture) -> None:
    keras = import_keras()
    theirs = keras.applications.vgg19.preprocess_input(picture[None] * 255)[0]
    np.testing.assert_allclose(preprocess(picture), theirs, atol=1e-4)
    np.testing.assert_allclose(undo_preprocess(preprocess(picture)), picture, atol=1e-6)


def sees_everything() -> Weights:
    """Weights with which every unit's value rises with every pixel that it sees."""
    weights: dict[str, NDArray[np.float32]] = {}
    for name, (inputs, outputs) in CONVOLUTIONS.items():
        weights[f"{name}/kernel"] = np.full((3, 3, inputs, outputs), 1 / (9 * inputs), np.float32)
        # Above what the mean colour takes away, so that no ReLU cuts off.
        weights[f"{name}/bias"] = np.full(outputs, 200, np.float32)
    return weights


@pytest.mark.parametrize("name", ["block1_conv1", "block2_conv2", "block2_pool", "block3_conv2"])
def test_a_unit_depends_on_its_receptive_field_only(name: str) -> None:
    tf = import_tensorflow()
    network, facts = VGG19(name, weights=sees_everything()), layer_facts(name)
    image = tf.fill((96, 96, 3), 0.5)
    row, column = 48 // facts.stride, 40 // facts.stride
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = network.tensors(image)[name][row, column, 0]
    seen = np.abs(tape.gradient(value, image).numpy()).sum(-1) > 0
    y, x = facts.centre(row, column)
    half = (facts.receptive_field - 1) / 2
    expected = np.zeros((96, 96), bool)
    expected[int(y - half) : int(y + half) + 1, int(x - half) : int(x + half) + 1] = True
    np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize("name", ["block1_conv1", "block2_conv2", "block2_pool", "block3_conv2"])
def test_the_square_of_a_unit_contains_all_pixels_with_a_gradient(name: str) -> None:
    facts = layer_facts(name)
    network = VGG19(name, weights=sees_everything())
    image = np.full((96, 96, 3), 0.5, np.float32)
    maps, pull_back = network.vjp(image)
    row, column = facts.unit_at(45, 52)
    alone = np.zeros_like(maps[name])
    alone[row, column, 0] = 1
    seen = np.abs(pull_back({name: alone})).sum(-1) > 0
    ys, xs = np.nonzero(seen)
    assert facts.square(row, column) == (ys.min(), xs.min(), ys.max() + 1, xs.max() + 1)


def test_layer_facts_match_the_shapes_of_the_maps(photo: Picture) -> None:
    maps = VGG19(*LAYERS, weights=None)(photo)
    for name, facts in LAYERS.items():
        assert maps[name].shape == facts.shape(*photo.shape[:2])


def test_the_network_is_cut_off_after_the_deepest_layer_and_cannot_be_trained() -> None:
    network = VGG19("block3_conv1", "block1_conv2", weights=None)
    assert network.layers == ("block1_conv2", "block3_conv1")
    assert [*network.model.parameters][-1] == "block3_conv1"
    with import_tensorflow().GradientTape() as tape:
        network(np.ones((32, 32, 3), np.float32))
    assert tape.watched_variables() == ()


def test_a_network_created_inside_a_users_graph_works_outside_it(photo: Picture) -> None:
    tensorflow = import_tensorflow()
    weights = random_weights(11)  # shared with no other test
    made: list[VGG19] = []

    def inside(image: Any) -> Any:
        made.append(VGG19("block1_conv1", weights=weights))
        return made[0].tensors(image)["block1_conv1"]

    computed = tensorflow.function(inside)(tensorflow.constant(photo)).numpy()
    np.testing.assert_array_equal(made[0](photo)["block1_conv1"], computed)


def test_the_repr_mentions_random_weights() -> None:
    assert "random" in repr(VGG19("block1_conv1", weights=None))
    assert "random" not in repr(VGG19("block1_conv1"))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("block4conv2", "block4_conv2"),
        ("conv4_2", "block4_conv2"),
        ("relu1_1", "block1_conv1"),
        ("pool5", "block5_pool"),
        ("block5_conv5", "block5_conv"),
    ],
)
def test_a_wrong_name_suggests_the_nearest_and_lists_all(wrong: str, right: str) -> None:
    with pytest.raises(LayerError, match=rf"{wrong}.*Did you mean '{right}.*block1_conv1.*block5"):
        VGG19(wrong)


def test_missing_layers_and_unknown_modes_are_refused() -> None:
    with pytest.raises(LayerError, match="at least one layer"):
        VGG19()
    with pytest.raises(SettingsError, match="'avg' or 'max'"):
        VGG19("block1_conv1", pooling="median")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"'zeros' or 'symmetric'.*'mirror'"):
        VGG19("block1_conv1", padding_mode="mirror")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"'direct' or 'winograd'.*'fft'"):
        VGG19("block1_conv1", convolution="fft")  # type: ignore[arg-type]


def test_a_picture_too_small_for_a_layer_is_refused() -> None:
    with pytest.raises(LayerError, match="at least 32 pixels"):
        VGG19("block5_pool", weights=None)(np.zeros((31, 64, 3), np.float32))


def test_invalid_pictures_are_refused() -> None:
    with pytest.raises(PictureError, match="Received"):
        VGG19("block1_conv1", weights=None)(np.full((32, 32, 3), np.nan, np.float32))


@pytest.mark.network
def test_tensorflow_starts_without_output() -> None:
    program = "import stylelab; stylelab.VGG19('block1_conv1', weights=None)"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert (answer.stdout, answer.stderr) == (b"", b"")


def test_pulling_back_gradients_agrees_with_finite_differences(
    photo: Picture, random: np.random.Generator
) -> None:
    features = VGG19("block1_conv2", "block2_conv1")
    maps, pull_back = features.vjp(photo)
    weights = {name: random.standard_normal(values.shape) for name, values in maps.items()}
    gradient = pull_back(weights)
    assert gradient.shape == photo.shape

    def loss(picture: Picture) -> float:
        return sum(float(np.vdot(weights[k], v)) for k, v in features(picture).items())

    direction = gradient / np.abs(gradient).max()
    high, low = np.clip(photo + 2e-3 * direction, 0, 1), np.clip(photo - 2e-3 * direction, 0, 1)
    slope = float(np.vdot(gradient, high - low))
    assert loss(high) - loss(low) == pytest.approx(slope, rel=0.03)


def test_pulling_back_from_some_layers_ignores_the_others(photo: Picture) -> None:
    maps, pull_back = VGG19("block1_conv1", "block1_conv2").vjp(photo)
    ones = {name: np.ones_like(values) for name, values in maps.items()}
    both = pull_back(ones)
    parts = sum(pull_back({name: values}) for name, values in ones.items())
    np.testing.assert_allclose(both, parts, atol=1e-3 * np.abs(both).max())


def test_gradients_of_unknown_layers_or_wrong_shapes_are_refused(photo: Picture) -> None:
    maps, pull_back = VGG19("block1_conv1").vjp(photo)
    with pytest.raises(LayerError, match="block2_conv1"):
        pull_back({"block2_conv1": maps["block1_conv1"]})
    with pytest.raises(PictureError, match="shape"):
        pull_back({"block1_conv1": maps["block1_conv1"][1:]})
    with pytest.raises(LayerError, match="none"):
        pull_back({})
