"""The type of every figure, the style it is drawn in, and helpers that several figures share."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stylelab.errors import SettingsError
from stylelab.pictures.notebook_output import mimebundle
from stylelab.pictures.picture_files import open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#26323f"
FAINT_INK = "#8a96a3"
TERM_COLOURS: Mapping[str, str] = MappingProxyType(
    {"loss": INK, "content": "#0b7fab", "style": "#d1495b", "total_variation": "#7a8f2a"}
)
"""Colour of each term, the same in every figure; colour-blind readers can distinguish them."""

_RC_PARAMS: Mapping[str, Any] = MappingProxyType(
    {
        "figure.facecolor": "white",
        "font.size": 11,
        "text.color": INK,
        "axes.edgecolor": FAINT_INK,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlesize": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e4e8ec",
        "xtick.color": FAINT_INK,
        "xtick.labelcolor": INK,
        "ytick.color": FAINT_INK,
        "ytick.labelcolor": INK,
        "lines.linewidth": 2,
        "legend.frameon": False,
    }
)

WIDTH = 10.0
"""Width of a figure, in inches: that of a notebook's column."""

DOTS_PER_INCH = 110
JPEG_QUALITY = 88
ENLARGED_QUALITY = 72
"""Enough for maps and small pictures that are drawn at two or three times their size."""


@dataclass(frozen=True, eq=False)
class CourseFigure:
    """A finished figure with its alt text.

    Attributes:
        figure: the Matplotlib figure, open to further changes.
        alt: what a reader who cannot see it needs to know.
        kind: the format it is stored in: `"png"` for lines and words, `"jpeg"` for paintings, which
            would make notebooks ten times as large otherwise.
        jpeg_quality: of a JPEG, from 1 to 95; less for pictures that are shown enlarged, which have no
            finer detail.
    """

    figure: Figure = field(repr=False)
    alt: str
    kind: Literal["png", "jpeg"] = "png"
    jpeg_quality: int = JPEG_QUALITY

    def encode(self, kind: Literal["png", "jpeg"] | None = None) -> bytes:
        """Encode the figure as a PNG or JPEG file."""
        buffer = BytesIO()
        kind = kind or self.kind
        options: dict[str, Any] = {
            "quality": self.jpeg_quality,
            "optimize": True,
            "progressive": True,
        }
        with figure_style():
            self.figure.savefig(
                buffer,
                format=kind,
                dpi=DOTS_PER_INCH,
                pil_kwargs=options if kind == "jpeg" else {},
            )
        return reduce_palette(buffer) if kind == "png" else buffer.getvalue()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        return mimebundle(self.encode(), f"image/{self.kind}", self.alt)


def reduce_palette(file: BytesIO) -> bytes:
    """Reduce a PNG to 256 colours, a third of its size, unless the loss shows (as in photographs)."""
    from PIL import Image

    with open_picture(file.getvalue()) as opened:
        drawn = opened.convert("RGB")
    few = drawn.quantize(256, dither=Image.Dither.NONE)
    error = np.abs(np.asarray(drawn, np.int16) - np.asarray(few.convert("RGB"), np.int16)).max(-1)
    smaller = BytesIO()
    few.save(smaller, "PNG", optimize=True)
    enough = error.mean() < MEAN_ERROR and np.quantile(error, 0.999) < LARGEST_ERROR
    return (smaller if enough else file).getvalue()


MEAN_ERROR, LARGEST_ERROR = 1.0, 16.0  # of 255


@contextmanager
def figure_style() -> Iterator[None]:
    """Apply the course's Matplotlib style (context manager, one thread at a time).

    What the style does not set is Matplotlib's default, whatever the reader's `matplotlibrc` says.
    Matplotlib's settings are global: two threads that changed and restored them at the same time could
    leave one's settings in place for good.
    """
    from matplotlib import style

    settings: Any = ("default", dict(_RC_PARAMS))
    with _MATPLOTLIB_LOCK, style.context(settings):
        yield


_MATPLOTLIB_LOCK = threading.RLock()


@contextmanager
def new_figure(
    width: float, height: float, *, layout: Literal["constrained"] | None = None
) -> Iterator[Figure]:
    """Create a figure of the given size, in inches; the block draws on it in the course's style."""
    from matplotlib.figure import Figure

    with figure_style():
        yield Figure(figsize=(width, height), layout=layout)


def draw_rectangle(
    axes: Axes, corner: tuple[float, float], width: float, height: float, **style: Any
) -> None:
    """Draw a rectangle on axes, with the properties of Matplotlib's `Rectangle`.

    Without a `facecolor` it is a frame.
    """
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle(corner, width, height, fill="facecolor" in style, **style))


def text_colour_on(background: Sequence[float]) -> str:
    """Return black or white, whichever is readable on a background colour (R, G, B in [0, 1])."""
    red, green, blue = background[:3]
    dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5  # noqa: PLR2004 - half of full light
    return "white" if dark else "black"


def validate_not_empty(entries: object, what: str) -> None:
    """Raise a `SettingsError` if there is nothing to show; `what` names one entry: `"picture"`."""
    if not entries:
        raise SettingsError(f"Expected at least one {what} to show. Received: none.")


def logarithmic_axis(axes: Axes, which: Literal["x", "y"] = "y") -> None:
    """Make an axis logarithmic, labelled with plain numbers 1, 2, 5, 10, … (powers of ten if many)."""
    from matplotlib import ticker

    axis = axes.yaxis if which == "y" else axes.xaxis
    axes.set(**{f"{which}scale": "log"})
    low, high = sorted(axis.get_view_interval())
    decades = np.log10(high / low)  # both are above 0 by now
    if decades <= MANY_DECADES:
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if decades < 2 else (1,)))  # noqa: PLR2004
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(ticker.NullFormatter())


MANY_DECADES = 4
