"""What every small control is: settings above, one picture below that answers them.

Widget callbacks may run on another thread, beside the cells, so a control draws without pyplot and
writes to nothing but the traits of its own widgets. Where there is no live kernel (an exported page),
the notebook shows the picture as it was at first.
"""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

from stylelab.errors import StylelabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.figures import Drawing


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
        self._says = ipywidgets.HTML()
        above = layout(widgets) if layout else ipywidgets.VBox(list(widgets.values()))
        self.box = ipywidgets.VBox([above, self._says, self._picture])
        for widget in widgets.values():
            widget.observe(self._answer, names="value")
        self.drawing = self._redraw()
        self._first = self.drawing

    def _redraw(self) -> Drawing:
        drawing = self._draw(**{name: widget.value for name, widget in self.widgets.items()})
        data = base64.b64encode(drawing.encode()).decode("ascii")
        alt = html.escape(drawing.alt)
        source = f"data:image/{drawing.kind};base64,{data}"
        self._picture.value = f'<img alt="{alt}" src="{source}" style="max-width: 100%">'
        return drawing

    def _answer(self, _change: object) -> None:
        try:
            self.drawing = self._redraw()
            self._says.value = ""
        except StylelabError as error:
            # The picture stays as it was; the sentence says what to do.
            self._says.value = f"<p>{html.escape(str(error))}</p>"

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the live widgets, and the first picture for where they cannot be shown."""
        bundle, metadata = self._first._repr_mimebundle_()
        live: dict[str, Any] = self.box._repr_mimebundle_()
        return {**live, **bundle}, metadata
