"""The credit line names every picture, and says what is unknown."""

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


def test_unknown_facts_are_called_unknown() -> None:
    line = credit_line([Rights()])
    assert "an untitled picture by an unknown author (source unknown), licence unknown" in line
    line = credit_line([Rights(title="Pier", licence="house terms")])
    assert "licence 'house terms', not in the table" in line


def test_the_credit_that_the_owner_asks_for_is_used() -> None:
    line = credit_line([Rights(title="Pier", author="Ann", credit="Photo: Ann / Agency")])
    assert "“Pier”: Photo: Ann / Agency (source unknown)" in line
    assert "by Ann" not in line


def test_a_credit_line_without_pictures() -> None:
    assert credit_line([]) == "Made with stylelab (neural style transfer)."
    assert credit_line([], made_with="a brush") == "Made with a brush."


def test_urls_of_licences_can_be_left_out() -> None:
    line = credit_line([PHOTO], links=False)
    assert "creativecommons.org" not in line
    assert "(https://example.org/1), CC BY 4.0." in line
