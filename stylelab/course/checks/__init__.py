"""Exercises of the notebooks: each checks an answer, gives hints and shows a solution.

```python
from stylelab.course import checks as check

check.gram_matrix(my_gram_matrix)  # whether it is right, and if not, why
check.gram_matrix.hint()           # one step at a time
check.gram_matrix.solution()
```

A check is called with the reader's function (or value) and returns a `CheckResult`. It raises
nothing for a wrong answer, so an autograder can call it too: `check.gram_matrix(answer).passed`.
"""

from stylelab.course.checks.advice import fair_comparisons, poster_pixels, rank_correlation
from stylelab.course.checks.any_style import adain, whiten
from stylelab.course.checks.blending import blend_facts, blend_target, nth_convolution
from stylelab.course.checks.colour import keep_colours
from stylelab.course.checks.colour_statistics import match_mean_and_covariance, match_mean_and_std
from stylelab.course.checks.content import content_loss, max_pool_backward, which_layers
from stylelab.course.checks.convolution import conv2d, horizontal_edges
from stylelab.course.checks.cost import cost_growth, multiply_adds, tiles
from stylelab.course.checks.exercise import CheckResult, Exercise, Hint, Solution
from stylelab.course.checks.features import find_channel, receptive_field
from stylelab.course.checks.gram import gram_matrix, gram_unchanged, style_distance
from stylelab.course.checks.losses import gradients_at_photo, style_loss, total_variation
from stylelab.course.checks.normalization import (
    change_forgotten,
    conditional_normalization,
    parameter_counts,
)
from stylelab.course.checks.one_pass import (
    instance_normalization,
    learned_once,
    training_step,
)
from stylelab.course.checks.optimizers import (
    largest_rate,
    momentum_rate,
    projected_step,
    two_loop_recursion,
)
from stylelab.course.checks.pictures import (
    difference_order,
    neighbour_differences,
    preprocess,
    undo_preprocess,
)
from stylelab.course.checks.places import downsample_mask, guided_gram, region_survives
from stylelab.course.checks.rights import credit, may_publish, result_licences
from stylelab.course.checks.schedule import schedule
from stylelab.course.checks.statistics import gram_differs, projection_distance
from stylelab.course.checks.transfer import optimize
from stylelab.course.checks.where_it_went import (
    flicker,
    nearest_patches,
    which_films_flicker,
)

__all__ = [
    "CheckResult",
    "Exercise",
    "Hint",
    "Solution",
    "adain",
    "blend_facts",
    "blend_target",
    "change_forgotten",
    "conditional_normalization",
    "content_loss",
    "conv2d",
    "cost_growth",
    "credit",
    "difference_order",
    "downsample_mask",
    "fair_comparisons",
    "find_channel",
    "flicker",
    "gradients_at_photo",
    "gram_differs",
    "gram_matrix",
    "gram_unchanged",
    "guided_gram",
    "horizontal_edges",
    "instance_normalization",
    "keep_colours",
    "largest_rate",
    "learned_once",
    "match_mean_and_covariance",
    "match_mean_and_std",
    "max_pool_backward",
    "may_publish",
    "momentum_rate",
    "multiply_adds",
    "nearest_patches",
    "neighbour_differences",
    "nth_convolution",
    "optimize",
    "parameter_counts",
    "poster_pixels",
    "preprocess",
    "projected_step",
    "projection_distance",
    "rank_correlation",
    "receptive_field",
    "region_survives",
    "result_licences",
    "schedule",
    "style_distance",
    "style_loss",
    "tiles",
    "total_variation",
    "training_step",
    "two_loop_recursion",
    "undo_preprocess",
    "which_films_flicker",
    "which_layers",
    "whiten",
]
