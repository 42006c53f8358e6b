"""Figures of notebook 10: masks over pictures, masks at layers, and maps with a mask's outline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    ENLARGED_QUALITY,
    WIDTH,
    CourseFigure,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import draw_placeholder, show_pictures
from stylelab.errors import LayerError
from stylelab.network.layer_facts import layer_facts
from stylelab.network.layer_masks import MASK_MODES, layer_mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture
    from stylelab.pictures.masks import Mask

    Array = NDArray[Any]

OVERLAY_COLOUR = (230, 0, 150)
"""Colour of the overlay: red, green, blue, 0–255. Few pictures contain it."""

OVERLAY_OPACITY = 0.55
"""Opacity of the overlay where the mask is 1."""

OUTLINE = "#00c2a8"
"""Colour of a mask's outline; visible on black, on white and on the maps' colours."""


def overlay_mask(picture: Picture, mask: Mask) -> Picture:
    """Overlay a mask (H, W) in [0, 1] on a picture (H, W, 3)."""
    share = OVERLAY_OPACITY * mask[..., None]
    colour = np.array(OVERLAY_COLOUR) / 255
    overlaid: Picture = ((1 - share) * picture + share * colour).astype(np.float32)
    return overlaid


def show_masks(entries: Mapping[str, Mask]) -> CourseFigure:
    """Show masks side by side: white is 1, black is 0.

    Args:
        entries: masks (H, W) in [0, 1] by title.

    Raises:
        SettingsError: there is nothing to show.
    """
    gray = {title: np.repeat(mask[..., None], 3, axis=2) for title, mask in entries.items()}
    words = " ".join(f"{title}: {describe_mask(mask)}" for title, mask in entries.items())
    return show_pictures(gray, alt=f"Masks, white where they count. {words}")


def show_layer_masks(mask: Mask, layers: Sequence[str]) -> CourseFigure:
    """Show a mask downsampled to several layers, in both mask modes.

    Args:
        mask: (H, W) in [0, 1].
        layers: names, one column each.

    Raises:
        SettingsError: there is no layer.
    """
    validate_not_empty(layers, "layer")
    height, width = mask.shape
    across = (WIDTH - LABEL_ROOM) / len(layers)
    down = across * height / width
    full_height = 2 * (down + GAP) + TITLE_ROOM
    words = []
    with new_figure(WIDTH, full_height) as figure:
        for i, mask_mode in enumerate(MASK_MODES):
            top = TITLE_ROOM + i * (down + GAP)
            middle = 1 - (top + down / 2) / full_height
            left = LABEL_ROOM / 2 / WIDTH
            figure.text(left, middle, mask_mode, rotation=90, ha="center", va="center")
            for j, layer in enumerate(layers):
                left, bottom = (LABEL_ROOM + j * across) / WIDTH, 1 - (top + down) / full_height
                size = ((across - GAP) / WIDTH, down / full_height)
                axes = figure.add_axes((left, bottom, *size))
                rows, columns, share_left = _draw_layer_mask(axes, mask, layer, mask_mode)
                if i == 0:
                    axes.set_title(f"{layer}\n{columns} × {rows}", fontsize=10, pad=4)
                words.append(f"{mask_mode} at {layer}: {share_left}")
    alt = (
        f"What a mask of {mask.mean():.0%} of the picture becomes at {len(layers)} layers, as cells "
        "that grow with depth. White counts, black does not; a line shows the mask itself. Upper row, "
        "centre: gray cells along the line. Lower row, inside: a region that shrinks with depth. Share "
        f"of the cells that counts: {'; '.join(words)}."
    )
    return CourseFigure(figure, alt)


def show_outlined_maps(
    entries: Mapping[str, Array], mask: Mask, *, label: str, most: float
) -> CourseFigure:
    """Show maps of one quantity on one scale, with the outline of a mask.

    Args:
        entries: maps (H, W) by title, at least 0.
        mask: (H, W) in [0, 1].
        label: the quantity, with its unit.
        most: the upper end of the colour scale; larger values look the same.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(entries, "map")
    height, width = mask.shape
    panel = (WIDTH - SCALE_ROOM) / max(len(entries), 3)
    width_inches = len(entries) * panel + SCALE_ROOM
    words = []
    with new_figure(width_inches, panel * height / width + 0.4, layout="constrained") as figure:
        grid = figure.subplots(1, len(entries), squeeze=False)
        for axes, (title, values) in zip(grid.flat, entries.items(), strict=True):
            image = axes.imshow(values, cmap="magma", vmin=0, vmax=most, interpolation="nearest")
            _draw_outline(axes, mask)
            axes.set_axis_off()
            axes.set_title(title, pad=4)
            inside = float(values[mask > 0].max(initial=0))
            outside = float(values[mask == 0].max(initial=0))
            words.append(f"{title}: at most {outside:.3g} outside the line and {inside:.3g} inside")
        figure.colorbar(
            image, ax=grid, fraction=0.03, pad=0.02, aspect=20, label=label, extend="max"
        )
    alt = f"Maps with the outline of a mask. Each is a {label}. {'; '.join(words)}."
    # Some are as fine as noise: a PNG would be heavy.
    return CourseFigure(figure, alt, kind="jpeg", jpeg_quality=ENLARGED_QUALITY)


LABEL_ROOM, TITLE_ROOM, GAP, SCALE_ROOM = 0.35, 0.48, 0.06, 0.8
"""Inches for the row names, for the column names, between panels, and for a colour scale."""


def _draw_layer_mask(axes: Axes, mask: Mask, layer: str, mask_mode: Any) -> tuple[int, int, str]:
    """Draw a mask at a layer; return its rows and columns, and the share left of it, in words."""
    height, width = mask.shape
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
    try:
        mask_at_layer = layer_mask(mask, layer, mask_mode)
    except LayerError:
        draw_placeholder(axes, "vanishes")
        return height, width, "vanishes"
    # Where the picture is no multiple of the stride, its last pixels belong to no unit.
    rows, columns = mask_at_layer.shape
    stride = layer_facts(layer).stride
    extent = (0, columns * stride, rows * stride, 0)
    axes.imshow(mask_at_layer, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="nearest")
    _draw_outline(axes, mask, offset=0.5)
    return rows, columns, f"{mask_at_layer.mean():.0%}"


def _draw_outline(axes: Axes, mask: Mask, offset: float = 0.0) -> None:
    if 0 < mask.mean() < 1:
        rows, columns = np.indices(mask.shape) + offset
        axes.contour(columns, rows, mask, levels=[0.5], colors=[OUTLINE], linewidths=1.5)


def describe_mask(mask: Mask) -> str:
    """Describe the size and position of a mask (H, W): `50% of it is in the mask, from …`."""
    share = float(mask.mean())
    if share == 0:
        return "nothing is in the mask."
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    return (
        f"{share:.0%} of it is in the mask, from {rows.min() / height:.0%} to "
        f"{(rows.max() + 1) / height:.0%} of the height and from {columns.min() / width:.0%} to "
        f"{(columns.max() + 1) / width:.0%} of the width."
    )
