"""Control of notebook 02: the nine weights of a 3×3 kernel, and the picture filtered with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.convolution import show_edited_kernel
from stylelab.errors import SettingsError
from stylelab.network.convolution import KERNELS, filter_image
from stylelab.panels.control import Control
from stylelab.panels.messages import format_number
from stylelab.panels.run_cache import load_resized
from stylelab.pictures.validation import describe_received

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.course.figures import CourseFigure
    from stylelab.pictures.images import PictureSource

CUSTOM = "your own"
"""Entry of the list of presets for weights that are none of them."""

MAX_SIDE = 256
"""Long side, in pixels, of the picture shown: larger ones would respond slowly."""

MAX_WEIGHT = 1000
"""Largest absolute weight: with larger ones the filtered picture shows nothing."""


class KernelEditor(Control):
    """Nine fields, a list of well-known kernels that fills them, and the filtered picture below."""

    def __init__(self, picture: PictureSource, preset: str = "vertical edges") -> None:
        import ipywidgets

        if not isinstance(preset, str) or preset not in KERNELS:
            raise SettingsError(
                f"Expected preset: one of the kernels {', '.join(KERNELS)}. "
                f"Received: {describe_received(preset)}."
            )
        shown = load_resized(picture, MAX_SIDE)
        presets = ipywidgets.Dropdown(
            options=[*KERNELS, CUSTOM],
            value=preset,
            description="kernel",
            tooltip="well-known kernels",
        )
        fields = {
            f"row {row + 1}, column {column + 1}": ipywidgets.FloatText(
                value=_rounded(KERNELS[preset][row, column]),
                step=0.5,
                # For screen readers only: on screen, the position says the same.
                description=f"row {row + 1}, column {column + 1}",
                style={"description_width": "0px"},
                tooltip=f"row {row + 1}, column {column + 1} of the kernel",
                layout=ipywidgets.Layout(width="5em", margin="1px"),
            )
            for row in range(3)
            for column in range(3)
        }

        def draw(kernel: str, **numbers: float) -> CourseFigure:
            # A named kernel is used with all its digits; the fields show rounded ones.
            values = KERNELS.get(kernel, np.reshape(list(numbers.values()), (3, 3)))
            _validate_kernel(values)
            # Without padding, so that the value range is that of the picture and not of its border.
            return show_edited_kernel(shown, values, filter_image(shown, values, padding="valid"))

        super().__init__(draw, {"kernel": presets, **fields}, _layout)

    def _update_others(self, changed: Any) -> None:
        """Fill the fields with the chosen kernel; after a field has changed, it is none of them."""
        presets, *fields = self.widgets.values()
        if changed is not presets:
            presets.value = CUSTOM
        elif presets.value != CUSTOM:
            for field, value in zip(fields, KERNELS[presets.value].flat, strict=True):
                field.value = _rounded(value)


def kernel_editor(picture: PictureSource, preset: str = "vertical edges") -> KernelEditor:
    """Edit a 3×3 kernel and see the picture filtered with it.

    Args:
        picture: a sample's name, or anything that `load_image` takes; shown at 256 pixels at most.
        preset: name of the initial kernel; see `stylelab.KERNELS`.

    Raises:
        PictureError: the picture cannot be used.
        SettingsError: there is no kernel of that name.
    """
    return KernelEditor(picture, preset)


def _layout(widgets: Mapping[str, Any]) -> Any:
    import ipywidgets

    presets, *fields = widgets.values()
    rows = [ipywidgets.HBox(fields[start : start + 3]) for start in (0, 3, 6)]
    return ipywidgets.VBox([presets, *rows])


def _rounded(value: Any) -> float:
    return round(float(value), 4)


def _validate_kernel(kernel: Any) -> None:
    sizes = np.abs(kernel)
    if not (sizes <= MAX_WEIGHT).all():  # false for NaN too
        worst = np.ravel(kernel)[np.argmax(sizes)]  # NaN counts as the largest
        raise SettingsError(
            f"Expected a number from −{MAX_WEIGHT} to {MAX_WEIGHT} in each of the nine fields. "
            f"Received: {format_number(worst)}. Enter another number; until then the picture "
            "stays as it was."
        )
