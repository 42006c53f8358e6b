import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from browser_message import send
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylelab.panels.studio import picture_chooser
from stylelab.panels.studio.picture_chooser import PictureChooser
from stylelab.panels.studio.styles_panel import KEEP, MAX_PAINTINGS, StylesPanel
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
def places(changed: list[str]) -> StylesPanel:
    made = StylesPanel(PictureChooser("painting", "swirling_night"))
    made.on_change = lambda: changed.append(made.summary)
    return made


def ask(places: StylesPanel, buffers: tuple[bytes, ...] = (), **content: Any) -> None:
    """What the browser sends."""
    send(places, content, *buffers)


def names(places: StylesPanel) -> list[str]:
    return [style_choice.painting.name for style_choice in places.style_choices]


def test_it_starts_with_one_painting_everywhere_and_nothing_kept(places: StylesPanel) -> None:
    (style_choice,) = places.style_choices
    assert (style_choice.painting.key, style_choice.place, places.keep_region) == (
        "swirling_night",
        None,
        None,
    )
    assert places.summary == "one painting"
    assert places.choices == []  # which would be sent for nothing


def test_an_added_painting_is_not_yet_in_use(places: StylesPanel, changed: list[str]) -> None:
    ask(places, add=True)
    ask(places, add=True)
    assert len(set(names(places))) == 3
    assert len({style_choice.share for style_choice in places.style_choices}) == 1
    assert [row["name"] for row in places.rows] == names(places)
    assert places.choices
    assert changed == ["2 paintings", "3 paintings"]
    ask(places, row=1, painting="woodcut_waves")
    assert names(places)[1] == "woodcut waves"


def test_the_number_of_paintings_is_limited(places: StylesPanel) -> None:
    for _ in range(2 * MAX_PAINTINGS):
        ask(places, add=True)
    assert len(places.style_choices) == MAX_PAINTINGS


def test_paintings_except_the_first_can_be_removed(places: StylesPanel) -> None:
    for _ in range(2):
        ask(places, add=True)
    first, _, last = names(places)
    ask(places, row=1, remove=True)
    assert names(places) == [first, last]
    ask(places, row=0, remove=True)
    assert names(places) == [first, last]
    ask(places, row=2, remove=True)
    assert names(places) == [first]
    assert places.choices == []


def test_messages_reach_their_row_after_one_above_was_removed(places: StylesPanel) -> None:
    for _ in range(3):
        ask(places, add=True)
    _, second, third, fourth = names(places)
    ask(places, row=1, remove=True)
    ask(places, (file_of(half()),), row=3, mask_file="sky.png")
    ask(places, row=2, share=7)
    assert names(places) == ["swirling night", third, fourth]
    assert [style_choice.share for style_choice in places.style_choices] == [50, 7, 50]
    assert [bool(style_choice.place) for style_choice in places.style_choices] == [
        False,
        False,
        True,
    ]
    assert [row["number"] for row in places.rows] == [0, 2, 3]
    assert second not in names(places)


def test_messages_for_a_removed_row_reach_no_other(places: StylesPanel) -> None:
    for _ in range(2):
        ask(places, add=True)
    ask(places, row=1, remove=True)
    left = names(places)
    drawn: list[int] = []
    places.on_draw = drawn.append
    ask(places, (file_of(half()),), row=1, mask_file="sky.png")
    ask(places, (file_of(half()),), row=1, painting_file="wall.png")
    ask(places, row=1, share=0)
    ask(places, row=1, painting="woodcut_waves")
    assert names(places) == left
    assert [style_choice.share for style_choice in places.style_choices] == [50, 50]
    assert not any(style_choice.place for style_choice in places.style_choices)
    assert list(places.masks) == ["sky"]  # nothing is lost: it can be chosen
    assert "wall" in {choice.name for choice in places.paintings.all}
    ask(places, add=True)
    assert places.rows[-1]["number"] == 3  # no other gets its number
    assert places.style_choice(1) is None


def test_the_first_painting_follows_the_chooser(places: StylesPanel) -> None:
    ask(places, add=True)
    places.paintings.chosen = "ink_hatching"
    assert places.rows[0]["name"] == names(places)[0] == "ink hatching"


def test_a_share_is_a_number_of_at_least_0(places: StylesPanel) -> None:
    ask(places, add=True)
    ask(places, row=1, share=20)
    for is_error in (-1, float("nan"), float("inf"), "30", None):
        ask(places, row=1, share=is_error)
    assert [style_choice.share for style_choice in places.style_choices] == [50, 20]


def test_a_mask_from_a_file_applies_to_its_row(places: StylesPanel) -> None:
    ask(places, add=True)
    ask(places, (file_of(half()),), row=1, mask_file="sky.png")
    place = places.style_choices[1].place
    assert place is not None
    assert (place.name, place.region.code) == ("sky", 'sl.load_mask("sky.png")')
    np.testing.assert_array_equal(place.mask((30, 45, 3)), half())
    assert [bool(row["place"]) for row in places.rows] == [False, True]
    assert places.summary == "2 paintings, one mask"
    ask(places, row=0, place=f"-{place.region.key}")
    assert places.rows[0]["place"] == f"-{place.region.key}"
    other = places.style_choices[0].place
    assert other is not None
    assert other.name == "all but sky"
    ask(places, row=KEEP, place=place.region.key)
    assert places.keep == place.region.key
    assert places.summary == "2 paintings, 3 masks"
    for row in (0, 1, KEEP):
        ask(places, row=row, place="")
    assert [style_choice.place for style_choice in places.style_choices] == [None, None]
    assert places.keep_region is None
    assert [region["name"] for region in places.regions] == ["sky"]  # to be chosen again


@pytest.mark.parametrize(
    ("data", "part"),
    [(b"no picture", "none of these"), (file_of(0 * half()), "0 everywhere")],
    ids=["text", "empty"],
)
def test_an_invalid_mask_shows_a_message_until_something_is_chosen(
    places: StylesPanel, changed: list[str], data: bytes, part: str
) -> None:
    ask(places, (data,), row=0, mask_file="sky.png")
    assert places.notice.startswith("Expected")
    assert part in places.notice
    assert places.style_choices[0].place is None
    assert changed == []
    ask(places, (file_of(half()),), row=0, mask_file="sky.png")
    assert places.notice == ""


def test_a_painting_from_a_file_can_be_chosen_for_any_row(places: StylesPanel) -> None:
    ask(places, add=True)
    ask(places, (file_of(half()),), row=1, painting_file="my own.png")
    assert names(places) == ["swirling night", "my own"]
    assert places.paintings.chosen == "swirling_night"
    ask(places, (b"nothing",), row=1, painting_file="notes.txt")
    assert "'notes.txt'" in places.notice


def test_masks_of_equal_name_are_distinguished_and_equal_masks_merged(
    places: StylesPanel,
) -> None:
    places.add_mask("sky", half(), number=0)
    places.add_mask("sky", half()[::-1] * 0.5, number=KEEP)
    assert list(places.masks) == ["sky", "sky 2"]
    places.add()
    places.add_mask("ground", 1 - half(), number=1)
    place = places.style_choices[1].place
    assert place is not None
    assert (place.region.name, place.inverted) == ("sky", True)
    places.add_mask("again", half(), number=1)
    assert list(places.masks) == ["sky", "sky 2"]


def test_an_unknown_mask_is_ignored(places: StylesPanel, changed: list[str]) -> None:
    places.add_mask("sky", half())
    for row in (0, KEEP):
        ask(places, row=row, place="mask 9")
    assert (places.keep, places.rows[0]["place"], changed) == ("", "", [])


def test_drawing_is_requested_by_row(places: StylesPanel) -> None:
    asked: list[int] = []
    places.on_draw = asked.append
    ask(places, row=0, draw=True)
    ask(places, row=KEEP, draw=True)
    ask(places, row=7, draw=True)
    assert asked == [0, KEEP]


def test_samples_are_prepared_in_advance(
    places: StylesPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_chooser, "_SAMPLE_CACHE", {})
    monkeypatch.setattr(picture_chooser, "sample", lambda _: np.zeros((8, 8, 3), np.float32))
    ask(places, add=True)
    ask(places, row=1, painting="ink_hatching")
    assert not all(style_choice.painting.is_ready for style_choice in places.style_choices)
    while places.prepare_samples():
        pass
    assert all(style_choice.painting.is_ready for style_choice in places.style_choices)


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
    places = StylesPanel(PictureChooser("painting", "swirling_night"))
    for message in messages:
        ask(places, (file_of(half()),) if with_file else (), **message)
        assert 1 <= len(places.style_choices) <= MAX_PAINTINGS
        assert names(places) == [row["name"] for row in places.rows]
        known = {"", *(sign + region["key"] for region in places.regions for sign in ("", "-"))}
        assert {places.keep, *(row["place"] for row in places.rows)} <= known
        json.dumps([places.rows, places.regions, places.summary])  # a browser can show it
    send(places, "nonsense")
