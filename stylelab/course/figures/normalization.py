"""Figures of notebook 17: which numbers share a mean, and a picture in a mixture of styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import add_picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.pictures.images import Picture

PICTURES, CHANNELS = 4, 3
"""Rows and columns of `show_normalization_groups`: a batch, and some of a layer's channels."""

MIXTURE_WIDTH = 0.62
"""Width of the picture of `show_mixture`, as a share of the figure's."""


def show_normalization_groups() -> CourseFigure:
    """Show maps of a batch three times: a box around those with one mean and one variance."""
    # How many pictures share a mean.
    panels = {"instance: 12 means": 1, "batch: 3 means": PICTURES, "none: no mean": 0}
    with new_figure(WIDTH, 3.1) as figure:
        for number, (title, together) in enumerate(panels.items()):
            axes = figure.add_axes((0.075 + 0.315 * number, 0.02, 0.27, 0.78))
            axes.set(xlim=(0, CHANNELS), ylim=(PICTURES, 0))
            axes.set_axis_off()
            axes.set_title(title, pad=22, loc="left")
            high = together or 1
            for box, (row, column) in enumerate(np.ndindex(PICTURES // high, CHANNELS), 1):
                corner = (column + 0.04, row * high + 0.05)
                if not together:
                    draw_rectangle(axes, corner, 0.92, 0.9, edgecolor=FAINT_INK, linestyle="--")
                    continue
                colour = SERIES_COLOURS[column]
                draw_rectangle(axes, corner, 0.92, high - 0.1, facecolor=colour)
                axes.text(column + 0.5, (row + 0.5) * high, rf"$\mu_{{{box}}}$", color="white",
                          ha="center", va="center", fontsize=14)  # fmt: skip
            for column in range(CHANNELS):
                axes.text(column + 0.5, -0.12, f"channel {column + 1}", ha="center", va="bottom",
                          fontsize=9, color=FAINT_INK)  # fmt: skip
            for row in range(PICTURES) if number == 0 else ():
                axes.text(-0.08, row + 0.5, f"picture {row + 1}", ha="right", va="center",
                          fontsize=9, color=FAINT_INK)  # fmt: skip
    return CourseFigure(
        figure,
        "Three tables of four pictures by three channels. Instance: twelve boxes, each with a mean of "
        "its own. Batch: a box for each channel, over all four pictures. None: twelve empty frames.",
    )


def show_mixture(image: Picture, shares: Mapping[str, float]) -> CourseFigure:
    """Show a picture, and beside it how much each style counts, as bars.

    Args:
        image: (H, W, 3).
        shares: how much each style counts, from 0 to 1, by name.

    Raises:
        SettingsError: there is no style.
    """
    validate_not_empty(shares, "style")
    shares = {name.replace("_", " "): share for name, share in shares.items()}
    across = MIXTURE_WIDTH * WIDTH
    height = across * image.shape[0] / image.shape[1]
    with new_figure(WIDTH, height) as figure:
        add_picture(figure, (0, 0, MIXTURE_WIDTH, 1), image, interpolation="bicubic")
        axes = figure.add_axes((MIXTURE_WIDTH + 0.17, 0.06, 0.18, 0.88))
        places = range(len(shares))
        axes.barh(places, list(shares.values()), color=SERIES_COLOURS[0], height=0.7)
        for place, share in zip(places, shares.values(), strict=True):
            axes.text(share + 0.03, place, f"{share:.0%}", va="center", color=INK)
        axes.set_yticks(places, list(shares))
        axes.set(xlim=(0, 1.2), ylim=(len(shares) - 0.4, -0.6), xticks=[])
        axes.tick_params(axis="y", length=0)
        axes.spines["bottom"].set_visible(False)
        axes.grid(visible=False)
    parts = ", ".join(f"{share:.0%} {name}" for name, share in shares.items() if share)
    described = f"A photo painted in a mixture of styles: {parts}."
    return CourseFigure(figure, described, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)
