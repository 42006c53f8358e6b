"""The stored runs of notebook 13: stray colours by statistic."""

import numpy as np
import pytest

from stylelab.course.stray_colours import (
    CHECKED_AFTER,
    COLOURS,
    SEEDS,
    colour_mosaic,
    load_runs,
    measure_run,
    stray_share,
)
from stylelab.losses.gram import gram_matrix
from stylelab.losses.statistics import STATISTICS


def test_a_mosaic_has_as_many_tiles_of_each_colour() -> None:
    for name, colours in COLOURS.items():
        mosaic = colour_mosaic(name, tiles=4, side=3)
        assert mosaic.shape == (12, 12, 3)
        found, counts = np.unique(mosaic.reshape(-1, 3), axis=0, return_counts=True)
        assert {tuple(colour) for colour in found.tolist()} == set(colours)
        assert set(counts.tolist()) == {36}
        tile = mosaic[3:6, 6:9]
        assert (tile == tile[0, 0]).all()


def test_light_and_ink_have_one_gram_matrix() -> None:
    light, ink = (gram_matrix(colour_mosaic(name)) for name in COLOURS)
    np.testing.assert_allclose(light, ink)


def test_a_stray_pixel_is_nearest_to_a_colour_of_the_other_mosaic() -> None:
    corners = {name: np.array(colours) for name, colours in COLOURS.items()}
    picture = np.random.default_rng(3).random((9, 11, 3), dtype=np.float32)
    for name, other in (("light", "ink"), ("ink", "light")):
        nearest = [
            np.linalg.norm(picture[..., None, :] - corners[which], axis=-1).min(-1)
            for which in (name, other)
        ]
        assert stray_share(picture, name) == pytest.approx(np.mean(nearest[1] < nearest[0]))
        assert stray_share(colour_mosaic(name), name) == 0
        assert stray_share(colour_mosaic(other), name) == 1


def test_every_mosaic_statistic_and_seed_is_stored() -> None:
    runs = load_runs()
    keys = {(run["mosaic"], run["statistic"], run["seed"]) for run in runs}
    assert keys == {(name, s, seed) for name in COLOURS for s in STATISTICS for seed in SEEDS}
    assert len(runs) == len(keys)
    assert all(run["steps"] == list(CHECKED_AFTER) for run in runs)
    assert all(np.all(np.diff(run["loss"]) < 0) for run in runs)


def test_a_run_is_measured_after_the_steps_asked_for() -> None:
    run = measure_run("light", "gram", 0, checked_after=(1, 3))
    assert (run["steps"], len(run["stray"]), len(run["loss"])) == ([1, 3], 2, 2)
    assert run["loss"][1] < run["loss"][0]
