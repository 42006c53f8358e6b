"""The explorer: what every channel of every layer makes of the reader's own pictures."""

from stylelab.panels.explorer.recorder import Recorder
from stylelab.panels.explorer.widget import Explorer, explorer

__all__ = ["Explorer", "Recorder", "explorer"]
