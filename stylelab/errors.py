"""What can go wrong, in one family.

Every error that stylelab raises on purpose is a `StylelabError`. Its message says what was expected,
what came ("Received: …") and what to do next, so that it can be shown to a reader as it is.
"""

from __future__ import annotations

from typing import Any


class StylelabError(Exception):
    """The family: catch this to catch every error that stylelab raises on purpose."""


class PictureError(StylelabError, ValueError):
    """Something that was given as a picture is not a usable picture."""


class PictureWarning(UserWarning):
    """A picture was read in a way that its reader may not expect, such as one page of many."""


class OutputError(StylelabError, OSError):
    """A result cannot be written where it was asked for."""


class WeightsError(StylelabError, RuntimeError):
    """VGG19's weights cannot be found, fetched or trusted."""


class LayerError(StylelabError, ValueError):
    """A name is not one of VGG19's layers, or a layer does not fit the picture."""


class SettingsError(StylelabError, ValueError):
    """A setting is out of its range or contradicts another."""


class DivergedError(StylelabError, ArithmeticError):
    """The loss or its gradient is not a finite number, so no further step can be taken.

    Attributes:
        step: the last good `Step`, or None if there was none.
    """

    def __init__(self, message: str, step: Any = None) -> None:
        super().__init__(message)
        self.step = step


class CheckpointError(StylelabError, RuntimeError):
    """A saved state is damaged or belongs to another run."""


class NetworkFileError(StylelabError, RuntimeError):
    """A file is not that of a painting network, or it is damaged."""


class RightsError(StylelabError, ValueError):
    """What is stated about a picture's rights makes no sense, or is not enough."""
