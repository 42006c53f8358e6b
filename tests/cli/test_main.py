import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import click
import numpy as np
import pytest
from command import RunCommand, assert_one_sentence
from optional_tools import needs_c2pa
from PIL import Image

from stylelab.cli import course
from stylelab.cli import main as cli
from stylelab.errors import OutputError
from stylelab.pictures.images import load_image
from stylelab.pictures.saving import read_settings, save_image
from stylelab.pipeline.settings import Settings
from stylelab.rights import credentials as rights_credentials
from stylelab.rights.credentials import read_credentials
from stylelab.rights.example_certificates import make_test_certificates
from stylelab.rights.reading import read_rights
from stylelab.samples.catalogue import SAMPLES, sample

ROOT = Path(__file__).parents[2]


def forbid_painting(monkeypatch: pytest.MonkeyPatch) -> None:
    def paint(*_: object, **__: object) -> None:
        pytest.fail("the run started")

    monkeypatch.setattr(sys.modules["stylelab.pipeline.transfer"], "run_plan", paint)


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        ([], {"tensorflow", "keras", "scipy", "matplotlib", "numpy", "PIL"}),
        (
            ["transfer"],
            {"tensorflow", "keras", "scipy", "matplotlib"},
        ),  # options come from Settings
    ],
)
def test_help_imports_no_heavy_dependency(command: list[str], heavy: set[str]) -> None:
    program = (
        "import sys\n"
        "from stylelab.cli.main import main\n"
        f"try: main([*{command}, '--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        f"found = {heavy} & set(sys.modules)\n"
        "sys.exit(str(found) if found else 0)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_options_have_the_defaults_of_the_settings() -> None:
    parameters = cli.transfer.get_params(click.Context(cli.transfer))
    defaults = {parameter.name: parameter.default for parameter in parameters}
    for setting in fields(Settings):
        if not setting.name.endswith("_layers"):
            assert defaults[setting.name] == setting.default


@pytest.mark.network
def test_transfer_paints_files_and_samples(run: RunCommand, tmp_path: Path) -> None:
    photo = save_image(tmp_path / "photo.png", sample("cat", 64))
    out = tmp_path / "out.png"
    status, output, err = run(
        "transfer", photo, "swirling_night", "-o", out, "--size", 64, "--steps", 2,
        "--layers", "block1_conv1,block2_conv1=0.5", "--style-weight", 10, "--smoothness", 0.1,
    )  # fmt: skip
    assert status == 0
    assert output == f"Your picture: {out}\n"
    assert "100%" in err
    assert load_image(out).shape == (43, 64, 3)
    stored = read_settings(out)
    assert stored is not None
    assert stored["style_layers"] == {"block1_conv1": 1, "block2_conv1": 0.5}
    assert stored["total_variation_weight"] == 0.1
    assert stored["painting"] == "swirling_night"


def test_quiet_prints_only_the_path_of_the_picture(run: RunCommand, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.jpg"
    given = ("transfer", "cat", "coffee", "-o", out, "--size", 64, "--steps", 1, "--quiet")
    assert run(*given, "--make-folders") == (0, f"Your picture: {out}\n", "")


@pytest.mark.network
def test_several_styles_with_masks_and_colours(run: RunCommand, tmp_path: Path) -> None:
    out, left = tmp_path / "out.png", tmp_path / "left.png"
    shape = sample("cat").shape
    half = np.zeros(shape, np.float32)
    half[:, : shape[1] // 2] = 1
    save_image(left, half)
    night = f"swirling_night,mask={left},weight=2"
    status, output, err = run(
        "transfer", "cat", night, "coffee,scale=0.5,layers=block1_conv1", "-o", out, "--size", 64,
        "--steps", 1, "--quiet", "--colours", "luminance", "--keep", left, "--tile", 256,
    )  # fmt: skip
    # The mask of the first style is the region to keep, so nothing is left for it.
    assert (status, output) == (2, "")
    assert "keep" in err
    status, output, err = run(
        "transfer", "cat", night, "coffee,scale=0.5,layers=block1_conv1", "-o", out, "--size", 64,
        "--steps", 1, "--quiet", "--colours", "luminance",
    )  # fmt: skip
    assert (status, err) == (0, "")
    stored = read_settings(out)
    assert stored is not None
    assert stored["colours"] == "luminance"
    assert stored["painting"] == [night, "coffee,scale=0.5,layers=block1_conv1"]
    first, second = cast("list[Any]", stored["styles"])
    assert (first["weight"], first["masked"]) == (2, True)
    assert (second["scale"], second["layers"]) == (0.5, {"block1_conv1": 1})


def test_unknown_rights_are_reported_and_known_rights_stored(
    run: RunCommand, tmp_path: Path
) -> None:
    photo = save_image(tmp_path / "photo.png", sample("cat", 64))
    out = tmp_path / "out.png"
    given = ("transfer", photo, "coffee", "-o", out, "--size", 64, "--steps", 1)
    status, _, err = run(*given, "--strict")
    assert status == 2
    assert "photo: no author, no licence, no source" in err
    assert not out.exists()
    status, _, err = run(*given)
    assert status == 0
    assert "Rights of the photo: author, licence and source are unknown. See:" in err
    sidecar = tmp_path / "photo.png.rights.toml"
    sidecar.write_text(
        'author = "A. Reader"\nlicence = "CC BY-SA 4.0"\nsource = "a walk"\n', "utf-8"
    )
    status, _, err = run(*given, "--strict", "--creator", "B. Painter")
    assert status == 0
    assert "Rights" not in err
    stored = read_rights(out)
    assert stored.author == "B. Painter"
    assert stored.terms.key == "CC-BY-SA-4.0"
    assert "A. Reader" in str(stored.credit)
    assert "Rachel Michetti" in str(stored.credit)


def test_a_licence_that_is_not_permitted_is_refused_before_anything_is_painted(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = save_image(tmp_path / "photo.png", sample("cat", 64))
    (tmp_path / "photo.png.rights.toml").write_text('licence = "CC BY-SA 4.0"\n', "utf-8")
    forbid_painting(monkeypatch)
    given = ("transfer", photo, "coffee", "-o", tmp_path / "out.png", "--size", 64, "--licence")
    status, _, err = run(*given, "CC0")
    assert (status, "CC BY-SA 4.0" in err) == (2, True)
    status, _, err = run(*given, "my own")
    assert (status, "my own" in err) == (2, True)


@needs_c2pa
def test_a_picture_is_signed_on_request(run: RunCommand, tmp_path: Path) -> None:
    files = make_test_certificates(tmp_path, "B. Painter")
    out = tmp_path / "out.png"
    given = ("transfer", "cat", "coffee", "-o", out, "--size", 64, "--steps", 1, "--quiet")
    assert run(*given, "--sign", files["certificate"], files["key"]) == (
        0, f"Your picture: {out}\n", ""
    )  # fmt: skip
    credentials = read_credentials(out)
    assert credentials is not None
    assert (credentials.state, credentials.inputs) == ("valid", ("photo", "painting"))
    assert run(*given, "--sign", files["certificate"], tmp_path / "none.pem")[0] == 2


@needs_c2pa
def test_a_key_that_cannot_sign_is_refused_before_anything_is_painted(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_test_certificates(tmp_path, "B. Painter")
    other = make_test_certificates(tmp_path / "other", "C. Painter")
    forbid_painting(monkeypatch)
    given = ("transfer", "cat", "coffee", "-o", tmp_path / "out.png", "--size", 64)
    for key in (files["certificate"], other["key"]):
        status, _, err = run(*given, "--sign", files["certificate"], key)
        assert (status, "Received" in err) == (2, True)


@needs_c2pa
def test_a_picture_is_kept_when_signing_fails(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_test_certificates(tmp_path, "B. Painter")
    out = tmp_path / "out.png"
    sign = rights_credentials.sign_picture

    def fails(path: Path, **how: Any) -> Path:
        if path.name == out.name:
            raise OutputError("Expected to write the signed picture. Received: a full disk.")
        return sign(path, **how)

    monkeypatch.setattr(rights_credentials, "sign_picture", fails)
    given = ("transfer", "cat", "coffee", "-o", out, "--size", 64, "--steps", 1, "--quiet")
    status, output, err = run(*given, "--sign", files["certificate"], files["key"])
    assert (status, output) == (0, f"Your picture: {out}\n")
    assert err.startswith("Not signed: Expected")
    assert load_image(out).shape == (43, 64, 3)


def test_rights_prints_the_rights_of_pictures_and_their_consequences(
    run: RunCommand, tmp_path: Path
) -> None:
    photo = save_image(tmp_path / "photo.png", sample("cat", 64))
    (tmp_path / "photo.png.rights.toml").write_text('licence = "CC BY-NC 4.0"\n', "utf-8")
    status, output, _ = run("rights", photo, "coffee", "--use", "commercial")
    assert status == 0
    assert "Rachel Michetti" in output
    assert "commercial: not permitted" in output
    assert run("rights", "no-such-picture")[0] == 2


def test_a_mask_is_never_overwritten(run: RunCommand, tmp_path: Path) -> None:
    mask = save_image(tmp_path / "mask.png", np.ones((16, 16, 3), np.float32))
    given = ("transfer", "cat", f"coffee,mask={mask}", "-o", mask, "--size", 64)
    status, _, err = run(*given)
    assert status == 2
    assert "input" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["transfer", "missing.jpg", "cat", "-o", "x.png"], ["missing.jpg"]),
        (["transfer", "cat", "swirlingnight", "-o", "x.png"], ["swirlingnight"]),
        (["transfer", "cat", ".", "-o", "x.png"], ["folder"]),
        (["transfer", "cat", "coffee", "-o", "x.bmp"], [".png"]),
        (["transfer", "cat", "coffee", "-o", "no/such/x.png"], ["missing", "--make-folders"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--size", "5"], ["size", "16"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--size", "large"], ["large", "--help"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--layers", "conv4_2"], ["block4_conv2"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--layers", "block1_conv1=x"], ["number"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--layers", ","], ["layers"]),
        (["transfer", "cat", "coffee,wieght=2", "-o", "x.png"], ["wieght=2", "weight=…"]),
        (["transfer", "cat", "coffee,weight=-1", "-o", "x.png"], ["weight", "-1"]),
        (["transfer", "cat", "coffee,weight=0", "-o", "x.png", "--content-weight", "0"], ["0"]),
        (["transfer", "cat", "coffee,mask=cat", "-o", "x.png"], ["'cat'"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--keep", "none.png"], ["none.png"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--colours", "red"], ["red", "luminance"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--tile", "5"], ["tile", "128"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--style-weight", "-1"], ["--style-weight"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--style-weight", "nan"], ["--style-weight"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--optimizer", "sgd"], ["lbfgs"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--start", "nowhere"], ["nowhere"]),
        (["transfer", "cat", "coffee", "-o", "x.png", "--checkpoint", "no/such"], ["folder"]),
        (
            ["transfer", "cat", "coffee", "-o", "x.png", "--size", "90000"],
            ["memory", "Take --size"],
        ),
        (["transfer", "cat\0", "coffee", "-o", "x.png"], ["Received"]),
        (["transfer", "c" * 5000, "coffee", "-o", "x.png"], ["Received"]),
        (["transfer", "cat"], ["PAINTING", "--help"]),
        (["transfer", "cat", "coffee"], ["--output", "--help"]),
        (["paint"], ["paint", "--help"]),
        (["weights", "--source", "torch"], ["pypi"]),
        (["samples", "--save", "taken/pictures"], ["taken"]),
        (["lab", "taken"], ["taken"]),
    ],
    ids=lambda given: " ".join(given)[:60].replace("\0", "0") if given else None,
)
def test_bad_input_gives_one_sentence_and_status_2(
    arguments: list[str],
    words: list[str],
    run: RunCommand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file, not a folder")
    assert_one_sentence(run(*arguments), *words)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_an_input_is_never_overwritten(run: RunCommand, tmp_path: Path) -> None:
    photo = save_image(tmp_path / "photo.png", sample("cat", 64))
    before = photo.read_bytes()
    given = ("--size", 64, "--steps", 1)
    assert_one_sentence(run("transfer", photo, "coffee", "-o", photo, *given), "photo.png")
    assert_one_sentence(run("transfer", "coffee", photo, "-o", photo, *given), "photo.png")
    assert photo.read_bytes() == before


def test_hostile_files_give_one_sentence(run: RunCommand, tmp_path: Path) -> None:
    hostile = {
        "empty.png": b"",
        "text.jpg": b"not a picture at all",
        "cut.png": save_image(tmp_path / "whole.png", sample("cat", 64)).read_bytes()[:500],
    }
    for name, data in hostile.items():
        (tmp_path / name).write_bytes(data)
        answer = run("transfer", tmp_path / name, "cat", "-o", tmp_path / "out.png")
        assert_one_sentence(answer, name)
    assert not (tmp_path / "out.png").exists()


def test_an_unexpected_error_gives_one_sentence(
    run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: Path) -> int:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(course, "copy_course", breaks)
    assert_one_sentence(run("lab"), "a bug of ours", "STYLELAB_TRACEBACK")


# Where the tests themselves run in the background, Ctrl-C is ignored, and that is inherited.
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from stylelab.cli.main import main
main()
"""


@pytest.mark.network
@pytest.mark.skipif(os.name == "nt", reason="signals work differently on Windows")
def test_ctrl_c_saves_the_picture_and_can_be_resumed(tmp_path: Path) -> None:
    out, state = tmp_path / "out.png", tmp_path / "state.npz"
    command = [
        sys.executable, "-c", PROGRAM, "transfer", "cat", "coffee",
        "-o", str(out), "--size", "200", "--steps", "100000", "--checkpoint", str(state),
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stderr is not None
        shown = ""
        while "px, loss" not in shown:  # the progress bar moves
            shown += (more := process.stderr.read(1))
            assert more, shown  # not ended yet
        process.send_signal(signal.SIGINT)
        output, rest = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "Traceback" not in shown + rest
    assert "Ended early: interrupted at step" in rest
    assert output == f"Your picture: {out}\n"
    stored = read_settings(out)
    assert stored is not None
    assert str(stored["stopped"]).startswith("interrupted")
    with Image.open(out) as picture:
        assert picture.size == (200, 133)
    assert state.exists()


def test_samples_are_listed_with_author_and_licence_and_saved(
    run: RunCommand, tmp_path: Path
) -> None:
    status, output, _ = run("samples", "--save", tmp_path / "all", "--size", 64)
    assert status == 0
    for name, entry in SAMPLES.items():
        assert name in output
        assert entry.author in output
        assert entry.licence in output
        picture = tmp_path / "all" / f"{name}.png"
        assert load_image(picture).shape[1] in (64, 56)
        stored = read_rights(picture)
        assert (stored.author, stored.licence) == (entry.author, entry.licence)


def test_weights_are_found_and_credited(run: RunCommand) -> None:
    status, output, _ = run("weights")
    assert status == 0
    assert "verified" in output
    assert "University of Oxford, CC BY 4.0" in output


def test_doctor_returns_its_status(run: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("doctor")[0] == 0
    monkeypatch.setenv("STYLELAB_WEIGHTS", "missing.bin")
    status, output, _ = run("doctor")
    assert status == 2
    assert "missing.bin" in output
