"""Control of notebook 14: any two trials of a comparison side by side, at full size and enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylelab.course.figures.advice import compare_trials
from stylelab.errors import SettingsError
from stylelab.panels.control import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.course.experiments import Trial
    from stylelab.course.figures import CourseFigure

MAX_ZOOM = 6
"""How many times a part can be enlarged: a few pixels of the result fill the page then."""


def trial_viewer(trials: Mapping[str, Trial]) -> Control:
    """Show two trials side by side: lists to choose them from, and sliders for zoom and place.

    Args:
        trials: at least two trials by name, with pictures of one shape; the first two are shown first.

    Raises:
        SettingsError: there are fewer than two trials, or their pictures differ in shape.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider

    shapes = sorted({trial.image.shape[:2] for trial in trials.values()})
    if len(trials) < 2 or len(shapes) > 1:  # noqa: PLR2004 - a comparison
        raise SettingsError(
            "Expected at least two trials with pictures of one shape. "
            f"Received: {len(trials)} trials of the shapes {shapes}. "
            "Pass trials of one experiment, by name."
        )
    names = list(trials)
    steps = [number / 10 for number in range(11)]
    widgets: dict[str, Any] = {
        side: ipywidgets.Dropdown(
            options=names, value=names[number], description=f"{side}:",
            tooltip=f"the trial shown on the {side}", style={"description_width": "5em"},
        )
        for number, side in enumerate(("left", "right"))
    } | {
        "zoom": Slider("zoom", range(1, MAX_ZOOM + 1), 1),
        "across": Slider("across", steps, 0.5),
        "down": Slider("down", steps, 0.5),
    }  # fmt: skip

    def draw(left: str, right: str, zoom: float, across: float, down: float) -> CourseFigure:
        return compare_trials(
            (left, trials[left]), (right, trials[right]), zoom=zoom, across=across, down=down
        )

    return Control(draw, widgets, _layout)


def _layout(widgets: Mapping[str, Any]) -> Any:
    import ipywidgets

    row = ipywidgets.HBox(
        [widgets["left"], widgets["right"]], layout=ipywidgets.Layout(flex_flow="row wrap")
    )
    return ipywidgets.VBox([row, *(widgets[name] for name in ("zoom", "across", "down"))])
