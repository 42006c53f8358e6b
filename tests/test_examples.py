"""The examples in the docstrings of the public names, each run as a reader would run it."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.pictures.images import Picture

FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

WITHOUT = {"fetch_weights": "it downloads"}
"""Names that need no example, with the reason. Errors and constants need none either."""

MISSING: set[str] = {
    "ActivationStep",
    "CostEstimate",
    "Credentials",
    "Loss",
    "Plan",
    "PrintInfo",
    "Progress",
    "Record",
    "Result",
    "Rights",
    "RightsStatement",
    "Sample",
    "Verdict",
    "WeightConversion",
    "activation_maximisation",
    "as_gray",
    "channel_moments",
    "check_setup",
    "combine_rights",
    "complement_mask",
    "contact_sheet",
    "cover",
    "credit_line",
    "crop",
    "ellipse_mask",
    "estimate_cost",
    "feather",
    "finish_colours",
    "gram_matrix",
    "image_warnings",
    "keep_colours",
    "load_image",
    "load_inputs",
    "load_mask",
    "luminance",
    "make_rights_statement",
    "match_histogram",
    "match_luminance",
    "match_mean_and_covariance",
    "partition_masks",
    "picture_shape",
    "polygon_mask",
    "prepare_colours",
    "prepare_for_print",
    "print_size_in_pixels",
    "read_credentials",
    "read_ingredient_rights",
    "read_input_rights",
    "read_print_info",
    "read_rights",
    "read_settings",
    "resize",
    "resize_mask",
    "resize_to",
    "run_plan",
    "sample",
    "save_image",
    "sign_picture",
    "sliced_wasserstein",
    "smoothing_loss",
    "solve_smoothing",
    "statistic_distance",
    "threshold_mask",
    "wasserstein_gaussian",
}
"""Names whose example is still to be written or mended: this set only becomes smaller."""


def docstrings_of(name: str) -> Iterator[str]:
    """Docstring of a public name and, for a class, of its public methods and properties."""
    public = getattr(sl, name)
    members = vars(public).items() if inspect.isclass(public) else ()
    documented = [public, *(member for own, member in members if not own.startswith("_"))]
    for documented_object in documented:
        yield inspect.cleandoc(documented_object.__doc__ or "")


def examples_of(name: str) -> list[str]:
    return [example for text in docstrings_of(name) for example in FENCE.findall(text)]


def needs_example(name: str) -> bool:
    public: Any = getattr(sl, name)
    is_error = inspect.isclass(public) and issubclass(public, Exception)
    return callable(public) and not is_error and name not in WITHOUT


WITH_EXAMPLES = [name for name in sl.__all__ if needs_example(name) and examples_of(name)]
to_mend = pytest.mark.xfail(strict=True, reason="listed in MISSING")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=to_mend if name in MISSING else ()) for name in WITH_EXAMPLES],
)
def test_the_example_runs(
    name: str,
    photo: Picture,
    painting: Picture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = {"sl": sl, "np": np, "photo": photo, "painting": painting}
    for example in examples_of(name):
        exec(compile(example, f"<example of {name}>", "exec"), namespace)  # noqa: S102 - our own text


def test_every_public_name_has_an_example() -> None:
    without = {name for name in sl.__all__ if needs_example(name)} - {*WITH_EXAMPLES}
    assert without == MISSING - {*WITH_EXAMPLES}
