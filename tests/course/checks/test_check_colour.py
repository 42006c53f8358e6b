from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from stylelab.course import checks as check
from stylelab.pictures import colour

LUMA = np.array([0.299, 0.587, 0.114])


def move_of(painted: Any, photo: Any) -> Any:
    return painted @ LUMA - photo @ LUMA


def kept_with_loops(painted: Any, photo: Any) -> Any:
    kept = np.empty_like(photo)
    for index in np.ndindex(photo.shape[:2]):
        move = sum(LUMA * (painted[index] - photo[index]))
        kept[index] = photo[index] + max(min(move, 1 - max(photo[index])), -min(photo[index]))
    return kept


def kept_by_the_package(painted: Any, photo: Any) -> Any:
    return colour.keep_colours(painted, photo)


def kept_in_ycbcr(painted: Any, photo: Any) -> Any:
    y, wanted = photo @ LUMA, painted @ LUMA
    chroma = photo - y[..., None]
    return np.clip(wanted, -chroma.min(-1), 1 - chroma.max(-1))[..., None] + chroma


def kept_with_room(painted: Any, photo: Any) -> Any:
    move = np.tensordot(painted - photo, LUMA, axes=1)
    up, down = 1 - photo.max(axis=2), photo.min(axis=2)
    return photo + np.where(move > 0, np.minimum(move, up), -np.minimum(-move, down))[:, :, None]


def kept_by_channels(painted: Any, photo: Any) -> Any:
    (r, g, b), (r2, g2, b2) = np.moveaxis(photo, -1, 0), np.moveaxis(painted, -1, 0)
    move = 0.299 * (r2 - r) + 0.587 * (g2 - g) + 0.114 * (b2 - b)
    move = np.minimum(move, 1 - np.maximum(np.maximum(r, g), b))
    move = np.maximum(move, -np.minimum(np.minimum(r, g), b))
    return np.stack([r + move, g + move, b + move], axis=-1)


def kept_with_einsum(painted: Any, photo: Any) -> Any:
    move = np.einsum("hwc,c->hw", painted - photo, LUMA)
    held = np.median([move, -photo.min(-1), 1 - photo.max(-1)], axis=0)
    return np.repeat(held[..., None], 3, axis=-1) + photo


def kept_by_pixels(painted: Any, photo: Any) -> Any:
    return [
        [
            (own + np.clip((new - own) @ LUMA, -own.min(), 1 - own.max())).tolist()
            for new, own in zip(*line, strict=True)
        ]
        for line in zip(painted, photo, strict=True)
    ]


def kept_flat(painted: Any, photo: Any) -> Any:
    own = photo.reshape(-1, 3)
    move = np.average(painted - photo, axis=-1, weights=LUMA).ravel()
    return (own + move.clip(-own.min(1), 1 - own.max(1)).reshape(-1, 1)).reshape(photo.shape)


@pytest.mark.parametrize(
    "right",
    [
        check.keep_colours.answer,
        kept_with_loops,
        kept_by_the_package,
        kept_in_ycbcr,
        kept_with_room,
        kept_by_channels,
        kept_with_einsum,
        kept_by_pixels,
        kept_flat,
        colour.keep_colours,
        lambda new, own: kept_flat(new.astype(np.float32), own.astype(np.float32)),
        lambda new, own: kept_flat(new, own).clip(0, 1),
    ],
)
def test_right_colours_pass(right: Callable[..., Any]) -> None:
    verdict = check.keep_colours(right)
    assert verdict.passed, verdict


def kept_by_means(painted: Any, photo: Any) -> Any:
    move = (painted - photo).mean(axis=-1)
    return photo + np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))[..., None]


def one_limit(painted: Any, photo: Any) -> Any:
    return photo + np.clip(move_of(painted, photo), -photo.min(), 1 - photo.max())[..., None]


def kept_with_move(photo: Any, move: Any) -> Any:
    return photo + np.clip(move, -photo.min(axis=-1), 1 - photo.max(axis=-1))[..., None]


def in_place(painted: Any, photo: Any) -> Any:
    photo += move_of(painted, photo)[..., None]
    return photo


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda new, own: own + move_of(new, own)[..., None], "leave [0, 1]"),
        (lambda new, own: np.clip(own + move_of(new, own)[..., None], 0, 1), "Where only one of"),
        (lambda new, own: own * (new @ LUMA / (own @ LUMA))[..., None], "multiply"),
        (lambda new, own: (own * (new @ LUMA / (own @ LUMA))[..., None]).clip(0, 1), "multiply"),
        (lambda new, own: check.keep_colours.answer(own, new), "those of the painted picture"),
        (lambda new, own: own, "does not depend on the painted"),
        (lambda new, own: new, "those of the painted picture"),
        (kept_by_means, "their mean"),
        (one_limit, "one limit for the whole"),
        (
            lambda new, own: kept_with_move(own, (new - own) @ [0.2126, 0.7152, 0.0722]),
            "another standard",
        ),
        (lambda new, own: kept_with_move(own, (new - own) @ LUMA[::-1]), "blue, green, red"),
        (lambda new, own: kept_with_move(own, new.max(-1) - own.max(-1)), "largest channel"),
        (lambda new, own: kept_with_move(own, own @ LUMA - new @ LUMA), "wrong sign"),
        (lambda new, own: kept_with_move(own, new @ LUMA), "Add only the difference"),
        (
            lambda new, own: kept_with_move(own, move_of(new, own) / 2),
            "if the pixel has room",
        ),
        (lambda new, own: own + move_of(new, own)[..., None] * LUMA, "same amount"),
        (lambda new, own: own - move_of(new, own)[..., None], "if the pixel has room"),
        (in_place, "changes the array"),
        (lambda new, own: own + move_of(new, own), "stops with ValueError"),
        (move_of, "shape"),
    ],
)
def test_wrong_colours_are_refused_for_the_right_reason(
    wrong: Callable[..., Any], reason: str
) -> None:
    verdict = check.keep_colours(wrong)
    assert verdict.state == "wrong"
    assert reason in verdict.message


def test_the_answer_matches_the_package() -> None:
    random = np.random.default_rng(1)
    one, two = (0.4 + 0.2 * random.random((2, 9, 7, 3))).astype(np.float32)
    np.testing.assert_allclose(
        check.keep_colours.answer(one, two), colour.keep_colours(one, two), atol=1e-6
    )


def test_a_stub_is_not_written_yet() -> None:
    def stub(one: Any, two: Any) -> Any:
        raise NotImplementedError

    assert check.keep_colours(stub).state == "not written yet"
    assert check.keep_colours(None).state == "not written yet"
