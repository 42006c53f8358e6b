"""Figures of notebook 04: reconstructions, and the distance of changed pictures by layer."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.course_figure import (
    DOTS_PER_INCH,
    FAINT_INK,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    logarithmic_axis,
    new_figure,
    text_colour_on,
    validate_not_empty,
)
from stylelab.course.figures.pictures import add_picture
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from stylelab.pictures.images import Picture

RECONSTRUCTED_LAYERS: Mapping[str, str] = MappingProxyType(
    {"A": "block4_conv2", "B": "block1_conv1", "C": "block5_conv1", "D": "block3_conv1"}
)
"""The layer of each picture of the puzzle, by its letter: not in order of depth."""

LARGEST = 3.0
"""Distance from which the table's colour is darkest."""

SIDE = 2.75
"""Width of a picture that is to be looked at, in inches: 302 pixels."""


def show_layer_puzzle(photo: Picture, rebuilt: Mapping[str, Picture]) -> CourseFigure:
    """Show a photo and four reconstructions of it, labelled with letters only.

    Args:
        photo: the picture (H, W, 3) that was reconstructed.
        rebuilt: a reconstruction by the name of its layer, for `RECONSTRUCTED_LAYERS` at least.

    Raises:
        SettingsError: a picture is missing.
    """
    layers = sorted(RECONSTRUCTED_LAYERS.values())
    missing = [layer for layer in layers if layer not in rebuilt]
    if missing:
        raise SettingsError(
            f"Expected a picture for each of the layers {', '.join(layers)}. "
            f"Received: none for {', '.join(missing)}."
        )
    lettered = {letter: rebuilt[layer] for letter, layer in RECONSTRUCTED_LAYERS.items()}
    high = SIDE * photo.shape[0] / photo.shape[1]
    wide, tall = 3 * SIDE + 2 * GAP, 2 * (high + TITLE)
    with new_figure(wide, tall) as figure:
        place = (0.0, (tall - high - TITLE) / 2 / tall, SIDE / wide, high / tall)
        add_picture(figure, place, photo, "the photo", pad=5)
        _add_grid(figure, lettered, 2, SIDE + GAP)
    return CourseFigure(
        figure,
        "A photo of a cat, and four pictures of the same cat under the letters A to D. In A fur "
        "and background are full of harsh coloured texture. B is the cat with a fine grain. In C eyes "
        "and muzzle can be made out in strong coloured noise. D is the cat with a strong grain.",
        kind="jpeg",
    )


GAP, TITLE = 0.1, 0.33
"""Room between pictures and above them, in inches."""


def show_columns(entries: Mapping[str, Picture], *, columns: int = 3, alt: str) -> CourseFigure:
    """Show pictures of one size in columns, each as wide as a reader needs, 302 pixels.

    Args:
        entries: pictures (H, W, 3) by title.
        columns: pictures in a row, at most 3.
        alt: what they show, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "picture")
    first = next(iter(entries.values()))
    rows = -(-len(entries) // columns)
    wide = columns * SIDE + (columns - 1) * GAP
    with new_figure(wide, rows * (SIDE * first.shape[0] / first.shape[1] + TITLE)) as figure:
        _add_grid(figure, entries, columns)
    return CourseFigure(figure, alt, kind="jpeg")


def _add_grid(
    figure: Figure, entries: Mapping[str, Picture], columns: int, left: float = 0.0
) -> None:
    """Add pictures in columns to a figure, from `left` inches on, and down to its lower edge."""
    wide, tall = figure.get_size_inches()
    rows = -(-len(entries) // columns)
    for number, (title, image) in enumerate(entries.items()):
        high = SIDE * image.shape[0] / image.shape[1]
        x = left + number % columns * (SIDE + GAP)
        y = (rows - 1 - number // columns) * (high + TITLE)
        add_picture(figure, (x / wide, y / tall, SIDE / wide, high / tall), image, title, pad=5)


def show_close_ups(entries: Mapping[str, Picture], *, alt: str) -> CourseFigure:
    """Show small parts of pictures side by side, enlarged so that each pixel is a square.

    Args:
        entries: parts (H, W, 3) of one size, by title.
        alt: what they show, in words.

    Raises:
        SettingsError: there is nothing to show, or the sizes differ.
    """
    validate_not_empty(entries, "picture")
    shapes = {image.shape for image in entries.values()}
    if len(shapes) > 1:
        raise SettingsError(f"Expected pictures of one size. Received: {sorted(shapes)}.")
    rows, columns, _ = shapes.pop()
    # A whole number of dots for each pixel: sharp, and a small file.
    dots = int(WIDTH * DOTS_PER_INCH / len(entries) - GAP_DOTS) // columns
    wide, high = dots * columns, dots * rows
    width = len(entries) * wide + (len(entries) - 1) * GAP_DOTS
    height = high + TITLE_DOTS
    with new_figure(width / DOTS_PER_INCH, height / DOTS_PER_INCH) as figure:
        for number, (title, image) in enumerate(entries.items()):
            left = number * (wide + GAP_DOTS)
            place = (left / width, 0.0, wide / width, high / height)
            add_picture(figure, place, image, title, interpolation="nearest", pad=5)
    return CourseFigure(figure, alt)


GAP_DOTS, TITLE_DOTS = 10, 34


def show_reconstruction(
    photo: Picture, layer: str, step: int, image: Picture, loss: float, error: float
) -> CourseFigure:
    """Show one picture of a reconstruction beside the photo, with its distances.

    Args:
        photo: (H, W, 3).
        layer: the layer whose maps are matched.
        step: the step's number.
        image: the reconstruction after this step, (H, W, 3).
        loss: ‖F−P‖²/‖P‖² at this step.
        error: mean absolute difference of the pixels.
    """
    high = SIDE * photo.shape[0] / photo.shape[1]
    wide, tall = 2 * SIDE + GAP, high + 0.55
    words = f"maps {format_distance(loss)}, pixels {format_distance(error)} away"
    with new_figure(wide, tall) as figure:
        for number, (title, shown) in enumerate(
            ((f"from {layer}, step {step}\n{words}", image), ("the photo", photo))
        ):
            place = (number * (SIDE + GAP) / wide, 0.0, SIDE / wide, high / tall)
            add_picture(figure, place, shown, title, pad=5)
    alt = f"Reconstruction from {layer} after step {step}, {words}, beside the photo."
    return CourseFigure(figure, alt, kind="jpeg")


def show_layer_distances(
    changed: Mapping[str, Picture], distances: Mapping[str, Mapping[str, float]]
) -> CourseFigure:
    """Show the distance of changed pictures by layer, as a table with a picture in each row.

    White is 0, dark is far; a scale below the table says how far.

    Args:
        changed: pictures (H, W, 3), by what was changed.
        distances: for each of them, ‖F−P‖²/‖P‖² by layer.

    Raises:
        SettingsError: there is nothing to show, or the rows or layers do not match.
    """
    from matplotlib.colors import LinearSegmentedColormap

    if not changed or list(changed) != list(distances):
        raise SettingsError(
            "Expected a row of distances for each picture, in the same order. Received: pictures "
            f"{', '.join(changed) or 'none'}; distances {', '.join(distances) or 'none'}."
        )
    layers = list(next(iter(distances.values())))
    if not layers or any(list(row) != layers for row in distances.values()):
        raise SettingsError(
            "Expected distances at the same layers for each picture. Received: "
            f"{'; '.join(', '.join(row) or 'none' for row in distances.values())}."
        )
    height, width, _ = next(iter(changed.values())).shape
    row, above, scale_room, name_width, cell = 0.57, 0.36, 0.62, 1.52, 1.14  # inches
    thumbnail = row * 0.94 * width / height
    left = thumbnail + name_width
    wide, tall = left + cell * len(layers), above + row * len(changed) + scale_room
    colours = LinearSegmentedColormap.from_list("distance", list(DISTANCE_COLOURS))
    parts = []
    with new_figure(wide, tall) as figure:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, wide), ylim=(tall, 0))
        axes.set_axis_off()
        for column, layer in enumerate(layers):
            middle = left + (column + 0.5) * cell
            axes.text(middle, above - 0.1, layer, ha="center", va="bottom", fontsize=11)
        for number, (name, image) in enumerate(changed.items()):
            top = above + number * row
            place = (0.0, 1 - (top + row * 0.97) / tall, thumbnail / wide, row * 0.94 / tall)
            add_picture(figure, place, image)
            middle = top + row / 2
            axes.text(thumbnail + 0.15, middle, name, va="center", fontsize=11.5)
            written = []
            for column, value in enumerate(map(float, distances[name].values())):
                face = colours(min(value / LARGEST, 1.0))
                corner = (left + column * cell + 0.015, top + 0.015)
                style = {"facecolor": face, "edgecolor": "#d5dce2", "linewidth": 0.7}
                draw_rectangle(axes, corner, cell - 0.03, row - 0.03, **style)
                written.append(format_distance(value))
                axes.text(
                    left + (column + 0.5) * cell, middle, written[-1], ha="center", va="center",
                    color=text_colour_on(face), fontsize=12,
                )  # fmt: skip
            parts.append(f"{name}: {', '.join(written)}")
        _draw_scale(axes, left, tall - scale_room + 0.14, cell * len(layers) - 0.03, colours)
    alt = f"Table of distances at {', '.join(layers)}. {'; '.join(parts)}."
    return CourseFigure(figure, alt, kind="jpeg")


DISTANCE_COLOURS = ("#ffffff", "#62b0cd", "#0b6f99", "#07304f")
"""Colours at distances of 0, 1, 2 and 3."""


def _draw_scale(axes: Axes, left: float, top: float, width: float, colours: Colormap) -> None:
    """Draw the colour scale of the table, with what 0 and 1 mean."""
    steps = 90
    for number in range(steps):
        corner = (left + number * width / steps, top)
        draw_rectangle(
            axes, corner, width / steps + 0.01, 0.14, facecolor=colours(number / (steps - 1))
        )
    style = {"edgecolor": FAINT_INK, "linewidth": 0.7}
    draw_rectangle(axes, (left, top), width, 0.14, **style)
    words = {0: "0: same maps", 1: "1: as far as zeros", 2: "2", 3: "3 or more"}
    for value, text in words.items():
        align = "left" if value == 0 else "right" if value == LARGEST else "center"
        place = left + value / LARGEST * width
        axes.text(place, top + 0.2, text, ha=align, va="top", fontsize=10)


def format_distance(value: float) -> str:
    """Format a distance in two digits that count: `0`, `0.13`, `0.012`, `0.00003`."""
    if value == 0:
        return "0"
    if value >= 0.095:  # noqa: PLR2004 - two digits that count
        return f"{value:.2f}"
    return f"{value:.3f}" if value >= 0.0005 else f"{value:.5f}"  # noqa: PLR2004 - as above


def plot_reconstruction_errors(
    losses: Mapping[str, Sequence[float]], errors: Mapping[str, Sequence[float]]
) -> CourseFigure:
    """Plot how maps and pixels approach the photo's, step by step, for each layer.

    Args:
        losses: ‖F−P‖²/‖P‖² at the start and after each step, by layer.
        errors: mean absolute difference of the pixels, likewise.

    Raises:
        SettingsError: there is nothing to show, or the two are of different layers.
    """
    from matplotlib import colormaps

    if not losses or set(losses) != set(errors):
        raise SettingsError(
            "Expected losses and pixel errors of the same layers, one at least. "
            f"Received: losses of {', '.join(losses) or 'none'}; errors of "
            f"{', '.join(errors) or 'none'}."
        )
    shades = colormaps["viridis"](np.linspace(0.82, 0.0, len(losses)))  # dark is deep
    with new_figure(WIDTH, 3.9, layout="constrained") as figure:
        sides = figure.subplots(1, 2)
        for axes, series, title, unit in (
            (sides[0], losses, "what the optimizer makes small: the maps", "‖F−P‖² / ‖P‖²"),
            (sides[1], errors, "what it never looks at: the pixels", "mean difference of a value"),
        ):
            for (layer, values), shade in zip(series.items(), shades, strict=True):
                axes.plot(np.arange(len(values)), values, color=shade, label=layer)
                axes.annotate(
                    layer, (len(values) - 1, values[-1]), xytext=(5, 0), color=shade,
                    textcoords="offset points", va="center", fontsize=10,
                )  # fmt: skip
            logarithmic_axis(axes)
            axes.set(title=title, xlabel="step", ylabel=unit)
            longest = max(map(len, series.values())) - 1
            axes.set_xlim(-0.03 * longest, 1.32 * max(longest, 1))  # room for the names
            axes.set_xticks(np.linspace(0, longest, 4) if longest % 3 == 0 else [0, longest])
    parts = (
        f"{layer}: maps from {losses[layer][0]:.2g} to {losses[layer][-1]:.2g}, pixels from "
        f"{errors[layer][0]:.2g} to {errors[layer][-1]:.2g}"
        for layer in losses
    )
    alt = f"Two charts of falling curves, one for each layer. {'; '.join(parts)}."
    return CourseFigure(figure, alt)
