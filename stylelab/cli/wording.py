"""Rephrase messages for the command line: options in place of Python arguments and functions."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache


def cli_option(name: str) -> str:
    """Option for an argument of `stylelab.transfer`, `stylelab.train` or `stylelab.paint`."""
    names = {"total_variation_weight": "smoothness", "style_layers": "layers"}
    return f"--{names.get(name, name)}".replace("_", "-")


@cache
def cli_options() -> dict[str, str]:
    """Options that messages may name, by argument of `transfer`, `train` and `paint`."""
    from stylelab.painting.training_settings import TrainingSettings
    from stylelab.pipeline.settings import Settings

    names = [setting.name for setting in (*fields(Settings), *fields(TrainingSettings))]
    names += ["minutes", "quality", "keep", "checkpoint", "licence", "creator", "title"]
    names += ["style", "strength"]
    return {name: cli_option(name) for name in names}


_PHRASES = (
    (r"\b(?:pass|give) (make_folders)=True", "give --make-folders"),
    (r"\bcheck_memory=False", "--skip-memory-check"),
    (r"\bretry_failed=True", "--retry-failed"),
    (r"\bkeep_transparency=True", "--keep-transparency"),
    (r"Then use 1 - mask\.", "Then exchange black and white in it."),
    (r"Bring it to that size with resize_mask\(\)\.", "Scale it to that size in an image editor."),
    (r"declare it: rights=\{.*?\}\}, or (?=write)", ""),
    (r"Find out and declare it: rights=\{.*?\}\}; or take", "Take"),
    (
        r"the learning rate is too large; lower it",
        "its steps are too large; take --optimizer lbfgs",
    ),
)
_NOT_IN_FILE_NAME = r"(?<![\w'\"/.\\-])"

PYTHON_ONLY = re.compile(r"\w\(\w*\)|\bnp\.|`|\b\w+=(?:True|False|None)\b|\b[a-z]+_[a-z]+=|=\{")
"""Text that makes sense in Python only."""


def to_cli_wording(message: str) -> str:
    """Rephrase a message: `--size 256` for `size=256`; advice for Python only is left out."""
    for phrase, replacement in _PHRASES:
        message = re.sub(phrase, replacement, message)
    options = cli_options()
    names = "|".join(options)
    long_names = "|".join(name for name in options if "_" in name)
    message = re.sub(
        rf"^Expected ({names})(?= as |:)", lambda found: f"Expected {options[found[1]]}", message
    )
    message = re.sub(
        rf"{_NOT_IN_FILE_NAME}({names})=(?=\w)", lambda found: f"{options[found[1]]} ", message
    )
    message = re.sub(
        rf"{_NOT_IN_FILE_NAME}({long_names})\b(?![./])", lambda found: options[found[1]], message
    )
    before, received, rest = message.partition("Received: ")
    if not received:  # a note; its first sentence is kept, like what was received
        before, rest = "", message
    first_sentence, *advice = re.split(r"(?<=[.?]) ", rest)
    return (
        before
        + received
        + " ".join([first_sentence, *(one for one in advice if not PYTHON_ONLY.search(one))])
    )
