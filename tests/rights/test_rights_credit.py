"""The line under the picture names everybody, and says what is not known."""

from stylelab.rights.credit import credit_line
from stylelab.rights.record import Rights

PHOTO = Rights(title="Pier", author="Ann", licence="CC BY 4.0", source="https://example.org/1")
PAINTING = Rights(title="Night", author="Ben", licence="public domain", source="a museum")


def test_title_author_source_and_licence_of_each_are_named() -> None:
    assert credit_line({"photo": PHOTO, "painting": PAINTING}, creator="Cleo") == (
        "Made by Cleo with stylelab (neural style transfer), from "
        "“Pier” by Ann (https://example.org/1), CC BY 4.0 "
        "(https://creativecommons.org/licenses/by/4.0/); "
        "“Night” by Ben (a museum), public domain. All were changed."
    )


def test_what_is_not_known_is_said() -> None:
    line = credit_line([Rights()])
    assert "an untitled picture by an unknown author (source unknown), licence unknown" in line
    line = credit_line([Rights(title="Pier", licence="house terms")])
    assert "licence 'house terms', not in the table" in line


def test_an_owner_who_says_how_to_be_credited_is_credited_so() -> None:
    line = credit_line([Rights(title="Pier", author="Ann", credit="Photo: Ann / Agency")])
    assert "“Pier”: Photo: Ann / Agency (source unknown)" in line
    assert "by Ann" not in line


def test_a_line_without_pictures_is_still_a_line() -> None:
    assert credit_line([]) == "Made with stylelab (neural style transfer)."
    assert credit_line([], made_with="a brush") == "Made with a brush."


def test_addresses_of_licences_are_left_out_only_when_asked() -> None:
    line = credit_line([PHOTO], links=False)
    assert "creativecommons.org" not in line
    assert "(https://example.org/1), CC BY 4.0." in line
