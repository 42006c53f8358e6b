import numpy as np

from stylelab.course.film import WAYS, make_film, mean_flicker, mean_loss
from stylelab.course.film_runs import NETWORK_WAYS, PAIRS, by_way, load_runs, measure_film


def test_the_table_has_every_film_painted_in_every_way() -> None:
    ways = ("not painted", *WAYS, *NETWORK_WAYS)
    runs = load_runs()
    assert [(run.photo, run.painting, run.way) for run in runs] == [
        (*pair, way) for pair in PAIRS for way in ways
    ]
    assert list(by_way(runs)) == list(ways)


def test_the_floor_in_the_table_is_that_of_the_films() -> None:
    for run in by_way(load_runs())["not painted"]:
        film, flow = make_film(run.photo)
        np.testing.assert_allclose(run.flicker, mean_flicker(film, flow), atol=1e-3)


def test_a_film_that_is_not_painted_is_measured_first() -> None:
    first = next(iter(measure_film("cat", "stained_glass", frames=2, width=32)))
    film, flow = make_film("cat", frames=2, width=32)
    assert first.way == "not painted"
    assert first.flicker == mean_flicker(film, flow)
    np.testing.assert_allclose(first.loss, mean_loss(film, film, "stained_glass"), rtol=1e-5)
