"""Files that the studio makes and reads."""

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylelab.errors import OutputError, StylelabError
from stylelab.optimizers.step import Step
from stylelab.panels.studio import events, reports
from stylelab.panels.studio.picture_choice import PictureChoice
from stylelab.panels.studio.run_state import GridPlace, Run, State
from stylelab.panels.studio.selection import Selection, StyleChoice
from stylelab.panels.studio.tasks import FILE_KINDS, LoadFile, MakeFile, SavePicture, save_picture
from stylelab.panels.studio.weight_changes import WeightChange
from stylelab.pictures.encoding import encode_jpeg, encode_png
from stylelab.pictures.images import Picture, load_image
from stylelab.pictures.saving import read_settings
from stylelab.pipeline.progress import Progress, Record
from stylelab.pipeline.result import Result
from stylelab.pipeline.settings import Settings

HEIGHT, WIDTH = 24, 32


def gray(brightness: float, height: int = HEIGHT, width: int = WIDTH) -> Picture:
    return np.full((height, width, 3), brightness, np.float32)


def choice(name: str) -> PictureChoice:
    return PictureChoice(name, name, name, b"", gray(0.5))


CAT = Selection(choice("cat"), (StyleChoice(choice("night")),))


def finished_run(number: int = 1, place: GridPlace | None = None, frames: int = 3) -> Run:
    """A run whose picture is a grey of its own, number/10 bright."""
    settings = Settings(size=32, steps=4, seed=number)
    image = gray(number / 10)
    history = tuple(Record(0, HEIGHT, WIDTH, i, 1, 1.0, {}, 0.1 * i) for i in range(5))
    step = Step(image, 1.0, {}, 4, 5, 0.4, image, "lbfgs", {})
    return Run(
        number, CAT, settings, CAT, settings, State.FINISHED, place=place,
        progress=Progress(settings.stages(HEIGHT, WIDTH), 0, step, step, history),
        changes=(WeightChange(2, "style weight 3 → 10"),),
        steps_total=4,
        result=Result(image, settings, history, 0.4),
        frames=tuple(encode_jpeg(gray(0.1 + i / 10)) for i in range(frames)),
    )  # fmt: skip


def made(kind: str, *runs: Run) -> reports.FileReady:
    event = MakeFile(kind, runs, to_browser=True).run()
    assert isinstance(event, reports.FileReady)
    return event


def brightness(image: Image.Image) -> float:
    return float(np.asarray(image.convert("RGB")).mean() / 255)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Saving


def test_a_saved_picture_has_its_settings_names_and_changes(folder: Path) -> None:
    event = SavePicture(finished_run(3), " a.png ").run()
    assert event == reports.Saved(f"Saved: {folder / 'a.png'}")
    np.testing.assert_allclose(load_image(folder / "a.png"), gray(0.3), atol=0.005)
    kept = read_settings(folder / "a.png")
    assert kept is not None
    assert (kept["seed"], kept["photo"], kept["painting"]) == (3, "cat", "night")
    assert kept["changes"] == ["style weight 3 → 10"]


def test_a_picture_replaces_no_file(folder: Path) -> None:
    (folder / "a.png").write_bytes(b"mine")
    task = SavePicture(finished_run(), "a.png")
    with pytest.raises(OutputError, match="which is there already"):
        task.run()
    assert (folder / "a.png").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["", "a.doc", "\0.png", "nowhere/a.png", "a" * 300 + ".png"])
def test_a_name_that_no_picture_can_have_is_an_error(folder: Path, name: str) -> None:
    task = SavePicture(finished_run(), name)
    with pytest.raises(StylelabError, match="Expected") as raised:
        task.run()
    event = task.failed(raised.value)
    assert isinstance(event, reports.Saved)
    assert event.is_error
    assert event.message.startswith("Expected")
    assert list(folder.iterdir()) == []


def test_a_run_without_a_picture_cannot_be_saved(folder: Path) -> None:
    settings = Settings(size=32)
    waiting = Run(1, CAT, settings, CAT, settings)
    with pytest.raises(OutputError, match="has none yet"):
        save_picture(waiting, folder / "a.png")
    assert list(folder.iterdir()) == []


# Files of runs


def test_a_downloaded_picture_is_the_saved_one(folder: Path) -> None:
    event = made("picture", finished_run(3))
    assert event.name == "stylelab_cat_night_1.png"
    SavePicture(finished_run(3), "a.png").run()
    assert event.data == (folder / "a.png").read_bytes()


@pytest.mark.parametrize("kind", ["film", "gif"])
@pytest.mark.parametrize("count", [2, 5])
def test_a_film_shows_each_kept_step_and_the_last_one_longest(kind: str, count: int) -> None:
    event = made(kind, finished_run(frames=count))
    suffix = {"film": "webp", "gif": "gif"}[kind]
    assert event.name == f"stylelab_cat_night_1.{suffix}"
    film = Image.open(BytesIO(event.data))
    assert (film.format, film.size) == (suffix.upper(), (WIDTH, HEIGHT))
    assert getattr(film, "n_frames", 1) == count
    shades, durations = [], []
    for number in range(count):
        film.seek(number)
        film.load()
        shades.append(brightness(film))
        durations.append(film.info["duration"])
    assert shades == pytest.approx([0.1 + i / 10 for i in range(count)], abs=0.02)
    assert durations[-1] > max(durations[:-1])


def test_the_frames_of_a_film_have_the_size_of_the_last() -> None:
    run = finished_run()
    small = encode_jpeg(gray(0.9, HEIGHT // 2, WIDTH // 2))
    run = replace(run, frames=(small, *run.frames))
    film = Image.open(BytesIO(made("film", run).data))
    assert film.size == (WIDTH, HEIGHT)
    assert getattr(film, "n_frames", 1) == 4


@pytest.mark.parametrize("count", [0, 1])
def test_a_film_of_a_single_step_is_refused(count: int) -> None:
    with pytest.raises(OutputError, match="several steps"):
        made("film", finished_run(frames=count))


def test_a_sheet_shows_each_run() -> None:
    event = made("sheet", finished_run(2), finished_run(4), finished_run(6))
    assert event.name == "stylelab_runs_1.png"
    sheet = Image.open(BytesIO(event.data)).convert("L")
    shades = {round(int(shade) / 255, 2) for shade in np.unique(np.asarray(sheet))}
    assert {0.2, 0.4, 0.6} <= shades


def test_a_sheet_of_a_grid_has_its_columns() -> None:
    places = [GridPlace(1, f"size {row}", f"seed {column}") for row in "ab" for column in "123"]
    grid = [finished_run(number, place) for number, place in enumerate(places, 1)]
    wide = Image.open(BytesIO(made("sheet", *grid).data))
    tall = [
        finished_run(number, GridPlace(1, place.column, place.row))
        for number, place in enumerate(places, 1)
    ]
    narrow = Image.open(BytesIO(made("sheet", *tall).data))
    assert wide.width > narrow.width
    assert wide.height < narrow.height


def test_a_grid_that_was_stopped_has_a_sheet_with_an_empty_cell() -> None:
    places = [GridPlace(1, "size 1", "seed 1"), GridPlace(1, "size 1", "seed 2")]
    places.append(GridPlace(1, "size 2", "seed 1"))
    grid = [finished_run(2 * number, place) for number, place in enumerate(places, 1)]
    pixels = np.asarray(Image.open(BytesIO(made("sheet", *grid).data)).convert("L")) / 255
    height, width = pixels.shape
    assert pixels[height // 4, width // 3] == pytest.approx(0.2, abs=0.01)
    assert pixels[3 * height // 4, width // 3] == pytest.approx(0.6, abs=0.01)
    assert pixels[3 * height // 4, 3 * width // 4] > 0.9


def test_the_pictures_of_a_zip_file_have_their_metadata(folder: Path) -> None:
    runs = [finished_run(number) for number in (1, 2, 3)]
    event = made("zip", *runs)
    assert event.name == "stylelab_runs_1.zip"
    with zipfile.ZipFile(BytesIO(event.data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            f"stylelab_runs/stylelab_run_{number}_cat_night_1.png" for number in (1, 2, 3)
        ]
        for number, name in enumerate(archive.namelist(), 1):
            data = archive.read(name)
            kept = read_settings(data)
            assert kept is not None
            assert (kept["seed"], kept["photo"]) == (number, "cat")
            np.testing.assert_allclose(load_image(data), gray(number / 10), atol=0.005)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["sheet", "zip"])
def test_a_file_of_no_runs_is_refused_in_a_sentence(kind: str) -> None:
    task = MakeFile(kind, (), to_browser=True)
    with pytest.raises(StylelabError, match="Expected") as raised:
        task.run()
    event = task.failed(raised.value)
    assert isinstance(event, reports.Saved)
    assert event.is_error


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_a_file_can_be_saved_beside_the_notebook_under_a_free_name(folder: Path, kind: str) -> None:
    task = MakeFile(kind, (finished_run(),), to_browser=False)
    for number in (1, 2):
        event = task.run()
        assert isinstance(event, reports.Saved)
        assert not event.is_error
        path = Path(event.message.removeprefix("Saved: "))
        assert path.parent == folder
        assert path.stem.endswith(f"_{number}")
        assert path.stat().st_size
    assert len(list(folder.iterdir())) == 2


def test_a_file_that_cannot_be_written_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(OutputError, match="Download it instead"):
        MakeFile("zip", (finished_run(),), to_browser=False).run()
    monkeypatch.chdir(folder)


# Reading


def saved_file(folder: Path, run: Run) -> bytes:
    return save_picture(run, folder / "saved.png").read_bytes()


def test_settings_are_read_from_a_saved_picture(folder: Path) -> None:
    run = finished_run(7)
    event = LoadFile(events.Target("settings"), "a.png", saved_file(folder, run)).run()
    assert isinstance(event, reports.SettingsLoaded)
    assert (event.name, event.settings) == ("a.png", run.settings)


def test_an_uploaded_picture_becomes_a_choice() -> None:
    target = events.Target("painting", 2)
    event = LoadFile(target, "my cat.png", encode_png(gray(0.25))).run()
    assert isinstance(event, reports.PictureLoaded)
    assert (event.target, event.name, event.choice.name) == (target, "my cat.png", "my cat")
    np.testing.assert_allclose(event.choice.load(), gray(0.25), atol=0.005)
    assert event.choice.is_own


def test_an_uploaded_mask_is_white_where_it_applies() -> None:
    target = events.Target("mask", -1)
    picture = gray(0.0)
    picture[:, : WIDTH // 2] = 1
    event = LoadFile(target, "sky.png", encode_png(picture)).run()
    assert isinstance(event, reports.MaskLoaded)
    np.testing.assert_array_equal(event.mask, picture[..., 0])
    assert event.file is not None


@pytest.mark.parametrize(
    ("part", "data"),
    [
        ("photo", b""),
        ("painting", b"a poem"),
        ("mask", b"a poem"),
        ("mask", encode_png(gray(0.0))[:-40]),
        ("settings", b"a poem"),
        ("settings", encode_png(gray(0.5))),
    ],
)
def test_a_file_that_cannot_be_used_is_reported_by_its_name(part: str, data: bytes) -> None:
    task = LoadFile(events.Target(part, 1), "my file.png", data)
    with pytest.raises(StylelabError) as raised:
        task.run()
    event = task.failed(raised.value)
    assert isinstance(event, reports.LoadFailed)
    assert (event.target, event.name) == (task.target, "my file.png")
    assert event.error.startswith("Expected")
    assert "'my file.png'" in event.error
