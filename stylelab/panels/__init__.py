"""Controls for notebooks, on ipywidgets."""

from stylelab.panels.blend_slider import blend_slider
from stylelab.panels.colour_cloud import colour_cloud
from stylelab.panels.cost_forecast import cost_forecast
from stylelab.panels.explorer import Recorder, explorer
from stylelab.panels.kernel_editor import kernel_editor
from stylelab.panels.layer_grid import layer_grid
from stylelab.panels.mask_drawing import mask_drawing
from stylelab.panels.optimizer_race import optimizer_race
from stylelab.panels.smoothing import smoothing
from stylelab.panels.studio.open_studio import studio

__all__ = [
    "Recorder",
    "blend_slider",
    "colour_cloud",
    "cost_forecast",
    "explorer",
    "kernel_editor",
    "layer_grid",
    "mask_drawing",
    "optimizer_race",
    "smoothing",
    "studio",
]
