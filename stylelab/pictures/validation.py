"""Checks of arguments that are numbers, and what error messages say of arguments."""

from __future__ import annotations

import math
import sys
from numbers import Integral

import numpy as np

from stylelab.errors import SettingsError

MAX_RECEIVED_LENGTH = 120
"""Longest text of what was received in a message, in characters."""


def validate_whole_number(
    name: str, value: object, *, at_least: int, at_most: int = sys.maxsize, unit: str = ""
) -> None:
    """Raise a `SettingsError` unless a value is a whole number within limits.

    Args:
        name: of the setting, for the message.
        value: a Python or NumPy integer passes; a bool or a float does not, even 2.0.
        at_least: the smallest number that passes.
        at_most: the largest.
        unit: what is counted, such as "pixels", for the message.
    """
    is_whole = isinstance(value, int | Integral) and not isinstance(value, bool)
    if is_whole and at_least <= int(value) <= at_most:  # type: ignore[call-overload]
        return
    has_limit = at_most < sys.maxsize or (is_whole and int(value) > at_most)  # type: ignore[call-overload]
    limits = f"from {at_least} to {at_most}" if has_limit else f"at least {at_least}"
    between = f" of {unit}, " if unit else " " if has_limit else " of "
    raise SettingsError(
        f"Expected {name} as a whole number{between}{limits}. Received: {describe_received(value)}."
    )


def describe_received(value: object) -> str:
    """What was given instead of an argument: an array by its shape, anything else by its beginning."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # a whole number of thousands of digits
        return "a number too large to be written"
    too_long = len(text) > MAX_RECEIVED_LENGTH
    return f"{text[: MAX_RECEIVED_LENGTH - 1]}…" if too_long else text


def as_float(value: object) -> float:
    """A number as a float; NaN for what is none, infinity for one too large."""
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # a whole number of 400 digits
        return math.inf
