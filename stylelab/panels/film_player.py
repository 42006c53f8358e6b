"""Control of notebook 19: films side by side, frame by frame or played."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stylelab.course.figures.where_it_went import show_frame
from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_integer
from stylelab.panels.control import Control
from stylelab.panels.task_queue import TaskQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stylelab.course.figures import CourseFigure
    from stylelab.pictures.images import Picture

PAUSE = 0.25
"""Seconds from one frame to the next, at least: drawing takes its time as well."""


class FilmPlayer(Control):
    """Films with a slider for the frame, and a button that plays them once. Made by `film_player`.

    Args:
        films: frames (H, W, 3) by title.
        frame: the number of the frame shown first, from 1.
        pause: see `PAUSE`.
    """

    def __init__(
        self, films: Mapping[str, Sequence[Picture]], frame: int, pause: float = PAUSE
    ) -> None:
        import ipywidgets

        from stylelab.panels.slider import Slider

        count = len(next(iter(films.values())))

        def draw(frame: float) -> CourseFigure:
            return show_frame(films, round(frame) - 1)

        self.play = ipywidgets.Button(description="Play", tooltip="Play the films once")
        self._tasks: TaskQueue[Callable[[], None]] = TaskQueue("stylelab film")
        self._pause = pause
        slider = Slider("frame", range(1, count + 1), frame)
        super().__init__(
            draw, {"frame": slider}, lambda widgets: ipywidgets.VBox([self.play, widgets["frame"]])
        )
        self.play.on_click(lambda _: self._start())

    def _start(self) -> None:
        if not self._tasks.busy:
            self._tasks.put(self._play_once)

    def _play_once(self) -> None:
        for number in self.widgets["frame"].numbers:
            self.widgets["frame"].value = number
            time.sleep(self._pause)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the films have ended; False if they have not within `timeout` seconds."""
        return self._tasks.wait(timeout)


def film_player(films: Mapping[str, Sequence[Picture]], frame: int = 1) -> FilmPlayer:
    """Show films side by side, with the frame on a slider, and a button that plays them.

    Args:
        films: frames (H, W, 3) of one shape, by title; as many of each.
        frame: the number of the frame shown first, from 1.

    Raises:
        SettingsError: there is no film, they differ in length, or there is no such frame.
    """
    lengths = {len(frames) for frames in films.values()}
    if len(lengths) != 1 or 0 in lengths:
        received = [f"{len(frames)} frames of {name}" for name, frames in films.items()]
        raise SettingsError(
            f"Expected films, all of the same length. Received: {', '.join(received) or 'none'}."
        )
    return FilmPlayer(films, as_integer("frame", frame, 1, lengths.pop()))
