from typing import Any

import numpy as np
import pytest

from stylelab.errors import SettingsError
from stylelab.panels import film_player
from stylelab.panels.film_player import FilmPlayer

FILMS = {
    "one": [np.full((6, 8, 3), shade, np.float32) for shade in (0.1, 0.2, 0.3)],
    "other": [np.full((6, 8, 3), shade, np.float32) for shade in (0.7, 0.8, 0.9)],
}


def shades(control: FilmPlayer) -> list[float]:
    axes: Any = control.drawing.figure.axes
    return [round(float(np.asarray(one.images[0].get_array()).mean()), 3) for one in axes]


def test_the_slider_shows_the_same_frame_of_all_films() -> None:
    control = film_player(FILMS)
    slider = control.widgets["frame"]
    assert list(slider.numbers) == [1, 2, 3]
    assert shades(control) == [0.1, 0.7]
    slider.value = 3
    assert shades(control) == [0.3, 0.9]
    assert "Frame 3 of 3" in control.drawing.alt


def test_the_button_plays_all_frames_once() -> None:
    control = FilmPlayer(FILMS, 3, pause=0)
    shown: list[list[float]] = []
    control.widgets["frame"].observe(lambda _: shown.append(shades(control)), names="value")
    control.play.click()
    assert control.wait(20)
    assert shown == [[0.1, 0.7], [0.2, 0.8], [0.3, 0.9]]


def test_pressed_twice_it_plays_once() -> None:
    control = FilmPlayer(FILMS, 1, pause=0.05)
    numbers: list[float] = []
    control.widgets["frame"].observe(lambda change: numbers.append(change["new"]), names="value")
    control.play.click()
    control.play.click()
    assert control.wait(20)
    assert numbers == [2, 3]


def test_the_first_frame_is_shown_without_a_kernel() -> None:
    control = film_player(FILMS, frame=2)
    control.widgets["frame"].value = 1
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Frame 2 of 3" in metadata["image/jpeg"]["alt"]


def test_films_of_unequal_length_and_frames_that_are_not_there_are_refused() -> None:
    with pytest.raises(SettingsError, match="3 frames of one, 1 frames of other"):
        film_player({"one": FILMS["one"], "other": FILMS["other"][:1]})
    with pytest.raises(SettingsError, match="none"):
        film_player({})
    with pytest.raises(SettingsError, match="frame"):
        film_player(FILMS, frame=4)
