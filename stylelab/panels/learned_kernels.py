"""Control of notebook 02: the 64 learned kernels of the first layer, one at a time, with its map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylelab.course.figures.kernels import show_kernels_and_maps
from stylelab.network.convolution import convolve, relu
from stylelab.network.layer_facts import LAYERS
from stylelab.network.vgg19 import preprocess
from stylelab.network.weights import load_weights
from stylelab.panels.arguments import as_integer
from stylelab.panels.control import Control
from stylelab.panels.run_cache import load_resized

if TYPE_CHECKING:
    from stylelab.course.figures import CourseFigure
    from stylelab.pictures.images import PictureSource

LAYER = "block1_conv1"
CHANNELS = LAYERS[LAYER].channels

MAX_SIDE = 256
"""Long side, in pixels, of the picture shown: a larger map shows no more on the page."""


def learned_kernels(picture: PictureSource, channel: int = 0) -> Control:
    """Show one learned kernel of VGG19's first layer and its map, the channel on a slider.

    Args:
        picture: a sample's name, or anything that `load_image` takes; shown at 256 pixels at most.
        channel: initial channel, from 0 to 63.

    Raises:
        PictureError: the picture cannot be used.
        SettingsError: there is no such channel.
    """
    from stylelab.panels.slider import Slider

    channel = as_integer("channel", channel, 0, CHANNELS - 1)
    shown = load_resized(picture, MAX_SIDE)
    weights = load_weights()
    kernels, biases = weights[f"{LAYER}/kernel"], weights[f"{LAYER}/bias"]
    layer = relu(convolve(preprocess(shown), kernels, biases))
    in_colour = kernels[:, :, ::-1]  # blue, green, red → red, green, blue

    def draw(channel: float) -> CourseFigure:
        return show_kernels_and_maps(shown, in_colour, {"its map": int(channel)}, layer)

    return Control(draw, {"channel": Slider("channel", range(CHANNELS), channel)})
