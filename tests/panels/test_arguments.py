import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stylelab.panels
from stylelab.errors import PictureError, SettingsError, StylelabError
from stylelab.pictures.encoding import to_uint8
from stylelab.pictures.images import Picture, load_image
from stylelab.pictures.saving import save_image
from stylelab.samples.catalogue import load_image_or_sample, sample

panels: Any = stylelab.panels  # what is given here is odd by intention


@pytest.fixture
def path(photo: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture in the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    Image.fromarray(to_uint8(photo)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


WAITING: list[Callable[[Any], Any]] = [
    panels.kernel_editor,
    panels.learned_kernels,
    panels.smoothing,
    panels.mask_drawing,
    panels.explorer,
    panels.studio,
]
PAINTING: list[Callable[[Any], Any]] = [
    lambda source: panels.layer_grid(source, source, rows=["block1_conv1"], weights=[10]),
    lambda source: panels.optimizer_race(source, source, steps=1),
    lambda source: panels.weight_translation(source, source),
]
ONE = [*WAITING, *PAINTING]


@pytest.mark.parametrize("opened", ONE)
def test_every_panel_accepts_a_picture_in_any_form(
    opened: Callable[[Any], Any], path: Path
) -> None:
    with Image.open(path) as image:
        sources = ("coffee", path, str(path), path.read_bytes(), "~/photo.png", image)
        # Those that begin to paint at once take their pictures through the same function.
        for source in sources[-2:] if opened in PAINTING else sources:
            panel = opened(source)
            assert hasattr(panel, "_repr_mimebundle_")
            getattr(panel, "close", int)()


@pytest.mark.parametrize("wrong", [None, "nowhere.png", b"", [], object()])
@pytest.mark.parametrize("opened", ONE)
def test_invalid_pictures_raise_our_error(opened: Callable[[Any], Any], wrong: Any) -> None:
    with pytest.raises(StylelabError, match="Received"):
        opened(wrong)


def test_a_file_takes_precedence_over_a_sample_of_its_name(
    path: Path, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    np.testing.assert_array_equal(load_image_or_sample("cat"), sample("cat"))
    path.rename("cat")
    np.testing.assert_array_equal(load_image_or_sample("cat"), load_image(Path("cat")))
    opened = panels.studio("cat")
    assert opened.state.photos.choice.load().shape == photo.shape
    opened.close()


def test_numpy_numbers_are_accepted(photo: Picture, painting: Picture) -> None:
    three, tenth = np.int64(3), np.float32(0.5)
    assert panels.smoothing(photo, tenth).widgets["fidelity"].value == 0.5
    race = panels.optimizer_race(
        photo, painting, style_weight=tenth, steps=three, optimizers=np.array(["Adam"])
    )
    assert race.widgets["steps"].value == 3
    grid = panels.layer_grid(photo, painting, weights=np.array([10, 1000]), rows={"all five"})
    assert [name for name, box in grid.widgets.items() if box.value is True] == [
        "all five",
        "weight 10",
        "weight 1000",
    ]
    for panel in (race, grid):
        panel.close()
    assert panels.Recorder(three, at=np.arange(3))._at == [0, 1, 2]


def test_masks_and_others_may_be_single_or_files(tmp_path: Path, photo: Picture) -> None:
    path = save_image(tmp_path / "mask.png", np.repeat(photo[..., :1], 3, axis=2))
    drawing = panels.mask_drawing(photo, path)
    assert drawing.mask.shape == photo.shape[:2]
    for masks in (path, str(path), [path], (None,), None, np.ones(photo.shape[:2])):
        opened = panels.studio(photo, masks=masks)
        assert len(opened.masks) == (masks is not None and not isinstance(masks, tuple))
        opened.close()
    explored = panels.explorer(photo, others=path).explorer_model
    assert explored is not None
    assert len(explored.inputs.others) == 1


def test_no_painting_is_silently_dropped(photo: Picture) -> None:
    opened = panels.studio(photo, [photo] * 8)
    assert len(opened.state.selection.style_choices) == 8
    opened.close()


ODD: dict[str, Any] = {
    "text": "no",
    "dict": {},
    "array": np.zeros(3),
    "picture": np.zeros((20, 30, 3)),
    "NaN": float("nan"),
    "too large for a float": 10**400,
    "list of one too large": [10**400],
    "complex": 1j,
    "object": object(),
}


@pytest.mark.parametrize("wrong", ODD.values(), ids=ODD)
def test_odd_arguments_raise_our_error_or_work(photo: Picture, wrong: Any) -> None:
    calls: list[tuple[Callable[..., Any], tuple[Any, ...], list[str]]] = [
        (panels.smoothing, (photo,), ["fidelity"]),
        (panels.kernel_editor, (photo,), ["preset"]),
        (panels.learned_kernels, (photo,), ["channel"]),
        (panels.sliding_window, (np.eye(4),), ["preset"]),
        (panels.sliding_window, (), ["picture"]),
        (panels.weight_translation, (photo, photo), ["program"]),
        (panels.mask_drawing, (photo,), ["mask"]),
        (panels.optimizer_race, (photo, photo), ["style_weight", "optimizers", "steps"]),
        (panels.layer_grid, (photo, photo), ["rows", "weights"]),
        (
            panels.explorer,
            (photo,),
            ["style", "result", "steps", "others", "pooling", "layer"],
        ),
        (panels.studio, (photo,), ["painting", "shares", "masks", "keep", "size", "nonsense"]),
        (panels.Recorder, (), ["count", "at"]),
    ]
    messages: list[str] = []
    own: list[str] = []  # those of the controls, not of the studio's run
    for opened, given, names in calls:
        for name in names:
            try:
                panel = opened(*given, **{name: wrong})
            except StylelabError as error:
                messages.append(str(error))
                own += [str(error)] * (opened is not panels.studio)
            else:
                getattr(panel, "close", int)()
    assert all("Received" in message for message in messages)
    assert all(len(message) < 400 for message in own)
    assert len(messages) > 10


def test_a_number_of_more_digits_than_python_writes_is_named_without_them(photo: Picture) -> None:
    received = "Received: a number too large to be written"
    with pytest.raises(SettingsError, match=received):
        panels.smoothing(photo, 10**5000)
    with pytest.raises(SettingsError, match=received):
        panels.studio(photo, shares=[10**5000])


def test_an_array_in_the_place_of_a_number_or_a_name_is_described_by_its_shape(
    photo: Picture, painting: Picture
) -> None:
    for opened in (panels.smoothing, panels.kernel_editor):
        with pytest.raises(SettingsError, match=r"Received: an array of shape \(\d+, \d+, 3\)\."):
            opened(photo, painting)


@pytest.mark.parametrize("fidelity", [0, 0.001, 101, 1e6])
def test_a_fidelity_that_the_slider_has_not_is_refused(photo: Picture, fidelity: float) -> None:
    with pytest.raises(SettingsError, match=r"fidelity as a number from 0\.01 to 100\. Received: "):
        panels.smoothing(photo, fidelity)


def test_a_panel_that_cannot_be_opened_keeps_the_previous_one(photo: Picture) -> None:
    before = panels.studio(photo)
    with pytest.raises(PictureError):
        panels.studio(photo, keep=os.devnull)
    assert before.widget.controls["enabled"]
    before.close()
