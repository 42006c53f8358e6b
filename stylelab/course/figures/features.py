"""Figures of notebook 03: the layers of VGG19, receptive fields, and where channels fire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from stylelab.course.figures.maps import ONE_SIDED
from stylelab.errors import SettingsError
from stylelab.network.layer_facts import LAYERS, extract_patch, layer_facts, strongest_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture

    Array = NDArray[Any]
    Seen = tuple[Picture, Mapping[str, Array]]

PAGE_WIDTH = 8.2
"""Width, in inches, of figures made of pictures: what a notebook's column shows of them."""

IN_ROW = 3
"""Maps in a row: each is large enough to be looked at."""

INTERPOLATION = "bicubic"
"""Interpolation of photographs, which would look like tiles otherwise; maps stay exact."""

FRAME_COLOURS = ("#ffffff", "#ffd166", "#06d6a0", "#4cc9f0", "#ff70a6")
"""Colours of frames on pictures: bright, and distinct on dark and on light backgrounds."""


def show_layer_table(height: int = 224, width: int = 224) -> CourseFigure:
    """Show the layers of VGG19 as a table: shape, receptive field, and cost of each.

    Args:
        height: of the input picture, in pixels.
        width: of the input picture, in pixels.
    """
    costs = {name: facts.multiply_adds(height, width) / 1e6 for name, facts in LAYERS.items()}
    with new_figure(9.2, 6.4) as figure:
        table, sees, costly = (
            figure.add_axes((left, 0.0, width, 1.0))
            for left, width in ((0.0, 0.44), (0.49, 0.23), (0.76, 0.24))
        )
        table.set_xlim(0, 1)
        bold: dict[str, Any] = {"va": "center", "fontweight": "bold", "fontsize": 10}
        table.text(0.04, -0.95, "layer", ha="left", **bold)
        table.text(0.99, -0.95, "rows × columns × channels", ha="right", **bold)
        for row, (name, facts) in enumerate(LAYERS.items()):
            colour, pool = SERIES_COLOURS[int(name[5]) - 1], name.endswith("pool")
            shape = " × ".join(str(length) for length in facts.shape(height, width))
            ink = FAINT_INK if pool else INK
            table.text(0.04, row, name, va="center", fontsize=10, color=ink, family="monospace")
            table.text(0.99, row, shape, va="center", fontsize=10, color=ink, ha="right")
            table.barh(row, 0.015, 1.0, left=0.0, color=colour)
            _draw_bar(sees, row, facts.receptive_field, colour, pool=pool)
            if not pool:
                _draw_bar(costly, row, costs[name], colour, pool=False)
        for axes, title, most in (
            (sees, "one unit sees (pixels a side)", 268),
            (costly, "million multiply-adds", max(costs.values())),
        ):
            axes.set_xlim(0, most * 1.3)
            axes.text(0, -0.95, title, **bold)
        for axes in (table, sees, costly):
            axes.set_axis_off()
            axes.set_ylim(len(LAYERS) - 0.4, -1.5)
            for row, name in enumerate(LAYERS):
                if name.endswith("pool") and row + 1 < len(LAYERS):
                    axes.axhline(row + 0.5, color="#e4e8ec", linewidth=1)
    first, last = next(iter(LAYERS.values())), list(LAYERS.values())[-1]
    return CourseFigure(
        figure,
        f"A table of the {len(LAYERS)} layers of VGG19 for a picture of {height} × {width} pixels. "
        f"Maps shrink from {first.shape(height, width)} to {last.shape(height, width)}, the "
        f"square that a unit sees grows from {first.receptive_field} to {last.receptive_field} pixels, "
        f"and the cost is largest, {max(costs.values()):.0f} million multiply-adds, in convolutions "
        "of blocks 1 to 4 except the first of each. Poolings cost none.",
    )


def _draw_bar(axes: Axes, row: int, value: float, colour: str, *, pool: bool) -> None:
    axes.barh(row, value, 0.62, color=colour, alpha=0.4 if pool else 1.0)
    axes.annotate(
        f"{value:,.0f}", (value, row), xytext=(4, 0), textcoords="offset points", va="center",
        fontsize=9.5, color=FAINT_INK if pool else INK,
    )  # fmt: skip


def show_strongest_activations(
    seen: Sequence[Seen], channels: Mapping[str, int], *, places: int = 2
) -> CourseFigure:
    """Show where channels fire most: frames on the picture, the map, and the framed patches.

    Each picture and channel has a row: the picture with the receptive fields of the strongest units,
    the map with the range of its values, and the patches cut out, strongest first. Two patches leave
    the picture 300 pixels of width.

    Args:
        seen: pictures, each with its maps by layer.
        channels: a channel's number by its layer's name.
        places: patches in a row.

    Raises:
        SettingsError: there is nothing to show.
    """
    rows = [(*one, layer, channel) for layer, channel in channels.items() for one in seen]
    if not rows:
        raise SettingsError("Expected a picture and a channel to show. Received: none.")
    tallest = max(image.shape[0] / image.shape[1] for image, *_ in rows)
    ratios = [1 / tallest, 1 / tallest, *[1.0] * places]
    height = (WIDTH - 0.2 * len(ratios)) / sum(ratios)
    parts = []
    with new_figure(WIDTH, len(rows) * (height + 0.45), layout="constrained") as figure:
        grid = figure.subplots(len(rows), len(ratios), width_ratios=ratios, squeeze=False)
        for axes, (image, maps, layer, channel) in zip(grid, rows, strict=True):
            channel_map, facts = maps[layer][..., channel], layer_facts(layer)
            units = strongest_units(
                channel_map, places, min_distance=0.6 * facts.receptive_field / facts.stride
            )
            axes[0].imshow(image, interpolation=INTERPOLATION)
            axes[0].set_title(f"{layer}, channel {channel}", fontsize=11)
            axes[0].autoscale(enable=False)  # a frame that reaches outside changes no limits
            axes[1].imshow(channel_map, cmap=ONE_SIDED, vmin=0, interpolation="nearest")
            axes[1].set_title(f"its map: 0 … {channel_map.max():.0f}", fontsize=11)
            for cut, unit, colour in zip(axes[2:], units, FRAME_COLOURS, strict=False):
                _draw_frame(axes[0], facts.square(*unit), colour)
                cut.imshow(extract_patch(image, layer, *unit), interpolation=INTERPOLATION)
                cut.set_title(f"fires with {channel_map[unit]:.0f}", fontsize=11)
                side = facts.receptive_field
                _draw_frame(cut, (0, 0, side, side), colour, width=3)
            for each in axes:
                each.set_axis_off()
                each.set_anchor("N")  # titles at one height
            spots = ", ".join("({:.0f}, {:.0f})".format(*facts.centre(*unit)) for unit in units)
            parts.append(f"{layer} channel {channel} fires most around (row, column) {spots}")
    alt = f"Pictures with the strongest places of channels framed. {'; '.join(parts)}."
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def _draw_frame(
    axes: Axes, square: tuple[int, int, int, int], colour: str, width: float = 2
) -> None:
    top, left, bottom, right = square
    place = ((left - 0.5, top - 0.5), right - left, bottom - top)
    # The dark rim stands out on light backgrounds.
    draw_rectangle(axes, *place, edgecolor=INK, linewidth=width + 2)
    draw_rectangle(axes, *place, edgecolor=colour, linewidth=width)


def show_channels_by_layer(
    maps: Mapping[str, Array],
    channels: Mapping[str, Sequence[int]],
    *,
    titles: Sequence[str] = (),
    alt: str | None = None,
) -> CourseFigure:
    """Show some channels of several layers: each layer under its name, a colour range for each map.

    Args:
        maps: maps (rows, columns, channels) by layer.
        channels: numbers of the channels to show, by layer; the same count for each.
        titles: what the channels of each layer stand for, one by one.
        alt: what the figure shows, in words; by default the layers.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(channels, "layer")
    most = max(len(numbers) for numbers in channels.values())
    in_row = most if most <= IN_ROW else -(-most // 2)
    rows = -(-most // in_row)
    tallest = max(maps[layer].shape[0] / maps[layer].shape[1] for layer in channels)
    side = PAGE_WIDTH / IN_ROW
    height = rows * (side * tallest + 0.3) + 0.36
    with new_figure(side * in_row, len(channels) * height, layout="constrained") as figure:
        parts: Any = figure.subfigures(len(channels), 1, squeeze=False)
        for part, (layer, numbers) in zip(parts[:, 0], channels.items(), strict=True):
            high, wide, count = maps[layer].shape
            label = f"{layer}: {high} × {wide}, {count} channels"
            part.suptitle(label, x=0.01, ha="left", fontsize=11, fontweight="bold")
            grid = part.subplots(rows, in_row, squeeze=False)
            words = [*titles, *[""] * most]
            for axes in grid.flat:
                axes.set_axis_off()
            for axes, number, title in zip(grid.flat, numbers, words, strict=False):
                channel_map = maps[layer][..., number]
                top = channel_map.max()
                axes.imshow(
                    channel_map, cmap=ONE_SIDED, vmin=0, vmax=top or 1, interpolation="antialiased"
                )
                span = f"{number}:  0 … {top:.0f}"
                axes.set_title(f"{title}, {span}" if title else span, fontsize=10, pad=3)
    described = f"Maps of {', '.join(channels)}, {most} channels of each."
    return CourseFigure(figure, alt or described, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def show_receptive_fields_by_layer(
    image: Picture, layers: Sequence[str], at: tuple[float, float]
) -> CourseFigure:
    """Show the receptive field of one unit of each layer on a picture: of the unit nearest to `at`.

    Args:
        image: a picture (H, W, 3).
        layers: names of layers.
        at: row and column of a pixel.

    Raises:
        SettingsError: no layer is given.
    """
    validate_not_empty(layers, "layer")
    facts = [layer_facts(name) for name in layers]
    squares = [one.square(*one.unit_at(*at)) for one in facts]
    height, width = image.shape[:2]
    margin = max(0, *(max(-t, -left, b - height, r - width) for t, left, b, r in squares)) + 4
    marks: list[Any] = []
    tall = 5.0 * (height + 2 * margin) / (width + 2 * margin)
    with new_figure(PAGE_WIDTH, tall + 0.5, layout="constrained") as figure:
        axes, key = figure.subplots(1, 2, width_ratios=(1.9, 1))
        key.set_axis_off()
        axes.imshow(image, interpolation=INTERPOLATION)
        axes.set_facecolor("#eef1f4")
        axes.grid(visible=False)
        for square, colour in zip(squares, FRAME_COLOURS * len(facts), strict=False):
            _draw_frame(axes, square, colour, width=2.5)
            marks.append(axes.patches[-1])
        axes.set(xlim=(-margin, width - 1 + margin), ylim=(height - 1 + margin, -margin))
        axes.set(xlabel="column, in pixels", ylabel="row, in pixels")
        names = [f"{one.name}: {one.receptive_field} pixels a side" for one in facts]
        key.legend(
            marks, names, loc="center left", labelspacing=1.0, labelcolor="white", fontsize=9.5,
            borderaxespad=0, frameon=True, facecolor=INK, edgecolor="none",
        )  # fmt: skip
    sizes = ", ".join(f"{one.name} {one.receptive_field}" for one in facts)
    alt = (
        f"Frames around one place of a picture: what a unit of each layer sees, in pixels: {sizes}."
    )
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


def show_sensitivities(gradients: Mapping[str, Array], at: tuple[float, float]) -> CourseFigure:
    """Show how much one unit of each layer depends on each pixel of its receptive field.

    Colours follow the square root of the gradient's size, so that small values are visible; each layer
    has its own range. The view is cropped to the receptive field, with a margin.

    Args:
        gradients: the gradient (H, W, 3) of one unit of each layer, by the layer's name.
        at: row and column of the pixel that the units are nearest to.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(gradients, "gradient")
    parts = []
    with new_figure(WIDTH, WIDTH / len(gradients) + 0.45, layout="constrained") as figure:
        row: Any = figure.subplots(1, len(gradients), squeeze=False)[0]
        for axes, (name, gradient) in zip(row, gradients.items(), strict=True):
            facts = layer_facts(name)
            square = facts.square(*facts.unit_at(*at))
            size = np.abs(gradient).sum(-1)
            axes.set_facecolor("#000004")
            axes.imshow(
                np.sqrt(size / size.max()), cmap=ONE_SIDED, vmin=0, vmax=1, interpolation="nearest"
            )
            _draw_frame(axes, square, "#ffffff", width=1.5)
            margin = 0.08 * facts.receptive_field + 1
            top, left, bottom, right = square
            axes.set(xlim=(left - margin, right + margin), ylim=(bottom + margin, top - margin))
            axes.set_title(f"{name}: {facts.receptive_field} pixels a side", fontsize=10)
            axes.set_xlabel("column, in pixels")
            axes.grid(visible=False)
            axes.tick_params(labelsize=9)
            axes.locator_params(nbins=5)
            parts.append(f"{name} in a square of {facts.receptive_field} pixels")
        row[0].set_ylabel("row, in pixels")
    alt = f"How much one unit depends on each pixel, strongest in the middle: {', '.join(parts)}."
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)
