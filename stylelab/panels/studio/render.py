"""Writes a studio's state to its widget: the one place where the widget's traits are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylelab.course.figures.places import OVERLAY_COLOUR
from stylelab.errors import StylelabError
from stylelab.panels.mask_drawing import mask_bytes
from stylelab.panels.studio.exporter import exported_code
from stylelab.panels.studio.file_names import free_file_name
from stylelab.panels.studio.loss_curves import loss_curves_svg, shares_html
from stylelab.panels.studio.presets import find_preset
from stylelab.panels.studio.render_runs import render_gallery, render_grid
from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.settings_form import describe_values, form_fields
from stylelab.panels.studio.shown_picture import ShownPicture, photo_jpeg
from stylelab.panels.studio.status import enabled_actions, progress_text, status
from stylelab.panels.studio.style_rows import KEEP, MAX_PAINTINGS
from stylelab.panels.studio.thumbnails import encode_base64, mask_thumbnail, thumbnail_item
from stylelab.pipeline.cost_estimate import estimate_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.panels.studio.picture_choice import Choices
    from stylelab.panels.studio.studio_state import StudioState
    from stylelab.panels.studio.studio_widget import StudioWidget

    _View = Callable[[StudioState], Any]

CURVES_HEIGHT = 190


class Renderer:
    """Writes states to a widget; of each only what has changed since the one before."""

    def __init__(self, widget: StudioWidget) -> None:
        self._widget = widget
        self._known: dict[str, tuple[object, ...]] = {}
        self._picture = ShownPicture(widget)

    def render(self, state: StudioState) -> None:
        """Show a state."""
        with self._widget.hold_sync():
            for name, (parts, view) in VIEWS.items():
                found = parts(state)
                if self._is_new(name, found):
                    setattr(self._widget, name, view(state))
                    self._known[name] = found  # if that fails, it is tried again
            self._picture.render(state)
            if self._is_new("canvas", (state.drawing,)):
                self._render_canvas(state)
                self._known["canvas"] = (state.drawing,)
            if self._is_new("download", (state.download,)):
                _, self._widget.download_name, self._widget.download = state.download
                self._known["download"] = (state.download,)

    def _is_new(self, name: str, parts: tuple[object, ...]) -> bool:
        """Whether one of the parts of a state that decide what is shown has been replaced."""
        known = self._known.get(name)
        return known is None or any(
            one is not other and one != other for one, other in zip(known, parts, strict=True)
        )

    def _render_canvas(self, state: StudioState) -> None:
        drawing = state.drawing
        if drawing is None:
            self._widget.drawn_on = self._widget.drawn = b""
            return
        place = state.styles.region(state.styles.place_of(drawing.row))
        shape = (drawing.rows, drawing.columns)
        try:
            mask = None if place is None else place.mask(shape)
        except StylelabError:  # it is of another photo
            mask = None
        self._widget.drawn = bytes(shape[0] * shape[1]) if mask is None else mask_bytes(mask)
        self._widget.drawn_on = photo_jpeg(state.photos.choice.load(), max(shape))


def _render_chooser(state: StudioState, choices: Choices) -> dict[str, Any]:
    notice = state.notice(choices.role)
    return {
        "role": choices.role,
        "chosen": choices.chosen,
        "name": choices.choice.name,
        "preview": encode_base64(choices.choice.preview) if choices.choice.is_ready else "",
        "notice": notice.text,
        "is_error": notice.is_error,
        "loading": state.loading.get(choices.role, ""),
    }


def _chooser_parts(state: StudioState, choices: Choices) -> tuple[object, ...]:
    return choices.choice, choices.choice.is_ready, state.notices, state.loading


def _render_choices(choices: Choices) -> list[dict[str, Any]]:
    return [
        thumbnail_item(each.key, each.name, each.thumbnail, title=each.title, is_own=each.is_own)
        for each in choices.all
    ]


def _render_styles(state: StudioState) -> dict[str, Any]:
    styles, notice = state.styles, state.notice("styles")
    rows = zip(styles.rows, styles.style_choices(state.paintings), strict=True)
    return {
        "rows": [
            {
                "number": row.number,
                "name": style_choice.painting.name,
                "painting": style_choice.painting.key,
                "share": row.share,
                "place": row.place,
            }
            for row, style_choice in rows
        ],
        "keep": styles.keep,
        "summary": styles.summary,
        "most": MAX_PAINTINGS,
        "notice": notice.text,
        "is_error": notice.is_error,
        "loading": state.loading.get("styles", ""),
    }


def _render_regions(state: StudioState) -> list[dict[str, Any]]:
    return [
        thumbnail_item(region.key, region.name, mask_thumbnail(region.values))
        for region in state.styles.regions
    ]


def _render_form(state: StudioState) -> dict[str, Any]:
    notice = state.notice("settings")
    preset, estimate = None, ""
    try:
        settings = state.settings
        preset = find_preset(settings)
        if state.is_ready and state.photos.choice.is_ready:
            estimate = f"{estimate_cost(state.photos.choice.load().shape[:2], settings)}."
    except StylelabError:
        pass  # the notice says it
    return {
        "values": dict(state.values),
        "words": describe_values(state.values),
        "preset": preset.name if preset else "",
        "description": preset.description if preset else "A look of your own.",
        "notice": notice.text,
        "is_error": notice.is_error,
        "loading": state.loading.get("settings", ""),
        "cost_estimate": estimate,
    }


def _render_one_pass(state: StudioState) -> dict[str, Any]:
    one_pass, notice = state.one_pass, state.notice("network")
    return {
        "is_chosen": one_pass.is_chosen,
        "networks": [{"key": each.key, "name": each.name} for each in one_pass.networks],
        "chosen": one_pass.chosen,
        "styles": [_render_style(state, style) for style in one_pass.styles],
        "shares": dict(one_pass.shares),
        "strength": one_pass.strength,
        "can_refine": state.shown_painting is not None and not state.is_closed,
        "notice": notice.text,
        "is_error": notice.is_error,
        "loading": state.loading.get("network", ""),
    }


def _render_style(state: StudioState, style: str) -> dict[str, Any]:
    """A network's style, with the thumbnail of the painting of its name, if there is one."""
    painting, name = state.paintings.find(style), style.replace("_", " ")
    if painting is None:
        return thumbnail_item(style, name, b"", title="a style of this network")
    return thumbnail_item(style, name, painting.thumbnail, title=painting.title)


def _render_controls(state: StudioState) -> dict[str, Any]:
    run = state.run
    said = status(state)
    share = run.progress.share if run is not None and run.progress is not None else 0.0
    return {
        "enabled": list(enabled_actions(state)),
        "state": state.run_state.value,
        "status": said.text,
        "is_error": said.is_error,
        "progress_text": "" if run is None else progress_text(run),
        "share": 1.0 if state.run_state is State.FINISHED else share,
    }


def _render_losses(state: StudioState) -> dict[str, Any]:
    run = state.shown_run
    if run is None or run.progress is None:
        return {"curves": "", "shares": ""}
    names = run.selection.term_names
    curves = loss_curves_svg(
        run.progress.history,
        run.changes,
        width=state.width,
        height=CURVES_HEIGHT,
        stages=run.progress.stages,
        names=names,
    )
    return {"curves": curves, "shares": shares_html(run.progress.history[-1].terms, names)}


def _render_save(state: StudioState) -> dict[str, Any]:
    run, painting, notice = state.shown_run, state.shown_painting, state.notice("save")
    try:
        code = exported_code(state)
    except StylelabError:
        code = ""  # the form or the styles panel shows the error
    parts = (state.photos.choice.name, state.selection.painting)
    shown = run or painting
    return {
        "file_name": free_file_name(shown.file_name_parts if shown else parts),
        "code": code,
        "ready": painting is not None or (run is not None and run.has_picture),
        "kept": len(state.runs),
        "has_film": run is not None and len(run.frames) > 1,
        "notice": notice.text,
        "is_error": notice.is_error,
        "loading": state.loading.get("save", ""),
    }


def _render_drawing(state: StudioState) -> dict[str, Any]:
    drawing = state.drawing
    if drawing is None:
        return {}
    return {
        "number": drawing.number,
        "rows": drawing.rows,
        "columns": drawing.columns,
        "tint": list(OVERLAY_COLOUR),
        "brush": max(drawing.rows, drawing.columns) // 8,
        "instruction": _drawing_instruction(state, drawing.row),
    }


def _drawing_instruction(state: StudioState, row: int) -> str:
    if row == KEEP:
        return "Paint over what should stay a photo."
    numbers = [one.number for one in state.styles.rows]
    if row not in numbers:
        return "The painting of this mask was removed. The mask can be kept for others."
    painting = state.styles.style_choices(state.paintings)[numbers.index(row)].painting
    return f"Paint over what should be in the style of {painting.name}."


def _run_parts(state: StudioState) -> tuple[object, ...]:
    return (
        state.run, state.queue, state.alert, state.is_ready, state.closed_message,
        state.one_pass.is_chosen, state.one_pass.painted is None, state.notice("network"),
    )  # fmt: skip


VIEWS: Mapping[str, tuple[Callable[[StudioState], tuple[object, ...]], _View]] = {
    "photo": (
        lambda state: _chooser_parts(state, state.photos),
        lambda state: _render_chooser(state, state.photos),
    ),
    "painting": (
        lambda state: _chooser_parts(state, state.paintings),
        lambda state: _render_chooser(state, state.paintings),
    ),
    "photo_choices": (lambda state: (state.photos.all,), lambda state: _render_choices(state.photos)),
    "painting_choices": (
        lambda state: (state.paintings.all,),
        lambda state: _render_choices(state.paintings),
    ),
    "styles": (
        lambda state: (state.styles, state.paintings.chosen, state.notices, state.loading),
        _render_styles,
    ),
    "one_pass": (
        lambda state: (
            state.one_pass, state.paintings.all, state.notices, state.loading, state.is_closed,
        ),
        _render_one_pass,
    ),
    "regions": (lambda state: (state.styles.regions,), _render_regions),
    "form": (
        lambda state: (
            state.values, state.formulation, state.notices, state.loading, state.is_ready,
            state.photos.choice,
            state.photos.choice.is_ready,
        ),
        _render_form,
    ),
    "fields": (
        lambda state: (
            *(state.values[name] for name in ("size", "coarsest_size", "tile")),
            state.initial,
        ),
        lambda state: form_fields(state.values, state.initial),
    ),
    "controls": (_run_parts, _render_controls),
    "losses": (lambda state: (state.shown_run, state.width), _render_losses),
    "gallery": (
        lambda state: (
            state.runs, state.shown, state.compared, state.photos.choice, state.shown_photo,
            state.run and (state.run.number, state.run.state, state.run.has_picture),
        ),
        render_gallery,
    ),
    "grid": (
        lambda state: (
            state.runs, state.queue, state.shown, state.one_pass.is_chosen,
            state.run and (state.run.number, state.run.state, state.run.has_picture),
        ),
        render_grid,
    ),
    "save": (
        lambda state: (
            state.shown_run and _code_parts(state.shown_run), state.photos, state.paintings,
            state.styles, state.values, state.save_count, state.notices, state.one_pass,
            state.loading, len(state.runs),
        ),
        _render_save,
    ),
    "answered": (lambda state: (state.answered,), lambda state: dict(state.answered)),
    "drawing": (lambda state: (state.drawing, state.styles, state.paintings.chosen), _render_drawing),
}  # fmt: skip
"""For each trait: the parts of the state that decide its value, and the value."""


def _code_parts(run: Any) -> tuple[object, ...]:
    """What of a run decides its code and its file name: not each step."""
    return (
        run.number,
        run.selection,
        run.settings,
        run.changes,
        run.has_picture,
        len(run.frames) > 1,
    )
