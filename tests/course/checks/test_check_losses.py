from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import stylelab as sl
from stylelab.course import checks as check

variation: Callable[..., Any] = check.total_variation.answer
style: Callable[..., Any] = check.style_loss.answer


def with_loops(picture: Any) -> Any:
    height, width, channels = picture.shape
    value, gradient = 0.0, np.zeros(picture.shape)
    for row in range(height):
        for column in range(width):
            for other in ((row + 1, column), (row, column + 1)):
                if other[0] < height and other[1] < width:
                    difference = picture[other] - picture[row, column]
                    value += (difference**2).sum()
                    gradient[other] += 2 * difference
                    gradient[row, column] -= 2 * difference
    count = height * width * channels
    return value / count, gradient / count


def with_repeated_edges(picture: Any) -> Any:
    """A border that repeats the edge adds differences of 0 alone."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    middle = padded[1:-1, 1:-1]
    neighbours = [padded[2:, 1:-1], padded[:-2, 1:-1], padded[1:-1, 2:], padded[1:-1, :-2]]
    value = sum(((middle - other) ** 2).sum() for other in neighbours) / 2
    gradient = sum(2 * (middle - other) for other in neighbours)
    return value / picture.size, gradient / picture.size


def by_axis(picture: Any, difference: Any = np.diff) -> Any:
    """Each axis brought to the front, its gradient by differences of differences."""
    value, gradient = 0.0, np.zeros(picture.shape)
    for axis in (0, 1):
        steps = difference(picture, axis=axis)
        value += (steps**2).sum()
        ends = [(0, 0)] * 3
        ends[axis] = (1, 1)
        gradient -= 2 * difference(np.pad(steps, ends), axis=axis)
    return value / picture.size, gradient / picture.size


def laplacian(side: int) -> Any:
    steps = np.diff(np.eye(side), axis=0)
    return steps.T @ steps


def with_matrices(picture: Any) -> Any:
    pulled = np.einsum("ij,jck->ick", laplacian(picture.shape[0]), picture)
    pulled += np.einsum("ij,rjk->rik", laplacian(picture.shape[1]), picture)
    return np.vdot(picture, pulled) / picture.size, 2 * pulled / picture.size


def with_add_at(picture: Any) -> Any:
    gradient = np.zeros_like(picture)
    rows, columns = np.indices(picture.shape[:2])
    for r, c in ((1, 0), (0, 1)):
        first = (rows + r < picture.shape[0]) & (columns + c < picture.shape[1])
        a, b = (rows[first], columns[first]), (rows[first] + r, columns[first] + c)
        np.add.at(gradient, a, picture[a] - picture[b])
        np.add.at(gradient, b, picture[b] - picture[a])
    return (picture * gradient).sum() / picture.size, 2 * gradient / picture.size


def with_correlate(picture: Any) -> Any:
    kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])[..., None]
    pulled = ndimage.correlate(picture, kernel, mode="nearest")
    return (picture * pulled).mean(), 2 * pulled / picture.size


@pytest.mark.parametrize(
    "right",
    [
        variation,
        with_loops,
        with_repeated_edges,
        by_axis,
        with_matrices,
        with_add_at,
        with_correlate,
        lambda p: list(by_axis(p)),
        lambda p: (np.array([by_axis(p)[0]]), by_axis(p)[1].tolist()),
        lambda p: tuple(np.float32(part) for part in by_axis(p)),
        lambda p: (with_loops(p.swapaxes(0, 1))[0], by_axis(p)[1]),
    ],
)
def test_right_total_variations_pass(right: Callable[..., Any]) -> None:
    verdict = check.total_variation(right)
    assert verdict.passed, verdict


def test_the_answer_matches_the_packages_total_variation() -> None:
    picture = np.random.default_rng(0).random((7, 5, 3), np.float32)
    value, gradient = variation(picture.astype(np.float64))
    ours = sl.total_variation()(picture)
    assert value == pytest.approx(ours.loss, rel=1e-5)
    np.testing.assert_allclose(gradient, ours.gradient, atol=1e-6)


def sums(picture: Any, size: Any = np.square) -> Any:
    return size(np.diff(picture, axis=0)).sum(), size(np.diff(picture, axis=1)).sum()


def wraps(picture: Any) -> Any:
    down, across = (picture - np.roll(picture, 1, axis) for axis in (0, 1))
    gradient = sum(
        2 * (2 * picture - np.roll(picture, 1, axis) - np.roll(picture, -1, axis))
        for axis in (0, 1)
    )
    return ((down**2).sum() + (across**2).sum()) / picture.size, gradient / picture.size


def omits_the_last_row(picture: Any) -> Any:
    value, gradient = variation(picture)
    gradient[-1] = 0
    return value, gradient


def pulls_one_way(picture: Any) -> Any:
    gradient = np.zeros_like(picture)
    gradient[1:] += 2 * np.diff(picture, axis=0)
    gradient[:, 1:] += 2 * np.diff(picture, axis=1)
    return variation(picture)[0], gradient / picture.size


def down_only(picture: Any) -> Any:
    gradient = np.zeros_like(picture)
    difference = 2 * np.diff(picture, axis=0) / picture.size
    gradient[1:] += difference
    gradient[:-1] -= difference
    return variation(picture)[0], gradient


def in_place(picture: Any) -> Any:
    answer = variation(picture)
    picture -= picture.mean()
    return answer


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda p: (sum(sums(p, np.abs)) / p.size, variation(p)[1]), "absolute differences"),
        (lambda p: (sum(sums(p)), variation(p)[1] * p.size), "larger picture"),
        (lambda p: (sum(sums(p)) * 3 / p.size, variation(p)[1] * 3), "number of pixels"),
        (lambda p: (sums(p)[0] / p.size, variation(p)[1]), "columns count too"),
        (lambda p: (sums(p)[1] / p.size, variation(p)[1]), "rows count too"),
        (lambda p: (variation(p)[0] ** 0.5, variation(p)[1]), "root"),
        (lambda p: (sum(sums(p)) ** 0.5 / p.size, variation(p)[1]), "root"),
        (lambda p: (variation(p)[0] / 2, variation(p)[1] / 2), "value should be the sum of"),
        (lambda p: (1.3 * variation(p)[0], variation(p)[1]), "divided by H·W·3."),
        (lambda p: (variation(p)[0], 3 * variation(p)[1]), "is 3 times"),
        (lambda p: (variation(p)[0], 1.3 * variation(p)[1]), "subtracts 2d from the other."),
        (lambda p: (variation(p)[0], -variation(p)[1]), "wrong sign"),
        (lambda p: (variation(p)[0], variation(p)[1] / 2), "lacks the factor 2"),
        (lambda p: (variation(p)[0], variation(p)[1] * p.size), "gradient is not divided"),
        (lambda p: (variation(p)[0], variation(p)[1][:-1, :-1]), "shape"),
        (lambda p: variation(p)[0], "Two things were expected"),
        (lambda p: (variation(p)[1], variation(p)[0]), "One number was expected"),
        (wraps, "ring"),
        (lambda p: (variation(p)[0], wraps(p)[1]), "gradient treats the picture as a ring"),
        (omits_the_last_row, "not at its border"),
        (pulls_one_way, "lower (or right) pixel only"),
        (down_only, "between rows only"),
        (in_place, "changes the array"),
    ],
)
def test_wrong_total_variations_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.total_variation(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def channels_first(maps: Any, target: Any) -> Any:
    """The same with channels as rows, as papers write it."""
    f = np.moveaxis(maps, -1, 0).reshape(maps.shape[-1], -1)
    positions = f.shape[1]
    away = f @ f.T / positions - target
    norm = np.linalg.norm(target) ** 2
    gradient = (4 / positions * away @ f / norm).T.reshape(maps.shape)
    return np.linalg.norm(away) ** 2 / norm, gradient


def with_einsum(maps: Any, target: Any) -> Any:
    count = maps.shape[0] * maps.shape[1]
    away = np.einsum("rci,rcj->ij", maps, maps) / count - target
    gradient = np.einsum("rci,ij->rcj", maps, away + away.T) * 2 / count
    return (away**2).sum() / (target**2).sum(), gradient / (target**2).sum()


def count(maps: Any) -> int:
    return int(maps.shape[0] * maps.shape[1])


def energy(target: Any) -> Any:
    return np.linalg.norm(target, "fro") ** 2


@pytest.mark.parametrize(
    "right",
    [
        style,
        channels_first,
        with_einsum,
        lambda m, a: list(with_einsum(m, a)),
        lambda m, a: (np.array([style(m, a)[0]]), style(m, a)[1].tolist()),
        lambda m, a: tuple(np.float32(part) for part in with_einsum(m, a)),
        lambda m, a: (
            relative(style_target(m), a),
            4 * m @ (style_target(m) - a) / energy(a) / count(m),
        ),
        lambda m, a: (
            relative(style_target(m), a),
            np.tensordot(m, style_target(m) - a, axes=1) * (4 / energy(a) / count(m)),
        ),
        lambda m, a: (
            np.mean((style_target(m) - a) ** 2) / np.mean(a**2),
            np.dot(m, 4 * (style_target(m) - a) / count(m)) / np.vdot(a, a),
        ),
        lambda m, a: (
            sum(d**2 for d in (style_target(m) - a).flat) / energy(a),
            -4 / count(m) / energy(a) * (m @ a - m @ style_target(m)),
        ),
        lambda m, a: (
            np.trace((style_target(m) - a) @ (style_target(m) - a)) / np.trace(a @ a),
            np.stack([[v @ (style_target(m) - a) for v in row] for row in m])
            * 4
            / count(m)
            / energy(a),
        ),
    ],
)
def test_right_style_losses_pass(right: Callable[..., Any]) -> None:
    verdict = check.style_loss(right)
    assert verdict.passed, verdict


def test_the_style_gradient_agrees_with_finite_differences() -> None:
    random = np.random.default_rng(1)
    maps, direction = random.random((2, 4, 5, 3))
    target = style_target(random.random((3, 3, 3)))
    _, gradient = style(maps, target)
    ahead, behind = (style(maps + h * direction, target)[0] for h in (1e-5, -1e-5))
    assert (ahead - behind) / 2e-5 == pytest.approx(np.vdot(gradient, direction), rel=1e-6)


def style_target(maps: Any) -> Any:
    return np.einsum("rci,rcj->ij", maps, maps) / (maps.shape[0] * maps.shape[1])


def as_it_comes(maps: Any, target: Any) -> Any:
    channels = 3  # red, green, blue
    positions = maps.size // channels
    flat = maps.reshape(-1, maps.shape[-1])
    difference = flat.T @ flat / positions - target
    energy = (target**2).sum()
    gradient = 2 / positions * flat @ difference / energy
    return (difference**2).sum() / energy, gradient.reshape(maps.shape)


def test_the_unchanged_function_is_not_written_yet_and_its_symptom_reported() -> None:
    verdict = check.style_loss(as_it_comes)
    assert verdict.state == "not written yet"
    assert "The function is unchanged" in verdict.message
    assert "should return 0" in verdict.message


def square(f: Any, g: Any) -> Any:
    """Loss and gradient for a Gram matrix made by `g`, right but for that."""
    return lambda maps, target: (f(g(maps), target), style(maps, target)[1])


def relative(gram: Any, target: Any) -> Any:
    return ((gram - target) ** 2).sum() / (target**2).sum()


def flat(maps: Any) -> Any:
    return maps.reshape(-1, maps.shape[-1])


def mixed(maps: Any) -> Any:
    a = maps.reshape(maps.shape[-1], -1)
    return a @ a.T / a.shape[1]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda m, t: (as_it_comes(m, t)[0], style(m, t)[1]), "still assumes three channels"),
        (square(relative, lambda m: flat(m).T @ flat(m)), "not divided by the number of positions"),
        (square(relative, lambda m: flat(m).T @ flat(m) / m.size), "number of channels too"),
        (square(relative, mixed), "positions and channels are mixed"),
        (square(relative, lambda m: np.cov(flat(m).T, bias=True)), "that is a covariance"),
        (square(relative, lambda m: np.cov(flat(m).T)), "np.cov subtracts the mean"),
        (square(relative, lambda m: np.corrcoef(flat(m).T)), "holds correlations"),
        (
            lambda m, t: (1.3 * style(m, t)[0], style(m, t)[1]),
            "Gram matrix of the maps per position.",
        ),
        (lambda m, t: (style(m, t)[0], 1.3 * style(m, t)[1]), "by another amount."),
        (lambda m, t: (style(m, t)[0] ** 0.5, style(m, t)[1]), "root"),
        (square(lambda g, t: relative(t, g), style_target), "picture's own Gram matrix"),
        (square(lambda g, t: ((g - t) ** 2).sum(), style_target), "layer's unit"),
        (square(lambda g, t: ((g - t) ** 2).mean(), style_target), "mean of the squares"),
        (lambda m, t: (style(m, t)[0], style(m, t)[1] / 2), "half of what it should be"),
        (lambda m, t: (style(m, t)[0], style(m, t)[1] / 4), "a quarter"),
        (lambda m, t: (style(m, t)[0], -style(m, t)[1]), "sign"),
        (lambda m, t: (style(m, t)[0], style(m, t)[1] * len(flat(m))), "number of positions"),
        (lambda m, t: (style(m, t)[0], style(m, t)[1] * (t**2).sum()), "but the value is"),
        (lambda m, t: (style(m, t)[0], 2 * (style_target(m) - t)), "shape of the Gram matrix"),
        (lambda m, t: (style(m, t)[0], flat(style(m, t)[1])), "shape"),
        (lambda m, t: (style(m, t)[0], m), "small step along it"),
    ],
)
def test_wrong_style_losses_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.style_loss(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def stub(*_: object) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("exercise", [check.total_variation, check.style_loss])
def test_stubs_are_not_written_yet(exercise: check.Exercise) -> None:
    assert exercise(stub).state == "not written yet"


def test_correcting_only_the_value_is_explained() -> None:
    def half_mended(maps: Any, target: Any) -> Any:
        value, gradient = style(maps, target)
        return value, gradient / 2

    assert "The value is right." in check.style_loss(half_mended).message


def test_both_functions_can_be_saved_and_loaded(tmp_path: Any) -> None:
    for exercise in (check.total_variation, check.style_loss):
        names: dict[str, Any] = {"np": np}
        exec(exercise.source(), names)  # noqa: S102 - a reader's cell
        assert exercise(names[f"my_{exercise.name}"]).passed
        assert exercise.load(tmp_path) is exercise.answer


RIGHT = {"content": False, "style": True, "total_variation": True}


def test_the_right_gradients_at_the_photo_pass() -> None:
    assert check.gradients_at_photo(RIGHT).passed
    assert check.gradients_at_photo(check.gradients_at_photo.answer).passed


@pytest.mark.parametrize("unwritten", [None, dict.fromkeys(RIGHT), RIGHT | {"style": None}])
def test_undecided_gradients_are_not_written_yet(unwritten: Any) -> None:
    assert check.gradients_at_photo(unwritten).state == "not written yet"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (RIGHT | {"content": True}, "cannot become smaller"),
        (RIGHT | {"style": False}, "style can fall"),
        (RIGHT | {"total_variation": False}, "making them alike"),
        (dict.fromkeys(RIGHT, True), "cannot become smaller"),
        ({"content": False}, "keys 'content', 'style', 'total_variation'"),
        ({"content": False}, "Missing: 'style', 'total_variation'."),
        (
            {"content": False, "style": True, "total variation": True},
            "Did you mean 'total_variation'?",
        ),
        (RIGHT | {"style": 1}, "True or False"),
        (RIGHT | {"style": "yes"}, "True or False"),
        ([False, True, True], "dictionary"),
    ],
)
def test_wrong_gradients_at_the_photo_are_refused_for_the_right_reason(
    wrong: Any, reason: str
) -> None:
    verdict = check.gradients_at_photo(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message
