"""Control of notebook 06: smoothing of a picture, with the fidelity λ on a slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures import CourseFigure, show_pictures
from stylelab.losses.variational import solve_smoothing
from stylelab.panels.arguments import as_number
from stylelab.panels.control import Control
from stylelab.panels.messages import format_number
from stylelab.samples.catalogue import load_image_or_sample

if TYPE_CHECKING:
    from stylelab.pictures.images import PictureSource

MIN_EXPONENT, MAX_EXPONENT = -2, 2
"""The slider's ends, as powers of ten."""


def smoothing(picture: PictureSource, fidelity: float = 0.1) -> Control:
    """Show a picture X, beside it C = argmin ‖∇C‖² + λ‖C − X‖², with λ on a slider, and X − C.

    Args:
        picture: X: a sample's name, or anything that `load_image` takes.
        fidelity: initial λ, from 0.01 to 100.

    Raises:
        PictureError: the picture cannot be used.
        SettingsError: `fidelity` is not a number from 0.01 to 100.
    """
    from stylelab.panels.slider import Slider, log_spaced

    fidelity = as_number("fidelity", fidelity, 10.0**MIN_EXPONENT, 10.0**MAX_EXPONENT)
    target = load_image_or_sample(picture)
    slider = Slider("λ", log_spaced(MIN_EXPONENT, MAX_EXPONENT), fidelity)

    def draw(fidelity: float) -> CourseFigure:
        smooth = solve_smoothing(target, fidelity).astype(np.float32)
        residual = target - smooth
        return show_pictures(
            {
                "X, the picture": target,
                f"C for λ = {format_number(fidelity)}": smooth,
                "X − C, around gray": 0.5 + residual,
            },
            alt=f"A picture, the same smoothed with a fidelity of {format_number(fidelity)}, and what "
            f"was taken away, {np.abs(residual).mean():.3f} of full brightness on average.",
        )

    return Control(draw, {"fidelity": slider})
