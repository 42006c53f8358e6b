"""L-BFGS, projected onto the bounds."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from stylelab.optimizers.optimizer_run import OptimizerRun, _initial_step_scale
from stylelab.optimizers.preconditioner import multiscale_preconditioner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stylelab.optimizers.evaluation import Array, LossFunction
    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import PictureSource


def lbfgs(
    loss: LossFunction,
    *,
    start: PictureSource | Step,
    steps: int = 100,
    history: int = 10,
    preconditioned: bool = True,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Iterator[Step]:
    """Minimise a loss with L-BFGS (Liu and Nocedal 1989), inside the bounds.

    The direction comes from the two-loop recursion over the last `history` pairs s = x₊ − x and
    y = g₊ − g, on the free values: those that their gradient does not push against a bound. The step
    is projected, clip(x + t·d), with t = 1 halved only if the loss would rise; a pair is kept only if
    s·y > 0. So a step costs one evaluation, seldom two.

    Args:
        loss: a `Loss` or a function, as in `gradient_descent`.
        start: a picture, any array of floats, or an earlier step to continue from.
        steps: number of steps, including those that led to an earlier step.
        history: number of pairs kept; each takes twice the picture's memory.
        preconditioned: use an initial inverse Hessian that also moves whole neighbourhoods (see
            `multiscale_preconditioner`), for pictures (H, W, channels). It needs fewer steps for the
            same loss.
        bounds: lowest and highest value allowed.

    Yields:
        As `gradient_descent`; each loss is lower than the one before. Ends early if no step lowers it.

    Raises:
        DivergedError, PictureError, SettingsError: as `gradient_descent`.

    ```python
    loss = sl.content(photo) + 10 * sl.style(painting)
    *_, last = sl.lbfgs(loss, start=photo, steps=3)
    last.loss, last.terms["style"]
    ```
    """
    run = OptimizerRun("lbfgs", loss, bounds)
    step, is_new = run.first_step(start, steps, history=history)
    if is_new:
        yield step
    initial_inverse_hessian = (
        multiscale_preconditioner
        if preconditioned and step.image.ndim == 3  # noqa: PLR2004 - H, W, channels
        else _identity
    )
    pairs = _pairs_from_state(step.state, history)
    while step.iteration < steps:
        with run.timer():
            free = run.free(step.image, step.gradient)
            found = None
            if pairs:
                direction = -two_loop_recursion(
                    step.gradient, pairs, free=free, initial_inverse_hessian=initial_inverse_hessian
                )
                downhill = _dot(direction, step.gradient) < 0
                found = run.line_search(step, direction, scale=1.0) if downhill else None
            if found is None:  # nothing learned yet, or it no longer holds: the gradient alone
                pairs.clear()
                direction = -two_loop_recursion(
                    step.gradient, pairs, free=free, initial_inverse_hessian=initial_inverse_hessian
                )
                found = run.line_search(step, direction, scale=_initial_step_scale(direction))
            if found is None:
                return
            image, evaluation = found
            move, change = image - step.image, evaluation.gradient - step.gradient
            if _dot(move, change) > 0:
                pairs.append((move, change))
        step = run.make_step(step, image, evaluation, _state_from_pairs(pairs))
        yield step


def two_loop_recursion(
    gradient: Array,
    pairs: Iterable[tuple[Array, Array]],
    *,
    free: Array | None = None,
    initial_inverse_hessian: Callable[[Array], Array] | None = None,
) -> Array:
    """Multiply the gradient by L-BFGS's inverse Hessian (Nocedal and Wright 2006, algorithm 7.4).

    Args:
        gradient: g.
        pairs: (s, y), oldest first: changes of the picture and of the gradient, s·y > 0.
        free: mask of the free values: 1, or 0 for those that stay. All are free without it.
        initial_inverse_hessian: function that multiplies by the initial inverse Hessian P, which is
            scaled here by (s·y)/(y·Py) of the newest pair. The identity without it.

    Returns:
        H·g, zero where values stay. Its negative is the search direction.
    """
    mask = np.ones((), gradient.dtype) if free is None else free
    shape = initial_inverse_hessian or _identity
    # q and r are zero where the mask is, so their products with s and y need no mask of their own:
    # no second copy of the pairs is held, which of a large picture would be hundreds of megabytes.
    used = [(s, y, 1 / sy) for s, y in pairs if (sy := _dot(s * mask, y)) > 0]
    q = gradient * mask
    alphas = []
    for s, y, rho in reversed(used):
        alpha = rho * _dot(s, q)
        q = (q - q.dtype.type(alpha) * y) * mask
        alphas.append(alpha)
    r = shape(q) * mask
    if used:
        _, y, rho = used[-1]
        y = y * mask
        r *= r.dtype.type(1 / (rho * _dot(y, shape(y))))
    for (s, y, rho), alpha in zip(used, reversed(alphas), strict=True):
        beta = rho * _dot(y, r)
        r = (r + r.dtype.type(alpha - beta) * s) * mask
    return r


def _pairs_from_state(state: Mapping[str, Array], history: int) -> deque[tuple[Array, Array]]:
    count = len(state) // 2
    return deque(((state[f"move_{i}"], state[f"change_{i}"]) for i in range(count)), history)


def _state_from_pairs(pairs: Iterable[tuple[Array, Array]]) -> dict[str, Array]:
    return {
        f"{name}_{i}": array
        for i, pair in enumerate(pairs)
        for name, array in zip(("move", "change"), pair, strict=True)
    }


def _dot(one: Array, other: Array) -> float:
    return float(np.vdot(one, other))


def _identity(values: Array) -> Array:
    return values
