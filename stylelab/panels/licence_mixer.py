"""Control of notebook 15: licences of photo, painting and network, and what they permit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylelab.course.figures import CourseFigure, show_combined_licences
from stylelab.errors import SettingsError
from stylelab.panels.control import Control
from stylelab.pictures.validation import describe_received
from stylelab.rights.licences import LICENCES

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_STATED = "none stated"
"""Entry of the lists for a parent whose licence is unknown."""

CHOICES: tuple[str, ...] = (
    *(
        LICENCES[key].name
        for key in (
            "LicenseRef-own", "LicenseRef-public-domain", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0",
            "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "CC-BY-ND-3.0",
            "MIT", "LicenseRef-all-rights-reserved",
        )
    ),
    NOT_STATED,
)  # fmt: skip
"""Names of the licences to choose from."""


def licence_mixer(
    photo: str = "CC BY 4.0", painting: str = "CC BY-NC 4.0", network: str = "CC BY 4.0"
) -> Control:
    """Choose the licences of photo, painting and network; see what the result may be used for.

    Args:
        photo: licence of the photo at first, a name of `CHOICES`.
        painting: that of the painting.
        network: that of the network's weights.

    Raises:
        SettingsError: a licence is not one of them.
    """
    import ipywidgets

    chosen = {"photo": photo, "painting": painting, "network": network}
    for name, licence in chosen.items():
        if licence not in CHOICES:
            raise SettingsError(
                f"Expected {name}: one of the licences {', '.join(CHOICES)}. "
                f"Received: {describe_received(licence)}."
            )
    lists = {
        name: ipywidgets.Dropdown(
            options=CHOICES, value=licence, description=name, tooltip=f"licence of the {name}"
        )
        for name, licence in chosen.items()
    }

    def draw(**licences: str) -> CourseFigure:
        stated = {name: "" if one == NOT_STATED else one for name, one in licences.items()}
        return show_combined_licences(stated)

    return Control(draw, lists, _layout)


def _layout(widgets: Mapping[str, Any]) -> Any:
    import ipywidgets

    return ipywidgets.HBox(list(widgets.values()), layout=ipywidgets.Layout(flex_flow="row wrap"))
