"""`stylelab paint`: one picture or a folder; bad files are named, what is done is kept."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import RunCommand, assert_one_sentence
from PIL import Image

from stylelab.painting import paint as paint_module
from stylelab.painting.network_files import load_network, save_network
from stylelab.painting.paint import PaintedPhoto, paint
from stylelab.painting.painting_network import PaintingNetwork
from stylelab.pictures.images import load_image
from stylelab.pictures.saving import read_settings, save_image
from stylelab.pipeline.signals import Terminated
from stylelab.rights.reading import read_rights
from stylelab.rights.record import Rights
from stylelab.samples.catalogue import sample

ODD_NAMES = (
    " a =1,b.png", "-o.jpg", "ümlaut 日本.webp", "size=9 style.tif", "it's \"q\"\n.png", "%s{}.png",
)  # fmt: skip


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """File of a network with two styles, in the current folder."""
    monkeypatch.chdir(tmp_path)
    rights = Rights(author="N. Painter", licence="CC0 1.0", source="a museum")
    two = PaintingNetwork(("night", "gl=a,ss"), width=4, blocks=1)
    save_network("two.stylelab", two.with_info(style_rights=dict.fromkeys(two.styles, rights)))
    return "two.stylelab"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos, and much that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    photo = sample("cat", 40)
    for name in ("a.png", "b.JPG", "c.tif"):
        save_image(folder / name, photo)
    Image.fromarray(np.uint8(photo * 255)).save(folder / "a.bmp")  # would become a.png, too
    (folder / "broken.jpg").write_bytes((folder / "b.JPG").read_bytes()[:200])
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("no picture")
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    (folder / "folder.png").mkdir()
    (folder / "notes.txt").write_text("not named as a picture")
    (folder / ".hidden.png").write_text("hidden")
    Image.new("RGB", (400, 9)).save(folder / "thin.png")
    return folder


BAD = ("broken.jpg", "dangling.png", "empty.png", "folder.png", "text.png", "thin.png")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_one_photo_is_painted_as_sl_paint_does(run: RunCommand, network: str) -> None:
    status, out, err = run(
        "paint", "cat", network, "-o", "cat.png", "--style", "night", "--size", 48,
        "--strength", 0.5, "--creator", "B. Reader", "--licence", "CC BY 4.0",
    )  # fmt: skip
    assert (status, err) == (0, "Painting cat in the style of night.\n")
    assert out == f"Your picture: {Path('cat.png').resolve()}\n"
    painted = paint("cat", network, style="night", size=48, strength=0.5).image
    assert np.abs(load_image("cat.png") - painted).max() <= 0.5 / 255 + 1e-6
    assert read_settings("cat.png") == {
        "network": network,
        "network_steps": 0,
        "styles": {"night": 1},
        "strength": 0.5,
        "size": 48,
        "photo": "cat",
    }
    stated = read_rights("cat.png")
    assert (stated.author, stated.terms.key) == ("B. Reader", "CC-BY-4.0")


def test_styles_are_mixed_by_weights_and_a_name_may_have_any_sign(
    run: RunCommand, network: str
) -> None:
    given = ("paint", "cat", network, "-o", "cat.png", "--size", 32, "--quiet")
    assert run(*given, "--style", "gl=a,ss")[::2] == (0, "")
    assert (read_settings("cat.png") or {})["styles"] == {"gl=a,ss": 1}
    # Each network of the same styles under plainer names.
    plain = PaintingNetwork(("night", "glass"), parameters=load_network(network).parameters,
                            width=4, blocks=1)  # fmt: skip
    save_network("plain.stylelab", plain)
    given = ("paint", "cat", "plain.stylelab", "-o", "cat.png", "--size", 32, "--quiet")
    assert run(*given, "--style", "night,glass=3")[::2] == (0, "")
    assert (read_settings("cat.png") or {})["styles"] == {"night": 0.25, "glass": 0.75}


def test_bad_files_of_a_folder_are_named_and_the_others_painted(
    run: RunCommand, network: str, folder: Path
) -> None:
    before = contents(folder)
    given = ("paint", folder, network, "-o", "new/painted", "--style", "night")
    status, out, err = run(*given)
    assert status == 2
    target = Path("new/painted").resolve()
    assert out == f"Your pictures, 4 of 10: {target}\n"
    assert sorted(contents(target)) == ["a-2.png", "a.png", "b.JPG", "c.tif"]
    for name in BAD:
        assert f"Not painted: {str(folder / name)!r}. Expected " in err
    assert err.count("Not painted") == len(BAD)
    assert err.count("Rights of the photo: author, licence and source are unknown.") == 1
    assert "notes" not in err
    assert "hidden" not in err
    assert contents(folder) == before
    for name in ("a.png", "a-2.png", "c.tif"):
        assert load_image(target / name).shape == load_image(folder / "a.png").shape


def test_several_photos_go_into_a_folder_under_names_with_any_sign(
    run: RunCommand, network: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ODD_NAMES:
        save_image(other / name, sample("cat", 32))
    given = [other / name for name in ODD_NAMES]
    status, out, err = run(
        "paint", *given, "coffee", network, "-o", "out", "--style", "night", "--size", 32
    )
    assert (status, "Not painted" in err) == (0, False)
    assert out == f"Your pictures, 7 of 7: {Path('out').resolve()}\n"
    assert set(contents(Path("out"))) == {*ODD_NAMES, "coffee.png"}
    status, out, err = run("paint", "--quiet", "--style", "night", "-o", "x.png", "--",
                           Path("other") / "-o.jpg", network)  # fmt: skip
    assert (status, err) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="names are bytes on Unix only")
def test_a_name_that_is_no_text_is_painted_or_named(
    run: RunCommand, network: str, tmp_path: Path
) -> None:
    photos = tmp_path / "bytes"
    photos.mkdir()
    save_image(photos / "good.png", sample("cat", 32))
    try:
        Path(os.fsdecode(os.fsencode(photos) + b"/\xff.png")).write_bytes(b"no picture")
    except OSError:
        pytest.skip("the file system takes text only")
    status, out, err = run("paint", photos, network, "-o", "out", "--style", "night")
    assert status == 2
    assert "1 of 2" in out
    assert "Not painted" in err
    assert "Traceback" not in err


def test_only_pictures_of_a_network_are_replaced_in_a_folder(
    run: RunCommand, network: str, folder: Path
) -> None:
    given = ("paint", folder / "a.png", folder / "c.tif", network, "-o", "out", "--size", 32,
             "--quiet", "--style")  # fmt: skip
    Path("out").mkdir()
    precious = save_image(Path("out/a.png"), sample("coffee", 32)).read_bytes()
    status, _, err = run(*given, "night")
    assert status == 2
    assert "Not painted" in err
    assert "which is another one" in err
    assert Path("out/a.png").read_bytes() == precious
    first = Path("out/c.tif").read_bytes()
    assert run(*given, "gl=a,ss")[0] == 2
    assert Path("out/c.tif").read_bytes() != first
    # A file that is named itself is replaced, as by `stylelab transfer`.
    assert run("paint", "cat", network, "-o", "out/a.png", "--style", "night", "--size", 32)[0] == 0
    assert Path("out/a.png").read_bytes() != precious


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("photos two.stylelab -o photos --style night", "another folder than that of the photos"),
        ("photos two.stylelab -o photos/../photos --style night", "another folder"),
        ("photos/a.png two.stylelab -o photos --style night", "another folder"),
        (
            "photos/a.png two.stylelab -o photos/a.png --style night",
            "other than those of the input",
        ),
        ("photos two.stylelab -o out.png --style night", "a folder for several pictures"),
        ("photos two.stylelab -o photos/a.png/x --style night", "cannot be made"),
        ("photos/notes.txt two.stylelab -o x.png --style night", "none of these"),
        ("cat two.stylelab -o x.gif --style night", "Expected a file name that ends in .png"),
        (
            "cat two.stylelab -o two.stylelab --style night",
            "Expected a file name that ends in .png",
        ),
        ("cat photos/a.png -o x.png", "another kind of file"),
        ("cat nowhere.stylelab -o x.png", "where there is no file"),
        ("nowhere.jpg two.stylelab -o x.png --style night", "where there is no file"),
        ("two.stylelab -o empty", "Missing argument"),
        ("new two.stylelab -o out --style night", "no file is named as a picture"),
        ("cat two.stylelab -o x.png", "Expected --style as one of night, gl=a,ss"),
        ("cat two.stylelab -o x.png --style dawn", "Take --style night"),
        (
            "cat two.stylelab -o x.png --style night=much",
            "Expected a number as the weight of night",
        ),
        ("cat two.stylelab -o x.png --style night=-1", "at least 0"),
        ("cat two.stylelab -o x.png --style night --strength 2", "Expected --strength"),
        ("cat two.stylelab -o x.png --style night --size 4", "Expected --size"),
        ("cat two.stylelab -o x.png --style night --tile 4", "Expected --tile"),
        ("photos two.stylelab -o x --style night --licence Foo", "Expected a licence"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    run: RunCommand, network: str, folder: Path, arguments: str, words: str
) -> None:
    before = contents(folder), Path(network).read_bytes()
    if arguments.startswith("new "):
        Path("new").mkdir()
    assert_one_sentence(run("paint", "--quiet", *arguments.split()), words)
    assert (contents(folder), Path(network).read_bytes()) == before
    assert not list(Path.cwd().glob("x*"))


def interrupting(number: int, error: BaseException) -> Callable[..., PaintedPhoto]:
    """`paint`, which is interrupted at its n-th photo."""
    calls: list[Any] = []

    def interrupted(*arguments: Any, **options: Any) -> PaintedPhoto:
        calls.append(arguments)
        if len(calls) == number:
            raise error
        return paint(*arguments, **options)

    return interrupted


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), 130), (Terminated(signal.SIGTERM), 143)]
)
def test_an_interruption_keeps_what_is_done(
    run: RunCommand, network: str, monkeypatch: pytest.MonkeyPatch, error: Any, status: int
) -> None:
    given = (
        "paint",
        "cat",
        "coffee",
        "rocket",
        network,
        "-o",
        "out",
        "--size",
        32,
        "--style",
        "night",
    )
    monkeypatch.setattr(paint_module, "paint", interrupting(3, error))
    assert run(*given)[:2] == (status, f"Your pictures, 2 of 3: {Path('out').resolve()}\n")
    assert sorted(contents(Path("out"))) == ["cat.png", "coffee.png"]
    monkeypatch.setattr(paint_module, "paint", interrupting(1, error))
    ended, out, err = run(*given)
    assert (ended, out) == (status, "")
    assert "nothing was saved" in err


def test_tiles_of_one_photo_and_photos_of_several_move_a_bar(run: RunCommand, network: str) -> None:
    given = ("--style", "night", "--size", 64)
    _, _, err = run("paint", "cat", network, "-o", "cat.png", *given, "--tile", 40)
    assert "100%" in err
    _, _, err = run("paint", "cat", "coffee", network, "-o", "out", *given)
    assert "100%" in err
    assert run("paint", "cat", network, "-o", "new/c.png", *given, "--tile", 40, "--quiet")[2] == ""
