"""Figures of notebook 08: grids of pictures, receptive fields by size, a path, a run's replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    FAINT_INK,
    INK,
    TERM_COLOURS,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    new_figure,
)
from stylelab.course.figures.optimizers import CONTOUR_COLOURS, PATH_COLOUR
from stylelab.course.figures.pictures import add_picture, describe_picture
from stylelab.errors import SettingsError
from stylelab.network.layer_facts import layer_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import Picture

GRID_GAP = 0.05
LABEL_ROOM = 0.34
"""Inches between the pictures of a grid, and for the names of rows and columns."""


def show_picture_grid(
    entries: Mapping[str, Mapping[str, Picture | None]],
    *,
    larger: tuple[str, str] | None = None,
    alt: str | None = None,
    width: float = WIDTH,
) -> CourseFigure:
    """Show pictures in a grid, with the names of rows at the left and of columns above.

    Args:
        entries: pictures (H, W, 3) by column, by row; all rows with the same columns in one order, all
            pictures of one aspect ratio. None leaves a cell free for a picture still to come. A single
            row may be named `""`.
        larger: row and column of a picture to show once more, larger, at the right.
        alt: what the figure shows, in words; by default the names and the pictures' parts.
        width: of the whole figure, in inches.

    Raises:
        SettingsError: there is nothing to show, or the rows have different columns.
    """
    rows = list(entries)
    names = list(entries[rows[0]]) if rows else []
    if not names or any(list(entries[row]) != names for row in rows):
        raise SettingsError(
            "Expected rows of pictures, all with the same columns in one order. "
            f"Received: { ({row: list(entries[row]) for row in rows}) }."
        )
    if larger is not None and not (larger[0] in rows and larger[1] in names):
        raise SettingsError(
            f"Expected the names of a row ({', '.join(rows)}) and of a column ({', '.join(names)}). "
            f"Received: {larger!r}."
        )
    images = [image for row in entries.values() for image in row.values() if image is not None]
    ratio = images[0].shape[0] / images[0].shape[1] if images else 2 / 3
    larger_width = LARGER_SHARE * width if larger else 0.0
    beside = LABEL_ROOM if any(rows) else 0.0
    across = (width - larger_width - beside) / len(names)
    across = min(across, 0.6 * larger_width) if larger else across
    width = beside + len(names) * across + larger_width
    down = (across - GRID_GAP) * ratio + GRID_GAP
    height = LABEL_ROOM + max(len(rows) * down, larger_width * ratio)
    font_size = min(11.0, POINTS_PER_INCH * down / max(1, *map(len, rows)))
    with new_figure(width, height) as figure:
        for i, row in enumerate(rows):
            top = LABEL_ROOM + i * down
            middle = 1 - (top + down / 2) / height
            figure.text(
                LABEL_ROOM / 2 / width, middle, row, rotation=90, ha="center", va="center",
                fontsize=font_size,
            )  # fmt: skip
            for j, name in enumerate(names):
                left = beside + j * across
                place = (
                    (left + GRID_GAP / 2) / width, 1 - (top + down - GRID_GAP / 2) / height,
                    (across - GRID_GAP) / width, (down - GRID_GAP) / height,
                )  # fmt: skip
                axes = add_picture(
                    figure, place, entries[row][name], "" if i else name, pad=6,
                    placeholder="not yet", interpolation="bilinear",
                )  # fmt: skip
                if larger == (row, name):
                    axes.spines[:].set(visible=True, edgecolor=SERIES_COLOURS[1], linewidth=3)
        if larger:
            left = (width - larger_width + 2 * GRID_GAP) / width
            tall = (1 - left) * width * ratio
            bottom = 1 - (LABEL_ROOM + GRID_GAP / 2 + tall) / height
            add_picture(
                figure, (left, bottom, 1 - left, tall / height), entries[larger[0]][larger[1]],
                ", ".join(larger), pad=6, color=SERIES_COLOURS[1], placeholder="not painted yet",
                interpolation="bilinear",
            )  # fmt: skip
    alt = alt or _describe_grid(entries, larger)
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


LARGER_SHARE = 0.46
"""Share of a figure's width that the larger picture takes."""

POINTS_PER_INCH = 108.0
"""Font size, in points, at which one letter is an inch wide."""


def _describe_grid(
    entries: Mapping[str, Mapping[str, Picture | None]], larger: tuple[str, str] | None
) -> str:
    rows = list(entries)
    words = f"A grid of pictures. Rows: {', '.join(rows)}. Columns: {', '.join(entries[rows[0]])}."
    if larger:
        words += f" At the right, larger: {', '.join(larger)}."
    pending = count = 0
    for row, images in entries.items():
        for name, image in images.items():
            count += 1
            if image is None:
                pending += 1
            else:
                words += f" {row} and {name}, {describe_picture(image)}."
    return words + (f" {pending} of {count} are not painted yet." if pending else "")


def show_receptive_fields_by_size(photos: Sequence[Picture], layers: Sequence[str]) -> CourseFigure:
    """Show one photo at several sizes, with the receptive field of each layer on it.

    Args:
        photos: the photo (H, W, 3) at several sizes. All are drawn equally large.
        layers: names of layers; the receptive field of each is a square around the middle.
    """
    fields = {name: layer_facts(name).receptive_field for name in layers}
    margin = 0.05  # of the long side: a square may be larger than the picture
    long_sides = [max(photo.shape[:2]) for photo in photos]
    smallest = photos[long_sides.index(min(long_sides))]
    rows, columns = np.array(smallest.shape[:2]) / min(long_sides)
    page = WIDTH
    tall = page / len(photos) * (rows + 2 * margin) / (columns + 2 * margin)
    with new_figure(page, tall + 0.8) as figure:
        lines: list[Any] = []
        for number, (photo, long_side) in enumerate(zip(photos, long_sides, strict=True)):
            place = (
                number / len(photos),
                0.42 / (tall + 0.8),
                1 / len(photos),
                tall / (tall + 0.8),
            )
            axes = figure.add_axes(place)
            height, width = photo.shape[:2]
            beyond = margin * long_side
            pale = 0.85 * photo + 0.15  # with alpha, Matplotlib leaves lines between pixels
            axes.imshow(pale, extent=(0, width, height, 0), interpolation="nearest")
            axes.set(xlim=(-beyond, width + beyond), ylim=(height + beyond, -beyond))
            axes.set_axis_off()
            axes.set_title(f"{long_side} px", pad=2)
            for field, colour in zip(fields.values(), SERIES_COLOURS, strict=False):
                corner = ((width - field) / 2, (height - field) / 2)
                style = {"edgecolor": colour, "linewidth": 2.5, "clip_on": False}
                draw_rectangle(axes, corner, field, field, **style)
            lines = list(axes.patches)
        labels = [f"{name}: {field} px" for name, field in fields.items()]
        figure.legend(lines, labels, loc="lower center", ncols=len(labels))
    sizes = ", ".join(map(str, long_sides))
    alt = (
        f"One photo at {sizes} pixels, drawn equally large. Squares show what one unit of "
        f"{', '.join(labels)} sees: always so many pixels, so the smaller the picture, the larger the "
        "share of it."
    )
    return CourseFigure(figure, alt, kind="jpeg")


def plot_replay(steps: Sequence[Step], number: int) -> CourseFigure:
    """Show the picture of one step of a run, and beside it the loss and its terms of all the steps.

    Args:
        steps: the steps, the start first.
        number: which step to show, from 0.

    Raises:
        SettingsError: there is no such step.
    """
    if not 0 <= number < len(steps):
        raise SettingsError(
            f"Expected the number of a step, from 0 to {len(steps) - 1}. Received: {number}."
        )
    step = steps[number]
    height, width = step.image.shape[:2]
    across = 4.4
    tall = max(across * height / width, 2.9)
    with new_figure(WIDTH, tall + 0.4) as figure:
        share = tall / (tall + 0.4)
        add_picture(
            figure, (0, 0, across / WIDTH, share), step.image, f"step {number}", pad=5,
            interpolation="bilinear",
        )  # fmt: skip
        axes = figure.add_axes((0.52, 0.17, 0.31, share - 0.17))
        curves = {"loss": [one.loss for one in steps]}
        curves |= {name: [one.terms[name] for one in steps] for name in step.terms}
        names = {name: name.replace("_", " ") for name in curves}
        for name, values in curves.items():
            colour = TERM_COLOURS.get(name, FAINT_INK)
            axes.plot(values, color=colour)
            axes.plot(number, values[number], "o", color=colour, clip_on=False)
        axes.set(ylim=(0, None), xlim=(0, max(1, len(steps) - 1)), xlabel="step")
        axes.set_ylabel("loss and its terms (no unit)")
        axes.axvline(number, color=FAINT_INK, linewidth=1, zorder=0)
        axes.locator_params(axis="x", integer=True)
        top = axes.get_ylim()[1]
        place = -1.0
        for name in sorted(curves, key=lambda name: curves[name][-1]):
            place = max(curves[name][-1] / top, place + 0.09)
            axes.annotate(
                f"{names[name]} {curves[name][number]:.2f}", (1, place), (6, 0), va="center",
                xycoords="axes fraction", textcoords="offset points",
                color=TERM_COLOURS.get(name, FAINT_INK),
            )  # fmt: skip
    now = ", ".join(f"{names[name]} {curves[name][number]:.2f}" for name in curves)
    alt = f"Step {number} of {len(steps) - 1}: {describe_picture(step.image)}. At this step: {now}."
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def plot_path_in_box(
    loss: Callable[[NDArray[np.float64]], tuple[float, object]],
    path: ArrayLike,
    marks: Mapping[str, tuple[float, float]],
    *,
    alt: str,
    low: float = -0.3,
    high: float = 1.6,
) -> CourseFigure:
    """Plot contours of a loss of two values, the box [0, 1]², and an optimizer path.

    Args:
        loss: a function of an array of shape (2,); its first result is drawn.
        path: points (n, 2), in order; may be empty.
        marks: points to mark, by name.
        alt: what the figure shows, in words.
        low: lower end of both axes.
        high: upper end of both axes.
    """
    places = np.linspace(low, high, 121)
    heights = np.array([[loss(np.array([x, y]))[0] for x in places] for y in places])
    points = np.asarray(path, float).reshape(-1, 2)
    with new_figure(5.4, 5.0, layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.grid(visible=False)
        levels = np.linspace(0, np.sqrt(np.ptp(heights)), 13) ** 2 + heights.min()
        # Without antialiasing the file is a third as large and looks the same.
        axes.contourf(
            places, places, heights, levels, cmap=CONTOUR_COLOURS, alpha=0.6, antialiased=False
        )
        draw_rectangle(axes, (0, 0), 1, 1, edgecolor=INK, linewidth=2.2)
        axes.annotate("the box", (0.02, 0.03), color=INK)
        if len(points):
            axes.plot(*points.T, "o-", color=PATH_COLOUR, markersize=6, label="path", zorder=3)
            axes.annotate(
                "start", tuple(points[0]), (0, 8), textcoords="offset points", ha="center"
            )
        for (name, place), colour, shape in zip(
            marks.items(), ("gold", SERIES_COLOURS[3], SERIES_COLOURS[4]), "*XD", strict=False
        ):
            axes.plot(
                *place, shape, color=colour, markersize=17 if shape == "*" else 11, zorder=4,
                markeredgecolor=INK if shape == "*" else "white", linestyle="none", label=name,
            )  # fmt: skip
            away = (22, -18) if shape == "*" else (-11, 0)
            axes.annotate(
                name, place, away, textcoords="offset points", ha="right", va="center", zorder=5,
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        axes.set(xlabel="first value", ylabel="second value")
    return CourseFigure(figure, alt)
