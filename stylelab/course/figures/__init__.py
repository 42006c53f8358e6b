"""Figures of the course: one style, each with alt text.

A function takes arrays or numbers and returns a `CourseFigure`, which a cell displays by ending in it:
`show_…` for pictures, arrays and tables of them, `plot_…` for numbers on axes. `pictures`, `maps` and
`charts` serve every notebook, each of the other files a single one.
"""

from stylelab.course.figures.advice import (
    compare_trials,
    plot_ratios,
    plot_trade_off,
    show_enlarged,
    show_trials,
    show_unscaled,
)
from stylelab.course.figures.any_style import plot_feature_clouds
from stylelab.course.figures.backpropagation import show_backward_pass
from stylelab.course.figures.blending import (
    plot_scores,
    plot_weighted_distances,
    show_blends,
    show_chosen_blend,
)
from stylelab.course.figures.charts import plot_bars, plot_curves, plot_loss_curves
from stylelab.course.figures.colour import (
    plot_by_layer,
    plot_colour_clouds,
    plot_turned_clouds,
    show_picture_row,
)
from stylelab.course.figures.content import (
    plot_reconstruction_errors,
    show_close_ups,
    show_columns,
    show_layer_distances,
    show_layer_puzzle,
    show_reconstruction,
)
from stylelab.course.figures.convolution import (
    show_edge_profile,
    show_kernel_positions,
    show_number_grids,
    show_responses,
    show_single_response,
)
from stylelab.course.figures.cost import (
    plot_forecasts,
    plot_growth,
    plot_layer_costs,
    plot_loss_ratios,
    plot_roofline,
    show_at_same_scale,
    show_tiles,
)
from stylelab.course.figures.course_figure import TERM_COLOURS, CourseFigure
from stylelab.course.figures.features import (
    show_channels_by_layer,
    show_layer_table,
    show_receptive_fields_by_layer,
    show_sensitivities,
    show_strongest_activations,
)
from stylelab.course.figures.gram import (
    plot_distances,
    plot_gram_changes,
    show_coactivations,
    show_gram_matrices,
    show_gram_product,
    show_textures,
)
from stylelab.course.figures.kernels import show_kernels, show_kernels_and_maps
from stylelab.course.figures.licences import show_combined_licences
from stylelab.course.figures.losses import (
    plot_edges,
    plot_magnitudes,
    plot_row_comparison,
    plot_terms_and_gradients,
    show_gradient_map,
)
from stylelab.course.figures.maps import show_maps
from stylelab.course.figures.normalization import show_mixture, show_normalization_groups
from stylelab.course.figures.one_pass import plot_worth, show_painting_network
from stylelab.course.figures.optimizers import (
    plot_descents,
    plot_optimizer_paths,
    plot_optimizer_race,
    plot_steepest_descent,
    plot_two_loops,
)
from stylelab.course.figures.patches import show_peaks, show_top_patches
from stylelab.course.figures.pictures import show_pictures, show_result
from stylelab.course.figures.pixels import (
    plot_row_profile,
    show_channels,
    show_photo_maps,
    show_pixel_zoom,
    show_small_pictures,
)
from stylelab.course.figures.places import (
    describe_mask,
    overlay_mask,
    show_layer_masks,
    show_masks,
    show_outlined_maps,
)
from stylelab.course.figures.rights import plot_png_sizes, show_credits, show_licence_chart
from stylelab.course.figures.statistics import (
    plot_colour_cubes,
    plot_projections,
    plot_repeated_runs,
    show_statistic_distances,
)
from stylelab.course.figures.transfer import (
    plot_path_in_box,
    plot_replay,
    show_picture_grid,
    show_receptive_fields_by_size,
)
from stylelab.course.figures.where_it_went import plot_flicker, show_differences, show_frame

__all__ = [
    "TERM_COLOURS",
    "CourseFigure",
    "compare_trials",
    "describe_mask",
    "overlay_mask",
    "plot_bars",
    "plot_by_layer",
    "plot_colour_clouds",
    "plot_colour_cubes",
    "plot_curves",
    "plot_descents",
    "plot_distances",
    "plot_edges",
    "plot_feature_clouds",
    "plot_flicker",
    "plot_forecasts",
    "plot_gram_changes",
    "plot_growth",
    "plot_layer_costs",
    "plot_loss_curves",
    "plot_loss_ratios",
    "plot_magnitudes",
    "plot_optimizer_paths",
    "plot_optimizer_race",
    "plot_path_in_box",
    "plot_png_sizes",
    "plot_projections",
    "plot_ratios",
    "plot_reconstruction_errors",
    "plot_repeated_runs",
    "plot_replay",
    "plot_roofline",
    "plot_row_comparison",
    "plot_row_profile",
    "plot_scores",
    "plot_steepest_descent",
    "plot_terms_and_gradients",
    "plot_trade_off",
    "plot_turned_clouds",
    "plot_two_loops",
    "plot_weighted_distances",
    "plot_worth",
    "show_at_same_scale",
    "show_backward_pass",
    "show_blends",
    "show_channels",
    "show_channels_by_layer",
    "show_chosen_blend",
    "show_close_ups",
    "show_coactivations",
    "show_columns",
    "show_combined_licences",
    "show_credits",
    "show_differences",
    "show_edge_profile",
    "show_enlarged",
    "show_frame",
    "show_gradient_map",
    "show_gram_matrices",
    "show_gram_product",
    "show_kernel_positions",
    "show_kernels",
    "show_kernels_and_maps",
    "show_layer_distances",
    "show_layer_masks",
    "show_layer_puzzle",
    "show_layer_table",
    "show_licence_chart",
    "show_maps",
    "show_masks",
    "show_mixture",
    "show_normalization_groups",
    "show_number_grids",
    "show_outlined_maps",
    "show_painting_network",
    "show_peaks",
    "show_photo_maps",
    "show_picture_grid",
    "show_picture_row",
    "show_pictures",
    "show_pixel_zoom",
    "show_receptive_fields_by_layer",
    "show_receptive_fields_by_size",
    "show_reconstruction",
    "show_responses",
    "show_result",
    "show_sensitivities",
    "show_single_response",
    "show_small_pictures",
    "show_statistic_distances",
    "show_strongest_activations",
    "show_textures",
    "show_tiles",
    "show_top_patches",
    "show_trials",
    "show_unscaled",
]
