"""The explorer: feature maps of the reader's own pictures, for every channel of every layer."""

from stylelab.panels.explorer.recorder import Recorder
from stylelab.panels.explorer.widget import Explorer, explorer

__all__ = ["Explorer", "Recorder", "explorer"]
