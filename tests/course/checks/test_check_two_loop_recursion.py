from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.optimizers.lbfgs import two_loop_recursion

right_recursion = check.two_loop_recursion.answer


def dot(one: Any, other: Any) -> Any:
    return np.sum(one * other)


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
    return right_recursion(gradient, pairs).tolist()


def by_applying_to_each_axis(gradient: Any, pairs: Any) -> Any:
    """Find the whole matrix, column by column, and then multiply."""
    columns = [
        right_recursion(one.reshape(gradient.shape), pairs).ravel() for one in np.eye(gradient.size)
    ]
    return (np.array(columns).T @ gradient.ravel()).reshape(gradient.shape)


def with_a_rounded_gradient(gradient: Any, pairs: Any) -> Any:
    return right_recursion(gradient.astype(np.float32), tuple(pairs))


def by_the_package_s_pairs(gradient: Any, pairs: Any) -> Any:
    return two_loop_recursion(gradient, deque(pairs, 10))


@pytest.mark.parametrize(
    "right",
    [
        right_recursion,
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


def test_the_loops_without_a_mistake_pass() -> None:
    assert check.two_loop_recursion(loops()).passed


def alphas_not_reversed(gradient: Any, pairs: Any) -> Any:
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


def removing_pairs(gradient: Any, pairs: Any) -> Any:
    answer = right_recursion(gradient, pairs)
    pairs.clear()
    return answer


def pairs_in_place(gradient: Any, pairs: Any) -> Any:
    answer = right_recursion(gradient, pairs)
    pairs[:] = [(2 * s, y) for s, y in pairs]
    return answer


def in_place(gradient: Any, pairs: Any) -> Any:
    gradient *= 1.5
    return right_recursion(gradient / 1.5, pairs)


def only_with_pairs(gradient: Any, pairs: Any) -> Any:
    pairs[-1]
    return right_recursion(gradient, pairs)


def along_the_newest_move_only(gradient: Any, pairs: Any) -> Any:
    s, y = pairs[-1] if pairs else (gradient, gradient)
    return s * dot(s, gradient) / dot(s, y)


def with_a_lopsided_part(gradient: Any, pairs: Any) -> Any:
    """Add something that is zero for the newest y: H·y = s holds, but H is not symmetric."""
    if not pairs:
        return gradient
    s, y = pairs[-1]
    across = s - dot(s, y) / dot(y, y) * y
    return right_recursion(gradient, pairs) + dot(across, gradient) * y


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda g, pairs: -right_recursion(g, pairs), "adds the minus"),
        (lambda g, pairs: -right_recursion(g, pairs) if pairs else g, "adds the minus"),
        (loops(scale=lambda _: 1.0), "not scaled"),
        (loops(scale=lambda p: dot(p[-1][0], p[-1][0]) / dot(*p[-1])), "s·s / s·y"),
        (loops(scale=lambda p: dot(p[-1][1], p[-1][1]) / dot(*p[-1])), "Its inverse is needed"),
        (loops(scale=lambda p: dot(*p[0]) / dot(p[0][1], p[0][1])), "oldest pair"),
        (lambda g, pairs: right_recursion(g, pairs[-1:]), "Only the newest"),
        (lambda g, pairs: right_recursion(g, pairs[::-1]), "wrong order"),
        (loops(first=list, second=reversed), "wrong order"),
        (lambda g, pairs: right_recursion(g, [(y, s) for s, y in pairs]), "exchanged"),
        (lambda g, pairs: g, "pairs do not count"),
        (loops(first=lambda _: [], second=lambda _: []), "only in the scale"),
        (loops(second=reversed), "has the order of the first"),
        (alphas_not_reversed, "another pair"),
        (loops(second=lambda _: []), "second loop is missing"),
        (loops(add=lambda alpha, beta: alpha + beta), "α + β"),
        (loops(add=lambda alpha, beta: beta - alpha), "with the wrong sign"),
        (loops(add=lambda alpha, beta: alpha), "β is left out"),
        (alphas_from_the_gradient, "take it from q"),
        (loops(rho=lambda s, y: 1.0), "not divided"),
        (loops(rho=dot), "multiplied by s·y"),
        (lambda g, pairs: 3 * right_recursion(g, pairs) if pairs else g, "H·y = s does not hold"),
        (
            lambda g, pairs: right_recursion(g, pairs) + 0.1 * g if pairs else g,
            "H·y = s does not hold",
        ),
        (along_the_newest_move_only, "Look at H₀"),
        (with_a_lopsided_part, "not symmetric"),
        (lambda g, pairs: 2 * g, "2 times"),
        (in_place, "changes the array"),
        (pairs_in_place, "changes the pairs"),
        (removing_pairs, "changes the pairs"),
        (only_with_pairs, "There were no pairs"),
        (
            lambda g, pairs: right_recursion(g.ravel(), [(s.ravel(), y.ravel()) for s, y in pairs]),
            "shape",
        ),
    ],
)
def test_wrong_recursions_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.two_loop_recursion(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_an_answer_accepts_the_optimizers_own_pairs() -> None:
    random = np.random.default_rng(0)
    moves = [random.standard_normal((2, 2, 3)) for _ in range(3)]
    pairs = deque(((move, 2 * move) for move in moves), 3)
    gradient = random.standard_normal((2, 2, 3))
    np.testing.assert_allclose(
        right_recursion(gradient, pairs), two_loop_recursion(gradient, pairs)
    )


def test_a_stub_is_not_written_yet() -> None:
    def stub(*_: Any) -> Any:
        raise NotImplementedError

    assert check.two_loop_recursion(stub).state == "not written yet"


def test_no_hint_contains_the_solution() -> None:
    lines = [
        line.split("#")[0].strip() for line in check.two_loop_recursion.source().splitlines()[1:]
    ]
    hints = " ".join(check.two_loop_recursion.hint().text for _ in range(4))
    assert not any(line in hints for line in lines if len(line) > 8)
    assert str(check.largest_rate.answer) not in hints
