"""Controls for notebooks, on ipywidgets."""

from stylelab.panels.explorer import Recorder, explorer
from stylelab.panels.kernel_editor import kernel_editor
from stylelab.panels.layer_grid import layer_grid
from stylelab.panels.mask_drawing import mask_drawing
from stylelab.panels.optimizer_race import optimizer_race
from stylelab.panels.optimizer_walks import optimizer_walks
from stylelab.panels.run_replay import run_replay
from stylelab.panels.smoothing import smoothing
from stylelab.panels.studio.open_studio import studio

__all__ = [
    "Recorder",
    "explorer",
    "kernel_editor",
    "layer_grid",
    "mask_drawing",
    "optimizer_race",
    "optimizer_walks",
    "run_replay",
    "smoothing",
    "studio",
]
