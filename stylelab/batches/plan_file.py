"""A plan of a batch as a TOML file, and what is wrong on which of its lines."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.batches.batch_plan import plan_batch
from stylelab.batches.jobs import read_file
from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.paths import expand_home

if TYPE_CHECKING:
    import os

    from stylelab.batches.batch_plan import BatchPlan

KEYS = ("photos", "paintings", "output", "weights", "creator", "licence", "settings")
"""What a plan's file may hold."""


def read_plan(
    path: str | os.PathLike[str], *, output: str | os.PathLike[str] | None = None
) -> BatchPlan:
    """Read and check the plan of a batch.

    A plan names photos, paintings and where the pictures go; in a table come settings, each with a
    value or a list of several. Paths start from the folder of the file:

    ```toml
    photos = ["holiday", "cat"]        # folders, patterns, files, tables, samples
    paintings = ["night.jpg", ["night.jpg", "glass.jpg"]]   # the second mixes two
    output = "results"

    [settings]
    size = 384
    style_weight = [3, 10, 30]
    seed = [0, 1]
    ```

    Args:
        path: of the file.
        output: another folder for the results.

    Raises:
        SettingsError: the file is wrong; each fault is named with its line.
        PictureError: no photo or no painting can be used.
    """
    path = expand_home(path)
    try:
        text = read_file(path).decode("utf-8-sig")
        plan = tomllib.loads(text)
    except (PictureError, UnicodeDecodeError) as error:
        reason = str(error).partition("Received: ")[2] or f"{path}: {error}."
        raise SettingsError(f"Expected a plan as TOML text in UTF-8. Received: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        reason, line = (found[1], found[2]) if found else (str(error), None)
        line = line or len(text.splitlines())
        raise SettingsError(
            f"{path}, line {line}: Expected a plan as TOML. Received: text that is none ({reason}). "
            "See https://toml.io."
        ) from error
    lines = _PlanLines(path, text)
    faults = _find_faults(plan, lines, has_output=output is not None)
    if faults:
        raise SettingsError("\n".join(faults))
    weights = plan.get("weights", "learned")
    return plan_batch(
        plan["photos"],
        plan["paintings"],
        output=Path(output).absolute() if output is not None else plan["output"],
        weights=None if weights == "random" else weights,
        creator=plan.get("creator"),
        licence=plan.get("licence"),
        base=path.parent,
        place=lines.place,
        **plan.get("settings", {}),
    )


def _find_faults(plan: dict[str, Any], lines: _PlanLines, *, has_output: bool) -> list[str]:
    faults = []
    for name in plan:
        if name not in KEYS:
            near = difflib.get_close_matches(name, KEYS, n=1)
            advice = f" Did you mean {near[0]}?" if near else ""
            faults.append(
                f"{lines.place(name)}Expected {', '.join(KEYS[:-1])} or [{KEYS[-1]}]. "
                f"Received: {name}.{advice} Settings come below [settings]."
            )
    for name in ("photos", "paintings", "output"):
        value = plan.get(name, None if name != "output" or not has_output else "")
        if value is None:
            faults.append(f"{lines.path}: Expected a line {name} = … in it. Received: none.")
        elif not _is_text(value, listed=name != "output"):
            kind = "a folder" if name == "output" else "a text, or a list of texts"
            faults.append(f"{lines.place(name)}Expected {name} as {kind}. Received: {value!r}.")
    faults += [
        f"{lines.place(name)}Expected {name} as a text. Received: {plan[name]!r}."
        for name in ("creator", "licence")
        if not isinstance(plan.get(name, ""), str)
    ]
    if plan.get("weights", "learned") not in ("learned", "random"):
        faults.append(
            f"{lines.place('weights')}Expected weights: learned or random. "
            f"Received: {plan['weights']!r}."
        )
    if not isinstance(plan.get("settings", {}), dict):
        faults.append(
            f"{lines.place('settings')}Expected a table [settings]. Received: {plan['settings']!r}."
        )
    return faults


def _is_text(value: object, *, listed: bool) -> bool:
    """Whether a value is a text or, if `listed`, a list of texts and of lists of texts."""
    if isinstance(value, str):
        return True
    return listed and isinstance(value, list) and all(_is_text(one, listed=True) for one in value)


class _PlanLines:
    """Where a plan's file says what."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.lines = path, text.splitlines()

    def place(self, name: str) -> str:
        """Words before a sentence about a name: "plan.toml, line 7: ".

        The name is that of a key, or else of a picture: a text in quotes.
        """
        key = rf"""\s*(?:settings\.)?["']?{re.escape(name)}["']?\s*[=.]|\s*\[+{re.escape(name)}\b"""
        quoted = rf"""["']{re.escape(name)}["']"""
        for find in (re.compile(key).match, re.compile(quoted).search):
            for number, line in enumerate(self.lines, 1):
                if name and find(line):
                    return f"{self.path}, line {number}: "
        return f"{self.path}: "
