"""Figures of notebook 15: pictures with credits, a chart of licences, the parts of a file."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import add_picture
from stylelab.errors import SettingsError
from stylelab.rights.licences import CHART, LICENCES, RESULT_LICENCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stylelab.pictures.images import Picture

PERMITTED, RESULT = "#0b7fab", "#d1495b"
PART_COLOURS = {
    "pixels": "#c9d3dc",
    "settings": "#7a8f2a",
    "rights (XMP)": "#0b7fab",
    "C2PA manifest": "#d1495b",
    "rest": "#8a96a3",
}
"""Colour of each part of a file; colour-blind readers can distinguish them."""

LINE_LENGTH = 42
"""Letters in a line of a label below a picture of a third of the width."""

FULL_LINE_LENGTH = 122
"""Letters in a line across the figure."""


def show_credits(
    entries: Mapping[str, tuple[Picture, str]], *, below: str = "", alt: str | None = None
) -> CourseFigure:
    """Show pictures side by side, each with its credit below.

    Args:
        entries: a picture (H, W, 3) and its credit, by title.
        below: a credit too long for a column: it stands below all, across the figure.
        alt: what they show, in words; by default titles and credits.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "picture")
    ratios = [image.shape[1] / image.shape[0] for image, _ in entries.values()]
    height = WIDTH / sum(ratios)
    labels = [
        textwrap.fill(credit, max(12, round(3 * LINE_LENGTH * ratio / sum(ratios))))
        for (_, credit), ratio in zip(entries.values(), ratios, strict=True)
    ]
    across = textwrap.wrap(below, FULL_LINE_LENGTH)
    above, line, gap = 0.32, 0.19, 0.14
    label_height = line * max(label.count("\n") + 1 for label in labels)
    foot = gap + line * len(across) if across else 0.0
    under = gap + label_height + foot
    full = above + height + under
    words: dict[str, Any] = {"va": "top", "fontsize": 9.5, "color": INK, "linespacing": 1.25}
    with new_figure(WIDTH, full) as figure:
        left = 0.0
        for (title, (image, _)), ratio, label in zip(entries.items(), ratios, labels, strict=True):
            share = ratio / sum(ratios)
            place = (left + 0.005, under / full, share - 0.01, height / full)
            add_picture(figure, place, image, title, pad=5)
            figure.text(left + 0.006, (under - 0.08) / full, label, **words)
            left += share
        if across:
            figure.text(0.006, (foot - gap / 2) / full, "\n".join(across), **words)
    descriptions = "; ".join(f"{title}: {credit}" for title, (_, credit) in entries.items())
    said = f"Pictures with their credits. {descriptions}" + (f" Below: {below}" if below else "")
    return CourseFigure(figure, alt or said, kind="jpeg")


def show_licence_chart(inputs: Mapping[str, str], *, alt: str | None = None) -> CourseFigure:
    """Show which licences a result may have: a row for each picture, and one for all together.

    Args:
        inputs: keys of licences (`"CC-BY-SA-4.0"`) by the name of the picture.
        alt: what the figure shows, in words; by default the rows.

    Raises:
        SettingsError: there is nothing to show, or a key is not in the chart.
    """
    unknown = [key for key in inputs.values() if key not in CHART]
    if unknown or not inputs:
        raise SettingsError(
            f"Expected licences of the chart: {', '.join(CHART)}. "
            f"Received: {', '.join(unknown) or 'none'}."
        )
    rows = {f"{name}: {LICENCES[key].name}": CHART[key] for name, key in inputs.items()}
    together = frozenset.intersection(*rows.values())
    # All are of the same version, which the axis names once.
    columns = [LICENCES[key].name.removeprefix("CC ").split()[0] for key in RESULT_LICENCES]
    count = len(rows)
    above, tall = 0.72, 0.42 * (count + 1)
    with new_figure(WIDTH, above + tall) as figure:
        axes = figure.add_axes((0.27, 0.01, 0.71, tall / (above + tall) - 0.01))
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.axhspan(count - 0.5, count + 0.5, color="#fbeef0")
        for number, permitted in enumerate([*rows.values(), together]):
            colour = RESULT if number == count else PERMITTED
            inside = np.array([key in permitted for key in RESULT_LICENCES])
            dots, crosses = np.flatnonzero(inside), np.flatnonzero(~inside)
            axes.scatter(dots, np.full(len(dots), number), s=190, color=colour, zorder=3)
            axes.scatter(crosses, np.full(len(crosses), number), s=26, color=FAINT_INK, marker="x")
        axes.set(
            xticks=range(len(columns)), xticklabels=columns, yticks=range(count + 1),
            yticklabels=[*rows, "the result"], xlim=(-0.5, len(columns) - 0.5),
            ylim=(count + 0.5, -0.5),
        )  # fmt: skip
        axes.tick_params(length=0, pad=6)
        axes.xaxis.tick_top()
        axes.set_xlabel(
            "licence that the result may carry (CC0 1.0, Creative Commons 4.0)", labelpad=8
        )
        axes.xaxis.set_label_position("top")
        axes.get_yticklabels()[-1].set(color=RESULT, fontweight="bold")
    words = ["A chart of the licences that a result may carry"]
    words += [f"{row} permits {_name_licences(keys)}" for row, keys in rows.items()]
    words += [f"All together: {_name_licences(together)}."]
    return CourseFigure(figure, alt or ". ".join(words))


def _name_licences(keys: frozenset[str]) -> str:
    return ", ".join(LICENCES[key].name for key in RESULT_LICENCES if key in keys) or "none"


def plot_png_sizes(files: Mapping[str, Mapping[str, int]]) -> CourseFigure:
    """Plot the sizes of the parts of PNG files, a stacked bar for each file.

    Args:
        files: bytes by part (see `png_part_sizes`), by the file's name.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(files, "file")
    above, below, tall = 0.42, 0.58, 0.5 * len(files)
    full = above + tall + below
    with new_figure(WIDTH, full) as figure:
        axes = figure.add_axes((0.2, below / full, 0.77, tall / full))
        for row, parts in enumerate(files.values()):
            left = 0.0
            for part, colour in PART_COLOURS.items():
                size = parts.get(part, 0) / 1000
                axes.barh(row, size, left=left, color=colour, height=0.62)
                left += size
        for part, colour in PART_COLOURS.items():
            if any(part in parts for parts in files.values()):
                axes.barh(0, 0, color=colour, label=part)
        axes.set(
            yticks=range(len(files)), yticklabels=list(files), ylim=(len(files) - 0.5, -0.5),
            xlabel="size (thousand bytes)",
        )  # fmt: skip
        axes.grid(visible=False, axis="y")
        axes.set_axisbelow(True)
        figure.legend(loc="upper center", ncols=len(PART_COLOURS), frameon=False, fontsize=10)
    words = ["Bars of what files hold, in thousand bytes"]
    for name, parts in files.items():
        held = (f"{part} {parts[part] / 1000:.1f}" for part in PART_COLOURS if part in parts)
        words.append(f"{name}: {', '.join(held)}")
    return CourseFigure(figure, f"{'. '.join(words)}.")
