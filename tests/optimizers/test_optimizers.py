import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objectives import ALL_OPTIMIZERS, Array, QuadraticBowl, last_step
from scipy.optimize import minimize

from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.network.tensorflow import import_keras, import_tensorflow
from stylelab.optimizers.adam import adam
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs, two_loop_recursion
from stylelab.optimizers.preconditioner import multiscale_preconditioner
from stylelab.pictures.images import Picture


def valley(x: Array) -> tuple[float, Array]:
    """Rosenbrock's, with its minimum at (1, 1)."""
    a, b = x
    slope = np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])
    return float(100 * (b - a * a) ** 2 + (1 - a) ** 2), slope


def test_lbfgs_finds_the_same_bounded_minimum_as_scipy() -> None:
    bowl = QuadraticBowl((4, 5, 3))
    start = np.full((4, 5, 3), 0.5)

    def flat(x: Array) -> tuple[float, Array]:
        loss, gradient = bowl(x.reshape(4, 5, 3))
        return loss, gradient.ravel()

    theirs = minimize(
        flat,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, 1)] * 60,
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    for preconditioned in (True, False):
        ours = last_step(lbfgs(bowl, start=start, steps=400, preconditioned=preconditioned))
        assert ours.loss == pytest.approx(theirs.fun, rel=1e-6)
        np.testing.assert_allclose(ours.image.ravel(), theirs.x, atol=1e-4)
    assert ((theirs.x == 0) | (theirs.x == 1)).sum() > 10  # the box matters


def test_lbfgs_follows_the_valley() -> None:
    found = last_step(lbfgs(valley, start=np.array([-1.2, 1.0]), steps=200, bounds=(-2, 2)))
    np.testing.assert_allclose(found.image, [1, 1], atol=1e-5)


def test_lbfgs_ends_where_no_step_lowers_the_loss() -> None:
    bowl = QuadraticBowl((2, 2, 3))
    found = last_step(lbfgs(bowl, start=np.full((2, 2, 3), 0.5), steps=10_000))
    assert found.iteration < 1000


def test_lbfgs_decreases_at_every_step_and_rarely_needs_a_second_evaluation() -> None:
    steps = list(lbfgs(QuadraticBowl((4, 5, 3)), start=np.full((4, 5, 3), 0.5), steps=60))
    losses = [step.loss for step in steps]
    assert all(after < before for before, after in itertools.pairwise(losses))
    assert steps[-1].evaluations < 1.5 * len(steps)


@given(st.integers(0, 1000))
def test_two_loop_recursion_multiplies_by_the_inverse_bfgs_hessian(seed: int) -> None:
    """The matrix itself, by Nocedal and Wright's eq. 7.16–7.17, is the oracle."""
    random = np.random.default_rng(seed)
    curvature = np.diag(random.uniform(0.5, 2, 6))
    pairs = [(s, curvature @ s) for s in random.standard_normal((4, 6))]
    s, y = pairs[-1]
    inverse = np.eye(6) * (s @ y) / (y @ y)
    for s, y in pairs:
        rho = 1 / (s @ y)
        left = np.eye(6) - rho * np.outer(s, y)
        inverse = left @ inverse @ left.T + rho * np.outer(s, s)
    gradient = random.standard_normal(6)
    np.testing.assert_allclose(two_loop_recursion(gradient, pairs), inverse @ gradient, atol=1e-8)


def test_two_loop_recursion_keeps_bound_values_fixed(random: np.random.Generator) -> None:
    pairs = [(s, 2 * s) for s in random.standard_normal((3, 8))]
    free = np.array([1.0, 0, 1, 1, 0, 1, 1, 1])
    direction = two_loop_recursion(random.standard_normal(8), pairs, free=free)
    assert (direction[free == 0] == 0).all()
    assert (direction[free == 1] != 0).all()


@given(st.integers(0, 1000))
def test_two_loop_recursion_ignores_bound_values(seed: int) -> None:
    random = np.random.default_rng(seed)
    root = random.standard_normal((8, 8))
    pairs = [(s, root.T @ root @ s) for s in random.standard_normal((3, 8))]
    gradient, free = random.standard_normal(8), np.array([1.0, 0, 1, 1, 0, 1, 1, 1])
    moves = free == 1
    fewer = [(s[moves], y[moves]) for s, y in pairs]
    np.testing.assert_allclose(
        two_loop_recursion(gradient, pairs, free=free)[moves],
        two_loop_recursion(gradient[moves], fewer),
        rtol=1e-8,
    )


def test_two_loop_recursion_does_not_copy_the_pairs(random: np.random.Generator) -> None:
    pairs = [(s, 2 * s) for s in random.standard_normal((10, 200, 200))]
    gradient = random.standard_normal((200, 200))
    tracemalloc.start()
    try:
        two_loop_recursion(gradient, pairs, free=np.ones_like(gradient))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 8 * gradient.nbytes


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_the_preconditioner_is_symmetric_and_positive(height: int, width: int, seed: int) -> None:
    a, b = np.random.default_rng(seed).standard_normal((2, height, width, 1))
    assert np.vdot(multiscale_preconditioner(a), b) == pytest.approx(
        np.vdot(a, multiscale_preconditioner(b)), abs=1e-8
    )
    assert np.vdot(a, multiscale_preconditioner(a)) >= np.vdot(a, a) - 1e-9


def test_the_preconditioner_multiplies_a_constant_field_by_16() -> None:
    even = np.ones((160, 160, 3))
    np.testing.assert_allclose(multiscale_preconditioner(even)[64:96, 64:96], 1 + 1 + 2 + 4 + 8)


def test_the_preconditioner_creates_no_block_edges() -> None:
    point = np.zeros((64, 64, 1))
    point[31, 31] = 1  # the last of a square of 16 pixels
    row = multiscale_preconditioner(point)[31, :, 0]
    row[31] -= 1
    # Means over squares would fall to nothing beyond its edge.
    assert (row[32:44] > 0.6 * row[31:43]).all()


def test_adam_matches_keras(random: np.random.Generator) -> None:
    keras, tf = import_keras(), import_tensorflow()
    goal = random.uniform(0.3, 0.7, (4, 4, 3)).astype(np.float32)
    start = np.full((4, 4, 3), 0.5, np.float32)
    theirs, variable = keras.optimizers.Adam(0.01, beta_1=0.8, epsilon=1e-8), tf.Variable(start)
    ours = adam(
        lambda x: (float(((x - goal) ** 2).sum()), 2 * (x - goal)),
        start=start,
        steps=5,
        learning_rate=0.01,
        beta_1=0.8,
    )
    next(ours)
    for step in ours:
        theirs.apply_gradients([(2 * (variable - goal), variable)])
        np.testing.assert_allclose(step.image, variable.numpy(), atol=1e-5)


def test_gradient_descent_follows_the_negative_gradient_within_bounds() -> None:
    start = np.array([[[0.5, 0.1, 0.9]]])
    slope = np.array([[[1.0, 1.0, -1.0]]])
    step = last_step(
        gradient_descent(lambda _: (1.0, slope), start=start, steps=1, learning_rate=0.2)
    )
    np.testing.assert_allclose(step.image, [[[0.3, 0.0, 1.0]]])


def test_without_a_rate_the_first_descent_step_averages_one_hundredth() -> None:
    bowl, start = QuadraticBowl((3, 3, 3)), np.full((3, 3, 3), 0.5)
    step = last_step(gradient_descent(bowl, start=start, steps=1))
    assert np.abs(step.image - start).mean() == pytest.approx(0.01)


def test_lbfgs_shortens_steps_to_avoid_non_finite_losses() -> None:
    def cliff(x: Array) -> tuple[float, Array]:
        return (float("nan"), x) if x.min() < 0.2 else (float(x.sum()), np.ones_like(x))

    found = last_step(lbfgs(cliff, start=np.full((2, 2, 3), 0.905), steps=75, preconditioned=False))
    assert 0.2 <= found.image.min() < 0.205
    assert found.evaluations > 76


def test_lbfgs_is_far_ahead_of_adam_on_the_real_loss(photo: Picture, painting: Picture) -> None:
    loss = content(photo) + 30 * style(painting)
    scores = {
        name: last_step(optimize(loss, start=photo, steps=25)).loss
        for name, optimize in ALL_OPTIMIZERS.items()
    }
    assert scores["lbfgs"] < 0.75 * scores["adam"] < scores["gradient_descent"]
