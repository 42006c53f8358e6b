from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.optimizers.lbfgs import two_loop_recursion

ours = check.two_loop_recursion.answer


def dot(one: Any, other: Any) -> Any:
    return np.sum(one * other)


# The learning rate from which on nothing comes down.


@pytest.mark.parametrize(
    "right",
    [
        0.05,
        2 / 40,
        1 / 20,
        np.float64(2) / 40,
        np.float32(0.05),
        np.array(0.05),
        np.array([0.05]),
        [0.05],
        Fraction(1, 20),
        Decimal("0.05"),
        2 / np.linalg.eigvalsh(np.diag([1.0, 40.0])).max(),
    ],
)
def test_the_right_rate_passes(right: Any) -> None:
    assert check.largest_rate(right).passed


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (1 / 40, "one step"),
        (2.0, "curved by 1"),
        (2 / 41, "equally fast"),
        (40, "curvature, not the rate"),
        (0.04, "not exactly the limit"),
        (0.0505, "not exactly the limit"),
        (-0.05, "positive rate"),
        (0.1, "You take 20·y"),
        (20, "upside down"),
        (0.15, "not exactly the limit"),
        ("fast", "One number"),
        ("0.05", "One number"),
        ([0.05, 0.05], "One number"),
        (np.nan, "finite"),
    ],
)
def test_wrong_rates_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    verdict = check.largest_rate(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message
    assert "times" not in verdict.message


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


def step_with_loops(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = [
        min(max(x - rate * g, 0.0), 1.0) for x, g in zip(picture.flat, gradient.flat, strict=True)
    ]
    return np.array(moved).reshape(picture.shape)


def step_in_its_own_copy(picture: Any, gradient: Any, rate: Any) -> Any:
    new = picture.copy()
    new -= rate * gradient
    return np.clip(new, 0, 1, out=new)


def step_with_a_median(picture: Any, gradient: Any, rate: Any) -> Any:
    moved = picture - rate * gradient
    return np.median([np.zeros_like(moved), moved, np.ones_like(moved)], axis=0)


def step_with_single_precision(picture: Any, gradient: Any, rate: Any) -> Any:
    return np.clip(picture.astype(np.float32) - np.float32(rate) * gradient, 0, 1)


@pytest.mark.parametrize(
    "right",
    [
        check.projected_step.answer,
        step_with_minimum_and_maximum,
        step_with_masks,
        step_with_loops,
        step_in_its_own_copy,
        step_with_a_median,
        step_with_single_precision,
        lambda x, g, r: (x - r * g).clip(0.0, 1.0),
        lambda x, g, r: np.clip(np.subtract(x, np.multiply(g, r)), 0, 1).tolist(),
        lambda x, g, r: np.where(x - r * g > 1, 1, np.where(x - r * g < 0, 0, x - r * g)),
        lambda x, g, r: x + np.clip(-r * g, -x, 1 - x),
        lambda picture, gradient, rate: np.clip(picture + rate * -gradient, a_min=0, a_max=1),
    ],
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
        (lambda x, g, r: np.clip(x - r**2 * g, 0, 1), "rate counts twice"),
        (
            lambda x, g, r: x - r**2 * g,
            "rate counts twice: it should be multiplied by the gradient once. And the values leave",
        ),
        (lambda x, g, r: np.clip(x - g / r, 0, 1), "divided by the rate"),
        (lambda x, g, r: np.clip(x - r * np.abs(g), 0, 1), "sign is lost"),
        (lambda x, g, r: 1 - np.abs((x - r * g) % 2 - 1), "reflected"),
        (
            lambda x, g, r: np.where(np.abs(x - r * g - 0.5) > 0.5, x, x - r * g),
            "stays where it was",
        ),
        (lambda x, g, r: np.clip(x - 0.1 * g, 0, 1), "old one minus"),
        (lambda x, g, r: np.clip(x - r * g, 0, 1) * 2, "old one minus"),
        (lambda x, g, r: np.clip(x - r * g / np.linalg.norm(g), 0, 1), "divided by its size"),
        (lambda x, g, r: np.clip(x - r * g / np.abs(g).max(), 0, 1), "largest value"),
        (lambda x, g, r: np.clip(x - r * g / np.abs(g).mean(), 0, 1), "mean size"),
        (lambda x, g, r: x - r * np.clip(g, 0, 1), "gradient is clipped to [0, 1]"),
        (
            lambda x, g, r: np.clip(x - r * np.clip(g, -1, 1), 0, 1),
            "gradient is clipped to [−1, 1]",
        ),
        (step_stretched, "rescaled"),
        (lambda x, g, r: (x - r * g) % 1.0, "start again at 0"),
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


def with_flat_vectors(gradient: Any, pairs: Any) -> Any:
    flat = [(np.ravel(s), np.ravel(y)) for s, y in pairs]
    q = gradient.ravel().copy()
    kept: list[Any] = []
    for s, y in flat[::-1]:
        alpha = s @ q / (y @ s)
        q -= alpha * y
        kept.insert(0, alpha)
    if flat:
        q *= (s := flat[-1][0]) @ (y := flat[-1][1]) / (y @ y)
    for (s, y), alpha in zip(flat, kept, strict=True):
        q += s * (alpha - y @ q / (y @ s))
    return q.reshape(gradient.shape)


def with_rhos_and_indices(gradient: Any, pairs: Any) -> Any:
    count = len(pairs)
    rhos = [1 / np.vdot(s, y) for s, y in pairs]
    alphas, q = np.zeros(count), gradient + 0
    for i in range(count - 1, -1, -1):
        alphas[i] = rhos[i] * np.vdot(pairs[i][0], q)
        q = q - alphas[i] * pairs[i][1]
    if count == 0:
        return q
    s, y = pairs[count - 1]
    r = np.tensordot(s, y, s.ndim) / np.linalg.norm(y) ** 2 * q
    for i in range(count):
        r = r + s_of(pairs, i) * (alphas[i] - rhos[i] * np.einsum("i,i", *flat_of(pairs, i, r)))
    return r


def s_of(pairs: Any, i: int) -> Any:
    return pairs[i][0]


def flat_of(pairs: Any, i: int, r: Any) -> Any:
    return pairs[i][1].ravel(), r.ravel()


def with_popping(gradient: Any, pairs: Any) -> Any:
    rest, q, undo = list(pairs), gradient, []
    while rest:
        s, y = rest.pop()
        alpha = (s * q).sum() / (s * y).sum()
        q = q - alpha * y
        undo.append((s, y, alpha))
    if undo:
        q = (undo[0][0] * undo[0][1]).sum() / (undo[0][1] ** 2).sum() * q
    while undo:
        s, y, alpha = undo.pop()
        q = q + (alpha - (y * q).sum() / (s * y).sum()) * s
    return q


def as_nested_lists(gradient: Any, pairs: Any) -> Any:
    return ours(gradient, pairs).tolist()


def by_applying_to_each_axis(gradient: Any, pairs: Any) -> Any:
    """Find the whole matrix, column by column, and then multiply."""
    columns = [ours(one.reshape(gradient.shape), pairs).ravel() for one in np.eye(gradient.size)]
    return (np.array(columns).T @ gradient.ravel()).reshape(gradient.shape)


def with_a_rounded_gradient(gradient: Any, pairs: Any) -> Any:
    return ours(gradient.astype(np.float32), tuple(pairs))


def by_the_package_s_pairs(gradient: Any, pairs: Any) -> Any:
    return two_loop_recursion(gradient, deque(pairs, 10))


@pytest.mark.parametrize(
    "right",
    [
        ours,
        two_loop_recursion,
        built_as_a_matrix,
        recursive,
        with_flat_vectors,
        with_rhos_and_indices,
        with_popping,
        as_nested_lists,
        by_applying_to_each_axis,
        with_a_rounded_gradient,
        by_the_package_s_pairs,
    ],
)
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
        (lambda g, pairs: -ours(g, pairs), "adds the minus"),
        (lambda g, pairs: -ours(g, pairs) if pairs else g, "adds the minus"),
        (loops(scale=lambda _: 1.0), "not scaled"),
        (loops(scale=lambda p: dot(p[-1][0], p[-1][0]) / dot(*p[-1])), "s·s / s·y"),
        (loops(scale=lambda p: dot(p[-1][1], p[-1][1]) / dot(*p[-1])), "Its inverse is needed"),
        (loops(scale=lambda p: dot(*p[0]) / dot(p[0][1], p[0][1])), "oldest pair"),
        (lambda g, pairs: ours(g, pairs[-1:]), "Only the newest"),
        (lambda g, pairs: ours(g, pairs[::-1]), "wrong order"),
        (loops(first=list, second=reversed), "wrong order"),
        (lambda g, pairs: ours(g, [(y, s) for s, y in pairs]), "exchanged"),
        (lambda g, pairs: g, "pairs do not count"),
        (loops(first=lambda _: [], second=lambda _: []), "only in the scale"),
        (loops(second=reversed), "has the order of the first"),
        (alphas_not_turned, "another pair"),
        (loops(second=lambda _: []), "second loop is missing"),
        (loops(add=lambda alpha, beta: alpha + beta), "α + β"),
        (loops(add=lambda alpha, beta: beta - alpha), "with the wrong sign"),
        (loops(add=lambda alpha, beta: alpha), "β is left out"),
        (alphas_from_the_gradient, "take it from q"),
        (loops(rho=lambda s, y: 1.0), "not divided"),
        (loops(rho=dot), "multiplied by s·y"),
        (lambda g, pairs: 3 * ours(g, pairs) if pairs else g, "H·y = s does not hold"),
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
