from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.optimizers.lbfgs import lbfgs, two_loop_recursion


def written_as_recursion(loss: Any, start: Any, steps: int, direction: Any) -> Any:
    """Another right answer: one step, then the rest."""

    def onwards(picture: Any, value: Any, gradient: Any, losses: Any, pairs: Any) -> Any:
        if len(losses) == steps + 1:
            return picture, losses
        ahead = direction(picture, gradient, pairs)
        for t in [0.5**k for k in range(20)]:
            new = np.minimum(np.maximum(picture + t * ahead, 0), 1)
            lower, slope = loss(new)
            if lower < value:
                pair = (new - picture, slope - gradient)
                good = (pair[0] * pair[1]).sum() > 0
                pairs = ([*pairs, pair] if good else pairs)[-10:]
                return onwards(new, lower, slope, [*losses, lower], pairs)
        return onwards(picture, value, gradient, losses, []) if pairs else (picture, losses)

    first = np.clip(start, 0.0, 1.0)
    value, gradient = loss(first)
    return onwards(first, value, gradient, [value], [])


def with_numpy_losses(loss: Any, start: Any, steps: int, direction: Any) -> Any:
    picture, losses = check.optimize.answer(loss, start, steps, direction)
    return [picture, np.array(losses)]


def variant(
    *replacements: tuple[str, str], of: check.Exercise = check.optimize
) -> Callable[..., Any]:
    """Make a wrong answer of the right one, by changing its source."""
    source = of.source()
    for old, new in replacements:
        assert old in source, old
        source = source.replace(old, new)
    names: dict[str, Any] = {"np": np}
    exec(source, names)  # noqa: S102 - our own lines
    answer: Callable[..., Any] = names[f"my_{of.name}"]
    return answer


def with_flags(loss: Any, start: Any, steps: int, direction: Any) -> Any:
    x = start.clip(0, 1)
    f, g = loss(x)
    losses, memory = [float(f)], deque[Any](maxlen=10)
    step = 0
    while step < steps:
        d, t, found = direction(x, g, list(memory)), 1.0, False
        for _ in range(20):
            x2 = (x + t * d).clip(0, 1)
            f2, g2 = loss(x2)
            if f2 < f:
                found = True
                break
            t = t / 2
        if found:
            if np.dot((x2 - x).ravel(), (g2 - g).ravel()) > 0:
                memory.append((x2 - x, g2 - g))
            x, f, g = x2, f2, g2
            losses.append(float(f))
            step += 1
        elif memory:
            memory.clear()
        else:
            break
    return x, tuple(losses)


def with_a_search_of_its_own(loss: Any, start: Any, steps: int, direction: Any) -> Any:
    def search(picture: Any, value: Any, way: Any) -> Any:
        for candidate in (np.clip(picture + way * 0.5**k, 0, 1) for k in range(20)):
            found = (candidate, *loss(candidate))
            if found[1] < value:
                return found
        return None

    picture = np.minimum(np.maximum(start, 0), 1)
    value, gradient = loss(picture)
    s_list: list[Any] = []
    y_list: list[Any] = []
    losses = [value]
    while len(losses) < steps + 1:
        way = direction(picture, gradient, list(zip(s_list, y_list, strict=True)))
        found = search(picture, value, way)
        if found is None:
            if not s_list:
                return picture, losses
            s_list, y_list = [], []
            continue
        s, y = found[0] - picture, found[2] - gradient
        if np.einsum("ijk,ijk", s, y) > 0:
            s_list, y_list = [*s_list, s], [*y_list, y]
            if len(s_list) > 10:
                s_list.pop(0)
                y_list.pop(0)
        picture, value, gradient = found
        losses.append(value)
    return picture, losses


@pytest.mark.parametrize(
    "right",
    [
        check.optimize.answer,
        written_as_recursion,
        with_numpy_losses,
        with_flags,
        with_a_search_of_its_own,
        variant(
            ("new_value < value", "new_value <= value"),
            ("new_value >= value", "new_value > value"),
        ),
        variant(
            ("np.clip(start, 0, 1)", "np.clip(start, 0, 1).astype(np.float32)"),
            ("candidate = np.clip(picture + ahead / 2**halvings, 0, 1)",
             "candidate = np.clip(picture + ahead / 2**halvings, 0, 1).astype(np.float32)"),
        ),
        variant(("np.vdot(s, y) > 0", "np.tensordot(s, y, s.ndim) > 1e-12")),
        variant(("np.vdot(s, y) > 0", "s.ravel().dot(y.ravel()) >= 1e-10")),
        variant(("pairs = [*pairs, (s, y)][-10:]", "pairs = (pairs + [[s, y]])[-10:]")),
        variant(("ahead / 2**halvings", "0.5**halvings * ahead")),
        variant(("ahead / 2**halvings", "np.ldexp(ahead, -halvings)")),
        variant(("losses.append(value)", "losses += [np.float32(value)]")),
        variant(("return picture, losses", "return picture.tolist(), losses")),
    ],
)  # fmt: skip
def test_right_loops_pass(right: Callable[..., Any]) -> None:
    verdict = check.optimize(right)
    assert verdict.passed, verdict


def clipped_only_at_the_end(loss: Any, start: Any, steps: int, direction: Any) -> Any:
    free = variant(
        ("np.clip(picture + ahead / 2**halvings, 0, 1)", "picture + ahead / 2**halvings")
    )
    picture, losses = free(loss, start, steps, direction)
    return np.clip(picture, 0, 1), losses


def keeps_half_steps(loss: Any, start: Any, steps: int, direction: Any) -> Any:
    """Halve t, and never bring it back to 1."""
    picture, t = np.clip(start, 0, 1), 1.0
    value, gradient = loss(picture)
    losses, pairs = [value], list[Any]()
    for _ in range(steps):
        ahead = direction(picture, gradient, pairs)
        while t > 1e-7:
            new = np.clip(picture + t * ahead, 0, 1)
            lower, slope = loss(new)
            if lower < value:
                break
            t /= 2
        pairs = [*pairs, (new - picture, slope - gradient)][-10:]
        picture, value, gradient = new, lower, slope
        losses.append(value)
    return picture, losses


def plain_descent(loss: Any, start: Any, steps: int, direction: Any) -> Any:  # noqa: ARG001
    picture = np.clip(start, 0, 1)
    value, gradient = loss(picture)
    losses = [value]
    for _ in range(steps):
        new = np.clip(picture - 0.01 * gradient, 0, 1)
        value, gradient = loss(new)
        picture = new
        losses.append(value)
    return picture, losses


CLIP = "np.clip(picture + ahead / 2**halvings, 0, 1)"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (variant((CLIP, "picture + ahead / 2**halvings")), "below 0 or above 1"),
        (clipped_only_at_the_end, "below 0 or above 1"),
        (variant(("np.clip(start, 0, 1)", "start")), "below 0 or above 1"),
        (variant(("np.clip(start, 0, 1)", "np.clip(start, 0.05, 0.6)")), "does not begin at"),
        (variant(("picture + ahead", "picture - ahead")), "subtracts the direction"),
        (variant(("losses = [value]", "losses = []")), "first entry"),
        (variant(("return picture, losses", "return np.clip(start, 0, 1), losses")), "last entry"),
        (variant(("return picture, losses", "return losses")), "Two things"),
        (variant(("return picture, losses", "pass")), "returns nothing"),
        (variant(("new_value < value", "True"), ("new_value >= value", "False")), "rises"),
        (variant(("if np.vdot(s, y) > 0:", "if True:")), "s·y ≤ 0"),
        (variant(("[*pairs, (s, y)][-10:]", "[*pairs, (s, y)]")), "stores 11 pairs"),
        (variant(("[*pairs, (s, y)][-10:]", "[*pairs, (s, y)][:10]")), "A pair is wrong"),
        (variant(("[*pairs, (s, y)][-10:]", "[(s, y), *pairs][:10]")), "newest first"),
        (variant(("[*pairs, (s, y)]", "[*pairs, (y, s)]")), "how the picture changed, then"),
        (variant(("[*pairs, (s, y)][-10:]", "[(s, y)]")), "should get 2 pairs"),
        (variant(("s, y = candidate - picture", "s, y = ahead")), "really changed"),
        (variant(("[*pairs, (s, y)][-10:]", "[]")), "no pairs after a step"),
        (variant(("/ 2**halvings", "/ 3**halvings")), "half as far"),
        (variant(("/ 2**halvings", "/ 2**(halvings + 1)")), "full step along"),
        (variant(("range(20)", "range(2)")), "gives up"),
        (variant(("if not pairs:", "if True:")), "delete the pairs"),
        (variant(("if not pairs:", "if False:")), "does not end"),
        (
            variant(("new_value, new_gradient = loss(candidate)",
                     "new_value, _ = loss(candidate); _, new_gradient = loss(candidate)")),
            "same picture twice",
        ),
        (variant(("direction(picture, gradient, pairs)", "-0.2 * gradient")), "never calls direction"),
        (variant(("s, y = candidate - picture", "s, y = ahead / 2**halvings")), "really changed"),
        (variant(("range(20)", "range(10)")), "gives up"),
        (variant(("range(20)", "range(19)")), "makes 19 tries"),
        (variant(("range(20)", "range(21)")), "makes 21 tries"),
        (variant(("range(20)", "range(60)")), "makes 60 tries"),
        (variant(("            pairs = []\n", "            pairs = pairs[1:]\n")), "all pairs should"),
        (variant(("            pairs = []\n", "            pairs = pairs[:-1]\n")), "all pairs should"),
        (variant(("            pairs = []\n", "            break\n")), "gives up"),
        (variant(("new_gradient - gradient", "gradient - new_gradient")), "no pairs after"),
        (variant(("[-10:]", "[-9:]")), "should get 10 pairs"),
        (variant(("len(losses) <= steps", "len(losses) < steps")), "should have 7 entries"),
        (keeps_half_steps, "full step along"),
        (plain_descent, "never calls direction"),
        (lambda loss, start, steps, direction: (start, [loss(start)[0]]), "below 0 or above 1|ends at"),
        (lambda loss, start, steps, direction: (start, [0.0]), "never evaluates"),
        (variant(("losses.append(value)", "losses.append(float(value) / 2)")), "not the loss of any"),
        (
            variant(("picture, value, gradient = candidate, new_value, new_gradient",
                     "picture, value = candidate, new_value")),
            "gradient that is not",
        ),
        (variant(("candidate - picture, ", "candidate - steps @ picture, ")), "stops with"),
    ],
)  # fmt: skip
def test_wrong_loops_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.optimize(wrong)
    assert verdict.state == "wrong", verdict
    assert any(part in verdict.message for part in reason.split("|")), verdict


def test_modifying_the_start_in_place_is_refused() -> None:
    wrong = variant(
        ("np.clip(start, 0, 1)", "start; np.clip(start, 0, 1, out=start); start *= 0.999"),
    )
    assert "changes the array" in check.optimize(wrong).message


def test_the_stub_is_not_written_yet() -> None:
    def stub(loss: Any, start: Any, steps: int, direction: Any) -> Any:
        raise NotImplementedError

    for nothing in (stub, None, lambda loss, start, steps, direction: None):
        assert check.optimize(nothing).state == "not written yet"


def test_the_loop_agrees_with_the_package_on_the_same_loss() -> None:
    random = np.random.default_rng(0)
    lowest = random.uniform(-0.3, 1.3, (3, 4, 3))
    stiffness = random.uniform(0.5, 20, lowest.shape)

    def loss(picture: Any) -> tuple[float, Any]:
        away = picture - lowest
        return float((stiffness * away**2).sum()), 2 * stiffness * away

    def direction(picture: Any, gradient: Any, pairs: Any) -> Any:
        held = ((picture <= 0) & (gradient > 0)) | ((picture >= 1) & (gradient < 0))
        ahead = -two_loop_recursion(gradient, pairs, free=1.0 - held)
        return ahead if pairs else ahead * 0.01 / np.abs(ahead).mean()

    picture, losses = check.optimize.answer(loss, np.full(lowest.shape, 0.5), 25, direction)
    ours = list(lbfgs(loss, start=np.full(lowest.shape, 0.5), steps=25, preconditioned=False))
    np.testing.assert_allclose(losses[:10], [step.loss for step in ours[:10]], rtol=1e-6)
    np.testing.assert_allclose(picture, np.clip(lowest, 0, 1), atol=1e-4)


def test_a_saved_loop_works_on_its_own(tmp_path: Path) -> None:
    source = check.optimize.source()
    (tmp_path / "my_functions.py").write_text(f"import numpy as np\n\n\n{source}\n", "utf-8")
    assert check.optimize(check.optimize.load(tmp_path)).passed
