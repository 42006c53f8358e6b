from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import signal

from stylelab.errors import PictureError, SettingsError
from stylelab.network.convolution import KERNELS, Padding, convolve, filter_image, relu
from stylelab.network.tensorflow import import_tensorflow

RANDOM = np.random.default_rng(2)
MAPS = RANDOM.standard_normal((11, 8, 3))
WEIGHTS = RANDOM.standard_normal((3, 3, 3, 4))
BIAS = RANDOM.standard_normal(4)

finite = st.floats(-4, 4, width=32)
small_maps = arrays(np.float64, (6, 5, 2), elements=finite)
small_kernels = arrays(np.float64, (3, 3, 2, 2), elements=finite)


def one_channel_at_a_time(maps: Any, kernels: Any, mode: str) -> Any:
    """Sum scipy's two-dimensional correlations over the channels."""
    return np.stack(
        [
            sum(
                signal.correlate2d(maps[..., k], kernels[..., k, n], mode)
                for k in range(maps.shape[-1])
            )
            for n in range(kernels.shape[-1])
        ],
        axis=-1,
    )


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_it_matches_scipys_correlation_summed_over_channels_plus_bias(padding: Padding) -> None:
    expected = one_channel_at_a_time(MAPS, WEIGHTS, padding) + BIAS
    np.testing.assert_allclose(convolve(MAPS, WEIGHTS, BIAS, padding=padding), expected)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("shape", [(8, 8), (7, 10), (5, 4)])
@pytest.mark.parametrize("kernel", [(3, 3), (2, 5), (1, 1)])
def test_it_matches_tensorflows_conv2d(
    padding: Padding, stride: int, shape: tuple[int, int], kernel: tuple[int, int]
) -> None:
    if padding == "valid" and shape[1] < kernel[1]:
        pytest.skip("the kernel would not fit")
    tensorflow = import_tensorflow()
    maps = RANDOM.standard_normal((*shape, 3))
    kernels = RANDOM.standard_normal((*kernel, 3, 2))
    expected = tensorflow.nn.conv2d(maps[None], kernels, stride, padding.upper())[0].numpy()
    answer = convolve(maps, kernels, stride=stride, padding=padding)
    assert answer.shape == expected.shape
    np.testing.assert_allclose(answer, expected, atol=1e-12)


def test_flipping_the_kernel_gives_mathematical_convolution() -> None:
    flipped = WEIGHTS[::-1, ::-1]
    expected = signal.convolve2d(MAPS[..., 0], WEIGHTS[..., 0, 0], "same")
    answer = convolve(MAPS[..., :1], flipped[..., :1, :1])[..., 0]
    np.testing.assert_allclose(answer, expected)


@given(small_maps, small_maps, small_kernels, finite)
def test_it_is_linear(one: Any, other: Any, kernels: Any, factor: float) -> None:
    together = convolve(one + factor * other, kernels)
    apart = convolve(one, kernels) + factor * convolve(other, kernels)
    np.testing.assert_allclose(together, apart, atol=1e-9)


@given(small_maps, small_kernels, st.integers(0, 3), st.integers(0, 3))
def test_it_is_translation_equivariant(maps: Any, kernels: Any, down: int, right: int) -> None:
    # Far enough from the border that no zero is among what the kernel sees of the pattern.
    canvas = np.zeros((14, 14, 2))
    canvas[3:9, 3:8] = maps
    moved = np.roll(canvas, (down, right), (0, 1))
    expected = np.roll(convolve(canvas, kernels), (down, right), (0, 1))
    np.testing.assert_allclose(convolve(moved, kernels), expected, atol=1e-9)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_maps_dtype_is_kept(kind: type[np.floating[Any]]) -> None:
    answer = convolve(MAPS.astype(kind), WEIGHTS, BIAS)
    assert answer.dtype == kind
    assert relu(answer).dtype == kind


def test_integer_arrays_are_accepted() -> None:
    counts = np.arange(12).reshape(3, 4, 1)
    answer = convolve(counts, np.full((1, 1, 1, 1), 0.5))
    np.testing.assert_array_equal(answer, counts / 2)


def test_arguments_are_not_modified() -> None:
    maps, kernels, bias = MAPS.copy(), WEIGHTS.copy(), BIAS.copy()
    convolve(maps, kernels, bias)
    relu(maps)
    np.testing.assert_array_equal(maps, MAPS)
    np.testing.assert_array_equal(kernels, WEIGHTS)
    np.testing.assert_array_equal(bias, BIAS)


def test_relu_keeps_positive_values() -> None:
    np.testing.assert_array_equal(relu(np.array([-2.0, -0.0, 0.5, 3])), [0, 0, 0.5, 3])


@pytest.mark.parametrize(
    ("maps", "kernels", "bias", "named"),
    [
        (np.ones((4, 4)), WEIGHTS, None, "(H, W, C)"),
        (MAPS, np.ones((3, 3)), None, "kernel rows"),
        (np.ones((4, 4, 2)), WEIGHTS, None, "2 channels"),
        (MAPS, WEIGHTS, np.ones(3), "(4,)"),
        (np.ones((0, 4, 3)), WEIGHTS, None, "(0, 4, 3)"),
    ],
)
def test_mismatched_shapes_are_refused(maps: Any, kernels: Any, bias: Any, named: str) -> None:
    with pytest.raises(PictureError) as caught:
        convolve(maps, kernels, bias)
    assert named in str(caught.value)


def test_a_kernel_larger_than_the_maps_is_refused() -> None:
    with pytest.raises(PictureError, match="at least as large"):
        convolve(np.ones((2, 5, 3)), WEIGHTS, padding="valid")
    assert convolve(np.ones((2, 5, 3)), WEIGHTS).shape == (2, 5, 4)


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"stride": 1.5}, {"padding": "zeros"}])
def test_invalid_settings_are_refused(wrong: Any) -> None:
    with pytest.raises(SettingsError, match="Received"):
        convolve(MAPS, WEIGHTS, **wrong)


def test_filtering_treats_channels_independently() -> None:
    answer = filter_image(MAPS, KERNELS["emboss"])
    for channel in range(3):
        expected = signal.correlate2d(MAPS[..., channel], KERNELS["emboss"], "same")
        np.testing.assert_allclose(answer[..., channel], expected)
    assert filter_image(MAPS, KERNELS["blur"], padding="valid").shape == (9, 6, 3)


def test_filtering_refuses_wrong_shapes() -> None:
    with pytest.raises(PictureError, match="kernel"):
        filter_image(MAPS, WEIGHTS)
    with pytest.raises(PictureError, match="picture"):
        filter_image(MAPS[..., 0], KERNELS["blur"])


def test_named_kernels_have_the_named_effect() -> None:
    flat = np.full((5, 5, 3), 0.5)
    left_to_right = np.broadcast_to(np.arange(5.0)[None, :, None], (5, 5, 3))
    top_to_bottom = left_to_right.transpose(1, 0, 2)

    def middle(picture: Any, name: str) -> float:
        return float(filter_image(picture, KERNELS[name])[2, 2, 0])

    for name in ("identity", "blur", "sharpen", "emboss"):  # flat areas stay as they are
        assert middle(flat, name) == pytest.approx(0.5)
    for name in ("vertical edges", "horizontal edges", "Laplacian"):
        assert middle(flat, name) == 0
    assert middle(left_to_right, "vertical edges") == 8
    assert middle(left_to_right, "horizontal edges") == 0
    assert middle(top_to_bottom, "horizontal edges") == 8
    assert middle(top_to_bottom, "vertical edges") == 0
    assert middle(left_to_right, "Laplacian") == 0
    np.testing.assert_array_equal(filter_image(MAPS, KERNELS["identity"]), MAPS)


def test_named_kernels_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        KERNELS["blur"][0, 0] = 1
