"""Events from the messages of the browser."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from stylelab.panels.studio import events
from stylelab.pictures.validation import as_float

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stylelab.panels.studio.uploads import UploadBuffer

PARTS_WITH_FILES = ("photo", "painting", "mask", "settings", "network")

METHODS = {"optimize": False, "one pass": True}
"""Whether a method paints in one pass, by its name."""


def read_event(
    content: Mapping[str, Any], buffers: Sequence[Any], uploads: UploadBuffer
) -> events.Event | None:
    """The event of a message; None for a file that is not complete yet.

    Args:
        content: `{"event": name, …}` with the event's values.
        buffers: the bytes of a file, or of a mask.
        uploads: incomplete files.

    Raises:
        KeyError, TypeError, ValueError: it is no message of the studio's page.
    """
    name = content["event"]
    if name == "file":
        return _read_file(content, buffers, uploads)
    if name == "use_mask":
        if not buffers:
            raise ValueError(name)
        return events.UseMask(bytes(buffers[0]))
    return _READERS[name](content)


def _read_file(
    content: Mapping[str, Any], buffers: Sequence[Any], uploads: UploadBuffer
) -> events.Event | None:
    part, row = _text(content, "part"), _whole(content, "row", 0)
    if part not in PARTS_WITH_FILES:
        raise ValueError(part)
    data = uploads.add_part(dict(content), buffers)
    target = events.Target(part, row, choose=content.get("choose") is not False)
    return None if data is None else events.ReceiveFile(target, _text(content, "name"), data)


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _whole(content: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = content[name] if default is None else content.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(name)
    return value


def _number(content: Mapping[str, Any], name: str) -> float:
    number = as_float(content[name])
    if not math.isfinite(number):
        raise ValueError(name)
    return number


def _finite(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(value)
    if not abs(value) < math.inf:  # nor is NaN; a whole number may be too large for a float
        raise ValueError(value)
    return value


def _role(content: Mapping[str, Any]) -> Any:
    role = content["role"]
    if role not in ("photo", "painting"):
        raise ValueError(role)
    return role


def _crop(content: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    part = content.get("crop")
    if part is None:
        return None
    top, left, bottom, right = (min(max(_finite(edge), 0.0), 1.0) for edge in part)
    return top, left, bottom, right


def _axis(content: Mapping[str, Any], name: str) -> tuple[str, tuple[Any, ...]]:
    setting, values = content[name]
    if not isinstance(setting, str) or not isinstance(values, list):
        raise TypeError(name)
    return setting, tuple(values)


def _values(content: Mapping[str, Any], name: str = "values") -> Mapping[str, Any]:
    values = content[name]
    if not isinstance(values, dict):
        raise TypeError(name)
    return values


def _shares(content: Mapping[str, Any]) -> Mapping[str, float]:
    return {str(style): _finite(share) for style, share in _values(content, "shares").items()}


_READERS: Mapping[str, Callable[[Mapping[str, Any]], events.Event]] = {
    "press": lambda content: events.Press(_text(content, "action")),
    "choose": lambda content: events.ChoosePicture(_role(content), _text(content, "key")),
    "remove_picture": lambda content: events.RemovePicture(_role(content), _text(content, "key")),
    "edit_picture": lambda content: events.EditPicture(_role(content), _crop(content)),
    "add_row": lambda _: events.AddRow(),
    "remove_row": lambda content: events.RemoveRow(_whole(content, "row")),
    "choose_row_painting": lambda content: events.ChooseRowPainting(
        _whole(content, "row"), _text(content, "key")
    ),
    "share": lambda content: events.ChangeShare(_whole(content, "row"), _number(content, "share")),
    "place": lambda content: events.ChangePlace(_whole(content, "row"), _text(content, "place")),
    "settings": lambda content: events.ChangeSettings(_values(content)),
    "preset": lambda content: events.ChoosePreset(_text(content, "name")),
    "method": lambda content: events.ChooseMethod(METHODS[_text(content, "name")]),
    "network": lambda content: events.ChooseNetwork(_text(content, "key")),
    "mixture": lambda content: events.ChangeMixture(_shares(content), _number(content, "strength")),
    "refine": lambda _: events.Refine(),
    "draw_mask": lambda content: events.DrawMask(_whole(content, "row")),
    "cancel_mask": lambda _: events.CancelMask(),
    "show_run": lambda content: events.ShowRun(_whole(content, "run")),
    "show_frame": lambda content: events.ShowFrame(_whole(content, "frame")),
    "compare": lambda content: events.CompareWith(_text(content, "other")),
    "use_settings": lambda content: events.UseSettings(_whole(content, "run")),
    "delete_run": lambda content: events.DeleteRun(_whole(content, "run")),
    "more_steps": lambda content: events.ContinueRun(
        _whole(content, "run"), steps=_whole(content, "steps")
    ),
    "larger": lambda content: events.ContinueRun(
        _whole(content, "run"), size=_whole(content, "size")
    ),
    "grid": lambda content: events.StartGrid(_axis(content, "rows"), _axis(content, "columns")),
    "save": lambda content: events.SaveRun(_text(content, "name")),
    "copy_code": lambda _: events.CopyCode(),
    "export": lambda content: events.ExportRuns(
        _text(content, "kind"), to_browser=content.get("to_browser") is True
    ),
    "width": lambda content: events.ChangeWidth(_whole(content, "width")),
}
