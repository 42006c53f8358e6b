"""A slider with a name and a number that screen readers read out.

The sliders of ipywidgets have no name for a screen reader, and a logarithmic one reads out the exponent
instead of the number. This one is the browser's own, over a list of numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import numpy as np
import traitlets

from stylelab.panels.assets import read_module
from stylelab.panels.messages import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

STYLE = """
.stylelab-slider { margin: 0 2px; }
.stylelab-slider label { display: flex; align-items: center; gap: 8px;
  color: var(--jp-ui-font-color1, inherit); font-size: var(--jp-widgets-font-size, 13px); }
.stylelab-slider label > :first-child { text-align: right; flex: none; }
.stylelab-slider input { flex: 1; min-width: 5em; max-width: 24em; margin: 4px 0;
  accent-color: var(--jp-brand-color1, #1976d2); }
.stylelab-slider input:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2);
  outline-offset: 2px; }
.stylelab-slider-number { width: 4em; font-variant-numeric: tabular-nums; }
"""


class Slider(anywidget.AnyWidget):
    """A number from a list, set when the handle is released.

    Args:
        name: shown before the slider.
        numbers: the numbers to choose from, in ascending order.
        value: the initial number. One between two of `numbers` is kept until the slider is moved; one
            outside their range becomes the nearest end.
        name_width: width of the name, a CSS length; the same for sliders below each other.
    """

    _esm: ClassVar[str] = read_module("slider")
    _css: ClassVar[str] = STYLE

    name = traitlets.Unicode().tag(sync=True)
    name_width = traitlets.Unicode().tag(sync=True)
    numbers = traitlets.List(traitlets.Float()).tag(sync=True)
    texts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    value = traitlets.Float().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        name: str,
        numbers: Sequence[float],
        value: float,
        *,
        name_width: str = "80px",
        **traits: Any,
    ) -> None:
        super().__init__(
            name=name,
            name_width=name_width,
            numbers=list(numbers),
            texts=[format_number(number) for number in numbers],
            **traits,
        )
        self.value = float(value)  # traitlets takes no NumPy numbers
        self.text = format_number(self.value)  # 0 is no change, so that nobody would write it

    @traitlets.validate("value")
    def _clip_value(self, proposal: Any) -> float:
        return min(max(float(proposal["value"]), self.numbers[0]), self.numbers[-1])

    @traitlets.observe("value")
    def _update_text(self, change: Any) -> None:
        self.text = format_number(change["new"])


def log_spaced(lowest: int, highest: int) -> list[float]:
    """Numbers from 10^lowest to 10^highest, ten to a power of ten, each 1.26 times the one before."""
    exponents = np.linspace(lowest, highest, 10 * (highest - lowest) + 1)
    return [float(f"{10**exponent:.3g}") for exponent in exponents]
