import pytest

from stylelab.errors import SettingsError
from stylelab.panels import licence_mixer
from stylelab.panels.licence_mixer import CHOICES, NOT_STATED

# Photo, painting, network → may be kept, shown for free, sold: by hand from the licences' names.
COMBINED = {
    ("CC0 1.0", "CC0 1.0", "CC BY 4.0"): "yes yes yes",
    ("CC BY 4.0", "CC BY-NC 4.0", "CC BY 4.0"): "yes yes no",
    ("CC BY-SA 4.0", "CC BY-NC 4.0", "CC BY 4.0"): "yes no no",
    ("CC0 1.0", "CC BY-ND 4.0", "CC BY 4.0"): "yes no no",
    ("CC0 1.0", "CC BY-ND 3.0", "CC BY 4.0"): "no no no",
    ("CC0 1.0", NOT_STATED, "CC BY 4.0"): "unknown unknown unknown",
    ("own work", "all rights reserved", "MIT"): "no no no",
}
USES = ("keep it to yourself", "show it for free", "earn money with it")


def texts(control: object) -> list[str]:
    return [one.get_text() for one in control.drawing.figure.texts]  # type: ignore[attr-defined]


def answers(control: object) -> str:
    shown = texts(control)
    return " ".join(shown[shown.index(use) + 1].split()[1] for use in USES)


@pytest.mark.parametrize(("licences", "expected"), COMBINED.items())
def test_it_answers_for_every_use(licences: tuple[str, str, str], expected: str) -> None:
    assert answers(licence_mixer(*licences)) == expected


def test_choosing_another_licence_answers_again() -> None:
    control = licence_mixer("CC0 1.0", "CC0 1.0")
    assert answers(control) == "yes yes yes"
    control.widgets["painting"].value = "CC BY-NC-SA 4.0"
    assert answers(control) == "yes yes no"
    assert "CC BY-NC-SA 4.0" in control.drawing.alt
    shown = texts(control)
    assert shown[shown.index("its licence may be") + 2] == "CC BY-NC-SA 4.0"
    control.widgets["photo"].value = "CC BY-SA 4.0"
    assert "what you owe" not in texts(control)


def test_those_who_ask_for_a_credit_are_named_together() -> None:
    control = licence_mixer("CC BY 4.0", "CC0 1.0", "CC BY 4.0")
    assert any(text.startswith("photo, network: name its author") for text in texts(control))
    control.widgets["network"].value = "MIT"
    assert any(text.startswith("photo: name its author") for text in texts(control))
    assert any(text.startswith("network: keep its copyright notice") for text in texts(control))


def test_who_owes_nothing_is_told_so() -> None:
    assert "nothing: no licence asks for anything" in texts(
        licence_mixer("CC0 1.0", "own work", "CC0 1.0")
    )


def test_every_choice_is_drawn() -> None:
    control = licence_mixer()
    for name in CHOICES:
        control.widgets["painting"].value = name
        assert control.message.value == ""
        assert (name in control.drawing.alt) == (name != NOT_STATED)


def test_other_licences_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"Expected painting: .* Received: 'GPL'"):
        licence_mixer(painting="GPL")
