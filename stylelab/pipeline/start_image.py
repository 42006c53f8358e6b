"""The picture that a run starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.pictures.images import resize_to

if TYPE_CHECKING:
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.settings import Settings
    from stylelab.pipeline.stages import Stage

FLAT_RANGE = 1 / 255
"""A photo whose values differ by less is one even area."""

INITIAL_NOISE = np.float32(0.2)
"""How far the values of the noise differ that is added to such a photo at the start."""


def make_start_image(
    photo: Picture, stage: Stage, settings: Settings, start: Picture | None, *, gray: bool
) -> Picture:
    """Picture that the first stage starts from, of any size (H, W, 3).

    Args:
        photo: in the colours that the optimizer works with.
        stage: the first.
        settings: of the run.
        start: a picture to start from, in place of what the settings say.
        gray: whether noise is to be gray.
    """
    if start is not None:
        return start
    random = np.random.default_rng(settings.seed)
    noise = random.random((stage.height, stage.width, 3), dtype=np.float32)
    if gray:
        noise = np.repeat(noise[..., :1], 3, axis=2)
    if settings.start == "noise":
        return noise
    if not is_flat(photo):
        return photo
    # From an even area no style can grow: its gradient is zero, or the same everywhere.
    image = resize_to(photo, stage.height, stage.width)
    return np.clip(image + INITIAL_NOISE * (noise - np.float32(0.5)), 0, 1)


def is_flat(photo: Picture) -> bool:
    """Whether a picture is one even area."""
    return bool(np.ptp(photo, axis=(0, 1)).max() <= FLAT_RANGE)
