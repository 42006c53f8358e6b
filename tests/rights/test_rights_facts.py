"""Facts about a picture are lines of text, and every one says who told it."""

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


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_a_fact_is_one_line_that_hides_nothing(text: str) -> None:
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


def test_a_line_cannot_be_turned_around_or_ended() -> None:
    assert Rights(author="Ann\n\u202egnorw\0\u2028x").author == "Ann gnorw x"
    assert Rights(author=" \t\n").author is None


def test_long_facts_are_cut_and_say_so() -> None:
    author = Rights(author="a" * 1_000_000).author
    assert author is not None
    assert len(author) == MAX_FIELD_LENGTH
    assert author.endswith("…")


@pytest.mark.parametrize("wrong", [3, b"Ann", ["Ann"], {}])
def test_a_fact_that_is_no_text_is_refused(wrong: object) -> None:
    with pytest.raises(RightsError, match="author as text"):
        Rights(author=wrong)  # type: ignore[arg-type]


def test_what_is_missing_is_what_nobody_told() -> None:
    assert Rights().missing == ("author", "licence", "source")
    assert Rights(author="Ann", licence="CC0", source="a book").missing == ()
    # A licence that the table does not know says nothing about what may be done.
    assert Rights(author="Ann", licence="ours", source="a book").missing == ("licence",)


def test_rights_print_what_is_known_by_whom_and_that_the_rest_is_unknown() -> None:
    text = str(declare_rights({"author": "Ann"}, origin="EXIF"))
    assert text.splitlines() == [
        "title     unknown",
        "author    Ann  (EXIF)",
        "licence   unknown",
        "source    unknown",
    ]
    assert str(Rights(remarks=("odd",))).endswith("! odd")


def test_the_first_who_knows_is_believed_and_a_contradiction_is_remarked() -> None:
    both = merge_rights(
        [
            declare_rights({"author": "Ann", "licence": "CC BY 4.0"}, origin="beside"),
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
        "author": "beside",
        "licence": "beside",
        "source": "XMP",
    }
    assert both.remarks == (
        "XMP tells another licence: 'CC BY-ND 4.0'; beside was believed",
        "EXIF tells another author: 'Ben'; beside was believed",
    )


def test_the_same_licence_in_other_words_is_no_contradiction() -> None:
    address = "https://creativecommons.org/licenses/by/4.0/"
    told = [
        declare_rights({"licence": "CC BY 4.0"}, "EXIF"),
        declare_rights({"licence": address}, "XMP"),
    ]
    assert merge_rights(told).remarks == ()


def test_declared_rights_are_taken_as_such_or_by_their_names() -> None:
    rights = Rights(author="Ann")
    assert declare_rights(rights) is rights
    assert declare_rights({"author": "Ann"}) == rights
    assert rights.provenance == {"author": "declared"}
    for wrong in ({"artist": "Ann"}, ["Ann"], None):
        with pytest.raises(RightsError, match=", ".join(FIELD_NAMES)):
            declare_rights(wrong)  # type: ignore[arg-type]


def test_rights_are_values() -> None:
    assert hash(Rights(author="Ann")) == hash(Rights(author="Ann"))
    assert Rights(author="Ann") != Rights(author="Ben")
    with pytest.raises(AttributeError):
        Rights().author = "Ann"  # type: ignore[misc]
