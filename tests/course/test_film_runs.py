import numpy as np

from stylelab.course.film import WAYS, make_film, mean_flicker, mean_loss
from stylelab.course.film_runs import (
    NETWORK_WAYS,
    PAIRS,
    FilmRun,
    by_way,
    format_table,
    load_runs,
    measure_film,
)


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


def test_what_notebook_19_says_of_the_table_holds_in_all_four_films() -> None:
    runs = by_way(load_runs())
    flicker = {way: np.array([run.flicker for run in of_way]) for way, of_way in runs.items()}
    loss = {way: np.array([run.loss for run in of_way]) for way, of_way in runs.items()}
    assert np.all(flicker["photo"] < flicker["last picture"])
    assert np.all(flicker["last picture"] < flicker["noise"])
    assert np.all(loss["last picture"] < loss["photo"])
    assert np.all(abs(flicker["moved picture"] / flicker["photo"] - 0.45) < 0.05)
    assert np.all(loss["moved picture"] < loss["last picture"])
    assert np.all(abs(flicker["moved and held"] / flicker["moved picture"] - 0.29) < 0.06)
    assert np.all(abs(loss["moved and held"] / loss["moved picture"] - 1.085) < 0.02)
    assert np.all(flicker["photo"] < flicker["one pass"])
    assert list(loss["photo"] < loss["one pass"]) == [False, True, True, True]
    shared = flicker["one pass, shared"] < flicker["one pass"]
    assert list(shared) == [True, True, False, False]


def test_a_table_has_a_row_for_each_way_and_a_column_for_each_film() -> None:
    runs = [
        FilmRun(photo, "stained_glass", way, flicker, flicker / 2)
        for way, flicker in (("photo", 12.0), ("moved", 4.0))
        for photo in ("cat", "rocket")
    ]
    table = [line.split() for line in format_table(by_way(runs)).splitlines()]
    assert table == [
        ["flicker", "/", "loss", "cat", "rocket"],
        ["photo", *["12.00", "/", "6.00"] * 2],
        ["moved", *["4.00", "/", "2.00"] * 2],
    ]
