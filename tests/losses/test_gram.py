from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.gram import DIVISORS, Divisor, gram_matrix, gram_tensor
from stylelab.network.tensorflow import import_tensorflow

Maps = NDArray[np.float64]
some_maps = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(-10, 10, width=32))
)


@given(some_maps)
def test_without_a_divisor_it_sums_channel_products_over_positions(maps: Maps) -> None:
    expected = np.einsum("yxi,yxj->ij", maps, maps)
    np.testing.assert_allclose(gram_matrix(maps, "one"), expected, atol=1e-9)


@given(some_maps)
def test_divisors_are_the_number_of_positions_and_of_entries(maps: Maps) -> None:
    rows, columns, channels = maps.shape
    plain = gram_matrix(maps, "one")
    np.testing.assert_allclose(gram_matrix(maps) * rows * columns, plain, atol=1e-9)
    entries = rows * columns * channels
    np.testing.assert_allclose(gram_matrix(maps, "entries") * entries, plain, atol=1e-9)


@given(some_maps, st.randoms(use_true_random=False))
def test_shuffling_positions_keeps_the_gram_matrix(maps: Maps, shuffler: Random) -> None:
    positions = maps.reshape(-1, maps.shape[-1])
    order = list(range(len(positions)))
    shuffler.shuffle(order)
    shuffled = positions[order].reshape(maps.shape)
    np.testing.assert_allclose(gram_matrix(shuffled), gram_matrix(maps), atol=1e-9)


@given(some_maps)
def test_it_is_symmetric_and_positive_semidefinite(maps: Maps) -> None:
    gram = gram_matrix(maps)
    np.testing.assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() >= -1e-9 * max(1, np.abs(gram).max())


def test_repeating_a_picture_keeps_the_gram_matrix_per_position(
    random: np.random.Generator,
) -> None:
    maps = random.random((4, 5, 3))
    np.testing.assert_allclose(gram_matrix(np.tile(maps, (2, 3, 1))), gram_matrix(maps))


@pytest.mark.parametrize("divisor", DIVISORS)
def test_tensors_give_the_same_values_as_arrays(
    divisor: Divisor, random: np.random.Generator
) -> None:
    maps = random.random((6, 7, 4), dtype=np.float32)
    tensor = gram_tensor(import_tensorflow().constant(maps), divisor)
    np.testing.assert_allclose(tensor.numpy(), gram_matrix(maps, divisor), rtol=1e-5)


def test_it_keeps_the_dtype_of_the_maps() -> None:
    assert gram_matrix(np.ones((2, 2, 3), np.float32)).dtype == np.float32


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4, 3), (0, 4, 3)])
def test_maps_of_the_wrong_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError, match=r"rows, columns, channels.*Received"):
        gram_matrix(np.zeros(shape, np.float32))


def test_an_unknown_divisor_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="one, positions, entries"):
        gram_matrix(np.ones((2, 2, 3), np.float32), "channels")  # type: ignore[arg-type]
