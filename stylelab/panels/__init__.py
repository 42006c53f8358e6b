"""Controls for notebooks, on ipywidgets."""

from stylelab.panels.explorer import Recorder, explorer
from stylelab.panels.kernel_editor import kernel_editor
from stylelab.panels.layer_grid import layer_grid
from stylelab.panels.mask_drawing import mask_drawing
from stylelab.panels.optimizer_race import optimizer_race
from stylelab.panels.projections import projections
from stylelab.panels.smoothing import smoothing
from stylelab.panels.studio.open_studio import studio
from stylelab.panels.trial_viewer import trial_viewer

__all__ = [
    "Recorder",
    "explorer",
    "kernel_editor",
    "layer_grid",
    "mask_drawing",
    "optimizer_race",
    "projections",
    "smoothing",
    "studio",
    "trial_viewer",
]
