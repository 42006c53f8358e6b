"""Files that the command writes: it never overwrites an input, and never loses a result."""

import os
import signal
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import RunCommand, assert_one_sentence
from PIL import Image

import stylelab
from stylelab.errors import OutputError
from stylelab.pictures import paths, saving
from stylelab.pictures.images import load_image
from stylelab.pictures.printing import read_print_info
from stylelab.pictures.saving import read_settings, save_image
from stylelab.rights.reading import read_rights
from stylelab.samples.catalogue import sample

QUICK = ("--size", 32, "--steps", 1, "--quiet")
CAT = "Your picture: {}\n"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("p.png", "q.png", "s.png", "m.png", "out-0001.png"):
        save_image(tmp_path / name, np.ones((32, 32, 3), np.float32) * sample("cat", 32)[:1, :1])
    (tmp_path / "p.png.rights.toml").write_text('author = "A. Reader"\n')
    (tmp_path / "link.png").symlink_to(tmp_path / "s.png")
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        "p.png q.png --start s.png -o s.png",
        "p.png q.png --start s.png -o ./link.png",
        "p.png q.png --start s.png -o S.PNG",
        "p.png q.png --keep m.png -o m.png",
        "p.png q.png,painting-mask=m.png -o m.png",
        "p.png q.png,mask=m.png --checkpoint m.png -o x.png",
        "p.png q.png --checkpoint x.png -o x.png",
        "p.png q.png --checkpoint x.PNG -o x.png",
        "p.png q.png --checkpoint new/../x.png -o x.png",
        "p.png q.png --checkpoint p.png.rights.toml -o x.png",
        "p.png q.png --checkpoint c.pem --sign c.pem k.pem -o x.png",
        "p.png q.png --checkpoint k.pem --sign c.pem k.pem -o x.png",
        "p.png out-0001.png --save-every 1 -o out.png",
        "p.png q.png --film p.png -o x.png",
        "p.png q.png --film x.webp -o x.webp",
        "p.png q.png --film x.webp --checkpoint x.webp -o x.png",
        "p.png q.png --film out-0010.webp --save-every 10 -o out.webp",
        "p.png q.png --checkpoint out-0010.png --save-every 10 -o out.png",
    ],
)
def test_arguments_that_name_the_same_file_are_refused_before_the_run(
    arguments: str, files: Path, run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paint(*_: object, **__: object) -> None:
        pytest.fail("the run started")

    monkeypatch.setattr(import_module("stylelab.pipeline.transfer"), "run_plan", paint)
    # As on a file system where S.PNG and s.png are the same file.
    monkeypatch.setattr(paths, "is_case_insensitive", lambda _: True)
    (files / "new").mkdir()
    before = contents(files)
    status, _, err = run("transfer", *arguments.split())
    assert (status, "to be a file of its own" in err) == (2, True)
    assert contents(files) == before


def test_names_that_differ_in_case_are_compared_as_the_file_system_does(files: Path) -> None:
    insensitive = (files / "S.PNG").exists()
    assert paths.same_file("s.png", "S.PNG") == insensitive
    assert paths.same_file("new.png", "NEW.png") == insensitive
    assert paths.is_case_insensitive(files / "none" / "such") == insensitive


@pytest.mark.parametrize("content", ["a picture", "a folder"])
def test_a_checkpoint_never_replaces_another_file(
    content: str, files: Path, run: RunCommand
) -> None:
    state = files / "grey.png"
    state.mkdir() if content == "a folder" else state.write_bytes(b"precious")
    status, _, err = run("transfer", "cat", "coffee", "-o", "x.png", "--checkpoint", state, *QUICK)
    assert status == 2
    assert "elete" not in err
    assert state.is_dir() or state.read_bytes() == b"precious"


def test_a_finished_run_keeps_its_checkpoint_and_can_take_more_steps(
    run: RunCommand, tmp_path: Path
) -> None:
    state, out = tmp_path / "state.npz", tmp_path / "out.png"
    given = ("transfer", "cat", "coffee", "-o", out, "--size", 32, "--checkpoint", state)
    status, _, err = run(*given, "--steps", 1)
    assert status == 0
    assert f"The state is in {state}" in err
    first = out.read_bytes()
    assert run(*given, "--steps", 1)[0] == 0
    assert out.read_bytes() == first
    assert run(*given, "--steps", 2)[0] == 0
    stored = read_settings(out)
    assert stored is not None
    assert stored["steps"] == 2


def test_a_quality_takes_the_place_of_steps(run: RunCommand, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    given = ("transfer", "cat", "coffee", "-o", out, "--size", 32, "--quality", "draft")
    assert run(*given)[0] == 0
    stored = read_settings(out)
    assert stored is not None
    assert stored["steps"] == 10
    status, _, err = run(*given, "--steps", 5)
    assert status == 2
    assert "Received: --quality draft and --steps 5." in err


def test_a_picture_that_cannot_be_saved_is_saved_elsewhere(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    paint: Any = sys.modules["stylelab.pipeline.transfer"].run_plan

    def paint_and_remove_the_folder(*given: Any, **settings: Any) -> Any:
        result = paint(*given, **settings)
        folder.rmdir()
        return result

    monkeypatch.setattr(
        sys.modules["stylelab.pipeline.transfer"], "run_plan", paint_and_remove_the_folder
    )
    (tmp_path / "out.jpg").write_bytes(b"precious")
    status, output, err = run("transfer", "cat", "coffee", "-o", folder / "out.jpg", *QUICK)
    assert (status, output) == (2, CAT.format(tmp_path / "out-2.jpg"))
    assert f"Could not save {folder / 'out.jpg'}: " in err
    assert load_image(tmp_path / "out-2.jpg").shape == (21, 32, 3)
    assert (tmp_path / "out.jpg").read_bytes() == b"precious"


def test_every_fallback_path_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(path: Path) -> Path:
        tried.append(path)
        raise OutputError("full")

    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    with pytest.raises(OutputError, match="Received: none is writable"):
        saving.save_to_fallback_path(tmp_path / "none" / "a.webp", fail)
    assert tried[:2] == [tmp_path / "a.webp", tmp_path / "a.png"]
    assert tried[-1] == tmp_path / "home" / "a.png"


PROGRAM = "from stylelab.cli.main import main; main()"

# No file may grow beyond 100 bytes: as if every disk were full.
FULL = """
import resource, signal
from stylelab.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
main()
"""


@pytest.mark.network
@pytest.mark.skipif(os.name == "nt", reason="needs limits of POSIX")
def test_with_full_disks_the_old_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    command = [sys.executable, "-c", FULL, "transfer", "cat", "coffee", "-o", str(out)]
    ended = subprocess.run(
        [*command, *map(str, QUICK)], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert "Error: Expected at least one path" in ended.stderr
    assert "File too large" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert contents(tmp_path) == {"out.png": b"precious"}


@pytest.mark.network
@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_a_termination_signal_saves_the_best_picture(number: str, tmp_path: Path) -> None:
    if signal.getsignal(getattr(signal, number)) is signal.SIG_IGN:  # as under nohup
        pytest.skip(f"the program that runs the tests ignores {number}")
    out = tmp_path / "out.png"
    command = [
        sys.executable, "-c", PROGRAM, "transfer", "cat", "coffee", "-o", str(out), "--size", "64",
        "--steps", "100000",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stderr is not None
        shown = ""
        while "px, loss" not in shown:
            shown += (more := process.stderr.read(1))
            assert more, shown
        process.send_signal(getattr(signal, number))
        output, rest = process.communicate(timeout=600)
    assert process.returncode == 128 + getattr(signal, number)
    assert f"Ended early: ended by {number} at step" in rest
    assert output == CAT.format(out)
    stored = read_settings(out)
    assert stored is not None
    assert str(stored["stopped"]).startswith(f"ended by {number}")


def test_snapshots_are_numbered_and_a_full_disk_does_not_end_the_run(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.png"
    given = ("transfer", "cat", "coffee", "-o", out, "--size", 32, "--steps", 4, "--quiet")
    assert run(*given, "--save-every", 2) == (0, CAT.format(out), "")
    assert sorted(contents(tmp_path)) == ["out-0002.png", "out-0004.png", "out.png"]
    np.testing.assert_array_equal(load_image(tmp_path / "out-0004.png"), load_image(out))
    assert "Rachel Michetti" in str(read_rights(tmp_path / "out-0002.png").credit)
    save = saving.save_image

    def full(path: Path, *picture: Any, **about: Any) -> Path:
        if path != out:
            raise OutputError("Expected space. Received: a full disk.")
        return save(path, *picture, **about)

    from stylelab.cli import snapshots

    monkeypatch.setattr(snapshots, "save_image", full)
    status, output, err = run(*given, "--save-every", 1)
    assert (status, output) == (0, CAT.format(out))
    assert err == "Snapshot not saved: Expected space. Received: a full disk.\n"


def test_a_film_of_the_run_is_saved_beside_the_picture(run: RunCommand, tmp_path: Path) -> None:
    out, film = tmp_path / "out.png", tmp_path / "new" / "film.gif"
    given = ("transfer", "cat", "coffee", "-o", out, "--size", 32, "--steps", 3, "--quiet")
    status, output, _ = run(*given, "--film", film, "--make-folders", "--save-every", 3)
    assert (status, output) == (0, f"{CAT.format(out)}Your film: {film}\n")
    assert (tmp_path / "out-0003.png").exists()
    with Image.open(film) as opened:
        assert (opened.size, getattr(opened, "n_frames", 1)) == ((32, 21), 4)
        assert b"Rachel Michetti" in opened.info["comment"]


def test_a_film_that_cannot_be_saved_costs_no_picture(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stylelab.pictures import films

    def full(*_: object, **__: object) -> bytes:
        raise OutputError("Expected space. Received: a full disk.")

    monkeypatch.setattr(films, "encode_film", full)
    out, film = tmp_path / "out.png", tmp_path / "film.gif"
    status, output, err = run("transfer", "cat", "coffee", "-o", out, *QUICK, "--film", film)
    assert (status, output) == (2, CAT.format(out))
    assert err == "Film not saved: Expected space. Received: a full disk.\n"
    assert list(contents(tmp_path)) == ["out.png"]


def test_a_film_in_no_known_format_is_refused_before_the_run(run: RunCommand, files: Path) -> None:
    answer = run("transfer", "p.png", "q.png", "-o", "out.png", "--film", "film.avi")
    assert_one_sentence(answer, ".gif, .webp, .mp4", "film.avi")
    assert not (files / "out.png").exists()


def save_transparent(path: Path) -> Path:
    pixels = (sample("cat", 64) * 255).astype(np.uint8)
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:, :32] = 0
    Image.fromarray(np.dstack([pixels, alpha])).save(path, dpi=(300, 300))
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_transparency_and_resolution_are_kept_on_request(
    suffix: str, run: RunCommand, tmp_path: Path
) -> None:
    photo, out = save_transparent(tmp_path / "photo.png"), tmp_path / f"out{suffix}"
    given = ("transfer", photo, "coffee", "-o", out, *QUICK)
    assert run(*given, "--keep-transparency") == (0, CAT.format(out), "")
    with Image.open(out) as image:
        assert image.mode == "RGBA"
        alpha = np.asarray(image)[..., 3]
    assert (alpha[:, :15] == 0).all()
    assert (alpha[:, 17:] == 255).all()
    assert read_print_info(out).dots_per_inch == pytest.approx(300, abs=0.1)


def test_dropped_transparency_is_reported_in_one_line(run: RunCommand, tmp_path: Path) -> None:
    photo, out = save_transparent(tmp_path / "photo.png"), tmp_path / "out.jpg"
    status, _, err = run("transfer", photo, "coffee", "-o", out, *QUICK)
    assert (status, err.count("\n")) == (0, 1)
    assert err.startswith("Note: The photo's transparency is not kept")
    assert "give --keep-transparency." in err
    status, _, err = run("transfer", photo, "coffee", "-o", out, *QUICK, "--keep-transparency")
    assert (status, err.count("\n")) == (0, 1)
    assert "JPEG" in err
    assert read_print_info(out).dots_per_inch == pytest.approx(300, abs=0.1)

    status, _, err = run(
        "transfer", photo, "coffee", "-o", out, *QUICK, "--keep-transparency", "--save-every", 1
    )
    assert (status, err.count("\n")) == (0, 1)
    assert err.startswith("Note: out.jpg is written without the transparency")


def test_from_python_a_result_never_overwrites_its_inputs(tmp_path: Path) -> None:
    photo = save_transparent(tmp_path / "photo.png")
    save_image(tmp_path / "start.png", sample("cat", 32))
    given: dict[str, Any] = {"size": 32, "steps": 1, "progress": False}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = stylelab.transfer(
            photo, [sample("coffee", 32)], start=tmp_path / "start.png", **given
        )
    assert ["keep_transparency=True" in str(one.message) for one in caught] == [True]
    for name in ("photo.png", "start.png"):
        with pytest.raises(OutputError, match="which is the input"):
            result.save(tmp_path / name)
    assert read_print_info(result.save(tmp_path / "out.tif")).dots_per_inch == pytest.approx(
        300, abs=1
    )
    kept = stylelab.transfer(photo, sample("coffee", 32), keep_transparency=True, **given)
    assert kept.alpha is not None
    assert kept.alpha.shape == kept.image.shape[:2]


def test_samples_never_replace_other_pictures(run: RunCommand, tmp_path: Path) -> None:
    mine = save_image(tmp_path / "coffee.png", sample("cat", 32))
    before = mine.read_bytes()
    status, output, err = run("samples", "--save", tmp_path, "--size", 64)
    assert (status, output) == (2, "")
    assert "coffee.png" in err
    assert contents(tmp_path) == {"coffee.png": before}
    mine.unlink()
    assert run("samples", "--save", tmp_path, "--size", 64)[0] == 0
    assert run("samples", "--save", tmp_path, "--size", 32)[0] == 0
    assert load_image(tmp_path / "cat.png").shape[1] == 32


def test_the_home_folder_is_found_where_the_shell_does_not_expand_it(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name in ("p.png", "q.png", "m.png"):
        save_image(tmp_path / name, sample("cat", 32))
    status, output, _ = run(
        "transfer", "~/p.png", "~/q.png,painting-mask=~/m.png", "-o", "~/x.png", "--checkpoint",
        "~/s.npz", "--start", "~/p.png", *QUICK,
    )  # fmt: skip
    assert (status, output) == (0, CAT.format(tmp_path / "x.png"))
    assert (tmp_path / "s.npz").exists()
    assert run("samples", "--save", "~/all", "--size", 32)[0] == 0
    assert (tmp_path / "all" / "cat.png").exists()


def test_photo_and_paintings_are_listed_before_painting(files: Path, run: RunCommand) -> None:
    """With a*.png the shell may pass two photos: the second is used as a painting."""
    arguments = ("p.png", "q.png", "s.png", "-o", "x.png", "--size", 32, "--steps", 1)
    status, out, err = run("transfer", *arguments)
    assert (status, out) == (0, CAT.format(files / "x.png"))
    lines = err.splitlines()
    announcement = "Painting p.png in the style of q.png and s.png."
    assert lines.count(announcement) == 1
    assert "32 × 32 px" in lines[lines.index(announcement) + 1]
    assert "Painting" not in run("transfer", *arguments, "--quiet")[2]


def test_the_photo_can_be_painted_at_its_original_size(files: Path, run: RunCommand) -> None:
    save_image("p.png", sample("cat", 48))
    arguments = ("p.png", "q.png", "-o", "x.png", "--steps", 1, "--quiet")
    assert run("transfer", *arguments, "--size", "original")[0] == 0
    assert load_image(files / "x.png").shape == sample("cat", 48).shape
    blend = ("p.png", "q.png,weight=0.5", "s.png,scale=2", *arguments[2:])
    assert run("transfer", *blend, "--size", "original")[0] == 0
    status, _, err = run("transfer", *arguments, "--size", "big")
    assert status == 2
    assert "expected a number of pixels or original, received 'big'" in err


def test_rights_of_a_start_picture_are_required_and_stored(files: Path, run: RunCommand) -> None:
    known = 'author = "A"\nlicence = "CC0"\nsource = "here"\n'
    for name in ("p.png", "q.png"):
        (files / f"{name}.rights.toml").write_text(known)
    arguments = ("p.png", "q.png", "--start", "s.png", "-o", "x.png", *QUICK)
    status, _, err = run("transfer", *arguments, "--strict")
    assert (status, "start: no author" in err) == (2, True)
    assert not (files / "x.png").exists()
    (files / "s.png.rights.toml").write_text(known.replace("A", "C. Starter"))
    assert run("transfer", *arguments, "--strict")[0] == 0
    assert "C. Starter" in str(read_rights(files / "x.png").credit)
    (files / "s.png.rights.toml").write_text(known.replace("CC0", "CC BY-SA 4.0"))
    status, _, err = run("transfer", *arguments[:-1], "--licence", "CC0 1.0")
    assert (status, "Painting" in err) == (2, False)  # known before the work
    assert (read_settings(files / "x.png") or {})["start"] == "s.png"


def test_ctrl_c_while_saving_does_not_lose_the_picture(
    files: Path, run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, calls = Image.Image.save, []

    def interrupted(*arguments: Any, **options: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        save(*arguments, **options)

    monkeypatch.setattr(Image.Image, "save", interrupted)
    status, out, _ = run("transfer", "p.png", "q.png", "-o", "x.png", *QUICK)
    assert (status, out) == (0, CAT.format(files / "x.png"))
    assert len(calls) == 2
    assert load_image(files / "x.png").shape == (32, 32, 3)


def test_a_url_is_refused_as_output(files: Path, run: RunCommand) -> None:
    arguments = ("p.png", "q.png", "-o", "https://example.org/o.png", "--make-folders")
    status, _, err = run("transfer", *arguments)
    assert (status, "which is a URL" in err) == (2, True)
    assert not (files / "https:").exists()


def test_a_misspelled_sample_is_recognised(files: Path, run: RunCommand) -> None:
    status, _, err = run("transfer", "catt", "q.png", "-o", "x.png")
    assert (status, "the sample 'cat'" in err) == (2, True)
    assert not (files / "x.png").exists()
