"""Loss curves of a run on a logarithmic axis, and the share of each term, as SVG and HTML.

A figure of matplotlib would take longer than a step of the run. These are strings of SVG and HTML,
made in a millisecond, in the colours of JupyterLab's theme and of the course's figures.
"""

from __future__ import annotations

import html
import math
from functools import partial
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from stylelab.course.figures.course_figure import TERM_COLOURS
from stylelab.panels.studio.chart_axes import CHARACTER, ROW, make_axes, round_losses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stylelab.panels.studio.chart_axes import Axes
    from stylelab.panels.studio.weight_changes import WeightChange
    from stylelab.pipeline.progress import Record
    from stylelab.pipeline.stages import Stage

TEXT_COLOUR = "var(--jp-ui-font-color1, #212121)"
GRID_COLOUR = "var(--jp-border-color2, #bdbdbd)"
BACKGROUND = "var(--jp-layout-color1, #ffffff)"
FONT = "var(--jp-ui-font-family, system-ui, sans-serif)"

MAX_NAME_LENGTH = 16
"""Longest name of a curve, in characters: names and curves share the width."""

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def loss_curves_svg(
    history: Sequence[Record],
    changes: Iterable[WeightChange] = (),
    *,
    width: int = 640,
    height: int = 240,
    stages: Sequence[Stage] = (),
    names: Mapping[str, str] = _NO_NAMES,
) -> str:
    """Loss and its terms at each step, for all sizes, as SVG.

    Args:
        history: records of the run so far, at least one.
        changes: changes of weights during the run: a dashed line each, with its text.
        width: in pixels.
        height: in pixels.
        stages: all sizes of the run; with them the axis is as long as the run will be.
        names: names of terms that have names of their own: `{"style_2": "woodcut waves"}`.

    Returns:
        An `<svg>` element. Terms that are 0 throughout are left out.
    """
    curves = {"total": [record.loss for record in history]}
    for name in history[-1].terms:
        curves[name] = [record.terms.get(name, 0.0) for record in history]
    curves = {name: values for name, values in curves.items() if max(values) > 0}
    changes = tuple(changes)
    names = {name: _display_name(name, names) for name in curves}
    rows = 2 if changes else 1
    axes = make_axes(history, curves, names.values(), width, height, stages, rows)
    parts = [*_grid(axes), *_sizes(axes, history, stages), *_change_markers(axes, changes)]
    for name, values in reversed(curves.items()):  # the total lies on top
        parts.append(_curve(axes, name, values, history))
    parts.extend(_labels(axes, {name: values[-1] for name, values in curves.items()}, names))
    last = [(names[name], values[-1]) for name, values in curves.items()]
    words = html.escape(_in_words(history, last, len(changes)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="stylelab-loss-curves" role="img" '
        f'aria-label="{words}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'style="display: block; max-width: 100%; height: auto; font: 12px {FONT}; '
        f'fill: {TEXT_COLOUR}; font-variant-numeric: tabular-nums">{"".join(parts)}</svg>'
    )


def shares_html(terms: Mapping[str, float], names: Mapping[str, str] = _NO_NAMES) -> str:
    """Share of each term in the loss, as HTML: one bar, and the numbers above it.

    Args:
        terms: as in a `Step`. Terms of 0 are left out; without any other there is nothing to draw.
        names: as in `loss_curves_svg`.
    """
    shown = {name: value for name, value in terms.items() if value > 0}
    whole = sum(shown.values())
    if not whole:
        return ""
    words = [html.escape(_display_name(name, names)) for name in shown]
    shares = [value / whole for value in shown.values()]
    label = ", ".join(
        f"{name} {_percent(share)}" for name, share in zip(words, shares, strict=True)
    )
    colours = [_colour(name) for name in shown]
    bar = "".join(
        f'<span style="flex: {share:.5f} 1 0; min-width: 2px; background: {colour}"></span>'
        for share, colour in zip(shares, colours, strict=True)
    )
    dot = "display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 6px"
    items = "".join(
        f'<span style="white-space: nowrap"><span style="{dot}; background: {colour}"></span>'
        f"{name} <strong>{_percent(share)}</strong></span>"
        for name, share, colour in zip(words, shares, colours, strict=True)
    )
    row = "display: flex; align-items: baseline; flex-wrap: wrap; gap: 2px 16px"
    return (
        f'<div class="stylelab-loss-shares" role="img" aria-label="Share of the loss: {label}." '
        f'style="font: 12px/1.5 {FONT}; color: {TEXT_COLOUR}; font-variant-numeric: tabular-nums">'
        f'<div style="{row}; margin-bottom: 5px"><span>share of the loss</span>{items}</div>'
        f'<div style="display: flex; gap: 2px; height: 10px; border-radius: 5px; overflow: hidden">'
        f"{bar}</div></div>"
    )


def _grid(axes: Axes) -> Iterator[str]:
    """Lines across at round losses, and the numbers of the steps."""
    for value in round_losses(axes.low, axes.high):
        y = axes.y(value)
        yield _line(axes.left, y, axes.right, y, f"stroke: {GRID_COLOUR}; opacity: 0.7")
        yield _text(axes.left - 8, y + 4, _number(value), "text-anchor: end; opacity: 0.78")
    yield _text(axes.left - 8, 14, "loss", "text-anchor: end; opacity: 0.78")
    yield _line(axes.left, axes.bottom, axes.right, axes.bottom, f"stroke: {GRID_COLOUR}")
    for x, step in axes.ticks:
        yield _line(x, axes.bottom, x, axes.bottom + 4, f"stroke: {GRID_COLOUR}")
        yield _text(x, axes.bottom + 17, str(step), "text-anchor: middle; opacity: 0.78")
    yield _text(axes.right + 22, axes.bottom + 17, "step", "opacity: 0.78")


def _sizes(axes: Axes, history: Sequence[Record], stages: Sequence[Stage]) -> Iterator[str]:
    """Sizes as text at the top, with thin lines between them."""
    known = {record.stage: max(record.height, record.width) for record in history}
    known |= {number: max(stage.height, stage.width) for number, stage in enumerate(stages)}
    later = [pixels for number, pixels in sorted(known.items()) if number >= history[0].stage]
    for number, ((begin, end, _), pixels) in enumerate(zip(axes.sizes, later, strict=True)):
        if number:
            middle = (axes.sizes[number - 1][1] + begin) / 2
            yield _line(middle, 4, middle, axes.bottom, f"stroke: {GRID_COLOUR}")
        text = f"{pixels} px"
        if end - begin >= CHARACTER * len(text):
            yield _text(begin + 4, 14, text, "font-weight: 600")


def _change_markers(axes: Axes, changes: Sequence[WeightChange]) -> Iterator[str]:
    """A dashed line where weights were changed, with a text above it if there is room."""
    row, free = 14 + ROW, 0.0
    for change in changes:
        x, text = axes.positions[change.record], html.escape(change.text)
        # Where the line is, or to the left of it near the right end of the drawing.
        long = CHARACTER * len(change.text)
        begin = min(x + 4, axes.right + 90 - long)
        label = ""
        if begin >= max(free, axes.left):
            label, free = _text(begin, row, text, "opacity: 0.9"), begin + long + 8
        top = axes.top - 8
        dashed = f"stroke: {TEXT_COLOUR}; stroke-dasharray: 4 3; opacity: 0.7"
        yield (
            f'<g class="stylelab-change"><title>{text}</title>'
            f'<rect x="{x - 5:.1f}" y="{top:.1f}" width="10" height="{axes.bottom - top:.1f}" '
            'style="fill: transparent"></rect>'
            f"{_line(x, top, x, axes.bottom, dashed)}{label}</g>"
        )


def _curve(axes: Axes, name: str, values: Sequence[float], history: Sequence[Record]) -> str:
    """One curve, with gaps where values cannot be compared: at new sizes and new weights."""
    path: list[str] = []
    drawn = -math.inf
    for number, (x, value) in enumerate(zip(axes.positions, values, strict=True)):
        record = history[number]
        apart = record.changed or (number > 0 and history[number - 1].stage != record.stage)
        ends = number + 1 == len(values) or history[number + 1].changed
        if value <= 0:
            drawn = -math.inf
            continue
        begins = apart or drawn == -math.inf
        if begins or ends or x - drawn >= 1:  # more than a point a pixel is not seen
            path.append(f"{'M' if begins else 'L'}{x:.1f} {axes.y(value):.1f}")
            drawn = x
    width = 2.25 if name == "total" else 1.75
    return (
        f'<path class="stylelab-curve-{name}" d="{"".join(path)}" '
        f'style="fill: none; stroke: {_colour(name)}; stroke-width: {width}; '
        'stroke-linejoin: round; stroke-linecap: round"></path>'
    )


def _labels(axes: Axes, last: Mapping[str, float], names: Mapping[str, str]) -> Iterator[str]:
    """Name and last value of each curve, at its end."""
    x = axes.positions[-1]
    heights = {name: axes.y(value) for name, value in last.items()}
    lowest_first = sorted(heights, key=lambda name: -heights[name])
    placed = spread_labels([heights[name] for name in lowest_first], axes.top + 4, axes.bottom - 4)
    for name, y in zip(lowest_first, placed, strict=True):
        if last[name] > 0:
            yield (
                f'<circle cx="{x:.1f}" cy="{heights[name]:.1f}" r="3.5" '
                f'style="fill: {_colour(name)}; stroke: {BACKGROUND}; stroke-width: 1.5"></circle>'
            )
        if abs(y - heights[name]) > 3:  # noqa: PLR2004 - a line leads to what stands elsewhere
            yield _line(x + 4, heights[name], x + 11, y, f"stroke: {_colour(name)}")
        words = html.escape(names[name])
        text = f'<tspan style="font-weight: 600">{words}</tspan> {_number(last[name], 3)}'
        halo = f"paint-order: stroke; stroke: {BACKGROUND}; stroke-width: 4px"
        yield _text(x + 13, y + 4, text, f"{halo}; stroke-linejoin: round")


def spread_labels(
    heights: Sequence[float], top: float, bottom: float, gap: float = 15
) -> list[float]:
    """Heights moved apart as little as possible, so that texts there do not overlap.

    Args:
        heights: in pixels from the top, in descending order.
        top: smallest height allowed.
        bottom: largest height allowed.
        gap: smallest distance between two.
    """
    positions = [min(max(height, top), bottom) for height in heights]
    # Texts that would overlap form a group, centred on the mean of their heights.
    groups = [[position] for position in positions]
    stack = partial(_stacked_heights, top=top, bottom=bottom, gap=gap)
    while True:
        for number, (below, above) in enumerate(pairwise(groups)):
            if stack(below)[-1] - stack(above)[0] < gap:
                groups[number : number + 2] = [below + above]
                break
        else:
            return [place for group in groups for place in stack(group)]


def _stacked_heights(group: Sequence[float], top: float, bottom: float, gap: float) -> list[float]:
    reach = gap * (len(group) - 1) / 2
    middle = sum(group) / len(group)
    middle = max(min(middle, bottom - reach), top + reach)
    return [middle + reach - gap * number for number in range(len(group))]


def _in_words(history: Sequence[Record], values: Iterable[tuple[str, float]], changes: int) -> str:
    last = history[-1]
    # Losses compare with those of the same size under the same weights.
    begun = [n for n, record in enumerate(history) if record.iteration == 0 or record.changed]
    first = begun[-1] if begun else 0
    each = ", ".join(f"{name} {_number(value, 3)}" for name, value in values)
    since = "of this size" if not history[first].changed else "under these weights"
    text = (
        f"Loss at each step, on a logarithmic axis. At {last.width} × {last.height} pixels, step "
        f"{last.iteration}: {each}. At the first step {since} the total was "
        f"{_number(history[first].loss, 3)}."
    )
    if changes:
        text += f" Weights were changed {'once' if changes == 1 else f'{changes} times'}."
    return text


def _display_name(name: str, names: Mapping[str, str]) -> str:
    """Name of a term: its own, shortened, or its kind."""
    own = names.get(name)
    if own is None:
        return name.replace("_", " ")
    return own if len(own) <= MAX_NAME_LENGTH else f"{own[: MAX_NAME_LENGTH - 1].rstrip()}…"


def _colour(name: str) -> str:
    if name == "total":
        return TEXT_COLOUR
    kind = name.rstrip("_0123456789")
    term_colour = TERM_COLOURS.get(kind, TERM_COLOURS["content"])
    colour = f"var(--stylelab-{kind.replace('_', '-')}, {term_colour})"
    number = name.removeprefix(kind).lstrip("_")
    if not number:
        return colour
    own = max(25, 100 - 30 * (int(number) - 1))  # further ones of a kind are closer to the text
    return f"color-mix(in srgb, {colour} {own}%, {TEXT_COLOUR})"


def _number(value: float, digits: int = 1) -> str:
    """A loss with few digits: 0.0123, 4.56, 789, 1.2e5."""
    if value == 0:
        return "0"
    if 1e-4 <= value < 1e5:  # noqa: PLR2004 - what reads well without an exponent
        decimals = max(0, digits - 1 - math.floor(math.log10(value)))
        return f"{value:.{decimals}f}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    sign = "−" if exponent.startswith("-") else ""
    return f"{mantissa}e{sign}{exponent.lstrip('+-0')}"


def _percent(share: float) -> str:
    if share < 0.005:  # noqa: PLR2004 - would be rounded to 0
        return "&lt; 1 %"
    return f"{share:.0%}".replace("%", " %")


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" style="{style}"></line>'


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{text}</text>'
