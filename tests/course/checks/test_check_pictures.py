import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.network import vgg19

BGR = np.array([103.939, 116.779, 123.68])
RGB = BGR[::-1]


def verdict_words(exercise: check.Exercise, wrong: Any) -> str:
    verdict = exercise(wrong)
    assert verdict.state == "wrong", verdict
    return verdict.message


def written_by_channel(picture: Any) -> Any:
    red, green, blue = np.moveaxis(picture, -1, 0)
    return np.stack([255 * blue - 103.939, 255 * green - 116.779, 255 * red - 123.68], axis=-1)


def written_in_float32(picture: Any) -> Any:
    scaled = picture.astype(np.float32) * np.float32(255) - RGB.astype(np.float32)
    return np.flip(scaled, axis=2)


@pytest.mark.parametrize(
    "right",
    [
        check.preprocess.answer,
        vgg19.preprocess,
        written_by_channel,
        written_in_float32,
        lambda x: np.flip(x, axis=-1) * 255 - BGR,
        lambda x: (255 * x - RGB)[:, :, [2, 1, 0]],
        lambda x: 255 * (x - RGB / 255)[..., ::-1],
        lambda x: (255 * x[..., ::-1] - BGR).tolist(),
        lambda x: np.dstack([255 * x[..., 2 - k] - BGR[k] for k in range(3)]),
        lambda x: x @ (255 * np.eye(3)[::-1]) - BGR,
        lambda x: np.einsum("rck,kn->rcn", 255 * x - RGB, np.eye(3)[::-1]),
        lambda x: np.asfortranarray(255 * np.take(x, [2, 1, 0], axis=2) - BGR),
    ],
)
def test_right_preprocessing_passes(right: Callable[..., Any]) -> None:
    verdict = check.preprocess(right)
    assert verdict.passed, verdict


def scaled_in_place(picture: Any) -> Any:
    picture *= 255
    return picture[..., ::-1] - BGR


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda x: 255 * x - BGR, "still in the order red, green, blue; the means"),
        (lambda x: 255 * x - RGB, "and so are the means"),
        (lambda x: 255 * x[..., ::-1] - RGB, "mean of red is subtracted from blue"),
        (lambda x: 255 * x[::-1] - BGR, "rows are reversed"),
        (lambda x: 255 * x[:, ::-1] - BGR, "mirrored"),
        (lambda x: 255 * np.flip(x) - BGR, "Every axis"),
        (lambda x: x[..., ::-1] - BGR, "not on the scale"),
        (lambda x: x[..., ::-1] / 255 - BGR, "divided by 255"),
        (lambda x: 255 * (x[..., ::-1] - BGR), "before the values are on their scale"),
        (lambda x: 255 * x[..., ::-1] + BGR, "means are added"),
        (lambda x: 255 * x[..., ::-1], "means are not subtracted"),
        (lambda x: 256 * x[..., ::-1] - BGR, "256"),
        (lambda x: 255 * x[..., ::-1] - BGR / 255, "means are divided by 255"),
        (lambda x: 255 * (x - x.mean((0, 1)))[..., ::-1], "own mean colour"),
        (lambda x: (x - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225], "PyTorch's networks"),
        (
            lambda x: ((x - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225])[..., ::-1],
            "PyTorch's networks",
        ),
        (
            lambda x: (255 * x[..., ::-1] - BGR) / 255 / [0.225, 0.224, 0.229],
            "a standard deviation",
        ),
        (lambda x: (255 * x[..., ::-1] - BGR) / 255 / [0.229, 0.224, 0.225], "red, green, blue"),
        (
            lambda x: ((x - x.mean((0, 1))) / (x.std((0, 1)) + (x.size == 3)))[..., ::-1],
            "own mean and standard",
        ),
        (lambda x: (255 * x[..., ::-1] - BGR) / 255, "is 1/255 times"),
        (lambda x: 255 * x[..., ::-1] - BGR + 1, "Three things make"),
        (lambda x: np.rint(255 * x[..., ::-1]) - BGR, "rounded"),
        (lambda x: (255 * x[..., ::-1]).astype(np.uint8) - BGR, "truncated to whole numbers"),
        (lambda x: 255 * np.moveaxis(x, -1, 0) - BGR[:, None, None], "shape"),
        (lambda x: -written_by_channel(x), "sign"),
        (scaled_in_place, "changes the array"),
    ],
)
def test_wrong_preprocessing_is_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    assert reason in verdict_words(check.preprocess, wrong)


def undone_by_channel(values: Any) -> Any:
    blue, green, red = np.moveaxis(values, -1, 0)
    return np.stack([red + 123.68, green + 116.779, blue + 103.939], axis=-1) / 255


@pytest.mark.parametrize(
    "right",
    [
        check.undo_preprocess.answer,
        vgg19.undo_preprocess,
        undone_by_channel,
        lambda values: values[..., ::-1] / 255 + RGB / 255,
        lambda values: np.flip(values + BGR, -1) / 255.0,
        lambda values: (values[..., ::-1] + RGB) / 255,
        lambda values: (values + BGR)[:, :, [2, 1, 0]] * (1 / 255),
        lambda values: ((values + BGR) / 255)[..., ::-1].tolist(),
        lambda values: ((values + BGR) / 255) @ np.eye(3)[::-1],
        lambda values: np.divide(np.add(values, BGR), 255)[:, :, ::-1],
        lambda values: np.take(values + BGR, [2, 1, 0], axis=2) / 255,
    ],
)
def test_right_inverses_pass(right: Callable[..., Any]) -> None:
    verdict = check.undo_preprocess(right)
    assert verdict.passed, verdict


def test_the_two_answers_are_inverses() -> None:
    picture = np.random.default_rng(0).random((3, 4, 3))
    there = check.preprocess.answer(picture)
    np.testing.assert_allclose(check.undo_preprocess.answer(there), picture, atol=1e-12)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda y: (y + BGR) / 255, "still in the order blue, green, red."),
        (lambda y: (y[..., ::-1] + BGR) / 255, "red gets the mean of blue"),
        (lambda y: (y + RGB) / 255, "means in the opposite"),
        (lambda y: (y - BGR)[..., ::-1] / 255, "subtracted once more"),
        (lambda y: y[..., ::-1] / 255, "not added back"),
        (lambda y: (y + BGR)[..., ::-1], "still on the scale"),
        (lambda y: (y + BGR)[..., ::-1] * 255, "multiplied by 255"),
        (lambda y: (y / 255 + BGR)[..., ::-1], "divided by 255 before"),
        (lambda y: (y + BGR)[..., ::-1] / 256, "256"),
        (lambda y: undone_by_channel(y).clip(0, 1), "clipped"),
        (lambda y: (y + BGR)[::-1] / 255, "rows are reversed"),
        (lambda y: np.flip(y + BGR) / 255, "Every axis"),
        (lambda y: undone_by_channel(y)[..., 0], "shape"),
        (lambda y: np.abs(undone_by_channel(y)), "add the means"),
        (lambda y: undone_by_channel(y) * [1, 1, 1.1], "add the means"),
        (lambda y: undone_by_channel(y).astype(str), "array of numbers"),
    ],
)
def test_wrong_inverses_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    assert reason in verdict_words(check.undo_preprocess, wrong)


def down(x: Any) -> Any:
    return np.diff(x, axis=0)


def across(x: Any) -> Any:
    return np.diff(x, axis=1)


def squares(*parts: Any) -> Any:
    return sum((part**2).sum() for part in parts)


def written_with_loops(x: Any) -> float:
    rows, columns, _ = x.shape
    total = 0.0
    for row in range(rows):
        for column in range(columns):
            if row + 1 < rows:
                total += float(((x[row + 1, column] - x[row, column]) ** 2).sum())
            if column + 1 < columns:
                total += float(((x[row, column + 1] - x[row, column]) ** 2).sum())
    return total


BEFORE: Any = [
    (((1, 0), (0, 0), (0, 0)), np.s_[:-1]),
    (((0, 0), (1, 0), (0, 0)), np.s_[:, :-1]),
]


@pytest.mark.parametrize(
    "right",
    [
        check.neighbour_differences.answer,
        written_with_loops,
        lambda x: squares(down(x), across(x)),
        lambda x: sum(((a - b) ** 2).sum() for a, b in ((x[1:], x[:-1]), (x[:, 1:], x[:, :-1]))),
        lambda x: np.float32(squares(down(x), across(x))),
        lambda x: np.array([squares(down(x), across(x))]),
        lambda x: np.vdot(down(x), down(x)) + np.vdot(across(x), across(x)),
        lambda x: (
            np.einsum("ijk,ijk", down(x), down(x)) + np.einsum("ijk,ijk", across(x), across(x))
        ),
        lambda x: squares(down(x)) + squares(down(x.swapaxes(0, 1))),
        lambda x: squares(*(x - np.pad(x, p, "edge")[s] for p, s in BEFORE)),
        lambda x: math.fsum(float(d) ** 2 for part in (down(x), across(x)) for d in part.flat),
        lambda x: np.linalg.norm(down(x)) ** 2 + np.linalg.norm(across(x)) ** 2,
    ],
)
def test_right_differences_pass(right: Callable[..., Any]) -> None:
    verdict = check.neighbour_differences(right)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda x: squares(down(x)), "those in a row are not"),
        (lambda x: squares(across(x)), "those in a column are not"),
        (lambda x: np.abs(down(x)).sum() + np.abs(across(x)).sum(), "not their squares"),
        (lambda x: down(x).sum() + across(x).sum(), "opposite signs cancel"),
        (lambda x: down(x).sum() ** 2 + across(x).sum() ** 2, "The sum is squared"),
        (lambda x: squares(down(x), across(x)) / (down(x).size + across(x).size), "a mean"),
        (lambda x: squares(down(x), across(x)) / x.size, "number of values"),
        (lambda x: (down(x) ** 2).mean() + (across(x) ** 2).mean(), "two means"),
        (lambda x: squares(x - np.roll(x, 1, 0), x - np.roll(x, 1, 1)), "opposite sides"),
        (lambda x: squares(down(x)[:, :-1], across(x)[:-1]), "left out"),
        (lambda x: np.sqrt(squares(down(x), across(x))), "root"),
        (lambda x: 2 * squares(down(x), across(x)), "twice"),
        (lambda x: squares(down(x), across(x), np.diff(x, axis=2)), "colours of one pixel"),
        (lambda x: squares(down(x.mean(-1)), across(x.mean(-1))), "gray"),
        (lambda x: squares(down(x[..., 0]), across(x[..., 0])), "one of the colours"),
        (lambda x: squares(*np.gradient(x, axis=(0, 1))), "two apart"),
        (lambda x: (x**2).sum(), "one colour"),
        (lambda x: squares(down(x**2), across(x**2)), "lighter"),
        (lambda x: squares(down(x), across(x)) / 3, "over all pixels"),
        (lambda x: (down(x) ** 2).sum(-1), "One number"),
        (lambda x: squares(down(x) + across(x)), "stops with ValueError"),
    ],
)
def test_wrong_differences_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    assert reason in verdict_words(check.neighbour_differences, wrong)


def test_the_expected_order_matches_the_sums_in_the_notebook() -> None:
    from scipy.ndimage import gaussian_filter

    import stylelab as sl

    random = np.random.default_rng(7)
    photo = sl.sample("coffee", size=192)
    pictures = {
        "noise": random.random(photo.shape),
        "shuffled": random.permutation(photo.reshape(-1, 3)).reshape(photo.shape),
        "photo": photo,
        "blurred": gaussian_filter(photo, (2, 2, 0)),
    }
    order = sorted(pictures, key=lambda name: written_with_loops(pictures[name]))
    assert check.difference_order(order).passed
    assert check.difference_order(tuple(order)).passed
    assert check.difference_order(np.array(order)).passed


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (["noise", "shuffled", "photo", "blurred"], "reversed"),
        (["photo", "blurred", "shuffled", "noise"], "Blurring"),
        (["blurred", "shuffled", "photo", "noise"], "belong to the same thing"),
        (["blurred", "noise", "photo", "shuffled"], "belong to the same thing"),
        (["blurred", "photo", "noise", "shuffled"], "are unrelated"),
        (["blurred", "photo"], "Missing: 'shuffled', 'noise'"),
        (["blurred", "photo", "suffled", "noise"], "Did you mean 'shuffled'"),
        (["Blurred", "photo", "shuffled", "noise"], "Did you mean 'blurred'"),
        (["blurred", "photo", "photo", "noise"], "more than once: 'photo'"),
        (["blurred", "photo", "photo", "noise"], "four names"),
        ("blurred", "four names"),
        ({"blurred": 1}, "four names"),
        (4, "four names"),
    ],
)
def test_wrong_orders_are_refused_for_the_right_reason(wrong: Any, reason: str) -> None:
    assert reason in verdict_words(check.difference_order, wrong)


def stub(_: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "exercise", [check.preprocess, check.undo_preprocess, check.neighbour_differences]
)
def test_stubs_are_not_written_yet(exercise: check.Exercise) -> None:
    assert exercise(stub).state == "not written yet"
    assert check.difference_order(None).state == "not written yet"


def test_no_hint_or_message_contains_the_solution() -> None:
    for exercise in (check.preprocess, check.undo_preprocess, check.neighbour_differences):
        body = exercise.source().splitlines()[-1].strip().removeprefix("return ")
        hints = {exercise.hint().text for _ in range(4)}
        assert 2 <= len(hints) <= 4
        assert not any(body in hint for hint in hints)
