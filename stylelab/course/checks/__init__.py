"""Is my answer right? The exercises of the notebooks, each by its name.

```python
from stylelab.course import checks as check

check.gram_matrix(my_gram_matrix)  # what holds, or which property fails, in a sentence
check.gram_matrix.hint()           # one step at a time
check.gram_matrix.solution()
```

A check is called with the reader's function (or value) and gives a `Verdict`. It raises nothing for a
wrong answer, so an autograder can call it too: `check.gram_matrix(answer).passed`.
"""

from stylelab.course.checks.advice import fair, poster_pixels, rank_correlation
from stylelab.course.checks.blending import blend_facts, blend_target, counted_layer
from stylelab.course.checks.colour import keep_colours, match_mean_and_covariance, match_spread
from stylelab.course.checks.content import content_loss, which_layers
from stylelab.course.checks.convolution import conv2d, horizontal_edges
from stylelab.course.checks.cost import growth, multiply_adds, tiles
from stylelab.course.checks.distributions import gram_tells, shadow_distance
from stylelab.course.checks.exercise import Exercise, Hint, Solution, Verdict
from stylelab.course.checks.features import find_channel, receptive_field
from stylelab.course.checks.gram import gram_matrix, style_distance, unchanged
from stylelab.course.checks.losses import pulls_at_photo, style_loss, total_variation
from stylelab.course.checks.optimizers import largest_rate, projected_step, two_loop_recursion
from stylelab.course.checks.pictures import (
    difference_order,
    neighbour_differences,
    preprocess,
    undo_preprocess,
)
from stylelab.course.checks.places import carried_mask, guided_gram, survives
from stylelab.course.checks.rights import credit, may_publish, result_licences
from stylelab.course.checks.schedule import schedule
from stylelab.course.checks.transfer import optimize

__all__ = [
    "Exercise",
    "Hint",
    "Solution",
    "Verdict",
    "blend_facts",
    "blend_target",
    "carried_mask",
    "content_loss",
    "conv2d",
    "counted_layer",
    "credit",
    "difference_order",
    "fair",
    "find_channel",
    "gram_matrix",
    "gram_tells",
    "growth",
    "guided_gram",
    "horizontal_edges",
    "keep_colours",
    "largest_rate",
    "match_mean_and_covariance",
    "match_spread",
    "may_publish",
    "multiply_adds",
    "neighbour_differences",
    "optimize",
    "poster_pixels",
    "preprocess",
    "projected_step",
    "pulls_at_photo",
    "rank_correlation",
    "receptive_field",
    "result_licences",
    "schedule",
    "shadow_distance",
    "style_distance",
    "style_loss",
    "survives",
    "tiles",
    "total_variation",
    "two_loop_recursion",
    "unchanged",
    "undo_preprocess",
    "which_layers",
]
