"""Control of notebook 08: a run played again, its picture and its losses at any step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylelab.course.figures.transfer import plot_replay
from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_integer
from stylelab.panels.control import Control

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylelab.course.figures import CourseFigure
    from stylelab.optimizers.step import Step


def run_replay(steps: Sequence[Step], step: int | None = None) -> Control:
    """Show the picture and the losses of a finished run, with the step on a slider.

    Args:
        steps: the steps of the run, the start first, as in `list(sl.lbfgs(…))`; at least two.
        step: the step to begin with; the last one without it.

    Raises:
        SettingsError: there are fewer than two steps, or there is no such step.
    """
    from stylelab.panels.slider import Slider

    if len(steps) < 2:  # noqa: PLR2004 - a start and one step
        raise SettingsError(
            f"Expected at least two steps to replay. Received: {len(steps)}. "
            "Collect them with list(…), the start among them."
        )
    last = len(steps) - 1
    first_shown = last if step is None else as_integer("step", step, 0, last)

    def draw(step: float) -> CourseFigure:
        return plot_replay(steps, int(step))

    return Control(draw, {"step": Slider("step", range(len(steps)), first_shown)})
