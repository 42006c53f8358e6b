"""Controls for notebooks, on ipywidgets."""

from stylelab.panels.any_style import any_style
from stylelab.panels.blend_slider import blend_slider
from stylelab.panels.colour_cloud import colour_cloud
from stylelab.panels.cost_forecast import cost_forecast
from stylelab.panels.explorer import Recorder, explorer
from stylelab.panels.film_player import film_player
from stylelab.panels.gram_entries import gram_entries
from stylelab.panels.kernel_editor import kernel_editor
from stylelab.panels.layer_grid import layer_grid
from stylelab.panels.learned_kernels import learned_kernels
from stylelab.panels.licence_mixer import licence_mixer
from stylelab.panels.mask_drawing import mask_drawing
from stylelab.panels.optimizer_race import optimizer_race
from stylelab.panels.optimizer_walks import optimizer_walks
from stylelab.panels.projections import projections
from stylelab.panels.reconstruction_film import reconstruction_film
from stylelab.panels.run_replay import run_replay
from stylelab.panels.sliding_window import sliding_window
from stylelab.panels.smoothing import smoothing
from stylelab.panels.studio.open_studio import studio
from stylelab.panels.style_mixer import style_mixer
from stylelab.panels.training_steps import training_steps
from stylelab.panels.trial_viewer import trial_viewer
from stylelab.panels.weight_translation import weight_translation

__all__ = [
    "Recorder",
    "any_style",
    "blend_slider",
    "colour_cloud",
    "cost_forecast",
    "explorer",
    "film_player",
    "gram_entries",
    "kernel_editor",
    "layer_grid",
    "learned_kernels",
    "licence_mixer",
    "mask_drawing",
    "optimizer_race",
    "optimizer_walks",
    "projections",
    "reconstruction_film",
    "run_replay",
    "sliding_window",
    "smoothing",
    "studio",
    "style_mixer",
    "training_steps",
    "trial_viewer",
    "weight_translation",
]
