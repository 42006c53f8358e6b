"""Control of notebook 07: four optimizers walk down a loss of two numbers from a start that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.optimizers import plot_optimizer_paths
from stylelab.course.walks import walks
from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_integer, as_number
from stylelab.panels.control import Control

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from stylelab.course.figures import CourseFigure

    Function = Callable[[Any], tuple[float, Any]]

MAX_STEPS = 60
MOMENTA = [round(0.05 * number, 2) for number in range(20)]


def optimizer_walks(
    function: Function,
    start: Sequence[float] | NDArray[np.float64],
    *,
    box: tuple[float, float, float, float],
    lowest: tuple[float, float] = (0.0, 0.0),
    rate: float = 0.03,
    momentum: float = 0.9,
    adam_rate: float = 0.3,
    steps: int = 20,
) -> Control:
    """Move the start, and watch gradient descent, momentum, Adam and L-BFGS walk from there.

    Gradient descent and momentum have one learning rate, Adam its own. Momentum is that of Sutskever
    et al. (2013, equations 1 and 2): v ← μ·v − η·∇L(x), x ← x + v.

    Args:
        function: returns (loss, gradient) for an array of two numbers.
        start: the point at which all begin, inside the box.
        box: (left, right, bottom, top) of the part shown, and the range of the start.
        lowest: the minimum of the loss; marked by a star.
        rate: initial learning rate of gradient descent and momentum, from 0.001 to 0.1.
        momentum: initial μ, from 0 to 0.95.
        adam_rate: initial learning rate of Adam, from 0.01 to 10.
        steps: number of steps, from 1 to 60.

    Raises:
        SettingsError: a number is out of range.
    """
    from stylelab.panels.slider import Slider, log_spaced

    left, right, bottom, top = box
    if len(start) != 2 or not (left <= start[0] <= right and bottom <= start[1] <= top):  # noqa: PLR2004
        raise SettingsError(
            f"Expected a start (x, y) inside the box {box}. Received: {tuple(start)}. "
            "Move the start, or enlarge the box."
        )
    steps = as_integer("steps", steps, 1, MAX_STEPS)
    width = {"name_width": "14em"}
    widgets = {
        "x": Slider("start, x", _spaced(left, right), float(start[0]), **width),
        "y": Slider("start, y", _spaced(bottom, top), float(start[1]), **width),
        "rate": Slider(
            "rate, descent and momentum", log_spaced(-3, -1), as_number("rate", rate, 0.001, 0.1),
            **width,
        ),
        "momentum": Slider("momentum", MOMENTA, as_number("momentum", momentum, 0, 0.95), **width),
        "adam_rate": Slider(
            "rate, Adam", log_spaced(-2, 1), as_number("adam_rate", adam_rate, 0.01, 10), **width
        ),
    }  # fmt: skip

    def draw(x: float, y: float, rate: float, momentum: float, adam_rate: float) -> CourseFigure:
        numbers: Any = {"rate": rate, "momentum": momentum, "adam_rate": adam_rate}
        points = walks(function, np.array([x, y]), steps, **numbers)
        titles = {
            "gradient descent": f"gradient descent, rate {rate:.3g}",
            "momentum": f"momentum {momentum:.2g}, rate {rate:.3g}",
            "Adam": f"Adam, rate {adam_rate:.3g}",
            "L-BFGS": "L-BFGS",
        }
        named = {title: points[name] for name, title in titles.items()}
        return plot_optimizer_paths(function, named, box=box, lowest=lowest)

    return Control(draw, widgets)


def _spaced(low: float, high: float) -> list[float]:
    """Numbers 0.1 apart inside a range."""
    return [round(0.1 * n, 1) for n in range(int(np.ceil(10 * low)), int(np.floor(10 * high)) + 1)]
