"""Exercises of notebook 07: gradient descent, momentum and the two-loop recursion of L-BFGS."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.checks.answers import Array, as_array, as_number, call_answer, validate_written
from stylelab.course.checks.comparison import is_close, validate_all_close, validate_close
from stylelab.course.checks.exercise import WrongAnswerError, exercise
from stylelab.optimizers import lbfgs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Pair = tuple[Array, Array]

STEEPEST = 40.0
"""Curvature across the notebook's valley; along it, it is 1."""


@exercise(
    answer=2 / STEEPEST,
    hints="""
    - Look across the valley alone: the loss there is ½·40·y², and its derivative is 40·y. Write
      down where a step of rate η takes y.
    - Each step multiplies y by one and the same number, 1 − 40·η. When does y not shrink?
    - y shrinks while that number is between −1 and 1. As η grows, it leaves this range at the lower
      end.
    """,
)
def largest_rate(attempt: Any) -> str:
    """Smallest learning rate at which gradient descent does not converge in ½(x² + 40y²)."""
    validate_written(attempt)
    validate_close(
        as_number(attempt, "the learning rate"),
        2 / STEEPEST,
        {
            "This rate reaches the valley's floor in one step: the best one for y alone. It can be "
            "larger before y grows.": 1 / STEEPEST,
            "That would be so if the valley were curved by 1 everywhere. Across it, the curvature "
            "is 40.": 2.0,
            "This rate shrinks x and y equally fast, the best for the two together. It can still be "
            "larger before y grows.": 2 / (STEEPEST + 1),
            "This is the curvature, not the rate. The steeper the valley, the shorter the steps "
            "must be.": STEEPEST,
            "A step against the gradient has a positive rate: the minus is in the formula already.": -2
            / STEEPEST,
            "You take 20·y as the derivative across the valley. That of ½·40·y² is 40·y.": 4
            / STEEPEST,
            "That is upside down: the steeper the valley, the shorter the steps must be.": (
                STEEPEST / 2
            ),
        },
        "This rate is not exactly the limit between descending and climbing.",
        "the learning rate",
    )
    return "From this rate on, y changes its sign at every step and no longer shrinks."


def _my_momentum_rate(rate: float, momentum: float) -> float:
    return rate * (1 - momentum)


@exercise(
    answer=_my_momentum_rate,
    hints="""
    - On an even slope the gradient g is the same everywhere. Gradient descent moves by −η·g at each
      step. With momentum, write down v after one, two and three steps.
    - After many steps v no longer changes. Put the same v on both sides of v = μ·v − ε·g, where ε is
      the rate you look for, and solve for v.
    - The two travel equally fast if this v is −η·g. Solve for ε. Try it with μ = 0: there is no
      memory then, so what must come out?
    """,
)
def momentum_rate(attempt: Any) -> str:
    """Rate of gradient descent, momentum → rate of momentum that ends up equally fast on a slope."""
    cases = []
    for rate, momentum in ((0.4, 0.0), (0.03, 0.9), (2.0, 0.5), (0.7, 0.99)):
        given = as_number(call_answer(attempt, rate, momentum), "the rate with momentum")
        wrong = {
            "With the same rate, momentum ends up faster than gradient descent: it adds up what the "
            "earlier steps left.": rate,
            "That would be right if a step kept the share 1 − μ of the last one. It keeps μ.": (
                rate * momentum
            ),
            "That is upside down: momentum adds steps up, so each must be smaller.": rate
            / (1 - momentum),
            "The velocity does not alternate here: on an even slope each step adds to the last "
            "one.": rate / (1 + momentum),
            "That is the speed after one more step, not in the long run.": rate * (1 - momentum**2),
            "The share that is lost at each step counts once, not twice.": rate
            * (1 - momentum) ** 2,
            "The rate has a sign already in v = μ·v − ε·g; yours goes uphill.": -rate
            * (1 - momentum),
        }
        cases.append((given, rate * (1 - momentum), wrong))
    validate_all_close(
        cases,
        "On an even slope, momentum with this rate does not end up as fast as gradient descent.",
        "the rate with momentum",
    )
    return "In the long run both travel equally fast. With a momentum of 0 they are the same."


def _my_projected_step(picture: np.ndarray, gradient: np.ndarray, rate: float) -> np.ndarray:
    return np.clip(picture - rate * gradient, 0, 1)


@exercise(
    answer=_my_projected_step,
    hints="""
    - The gradient points to where the loss grows. Which sign goes the other way?
    - Multiply the gradient by the rate and subtract it from the picture, in a new array.
    - Finally, limit every value of the result to [0, 1]: np.clip(…, 0, 1).
    """,
)
def projected_step(attempt: Any) -> str:
    """Picture, gradient, rate → the picture one step downhill, inside [0, 1]."""
    random = np.random.default_rng(7)
    cases = []
    for shape, rate, step in (
        ((4, 3, 3), 20.0, 300.0),
        ((2, 5, 3), 0.01, 0.05),
        ((1, 5, 3), 2.5, 1.0),
        ((6,), 0.3, 0.3),
    ):
        picture = random.choice([0.0, 1.0, *random.random(6)], shape)
        gradient = random.standard_normal(shape) * step / rate
        given = as_array(call_answer(attempt, picture, gradient, rate), shape, "the next picture")
        right = np.clip(picture - rate * gradient, 0, 1)
        cases.append((given, right, _wrong_steps(picture, gradient, rate)))
    validate_all_close(
        cases,
        "Each value should be the old one minus rate × gradient, clipped to [0, 1].",
        "the next picture",
    )
    return "It goes downhill and never leaves [0, 1]."


def _wrong_steps(picture: Array, gradient: Array, rate: float) -> dict[str, Array]:
    free = picture - rate * gradient
    outside = {
        "The values leave [0, 1]: the picture that is saved would not be the one that was "
        "optimised.": free,
        "The values are clipped to 0 and 255. Pictures are between 0 and 1 here.": np.clip(
            free, 0, 255
        ),
        "Values below 0 are clipped, but those above 1 are not.": np.maximum(free, 0),
        "Values above 1 are clipped, but those below 0 are not.": np.minimum(free, 1),
        "The picture is rescaled to [0, 1]: that changes every value. Clip only those that are "
        "outside.": (free - free.min()) / (free.max() - free.min()),
        "Values above 1 start again at 0. Clip them at the bound instead.": free % 1.0,
        "Values beyond a bound are reflected back inside. Clip them at the bound.": (
            1 - np.abs(free % 2.0 - 1)
        ),
        "A value whose step would leave [0, 1] stays where it was. It should go as far as the "
        "bound.": np.where((free < 0) | (free > 1), picture, free),
    }
    size = np.abs(gradient)
    instead = {
        "It goes uphill: the gradient points to where the loss grows.": -gradient,
        "The rate does not count: every rate gives the same step.": gradient / rate,
        "The rate counts twice: it should be multiplied by the gradient once.": rate * gradient,
        "The gradient is divided by the rate. A larger rate should make a larger step.": (
            gradient / rate**2
        ),
        "The gradient's sign is lost: each value should go up or down by its own gradient.": np.abs(
            gradient
        ),
        "Only the gradient's sign counts, not how large it is at each value.": np.sign(gradient),
        "The gradient is divided by its size: "
        "near the minimum the steps would not get shorter.": gradient / np.linalg.norm(gradient),
        "The gradient is divided by its largest value: near the minimum the steps would not get "
        "shorter.": gradient / size.max(),
        "The gradient is divided by its mean size: near the minimum the steps would not get "
        "shorter.": gradient / size.mean(),
        "The gradient is clipped to [0, 1], so no value can grow. Clip the picture.": (
            np.clip(gradient, 0, 1)
        ),
        "The gradient is clipped to [−1, 1], so large gradients do not count. Clip the "
        "picture.": np.clip(gradient, -1, 1),
    }
    moved = {sentence: picture - rate * other for sentence, other in instead.items()}
    within = {sentence: np.clip(other, 0, 1) for sentence, other in moved.items()}
    both = {f"{sentence} And the values leave [0, 1].": other for sentence, other in moved.items()}
    return outside | within | both


def _my_two_loop_recursion(
    gradient: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    q = gradient
    alphas = []
    for s, y in reversed(pairs):  # newest first
        alpha = np.sum(s * q) / np.sum(s * y)
        q = q - alpha * y
        alphas.append(alpha)
    if pairs:
        s, y = pairs[-1]
        q = np.sum(s * y) / np.sum(y * y) * q
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):  # oldest first
        beta = np.sum(y * q) / np.sum(s * y)
        q = q + (alpha - beta) * s
    return q


@exercise(
    answer=_my_two_loop_recursion,
    package_function=lbfgs.two_loop_recursion,
    hints="""
    - Without pairs nothing is known yet: return the gradient itself. A dot product of two pictures
      is np.sum(a * b), for any shape.
    - First loop, newest pair first: α = s·q / s·y, then q becomes q − α·y. Store each α in a list.
      q starts as the gradient.
    - Between the loops: multiply q by s·y / y·y of the newest pair, pairs[-1].
    - Second loop, oldest pair first, each with its own α: β = y·q / s·y, then q becomes q + (α −
      β)·s. The αs were stored newest first, so they are needed in reverse.
    """,
)
def two_loop_recursion(attempt: Any) -> str:
    """Gradient g and pairs (s, y), oldest first → H·g as L-BFGS estimates it."""
    random = np.random.default_rng(74)
    cases = []
    for shape, count in (((3, 2, 3), 0), ((4,), 1), ((2, 2, 3), 2), ((5, 3), 4)):
        pairs = list(_pairs(random, shape, count))
        gradient = random.standard_normal(shape)
        given = _call_recursion(attempt, gradient, pairs)
        if pairs:
            mistakes = _wrong_directions(gradient, pairs)
            cases.append((given, _dense_direction(gradient, pairs), mistakes, pairs))
            continue
        validate_close(
            given,
            gradient,
            {"Without pairs you return −g. Return H·g; the caller adds the minus.": -gradient},
            "Without pairs nothing is known about the curvature: return the gradient itself.",
            "the answer without pairs",
        )
    wrong = [pairs for given, right, _, pairs in cases if not is_close(given, right)]
    if wrong:
        validate_all_close(
            [case[:3] for case in cases],
            _explain_missing_property(attempt, wrong[0]),
            "H·g with pairs",
        )
    return "It agrees with H as a dense matrix, and H·y = s holds for the newest pair."


def _pairs(random: np.random.Generator, shape: tuple[int, ...], count: int) -> Iterator[Pair]:
    """Yield steps on a convex quadratic and the changes of its gradient, so that s·y > 0."""
    size = int(np.prod(shape))
    root = random.standard_normal((size, size))
    curvature = root @ root.T / size + 3 * np.eye(size)
    for _ in range(count):
        move = random.standard_normal(size) * random.uniform(0.2, 3)
        yield move.reshape(shape), (curvature @ move).reshape(shape)


def _call_recursion(attempt: Any, gradient: Array, pairs: Sequence[Pair]) -> Array:
    """Call an answer on copies of the pairs, and validate that it does not change them."""
    copies = [(s.copy(), y.copy()) for s, y in pairs]
    try:
        answer = call_answer(attempt, gradient, copies)
    except WrongAnswerError as error:
        if not pairs and "stops with" in str(error):
            raise WrongAnswerError(
                f"{error}. There were no pairs: at the first step nothing is known yet."
            ) from error
        raise
    if len(copies) != len(pairs) or not all(
        np.array_equal(one, other)
        for pair, copied in zip(pairs, copies, strict=True)
        for one, other in zip(pair, copied, strict=True)
    ):
        raise WrongAnswerError(
            "Your function changes the pairs that it is given. They are needed again at the next step."
        )
    return as_array(answer, gradient.shape, "H·g")


def _dense_direction(gradient: Array, pairs: Sequence[Pair], first: float | None = None) -> Array:
    """Return H·g with H as a dense matrix, by BFGS updates (Nocedal and Wright 2006, formula 6.17)."""
    size = gradient.size
    if first is None:
        first = _dot(*pairs[-1]) / _dot(pairs[-1][1], pairs[-1][1]) if pairs else 1.0
    inverse = first * np.eye(size)
    for move, change in pairs:
        s, y = move.ravel(), change.ravel()
        keep = np.eye(size) - np.outer(y, s) / (s @ y)
        inverse = keep.T @ inverse @ keep + np.outer(s, s) / (s @ y)
    return (inverse @ gradient.ravel()).reshape(gradient.shape)


def _wrong_directions(gradient: Array, pairs: Sequence[Pair]) -> dict[str, Array]:
    oldest, (s, y), backwards = pairs[0], pairs[-1], pairs[::-1]
    scale = _dot(s, y) / _dot(y, y)
    order = (
        "The pairs are taken in the wrong order: the first loop begins with the newest, the last of "
        "the list, and the second loop with the oldest."
    )
    second = "The second loop has the order of the first; it should begin with the oldest pair."
    rho = (
        "The products are not divided by s·y (ρ = 1 / s·y), so the lengths of s and y matter twice."
    )
    dense, loops = partial(_dense_direction, gradient), partial(_loops, gradient, pairs, scale)
    return {
        "You return −H·g, the direction to go. Return H·g; the caller adds the minus.": (
            -dense(pairs)
        ),
        "H₀ is not scaled: between the loops, multiply by s·y / y·y of the newest pair.": dense(
            pairs, 1.0
        ),
        "H₀ is scaled by s·s / s·y. That is the other of two ways to estimate the curvature; use s·y / "
        "y·y here.": dense(pairs, _dot(s, s) / _dot(s, y)),
        "H₀ is scaled by y·y / s·y: that is the curvature. Its inverse is needed.": dense(
            pairs, 1 / scale
        ),
        "H₀ is scaled by the oldest pair; the newest one describes the curvature here.": dense(
            pairs, _dot(*oldest) / _dot(oldest[1], oldest[1])
        ),
        "Only the newest pair counts; the older ones are lost.": dense(pairs[-1:]),
        order: dense(backwards),
        f"{order} (H₀ is scaled correctly.)": dense(backwards, scale),
        "s and y are exchanged: s is how the picture changed, y how the gradient changed.": dense(
            [(y, s) for s, y in pairs]
        ),
        "The gradient is returned unchanged: the pairs do not count.": gradient,
        "The pairs count only in the scale of H₀.": scale * gradient,
        second: loops(pair_step=-1, alpha_step=1),
        f"{second} Each α is in that order already.": loops(pair_step=-1),
        "In the second loop each α is used with another pair: "
        "the αs were stored newest first.": loops(alpha_step=1),
        "The second loop is missing, or its result is lost.": loops(both=0.0),
        "In the second loop α + β is added; the difference α − β is needed.": loops(beta=-1.0),
        "In the second loop β − α is added, with the wrong sign: α − β is needed.": loops(
            both=-1.0
        ),
        "In the second loop β is left out.": loops(beta=0.0),
        "The first loop takes each α from the gradient; "
        "it should take it from q, which changes.": loops(fresh=False),
        rho: loops(rho=lambda _: 1.0),
        "The products are multiplied by s·y; they should be divided by it (ρ = 1 / s·y).": loops(
            rho=lambda product: product
        ),
    }


def _loops(
    gradient: Array,
    pairs: Sequence[Pair],
    scale: float,
    *,
    pair_step: int = 1,
    alpha_step: int = -1,
    beta: float = 1.0,
    both: float = 1.0,
    fresh: bool = True,
    rho: Callable[[float], float] = lambda product: 1 / product,
) -> Array:
    """Return H·g by the two loops, with one mistake.

    A step of −1 through pairs or alphas is newest first. `both` is the factor of α − β, `beta` that of
    β alone. If `fresh`, α comes from q, which changes, else from the gradient.
    """
    alphas: list[float] = []
    q: Array = gradient
    for s, y in reversed(pairs):
        alphas.append(rho(_dot(s, y)) * _dot(s, q if fresh else gradient))
        q = q - alphas[-1] * y
    r: Array = scale * q
    for (s, y), alpha in zip(pairs[::pair_step], alphas[::alpha_step], strict=True):
        r = r + both * (alpha - beta * rho(_dot(s, y)) * _dot(y, r)) * s
    return r


def _explain_missing_property(attempt: Any, pairs: Sequence[Pair]) -> str:
    """Return the sentence on the property of H that the answer lacks."""
    move, change = pairs[-1]
    if not is_close(_call_recursion(attempt, change, pairs), move):
        return (
            "H·y = s does not hold for the newest pair: with its y as the gradient, the "
            "result should be its s."
        )
    one, other = move + 1.0, change - move
    left = _dot(other, _call_recursion(attempt, one, pairs))
    if not np.isclose(left, _dot(one, _call_recursion(attempt, other, pairs))):
        return "H is not symmetric: a·(H·b) and b·(H·a) differ. Compare the two loops."
    return (
        "H·y = s holds for the newest pair, and H is symmetric, but the rest is not what the two "
        "loops give. Look at H₀ and at the older pairs."
    )


def _dot(one: Array, other: Array) -> float:
    return float(np.vdot(one, other))
