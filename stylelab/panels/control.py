"""Base class of the small controls: widgets above, a figure below.

Widget callbacks may run in another thread while cells run, so a control draws without pyplot and writes
only to the traits of its own widgets. Without a live kernel (in an exported page), the notebook shows
the first figure.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, ClassVar

from stylelab.panels.assets import read_module, read_stylesheet
from stylelab.panels.kernel_channel import ChannelWidget
from stylelab.panels.messages import error_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.course.figures import CourseFigure

    MimeBundle = tuple[Mapping[str, Any], Mapping[str, Any]]


class Control:
    """Widgets, and the figure that a function draws for their values.

    Args:
        draw: called with the widgets' values, by name; returns a `CourseFigure`.
        widgets: the widgets, by the argument's name.
        layout: arranges the widgets; one below the other without it.

    Attributes:
        widgets: the widgets, by the argument's name.
        drawing: the figure shown now.
        draw: as passed.
        message: the line of text between the widgets and the figure.
    """

    def __init__(
        self,
        draw: Callable[..., CourseFigure],
        widgets: Mapping[str, Any],
        layout: Callable[[Mapping[str, Any]], Any] | None = None,
    ) -> None:
        import ipywidgets

        self.widgets = widgets
        self.draw = draw
        self._picture = ipywidgets.HTML()  # not Image, which takes no alt text
        self._picture.add_class("stylelab-control-figure")
        self.message = ipywidgets.HTML()
        self._updating = False
        above = layout(widgets) if layout else ipywidgets.VBox(list(widgets.values()))
        above = ipywidgets.VBox([above, KeyGuard()])
        self.box = ipywidgets.VBox([above, self.message, self._picture])
        self.box.add_class("stylelab-control")
        for widget in widgets.values():
            widget.observe(self._on_change, names="value")
        self.drawing: CourseFigure
        self._bundle: MimeBundle
        self._redraw()
        self._first_bundle = self._bundle

    @property
    def values(self) -> dict[str, Any]:
        """The widgets' values, by name."""
        return {name: widget.value for name, widget in self.widgets.items()}

    def _redraw(self) -> None:
        """Draw for the present values and show the figure."""
        drawing = self.draw(**self.values)
        bundle, metadata = drawing._repr_mimebundle_()
        self._picture.value = bundle["text/html"]
        self.drawing, self._bundle = drawing, (bundle, metadata)

    def _on_change(self, change: Any) -> None:
        """Redraw once for each change by the reader, not for the changes that follow from it."""
        if self._updating:
            return
        self._updating = True
        try:
            self._update_others(change["owner"])
        finally:
            self._updating = False
        self._show_figure()

    def _update_others(self, changed: Any) -> None:
        """Set the widgets whose values follow from that of the changed one: none by default."""

    def _show_figure(self) -> None:
        """Redraw for the present values, or show the error."""
        try:
            self._redraw()
            self._show_message("")
        except Exception as error:  # noqa: BLE001 - shown below the widgets
            self._show_message(error_message(error))

    def _show_message(self, sentence: str) -> None:
        self.message.value = (
            f'<p style="margin: 4px 0">{html.escape(sentence)}</p>' if sentence else ""
        )

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """MIME bundle of the live widgets, with the first figure for pages without a kernel."""
        return join_bundles(self.box._repr_mimebundle_(), self._first_bundle)


def join_bundles(live: Any, still: MimeBundle) -> tuple[dict[str, Any], dict[str, Any]]:
    """MIME bundle of a live widget, with a picture for pages without a kernel."""
    data, metadata = live if isinstance(live, tuple) else (live, {})
    return {**(data or {}), **still[0]}, {**metadata, **still[1]}


class KeyGuard(ChannelWidget):
    """A widget that keeps arrow keys from JupyterLab, and speaks for a kernel that does not."""

    _esm: ClassVar[str] = read_module("kernel_channel", "key_guard")
    _css: ClassVar[str] = read_stylesheet("kernel_channel", "control")
