"""The course's figures: one look, no plumbing in the notebooks, and each with its alt text.

A function here takes what is to be shown and gives a `Drawing`, which a cell shows by ending in it.
The functions in `pictures`, `maps` and `charts` are for any notebook; the other files hold what one
notebook alone shows.
"""

from stylelab.course.figures.advice import sheet, trade_off, trials
from stylelab.course.figures.blending import strip, tug
from stylelab.course.figures.charts import bars, curves
from stylelab.course.figures.colour import colour_clouds, through_layers
from stylelab.course.figures.content import forgiveness, rebuilding, riddle
from stylelab.course.figures.convolution import (
    answers,
    edge_line,
    kernel_colours,
    kernels_and_maps,
    one_answer,
    placements,
)
from stylelab.course.figures.cost import layer_costs, roofline, same_magnification, tiles_over
from stylelab.course.figures.distributions import colour_cubes, told_apart
from stylelab.course.figures.drawing import COLOURS, Drawing
from stylelab.course.figures.features import (
    network,
    sensitivities,
    strongest,
    through_depth,
    what_units_see,
)
from stylelab.course.figures.gram import firing_together, gram_matrices, matrix_product, noticed
from stylelab.course.figures.losses import cut, orders, pull_map, pulls
from stylelab.course.figures.maps import maps
from stylelab.course.figures.optimizers import descents, paths, race, slopes
from stylelab.course.figures.pictures import pictures
from stylelab.course.figures.pixels import (
    channel_histograms,
    channels,
    picture_maps,
    pixel_zoom,
    row_profile,
    small_pictures,
)
from stylelab.course.figures.places import carried_masks, differences, mask_in_words, masks, tinted
from stylelab.course.figures.rights import credited, file_parts, licence_chart
from stylelab.course.figures.runs import loss_curves
from stylelab.course.figures.transfer import path_in_box, picture_grid, receptive_fields

__all__ = [
    "COLOURS",
    "Drawing",
    "answers",
    "bars",
    "carried_masks",
    "channel_histograms",
    "channels",
    "colour_clouds",
    "colour_cubes",
    "credited",
    "curves",
    "cut",
    "descents",
    "differences",
    "edge_line",
    "file_parts",
    "firing_together",
    "forgiveness",
    "gram_matrices",
    "kernel_colours",
    "kernels_and_maps",
    "layer_costs",
    "licence_chart",
    "loss_curves",
    "maps",
    "mask_in_words",
    "masks",
    "matrix_product",
    "network",
    "noticed",
    "one_answer",
    "orders",
    "path_in_box",
    "paths",
    "picture_grid",
    "picture_maps",
    "pictures",
    "pixel_zoom",
    "placements",
    "pull_map",
    "pulls",
    "race",
    "rebuilding",
    "receptive_fields",
    "riddle",
    "roofline",
    "row_profile",
    "same_magnification",
    "sensitivities",
    "sheet",
    "slopes",
    "small_pictures",
    "strip",
    "strongest",
    "through_depth",
    "through_layers",
    "tiles_over",
    "tinted",
    "told_apart",
    "trade_off",
    "trials",
    "tug",
    "what_units_see",
]
