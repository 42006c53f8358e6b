from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.panels.studio import events
from stylelab.panels.studio.browser_events import PARTS_WITH_FILES, read_event
from stylelab.panels.studio.uploads import UploadBuffer

MESSAGES: list[tuple[dict[str, Any], events.Event]] = [
    ({"event": "press", "action": "pause"}, events.Press("pause")),
    ({"event": "choose", "role": "photo", "key": "cat"}, events.ChoosePicture("photo", "cat")),
    (
        {"event": "remove_picture", "role": "painting", "key": "file a.png"},
        events.RemovePicture("painting", "file a.png"),
    ),
    ({"event": "edit_picture", "role": "photo"}, events.EditPicture("photo")),
    ({"event": "edit_picture", "role": "photo", "crop": None}, events.EditPicture("photo")),
    (
        {"event": "edit_picture", "role": "painting", "crop": [0, 0.25, 1, 0.75]},
        events.EditPicture("painting", (0.0, 0.25, 1.0, 0.75)),
    ),
    (  # drawn beyond the picture's edge
        {"event": "edit_picture", "role": "photo", "crop": [-0.5, 0, 1.5, 1e300]},
        events.EditPicture("photo", (0.0, 0.0, 1.0, 1.0)),
    ),
    ({"event": "remove_row", "row": 2}, events.RemoveRow(2)),
    ({"event": "choose_row_painting", "row": 1, "key": "a"}, events.ChooseRowPainting(1, "a")),
    ({"event": "share", "row": 0, "share": 12.5}, events.ChangeShare(0, 12.5)),
    ({"event": "place", "row": -1, "place": "-mask 1"}, events.ChangePlace(-1, "-mask 1")),
    ({"event": "preset", "name": "balance"}, events.ChoosePreset("balance")),
    ({"event": "draw_mask", "row": -1}, events.DrawMask(-1)),
    ({"event": "cancel_mask"}, events.CancelMask()),
    ({"event": "show_run", "run": 0}, events.ShowRun(0)),
    ({"event": "show_frame", "frame": -1}, events.ShowFrame(-1)),
    ({"event": "compare", "other": "photo"}, events.CompareWith("photo")),
    ({"event": "use_settings", "run": 3}, events.UseSettings(3)),
    ({"event": "delete_run", "run": 3}, events.DeleteRun(3)),
    ({"event": "more_steps", "run": 3, "steps": 50}, events.ContinueRun(3, steps=50)),
    ({"event": "larger", "run": 3, "size": 512}, events.ContinueRun(3, size=512)),
    ({"event": "save", "name": "a.png"}, events.SaveRun("a.png")),
    ({"event": "copy_code"}, events.CopyCode()),
    ({"event": "export", "kind": "zip"}, events.ExportRuns("zip", to_browser=False)),
    (
        {"event": "export", "kind": "film", "to_browser": True},
        events.ExportRuns("film", to_browser=True),
    ),
    ({"event": "method", "name": "one pass"}, events.ChooseMethod(one_pass=True)),
    ({"event": "method", "name": "optimize"}, events.ChooseMethod(one_pass=False)),
    ({"event": "network", "key": "seven_styles"}, events.ChooseNetwork("seven_styles")),
    ({"event": "refine"}, events.Refine()),
    ({"event": "width", "width": 640}, events.ChangeWidth(640)),
]
"""Messages of the page, and what they mean; those below have events that do not compare."""


def read(content: Any, *buffers: bytes) -> events.Event | None:
    return read_event(content, [memoryview(each) for each in buffers], UploadBuffer())


@pytest.mark.parametrize(("content", "event"), MESSAGES, ids=lambda each: str(each)[:60])
def test_each_message_becomes_its_event(content: Any, event: events.Event) -> None:
    assert read(content) == event
    # Of which page it is, and its number there, is not the event's business.
    assert read(content | {"view": "a", "number": 3, "more": [None]}) == event


def test_changed_settings_are_passed_on_as_they_are() -> None:
    values = {"style_weight": 30, "style_layers": {"block1_conv1": 1}}
    event = read({"event": "settings", "values": values})
    assert isinstance(event, events.ChangeSettings)
    assert event.values == values


def test_a_mixture_has_shares_and_a_strength() -> None:
    event = read({"event": "mixture", "shares": {"night": 50, "glass": 0}, "strength": 0.5})
    assert isinstance(event, events.ChangeMixture)
    assert (event.shares, event.strength) == ({"night": 50, "glass": 0}, 0.5)


def test_another_painting_is_one_that_is_not_used_yet() -> None:
    event = read({"event": "add_row"})
    assert isinstance(event, events.AddRow)
    assert (event.painting, event.share) == ("", None)


def test_a_grid_has_two_settings_with_their_values() -> None:
    event = read({"event": "grid", "rows": ["seed", [1, 2]], "columns": ["painting", ["a"]]})
    assert isinstance(event, events.StartGrid)
    assert (event.rows, event.columns) == (("seed", (1, 2)), ("painting", ("a",)))


def test_a_drawn_mask_is_its_bytes() -> None:
    event = read({"event": "use_mask"}, b"\0\xff")
    assert isinstance(event, events.UseMask)
    assert event.values == b"\0\xff"


@pytest.mark.parametrize("part", PARTS_WITH_FILES)
def test_a_file_is_for_a_part_and_a_row(part: str) -> None:
    for row in (None, 2):
        content = {"event": "file", "part": part, "name": "a.png"}
        event = read(content if row is None else content | {"row": row}, b"data")
        assert isinstance(event, events.ReceiveFile)
        assert event.target == events.Target(part, row or 0)
        assert (event.name, event.data) == ("a.png", b"data")


@given(st.binary(min_size=1, max_size=40), st.integers(1, 20))
def test_a_file_in_parts_is_one_event(data: bytes, size: int) -> None:
    uploads = UploadBuffer()
    content = {
        "event": "file",
        "part": "photo",
        "name": "a.png",
        "upload": {"id": "1", "size": len(data)},
    }
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    *before, event = [read_event(content, [memoryview(part)], uploads) for part in parts]
    assert before == [None] * (len(parts) - 1)
    assert isinstance(event, events.ReceiveFile)
    assert event.data == data


# Messages that no page of ours sends

REFUSED = (KeyError, TypeError, ValueError)

SAMPLES: list[tuple[dict[str, Any], Sequence[bytes]]] = [
    *((content, ()) for content, _ in MESSAGES),
    ({"event": "settings", "values": {"seed": 1}}, ()),
    ({"event": "grid", "rows": ["seed", [1]], "columns": ["size", [64]]}, ()),
    ({"event": "mixture", "shares": {"night": 50}, "strength": 1}, ()),
    ({"event": "use_mask"}, (b"1",)),
    ({"event": "file", "part": "mask", "row": 1, "name": "a.png"}, (b"data",)),
]

OPTIONAL = {"crop", "to_browser"}
ROW_OF_FILE = ("file", "row")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: str(each[0])[:60])
def test_a_message_without_one_of_its_values_is_refused(sample: Any) -> None:
    content, buffers = sample
    for name in set(content) - OPTIONAL:
        if (content["event"], name) != ROW_OF_FILE:
            left = {key: value for key, value in content.items() if key != name}
            with pytest.raises(REFUSED):
                read(left, *buffers)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: str(each[0])[:60])
@pytest.mark.parametrize(
    "wrong", [True, [], {}, [1, [2]], float("nan"), float("inf"), b"1"], ids=repr
)
def test_a_value_of_another_type_is_refused(sample: Any, wrong: Any) -> None:
    content, buffers = sample
    for name, value in content.items():
        if name == "to_browser" or (isinstance(value, dict) and isinstance(wrong, dict)):
            continue  # anything but True means no; the values of settings are looked at later
        with pytest.raises(REFUSED):
            read(content | {name: wrong}, *buffers)


def test_a_share_that_no_float_can_hold_is_refused() -> None:
    with pytest.raises(REFUSED):
        read({"event": "share", "row": 1, "share": 10**400})


@pytest.mark.parametrize(
    "crop",
    [
        [], [0, 1], [0, 0, 1, 1, 1], [0, 0, 1, None], ["0", "0", "1", "1"], [0, 0, 1, True],
        [float("nan"), 0, 1, 1], [0, 0, float("inf"), 1], "0011", 4, {"top": 0},
    ],
    ids=repr,
)  # fmt: skip
def test_a_part_of_a_picture_has_four_numbers(crop: Any) -> None:
    with pytest.raises(REFUSED):
        read({"event": "edit_picture", "role": "photo", "crop": crop})


@pytest.mark.parametrize("number", [10**400, -(10**400)])
def test_numbers_of_any_length_are_no_obstacle(number: int) -> None:
    event = read({"event": "show_run", "run": number})
    assert event == events.ShowRun(number)
    crop = read({"event": "edit_picture", "role": "photo", "crop": [number, 0, 1, 1]})
    assert crop == events.EditPicture("photo", (float(number > 0), 0.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "content",
    [
        {"event": "file", "part": "cellar", "name": "a.png"},
        {"event": "choose", "role": "frame", "key": "cat"},
        {"event": "eval", "code": "1"},
        {},
    ],
    ids=repr,
)
def test_names_that_the_studio_does_not_know_are_refused(content: Any) -> None:
    with pytest.raises(REFUSED):
        read(content, b"data")


def test_no_file_and_no_mask_come_without_bytes() -> None:
    assert read({"event": "file", "part": "photo", "name": "a.png"}) is None
    with pytest.raises(REFUSED):
        read({"event": "use_mask"})


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, "photo", "painting", "mask", "", "a.png"])
    | st.floats()
    | st.text(st.characters(codec=None), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = sorted({name for content, _ in SAMPLES for name in content} | {"upload", "id", "size"})
EVENTS = st.sampled_from([content["event"] for content, _ in SAMPLES]) | ANYTHING


@given(
    EVENTS,
    st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4),
    st.lists(st.binary(max_size=4), max_size=2),
)
def test_any_other_message_is_refused_or_an_event(
    name: Any, values: dict[str, Any], buffers: list[bytes]
) -> None:
    try:
        event = read(values | {"event": name}, *buffers)
    except REFUSED:
        return
    assert event is None or isinstance(event, events.Event)


@given(st.sampled_from(SAMPLES), st.sampled_from(NAMES), ANYTHING)
def test_any_other_value_is_refused_or_an_event(sample: Any, name: str, value: Any) -> None:
    content, buffers = sample
    try:
        event = read(content | {name: value}, *buffers)
    except REFUSED:
        return
    assert event is None or isinstance(event, events.Event)
