"""Texts of panels: error messages for readers of a panel, labels of settings, names on one line.

Error messages name Python arguments such as `make_folders=True`, which a panel does not have:
panels show errors through `error_message`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from stylelab.errors import StylelabError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_NAME_LENGTH = 60
"""Longest name shown, in characters: file systems allow 255."""

# Every other label is the name, with spaces for underscores.
_LABELS = {
    "total_variation_weight": "smoothness",
    "lbfgs": "L-BFGS",
    "adam": "Adam",
    "avg": "average",
    "max": "maximum",
    "content": "the photo",
    "style_scale": "size of strokes",
    "statistic": "what counts as style",
    "tile": "tiles",
    "painting": "the painting's",
    "luminance": "the photo's, by luminance",
    "histogram": "the photo's, by histogram",
    "mean_covariance": "mean and covariance",
    "gram": "Gram matrix",
    "sliced": "sliced distribution",
    "rgb": "RGB",
    "linear_rgb": "linear RGB",
    "ycbcr": "YCbCr",
    "yiq": "YIQ",
    "lab": "Lab",
}

_PANEL_WORDING: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r", or try all the same with check_memory=False", ""),
    (r"or pass make_folders=True", "or write another name"),
    (r"Then use 1 - mask", 'Then choose "all but" it, or invert it'),
    (
        r"(Bring it to that size with resize_mask\(\)|resize_mask\(\) brings [^.]+)",
        "Make one from this very photo",
    ),
    (
        r"Find the step that made them; `np\.isfinite\(array\)` shows where they are",
        "Export it again from the program that made it",
    ),
    (
        r"Divide floats from 0 to 255 by 255; clip small excess with `np\.clip\(array, 0, 1\)`",
        "Export it with whole numbers, for example as PNG",
    ),
    (
        r"take one colour: mask = .*",
        "make a picture that is white where one of its colours is, and black elsewhere.",
    ),
    (r"\bsize=(\d+)", r"a size of \1 px"),
    (r"\btile=(\d+)", r"tiles of \1 px"),
    (
        r"\b(style_weight|content_weight|total_variation_weight|content_layers|style_layers|style_scale)\b",
        lambda found: label(found[0]),
    ),
    (r"\bcolour_space\b", "colour space"),
)
"""Patterns of Python wording in messages, and the wording of panels."""


def label(name: str) -> str:
    """Label of a setting, or of one of its values."""
    return _LABELS.get(name, name.replace("_", " "))


def panel_message(message: str) -> str:
    """An error message of stylelab in the wording of panels, on one line."""
    for pattern, words in _PANEL_WORDING:
        message = re.sub(pattern, words, message)
    return single_line(message)


def error_message(error: BaseException) -> str:
    """Message for an error: what went wrong, and what to do."""
    if isinstance(error, StylelabError):
        return panel_message(str(error))
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return (
            "There was not enough memory. Take a smaller size, shut down kernels that you no longer "
            "need, or restart this one, and try again."
        )
    return single_line(
        f"Something went wrong that was not foreseen: {type(error).__name__}: {error}."
    )


def format_number(number: float) -> str:
    """A number as readers write it: 0.05, 1.5, 1000, never 1e+03; three digits of a fraction."""
    if float(number).is_integer() and abs(number) < 1e15:  # noqa: PLR2004 - beyond, not exact
        return str(int(number))
    rounded = float(f"{number:.3g}")
    if not 1e-6 <= abs(rounded) < 1e15:  # noqa: PLR2004 - beyond, more zeros than can be read
        return f"{number:.3g}"
    return f"{Decimal(str(rounded)):f}".removesuffix(".0")  # the digits of str, without an exponent


def single_line(text: str) -> str:
    """A text on one line, without characters that are not printable.

    A file's name may contain line breaks, control characters, direction marks and lone surrogates,
    which cannot be shown or sent.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def display_name(name: str) -> str:
    """A name, such as a file's, on one line and shortened for display."""
    line = single_line(name) or "unnamed"
    return line if len(line) <= MAX_NAME_LENGTH else f"{line[: MAX_NAME_LENGTH - 1]}…"
