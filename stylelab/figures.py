"""The course's figures: one look, no plumbing in the notebooks, and each with its alt text.

A function here takes what is to be shown and gives a `Drawing`, which a cell shows by ending in it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylelab.checkpoint import Record
    from stylelab.images import Picture
    from stylelab.transfer import Result

INK = "#26323f"
FAINT = "#8a96a3"
COLOURS: Mapping[str, str] = MappingProxyType(
    {"loss": INK, "content": "#0b7fab", "style": "#d1495b", "total_variation": "#7a8f2a"}
)
"""Colour of each term, the same in every figure; told apart by colour-blind readers too."""

_LOOK: Mapping[str, Any] = MappingProxyType(
    {
        "figure.facecolor": "white",
        "font.size": 11,
        "text.color": INK,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlesize": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e4e8ec",
        "xtick.color": FAINT,
        "xtick.labelcolor": INK,
        "ytick.color": FAINT,
        "ytick.labelcolor": INK,
        "lines.linewidth": 2,
        "legend.frameon": False,
    }
)

WIDTH = 10.0
"""Width of a figure, in inches: what a notebook's column takes."""

DOTS_PER_INCH = 110
JPEG_QUALITY = 88


@dataclass(frozen=True, eq=False)
class Drawing:
    """A finished figure and what it shows, in words.

    Attributes:
        figure: matplotlib's figure, to be changed further by those who want to.
        alt: what a reader who cannot see it needs to know.
        kind: how a notebook keeps it: `"png"` for lines and words, `"jpeg"` for paintings, which
            would make notebooks ten times as heavy otherwise.
    """

    figure: Figure = field(repr=False)
    alt: str
    kind: Literal["png", "jpeg"] = "png"

    def encode(self, kind: Literal["png", "jpeg"] | None = None) -> bytes:
        """Draw the figure as a PNG or JPEG file."""
        buffer = BytesIO()
        kind = kind or self.kind
        quality = {"quality": JPEG_QUALITY} if kind == "jpeg" else {}
        with _look():
            self.figure.savefig(buffer, format=kind, dpi=DOTS_PER_INCH, pil_kwargs=quality)
        return buffer.getvalue()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        mime = f"image/{self.kind}"
        picture = base64.b64encode(self.encode()).decode("ascii")
        return {mime: picture, "text/plain": self.alt}, {mime: {"alt": self.alt}}


def pictures(
    shown: Mapping[str, Picture] | Sequence[Picture],
    *,
    columns: int | None = None,
    alt: str | None = None,
) -> Drawing:
    """Show pictures side by side, each under its title, at one height.

    Args:
        shown: pictures (H, W, 3) by title, or without titles.
        columns: how many in a row; all in one row without it.
        alt: what they show, in words; made from the titles without it.

    Raises:
        SettingsError: there is nothing to show.
    """
    from matplotlib.figure import Figure

    titled = list(shown.items()) if isinstance(shown, Mapping) else [("", image) for image in shown]
    titles, images = [title for title, _ in titled], [image for _, image in titled]
    if not images:
        raise SettingsError("Expected at least one picture to show. Received: none.")
    in_row = min(columns or len(images), len(images))
    rows = [slice(i, i + in_row) for i in range(0, len(images), in_row)]
    shapes = [[image.shape[1] / image.shape[0] for image in images[row]] for row in rows]
    full = max(map(sum, shapes))
    title_room = 0.32 if any(titles) else 0.06
    height = WIDTH / full
    with _look():
        figure = Figure(figsize=(WIDTH, len(rows) * (height + title_room)))
        for number, (row, ratios) in enumerate(zip(rows, shapes, strict=True)):
            left = 0.0
            bottom = 1 - (number + 1) / len(rows)
            for title, image, ratio in zip(titles[row], images[row], ratios, strict=True):
                share = height / (height + title_room) / len(rows)
                place = (left + 0.004, bottom, ratio / full - 0.008, share)
                axes = figure.add_axes(place)
                axes.imshow(np.clip(image, 0, 1), aspect="auto", interpolation="antialiased")
                axes.set_axis_off()
                axes.set_title(title, pad=5)
                left += ratio / full
    in_words = ", ".join(title for title in titles if title) or "untitled"
    return Drawing(figure, alt or f"{len(images)} pictures side by side: {in_words}.", kind="jpeg")


def loss_curves(result: Result, *, alt: str | None = None) -> Drawing:
    """Show how the loss and its terms fell, step by step, at each size, on a logarithmic axis.

    Args:
        result: what `transfer` gave.
        alt: what is seen, in words; made from the first and last losses without it.
    """
    from matplotlib.figure import Figure

    history = result.history
    stages = sorted({record.stage for record in history})
    with _look():
        figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
        axes = figure.add_subplot()
        offset = 0
        for stage in stages:
            records = [record for record in history if record.stage == stage]
            _draw_stage(axes, records, offset, first=stage == stages[0])
            offset += len(records)
        axes.set_yscale("log")
        axes.set_xlim(-1, offset)
        axes.set_ylim(bottom=axes.get_ylim()[0] / 1.6)  # room for the sizes
        axes.set_xlabel("step, all sizes one after the other")
        axes.set_ylabel("loss and its terms, weighted (no unit)")
        axes.legend(loc="upper right", ncols=4)
    return Drawing(figure, alt or _curves_in_words(history))


def _look() -> AbstractContextManager[None]:
    """Draw with the course's look, whatever the reader has set elsewhere."""
    from matplotlib import rc_context

    settings: Any = dict(_LOOK)
    return rc_context(settings)


def _draw_stage(axes: Axes, records: Sequence[Record], offset: int, *, first: bool) -> None:
    steps = offset + np.arange(len(records))
    if not first:
        axes.axvline(offset - 0.5, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
    curves = {"loss": [record.loss for record in records]}
    curves |= {name: [record.terms[name] for record in records] for name in records[0].terms}
    for name, values in curves.items():
        # Content starts at exactly 0, which has no place on a logarithmic axis.
        drawn = np.where(np.array(values) > 0, values, np.nan)
        colour = COLOURS.get(name.split("_2")[0], FAINT)
        axes.plot(
            steps,
            drawn,
            color=colour,
            linestyle="-" if name == "loss" else (0, (3, 1)),
            label=name.replace("_", " ") if first else None,
        )
    size = max(records[0].height, records[0].width)
    axes.annotate(
        f"{size} px",
        (offset, 0.02),
        xycoords=("data", "axes fraction"),
        color=FAINT,
    )


def _curves_in_words(history: Sequence[Record]) -> str:
    parts = []
    for stage in sorted({record.stage for record in history}):
        records = [record for record in history if record.stage == stage]
        size = max(records[0].height, records[0].width)
        parts.append(
            f"at {size} pixels from {records[0].loss:.3g} to {records[-1].loss:.3g} in "
            f"{records[-1].iteration} steps"
        )
    terms = ", ".join(name.replace("_", " ") for name in history[0].terms)
    return f"Curves of the loss and its terms ({terms}): the loss falls {'; '.join(parts)}."
