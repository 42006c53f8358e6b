import html
import re
from typing import Any

import ipywidgets
import numpy as np
import pytest

from stylelab.course.figures import CourseFigure, show_pictures
from stylelab.errors import SettingsError
from stylelab.panels.control import Control


def draw(power: float) -> CourseFigure:
    if power < 0:
        raise SettingsError("Expected a power < 0. Received: less.")
    gray = np.full((20, 30, 3), 0.5**power, np.float32)
    return show_pictures({f"power {power:g}": gray})


@pytest.fixture
def control() -> Control:
    return Control(draw, {"power": ipywidgets.FloatText(1)})


def alt(control: Control) -> str:
    shown: Any = control.box.children[-1]
    found = re.search(r'alt="([^"]*)"', shown.value)
    assert found
    return html.unescape(found[1])


def test_the_picture_follows_the_widgets(control: Control) -> None:
    before = control.drawing
    control.widgets["power"].value = 2
    assert control.drawing is not before
    assert "power 2" in control.drawing.alt
    assert alt(control) == control.drawing.alt


def test_bad_input_shows_a_message_and_keeps_the_picture(control: Control) -> None:
    control.widgets["power"].value = -1
    says: Any = control.box.children[1]
    assert "Expected a power &lt; 0" in says.value
    assert "power 1" in alt(control)
    control.widgets["power"].value = 3
    assert says.value == ""
    assert "power 3" in alt(control)


def test_without_a_kernel_the_first_picture_is_shown(control: Control) -> None:
    control.widgets["power"].value = 2
    bundle, metadata = control._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "power 1" in metadata["image/jpeg"]["alt"]
    assert bundle["image/jpeg"]


def test_a_picture_is_encoded_once_for_all_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[str] = []
    encode = CourseFigure.encode

    def noting(drawing: CourseFigure, *kind: Any) -> bytes:
        encoded.append(drawing.alt)
        return encode(drawing, *kind)

    monkeypatch.setattr(CourseFigure, "encode", noting)
    control = Control(draw, {"power": ipywidgets.FloatText(1)})
    bundle, _ = control._repr_mimebundle_()
    assert len(encoded) == 1
    shown: Any = control.box.children[-1]
    assert bundle["image/jpeg"] in shown.value
    control.widgets["power"].value = 2
    assert len(encoded) == 2


def guard(control: Control) -> Any:
    above: Any = control.box.children[0]
    return above.children[-1]


def test_arrow_keys_go_to_the_focused_widget(control: Control) -> None:
    module = guard(control)._esm
    # The module looks for the class that the box has, and marks what gets the focus in it.
    assert "stylelab-control" in control.box._dom_classes
    for part in (
        ".stylelab-control",
        "focusin",
        "data-lm-suppress-shortcuts",
        "removeEventListener",
    ):
        assert part in module
