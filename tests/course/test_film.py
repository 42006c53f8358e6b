import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from stylelab.course.film import (
    WAYS,
    flicker,
    frame_loss,
    hold,
    in_view,
    make_film,
    make_flow,
    mean_flicker,
    mean_loss,
    paint_film,
    paint_film_in_one_pass,
    warp,
)
from stylelab.errors import PictureError, SettingsError
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.pictures.images import Picture


def random_picture(seed: int, height: int = 12, width: int = 16) -> Picture:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def test_the_flow_is_distance_from_the_middle_times_zoom_and_a_shift() -> None:
    flow = make_flow(5, 9, down=0.25, across=1.5, zoom=0.9)
    np.testing.assert_allclose(flow[2, 4], (2.25, 5.5))  # the middle
    np.testing.assert_allclose(flow[0, 8], (2 - 0.9 * 2 + 0.25, 4 + 0.9 * 4 + 1.5))


def test_a_picture_is_moved_by_whole_pixels() -> None:
    picture = random_picture(0)
    moved = warp(picture, make_flow(12, 16, down=2, across=3, zoom=1))
    np.testing.assert_allclose(moved[:10, :13], picture[2:, 3:], atol=1e-5)


def test_a_pixel_is_in_view_if_it_was_inside_the_frame_before() -> None:
    seen = in_view(make_flow(12, 16, down=2, across=-3, zoom=1))
    expected = np.zeros((12, 16), bool)
    expected[:10, 3:] = True
    np.testing.assert_array_equal(seen, expected)


def test_each_frame_is_the_one_before_moved_by_the_flow() -> None:
    film, flow = make_film("cat", frames=4, width=64)
    assert [frame.shape for frame in film] == [(48, 64, 3)] * 4
    assert np.abs(film[1] - film[0]).mean() * 255 > 5
    assert mean_flicker(film, flow) < 2
    wrong = flow + np.array([0, 1])
    assert mean_flicker(film, wrong) > 3 * mean_flicker(film, flow)


def test_a_camera_that_leaves_the_photo_is_refused() -> None:
    with pytest.raises(SettingsError, match="leaves it"):
        make_film("cat", frames=8, width=32, across=20)


def test_flicker_is_the_mean_difference_in_view_in_gray_levels() -> None:
    before, after = random_picture(1), random_picture(2)
    flow = make_flow(12, 16, down=0.5, across=1.25, zoom=0.97)
    places = flow.reshape(-1, 2).T
    seen = ((places >= 0) & (places <= [[11], [15]])).all(axis=0)
    differences = []
    for channel in range(3):
        there = map_coordinates(before[..., channel], places, order=3, mode="nearest").clip(0, 1)
        differences.append(np.abs(there - after[..., channel].ravel())[seen])
    np.testing.assert_allclose(flicker(before, after, flow), 255 * np.mean(differences), rtol=1e-5)


def test_a_flow_of_another_size_is_refused() -> None:
    with pytest.raises(PictureError, match="flow"):
        warp(random_picture(0), make_flow(3, 4))


def test_held_pixels_cost_the_mean_square_where_the_mask_is() -> None:
    picture, other = random_picture(3), random_picture(4)
    mask = np.zeros((12, 16), bool)
    mask[2:7, 3:] = True
    found = hold(picture, mask)(other)
    differences = other[mask].astype(float) - picture[mask]
    np.testing.assert_allclose(found.loss, np.mean(differences**2), rtol=1e-5)
    expected = np.zeros((12, 16, 3))
    expected[mask] = 2 * differences / differences.size
    np.testing.assert_allclose(found.gradient, expected, rtol=1e-4, atol=1e-8)
    with pytest.raises(PictureError, match="size painted"):
        hold(picture, mask[1:])(other)


@pytest.fixture(scope="module")
def short_film() -> tuple[list[Picture], np.ndarray]:
    return make_film("cat", frames=2, width=32)


def test_all_ways_but_noise_paint_the_first_frame_alike(
    short_film: tuple[list[Picture], np.ndarray],
) -> None:
    film, flow = short_film
    painted = {
        way: list(paint_film(film, flow, "stained_glass", way, steps=1, hold_weight=1e6))
        for way in WAYS
    }
    first = painted["photo"][0]
    for way in WAYS:
        assert np.array_equal(painted[way][0], first) == (way != "noise")
    seconds = [frames[1] for frames in painted.values()]
    assert all(not np.array_equal(a, b) for a in seconds for b in seconds if a is not b)
    # What is held firmly stays where the flow moves it.
    assert mean_flicker(painted["moved and held"], flow) < 0.5 * mean_flicker(
        painted["photo"], flow
    )


def test_a_way_that_does_not_exist_is_refused(
    short_film: tuple[list[Picture], np.ndarray],
) -> None:
    with pytest.raises(SettingsError, match="moved and held"):
        next(paint_film(*short_film, "stained_glass", "backwards"))


def test_the_loss_of_a_film_leaves_out_its_first_frame(
    short_film: tuple[list[Picture], np.ndarray],
) -> None:
    film, _ = short_film
    painted = [random_picture(5, 24, 32), random_picture(6, 24, 32)]
    expected = frame_loss(film[1], "stained_glass")(painted[1]).loss
    assert mean_loss(film, painted, "stained_glass") == pytest.approx(expected)


def test_one_pass_paints_frames_with_their_own_statistics_or_with_those_of_the_first(
    short_film: tuple[list[Picture], np.ndarray],
) -> None:
    film, _ = short_film
    network = PaintingNetwork(("night", "glass"), width=4, blocks=1)
    own = paint_film_in_one_pass(film, network, "glass", shared=False)
    shared = paint_film_in_one_pass(film, network, "glass", shared=True)
    np.testing.assert_allclose(own[0], shared[0], atol=1e-5)
    assert np.abs(own[1] - shared[1]).max() > 1e-3
    alone = paint_film_in_one_pass(film[1:], network, "glass", shared=True)
    np.testing.assert_allclose(own[1], alone[0], atol=1e-5)
