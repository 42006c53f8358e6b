"""What every small control is: settings above, one picture below that answers them.

Widget callbacks may run on another thread, beside the cells, so a control draws without pyplot and
writes to nothing but the traits of its own widgets. Where there is no live kernel (an exported page),
the notebook shows the picture as it was at first.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylelab.panels.sentences import error_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.course.figures import Drawing


class Control:
    """Widgets whose values go into a function, and the figure that it gives.

    Args:
        draw: is called with the widgets' values, by name; gives a `Drawing`.
        widgets: by the name of the argument.
        layout: arranges the widgets; below each other without it.

    Attributes:
        widgets: as given.
        drawing: the figure shown now.
    """

    def __init__(
        self,
        draw: Callable[..., Drawing],
        widgets: Mapping[str, Any],
        layout: Callable[[Mapping[str, Any]], Any] | None = None,
    ) -> None:
        import ipywidgets

        self.widgets = widgets
        self._draw = draw
        self._picture = ipywidgets.HTML()  # not Image, which takes no alt text
        self._message = ipywidgets.HTML()
        above = layout(widgets) if layout else ipywidgets.VBox(list(widgets.values()))
        above = ipywidgets.VBox([above, _make_key_guard()])
        self.box = ipywidgets.VBox([above, self._message, self._picture])
        self.box.add_class("stylelab-control")
        for widget in widgets.values():
            widget.observe(self._on_change, names="value")
        self.drawing, self._first_bundle = self._redraw()

    @property
    def values(self) -> dict[str, Any]:
        """What the widgets say now, by name."""
        return {name: widget.value for name, widget in self.widgets.items()}

    def _redraw(self) -> tuple[Drawing, tuple[Mapping[str, str], Mapping[str, Any]]]:
        """Draw for the present values and show it; give the figure, and it encoded."""
        drawing = self._draw(**self.values)
        bundle, metadata = drawing._repr_mimebundle_()
        self._picture.value = bundle["text/html"]
        return drawing, (bundle, metadata)

    def _on_change(self, _change: object) -> None:
        try:
            self.drawing, _ = self._redraw()
            self._show_message("")
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            # The picture stays as it was; the sentence says what to do.
            self._show_message(error_message(error))

    def _show_message(self, sentence: str) -> None:
        self._message.value = (
            f'<p style="margin: 4px 0">{html.escape(sentence)}</p>' if sentence else ""
        )

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the live widgets, and the first picture for where they cannot be shown."""
        bundle, metadata = self._first_bundle
        live: dict[str, Any] = self.box._repr_mimebundle_()
        return {**live, **bundle}, dict(metadata)


def _make_key_guard() -> Any:
    """Make a widget that nobody sees; it leaves arrow keys to those that have the focus."""
    import anywidget

    class KeyGuard(anywidget.AnyWidget):
        _esm = Path(__file__).with_name("key_guard.js")

    return KeyGuard()
