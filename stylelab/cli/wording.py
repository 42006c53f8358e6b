"""Rephrase messages for the command line: options in place of Python arguments and functions."""

from __future__ import annotations

import re

CLI_OPTIONS = {
    "style_weight": "--style-weight",
    "content_weight": "--content-weight",
    "total_variation_weight": "--smoothness",
    "style_layers": "--layers",
    "content_layers": "--content-layers",
    "style_scale": "--style-scale",
    "colour_space": "--colour-space",
} | {
    name: f"--{name}"
    for name in (
        "size", "steps", "seed", "tile", "start", "optimizer", "pooling", "statistic", "colours",
        "keep", "checkpoint", "licence", "creator", "title",
    )
}  # fmt: skip
"""Option by argument of `stylelab.transfer`."""

_PHRASES = (
    (r"\b(?:pass|give) (make_folders)=True", "give --make-folders"),
    (r"\bcheck_memory=False", "--skip-memory-check"),
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
_NAMES = "|".join(CLI_OPTIONS)
# Not inside file names.
_ARGUMENT = re.compile(rf"(?<![\w'\"/.\\-])({_NAMES})=(?=\w)")
_LONG_NAME = re.compile(
    rf"(?<![\w'\"/.\\-])({'|'.join(n for n in CLI_OPTIONS if '_' in n)})\b(?![./])"
)
_EXPECTED = re.compile(rf"^Expected ({_NAMES})(?= as |:)")

PYTHON_ONLY = re.compile(r"\w\(\w*\)|\bnp\.|`|\b\w+=(?:True|False|None)\b|\b[a-z]+_[a-z]+=|=\{")
"""Text that makes sense in Python only."""


def to_cli_wording(message: str) -> str:
    """Rephrase a message: `--size 256` for `size=256`; advice for Python only is left out."""
    for phrase, replacement in _PHRASES:
        message = re.sub(phrase, replacement, message)
    message = _EXPECTED.sub(lambda found: f"Expected {CLI_OPTIONS[found[1]]}", message)
    message = _ARGUMENT.sub(lambda found: f"{CLI_OPTIONS[found[1]]} ", message)
    message = _LONG_NAME.sub(lambda found: CLI_OPTIONS[found[1]], message)
    before, received, rest = message.partition("Received: ")
    if not received:  # a note; its first sentence is kept, like what was received
        before, rest = "", message
    first_sentence, *advice = re.split(r"(?<=[.?]) ", rest)
    return (
        before
        + received
        + " ".join([first_sentence, *(one for one in advice if not PYTHON_ONLY.search(one))])
    )
