"""Opens the studio from a notebook's cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stylelab.errors import SettingsError
from stylelab.panels.arguments import as_picture_list
from stylelab.panels.studio.cell_arguments import (
    load_mask_arguments,
    normalise_shares,
    variable_name,
)
from stylelab.panels.studio.events import (
    AddMask,
    AddRow,
    AdoptRuns,
    ChangeShare,
    ChooseMethod,
    ChooseNetwork,
    Target,
)
from stylelab.panels.studio.one_pass import network_from_source
from stylelab.panels.studio.picture_choice import choice_from_source
from stylelab.panels.studio.reports import NetworkLoaded
from stylelab.panels.studio.studio import SIZE, Studio
from stylelab.panels.studio.style_rows import KEEP
from stylelab.pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stylelab.painting.paint import NetworkSource
    from stylelab.panels.studio.events import Event
    from stylelab.panels.studio.one_pass import NetworkChoice
    from stylelab.panels.studio.picture_choice import PictureChoice
    from stylelab.panels.studio.regions import Region
    from stylelab.panels.studio.run_state import Run
    from stylelab.pictures.images import PictureSource

_open: Studio | None = None


def studio(
    photo: PictureSource = "cat",
    painting: PictureSource | Sequence[PictureSource] = "swirling_night",
    *,
    shares: Sequence[float] | None = None,
    masks: Sequence[PictureSource | None] = (),
    keep: PictureSource | None = None,
    network: NetworkSource | None = None,
    runs: Studio | Sequence[Run] | None = None,
    **settings: Any,
) -> Studio:
    """Open the studio: style transfer with a live picture, live losses and live weights.

    ```python
    studio()
    studio("holiday.jpg", "stained_glass", size=512, style_weight=30)
    studio("holiday.jpg", network="seven_styles")
    studio("holiday.jpg", [night, glass], masks=[sky, 1 - sky], keep="faces.png")
    ```

    One studio is open at a time: opening another one closes it, and takes over its runs.

    Args:
        photo: photo that is chosen first: the name of a sample, or anything that `load_image` takes.
        painting: painting that is chosen first; the same, or a list of several.
        shares: how much each of several paintings contributes to the style; equal by default.
        masks: for each painting, where its style applies: (H, W) in [0, 1] of the photo's size, or a
            file as `load_mask` takes it; None for everywhere.
        keep: where the photo stays as it is; the same.
        network: a painting network, its file, or the name of one that comes along: the studio paints in
            one pass, and not with the optimizer; the reader may change that.
        runs: runs to begin with: a studio, whose runs are meant, or a list of runs. By default those
            of the studio that is open; an empty list for none.
        **settings: first values of the settings; see `Settings`. `size` is 256 by default.

    Raises:
        PictureError: a picture or a mask cannot be used.
        NetworkFileError: there is no such network, or its file is damaged.
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
    given_network = (
        ()
        if network is None
        else _network_events(network_from_source(network, variable_name(network)))
    )
    former = _open
    if former is not None:
        former.close("Closed, because another studio was opened. It has the runs now.")
    given = former if runs is None else runs
    kept = given.runs if isinstance(given, Studio) else tuple(given or ())
    first = (*_style_events(choices, parts, regions), AdoptRuns(kept), *given_network)
    _open = Studio(shown, choices[0], checked, first_events=first)
    _open.prepare()
    return _open


def _settings(changes: dict[str, Any]) -> Settings:
    known = Settings.__dataclass_fields__
    for name in changes:
        if name not in known:
            raise SettingsError(
                f"Expected the settings {', '.join(known)}. Received: {name!r}. See Settings."
            )
    return replace(Settings(size=SIZE), **changes)


def _network_events(choice: NetworkChoice) -> tuple[Event, ...]:
    """Choose a network, and paint with it."""
    return (
        NetworkLoaded(Target("network"), choice),
        ChooseNetwork(choice.key),
        ChooseMethod(one_pass=True),
    )


def _style_events(
    paintings: Sequence[PictureChoice | str],
    shares: Sequence[float],
    regions: Sequence[Region | None],
) -> Iterator[Event]:
    """Choose paintings beyond the first, shares, and masks: of what is kept, then of each painting."""
    yield ChangeShare(0, shares[0])
    for each, share in zip(paintings[1:], shares[1:], strict=True):
        yield AddRow(each, share)
    for number, region in zip((KEEP, *range(len(paintings))), regions, strict=False):
        if region is not None:
            yield AddMask(region.name, region.values, region.code, number, region.file)
