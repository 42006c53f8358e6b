from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import spsolve

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.total_variation import total_variation
from stylelab.losses.variational import low_pass, smoothing_loss, solve_smoothing
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.pictures.images import Picture

sides = st.integers(1, 9)
fidelities = st.floats(-3, 3).map(lambda power: 10**power)


def laplacian(side: int) -> Any:
    """∇ᵀ∇ along one axis, from differences written out one by one."""
    differences = np.zeros((side - 1, side))
    for row in range(side - 1):
        differences[row, row], differences[row, row + 1] = -1, 1
    return sparse.csr_matrix(differences.T @ differences)


def solved_as_a_linear_system(picture: NDArray[Any], fidelity: float) -> NDArray[np.float64]:
    height, width = picture.shape
    both = sparse.kron(laplacian(height), sparse.eye(width))
    both += sparse.kron(sparse.eye(height), laplacian(width))
    matrix = both + fidelity * sparse.eye(height * width)
    solution: NDArray[np.float64] = spsolve(matrix.tocsc(), fidelity * picture.ravel())
    return solution.reshape(picture.shape)


@given(height=sides, width=sides, fidelity=fidelities, seed=st.integers(0, 99))
def test_the_cosine_transform_solves_the_linear_system(
    height: int, width: int, fidelity: float, seed: int
) -> None:
    picture = np.random.default_rng(seed).random((height, width))
    expected = solved_as_a_linear_system(picture, fidelity)
    np.testing.assert_allclose(solve_smoothing(picture, fidelity), expected, atol=1e-8)


def test_channels_are_solved_independently(photo: Picture) -> None:
    whole = solve_smoothing(photo, 0.3)
    for channel in range(3):
        np.testing.assert_allclose(
            whole[..., channel], solve_smoothing(photo[..., channel], 0.3), atol=1e-12
        )


@pytest.mark.parametrize("fidelity", [0.01, 1, 100])
def test_the_solution_has_zero_gradient_and_the_lowest_loss(
    fidelity: float, photo: Picture, random: np.random.Generator
) -> None:
    loss = smoothing_loss(photo, fidelity)
    solution = solve_smoothing(photo, fidelity)
    value, gradient = loss(solution)
    assert np.abs(gradient).max() < 1e-12
    assert loss(solution + 0.01 * random.standard_normal(solution.shape))[0] > value


def test_the_loss_matches_its_formula(photo: Picture, random: np.random.Generator) -> None:
    candidate = random.random(photo.shape)
    value, _ = smoothing_loss(photo, 0.7)(candidate)
    variation = total_variation()(candidate.astype(np.float32)).loss * candidate.size
    assert value == pytest.approx(variation + 0.7 * ((candidate - photo) ** 2).sum(), rel=1e-5)


@pytest.mark.parametrize("shape", [(5, 4, 3), (1, 6, 3), (6, 1), (4, 4)])
def test_the_gradient_agrees_with_finite_differences(
    shape: tuple[int, ...], random: np.random.Generator
) -> None:
    target, candidate, direction = random.random((3, *shape))
    loss = smoothing_loss(target, 0.4)
    ahead, behind = (loss(candidate + h * direction)[0] for h in (1e-4, -1e-4))
    promised = np.vdot(loss(candidate)[1], direction)
    assert (ahead - behind) / 2e-4 == pytest.approx(promised, rel=1e-7)


@pytest.mark.parametrize("optimizer", [gradient_descent, lbfgs])
def test_descent_converges_to_the_exact_solution(optimizer: Any, photo: Picture) -> None:
    rate = {"learning_rate": 1 / 10} if optimizer is gradient_descent else {}
    start = photo.astype(np.float64)
    *_, step = optimizer(smoothing_loss(photo, 1), start=start, steps=150, **rate)
    np.testing.assert_allclose(step.image, solve_smoothing(photo, 1), atol=1e-6)


def test_values_stay_within_the_pictures_range_and_the_mean_is_kept(photo: Picture) -> None:
    smooth = solve_smoothing(photo, 0.05)
    assert photo.min() <= smooth.min() < smooth.max() <= photo.max()
    np.testing.assert_allclose(smooth.mean((0, 1)), photo.mean((0, 1)), atol=1e-6)


def test_a_larger_fidelity_stays_closer_to_the_picture(photo: Picture) -> None:
    away = [np.abs(solve_smoothing(photo, weight) - photo).mean() for weight in (0.01, 1, 100)]
    assert away[0] > away[1] > away[2]
    assert np.abs(solve_smoothing(photo, 1e9) - photo).max() < 1e-6


def test_low_frequencies_pass_and_high_ones_are_attenuated() -> None:
    passed = low_pass((6, 8), 0.5)
    assert passed.shape == (6, 8)
    assert passed[0, 0] == 1
    assert (np.diff(passed, axis=0) < 0).all()
    assert (np.diff(passed, axis=1) < 0).all()
    assert passed[0, 4] == pytest.approx(0.5 / (0.5 + 2))  # cos(π/2) = 0


def test_the_picture_is_not_modified(photo: Picture) -> None:
    before = photo.copy()
    solve_smoothing(photo, 0.1)
    smoothing_loss(photo, 0.1)(photo)
    np.testing.assert_array_equal(photo, before)


@pytest.mark.parametrize("fidelity", [0, -1, float("nan"), float("inf")])
def test_invalid_fidelities_are_refused(fidelity: float, photo: Picture) -> None:
    for function in (solve_smoothing, smoothing_loss):
        with pytest.raises(SettingsError, match="above 0"):
            function(photo, fidelity)


@pytest.mark.parametrize("shape", [(4,), (0, 3), (2, 2, 2, 2)])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureError, match=r"\(H, W\)"):
        solve_smoothing(np.zeros(shape), 1)


def test_non_finite_values_are_refused() -> None:
    with pytest.raises(PictureError, match="NaN or infinity"):
        solve_smoothing(np.full((4, 4), np.nan), 1)
