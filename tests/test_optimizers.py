import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from stylelab._tensorflow import import_keras, import_tensorflow
from stylelab.errors import CheckpointError, DivergedError, PictureError, SettingsError
from stylelab.images import Picture
from stylelab.losses import Evaluation, content, style
from stylelab.optimizers import (
    Step,
    adam,
    gradient_descent,
    lbfgs,
    load_step,
    save_step,
    spread,
    two_loop_recursion,
)

Array = NDArray[np.float64]
ALL: dict[str, Any] = {"gradient_descent": gradient_descent, "adam": adam, "lbfgs": lbfgs}
every_optimizer = pytest.mark.parametrize("optimize", ALL.values(), ids=ALL)


class Bowl:
    """½ (x−c)ᵀ A (x−c), badly conditioned, with a minimum outside the box at some values."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        size = int(np.prod(shape))
        basis = np.linalg.qr(random.standard_normal((size, size)))[0]
        self.matrix = basis @ np.diag(np.geomspace(1, 100, size)) @ basis.T
        self.centre = random.uniform(-0.5, 1.5, size)
        self.calls = 0

    def __call__(self, x: Array) -> tuple[float, Array]:
        self.calls += 1
        away = x.ravel() - self.centre
        return float(away @ self.matrix @ away / 2), (self.matrix @ away).reshape(x.shape)


def valley(x: Array) -> tuple[float, Array]:
    """Rosenbrock's, with its minimum at (1, 1)."""
    a, b = x
    slope = np.array([-400 * a * (b - a * a) - 2 * (1 - a), 200 * (b - a * a)])
    return float(100 * (b - a * a) ** 2 + (1 - a) ** 2), slope


def last(steps: Any) -> Step:
    *_, step = steps
    assert isinstance(step, Step)
    return step


def test_lbfgs_finds_the_minimum_in_the_box_that_scipy_finds() -> None:
    bowl = Bowl((4, 5, 3))
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
    for coarse in (True, False):
        ours = last(lbfgs(bowl, start=start, steps=400, coarse=coarse))
        assert ours.loss == pytest.approx(theirs.fun, rel=1e-6)
        np.testing.assert_allclose(ours.image.ravel(), theirs.x, atol=1e-4)
    assert ((theirs.x == 0) | (theirs.x == 1)).sum() > 10  # the box matters


def test_lbfgs_walks_down_the_valley() -> None:
    found = last(lbfgs(valley, start=np.array([-1.2, 1.0]), steps=200, bounds=(-2, 2)))
    np.testing.assert_allclose(found.image, [1, 1], atol=1e-5)


def test_lbfgs_ends_where_no_step_lowers_the_loss() -> None:
    bowl = Bowl((2, 2, 3))
    found = last(lbfgs(bowl, start=np.full((2, 2, 3), 0.5), steps=10_000))
    assert found.iteration < 1000


def test_lbfgs_goes_down_at_every_step_and_seldom_needs_a_second_evaluation() -> None:
    steps = list(lbfgs(Bowl((4, 5, 3)), start=np.full((4, 5, 3), 0.5), steps=60))
    losses = [step.loss for step in steps]
    assert all(after < before for before, after in itertools.pairwise(losses))
    assert steps[-1].evaluations < 1.5 * len(steps)


@given(st.integers(0, 1000))
def test_two_loops_multiply_by_the_inverse_hessian_of_bfgs(seed: int) -> None:
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


def test_two_loops_leave_alone_what_may_not_move(random: np.random.Generator) -> None:
    pairs = [(s, 2 * s) for s in random.standard_normal((3, 8))]
    free = np.array([1.0, 0, 1, 1, 0, 1, 1, 1])
    direction = two_loop_recursion(random.standard_normal(8), pairs, free=free)
    assert (direction[free == 0] == 0).all()
    assert (direction[free == 1] != 0).all()


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_spreading_is_symmetric_and_positive(height: int, width: int, seed: int) -> None:
    a, b = np.random.default_rng(seed).standard_normal((2, height, width, 1))
    assert np.vdot(spread(a), b) == pytest.approx(np.vdot(a, spread(b)), abs=1e-8)
    assert np.vdot(a, spread(a)) >= np.vdot(a, a) - 1e-9


def test_spreading_an_even_field_multiplies_it_by_sixteen() -> None:
    even = np.ones((160, 160, 3))
    np.testing.assert_allclose(spread(even)[64:96, 64:96], 1 + 1 + 2 + 4 + 8)


def test_spreading_leaves_no_edges_of_blocks() -> None:
    point = np.zeros((64, 64, 1))
    point[31, 31] = 1  # the last of a square of 16 pixels
    row = spread(point)[31, :, 0]
    row[31] -= 1
    # Means over squares would fall to nothing beyond its edge.
    assert (row[32:44] > 0.6 * row[31:43]).all()


def test_adam_is_keras_s_adam(random: np.random.Generator) -> None:
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


def test_gradient_descent_goes_against_the_gradient_and_stays_in_the_box() -> None:
    start = np.array([[[0.5, 0.1, 0.9]]])
    slope = np.array([[[1.0, 1.0, -1.0]]])
    step = last(gradient_descent(lambda _: (1.0, slope), start=start, steps=1, learning_rate=0.2))
    np.testing.assert_allclose(step.image, [[[0.3, 0.0, 1.0]]])


def test_without_a_rate_the_first_descent_moves_values_by_a_hundredth() -> None:
    bowl, start = Bowl((3, 3, 3)), np.full((3, 3, 3), 0.5)
    step = last(gradient_descent(bowl, start=start, steps=1))
    assert np.abs(step.image - start).mean() == pytest.approx(0.01)


@every_optimizer
def test_a_step_reports_the_loss_of_its_own_picture(optimize: Any) -> None:
    bowl = Bowl((3, 3, 3))
    for number, step in enumerate(optimize(bowl, start=np.full((3, 3, 3), 0.2), steps=7)):
        assert step.iteration == number
        assert step.evaluations == bowl.calls
        assert step.loss == pytest.approx(bowl(step.image)[0])
        bowl.calls -= 1


@every_optimizer
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999))
def test_every_picture_stays_between_the_bounds(optimize: Any, seed: int) -> None:
    start = np.random.default_rng(seed).uniform(-1, 2, (3, 4, 3))
    for step in optimize(Bowl((3, 4, 3), seed), start=start, steps=15):
        assert step.image.min() >= 0
        assert step.image.max() <= 1


@every_optimizer
def test_pictures_of_steps_cannot_be_changed_and_the_start_is_not(optimize: Any) -> None:
    start = np.full((3, 3, 3), 0.5)
    kept = start.copy()
    for step in optimize(Bowl((3, 3, 3)), start=start, steps=3):
        with pytest.raises(ValueError, match="read-only"):
            step.image[0] = 0
    np.testing.assert_array_equal(start, kept)
    start[0] = 1  # still the caller's own


@every_optimizer
def test_leaving_the_loop_stops(optimize: Any) -> None:
    bowl = Bowl((3, 3, 3))
    for step in optimize(bowl, start=np.full((3, 3, 3), 0.5), steps=1000):
        if step.iteration == 2:
            break
    assert bowl.calls < 10


@every_optimizer
def test_no_steps_give_the_start_alone(optimize: Any) -> None:
    (step,) = optimize(Bowl((3, 3, 3)), start=np.full((3, 3, 3), 0.5), steps=0)
    assert step.iteration == 0


@every_optimizer
@pytest.mark.parametrize("stop", [0, 1, 7, 20])
def test_a_saved_step_goes_on_bit_for_bit_as_if_never_stopped(
    optimize: Any, stop: int, tmp_path: Path
) -> None:
    start = np.full((4, 5, 3), 0.5, np.float32)
    bowl = Bowl((4, 5, 3))
    through = list(optimize(bowl, start=start, steps=30))
    save_step(tmp_path / "step.npz", through[stop])
    resumed = list(optimize(bowl, start=load_step(tmp_path / "step.npz"), steps=30))
    assert [step.iteration for step in resumed] == list(range(stop + 1, 31))
    for before, after in zip(through[stop + 1 :], resumed, strict=True):
        np.testing.assert_array_equal(before.image, after.image)
        assert (before.loss, before.evaluations) == (after.loss, after.evaluations)


@every_optimizer
def test_nonsense_at_the_start_is_refused(optimize: Any) -> None:
    loss = lambda x: (float("nan"), x)  # noqa: E731
    with pytest.raises(DivergedError, match=r"finite.*nan, at the start") as caught:
        last(optimize(loss, start=np.full((3, 3, 3), 0.5)))
    assert caught.value.step is None


@every_optimizer
@pytest.mark.parametrize("where", ["loss", "gradient"])
@pytest.mark.parametrize("nonsense", [np.nan, np.inf, -np.inf])
def test_nonsense_later_keeps_the_last_good_step_and_names_the_term(
    optimize: Any, where: str, nonsense: float
) -> None:
    bowl = Bowl((3, 3, 3))

    def breaks(x: Array) -> Evaluation:
        loss, gradient = bowl(x)
        broken = bowl.calls > 4
        if broken and where == "gradient":
            gradient[0, 0, 0] = nonsense
        value = nonsense if broken and where == "loss" else loss
        terms = {"content": 0.0, "style": value}
        return Evaluation(value, terms, gradient.astype(np.float32))

    good: list[Step] = []
    with pytest.raises(DivergedError, match="Likely cause") as caught:
        good.extend(optimize(breaks, start=np.full((3, 3, 3), 0.5), steps=50))
    assert caught.value.step is not None
    assert np.isfinite(caught.value.step.loss)
    assert np.isfinite(caught.value.step.image).all()
    assert ("term style" in str(caught.value)) == (where == "loss")


def test_lbfgs_steps_around_nonsense_that_a_shorter_step_avoids() -> None:
    def cliff(x: Array) -> tuple[float, Array]:
        return (float("nan"), x) if x.min() < 0.2 else (float(x.sum()), np.ones_like(x))

    found = last(lbfgs(cliff, start=np.full((2, 2, 3), 0.905), steps=75, coarse=False))
    assert 0.2 <= found.image.min() < 0.205
    assert found.evaluations > 76


@every_optimizer
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_start_with_nonsense_in_it_is_refused(optimize: Any, value: float) -> None:
    with pytest.raises(PictureError, match="finite"):
        last(optimize(Bowl((3, 3, 3)), start=np.full((3, 3, 3), value)))


def test_a_step_of_another_optimizer_is_refused_with_the_way_out() -> None:
    step = last(adam(Bowl((3, 3, 3)), start=np.full((3, 3, 3), 0.5), steps=2))
    with pytest.raises(SettingsError, match=r"step of adam.*step\.image"):
        last(lbfgs(Bowl((3, 3, 3)), start=step))


@pytest.mark.parametrize(
    "wrong", [{"steps": -1}, {"bounds": (1, 0)}, {"learning_rate": 0}, {"learning_rate": np.nan}]
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="Received"):
        last(adam(Bowl((3, 3, 3)), start=np.full((3, 3, 3), 0.5), **wrong))


@pytest.mark.parametrize("content_of_file", [b"", b"not a step", b"PK\x03\x04 half a zip"])
def test_a_damaged_step_is_refused(content_of_file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "step.npz"
    path.write_bytes(content_of_file)
    with pytest.raises(CheckpointError, match=r"step\.npz"):
        load_step(path)


def test_a_file_of_other_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", facts=np.array("{}"))
    with pytest.raises(CheckpointError, match=r"other\.npz"):
        load_step(tmp_path / "other.npz")


def test_on_the_real_loss_lbfgs_is_far_ahead_of_adam(photo: Picture, painting: Picture) -> None:
    loss = content(photo) + 30 * style(painting)
    scores = {
        name: last(optimize(loss, start=photo, steps=25)).loss for name, optimize in ALL.items()
    }
    assert scores["lbfgs"] < 0.75 * scores["adam"] < scores["gradient_descent"]
