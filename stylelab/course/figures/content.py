"""Figures of notebook 04: reconstructions, and the distance of changed pictures by layer."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from stylelab.course.figures.course_figure import (
    FAINT_INK,
    WIDTH,
    CourseFigure,
    draw_rectangle,
    logarithmic_axis,
    new_figure,
    text_colour_on,
)
from stylelab.course.figures.pictures import add_picture, show_pictures
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stylelab.pictures.images import Picture

RECONSTRUCTED_LAYERS: Mapping[str, str] = MappingProxyType(
    {"A": "block4_conv2", "B": "block1_conv1", "C": "block5_conv1", "D": "block3_conv1"}
)
"""The layer of each picture of the puzzle, by its letter: not in order of depth."""

SMALLEST, LARGEST = 0.003, 3.0
"""Distances at the two ends of the table's colour scale."""


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
    return show_pictures(
        {"the photo": photo} | lettered,
        alt="A photo of a cat, and four pictures of the same cat under the letters A to D. In A fur "
        "and background are full of harsh coloured texture. B is the cat with a fine grain. In C eyes "
        "and muzzle can be made out in strong coloured noise. D is the cat with a strong grain.",
    )


def show_layer_distances(
    changed: Mapping[str, Picture], distances: Mapping[str, Mapping[str, float]]
) -> CourseFigure:
    """Show the distance of changed pictures by layer, as a table with a picture in each row.

    Light is near, dark is far; the colour scale is logarithmic.

    Args:
        changed: pictures (H, W, 3), by what was changed.
        distances: for each of them, ‖F−P‖²/‖P‖² by layer.

    Raises:
        SettingsError: there is nothing to show, or the rows or layers do not match.
    """
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm

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
    wide, row, above = 8.6, 0.48, 0.42  # inches
    thumbnail, name_width = row * width / height * 0.94, 1.55
    cell = (wide - thumbnail - name_width) / len(layers)
    tall = above + row * len(changed)
    colours, norm = colormaps["magma_r"], LogNorm(SMALLEST, LARGEST, clip=True)
    parts = []
    with new_figure(wide, tall) as figure:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, wide), ylim=(tall, 0))
        axes.set_axis_off()
        left = thumbnail + name_width
        for column, layer in enumerate(layers):
            middle = left + (column + 0.5) * cell
            axes.text(middle, above - 0.14, layer, ha="center", va="bottom", fontsize=11)
        for number, (name, image) in enumerate(changed.items()):
            top = above + number * row
            place = (0.0, 1 - (top + row * 0.97) / tall, thumbnail / wide, row * 0.94 / tall)
            add_picture(figure, place, image)
            middle = top + row / 2
            axes.text(thumbnail + 0.15, middle, name, va="center", fontsize=11.5)
            written = []
            for column, value in enumerate(map(float, distances[name].values())):
                face = colours(norm(value)) if value > 0 else (1.0, 1.0, 1.0, 1.0)
                edge = FAINT_INK if value == 0 else "none"
                corner = (left + column * cell + 0.015, top + 0.015)
                style = {"facecolor": face, "edgecolor": edge, "linewidth": 0.5}
                draw_rectangle(axes, corner, cell - 0.03, row - 0.03, **style)
                written.append(_format_distance(value))
                axes.text(
                    left + (column + 0.5) * cell, middle, written[-1], ha="center", va="center",
                    color=text_colour_on(face), fontsize=11.5,
                )  # fmt: skip
            parts.append(f"{name}: {', '.join(written)}")
    alt = f"Table of distances at {', '.join(layers)}. {'; '.join(parts)}."
    return CourseFigure(figure, alt, kind="jpeg")


def _format_distance(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.3f}"  # noqa: PLR2004 - two digits that count


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
    shades = colormaps["viridis"](np.linspace(0.88, 0.0, len(losses)))  # dark is deep
    with new_figure(WIDTH, 3.5, layout="constrained") as figure:
        sides = figure.subplots(1, 2)
        for axes, series, title, unit in (
            (sides[0], losses, "what the optimizer makes small: the maps", "‖F−P‖² / ‖P‖²"),
            (sides[1], errors, "what it never looks at: the pixels", "mean difference of a value"),
        ):
            for (layer, values), shade in zip(series.items(), shades, strict=True):
                axes.plot(np.arange(len(values)), values, color=shade, label=layer)
            logarithmic_axis(axes)
            axes.set(title=title, xlabel="step", ylabel=unit)
        figure.legend(
            *sides[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(losses)
        )
    parts = (
        f"{layer}: maps from {losses[layer][0]:.2g} to {losses[layer][-1]:.2g}, pixels from "
        f"{errors[layer][0]:.2g} to {errors[layer][-1]:.2g}"
        for layer in losses
    )
    alt = f"Two charts of falling curves, one for each layer. {'; '.join(parts)}."
    return CourseFigure(figure, alt, kind="jpeg")
