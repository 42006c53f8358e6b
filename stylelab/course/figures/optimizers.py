"""Figures of notebook 07: contours of a loss with optimizer paths, and falling losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.course.figures.charts import SERIES_COLOURS
from stylelab.course.figures.course_figure import (
    FAINT_INK,
    INK,
    WIDTH,
    CourseFigure,
    logarithmic_axis,
    new_figure,
    validate_not_empty,
)
from stylelab.course.figures.pictures import add_picture
from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from stylelab.optimizers.step import Step
    from stylelab.pictures.images import Picture

    Function = Callable[[Any], tuple[float, Any]]
    Box = tuple[float, float, float, float]
    Per = Literal["step", "evaluation"]
    Runs = Mapping[str, tuple[NDArray[Any], NDArray[Any]]]

CONTOUR_COLOURS = "YlGnBu_r"
"""Colour map of the loss: dark is low, bright is high; perceptually uniform."""

PATH_COLOUR = "#c1121f"
GRID_POINTS = 160
CONTOUR_LEVELS = 11


def plot_optimizer_paths(
    function: Function,
    walks: Mapping[str, ArrayLike],
    *,
    box: Box,
    lowest: tuple[float, float] = (0.0, 0.0),
) -> CourseFigure:
    """Plot optimizer paths over the contours of a loss of two numbers, a panel for each path.

    Contours are spaced by equal factors, not by equal differences. Paths are clipped to the box.

    Args:
        function: returns (loss, gradient) for an array of two numbers.
        walks: the points of each path (N, 2), starting point first, by title.
        box: (left, right, bottom, top) of the part shown.
        lowest: the minimum of the loss; marked by a star.

    Raises:
        SettingsError: there is nothing to show, or a path's points do not have two numbers each.
    """
    validate_not_empty(walks, "path")
    points = {name: np.asarray(walk, float) for name, walk in walks.items()}
    for name, walk in points.items():
        if walk.ndim != 2 or walk.shape[1] != 2 or not len(walk):  # noqa: PLR2004 - points (x, y)
            raise SettingsError(
                f"Expected the points of a path, shape (N, 2). Received: {walk.shape} for {name!r}."
            )
    in_row = 2 if len(points) == 4 else min(3, len(points))  # noqa: PLR2004 - four in a square
    rows = -(-len(points) // in_row)
    width = WIDTH if in_row > 1 else 0.62 * WIDTH  # one panel alone need not fill the page
    height = 3.0 if in_row > 1 else 3.6
    with new_figure(width, height * rows + 0.2, layout="constrained") as figure:
        grid = figure.subplots(rows, in_row, squeeze=False, sharex=True, sharey=True)
        for axes in grid.flat[len(points) :]:
            axes.set_axis_off()
        land = _compute_land(function, box)
        for axes, (name, walk) in zip(grid.flat, points.items(), strict=False):
            _draw_contours(axes, land, box)
            axes.plot(*walk.T, color=PATH_COLOUR, linewidth=1.6, marker="o", markersize=3.6)
            axes.plot(
                *walk[0], marker="o", markersize=9, color="white", markeredgecolor=PATH_COLOUR
            )
            axes.plot(*lowest, marker="*", markersize=13, color="gold", markeredgecolor=INK)
            axes.set_title(name)
        for axes in grid[-1, :]:
            axes.set_xlabel("x")
        for axes in grid[:, 0]:
            axes.set_ylabel("y")
    parts = (
        f"{name}: {len(walk) - 1} steps, loss from {function(walk[0])[0]:.3g} to "
        f"{function(walk[-1])[0]:.3g}"
        for name, walk in points.items()
    )
    return CourseFigure(figure, f"Paths over contours of the loss. {'; '.join(parts)}.")


def plot_steepest_descent(
    function: Function,
    starts: Sequence[tuple[float, float]],
    *,
    box: Box,
    alt: str,
) -> CourseFigure:
    """Plot, at some points, the direction of steepest descent and that of the minimum, at (0, 0).

    Args:
        function: returns (loss, gradient) for an array of two numbers.
        starts: the points.
        box: (left, right, bottom, top) of the part shown.
        alt: what the figure shows, in words.
    """
    lowest = (0.0, 0.0)
    length = 0.16 * (box[3] - box[2])
    with new_figure(WIDTH, 3.7, layout="constrained") as figure:
        axes = figure.add_subplot()
        _draw_contours(axes, _compute_land(function, box), box)
        axes.set_aspect("equal")  # or right angles would not look right
        for number, start in enumerate(starts):
            down = -np.asarray(function(np.array(start))[1])
            tip = np.array(start) + length * down / np.linalg.norm(down)
            axes.plot(
                *zip(start, lowest, strict=True), color=INK, linestyle=(0, (1, 3)),
                linewidth=1.4, label=None if number else "direction of the minimum",
            )  # fmt: skip
            axes.annotate(
                "", (float(tip[0]), float(tip[1])), start,
                arrowprops={"arrowstyle": "-|>", "color": PATH_COLOUR, "linewidth": 2.4,
                            "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16},
            )  # fmt: skip
            axes.plot(*start, marker="o", markersize=7, color="white", markeredgecolor=PATH_COLOUR)
        axes.plot([], [], color=PATH_COLOUR, label="steepest descent")
        axes.plot(*lowest, marker="*", markersize=14, color="gold", markeredgecolor=INK)
        axes.set(xlabel="x", ylabel="y")
        axes.legend(loc="upper right", frameon=True, facecolor="white", framealpha=0.85)
    return CourseFigure(figure, alt)


def plot_two_loops(
    function: Function,
    start: ArrayLike,
    memories: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]],
    *,
    box: Box,
) -> CourseFigure:
    """Plot how the two loops of L-BFGS make a step, a panel for each memory of pairs.

    The step is -H·g (Nocedal and Wright 2006, algorithm 7.4). It is the sum of -γ·q, what is left of
    the gradient after the first loop, scaled, and of a move along s for each pair, from the second.

    Args:
        function: returns (loss, gradient) for an array of two numbers; its minimum is at (0, 0).
        start: the point (2,) at which the step begins.
        memories: the pairs (s, y) of each panel, oldest first, by title; at least one pair each.
        box: (left, right, bottom, top) of the part shown.

    Raises:
        SettingsError: there is nothing to show, or a panel has no pairs.
    """
    validate_not_empty(memories and all(memories.values()), "pair (s, y) in each panel")
    begin = np.asarray(start, float)
    gradient = np.asarray(function(begin)[1], float)
    land, words = _compute_land(function, box), []
    with new_figure(WIDTH, 3.6, layout="constrained") as figure:
        grid = figure.subplots(1, len(memories), squeeze=False, sharey=True)
        for axes, (title, memory) in zip(grid.flat, memories.items(), strict=True):
            pairs = [(np.asarray(s, float), np.asarray(y, float)) for s, y in memory]
            _draw_contours(axes, land, box)
            axes.plot(
                *np.transpose([begin, begin - gradient]), color=INK, linestyle=(0, (1, 2)),
                label="steepest descent",
            )  # fmt: skip
            left_over, moves = _split_step(gradient, pairs)
            place = begin
            for move, colour in [(left_over, LEFT_COLOUR), *((m, PAIR_COLOUR) for m in moves)]:
                if np.linalg.norm(move) > MIN_ARROW * (box[1] - box[0]):
                    _draw_arrow(axes, place, place + move, colour, 4.5)
                place = place + move
            _draw_arrow(axes, begin, place, PATH_COLOUR, 1.8)
            axes.plot(*begin, marker="o", markersize=9, color="white", markeredgecolor=PATH_COLOUR)
            axes.plot(0, 0, marker="*", markersize=14, color="gold", markeredgecolor=INK, zorder=5)
            axes.set(title=title, xlabel="x")
            words.append(f"{title}: the step ends at ({place[0]:.3g}, {place[1]:.3g})")
        grid[0, 0].set_ylabel("y")
        names = ("what a pair puts back", "what no pair explains, scaled", "the step")
        for name, colour in zip(names, (PAIR_COLOUR, LEFT_COLOUR, PATH_COLOUR), strict=True):
            axes.plot([], [], color=colour, linewidth=4, label=name)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return CourseFigure(figure, f"The step of L-BFGS as a sum of arrows. {'; '.join(words)}.")


LEFT_COLOUR, PAIR_COLOUR = "#b5651d", "#6a4c93"
MIN_ARROW = 0.004
"""Length of the shortest arrow that is drawn, relative to the width of the box."""


def _split_step(
    gradient: NDArray[Any], pairs: Sequence[tuple[NDArray[Any], NDArray[Any]]]
) -> tuple[NDArray[Any], list[NDArray[Any]]]:
    """Return the parts of -H·g: -γ·q, and (β - α)·s of each pair, oldest first."""
    q, alphas = gradient, []
    for s, y in reversed(pairs):
        alphas.append(float(s @ q / (s @ y)))
        q = q - alphas[-1] * y
    newest_s, newest_y = pairs[-1]
    left_over = q * float(newest_s @ newest_y / (newest_y @ newest_y))
    result, moves = left_over, []
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        moves.append((float(y @ result / (s @ y)) - alpha) * s)
        result = result - moves[-1]
    return -left_over, moves


def _draw_arrow(
    axes: Axes, tail: NDArray[Any], tip: NDArray[Any], colour: str, width: float
) -> None:
    left, right = axes.get_xlim()
    short = np.linalg.norm(tip - tail) < 0.05 * (right - left)  # a head would be larger than it
    axes.annotate(
        "", tuple(tip), tuple(tail), zorder=4,
        arrowprops={"arrowstyle": "-" if short else "-|>", "color": colour, "linewidth": width,
                    "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8 + 2 * width},
    )  # fmt: skip


def plot_descents(
    walks: Mapping[str, Sequence[Step] | Sequence[float]], *, per: Per = "step"
) -> CourseFigure:
    """Plot the loss of several runs, each labelled with its name and its last loss.

    Args:
        walks: the steps of each run, the start first, by name; or their losses.
        per: the quantity on the x-axis: steps, or evaluations of the loss (which needs the steps).

    Raises:
        SettingsError: there is nothing to show, or losses are to be shown per evaluation.
    """
    runs = {name: _curve_points(walk, per) for name, walk in walks.items()}
    validate_not_empty(runs, "run")
    with new_figure(RACE_WIDTH, 3.2, layout="constrained") as figure:
        axes = figure.add_subplot()
        _draw_losses(axes, runs, dict(zip(runs, SERIES_COLOURS, strict=False)), per)
    return CourseFigure(figure, _describe_runs(runs, per))


def plot_optimizer_race(
    walks: Mapping[str, Sequence[Step]],
    *,
    start: Picture | None = None,
    colours: Mapping[str, str] | None = None,
) -> CourseFigure:
    """Plot the loss of several runs by evaluations, and show the picture each has reached.

    Args:
        walks: the steps of each run, the start first, by name; empty for a run still to come.
        start: the picture (H, W, 3) that all start from; by default taken from the steps.
        colours: colours of the runs, by name; by default one after the other.

    Raises:
        SettingsError: there is no run, or the start is unknown.
    """
    runs = {name: _curve_points(walk, "evaluation") for name, walk in walks.items() if len(walk)}
    if start is None:
        start = next((walk[0].image for walk in walks.values() if len(walk)), None)
    if not walks or start is None:
        raise SettingsError(
            "Expected at least one run to show, and the picture that it starts with. "
            f"Received: {', '.join(walks) or 'none'}."
        )
    run_colours = colours or dict(zip(walks, SERIES_COLOURS, strict=False))
    panels = 1 + len(walks)
    in_row = 2 if panels == 4 else min(3, panels)  # noqa: PLR2004 - four in a square
    across = min(RACE_WIDTH / in_row, WIDTH / 3)
    side = (across - GAP) / RACE_WIDTH
    tall = (across - GAP) * start.shape[0] / start.shape[1]
    down = tall + 0.1 + TITLE_LINE * (1 + max(", " in name for name in walks))
    above = 3.2
    height = above + down * -(-panels // in_row)
    with new_figure(RACE_WIDTH, height) as figure:
        axes = figure.add_axes((0.09, 1 - (above - 0.6) / height, 0.58, (above - 0.7) / height))
        _draw_losses(axes, runs, run_colours, "evaluation")
        reached = {name: walk[-1].image if len(walk) else None for name, walk in walks.items()}
        for number, (name, image) in enumerate(({"the start": start} | reached).items()):
            row, column = divmod(number, in_row)
            bottom = 1 - (above + (row + 1) * down) / height
            place = (column * across / RACE_WIDTH, bottom, side, tall / height)
            add_picture(
                figure, place, image, name.replace(", ", "\n", 1), placeholder="not run yet",
                interpolation="bilinear", color=run_colours.get(name, INK), pad=5,
            )  # fmt: skip
    alt = _describe_runs(runs, "evaluation") if runs else "No run yet."
    alt += f" Below, the start and the picture that each reached: {', '.join(walks)}."
    pending = ", ".join(name for name, walk in walks.items() if not len(walk))
    alt += f" Not run yet: {pending}." if pending else ""
    return CourseFigure(figure, alt, kind="jpeg")


RACE_WIDTH = 8.2
"""Width of curves that are labelled at their ends, in inches."""

GAP, TITLE_LINE = 0.06, 0.21
"""Inches between pictures, and for each line of a title above them."""


def _curve_points(
    walk: Sequence[Step] | Sequence[float], per: Per
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the x values of a run's points, and their losses."""
    losses = np.array([getattr(step, "loss", step) for step in walk], float)
    if per == "step":
        return np.arange(len(losses)), losses
    if not all(hasattr(step, "evaluations") for step in walk):
        raise SettingsError(
            "Expected the steps of each run, to count evaluations. Received: losses alone."
        )
    return np.array([getattr(step, "evaluations", 0) for step in walk]), losses


def _round_down(value: float) -> float:
    """Round down to one of …, 1, 2, 5, 10, …, so that the axis begins with a labelled tick."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(part * power for part in (1, 2, 5) if part * power <= value))


def _draw_losses(axes: Axes, runs: Runs, colours: Mapping[str, str], per: Per) -> None:
    """Draw the losses of runs on a logarithmic axis, each labelled at its end."""
    for name, (x, y) in runs.items():
        axes.plot(x, y, color=colours[name], label=name, marker="o" if len(x) == 1 else "")
    if runs:
        lowest = min(float(y.min()) for _, y in runs.values())
        highest = max(float(y.max()) for _, y in runs.values())
        axes.set_ylim(_round_down(lowest), highest * 1.15)
        axes.set_xlim(right=max(2.0, *(float(x[-1]) for x, _ in runs.values())))
    logarithmic_axis(axes)
    axes.locator_params(axis="x", integer=True)
    _label_curves(axes, runs, colours)
    axes.set_xlabel("step" if per == "step" else "evaluations of the loss and its gradient")
    axes.set_ylabel("loss (no unit)")


def _label_curves(axes: Axes, runs: Runs, colours: Mapping[str, str]) -> None:
    """Write each run's name and last loss next to its end, moved apart where they would overlap."""
    low, high = np.log(axes.get_ylim())
    ends = {name: (np.log(y[-1]) - low) / (high - low) for name, (_, y) in runs.items()}
    place = -1.0
    for name in sorted(ends, key=lambda name: ends[name]):
        place = max(float(ends[name]), place + LABEL_SPACING)
        axes.annotate(
            f"{name}: {_format_loss(float(runs[name][1][-1]))}", (1, place), (8, 0),
            xycoords="axes fraction", textcoords="offset points", color=colours[name], va="center",
            annotation_clip=False,
        )  # fmt: skip


LABEL_SPACING = 0.1
"""Height of a label, relative to the axes."""


def _format_loss(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _describe_runs(runs: Runs, per: Per) -> str:
    parts = (
        f"{name}: from {_format_loss(float(y[0]))} to {_format_loss(float(y[-1]))} after "
        f"{x[-1]} {per}s" + (f", at most {_format_loss(float(y.max()))}" if y.max() > y[0] else "")
        for name, (x, y) in runs.items()
    )
    return f"Curves of the loss per {per}, on a logarithmic axis. {'; '.join(parts)}."


def _compute_land(function: Function, box: Box) -> NDArray[Any]:
    """Return the loss at a grid of points in the box, row by row."""
    left, right, bottom, top = box
    across, up = np.linspace(left, right, GRID_POINTS), np.linspace(bottom, top, GRID_POINTS)
    return np.array([[function(np.array([x, y]))[0] for x in across] for y in up])


def _draw_contours(axes: Axes, height: NDArray[Any], box: Box) -> None:
    """Draw contours of a loss, spaced by equal factors."""
    left, right, bottom, top = box
    across, up = np.linspace(left, right, GRID_POINTS), np.linspace(bottom, top, GRID_POINTS)
    low = max(float(height.min()), float(height.max()) * 1e-4)
    levels = np.geomspace(low, float(height.max()), CONTOUR_LEVELS)
    shade = np.log(np.maximum(height, low))
    # Without antialiasing the file is a third as large and looks the same.
    axes.contourf(
        across, up, shade, levels=np.log(levels), cmap=CONTOUR_COLOURS, extend="min", antialiased=False
    )  # fmt: skip
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.grid(visible=False)
    axes.tick_params(color=FAINT_INK)
