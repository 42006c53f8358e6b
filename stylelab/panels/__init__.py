"""What readers touch: controls for the notebooks, on ipywidgets."""

from stylelab.panels.kernel_editor import kernel_editor
from stylelab.panels.smoothing import smoothing

__all__ = ["kernel_editor", "smoothing"]
