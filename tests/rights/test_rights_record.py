"""Rights are lines of text, each with its origin."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylelab.errors import RightsError
from stylelab.rights.record import (
    FIELD_NAMES,
    MAX_FIELD_LENGTH,
    Rights,
    declare_rights,
    merge_rights,
)


@settings(max_examples=3 * settings().max_examples)
@given(st.text())
def test_a_field_is_one_line_without_control_characters(text: str) -> None:
    author = Rights(author=text).author
    if author is None:
        return
    assert author == author.strip()
    assert len(author) <= MAX_FIELD_LENGTH
    hidden = [letter for letter in author if unicodedata.category(letter).startswith("C")]
    assert set(hidden) <= {"\u200c", "\u200d"}
    assert Rights(author=author).author == author


@pytest.mark.parametrize("text", ["Ann O’Hara", "絵描き", "José «Pepe» & <Sons>", "क्‍ष", "A. 🎨"])
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert Rights(author=text).author == text


def test_control_characters_are_removed() -> None:
    assert Rights(author="Ann\n\u202egnorw\0\u2028x").author == "Ann gnorw x"
    assert Rights(author=" \t\n").author is None


def test_long_fields_are_cut_and_end_with_an_ellipsis() -> None:
    author = Rights(author="a" * 1_000_000).author
    assert author is not None
    assert len(author) == MAX_FIELD_LENGTH
    assert author.endswith("…")


@pytest.mark.parametrize("wrong", [3, b"Ann", ["Ann"], {}])
def test_a_field_that_is_not_text_is_refused(wrong: object) -> None:
    with pytest.raises(RightsError, match="author as text"):
        Rights(author=wrong)  # type: ignore[arg-type]


def test_missing_names_the_unknown_fields() -> None:
    assert Rights().missing == ("author", "licence", "source")
    assert Rights(author="Ann", licence="CC0", source="a book").missing == ()
    # A licence that is not in the table counts as unknown.
    assert Rights(author="Ann", licence="ours", source="a book").missing == ("licence",)


def test_rights_print_known_fields_with_their_origin_and_the_rest_as_unknown() -> None:
    text = str(declare_rights({"author": "Ann"}, origin="EXIF"))
    assert text.splitlines() == [
        "title     unknown",
        "author    Ann  (EXIF)",
        "licence   unknown",
        "source    unknown",
    ]
    assert str(Rights(remarks=("odd",))).endswith("! odd")


def test_the_first_record_takes_precedence_and_contradictions_become_remarks() -> None:
    both = merge_rights(
        [
            declare_rights({"author": "Ann", "licence": "CC BY 4.0"}, origin="sidecar"),
            declare_rights(
                {"author": "ann", "licence": "CC BY-ND 4.0", "source": "here"}, origin="XMP"
            ),
            declare_rights({"author": "Ben", "title": "Pier"}, origin="EXIF"),
        ]
    )
    assert both.facts() == {
        "title": "Pier",
        "author": "Ann",
        "licence": "CC BY 4.0",
        "source": "here",
    }
    assert dict(both.provenance) == {
        "title": "EXIF",
        "author": "sidecar",
        "licence": "sidecar",
        "source": "XMP",
    }
    assert both.remarks == (
        "XMP states a different licence: 'CC BY-ND 4.0'; sidecar takes precedence",
        "EXIF states a different author: 'Ben'; sidecar takes precedence",
    )


def test_the_same_licence_in_other_words_is_not_a_contradiction() -> None:
    address = "https://creativecommons.org/licenses/by/4.0/"
    records = [
        declare_rights({"licence": "CC BY 4.0"}, "EXIF"),
        declare_rights({"licence": address}, "XMP"),
    ]
    assert merge_rights(records).remarks == ()


def test_rights_are_declared_as_rights_or_as_a_mapping() -> None:
    rights = Rights(author="Ann")
    assert declare_rights(rights) is rights
    assert declare_rights({"author": "Ann"}) == rights
    assert rights.provenance == {"author": "declared"}
    for wrong in ({"artist": "Ann"}, ["Ann"], None):
        with pytest.raises(RightsError, match=", ".join(FIELD_NAMES)):
            declare_rights(wrong)  # type: ignore[arg-type]


def test_rights_are_hashable_value_objects() -> None:
    assert hash(Rights(author="Ann")) == hash(Rights(author="Ann"))
    assert Rights(author="Ann") != Rights(author="Ben")
    with pytest.raises(AttributeError):
        Rights().author = "Ann"  # type: ignore[misc]
