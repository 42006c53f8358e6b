"""The picture that a run starts from.

Colours can be moved at once, strokes cannot. So a run from the photo in the painting's colours ends at
a lower loss than one from the photo itself: by 5 % after a draft's few steps (512 px), by 0.5 % after
the usual 60 (256 px), as medians of twenty pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylelab.losses.style import StyleTerm
from stylelab.pictures.colour import match_mean_and_covariance
from stylelab.pipeline.inputs import is_flat

if TYPE_CHECKING:
    from stylelab.losses.loss import Loss
    from stylelab.optimizers.evaluation import Array
    from stylelab.pictures.images import Picture
    from stylelab.pipeline.inputs import TransferInputs
    from stylelab.pipeline.settings import Settings
    from stylelab.pipeline.stages import Stage

INITIAL_NOISE = np.float32(0.2)
"""How far the values of the noise differ that is added to an even photo at the start."""


def start_image(
    inputs: TransferInputs, loss: Loss, stage: Stage, settings: Settings, *, gray: bool
) -> Picture:
    """Picture that the first stage starts from, of any size (H, W, 3).

    Args:
        inputs: at the stage's size, in the colours that the optimizer works with.
        loss: of the stage.
        stage: the first one.
        settings: of the run.
        gray: whether noise has no colours.
    """
    if inputs.start is not None:
        return inputs.start
    noise = random_noise(stage, settings.seed, gray=gray)
    if settings.start == "noise":
        return noise
    recoloured = settings.start == "recoloured"
    image = recolour_photo(inputs.photo, loss) if recoloured else inputs.photo
    if not is_flat(image):
        return image
    # From an even area no style can grow: its gradient is zero, or the same everywhere.
    return add_noise(image, noise, INITIAL_NOISE)


def recolour_photo(photo: Picture, loss: Loss) -> Picture:
    """The photo in the colours of the paintings, each where its style is asked for.

    Args:
        photo: (H, W, 3).
        loss: has a style term for each painting, with a mask of the photo's size or none. Where
            several ask for a style, the photo gets a mean of their colours, weighted as they are.
    """
    total, weights = np.zeros_like(photo), np.zeros_like(photo[..., :1])
    for weight, term in loss.weighted_terms:
        if weight and isinstance(term, StyleTerm):
            mask = np.float32(1) if term.mask is None else term.mask[..., None]
            local = np.float32(weight) * mask
            total += local * match_mean_and_covariance(photo, _masked_pixels(term))
            weights += local
    recoloured = total / np.where(weights > 0, weights, np.float32(1))
    return (photo + style_mask(loss) * (recoloured - photo)).astype(np.float32)


def _masked_pixels(term: StyleTerm) -> Picture:
    """Pixels that the style is taken from, as a picture."""
    mask = term.painting_mask
    return term.image if mask is None else term.image[mask >= mask.max() / 2][np.newaxis]


def style_mask(loss: Loss) -> Array | np.float32:
    """Where any style is asked for, in [0, 1]: (H, W, 1), or one number for the whole picture."""
    mask: Array | np.float32 = np.float32(0)
    for weight, term in loss.weighted_terms:
        if weight and term.role == "style":
            mask = np.maximum(mask, np.float32(1) if term.mask is None else term.mask[..., None])
    return mask


def random_noise(stage: Stage, seed: int | tuple[int, ...], *, gray: bool) -> Picture:
    """Random values in [0, 1], (H, W, 3); the same in all channels if gray."""
    random = np.random.default_rng(seed)
    noise = random.random((stage.height, stage.width, 3), dtype=np.float32)
    return np.repeat(noise[..., :1], 3, axis=2) if gray else noise


def add_noise(image: Picture, noise: Picture, amplitude: Array | np.float32) -> Picture:
    """Add noise around 0, its values in a range as wide as `amplitude`, and clip to [0, 1]."""
    return np.clip(image + amplitude * (noise - np.float32(0.5)), 0, 1)
