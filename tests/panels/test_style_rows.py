from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylelab.panels.studio.exported_file import mask_file
from stylelab.panels.studio.picture_choice import Choices, PictureChoice
from stylelab.panels.studio.style_rows import DEFAULT_SHARE, KEEP, MAX_PAINTINGS, StyleRows
from stylelab.pictures.masks import Mask

PAINTINGS = Choices.of_samples("painting", "swirling_night")


def half() -> Mask:
    mask = np.zeros((30, 45), np.float32)
    mask[:15] = 1
    return mask


def names(rows: StyleRows, paintings: Choices = PAINTINGS) -> list[str]:
    return [style_choice.painting.name for style_choice in rows.style_choices(paintings)]


def shares(rows: StyleRows) -> list[float]:
    return [style_choice.share for style_choice in rows.style_choices(PAINTINGS)]


def places(rows: StyleRows) -> list[str]:
    """Names of the regions of the rows, empty for everywhere."""
    chosen = rows.style_choices(PAINTINGS)
    return ["" if each.place is None else each.place.name for each in chosen]


def masks(rows: StyleRows) -> list[str]:
    return [region.name for region in rows.regions]


def with_paintings(number: int) -> StyleRows:
    rows = StyleRows()
    for _ in range(number - 1):
        rows = rows.add(PAINTINGS)
    return rows


def own_painting(name: str) -> PictureChoice:
    """A painting that the reader may remove."""
    picture = np.full((30, 45, 3), 0.5, np.float32)
    return PictureChoice(f"file {name}", name, name, b"1", picture, is_own=True)


def test_it_starts_with_one_painting_everywhere_and_nothing_kept() -> None:
    rows = StyleRows()
    (style_choice,) = rows.style_choices(PAINTINGS)
    assert style_choice.painting.key == "swirling_night"
    assert style_choice.place is None
    assert rows.region(rows.keep) is None
    assert rows.summary == "one painting"


def test_an_added_painting_is_not_yet_in_use() -> None:
    rows = with_paintings(3)
    assert len(set(names(rows))) == 3
    assert shares(rows) == [DEFAULT_SHARE] * 3
    assert rows.summary == "3 paintings"
    assert names(rows.choose(1, "woodcut_waves", PAINTINGS))[1] == "woodcut waves"
    assert names(StyleRows().add(PAINTINGS, "woodcut_waves", 20))[1] == "woodcut waves"
    assert shares(StyleRows().add(PAINTINGS, "woodcut_waves", 20)) == [50, 20]


def test_a_painting_that_is_none_of_the_choices_is_not_added() -> None:
    rows = StyleRows().add(PAINTINGS, "no such")
    assert rows.style_choices(PAINTINGS)[1].painting.key in {each.key for each in PAINTINGS.all}
    assert names(rows)[0] != names(rows)[1]


def test_every_method_leaves_the_rows_before_as_they_were() -> None:
    rows = with_paintings(2)
    before = names(rows), shares(rows), places(rows)
    rows.add(PAINTINGS).set_share(1, 7).remove(1)
    rows.add_mask("sky", half(), number=1).set_place(1, "")
    rows.choose(1, "woodcut_waves", PAINTINGS)
    assert (names(rows), shares(rows), places(rows)) == before
    assert rows.regions == ()


def test_the_number_of_paintings_is_limited() -> None:
    rows = with_paintings(2 * MAX_PAINTINGS)
    assert len(rows.rows) == MAX_PAINTINGS
    assert rows.add(PAINTINGS) is rows


def test_paintings_except_the_first_can_be_removed() -> None:
    rows = with_paintings(3)
    first, _, last = names(rows)
    rows = rows.remove(1)
    assert names(rows) == [first, last]
    assert rows.remove(0) is rows
    assert names(rows.remove(2)) == [first]


def test_changes_reach_their_row_after_one_above_was_removed() -> None:
    rows = with_paintings(4)
    _, second, third, fourth = names(rows)
    rows = rows.remove(1).add_mask("sky", half(), number=3).set_share(2, 7)
    assert names(rows) == ["swirling night", third, fourth]
    assert shares(rows) == [50, 7, 50]
    assert places(rows) == ["", "", "sky"]
    assert [row.number for row in rows.rows] == [0, 2, 3]
    assert second not in names(rows)


def test_changes_of_a_removed_row_reach_no_other() -> None:
    rows = with_paintings(3).remove(1)
    left = names(rows)
    rows = rows.add_mask("sky", half(), number=1).set_share(1, 0)
    rows = rows.choose(1, "woodcut_waves", PAINTINGS).set_place(1, "mask 1")
    assert names(rows) == left
    assert shares(rows) == [50, 50]
    assert places(rows) == ["", ""]
    assert masks(rows) == ["sky"]  # nothing is lost: it can be chosen
    more = rows.add(PAINTINGS).remove(3).add(PAINTINGS)
    assert [row.number for row in more.rows] == [0, 2, 4]  # no other gets the number of one removed
    assert rows.row(1) is None
    assert rows.place_of(1) == ""


def test_the_first_painting_is_the_chosen_one() -> None:
    rows = with_paintings(2)
    _, second = names(rows)
    assert names(rows, PAINTINGS.choose("ink_hatching")) == ["ink hatching", second]
    assert rows.choose(0, "ink_hatching", PAINTINGS) is rows
    assert rows.choose(1, "no such", PAINTINGS) is rows


def test_a_removed_painting_gives_way_to_the_chosen_one() -> None:
    paintings, key = PAINTINGS.add(own_painting("my own"))
    rows = with_paintings(3).choose(1, key, paintings)
    assert names(rows, paintings)[1] == "my own"
    paintings = paintings.remove(key)
    rows = rows.without_painting(key, paintings)
    assert names(rows, paintings)[:2] == ["swirling night"] * 2
    paintings = paintings.choose("ink_hatching")  # after that, only the first one follows
    assert names(rows, paintings)[:2] == ["ink hatching", "swirling night"]


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_share_is_a_number_of_at_least_0(wrong: float) -> None:
    rows = with_paintings(2).set_share(1, 20)
    assert rows.set_share(1, wrong) is rows
    assert shares(rows.set_share(0, 0)) == [0, 20]
    assert shares(rows) == [50, 20]


def test_a_new_painting_gets_a_fair_share() -> None:
    rows = with_paintings(2).set_share(0, 30).set_share(1, 10)
    assert shares(rows.add(PAINTINGS)) == [30, 10, 20]
    without = rows.set_share(0, 0).set_share(1, 0)
    assert shares(without.add(PAINTINGS)) == [0, 0, DEFAULT_SHARE]


def test_a_mask_is_chosen_for_its_row_and_inverted_for_another() -> None:
    file = mask_file("sky", half())
    rows = with_paintings(2).add_mask("sky", half(), file.code, number=1, file=file)
    (region,) = rows.regions
    assert (region.name, region.code, region.file) == ("sky", file.code, file)
    place = rows.style_choices(PAINTINGS)[1].place
    assert place is not None
    np.testing.assert_array_equal(place.mask((30, 45, 3)), half())
    assert places(rows) == ["", "sky"]
    assert rows.summary == "2 paintings, one mask"
    rows = rows.set_place(0, f"-{region.key}")
    other = rows.style_choices(PAINTINGS)[0].place
    assert other is not None
    assert other.name == "all but sky"
    np.testing.assert_array_equal(other.mask((30, 45, 3)), 1 - half())
    rows = rows.set_place(KEEP, region.key)
    assert rows.keep == rows.place_of(KEEP) == region.key
    assert rows.place_of(0) == f"-{region.key}"
    assert rows.summary == "2 paintings, 3 masks"
    for number in (0, 1, KEEP):
        rows = rows.set_place(number, "")
    assert places(rows) == ["", ""]
    assert rows.keep == ""
    assert masks(rows) == ["sky"]  # to be chosen again


def test_a_mask_without_a_row_is_chosen_for_none() -> None:
    rows = StyleRows().add_mask("sky", half())
    assert (rows.keep, places(rows), masks(rows)) == ("", [""], ["sky"])


def test_masks_of_equal_name_are_distinguished_and_equal_masks_merged() -> None:
    rows = StyleRows().add_mask("sky", half(), number=0)
    rows = rows.add_mask("sky", half()[::-1] * 0.5, number=KEEP)
    assert masks(rows) == ["sky", "sky 2"]
    assert len({region.key for region in rows.regions}) == 2
    rows = rows.add(PAINTINGS).add_mask("ground", 1 - half(), number=1)
    assert places(rows) == ["sky", "all but sky"]
    rows = rows.add_mask("again", half(), number=1)
    assert places(rows) == ["sky", "sky"]
    assert masks(rows) == ["sky", "sky 2"]


def test_an_unknown_mask_is_ignored() -> None:
    rows = StyleRows().add_mask("sky", half())
    for number in (0, KEEP):
        assert rows.set_place(number, "mask 9") is rows


NUMBERS = st.integers(-3, 8)
CHANGES = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(["", "woodcut_waves", "cat"])),
    st.tuples(st.just("remove"), NUMBERS),
    st.tuples(st.just("choose"), NUMBERS, st.sampled_from(["woodcut_waves", "cat", ""])),
    st.tuples(st.just("set_share"), NUMBERS, st.floats()),
    st.tuples(
        st.just("set_place"), NUMBERS, st.sampled_from(["", "mask 1", "-mask 1", "mask 2", "no"])
    ),
    st.tuples(st.just("add_mask"), NUMBERS | st.none(), st.integers(0, 30)),
)


def change(rows: StyleRows, method: str, *values: Any) -> StyleRows:
    if method == "add":
        return rows.add(PAINTINGS, *values)
    if method == "choose":
        number, painting = values
        return rows.choose(number, painting, PAINTINGS)
    if method == "add_mask":
        number, height = values
        mask = np.ones((30, 45), np.float32)
        mask[:height] = 0.5
        return rows.add_mask("drawn", mask, number=number)
    return getattr(rows, method)(*values)  # type: ignore[no-any-return]


@given(st.lists(CHANGES, max_size=20))
def test_any_changes_keep_rows_and_masks_consistent(changes: list[tuple[Any, ...]]) -> None:
    rows, used = StyleRows(), {0}
    for each in changes:
        before = {row.number for row in rows.rows}
        rows = change(rows, *each)
        numbers = [row.number for row in rows.rows]
        assert not (set(numbers) - before) & used  # none is used again
        used |= set(numbers)
        assert numbers[0] == 0
        assert 1 <= len(numbers) == len(set(numbers)) <= MAX_PAINTINGS
        assert all(0 <= share < np.inf for share in shares(rows))
        assert len(set(masks(rows))) == len(rows.regions)
        known = {"", *(sign + region.key for region in rows.regions for sign in ("", "-"))}
        assert {rows.keep, *(row.place for row in rows.rows)} <= known
        assert all(PAINTINGS.find(row.painting) for row in rows.rows[1:])
