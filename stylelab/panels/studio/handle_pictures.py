"""What events of the pictures change: photo, paintings, shares, regions, masks and uploads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from stylelab.errors import StylelabError
from stylelab.panels.mask_drawing import MAX_SIDE as MAX_DRAWING_SIDE
from stylelab.panels.messages import display_name, error_message
from stylelab.panels.studio import events, reports
from stylelab.panels.studio.exported_file import mask_file
from stylelab.panels.studio.requests import follow_inputs
from stylelab.panels.studio.studio_state import Drawing, Notice, StudioState
from stylelab.panels.studio.style_rows import KEEP, StyleRows
from stylelab.panels.studio.tasks import LoadFile, PrepareSample
from stylelab.pictures.masks import validate_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylelab.panels.studio.picture_choice import Choices


def _choose_picture(state: StudioState, event: events.ChoosePicture) -> StudioState:
    choices = _choices(state, event.role).choose(event.key)
    state = _with_choices(state, choices).with_notice(event.role)
    return _follow_pictures(state)


def _remove_picture(state: StudioState, event: events.RemovePicture) -> StudioState:
    before = _choices(state, event.role)
    choices = before.remove(event.key)
    if choices is before:
        return state
    if event.role == "painting":
        state = replace(state, styles=state.styles.without_painting(event.key, choices))
    return _follow_pictures(_with_choices(state, choices).with_notice(event.role))


def _edit_picture(state: StudioState, event: events.EditPicture) -> StudioState:
    choices = _choices(state, event.role)
    choice = choices.choice
    try:
        edited = choice.rotated() if event.crop is None else choice.cropped(*event.crop)
    except StylelabError as error:
        return state.with_notice(event.role, error_message(error), is_error=True)
    if choice.is_own:
        choices = choices.replace(edited)
    else:  # what came along stays as it is
        choices, key = choices.add(replace(edited, key=f"{choice.key}, edited"))
        choices = choices.choose(key)
    return _follow_pictures(_with_choices(state, choices).with_notice(event.role))


def _add_row(state: StudioState, event: events.AddRow) -> StudioState:
    choices, key = state.paintings, ""
    if event.painting:
        choices, key = choices.add(event.painting)
    state = replace(state, paintings=choices)
    return _with_styles(state, state.styles.add(choices, key, event.share))


def _remove_row(state: StudioState, event: events.RemoveRow) -> StudioState:
    return _with_styles(state, state.styles.remove(event.row))


def _choose_row_painting(state: StudioState, event: events.ChooseRowPainting) -> StudioState:
    return _with_styles(state, state.styles.choose(event.row, event.key, state.paintings))


def _change_share(state: StudioState, event: events.ChangeShare) -> StudioState:
    return _with_styles(state, state.styles.set_share(event.row, event.share))


def _change_place(state: StudioState, event: events.ChangePlace) -> StudioState:
    return _with_styles(state, state.styles.set_place(event.row, event.place))


def _add_mask(state: StudioState, event: events.AddMask) -> StudioState:
    styles = state.styles.add_mask(event.name, event.mask, event.code, event.row, event.file)
    return _with_styles(state, styles)


# Uploads


def _receive_file(state: StudioState, event: events.ReceiveFile) -> StudioState:
    part = part_of(event.target)
    state = state.with_notice(part).with_loading(part, display_name(event.name))
    return replace(state, tasks=(LoadFile(event.target, event.name, event.data),))


def _picture_loaded(state: StudioState, event: reports.PictureLoaded) -> StudioState:
    target, part = event.target, part_of(event.target)
    role = "photo" if target.part == "photo" else "painting"
    choices, key = _choices(state, role).add(event.choice)
    if target.row == 0 and target.choose:
        choices = choices.choose(key)
    state = _with_choices(state, choices).without_loading(part)
    if target.row != 0:
        state = replace(state, styles=state.styles.choose(target.row, key, choices))
    state = _follow_pictures(state)
    return state if state.notice(part).text else state.with_notice(part, event.notes)


def _mask_loaded(state: StudioState, event: reports.MaskLoaded) -> StudioState:
    name = display_name(event.name.rsplit(".", 1)[0])
    state = state.without_loading("styles")
    code = event.file.code if event.file else ""
    state = _with_styles(
        state, state.styles.add_mask(name, event.mask, code, event.target.row, event.file)
    )
    return state if state.notice("styles").text else state.with_notice("styles", event.notes)


def _load_failed(state: StudioState, event: reports.LoadFailed) -> StudioState:
    part = part_of(event.target)
    return state.without_loading(part).with_notice(part, event.error, is_error=True)


def part_of(target: events.Target) -> str:
    """Part of the panel whose line has notices of a file."""
    if target.part == "mask" or target.row != 0:
        return "styles"
    return target.part


# Samples


def prepare_samples(state: StudioState) -> StudioState:
    """Compute the next sample that is missing, unless one is being computed."""
    if state.preparing or state.is_closed:
        return state
    task = _next_sample(state)
    if task is None:
        return state
    return replace(state, preparing=task.choice.key, tasks=(*state.tasks, task))


def _next_sample(state: StudioState) -> PrepareSample | None:
    """First the chosen pictures at full size, then missing thumbnails."""
    chosen = [
        ("painting", state.paintings.choice),
        *(("painting", each.painting) for each in state.styles.style_choices(state.paintings)),
        ("photo", state.photos.choice),
    ]
    for role, choice in chosen:
        if not choice.is_ready:
            return PrepareSample(role, choice, is_chosen=True)  # type: ignore[arg-type]
    for choices in (state.paintings, state.photos):
        for choice in choices.all:
            if not choice.thumbnail:
                return PrepareSample(choices.role, choice, is_chosen=False)
    return None


def _sample_ready(state: StudioState, event: reports.SampleReady) -> StudioState:
    choices = _choices(state, event.role).with_thumbnail(event.key, event.thumbnail)
    return prepare_samples(replace(_with_choices(state, choices), preparing=""))


def _prepare_samples(state: StudioState, _event: events.PrepareSamples) -> StudioState:
    return prepare_samples(state)


# Drawing a mask


def _draw_mask(state: StudioState, event: events.DrawMask) -> StudioState:
    if state.is_closed or (event.row != KEEP and state.styles.row(event.row) is None):
        return state
    height, width = state.photos.choice.load().shape[:2]
    scale = min(1.0, MAX_DRAWING_SIDE / max(height, width))
    rows, columns = (max(1, round(scale * side)) for side in (height, width))
    number = state.drawing_count + 1
    drawing = Drawing(event.row, state.photos.chosen, rows, columns, number)
    alert = Notice("Paint the mask over the photo, then press Use this mask.")
    return replace(state, drawing=drawing, drawing_count=number, alert=alert)


def _use_mask(state: StudioState, event: events.UseMask) -> StudioState:
    drawing = state.drawing
    if drawing is None or len(event.values) != drawing.rows * drawing.columns:
        return state
    values = np.frombuffer(event.values, np.uint8).reshape(drawing.rows, drawing.columns)
    try:
        mask = validate_mask(values.astype(np.float32) / np.float32(255))
    except StylelabError as error:  # nothing is drawn yet
        return replace(state, alert=Notice(error_message(error), is_error=True))
    file = mask_file("drawn", mask)
    state = replace(state, drawing=None, alert=Notice())
    return _with_styles(state, state.styles.add_mask("drawn", mask, file.code, drawing.row, file))


def _cancel_mask(state: StudioState, _event: events.CancelMask) -> StudioState:
    return state if state.drawing is None else replace(state, drawing=None, alert=Notice())


# What follows from a change


def _choices(state: StudioState, role: str) -> Choices:
    return state.photos if role == "photo" else state.paintings


def _with_choices(state: StudioState, choices: Choices) -> StudioState:
    if choices.role == "photo":
        return replace(state, photos=choices)
    return replace(state, paintings=choices)


def _with_styles(state: StudioState, styles: StyleRows) -> StudioState:
    if styles is state.styles:
        return state
    return _follow_pictures(replace(state, styles=styles))


def _follow_pictures(state: StudioState) -> StudioState:
    """State after the choice of pictures, shares or regions has changed."""
    if state.drawing is not None and state.drawing.photo != state.photos.chosen:
        state = replace(state, drawing=None, alert=Notice())
    error = state.selection.find_error()
    state = state.with_notice("styles", error, is_error=bool(error))
    return prepare_samples(follow_inputs(state))


HANDLERS: Mapping[type[events.Event], Callable[[StudioState, Any], StudioState]] = {
    events.ChoosePicture: _choose_picture,
    events.RemovePicture: _remove_picture,
    events.EditPicture: _edit_picture,
    events.AddRow: _add_row,
    events.RemoveRow: _remove_row,
    events.ChooseRowPainting: _choose_row_painting,
    events.ChangeShare: _change_share,
    events.ChangePlace: _change_place,
    events.AddMask: _add_mask,
    events.ReceiveFile: _receive_file,
    reports.PictureLoaded: _picture_loaded,
    reports.MaskLoaded: _mask_loaded,
    reports.LoadFailed: _load_failed,
    reports.SampleReady: _sample_ready,
    events.PrepareSamples: _prepare_samples,
    events.DrawMask: _draw_mask,
    events.UseMask: _use_mask,
    events.CancelMask: _cancel_mask,
}
"""Handlers of the events of pictures."""
