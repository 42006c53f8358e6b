"""Arguments of panels: pictures, numbers and lists, checked before a panel opens."""

from __future__ import annotations

import math
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import numpy as np
from PIL import Image

from stylelab.errors import SettingsError
from stylelab.panels.messages import format_number
from stylelab.pictures.paths import path_exists
from stylelab.pictures.validation import as_float, describe_received
from stylelab.samples.catalogue import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence


Item = TypeVar("Item")


def is_sample_name(source: object) -> TypeGuard[str]:
    """Whether a source is the name of a sample; a file of that name has priority."""
    return isinstance(source, str) and source in SAMPLES and not path_exists(source)


def as_picture_list(name: str, source: Any) -> list[Any]:
    """List of pictures; a single picture becomes a list of one.

    Raises:
        SettingsError: it is not a list.
    """
    if source is None:
        return []
    if isinstance(source, str | bytes | PathLike | Image.Image | np.ndarray):
        return [source]
    if not isinstance(source, Iterable):
        raise SettingsError(
            f"Expected {name} as a list of pictures. Received: {describe_received(source)}."
        )
    return list(source)


def as_number(name: str, value: Any, minimum: float, maximum: float = math.inf) -> float:
    """A number as a float.

    Raises:
        SettingsError: it is not a number, or not within the limits.
    """
    number = as_float(value)
    if not (math.isfinite(number) and minimum <= number <= maximum):
        limits = (
            f"of at least {format_number(minimum)}"
            if maximum == math.inf
            else f"from {format_number(minimum)} to {format_number(maximum)}"
        )
        raise SettingsError(
            f"Expected {name} as a number {limits}. Received: {describe_received(value)}."
        )
    return number


def as_integer(name: str, value: Any, minimum: int, maximum: int) -> int:
    """A whole number as an int.

    Raises:
        SettingsError: it is not a number, or not within the limits.
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not minimum <= value <= maximum:
        raise SettingsError(
            f"Expected {name} as a whole number from {format_number(minimum)} to "
            f"{format_number(maximum)}. Received: {describe_received(value)}."
        )
    return int(value)


def as_subset(name: str, source: Any, known: Sequence[Item]) -> tuple[Item, ...]:
    """Known items that are in a list, in their known order; at least one.

    Raises:
        SettingsError: it is not a list, is empty, or has an unknown item.
    """
    wanted = list(source) if isinstance(source, Iterable) and not isinstance(source, str) else []
    if not wanted or not all(any(_equals(each, one) for one in known) for each in wanted):
        names = "; ".join(map(str, known))
        raise SettingsError(
            f"Expected {name}: a list of some of {names}. Received: {describe_received(source)}."
        )
    return tuple(one for one in known if any(_equals(each, one) for each in wanted))


def _equals(source: object, known: object) -> bool:
    return isinstance(source, str | int | float | np.number) and source == known
