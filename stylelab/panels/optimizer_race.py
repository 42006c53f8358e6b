"""Control of notebook 07: optimizers compared on one loss, with their learning rates and steps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.optimizers import plot_optimizer_race
from stylelab.errors import SettingsError
from stylelab.losses.content import content
from stylelab.losses.style import style
from stylelab.optimizers.adam import adam
from stylelab.optimizers.gradient_descent import gradient_descent
from stylelab.optimizers.lbfgs import lbfgs
from stylelab.panels.arguments import as_integer, as_number, as_subset
from stylelab.panels.background import PREPARING, BackgroundControl, WorkProgress
from stylelab.panels.messages import format_number
from stylelab.panels.run_cache import RunCache, load_resized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stylelab.course.figures import CourseFigure
    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import PictureSource

MAX_SIDE = 128
"""Long side of the pictures, in pixels: a step takes a fraction of a second."""

MAX_STEPS = 40

RATES = {"gradient descent": "descent_rate", "Adam": "adam_rate"}
"""Optimizers that need a learning rate, and the name of its slider."""

OPTIMIZERS: Mapping[str, Callable[..., Iterator[Step]]] = {
    "gradient descent": gradient_descent,
    "Adam": adam,
    "L-BFGS": lbfgs,
    "L-BFGS, not preconditioned": partial(lbfgs, preconditioned=False),
}

COLOURS = dict(zip(OPTIMIZERS, SERIES_COLOURS, strict=False))

Entry = tuple[str, float | None]
"""An optimizer's name and its learning rate, if it has one."""


def optimizer_race(
    photo: PictureSource,
    painting: PictureSource,
    *,
    style_weight: float = 10,
    optimizers: Sequence[str] = ("gradient descent", "Adam", "L-BFGS"),
    steps: int = 8,
) -> BackgroundControl:
    """Compare optimizers on one loss: choose them, their learning rates and the number of steps.

    The loss is `content(photo) + style_weight * style(painting)` at 128 pixels at most. Runs are
    cached, and more steps continue from the last one. Without widgets,
    `figures.plot_optimizer_race({"Adam": list(sl.adam(loss, …)), …})` draws the same.

    Args:
        photo: the content picture, from which all start: a sample's name, or anything that
            `load_image` takes.
        painting: the style picture; the same.
        style_weight: weight of the style term.
        optimizers: initially selected ones of "gradient descent", "Adam", "L-BFGS" and
            "L-BFGS, not preconditioned".
        steps: initial number of steps, from 1 to 40.

    Raises:
        PictureError: a picture cannot be used.
        SettingsError: there is no optimizer of that name, or a number is out of range.
    """
    import ipywidgets

    from stylelab.panels.slider import Slider, log_spaced

    optimizers = as_subset("optimizers", optimizers, tuple(OPTIMIZERS))
    steps = as_integer("steps", steps, 1, MAX_STEPS)
    style_weight = as_number("style_weight", style_weight, 0)
    start = load_resized(photo, MAX_SIDE)
    loss = content(start) + style_weight * style(load_resized(painting, MAX_SIDE))

    def begin(entry: Entry, last: Step | None) -> Iterator[Step]:
        name, rate = entry
        settings = {} if rate is None else {"learning_rate": rate}
        objective = loss.objective(start.shape)  # compiled once, when it is needed
        return OPTIMIZERS[name](objective, start=last or start, steps=MAX_STEPS, **settings)

    runs: RunCache[Entry] = RunCache(begin, MAX_STEPS)
    slider = partial(Slider, name_width="12em")
    widgets = {
        name: ipywidgets.Checkbox(
            name in optimizers, description=name, indent=False,
            layout=ipywidgets.Layout(width="auto", margin="0 1.5em 0 0"),
        )
        for name in OPTIMIZERS
    } | {
        "descent_rate": slider("rate, gradient descent", log_spaced(-1, 2), 2),
        "adam_rate": slider("rate, Adam", log_spaced(-3, 0), 0.02),
        "steps": slider("steps", range(1, MAX_STEPS + 1), steps),
    }  # fmt: skip

    def draw(**values: Any) -> CourseFigure:
        runs_so_far: Any = {
            entry: runs.steps_so_far(entry, int(values["steps"])) for entry in _entries(values)
        }
        named = {_entry_name(entry): steps_so_far for entry, steps_so_far in runs_so_far.items()}
        colours = {_entry_name(entry): COLOURS[entry[0]] for entry in runs_so_far}
        return plot_optimizer_race(named, start=start, colours=colours)

    def work(**values: Any) -> Iterator[WorkProgress]:
        entries, steps = _entries(values), int(values["steps"])
        if not runs.begun:
            yield WorkProgress(0, PREPARING)
        for entry, steps_done in runs.advance(entries, steps, interleaved=True):
            share = sum(runs.steps_done(entry, steps) for entry in entries) / (steps * len(entries))
            yield WorkProgress(share, f"{_entry_name(entry)}: step {steps_done} of {steps}")

    def missing_message(**values: Any) -> str:
        steps = int(values["steps"])
        behind = [entry for entry in _entries(values) if runs.steps_done(entry, steps) < steps]
        if not behind:
            return ""
        names = "; ".join(_entry_name(entry) for entry in behind)
        return f"Not at step {steps} yet: {names}. Press Run."

    return BackgroundControl(draw, work, missing_message, widgets, _layout)


def _entries(values: Mapping[str, Any]) -> list[Entry]:
    """The selected optimizers and their learning rates."""
    entries: list[Entry] = []
    for name in OPTIMIZERS:
        if values[name]:
            # Three digits, as the slider shows them: the rate shown is the rate used.
            rate = float(f"{values[RATES[name]]:.3g}") if name in RATES else None
            entries.append((name, rate))
    if not entries:
        raise SettingsError("Expected at least one optimizer. Received: none. Select one above.")
    return entries


def _entry_name(entry: Entry) -> str:
    name, rate = entry
    return name if rate is None else f"{name}, rate {format_number(rate)}"


def _layout(widgets: Mapping[str, Any]) -> Any:
    import ipywidgets

    boxes = [widgets[name] for name in OPTIMIZERS]
    sliders = [widget for name, widget in widgets.items() if name not in OPTIMIZERS]
    row = ipywidgets.HBox(boxes, layout=ipywidgets.Layout(flex_flow="row wrap"))
    return ipywidgets.VBox([row, *sliders])
