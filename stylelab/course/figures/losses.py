"""Figures of notebook 06: magnitudes, terms and their gradients, and brightness along one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    TERM_COLOURS,
    WIDTH,
    CourseFigure,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from stylelab.pictures.images import Picture


def plot_magnitudes(
    entries: Mapping[str, Mapping[str, float]], *, xlabel: str, alt: str
) -> CourseFigure:
    """Plot positive numbers as dots on a logarithmic axis, a row for each group.

    Dots, not bars: a bar has to begin at 0, and a logarithmic axis has none. Several numbers in a row
    are joined by a line whose length is their ratio.

    Args:
        entries: numbers above 0 by name, by the name of their row; a term has its own colour.
        xlabel: the quantity on the x-axis, with its unit.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show, or a number is not above 0.
    """
    numbers = [value for row in entries.values() for value in row.values()]
    if not numbers or min(numbers) <= 0:
        raise SettingsError(
            f"Expected numbers above 0 for a logarithmic axis. Received: {min(numbers, default=None)}."
        )
    names = list(dict.fromkeys(name for row in entries.values() for name in row))
    others = iter(SERIES_COLOURS * len(names))
    colours = {name: TERM_COLOURS[name] if name in TERM_COLOURS else next(others) for name in names}
    with new_figure(CONTROL_WIDTH, 1.0 + 0.52 * len(entries), layout="constrained") as figure:
        axes = figure.add_subplot()
        axes.grid(visible=False, axis="y")
        unnamed = set(names)
        for place, row in enumerate(entries.values()):
            values = list(row.values())
            axes.plot([min(values), max(values)], [place, place], color="#c9d0d6", zorder=1)
            for name, value in row.items():
                axes.plot(
                    value, place, "o", markersize=10, color=colours[name], zorder=2,
                    label=name.replace("_", " ") if name in unnamed else None,
                )  # fmt: skip
                unnamed.discard(name)
                side = _label_side(value, values, max(numbers) / min(numbers))
                axes.annotate(
                    _format_scientific(value), (value, place), (-6 * side, 9), va="bottom",
                    ha=("center", "left", "right")[side], fontsize=9, color=colours[name],
                    textcoords="offset points",
                )  # fmt: skip
        axes.set_xlim(min(numbers) / 4, max(numbers) * 4)
        logarithmic_axis(axes, "x")
        axes.set_yticks(range(len(entries)), list(entries))
        axes.set_ylim(len(entries) - 0.5, -0.7)  # the first row above
        axes.set_xlabel(xlabel)
        if len(names) > 1:
            figure.legend(loc="outside upper center", ncols=len(names))
    return CourseFigure(figure, alt)


def _label_side(value: float, row: list[float], span: float) -> int:
    """Return where a label extends from its dot: −1 to the left, 1 to the right, 0 to both sides.

    Labels of two dots that are close together extend away from each other.
    """
    others = [other for other in row if other != value]
    nearest = min(others, key=lambda other: abs(np.log(other / value)), default=None)
    if nearest is None or abs(np.log(nearest / value)) > 0.12 * np.log(16 * span):
        return 0
    return 1 if nearest < value else -1


def plot_terms_and_gradients(
    values: Mapping[str, Mapping[str, float]],
    gradients: Mapping[str, Mapping[str, float]],
    *,
    alt: str,
) -> CourseFigure:
    """Plot the value of each term of the loss and the length of its gradient, for some pictures.

    Args:
        values: value of each weighted term by its name, by the picture's name.
        gradients: length of each weighted term's gradient, with the same names in the same order.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show, or the two differ in their names.
    """
    names, gradient_names = (
        {picture: list(terms) for picture, terms in numbers.items()}
        for numbers in (values, gradients)
    )
    if not values or names != gradient_names:
        raise SettingsError(
            "Expected values and gradients of the same terms at the same pictures. "
            f"Received: {list(values)} and {list(gradients)}."
        )
    terms = list(next(iter(values.values())))
    height = 0.78 / len(terms)
    with new_figure(WIDTH, 1.3 + 0.85 * len(values), layout="constrained") as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for axes, numbers in ((left, values), (right, gradients)):
            axes.grid(visible=False, axis="y")
            most = max(value for row in numbers.values() for value in row.values())
            for number, term in enumerate(terms):
                places = np.arange(len(numbers)) + (number - (len(terms) - 1) / 2) * height
                lengths = [row[term] for row in numbers.values()]
                axes.barh(
                    places, lengths, height * 0.9, color=TERM_COLOURS.get(term, FAINT_INK), zorder=2,
                    label=term.replace("_", " ") if axes is left else None,
                )  # fmt: skip
                for place, length in zip(places, lengths, strict=True):
                    words = _format_scientific(length)
                    axes.text(length + 0.015 * most, place, words, va="center", fontsize=9)
            axes.set_xlim(0, 1.16 * most)
        left.set_yticks(range(len(values)), list(values))
        left.invert_yaxis()
        left.set_xlabel("what the term adds to the loss (no unit)")
        right.set_xlabel("length of its gradient (1 / brightness)")
        figure.legend(loc="outside upper center", ncols=len(terms))
    return CourseFigure(figure, alt)


def plot_converted_weights(
    theirs: tuple[float, float], ours: float, layers: Mapping[str, float], *, program: str
) -> CourseFigure:
    """Plot the weights of a program as written and in relative terms, and each layer's share.

    Args:
        theirs: content and style weight, above 0.
        ours: style weight for a content weight of 1, in relative terms.
        layers: share of each layer in the style term, adding up to 1.
        program: whose weights they are.
    """
    written = theirs[1] / theirs[0]
    numbers = {"as written": written, "in relative terms": ours}
    colours = (FAINT_INK, TERM_COLOURS["style"])
    with new_figure(CONTROL_WIDTH, 2.7, layout="constrained") as figure:
        weights, shares = figure.subplots(1, 2, width_ratios=(1.25, 1))
        weights.plot(list(numbers.values()), [0, 1], color="#c9d0d6", zorder=1)
        for place, (value, colour) in enumerate(zip(numbers.values(), colours, strict=True)):
            weights.plot(value, place, "o", markersize=10, color=colour, zorder=2)
            weights.annotate(
                _format_scientific(value), (value, place), (0, -12 if place else 12), ha="center",
                va="center", fontsize=11, color=INK, textcoords="offset points",
            )  # fmt: skip
        low, high = min(1e-2, written, ours), max(1e3, written, ours)
        weights.set(xscale="log", xlim=(low / 8, high * 60), ylim=(1.5, -0.5))
        weights.set_yticks([0, 1], list(numbers))
        weights.set_xlabel("style weight for a content weight of 1")
        weights.set_title(f"{program}: {theirs[0]:g} and {theirs[1]:g}", fontsize=11, loc="left")
        weights.grid(visible=False, axis="y")
        shares.barh(list(layers), list(layers.values()), color=TERM_COLOURS["style"], zorder=2)
        for name, share in layers.items():
            words = "less than 0.1 %" if share < 1e-3 else f"{100 * share:.1f} %"  # noqa: PLR2004
            shares.text(share + 0.02, name, words, va="center", fontsize=10)
        shares.set(
            xlim=(0, 1.35), xticks=(0, 0.5, 1), xlabel="share of the layer in the style term"
        )
        shares.invert_yaxis()
        shares.grid(visible=False, axis="y")
    parts = ", ".join(f"{name} {share:.2g}" for name, share in layers.items())
    alt = (
        f"Content weight {theirs[0]:g} and style weight {theirs[1]:g} of {program}: in relative terms "
        f"1 and {ours:.3g}. Shares of the layers in the style term: {parts}."
    )
    return CourseFigure(figure, alt)


CONTROL_WIDTH = 8.6
"""Width of a control's figure, and of dots on a logarithmic axis, in inches."""


def plot_edges(edges: Mapping[str, NDArray[Any]], *, alt: str) -> CourseFigure:
    """Plot rows of pixels from black to white: each as a strip of gray, and its values below it.

    Args:
        edges: values of a row, in [0, 1], by title.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: there is nothing to show.
    """
    validate_not_empty(edges, "edge")
    with new_figure(0.36 * WIDTH * len(edges), 2.9, layout="constrained") as figure:
        grid = figure.subplots(2, len(edges), height_ratios=(1, 2.6), sharex=True, squeeze=False)
        for (strip, curve), (title, values) in zip(grid.T, edges.items(), strict=True):
            strip.imshow(values[None], cmap="gray", vmin=0, vmax=1, aspect="auto")
            strip.set_title(title)
            strip.set(yticks=[])
            strip.grid(visible=False)
            curve.plot(values, ".-", color=INK, markersize=6, linewidth=1)
            curve.set(xlabel="column", ylim=(-0.06, 1.06))
        grid[1, 0].set_ylabel("brightness")
    return CourseFigure(figure, alt)


def plot_row_comparison(
    picture: Picture, row: int, entries: Mapping[str, NDArray[Any]], *, alt: str
) -> CourseFigure:
    """Plot the brightness of some pictures along one row, next to a picture with the row marked.

    Args:
        picture: (H, W, 3), shown with the row marked.
        row: number of the row, from 0.
        entries: pictures (H, W, 3) of that size, by name.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: the picture has no such row.
    """
    if not 0 <= row < len(picture):
        raise SettingsError(
            f"Expected a row of the picture, 0 … {len(picture) - 1}. Received: {row}."
        )
    with new_figure(WIDTH, 3.2, layout="constrained") as figure:
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
        left.imshow(np.clip(picture, 0, 1))
        left.axhline(row, color="#ffd400", linewidth=1.5)
        left.set_axis_off()
        left.set_title(f"row {row}", pad=4)
        colours = SERIES_COLOURS * len(entries)
        for (name, image), colour in zip(entries.items(), colours, strict=False):
            right.plot(image[row].mean(-1), label=name, color=colour)
        right.set(xlabel="column (pixels)", ylabel="brightness (0 … 1)")
        figure.legend(loc="outside upper right", ncols=len(entries))
    return CourseFigure(figure, alt, kind="jpeg")


def show_gradient_map(picture: Picture, gradient: NDArray[Any], *, alt: str) -> CourseFigure:
    """Show a picture, and the length of a gradient at each of its pixels.

    Args:
        picture: (H, W, 3).
        gradient: of that shape; the length of each pixel's three values is shown, relative to the
            largest.
        alt: what the figure shows, in words.

    Raises:
        SettingsError: the two have different shapes.
    """
    if picture.shape != gradient.shape:
        raise SettingsError(
            f"Expected a gradient of the picture's shape, {picture.shape}. "
            f"Received: {gradient.shape}."
        )
    strength = np.linalg.norm(gradient, axis=-1)
    width = 0.8 * WIDTH
    height = 0.45 * width * len(picture) / picture.shape[1] + 0.3
    with new_figure(width, height, layout="constrained") as figure:
        left, right = figure.subplots(1, 2)
        left.imshow(np.clip(picture, 0, 1))
        image = right.imshow(strength / (strength.max() or 1), cmap="magma", vmin=0, vmax=1)
        for axes, title in ((left, "the picture"), (right, "length of the gradient")):
            axes.set_axis_off()
            axes.set_title(title, pad=5)
        label = "relative to the largest"
        figure.colorbar(image, ax=[left, right], label=label, fraction=0.03, pad=0.01)
    return CourseFigure(figure, alt, kind="jpeg")


def _format_scientific(value: float) -> str:
    """Format a number in three digits, large and small ones as `2.0 × 10⁹`."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:  # noqa: PLR2004 - still read at a glance
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004
    figures, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{figures} × 10{raised}"
