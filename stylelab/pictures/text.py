"""Sizes and durations as text, for messages and captions."""

from __future__ import annotations


def size_text(height: int, width: int) -> str:
    """Width and height of a picture: "400 × 300"."""
    return f"{width} × {height}"


def duration_text(seconds: float) -> str:
    """A duration in its two largest units: "45 s", "2 min 05 s", "7 h 20 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:  # noqa: PLR2004 - an hour
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
