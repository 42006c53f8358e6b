"""Opens the studio from a notebook's cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_picture_list
from stylelab.panels.studio.cell_arguments import (
    ipython_shell,
    load_mask_arguments,
    normalise_shares,
    variable_name,
)
from stylelab.panels.studio.picture_chooser import choice_from_source
from stylelab.panels.studio.studio import SIZE, Studio
from stylelab.panels.studio.styles_panel import KEEP
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylelab.panels.studio.picture_chooser import PictureChoice
    from stylelab.panels.studio.regions import Region
    from stylelab.pictures.images import PictureSource

_open: Studio | None = None


def studio(
    photo: PictureSource = "cat",
    painting: PictureSource | Sequence[PictureSource] = "swirling_night",
    *,
    shares: Sequence[float] | None = None,
    masks: Sequence[PictureSource | None] = (),
    keep: PictureSource | None = None,
    **settings: Any,
) -> Studio:
    """Open the studio: style transfer with a live picture, live losses and live weights.

    ```python
    studio()
    studio("holiday.jpg", "stained_glass", size=512, style_weight=30)
    studio("holiday.jpg", [night, glass], masks=[sky, 1 - sky], keep="faces.png")
    ```

    One studio is open at a time: opening another one closes it.

    Args:
        photo: photo that is chosen first: the name of a sample, or anything that `load_image` takes.
        painting: painting that is chosen first; the same, or a list of several.
        shares: how much each of several paintings contributes to the style; equal by default.
        masks: for each painting, where its style applies: (H, W) in [0, 1] of the photo's size, or a
            file as `load_mask` takes it; None for everywhere.
        keep: where the photo stays as it is; the same.
        **settings: first values of the settings; see `Settings`. `size` is 256 by default.

    Raises:
        PictureError: a picture or a mask cannot be used.
        SettingsError: a setting is unknown or out of range.
    """
    global _open  # noqa: PLW0603 - one at a time in a kernel, so the kernel has to remember it
    checked = _settings(settings)
    paintings = [None] if painting is None else as_picture_list("painting", painting)
    if not paintings:
        raise SettingsError("Expected a painting or several. Received: an empty list.")
    shown = choice_from_source(photo, name=variable_name(photo), role="photo")
    choices = [
        choice_from_source(each, name=variable_name(each), role="painting") for each in paintings
    ]
    parts = normalise_shares(shares, len(choices))
    regions = load_mask_arguments((keep, *as_picture_list("masks", masks)), len(choices), shown)
    if _open is not None:
        _open.close("Closed, because another studio was opened. The pictures stay.")
    _open = Studio(shown, choices[0], checked)
    _choose_styles(_open, choices, parts, regions)
    _open.prepare_samples()
    _run_after_cell(_open.warm_up)
    return _open


def _settings(changes: dict[str, Any]) -> Settings:
    known = Settings.__dataclass_fields__
    for name in changes:
        if name not in known:
            raise SettingsError(
                f"Expected the settings {', '.join(known)}. Received: {name!r}. See Settings."
            )
    return replace(Settings(size=SIZE), **changes)


def _choose_styles(
    opened: Studio,
    paintings: Sequence[PictureChoice | str],
    shares: Sequence[float],
    regions: Sequence[Region | None],
) -> None:
    """Choose paintings beyond the first, shares, and masks: of what is kept, then of each painting."""
    panel = opened.styles_panel
    numbers = [0, *(panel.add(opened.painting.add_choice(each)) for each in paintings[1:])]
    for number, share in zip(numbers, shares, strict=True):
        panel.set_share(number, share)
    for number, region in zip((KEEP, *numbers), regions, strict=False):
        if region is not None:
            panel.add_mask(region.name, region.values, region.code, number)


def _run_after_cell(work: Callable[[], object]) -> None:
    """Run work once the cell's output is on the page; immediately where there are no cells."""
    running = ipython_shell()
    if running is None:
        work()
        return

    def once(*_: object) -> None:
        running.events.unregister("post_run_cell", once)
        work()

    running.events.register("post_run_cell", once)
