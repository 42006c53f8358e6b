"""Winograd's convolution against the direct sum, in 64 bits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stylelab.network.tensorflow import import_tensorflow
from stylelab.network.winograd import (
    PADDING_MODES,
    plan_blocks,
    transform_kernel,
    winograd_convolution,
)

NUMPY_MODES = {"zeros": "constant", "symmetric": "symmetric"}


def convolve_directly(maps: NDArray[Any], kernel: NDArray[Any], padding_mode: str) -> NDArray[Any]:
    """Return the responses as nine sums over channels."""
    height, width = maps.shape[:2]
    mode: Any = NUMPY_MODES[padding_mode]
    padded = np.pad(maps.astype(np.float64), ((1, 1), (1, 1), (0, 0)), mode)
    responses: NDArray[Any] = sum(
        padded[i : i + height, j : j + width] @ kernel[i, j].astype(np.float64)
        for i in range(3)
        for j in range(3)
    )
    return responses


def convolve(maps: Any, kernel: Any, padding_mode: Any) -> Any:
    return winograd_convolution(maps, kernel, plan_blocks(maps, padding_mode))


def random_case(seed: int, height: int, width: int) -> tuple[NDArray[Any], NDArray[Any]]:
    random = np.random.default_rng(seed)
    maps = random.standard_normal((height, width, 5), dtype=np.float32)
    return maps, random.standard_normal((3, 3, 5, 4), dtype=np.float32)


SIDES = st.integers(1, 14)


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@given(seed=st.integers(0, 99), height=SIDES, width=SIDES)
def test_responses_are_those_of_the_direct_sum(
    padding_mode: Any, seed: int, height: int, width: int
) -> None:
    maps, kernel = random_case(seed, height, width)
    responses = convolve(maps[None], transform_kernel(kernel), padding_mode)[0].numpy()
    assert responses.shape == (height, width, 4)
    expected = convolve_directly(maps, kernel, padding_mode)
    np.testing.assert_allclose(responses, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("padding_mode", PADDING_MODES)
@given(seed=st.integers(0, 99), height=SIDES, width=SIDES)
def test_the_gradient_is_the_transpose_of_the_direct_sum(
    padding_mode: Any, seed: int, height: int, width: int
) -> None:
    tensorflow = import_tensorflow()
    maps, kernel = random_case(seed, height, width)
    upstream = np.random.default_rng(seed + 1).standard_normal((height, width, 4), np.float32)
    image = tensorflow.constant(maps[None])
    with tensorflow.GradientTape() as tape:
        tape.watch(image)
        responses = convolve(image, transform_kernel(kernel), padding_mode)
    gradient = tape.gradient(responses, image, upstream[None])[0].numpy()
    # ⟨upstream, K d⟩ = ⟨Kᵀ upstream, d⟩ for every d: one by one for each value of the maps.
    units = np.eye(maps.size).reshape(-1, *maps.shape)
    expected = np.array(
        [np.vdot(upstream, convolve_directly(unit, kernel, padding_mode)) for unit in units]
    )
    np.testing.assert_allclose(
        gradient.ravel(), expected, atol=3e-5 * max(1, np.abs(expected).max())
    )


def test_a_graph_for_maps_of_any_size_gives_the_same() -> None:
    tensorflow = import_tensorflow()
    maps, kernel = random_case(0, 9, 7)
    transformed = tensorflow.constant(transform_kernel(kernel))
    graph = tensorflow.function(
        lambda values: convolve(values, transformed, "zeros"),
        input_signature=[tensorflow.TensorSpec((1, None, None, 5))],
        autograph=False,
    )
    expected = convolve(maps[None], transformed, "zeros").numpy()
    np.testing.assert_allclose(graph(maps[None]).numpy(), expected, rtol=1e-6, atol=1e-6)
