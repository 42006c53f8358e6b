"""Sizes and durations as text, for messages and captions."""

from __future__ import annotations


def size_text(height: int, width: int) -> str:
    """Width and height of a picture: "400 × 300"."""
    return f"{width} × {height}"


def duration_text(seconds: float) -> str:
    """Minutes and seconds, or seconds alone below a minute: "2 min 05 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
