"""What a cell gives to a panel: pictures, numbers and lists, checked before anything is opened."""

from __future__ import annotations

import math
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import numpy as np
from PIL import Image

from stylelab.errors import SettingsError
from stylelab.pictures.paths import path_exists
from stylelab.samples.catalogue import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence


Known = TypeVar("Known")


def is_sample(source: object) -> TypeGuard[str]:
    """Whether something is the name of a sample; a file of that name comes first."""
    return isinstance(source, str) and source in SAMPLES and not path_exists(source)


def is_picture(source: object) -> bool:
    """Whether something is meant as one picture, and not as several."""
    return isinstance(source, str | bytes | PathLike | Image.Image | np.ndarray)


def pictures_of(name: str, given: Any) -> list[Any]:
    """Give a list of pictures; one alone makes a list of one.

    Raises:
        SettingsError: it is no list.
    """
    if given is None:
        return []
    if is_picture(given):
        return [given]
    if not isinstance(given, Iterable):
        raise SettingsError(f"Expected {name} as a list of pictures. Received: {given!r}.")
    return list(given)


def number_of(name: str, value: Any, least: float, most: float = math.inf) -> float:
    """Give a number as a plain one.

    Raises:
        SettingsError: it is none, or not within the limits.
    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not (math.isfinite(value) and least <= value <= most):
        limits = f"of at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"
        raise SettingsError(f"Expected {name} as a number {limits}. Received: {value!r}.")
    return float(value)


def whole_of(name: str, value: Any, least: int, most: int) -> int:
    """Give a whole number as a plain one.

    Raises:
        SettingsError: it is none, or not within the limits.
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not least <= value <= most:
        raise SettingsError(
            f"Expected {name} as a whole number from {least} to {most}. Received: {value!r}."
        )
    return int(value)


def some_of(name: str, given: Any, known: Sequence[Known]) -> tuple[Known, ...]:
    """Give those of what is known that are in a list, in the order known; at least one.

    Raises:
        SettingsError: it is no list, an empty one, or one with something else in it.
    """
    wanted = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else []
    if not wanted or not all(any(_is(each, one) for one in known) for each in wanted):
        names = "; ".join(map(str, known))
        raise SettingsError(f"Expected {name}: a list of some of {names}. Received: {given!r}.")
    return tuple(one for one in known if any(_is(each, one) for each in wanted))


def _is(given: object, known: object) -> bool:
    return isinstance(given, str | int | float | np.number) and given == known
