import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from browser_message import send
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from stylelab.panels.studio.picture_chooser import PictureChooser
from stylelab.panels.studio.styles_panel import KEEP, MAX_PAINTINGS, StylesPanel

from stylelab.panels.studio import picture_chooser
from stylelab.pictures.masks import Mask


def half() -> Mask:
    mask = np.zeros((30, 45), np.float32)
    mask[:15] = 1
    return mask


def file_of(mask: Mask) -> bytes:
    buffer = BytesIO()
    Image.fromarray((255 * mask).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def changed() -> list[str]:
    return []


@pytest.fixture
def panel(changed: list[str]) -> StylesPanel:
    made = StylesPanel(PictureChooser("painting", "swirling_night"))
    made.on_change = lambda: changed.append(made.summary)
    return made


def ask(panel: StylesPanel, buffers: tuple[bytes, ...] = (), **content: Any) -> None:
    """What the browser sends."""
    send(panel, content, *buffers)


def names(panel: StylesPanel) -> list[str]:
    return [style_choice.painting.name for style_choice in panel.style_choices]


def test_it_starts_with_one_painting_everywhere_and_nothing_kept(panel: StylesPanel) -> None:
    (style_choice,) = panel.style_choices
    assert (style_choice.painting.key, style_choice.place, panel.keep_region) == (
        "swirling_night",
        None,
        None,
    )
    assert panel.summary == "one painting"
    assert panel.choices == []  # which would be sent for nothing


def test_an_added_painting_is_not_yet_in_use(panel: StylesPanel, changed: list[str]) -> None:
    ask(panel, add=True)
    ask(panel, add=True)
    assert len(set(names(panel))) == 3
    assert len({style_choice.share for style_choice in panel.style_choices}) == 1
    assert [row["name"] for row in panel.rows] == names(panel)
    assert panel.choices
    assert changed == ["2 paintings", "3 paintings"]
    ask(panel, row=1, painting="woodcut_waves")
    assert names(panel)[1] == "woodcut waves"


def test_the_number_of_paintings_is_limited(panel: StylesPanel) -> None:
    for _ in range(2 * MAX_PAINTINGS):
        ask(panel, add=True)
    assert len(panel.style_choices) == MAX_PAINTINGS


def test_paintings_except_the_first_can_be_removed(panel: StylesPanel) -> None:
    for _ in range(2):
        ask(panel, add=True)
    first, _, last = names(panel)
    ask(panel, row=1, remove=True)
    assert names(panel) == [first, last]
    ask(panel, row=0, remove=True)
    assert names(panel) == [first, last]
    ask(panel, row=2, remove=True)
    assert names(panel) == [first]
    assert panel.choices == []


def test_messages_reach_their_row_after_one_above_was_removed(panel: StylesPanel) -> None:
    for _ in range(3):
        ask(panel, add=True)
    _, second, third, fourth = names(panel)
    ask(panel, row=1, remove=True)
    ask(panel, (file_of(half()),), row=3, mask_file="sky.png")
    ask(panel, row=2, share=7)
    assert names(panel) == ["swirling night", third, fourth]
    assert [style_choice.share for style_choice in panel.style_choices] == [50, 7, 50]
    assert [bool(style_choice.place) for style_choice in panel.style_choices] == [
        False,
        False,
        True,
    ]
    assert [row["number"] for row in panel.rows] == [0, 2, 3]
    assert second not in names(panel)


def test_messages_for_a_removed_row_reach_no_other(panel: StylesPanel) -> None:
    for _ in range(2):
        ask(panel, add=True)
    ask(panel, row=1, remove=True)
    left = names(panel)
    drawn: list[int] = []
    panel.on_draw = drawn.append
    ask(panel, (file_of(half()),), row=1, mask_file="sky.png")
    ask(panel, (file_of(half()),), row=1, painting_file="wall.png")
    ask(panel, row=1, share=0)
    ask(panel, row=1, painting="woodcut_waves")
    assert names(panel) == left
    assert [style_choice.share for style_choice in panel.style_choices] == [50, 50]
    assert not any(style_choice.place for style_choice in panel.style_choices)
    assert list(panel.masks) == ["sky"]  # nothing is lost: it can be chosen
    assert "wall" in {choice.name for choice in panel.paintings.all}
    ask(panel, add=True)
    assert panel.rows[-1]["number"] == 3  # no other gets its number
    assert panel.style_choice(1) is None


def test_the_first_painting_follows_the_chooser(panel: StylesPanel) -> None:
    ask(panel, add=True)
    panel.paintings.chosen = "ink_hatching"
    assert panel.rows[0]["name"] == names(panel)[0] == "ink hatching"


def test_a_share_is_a_number_of_at_least_0(panel: StylesPanel) -> None:
    ask(panel, add=True)
    ask(panel, row=1, share=20)
    for is_error in (-1, float("nan"), float("inf"), "30", None):
        ask(panel, row=1, share=is_error)
    assert [style_choice.share for style_choice in panel.style_choices] == [50, 20]


def test_a_mask_from_a_file_applies_to_its_row(panel: StylesPanel) -> None:
    ask(panel, add=True)
    ask(panel, (file_of(half()),), row=1, mask_file="sky.png")
    place = panel.style_choices[1].place
    assert place is not None
    assert (place.name, place.region.code) == ("sky", 'sl.load_mask("sky.png")')
    np.testing.assert_array_equal(place.mask((30, 45, 3)), half())
    assert [bool(row["place"]) for row in panel.rows] == [False, True]
    assert panel.summary == "2 paintings, one mask"
    ask(panel, row=0, place=f"-{place.region.key}")
    assert panel.rows[0]["place"] == f"-{place.region.key}"
    other = panel.style_choices[0].place
    assert other is not None
    assert other.name == "all but sky"
    ask(panel, row=KEEP, place=place.region.key)
    assert panel.keep == place.region.key
    assert panel.summary == "2 paintings, 3 masks"
    for row in (0, 1, KEEP):
        ask(panel, row=row, place="")
    assert [style_choice.place for style_choice in panel.style_choices] == [None, None]
    assert panel.keep_region is None
    assert [region["name"] for region in panel.regions] == ["sky"]  # to be chosen again


@pytest.mark.parametrize(
    ("data", "part"),
    [(b"no picture", "none of these"), (file_of(0 * half()), "0 everywhere")],
    ids=["text", "empty"],
)
def test_an_invalid_mask_shows_a_message_until_something_is_chosen(
    panel: StylesPanel, changed: list[str], data: bytes, part: str
) -> None:
    ask(panel, (data,), row=0, mask_file="sky.png")
    assert panel.notice.startswith("Expected")
    assert part in panel.notice
    assert panel.style_choices[0].place is None
    assert changed == []
    ask(panel, (file_of(half()),), row=0, mask_file="sky.png")
    assert panel.notice == ""


def test_a_painting_from_a_file_can_be_chosen_for_any_row(panel: StylesPanel) -> None:
    ask(panel, add=True)
    ask(panel, (file_of(half()),), row=1, painting_file="my own.png")
    assert names(panel) == ["swirling night", "my own"]
    assert panel.paintings.chosen == "swirling_night"
    ask(panel, (b"nothing",), row=1, painting_file="notes.txt")
    assert "'notes.txt'" in panel.notice


def test_masks_of_equal_name_are_distinguished_and_equal_masks_merged(
    panel: StylesPanel,
) -> None:
    panel.add_mask("sky", half(), number=0)
    panel.add_mask("sky", half()[::-1] * 0.5, number=KEEP)
    assert list(panel.masks) == ["sky", "sky 2"]
    panel.add()
    panel.add_mask("ground", 1 - half(), number=1)
    place = panel.style_choices[1].place
    assert place is not None
    assert (place.region.name, place.inverted) == ("sky", True)
    panel.add_mask("again", half(), number=1)
    assert list(panel.masks) == ["sky", "sky 2"]


def test_an_unknown_mask_is_ignored(panel: StylesPanel, changed: list[str]) -> None:
    panel.add_mask("sky", half())
    for row in (0, KEEP):
        ask(panel, row=row, place="mask 9")
    assert (panel.keep, panel.rows[0]["place"], changed) == ("", "", [])


def test_drawing_is_requested_by_row(panel: StylesPanel) -> None:
    asked: list[int] = []
    panel.on_draw = asked.append
    ask(panel, row=0, draw=True)
    ask(panel, row=KEEP, draw=True)
    ask(panel, row=7, draw=True)
    assert asked == [0, KEEP]


def test_samples_are_prepared_in_advance(
    panel: StylesPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_chooser, "_SAMPLE_CACHE", {})
    monkeypatch.setattr(picture_chooser, "sample", lambda _: np.zeros((8, 8, 3), np.float32))
    ask(panel, add=True)
    ask(panel, row=1, painting="ink_hatching")
    assert not all(style_choice.painting.is_ready for style_choice in panel.style_choices)
    while panel.prepare_samples():
        pass
    assert all(style_choice.painting.is_ready for style_choice in panel.style_choices)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "add": st.booleans(),
                "row": st.integers(-3, 8) | st.none() | st.text(max_size=2),
                "remove": st.booleans(),
                "share": st.integers(-1, 100) | st.text(max_size=2),
                "place": st.sampled_from(["", "mask 1", "-mask 1", "mask 2", "nonsense"]),
                "painting": st.sampled_from(["woodcut_waves", "cat", ""]),
                "mask_file": st.just("a.png"),
                "painting_file": st.just("a.png"),
            },
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_any_messages_keep_the_lists_consistent(messages: list[Any], with_file: bool) -> None:
    panel = StylesPanel(PictureChooser("painting", "swirling_night"))
    for message in messages:
        ask(panel, (file_of(half()),) if with_file else (), **message)
        assert 1 <= len(panel.style_choices) <= MAX_PAINTINGS
        assert names(panel) == [row["name"] for row in panel.rows]
        known = {"", *(sign + region["key"] for region in panel.regions for sign in ("", "-"))}
        assert {panel.keep, *(row["place"] for row in panel.rows)} <= known
        json.dumps([panel.rows, panel.regions, panel.summary])  # a browser can show it
    send(panel, "nonsense")
