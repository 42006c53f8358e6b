"""`stylelab train`: the network it leaves, what it says, and what it refuses."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import RunCommand, assert_one_sentence

from stylelab.painting import training
from stylelab.painting.network_files import load_network
from stylelab.painting.training import TrainingStep
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image

SMALL = ("--size", 32, "--batch", 1, "--width", 4, "--blocks", 1, "--style-size", 64)
TRAIN = ("train", "swirling_night", *SMALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.network
def test_a_network_is_trained_saved_and_named(run: RunCommand, folder: Path) -> None:
    status, out, err = run(*TRAIN, "stained_glass", "-o", "two", "--steps", 2)
    assert status == 0
    saved = folder / "two.stylelab"
    assert out == f"Your network, after 2 steps: {saved}\n"
    assert "Learning to paint like swirling_night and stained_glass, in 2 steps." in err
    assert "100%" in err
    info = load_network(saved).info
    assert (info.styles, info.steps) == (("swirling_night", "stained_glass"), 2)
    assert info.settings["style_size"] == 64


@pytest.mark.network
def test_a_training_is_resumed_from_its_checkpoint(run: RunCommand, folder: Path) -> None:
    run(*TRAIN, "-o", "whole", "--steps", 3, "--quiet")
    kept = ("--checkpoint", "state.npz", "--steps", 3, "--quiet")
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 2)
        status, out, err = run(*TRAIN, "-o", "parts", *kept)
    assert (status, "after 2 steps" in out) == (130, True)
    assert "The state is in state.npz; the same command resumes it." in err
    assert run(*TRAIN, "-o", "parts", *kept)[0] == 0
    assert (folder / "parts.stylelab").read_bytes() == (folder / "whole.stylelab").read_bytes()


@pytest.mark.network
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_network_so_far(
    run: RunCommand, folder: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    stop_after(monkeypatch, 1, number)
    status, out, _ = run(*TRAIN, "-o", "early", "--steps", 500, "--quiet")
    assert status == 128 + number
    assert "after 1 step" in out
    assert load_network(folder / "early.stylelab").info.steps == 1


def stop_after(patch: pytest.MonkeyPatch, steps: int, number: int = signal.SIGINT) -> None:
    """Have a signal come while the step after so many is taken."""
    train = training.train

    def stopped(*arguments: Any, **options: Any) -> Iterator[TrainingStep]:
        for step in train(*arguments, **options):
            yield step
            if step.iteration == steps:
                os.kill(os.getpid(), number)

    patch.setattr(training, "train", stopped)


@pytest.mark.network
def test_photos_come_from_files_and_folders(run: RunCommand, folder: Path, photo: Picture) -> None:
    (folder / "town").mkdir()
    save_image(folder / "town" / "a.png", photo)
    (folder / "town" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    given = ("--photos", "cat", "--photos", "town", "--seed", 1)
    status, _, err = run(*TRAIN, *given, "-o", "x", "--steps", 9, "--quiet")
    assert status == 0
    assert err.startswith("Note: Skipped town/bad.png: ")
    assert [*load_network(folder / "x.stylelab").info.photo_rights] == ["cat", "town/a.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("swirlin_night", "-o", "x"), ["did you mean", "'swirling_night'"]),
        (("swirling_night", "-o", "x", "--minutes", 0), ["Expected --minutes as a number above 0"]),
        (("swirling_night", "-o", "x", "--minutes", 1, "--steps", 1), ["steps or minutes"]),
        (("swirling_night", "-o", "x", "--batch", 0), ["Expected --batch as a whole number"]),
        (("swirling_night", "-o", "x", "--style-size", 5), ["Expected --style-size as"]),
        (("swirling_night", "-o", "x", "--photos", "nowhere"), ["'nowhere'", "no file"]),
        (("swirling_night", "-o", "no/x"), ["the folder 'no', which is missing"]),
        (("swirling_night", "swirling_night", "-o", "x"), ["different names"]),
        (("swirling_night", "-o", "letter.stylelab"), ["another kind of file"]),
        (("swirling_night", "-o", "x", "--checkpoint", "letter.stylelab"), ["another kind"]),
        (("swirling_night", "-o", "x", "--checkpoint", "x.stylelab"), ["a file of its own"]),
    ],
)
def test_bad_input_is_refused_with_one_sentence(
    run: RunCommand, folder: Path, arguments: tuple[Any, ...], words: list[str]
) -> None:
    (folder / "letter.stylelab").write_text("Dear reader")
    assert_one_sentence(run("train", *arguments), *words)
    assert [path.name for path in folder.iterdir()] == ["letter.stylelab"]


def test_a_painting_is_not_overwritten(run: RunCommand, folder: Path) -> None:
    save_image(folder / "a.png", np.zeros((32, 32, 3), np.float32))
    (folder / "a.png").rename(folder / "a.stylelab")
    answer = run("train", "a.stylelab", "-o", "a.stylelab")
    assert answer[0] == 2
    assert (folder / "a.stylelab").read_bytes().startswith(b"\x89PNG")
