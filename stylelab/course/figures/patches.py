"""Figures of notebook 03: what a channel responds to in many pictures, and what excites it most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    CourseFigure,
    new_figure,
    text_colour_on,
    validate_not_empty,
)
from stylelab.course.figures.features import INTERPOLATION, PAGE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.course.patches import Peak
    from stylelab.pictures.images import Picture

SHADES = 7
"""Shades of a table's cells: few, so that its file stays small."""

PATCHES = 6
"""Patches of a channel, in two rows."""


def show_peaks(peaks: Sequence[Peak], *, alt: str | None = None) -> CourseFigure:
    """Show as a table how strongly a channel fires at most, by picture and size.

    Args:
        peaks: of one channel, in each picture and size.
        alt: what the figure shows, in words; by default the values by picture.

    Raises:
        SettingsError: there is nothing to show.
    """
    from matplotlib import colormaps

    validate_not_empty(peaks, "peak")
    names = list(dict.fromkeys(peak.name for peak in peaks))
    sizes = sorted({peak.size for peak in peaks})
    table = np.full((len(names), len(sizes)), np.nan)
    for peak in peaks:
        table[names.index(peak.name), sizes.index(peak.size)] = peak.value
    with new_figure(5.6, 0.3 * len(names) + 0.7, layout="constrained") as figure:
        axes = figure.add_subplot()
        shades = colormaps["Reds"].resampled(SHADES)
        image = axes.imshow(table, cmap=shades, vmin=0, vmax=np.nanmax(table) or 1, aspect="auto")
        for (row, column), value in np.ndenumerate(table):
            if not np.isnan(value):
                colour = text_colour_on(np.ravel(image.cmap(image.norm(value))).tolist())
                axes.text(column, row, f"{value:.0f}", color=colour, ha="center", va="center")
        axes.set_yticks(range(len(names)), names)
        axes.set_xticks(range(len(sizes)), [f"{size} pixels" for size in sizes])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    rows = "; ".join(
        f"{name} {', '.join(f'{value:.0f}' for value in row)}"
        for name, row in zip(names, table, strict=True)
    )
    words = f"A table of the largest activations, with {', '.join(map(str, sizes))} pixels: {rows}."
    return CourseFigure(figure, alt or words)


def show_top_patches(
    peaks: Mapping[str, Sequence[Peak]], excited: Mapping[str, Picture]
) -> CourseFigure:
    """Show for some channels a picture made to excite each, large, and its strongest patches beside it.

    Each sample gives one patch: that of the size in which it excites the channel most.

    Args:
        peaks: of each channel, in each sample and size, by the channel's title.
        excited: pictures made by activation maximisation, by the same titles.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(peaks, "channel")
    side = PAGE_WIDTH / (2 + PATCHES / 2)
    described = []
    with new_figure(PAGE_WIDTH, len(peaks) * 2 * (side + 0.4), layout="constrained") as figure:
        parts: Any = figure.subfigures(len(peaks), 1, squeeze=False)
        for part, (title, found) in zip(parts[:, 0], peaks.items(), strict=True):
            grid = part.add_gridspec(2, 2 + PATCHES // 2)
            large = part.add_subplot(grid[:, :2])
            small = [part.add_subplot(grid[y, 2 + x]) for y, x in np.ndindex(2, PATCHES // 2)]
            for axes in (large, *small):
                axes.set_axis_off()
                axes.set_anchor("N")
            large.imshow(excited[title], interpolation=INTERPOLATION)
            large.set_title(f"{title}: made to excite it", fontsize=11)
            best = best_by_name(found)[:PATCHES]
            for axes, peak in zip(small, best, strict=False):
                axes.imshow(peak.patch(), interpolation=INTERPOLATION)
                axes.set_title(f"{peak.name}\n{peak.size} px: {peak.value:.0f}", fontsize=9)
            described.append(f"{title}: {', '.join(f'{one.name} {one.value:.0f}' for one in best)}")
    alt = (
        "For each channel a picture made to excite it, and the patches of different samples at which "
        f"it fires most. {'; '.join(described)}."
    )
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def best_by_name(peaks: Sequence[Peak]) -> list[Peak]:
    """The strongest peak of each sample, strongest first; those of 0 are left out."""
    best: dict[str, Peak] = {}
    for peak in sorted(peaks, key=lambda peak: -peak.value):
        if peak.value > 0:
            best.setdefault(peak.name, peak)
    return list(best.values())
