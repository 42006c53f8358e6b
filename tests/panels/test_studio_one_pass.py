"""The studio's painting in one pass: what is painted, refined, saved and exported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import stylelab as sl
from stylelab.errors import NetworkFileError
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.panels import studio as open_studio
from stylelab.panels.studio import events, reports
from stylelab.panels.studio.events import ChangeMixture, Target
from stylelab.panels.studio.handle import handle
from stylelab.panels.studio.one_pass import (
    NetworkChoice,
    OnePass,
    network_from_file,
    network_from_source,
)
from stylelab.panels.studio.picture_choice import Choices, PictureChoice
from stylelab.panels.studio.run_state import State
from stylelab.panels.studio.status import status
from stylelab.panels.studio.studio import Studio
from stylelab.panels.studio.studio_state import StudioState
from stylelab.panels.studio.tasks import LoadFile, PaintPhoto
from stylelab.pictures.images import load_image
from stylelab.pictures.saving import read_settings
from stylelab.pipeline.settings import Settings
from stylelab.rights.record import Rights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STYLES = ("night", "glass")
AUTHOR = Rights(author="A. Painter", licence="CC0 1.0", source="https://example.org/night")


@pytest.fixture(scope="module")
def network() -> PaintingNetwork:
    plain = PaintingNetwork(STYLES, width=1, blocks=0)
    return plain.with_info(style_rights={"night": AUTHOR})


@pytest.fixture
def state(network: PaintingNetwork) -> StudioState:
    """One pass is chosen, and the first picture is painted."""
    photos = Choices("photo", (choice("cat"), choice("rocket")), "cat")
    paintings = Choices("painting", (choice("waves"), choice("night"), choice("glass")), "waves")
    first = StudioState.first(photos, paintings, Settings(size=32, steps=4))
    known = NetworkChoice("both", "both", '"both"', network)
    first = replace(first, one_pass=OnePass((known,), "both"))
    return painted(handle(first, events.ChooseMethod(one_pass=True)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def studio() -> Iterator[Studio]:
    studio = Studio("cat", "woodcut_waves", Settings(size=32, steps=2))
    yield studio
    studio.close()


def choice(name: str) -> PictureChoice:
    picture = np.random.default_rng(len(name)).random((24, 32, 3), np.float32)
    rights = Rights(author=f"The author of {name}")
    return PictureChoice(name, name, name, b"", picture, code=name, input_rights=rights)


def painted(state: StudioState) -> StudioState:
    """Do the painting that the last event asked for."""
    (task,) = state.tasks
    assert isinstance(task, PaintPhoto)
    return handle(state, task.run())


def shares_painted(state: StudioState) -> dict[str, float]:
    assert state.shown_painting is not None
    return dict(state.shown_painting.request.shares)


def until_painted(studio: Studio, **shares: float) -> None:
    """Wait for a picture of these shares."""
    studio.wait(lambda state: state.shown_painting and shares_painted(state) == shares, 300)


def send(studio: Studio, event: str, **values: Any) -> None:
    studio.widget._on_message(studio.widget, {"event": event, **values}, [])


def test_the_first_style_is_that_of_the_chosen_painting_or_else_the_first(
    state: StudioState,
) -> None:
    assert shares_painted(state) == {"night": 100}
    other = handle(
        handle(state, events.ChooseMethod(one_pass=False)),
        events.ChoosePicture("painting", "glass"),
    )
    other = replace(other, one_pass=replace(other.one_pass, shares={}))
    assert handle(other, events.ChooseMethod(one_pass=True)).one_pass.shares == {
        "night": 0,
        "glass": 100,
    }


def test_while_a_picture_is_painted_the_latest_position_alone_waits(state: StudioState) -> None:
    state = handle(state, ChangeMixture({"night": 90, "glass": 10}, 1))
    (first,) = state.tasks
    for share in (80, 70, 60):
        state = handle(state, ChangeMixture({"night": share, "glass": 100 - share}, 0.5))
        assert state.tasks == ()
    state = handle(state, first.run())
    assert shares_painted(state) == {"night": 90, "glass": 10}
    state = painted(state)
    assert shares_painted(state) == {"night": 60, "glass": 40}
    assert state.tasks == ()


def test_the_picture_is_that_of_sl_paint(state: StudioState, network: PaintingNetwork) -> None:
    state = painted(handle(state, ChangeMixture({"night": 30, "glass": 90}, 0.5)))
    assert state.shown_painting is not None
    wanted = sl.paint(
        state.photos.choice.load(), network, style={"night": 1, "glass": 3}, size=32, strength=0.5
    )
    np.testing.assert_array_equal(state.shown_painting.picture.image, wanted.image)


def test_another_photo_or_size_is_painted_at_once_and_another_thumbnail_is_not(
    state: StudioState,
) -> None:
    state = handle(state, reports.SampleReady("photo", "cat", b"jpeg"))
    state = handle(state, ChangeMixture({"night": 100}, 1))
    assert not any(isinstance(task, PaintPhoto) for task in state.tasks)
    other = painted(handle(state, events.ChoosePicture("photo", "rocket")))
    assert other.shown_photo is other.photos.choice
    larger = painted(handle(state, events.ChangeSettings({"size": 48})))
    assert larger.shown_painting is not None
    assert larger.shown_painting.picture.image.shape == (36, 48, 3)


def test_shares_and_strengths_out_of_range_become_the_nearest_end(state: StudioState) -> None:
    state = handle(state, ChangeMixture({"night": -5, "glass": 20}, 3))
    assert state.one_pass.shares == {"night": 0, "glass": 20}
    assert state.one_pass.strength == 1


def test_another_strength_alone_is_painted(state: StudioState) -> None:
    state = painted(handle(state, ChangeMixture({"night": 100}, 0.5)))
    assert state.shown_painting is not None
    assert state.shown_painting.picture.strength == 0.5


def test_a_picture_that_cannot_be_painted_leaves_the_one_before_and_is_not_tried_again(
    state: StudioState,
) -> None:
    before = state.shown_painting
    state = handle(state, events.ChangeSettings({"size": 18}))  # 14 pixels high
    (task,) = state.tasks
    with pytest.raises(sl.PictureError) as raised:
        task.run()
    state = handle(state, task.failed(raised.value))
    assert state.shown_painting is before
    assert state.notice("network").is_error
    assert "16" in state.notice("network").text
    assert state.tasks == ()
    state = painted(handle(state, events.ChangeSettings({"size": 48})))
    assert state.notice("network").text == ""


def test_shares_of_zero_and_of_another_network_change_no_picture(state: StudioState) -> None:
    none = handle(state, ChangeMixture({"night": 0}, 1))
    assert none.notice("network").text.startswith(
        "Expected a share above 0 for one style or several."
    )
    assert (none.tasks, none.shown_painting) == ((), state.shown_painting)
    assert painted(handle(none, ChangeMixture({"glass": 1}, 1))).notice("network").text == ""
    assert handle(state, ChangeMixture({"waves": 50}, 1)).one_pass.shares == state.one_pass.shares


def test_choosing_one_pass_stops_a_run_and_a_run_or_a_grid_leaves_it(state: StudioState) -> None:
    state = handle(handle(state, events.ChooseMethod(one_pass=False)), events.Press("start"))
    assert state.order is not None
    one = handle(state, events.ChooseMethod(one_pass=True))
    assert (one.order, one.run_state) == (None, State.STOPPING)
    assert one.shown_painting is not None
    grid = events.StartGrid(("style_weight", (3, 30)), ("seed", (0, 1)))
    assert not handle(one, grid).one_pass.is_chosen


def test_refine_goes_on_from_the_picture_in_the_style_of_its_paintings(state: StudioState) -> None:
    state = handle(state, events.AddRow("waves"))
    state = painted(handle(state, ChangeMixture({"night": 30, "glass": 10}, 1)))
    picture, values = state.shown_painting, state.values
    assert picture is not None
    state = handle(state, events.Refine())
    assert not state.one_pass.is_chosen
    assert state.order is not None
    assert state.order.start is picture.picture.image
    assert [each.painting.name for each in state.order.selection.style_choices] == [
        "night",
        "glass",
    ]
    assert state.order.selection.weights == (0.75, 0.25)
    assert state.values == values
    again = handle(state, events.AddRow("waves")).styles
    assert [row.number for row in again.rows] == [0, 2, 3]


def test_a_style_without_a_painting_of_its_name_cannot_be_refined(state: StudioState) -> None:
    paintings = Choices("painting", (choice("waves"),), "waves")
    refused = handle(replace(state, paintings=paintings), events.Refine())
    assert (refused.order, refused.one_pass.is_chosen) == (None, True)
    assert refused.notice("network").text == (
        "Expected a painting of the name of each style. Received: none that is called night. "
        "Choose Optimize, add its file to the paintings, and try again."
    )
    own = replace(choice("night"), key="file night.png", name="night")
    paintings = Choices("painting", (*paintings.all, own), "waves")
    assert handle(replace(state, paintings=paintings), events.Refine()).paintings.choice is own


def test_a_network_dropped_anywhere_is_chosen_and_painted_with(
    state: StudioState, tmp_path: Path
) -> None:
    file = sl.save_network(tmp_path / "mine", PaintingNetwork(("sky",), width=1, blocks=0))
    state = handle(state, events.ChooseMethod(one_pass=False))
    report = LoadFile(Target("photo"), "my night.stylelab", file.read_bytes()).run()
    state = painted(handle(state, report))
    assert (state.one_pass.chosen, shares_painted(state)) == ("my night.stylelab", {"sky": 100})
    assert [each.name for each in state.one_pass.networks] == ["my night", "both"]
    back = painted(handle(state, events.ChooseNetwork("both")))
    assert shares_painted(back) == {"night": 100}


@pytest.mark.parametrize("name", ["cat.jpg", "night.stylelab"])
def test_a_foreign_file_is_refused_by_its_own_name(name: str) -> None:
    with pytest.raises(NetworkFileError) as raised:
        network_from_file(name, b"no network")
    assert f"Received: '{name}', which is another kind of file." in str(raised.value)


def test_the_status_line_says_what_is_missing_before_the_first_picture(state: StudioState) -> None:
    empty = replace(state, one_pass=replace(state.one_pass, painted=None, answered=None))
    assert status(empty).text.startswith("Getting the painting network ready")
    failed = reports.LoadFailed(Target("network"), "both", "It is damaged.")
    assert status(handle(empty, failed)).text == "It is damaged."
    assert status(state).text.startswith("Painted in one pass.")


def test_reset_restores_the_style_and_the_strength(state: StudioState) -> None:
    state = painted(handle(state, ChangeMixture({"glass": 30}, 0.5)))
    state = painted(handle(state, events.Press("reset")))
    assert shares_painted(state) == {"night": 100}
    assert state.one_pass.strength == 1


def test_a_page_mixes_saves_and_exports(studio: Studio, folder: Path) -> None:
    send(studio, "method", name="one pass")
    until_painted(studio, woodcut_waves=100)
    assert "cat in the style of woodcut waves, painted in one pass" in studio.widget.view["alt"]
    send(studio, "mixture", shares={"woodcut_waves": 60, "brush_garden": 40}, strength=0.75)
    until_painted(studio, woodcut_waves=60, brush_garden=40)
    send(studio, "save", name="a.png")
    studio.wait(lambda state: state.save_count, 300)
    stored = read_settings(folder / "a.png")
    assert stored is not None
    assert (stored["network"], stored["photo"], stored["strength"]) == ("seven_styles", "cat", 0.75)
    assert stored["styles"] == pytest.approx({"woodcut_waves": 0.6, "brush_garden": 0.4})
    credit = str(sl.read_rights(folder / "a.png"))
    assert "Chelsea" in credit
    assert "Woodcut waves" in credit
    names: dict[str, Any] = {}
    exec(studio.widget.save["code"], names)  # noqa: S102 - it is the code that readers run
    names["painted"].save(folder / "b.png")
    np.testing.assert_array_equal(load_image(folder / "a.png"), load_image(folder / "b.png"))


@pytest.mark.usefixtures("folder")
def test_a_network_is_loaded_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    load = NetworkChoice.load

    def heard(choice: NetworkChoice) -> NetworkChoice:
        loaded.append(choice.key)
        return load(choice)

    monkeypatch.setattr(NetworkChoice, "load", heard)
    for name in ("one pass", "optimize", "one pass"):
        send(studio, "method", name=name)
        studio.wait(lambda state: state.shown_painting or not state.one_pass.is_chosen, 300)
    send(studio, "mixture", shares={"ink_hatching": 10}, strength=1)
    until_painted(studio, ink_hatching=10)
    assert loaded == ["seven_styles"]


@pytest.mark.usefixtures("folder")
def test_a_cell_opens_the_studio_on_a_network_of_its_own() -> None:
    sl.save_network("mine", PaintingNetwork(("sky",), width=1, blocks=0))
    with pytest.raises(NetworkFileError, match="there is no file"):
        open_studio(network="yours.stylelab")
    studio = open_studio("cat", size=32, network="mine.stylelab", runs=[])
    until_painted(studio, sky=100)
    assert 'sl.sample("cat"), "mine.stylelab", style="sky", size=32' in studio.widget.save["code"]
    studio.close()


@pytest.mark.usefixtures("folder")
def test_a_network_that_no_variable_names_is_exported_as_a_file(network: PaintingNetwork) -> None:
    named = network_from_source(network, "trained")
    assert (named.code, named.file, named.network) == ("trained", None, network)
    nameless = network_from_source(network, "")
    assert nameless.file is not None
    path = nameless.file.write()
    assert nameless.code == f'"{path}"'
    assert sl.load_network(path).styles == STYLES
    assert sl.load_network(path).info.style_rights["night"].author == "A. Painter"
