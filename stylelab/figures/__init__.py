"""The course's figures: one look, no plumbing in the notebooks, and each with its alt text.

A function here takes what is to be shown and gives a `Drawing`, which a cell shows by ending in it.
The functions in `pictures`, `maps` and `charts` are for any notebook; the other files hold what one
notebook alone shows.
"""

from stylelab.figures.charts import bars, curves
from stylelab.figures.drawing import COLOURS, Drawing
from stylelab.figures.maps import maps
from stylelab.figures.pictures import pictures
from stylelab.figures.runs import loss_curves

__all__ = ["COLOURS", "Drawing", "bars", "curves", "loss_curves", "maps", "pictures"]
