"""The judge's scores, beside the losses of the course and NumPy by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator

from stylelab.errors import PictureError, SettingsError
from stylelab.losses.content import content
from stylelab.losses.judge import Judge, Scores, grain
from stylelab.losses.style import style
from stylelab.network.weights import random_weights
from stylelab.pictures.images import Picture, resize_to
from stylelab.samples.catalogue import sample


def noise(random: Generator, height: int, width: int) -> Picture:
    return random.random((height, width, 3), dtype=np.float32)


def test_a_judge_scores_with_the_losses_of_the_course(photo: Picture, painting: Picture) -> None:
    picture = np.rint(255 * resize_to(sample("coffee"), *photo.shape[:2])).astype(
        np.float32
    ) / np.float32(255)
    scores = Judge(photo, painting)(picture)
    expected = content(photo) + style(painting)
    terms = expected(picture).terms
    assert scores.content == pytest.approx(terms["content"], rel=1e-4)
    assert scores.style == pytest.approx(terms["style"], rel=1e-4)


def test_a_judge_sees_the_picture_as_it_would_be_saved(photo: Picture, painting: Picture) -> None:
    levels = np.rint(255 * photo) / 255
    held = np.clip(levels + 0.4 / 255, 0, 1).astype(np.float32)
    judge = Judge(photo, painting)
    assert judge(held) == judge(levels.astype(np.float32))


def test_sources_have_distance_0_from_themselves(random: Generator) -> None:
    photo = np.rint(255 * noise(random, 32, 32)).astype(np.float32) / np.float32(255)
    scores = Judge(photo, photo)(photo)
    assert scores.content == pytest.approx(0, abs=1e-9)
    assert scores.style == pytest.approx(0, abs=1e-9)


def test_judges_of_other_networks_give_other_scores(
    photo: Picture, painting: Picture, random: Generator
) -> None:
    picture = noise(random, *photo.shape[:2])
    pair = (photo, painting)
    scores = [
        Judge(*pair)(picture).style,
        Judge(*pair, pooling="max")(picture).style,
        Judge(*pair, weights=random_weights(0))(picture).style,
    ]
    assert len({round(score, 6) for score in scores}) == 3


def test_distances_from_two_paintings_can_be_measured_in_one_unit(
    photo: Picture, painting: Picture, random: Generator
) -> None:
    faint = (0.5 + 0.25 * (painting - 0.5)).astype(np.float32)
    picture = noise(random, *photo.shape[:2])
    own, other = Judge(photo, faint), Judge(photo, faint, unit=painting)
    full = Judge(photo, painting)
    levels = np.rint(255 * picture).astype(np.float32) / np.float32(255)
    maps = own.network(levels)
    expected = []
    for layer, gram in own.grams.items():
        points = maps[layer].reshape(-1, maps[layer].shape[-1]).astype(np.float64)
        difference = points.T @ points / len(points) - gram
        expected.append(np.sum(difference**2) / np.sum(full.grams[layer].astype(float) ** 2))
    assert other(picture).style == pytest.approx(np.mean(expected), rel=1e-3)
    assert other(picture).content == own(picture).content
    assert other(picture).style < 0.2 * own(picture).style
    assert Judge(photo, painting, unit=painting)(picture) == full(picture)


def test_a_judge_refuses_other_sizes_and_invalid_pictures(
    photo: Picture, painting: Picture, random: Generator
) -> None:
    with pytest.raises(SettingsError, match="photo's size"):
        Judge(photo, painting)(noise(random, 20, 20))
    with pytest.raises(PictureError):
        Judge(photo, painting)(noise(random, 64, 64)[..., 0])


@given(value=st.floats(0, 1, width=32), step=st.floats(0, 1, width=32))
def test_grain_is_the_difference_of_neighbouring_pixels(value: float, step: float) -> None:
    flat = np.full((17, 20, 3), value, np.float32)
    assert grain(flat) == 0
    board = np.float32(step) * (np.indices((17, 20)).sum(0) % 2)[..., None].repeat(3, -1)
    assert grain(board.astype(np.float32)) == pytest.approx(255 * step, rel=1e-5)


def test_grain_counts_every_neighbouring_pair_once() -> None:
    picture = np.zeros((2, 3, 3), np.float32)
    picture[0, 0] = 1
    assert grain(picture) == pytest.approx(255 * 2 / 7)  # 3 pairs down, 4 across


def test_scores_are_printed_with_few_digits() -> None:
    assert str(Scores(1.4e-5, 0.85279, 9.2773)) == "content 0.00, style 0.853, grain 9.3"
