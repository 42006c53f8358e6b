"""Drawing a mask in the studio, in place of the large picture."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets

from stylelab.errors import StylelabError
from stylelab.panels.mask_drawing import MaskDrawing
from stylelab.panels.studio.styles_panel import KEEP
from stylelab.pictures.masks import validate_mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylelab.panels.studio.picture_chooser import PictureChooser
    from stylelab.panels.studio.styles_panel import StylesPanel
    from stylelab.pictures.masks import Mask


class _OpenDrawing(NamedTuple):
    """Mask being drawn: row of the styles panel, key of the photo, and the widgets."""

    row: int
    photo: str
    canvas: MaskDrawing
    instruction: Any


class MaskSession:
    """Drawing of a mask over the photo, for one row of the styles panel at a time.

    Args:
        photo: chooser of the photo that is drawn on.
        styles_panel: panel with the row that the mask is for.
        on_use: called when "Use this mask" is pressed.
        on_cancel: called when "Cancel" is pressed.

    Attributes:
        box: buttons and canvas; empty while no mask is drawn.
    """

    def __init__(
        self,
        photo: PictureChooser,
        styles_panel: StylesPanel,
        *,
        on_use: Callable[[], object],
        on_cancel: Callable[[], object],
    ) -> None:
        self.box = ipywidgets.Box().add_class("stylelab-drawing")
        self._photo = photo
        self._styles_panel = styles_panel
        self._on_use = on_use
        self._on_cancel = on_cancel
        self._drawing: _OpenDrawing | None = None

    @property
    def is_outdated(self) -> bool:
        """Whether the mask is drawn on a photo that is no longer the chosen one."""
        return self._drawing is not None and self._drawing.photo != self._photo.chosen

    def begin(self, row: int) -> None:
        """Show a canvas for the mask of a row, with its present mask if that fits the photo."""
        style_choice = self._styles_panel.style_choice(row)
        place = self._styles_panel.keep_region if style_choice is None else style_choice.place
        photo, key = self._photo.picture, self._photo.chosen
        try:
            mask = None if place is None else place.mask(photo.shape)
        except StylelabError:  # it is of another photo
            mask = None
        use, cancel = (
            ipywidgets.Button(description=text).add_class("stylelab-button")
            for text in ("Use this mask", "Cancel")
        )
        use.on_click(lambda _: self._on_use())
        cancel.on_click(lambda _: self._on_cancel())
        instruction = ipywidgets.HTML(self._instruction(row))
        use.add_class("stylelab-use")
        buttons = ipywidgets.Box([instruction, use, cancel]).add_class("stylelab-drawing-buttons")
        self._drawing = _OpenDrawing(row, key, MaskDrawing(photo, mask), instruction)
        self.box.children = (buttons, self._drawing.canvas)

    def update_instruction(self) -> None:
        """Name the row's painting as it is now."""
        if self._drawing is not None:
            self._drawing.instruction.value = self._instruction(self._drawing.row)

    def read(self) -> tuple[int, Mask] | None:
        """Row and mask as drawn so far; None if none is drawn, or one of another photo.

        Raises:
            PictureError: nothing is drawn yet.
        """
        if self._drawing is None or self.is_outdated:
            return None
        return self._drawing.row, validate_mask(self._drawing.canvas.mask)

    def end(self) -> bool:
        """Remove the canvas; return whether there was one."""
        was_open = self._drawing is not None
        if was_open:
            self._drawing, self.box.children = None, ()
        return was_open

    def _instruction(self, row: int) -> str:
        if row == KEEP:
            return "<p>Paint over what should stay a photo.</p>"
        style_choice = self._styles_panel.style_choice(row)
        if style_choice is None:
            return "<p>The painting of this mask was removed. The mask can be kept for others.</p>"
        return f"<p>Paint over what should be in the style of {escape(style_choice.painting.name)}.</p>"
