"""Texts of panels: error messages for readers of a panel, labels of settings, names, numbers.

Error messages name Python arguments such as `make_folders=True`, which a panel does not have:
panels show errors through `error_message`.
"""

from __future__ import annotations

import math
import re
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
    "recoloured": "the photo, recoloured",
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
    (r", for example with resize_to\(\)", ""),
    (r"`resize_to` brings one", "Bring one"),
    (r'"(mean_covariance|histogram)"', lambda found: f'"{label(found[1])}"'),
    (r"Pass their complement_mask\(…\) as one more", "Add one more, for the rest"),
    (r" and declare it: rights=[^;]*; or take", ", and state it with the picture; or take"),
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


def format_number(value: float) -> str:
    """A number as panels write it: three digits, or as many as there are before the point.

    0.01, 12.3, 1000, 12,345; very small and very large ones as 4.6 × 10⁻⁵. The explorer's
    `formatNumber` writes the same in the browser.
    """
    number = float(value)
    if not math.isfinite(number):
        return "no number" if math.isnan(number) else "∞" if number > 0 else "−∞"
    size = abs(number)
    if size and not LEAST_PLAIN <= size < MOST_PLAIN:
        digits, power = f"{size:.1e}".split("e")
        written = f"{digits} × 10{str(int(power)).translate(_RAISED)}"
    else:
        written = f"{size:.0f}" if size >= 100 else f"{size:.3g}"  # noqa: PLR2004 - three digits
        if len(written) > GROUPED_DIGITS and "." not in written:
            written = f"{int(written):,}"
    return f"−{written}" if number < 0 else written


LEAST_PLAIN, MOST_PLAIN = 1e-4, 1e9
"""Numbers between these are written without a power of ten."""

GROUPED_DIGITS = 4
"""Longer whole numbers have commas: 1000, as in the fields of a panel, but 12,345."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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
