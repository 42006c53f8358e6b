"""Settings of which any may have several values: all combinations, and what is wrong with which."""

from __future__ import annotations

import difflib
import itertools
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.batches.jobs import JobPicture
from stylelab.errors import SettingsError, StylelabError
from stylelab.pipeline.settings import LAYER_SETTINGS, Settings
from stylelab.pipeline.stages import quality_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SETTING_NAMES = (*(one.name for one in fields(Settings)), "quality")
"""What may be set, as `sl.transfer` takes it."""

_SHAPE = (256, 256)
_PAINTING = np.zeros((16, 16, 3), np.float32)


def make_settings(values: Mapping[str, Any], shape: tuple[int, int] = _SHAPE) -> Settings:
    """Settings of one job, as `sl.transfer` makes them.

    Args:
        values: by name; size may be `"original"`, start a picture, and `quality` stands for steps.
        shape: (height, width) of the photo.

    Raises:
        SettingsError: one is out of its range, or two contradict each other.
    """
    chosen = dict(values)
    if unknown := [name for name in chosen if name not in SETTING_NAMES]:
        near = difflib.get_close_matches(unknown[0], SETTING_NAMES, n=1)
        advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(SETTING_NAMES)}."
        raise SettingsError(f"Expected the name of a setting. Received: {unknown[0]}. {advice}")
    if chosen.get("size") == "original":
        chosen["size"] = max(shape)
    if isinstance(chosen.get("start"), JobPicture):
        chosen["start"] = Settings.start  # as `transfer` does; the picture stands in its place
    if (quality := chosen.pop("quality", None)) is not None:
        chosen["steps"] = quality_steps(quality, chosen.get("steps"))
    return Settings(**chosen)


def combine_values(given: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """All combinations of the settings' values, and for each name a sentence if it is wrong.

    Args:
        given: each setting's value, or a list of several. Of layers, a list of names is one value, as
            `sl.transfer` takes it, and a list of lists is several.

    Returns:
        The combinations; and the sentences, by the name of the setting. Settings that contradict
        each other are under the name "".
    """
    values = {name: list_values(name, one) for name, one in given.items()}
    if empty := [name for name, several in values.items() if not several]:
        sentence = "Expected a value of {}, or several. Received: an empty list."
        return [], {name: sentence.format(name) for name in empty}
    combinations = [
        dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())
    ]
    faults: dict[str, dict[str, None]] = {}
    for combination in combinations:
        if together := _find_fault(combination):
            alone = {name: _find_fault({name: one}) for name, one in combination.items()}
            named = {name: sentence for name, sentence in alone.items() if sentence}
            for name, sentence in (named or {"": together}).items():
                faults.setdefault(name, {})[sentence] = None
    return combinations, {name: " ".join(sentences) for name, sentences in faults.items()}


def list_values(name: str, given: Any) -> Sequence[Any]:
    """The values of a setting: one as a list."""
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, list | tuple | range):
        return [given]
    if name in LAYER_SETTINGS and given and all(isinstance(one, str) for one in given):
        return [given]
    return [*given]


def _find_fault(values: Mapping[str, Any]) -> str:
    """What is wrong with settings, or an empty text."""
    try:
        settings = make_settings(values)
        settings.style_loss(_PAINTING)
        settings.loss(_PAINTING, settings.style_loss(_PAINTING), None)
        if settings.tile is not None:
            settings.style_loss(_PAINTING).validate_tiling()
    except StylelabError as error:
        return str(error)
    except TypeError as error:  # a list where one value is meant
        return (
            f"Expected a setting as stylelab.transfer takes it. Received: {dict(values)} ({error})."
        )
    return ""
