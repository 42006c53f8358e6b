from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab import checks as check
from stylelab.optimizers import two_loop_recursion

ours = check.two_loop_recursion.answer


def dot(one: Any, other: Any) -> Any:
    return np.sum(one * other)


# The learning rate from which on nothing comes down.


def test_the_right_rate_passes() -> None:
    assert check.largest_rate(0.05).passed
    assert check.largest_rate(np.float64(2) / 40).passed


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (1 / 40, "one step"),
        (2.0, "curved by 1"),
        (2 / 41, "one pace"),
        (40, "curvature, not the rate"),
        (0.04, "does not stand exactly"),
        (-0.05, "sign"),
        (0.1, "2 times"),
        ("fast", "One number"),
        (np.nan, "finite"),
    ],
)
def test_wrong_rates_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.largest_rate(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_the_answer_is_where_a_walk_stops_coming_down() -> None:
    for factor, comes_down in ((0.99, True), (1.01, False)):
        y = 1.0
        for _ in range(1000):
            y -= factor * check.largest_rate.answer * 40 * y
        assert (abs(y) < 1) == comes_down


# A projected step.


def step_with_minimum_and_maximum(picture: Any, gradient: Any, rate: Any) -> Any:
    return np.minimum(np.maximum(picture - rate * gradient, 0.0), 1.0)


def step_with_masks(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = picture - rate * gradient
    moved[moved < 0] = 0
    moved[moved > 1] = 1
    return moved


@pytest.mark.parametrize(
    "right", [check.projected_step.answer, step_with_minimum_and_maximum, step_with_masks]
)
def test_right_steps_pass(right: Callable[..., Any]) -> None:
    verdict = check.projected_step(right)
    assert verdict.passed, verdict


def step_in_place(picture: Any, gradient: Any, rate: Any) -> Any:
    picture -= rate * gradient
    return np.clip(picture, 0, 1)


def step_stretched(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = picture - rate * gradient
    return (moved - moved.min()) / (moved.max() - moved.min())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda x, g, r: x - r * g, "leave [0, 1]"),
        (lambda x, g, r: np.clip(x, 0, 1) - r * g, "leave [0, 1]"),
        (lambda x, g, r: np.clip(x + r * g, 0, 1), "uphill"),
        (lambda x, g, r: x + r * g, "uphill"),
        (lambda x, g, r: np.clip(x - r * g, 0, 255), "255"),
        (lambda x, g, r: np.maximum(x - r * g, 0), "above 1 are not"),
        (lambda x, g, r: np.minimum(x - r * g, 1), "below 0 are not"),
        (lambda x, g, r: np.clip(x - g, 0, 1), "rate does not count"),
        (lambda x, g, r: np.clip(x - r * np.sign(g), 0, 1), "sign counts"),
        (lambda x, g, r: x - r * np.sign(g), "sign counts"),
        (lambda x, g, r: np.clip(x - r * g / np.linalg.norm(g), 0, 1), "divided by its size"),
        (lambda x, g, r: np.clip(x - r * g / np.abs(g).max(), 0, 1), "largest value"),
        (lambda x, g, r: np.clip(x - r * g / np.abs(g).mean(), 0, 1), "mean size"),
        (lambda x, g, r: x - r * np.clip(g, 0, 1), "cut off between 0 and 1"),
        (lambda x, g, r: np.clip(x - r * np.clip(g, -1, 1), 0, 1), "cut off between −1 and 1"),
        (step_stretched, "stretched"),
        (lambda x, g, r: (x - r * g) % 1.0, "come in again"),
        (step_in_place, "changes the array"),
        (lambda x, g, r: x, "old one minus"),
        (lambda x, g, r: float(x.mean()), "shape"),
        (lambda x, g: x, "stops with TypeError"),
    ],
)
def test_wrong_steps_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.projected_step(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


# The two-loop recursion.


def built_as_a_matrix(gradient: Any, pairs: Any) -> Any:
    """Do the whole BFGS update, as in the papers; no loop over q at all."""
    identity = np.eye(gradient.size)
    inverse = identity * (dot(*pairs[-1]) / dot(pairs[-1][1], pairs[-1][1]) if pairs else 1)
    for s, y in ((s.reshape(-1, 1), y.reshape(-1, 1)) for s, y in pairs):
        rho = 1 / (s.T @ y)
        left = identity - rho * s @ y.T
        inverse = left @ inverse @ left.T + rho * s @ s.T
    return (inverse @ gradient.ravel()).reshape(gradient.shape)


def recursive(gradient: Any, pairs: Any, scale: Any = None) -> Any:
    """Peel off the newest pair; the rest treats what is left in the same way."""
    if scale is None:
        scale = dot(*pairs[-1]) / dot(pairs[-1][1], pairs[-1][1]) if pairs else 1.0
    if not pairs:
        return scale * gradient
    s, y = pairs[-1]
    alpha = dot(s, gradient) / dot(s, y)
    r = recursive(gradient - alpha * y, pairs[:-1], scale)
    return r + (alpha - dot(y, r) / dot(s, y)) * s


@pytest.mark.parametrize("right", [ours, two_loop_recursion, built_as_a_matrix, recursive])
def test_right_recursions_pass(right: Callable[..., Any]) -> None:
    verdict = check.two_loop_recursion(right)
    assert verdict.passed, verdict


def loops(
    first: Callable[..., Any] = reversed,
    second: Callable[..., Any] = list,
    rho: Callable[..., Any] = lambda s, y: 1 / dot(s, y),
    scale: Callable[..., Any] = lambda pairs: dot(*pairs[-1]) / dot(pairs[-1][1], pairs[-1][1]),
    add: Callable[..., Any] = lambda alpha, beta: alpha - beta,
) -> Callable[..., Any]:
    """Write the recursion with one line of the reader's choice changed."""

    def written(gradient: Any, pairs: Any) -> Any:
        q, alphas = gradient, {}
        for i in first(range(len(pairs))):
            s, y = pairs[i]
            alphas[i] = rho(s, y) * dot(s, q)
            q = q - alphas[i] * y
        q = q * (scale(pairs) if pairs else 1)
        for i in second(range(len(pairs))):
            s, y = pairs[i]
            q = q + add(alphas[i], rho(s, y) * dot(y, q)) * s
        return q

    return written


def test_the_writer_of_wrong_recursions_writes_right_ones_too() -> None:
    assert check.two_loop_recursion(loops()).passed


def alphas_not_turned(gradient: Any, pairs: Any) -> Any:
    q, alphas = gradient, []
    for s, y in reversed(pairs):
        alphas.append(dot(s, q) / dot(s, y))
        q = q - alphas[-1] * y
    q = q * (dot(*pairs[-1]) / dot(pairs[-1][1], pairs[-1][1]) if pairs else 1)
    for (s, y), alpha in zip(pairs, alphas, strict=True):
        q = q + (alpha - dot(y, q) / dot(s, y)) * s
    return q


def alphas_from_the_gradient(gradient: Any, pairs: Any) -> Any:
    q = gradient
    for s, y in reversed(pairs):
        q = q - dot(s, gradient) / dot(s, y) * y
    q = q * (dot(*pairs[-1]) / dot(pairs[-1][1], pairs[-1][1]) if pairs else 1)
    for s, y in pairs:
        q = q + (dot(s, gradient) - dot(y, q)) / dot(s, y) * s
    return q


def forgetting_pairs(gradient: Any, pairs: Any) -> Any:
    answer = ours(gradient, pairs)
    pairs.clear()
    return answer


def pairs_in_place(gradient: Any, pairs: Any) -> Any:
    answer = ours(gradient, pairs)
    pairs[:] = [(2 * s, y) for s, y in pairs]
    return answer


def in_place(gradient: Any, pairs: Any) -> Any:
    gradient *= 1.5
    return ours(gradient / 1.5, pairs)


def only_with_pairs(gradient: Any, pairs: Any) -> Any:
    pairs[-1]
    return ours(gradient, pairs)


def along_the_newest_move_only(gradient: Any, pairs: Any) -> Any:
    s, y = pairs[-1] if pairs else (gradient, gradient)
    return s * dot(s, gradient) / dot(s, y)


def with_a_lopsided_part(gradient: Any, pairs: Any) -> Any:
    """Add something that is zero for the newest y: H·y = s holds, but H is not symmetric."""
    if not pairs:
        return gradient
    s, y = pairs[-1]
    across = s - dot(s, y) / dot(y, y) * y
    return ours(gradient, pairs) + dot(across, gradient) * y


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda g, pairs: -ours(g, pairs), "puts the minus"),
        (lambda g, pairs: -ours(g, pairs) if pairs else g, "puts the minus"),
        (loops(scale=lambda _: 1.0), "not scaled"),
        (loops(scale=lambda p: dot(p[-1][0], p[-1][0]) / dot(*p[-1])), "s·s / s·y"),
        (loops(scale=lambda p: dot(p[-1][1], p[-1][1]) / dot(*p[-1])), "Its inverse is needed"),
        (loops(scale=lambda p: dot(*p[0]) / dot(p[0][1], p[0][1])), "oldest pair"),
        (lambda g, pairs: ours(g, pairs[-1:]), "Only the newest"),
        (lambda g, pairs: ours(g, pairs[::-1]), "wrong order"),
        (loops(first=list, second=reversed), "wrong order"),
        (lambda g, pairs: ours(g, [(y, s) for s, y in pairs]), "exchanged"),
        (lambda g, pairs: g, "pairs do not count"),
        (loops(first=lambda _: [], second=lambda _: []), "beyond the scale"),
        (loops(second=reversed), "same way as the first"),
        (alphas_not_turned, "another pair"),
        (loops(second=lambda _: []), "second loop is missing"),
        (loops(add=lambda alpha, beta: alpha + beta), "α + β"),
        (loops(add=lambda alpha, beta: beta - alpha), "wrong way round"),
        (loops(add=lambda alpha, beta: alpha), "β is left out"),
        (alphas_from_the_gradient, "take it from q"),
        (loops(rho=lambda s, y: 1.0), "not divided"),
        (loops(rho=dot), "multiplied by s·y"),
        (lambda g, pairs: 3 * ours(g, pairs) if pairs else g, "3 times"),
        (lambda g, pairs: ours(g, pairs) + 0.1 * g if pairs else g, "H·y = s does not hold"),
        (along_the_newest_move_only, "Look at H₀"),
        (with_a_lopsided_part, "not symmetric"),
        (lambda g, pairs: 2 * g, "2 times"),
        (in_place, "changes the array"),
        (pairs_in_place, "changes the pairs"),
        (forgetting_pairs, "changes the pairs"),
        (only_with_pairs, "There were no pairs"),
        (lambda g, pairs: ours(g.ravel(), [(s.ravel(), y.ravel()) for s, y in pairs]), "shape"),
    ],
)
def test_wrong_recursions_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.two_loop_recursion(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_an_answer_takes_the_optimizer_s_own_memory_of_pairs() -> None:
    random = np.random.default_rng(0)
    moves = [random.standard_normal((2, 2, 3)) for _ in range(3)]
    pairs = deque(((move, 2 * move) for move in moves), 3)
    gradient = random.standard_normal((2, 2, 3))
    np.testing.assert_allclose(ours(gradient, pairs), two_loop_recursion(gradient, pairs))


# What holds for all of them.

ALL = (check.largest_rate, check.projected_step, check.two_loop_recursion)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_a_stub_is_not_written_yet(exercise: check.Exercise) -> None:
    def stub(*_: Any) -> Any:
        raise NotImplementedError

    given = None if exercise is check.largest_rate else stub
    assert exercise(given).state == "not written yet"


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_no_hint_is_the_solution(exercise: check.Exercise) -> None:
    lines = [line.split("#")[0].strip() for line in exercise.source().splitlines()[1:]]
    said = " ".join(exercise.hint().text for _ in range(4))
    assert not any(line in said for line in lines if len(line) > 8)
    assert str(check.largest_rate.answer) not in said
