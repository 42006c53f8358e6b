"""Checks of settings that are numbers."""

from __future__ import annotations

from numbers import Integral

from stylelab.errors import SettingsError


def validate_whole_number(
    name: str, value: object, *, at_least: int, at_most: int | None = None, unit: str = ""
) -> None:
    """Raise a `SettingsError` unless a value is a whole number within limits.

    Args:
        name: of the setting, for the message.
        value: a Python or NumPy integer passes; a bool or a float does not, even 2.0.
        at_least: the smallest number that passes.
        at_most: the largest; None sets no limit.
        unit: what is counted, such as "pixels", for the message.
    """
    if isinstance(value, int | Integral) and not isinstance(value, bool):
        number = int(value)
        if number >= at_least and (at_most is None or number <= at_most):
            return
    limits = f"at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
    between = f" of {unit}, " if unit else " of " if at_most is None else " "
    raise SettingsError(f"Expected {name} as a whole number{between}{limits}. Received: {value!r}.")
