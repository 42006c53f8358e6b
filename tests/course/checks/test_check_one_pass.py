from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.network.tensorflow import import_tensorflow, run_eagerly
from stylelab.painting.normalization import instance_normalization
from stylelab.painting.painting_network import PaintingNetwork

LEARNED_ONCE = check.learned_once.answer


def with_loops(maps: Any, scale: Any, shift: Any) -> Any:
    result = np.empty_like(maps)
    for channel in range(maps.shape[-1]):
        one = maps[..., channel]
        result[..., channel] = (one - one.mean()) / (one.var() + 1e-5) ** 0.5
        result[..., channel] = scale[channel] * result[..., channel] + shift[channel]
    return result


def with_a_smaller_epsilon(maps: Any, scale: Any, shift: Any) -> Any:
    return scale * (maps - maps.mean((0, 1))) / (maps.std((0, 1)) + 1e-8) + shift


@run_eagerly
def with_tensorflow(maps: Any, scale: Any, shift: Any) -> Any:
    tensorflow = import_tensorflow()
    mean, variance = tensorflow.nn.moments(maps, (0, 1))
    return tensorflow.nn.batch_normalization(maps, mean, variance, shift, scale, 1e-5).numpy()


@pytest.mark.parametrize(
    "right",
    [
        check.instance_normalization.answer,
        instance_normalization,
        with_loops,
        with_a_smaller_epsilon,
        with_tensorflow,
    ],
)
def test_right_normalisations_pass(right: Callable[..., Any]) -> None:
    verdict = check.instance_normalization(right)
    assert verdict.passed, verdict


def centred(x: Any, axis: Any = (0, 1)) -> Any:
    return x - x.mean(axis=axis, keepdims=True)


def normal(x: Any, axis: Any = (0, 1), ddof: int = 0) -> Any:
    return centred(x, axis) / np.sqrt(x.var(axis=axis, keepdims=True, ddof=ddof) + 1e-5)


def without_epsilon(x: Any, g: Any, b: Any) -> Any:
    return g * centred(x) / x.std((0, 1)) + b


def zero_where_flat(x: Any, g: Any, b: Any) -> Any:
    return np.where(x.std((0, 1)) > 0, g * normal(x) + b, 0)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda x, g, b: g * normal(x, None) + b, "all channels together"),
        (lambda x, g, b: g * normal(x, -1) + b, "at each position"),
        (lambda x, g, b: g * normal(x, 0) + b, "over the rows alone"),
        (lambda x, g, b: g * normal(x, 1) + b, "over the columns alone"),
        (lambda x, g, b: g * centred(x) / x.var((0, 1)) + b, "divide by the variance"),
        (lambda x, g, b: g * centred(x) + b, "nothing is divided"),
        (lambda x, g, b: g * x / x.std((0, 1)) + b, "the mean is still there"),
        (lambda x, g, b: g * (x / x.std((0, 1)) - x.mean((0, 1))) + b, "after the division"),
        (lambda x, g, b: normal(x), "do not count yet"),
        (lambda x, g, b: g * normal(x), "The shift is missing"),
        (lambda x, g, b: normal(x) + b, "The scale is missing"),
        (lambda x, g, b: b * normal(x) + g, "exchanged"),
        (lambda x, g, b: g * (normal(x) + b), "before the scale"),
        (lambda x, g, b: g * normal(x) - b, "is subtracted"),
        (lambda x, g, b: normal(x) / g + b, "divide by the scale"),
        (lambda x, g, b: g * normal(x) + b + x.mean((0, 1)), "put back"),
        (lambda x, g, b: g * centred(x) / np.sqrt((x**2).mean((0, 1))) + b, "mean square"),
        (lambda x, g, b: g * normal(x, ddof=1) + b, "n − 1"),
        (
            lambda x, g, b: g * (x - x.min((0, 1))) / (1e-9 + np.ptp(x, (0, 1))) + b,
            "smallest value",
        ),
        (lambda x, g, b: g * normal(x) + 2 * b, "should end with"),
        (lambda x, g, b: (g * normal(x) + b).mean((0, 1)), "shape"),
        (without_epsilon, "That is what ε is for"),
        (zero_where_flat, "become its shift"),
    ],
)
def test_wrong_normalisations_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.instance_normalization(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def with_matrices(weights: Any, photo: Any, gradient_at: Any, rate: Any) -> Any:
    pixels = photo.reshape(-1, 3)
    return weights - rate * pixels.T @ gradient_at(photo @ weights).reshape(-1, 3)


def pixel_by_pixel(weights: Any, photo: Any, gradient_at: Any, rate: Any) -> Any:
    g = gradient_at(np.einsum("hwi,ij->hwj", photo, weights))
    change = sum(np.outer(photo[at], g[at]) for at in np.ndindex(photo.shape[:2]))
    return weights - rate * change


@run_eagerly
def with_a_tape(weights: Any, photo: Any, gradient_at: Any, rate: Any) -> Any:
    tensorflow = import_tensorflow()
    variable = tensorflow.Variable(weights)
    with tensorflow.GradientTape() as tape:
        painted = tensorflow.linalg.matmul(photo, variable)
    wanted = tensorflow.constant(gradient_at(painted.numpy()))
    return weights - rate * tape.gradient(painted, variable, wanted).numpy()


def by_finite_differences(weights: Any, photo: Any, gradient_at: Any, rate: Any) -> Any:
    """The gradient is linear in the picture, so the loss is its integral from any picture."""

    def loss(x: Any) -> Any:
        return np.sum(x * (gradient_at(np.zeros_like(x)) + gradient_at(x))) / 2

    moved = np.copy(weights)
    for at in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[at] = 1e-3
        ahead, behind = loss(photo @ (weights + step)), loss(photo @ (weights - step))
        moved[at] -= rate * (ahead - behind) / 2e-3
    return moved


@pytest.mark.parametrize(
    "right",
    [
        check.training_step.answer,
        with_matrices,
        pixel_by_pixel,
        with_a_tape,
        by_finite_differences,
    ],
)
def test_right_training_steps_pass(right: Callable[..., Any]) -> None:
    verdict = check.training_step(right)
    assert verdict.passed, verdict


def change(photo: Any, g: Any) -> Any:
    return photo.reshape(-1, 3).T @ g.reshape(-1, 3)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda w, p, g, r: w - r * change(p, g(p)), "asked for at the photo"),
        (lambda w, p, g, r: w + r * change(p, g(p @ w)), "uphill"),
        (lambda w, p, g, r: w - r * change(p, g(p @ w)).T, "exchanged"),
        (lambda w, p, g, r: w - r * change(p, g(p @ w.T)), "weights transposed"),
        (lambda w, p, g, r: w - r * change(p @ w, g(p @ w)), "by the painted picture"),
        (lambda w, p, g, r: w - r * g(p @ w).sum((0, 1)), "The photo does not count"),
        (lambda w, p, g, r: w - r * change(p, g(p @ w)) / p[..., 0].size, "the mean over pixels"),
        (lambda w, p, g, r: w - change(p, g(p @ w)), "The rate does not count"),
        (lambda w, p, g, r: w - change(p, g(p @ w)) / r, "The rate is the divisor"),
        (lambda w, p, g, r: -r * change(p, g(p @ w)), "the change alone"),
        (lambda w, p, g, r: change(p, g(p @ w)), "Take the step too"),
        (lambda w, p, g, r: w - r * np.sign(change(p, g(p @ w))), "Only the gradient's sign"),
        (
            lambda w, p, g, r: w - r * change(p, g(p @ w)) / np.linalg.norm(change(p, g(p @ w))),
            "divided by its length",
        ),
        (lambda w, p, g, r: w * (1 - r * change(p, g(p @ w))), "Subtract it"),
        (lambda w, p, g, r: p - r * g(p), "A picture came back"),
        (lambda w, p, g, r: p @ w - r * g(p @ w), "A picture came back"),
        (lambda w, p, g, r: w - r * change(p, g(w)), "gradient_at takes a picture of shape"),
        (lambda w, p, g, r: w - 2 * r * change(p, g(p @ w)), "Each weight should move"),
        (lambda w, p, g, r: (w - r).sum(), "shape (3, 3)"),
    ],
)
def test_wrong_training_steps_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.training_step(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_the_predictions_about_sizes_are_true_of_a_network() -> None:
    network = PaintingNetwork(("night",), width=4, blocks=1)
    assert network.context == PaintingNetwork(("night",), width=8, blocks=1).context
    assert network.size == PaintingNetwork(("night",), width=4, blocks=1, seed=1).size
    assert not LEARNED_ONCE["in a photo twice as large, strokes are twice as wide in pixels"]


def test_each_wrong_prediction_is_explained_without_the_answer() -> None:
    explanations = set()
    for sentence, expected in LEARNED_ONCE.items():
        verdict = check.learned_once(LEARNED_ONCE | {sentence: not expected})
        assert verdict.state == "wrong"
        start = f"5 of 6 are right. Think again about {sentence!r}. "
        assert verdict.message.startswith(start)
        explanations.add(verdict.message.removeprefix(start))
    assert len(explanations - {""}) == len(LEARNED_ONCE)
    assert not any("True" in sentence or "False" in sentence for sentence in explanations)


def test_right_predictions_pass() -> None:
    assert check.learned_once(dict(LEARNED_ONCE)).passed


def stub(*_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "verdict",
    [
        check.instance_normalization(stub),
        check.training_step(stub),
        check.training_step(None),
        check.learned_once(dict.fromkeys(LEARNED_ONCE)),
    ],
)
def test_stubs_are_not_written_yet(verdict: Any) -> None:
    assert verdict.state == "not written yet"
