"""Pictures side by side, and parts of them for alt texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.course_figure import (
    WIDTH,
    CourseFigure,
    new_figure,
    validate_not_empty,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylelab.pictures.images import Picture


def show_pictures(
    entries: Mapping[str, Picture] | Sequence[Picture],
    *,
    columns: int | None = None,
    width: float = WIDTH,
    alt: str | None = None,
) -> CourseFigure:
    """Show pictures side by side, each under its title, all of one height.

    Args:
        entries: pictures (H, W, 3) by title, or without titles.
        columns: pictures in a row; by default all.
        width: of the figure, in inches; one picture alone takes less.
        alt: what they show, in words; by default the titles, brightness and main colours.

    Raises:
        SettingsError: there is nothing to show.
    """
    titles = list(entries) if isinstance(entries, Mapping) else [""] * len(entries)
    images = list(entries.values() if isinstance(entries, Mapping) else entries)
    validate_not_empty(images, "picture")
    in_row = columns or len(images)
    rows = [slice(i, i + in_row) for i in range(0, len(images), in_row)]
    shapes = [[image.shape[1] / image.shape[0] for image in images[row]] for row in rows]
    full = max(map(sum, shapes))
    title_room = 0.32 if any(titles) else 0.06
    width *= min(1.0, full / 2.4)  # one picture alone need not fill the page
    height = width / full
    with new_figure(width, len(rows) * (height + title_room)) as figure:
        for number, (row, ratios) in enumerate(zip(rows, shapes, strict=True)):
            left = 0.0
            bottom = 1 - (number + 1) / len(rows)
            for title, image, ratio in zip(titles[row], images[row], ratios, strict=True):
                share = height / (height + title_room) / len(rows)
                place = (left + 0.004, bottom, ratio / full - 0.008, share)
                add_picture(figure, place, image, title, pad=5)
                left += ratio / full
    if not alt:
        count = "1 picture" if len(images) == 1 else f"{len(images)} pictures side by side"
        parts = (
            f"{title or 'untitled'}, {describe_picture(image)}"
            for title, image in zip(titles, images, strict=True)
        )
        alt = f"{count}: {'; '.join(parts)}."
    return CourseFigure(figure, alt, kind="jpeg")


def show_result(inputs: Mapping[str, Picture], result: Picture, *, alt: str) -> CourseFigure:
    """Show a result large, with the pictures it was made from small beside it, one below the other.

    Args:
        inputs: pictures (H, W, 3) by title, such as the photo and the painting.
        result: (H, W, 3); as high as all the inputs together.
        alt: what they show, in words.

    Raises:
        SettingsError: there are no inputs.
    """
    validate_not_empty(inputs, "picture")
    title, gap = 0.3, 0.12
    ratio = result.shape[1] / result.shape[0]
    slopes = [image.shape[0] / image.shape[1] for image in inputs.values()]
    # Wide enough for both columns to have one height: side · Σ slopes + titles = large / ratio.
    titles = (len(slopes) - 1) * title + (len(slopes) - 1) * gap
    side = ((WIDTH - gap) / ratio - titles) / (sum(slopes) + 1 / ratio)
    large = WIDTH - gap - side
    height = large / ratio + title
    with new_figure(WIDTH, height) as figure:
        top = height
        for (name, image), slope in zip(inputs.items(), slopes, strict=True):
            bottom = top - title - side * slope
            place = (0.0, bottom / height, side / WIDTH, side * slope / height)
            add_picture(figure, place, image, name, pad=5)
            top = bottom - gap
        place = ((side + gap) / WIDTH, 0.0, large / WIDTH, large / ratio / height)
        add_picture(figure, place, result, "the result", pad=5)
    return CourseFigure(figure, alt, kind="jpeg")


def describe_picture(picture: Picture) -> str:
    """Describe the brightness and the main colours of a picture (H, W, 3)."""
    from matplotlib.colors import rgb_to_hsv

    pixels = np.clip(picture, 0, 1).reshape(-1, 3)
    mean = float(pixels.mean())
    hue, saturation, value = rgb_to_hsv(pixels).T
    names = np.array(HUES)[np.floor(hue * len(HUES) + 0.5).astype(int) % len(HUES)]
    names = np.where((names == "orange") & (value < BROWN_BELOW), "brown", names)
    names = np.where((saturation < GRAY_BELOW) | (value < BLACK_BELOW), "gray", names)
    counted, counts = np.unique(names, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:3]
    shares = [
        f"{counts[i] / len(names):.0%} {counted[i]}"
        for i in order
        if counts[i] >= LEAST_SHARE * len(names)
    ]
    brightness = "dark" if mean < 1 / 3 else "light" if mean > 2 / 3 else "of middle brightness"
    return f"{brightness}, {', '.join(shares) if shares else 'many colours'}"


HUES = (
    "red", "orange", "yellow", "yellow-green", "green", "green", "blue-green", "blue", "blue",
    "violet", "magenta", "red",
)  # fmt: skip
"""Names of the hues in steps of 30 degrees, starting with red."""

GRAY_BELOW, BLACK_BELOW, BROWN_BELOW = 0.2, 0.1, 0.8
"""Saturation and value below which a pixel counts as gray; value below which orange is brown."""

LEAST_SHARE = 0.15
"""Smallest share of a picture that a colour covers to be named."""


def add_picture(
    figure: Figure,
    place: tuple[float, float, float, float],
    image: Picture | None,
    title: str = "",
    *,
    placeholder: str = "",
    interpolation: str = "antialiased",
    **title_style: Any,
) -> Axes:
    """Add a picture (H, W, 3) to a figure, or gray with the words `placeholder` if it is None.

    Its axes fill `place`: left, bottom, width and height, as shares of the figure.
    """
    axes = figure.add_axes(place)
    axes.set_title(title, **title_style)
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if image is None:
        draw_placeholder(axes, placeholder)
    else:
        axes.imshow(np.clip(image, 0, 1), aspect="auto", interpolation=interpolation)
    return axes


def draw_placeholder(axes: Axes, words: str) -> None:
    """Fill axes with light gray and some words."""
    axes.set_facecolor("#eef1f4")
    axes.text(0.5, 0.5, words, color="#5b6773", ha="center", va="center", transform=axes.transAxes)
