"""Plans of batches as TOML, and what is wrong on which of their lines."""

from pathlib import Path

import pytest

from stylelab.batches.plan_file import read_plan
from stylelab.errors import PictureError, SettingsError
from stylelab.pictures.images import Picture
from stylelab.pictures.saving import save_image

GOOD = """\
photos = ["town", "cat"]
paintings = ["swirling_night",
  ["night.png", "cat"]]
output = "results"
weights = "random"

[settings]
size = 32
style_weight = [3, 10, 30]
style_layers = ["block1_conv1", "block2_conv1"]
"""


@pytest.fixture
def folder(tmp_path: Path, photo: Picture, painting: Picture) -> Path:
    save_image(tmp_path / "town" / "a.png", photo, make_folders=True)
    save_image(tmp_path / "night.png", painting)
    return tmp_path


def read(folder: Path, text: str | bytes) -> object:
    (folder / "plan.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_plan(folder / "plan.toml")


def test_a_plan_says_all_of_a_batch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)  # its paths start from its own folder
    (folder / "plan.toml").write_text(GOOD)
    plan = read_plan(folder / "plan.toml")
    assert len(plan.jobs) == 2 * 2 * 3
    assert plan.output == folder / "results"
    assert plan.faults == ()
    assert {len(job.paintings) for job in plan.jobs} == {1, 2}
    assert {job.weights for job in plan.jobs} == {None}
    assert {job.settings.style_layers for job in plan.jobs} == {("block1_conv1", "block2_conv1")}
    elsewhere = read_plan(f"{folder.name}/plan.toml", output="there")
    assert elsewhere.output == folder.parent / "there"
    assert [job.name for job in elsewhere.jobs] == [job.name for job in plan.jobs]
    (folder / "plan.toml").write_text(GOOD.replace('output = "results"', ""))
    assert read_plan(folder / "plan.toml", output="there").output == elsewhere.output


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("[3, 10, 30]", "[3, -1]", 9, "Expected style_weight"),
        ("style_weight", "style_weigth", 9, "Did you mean style_weight?"),
        ("size = 32", "size = 8", 8, "Expected size"),
        ("block1_conv1", "block9_conv1", 10, "'block9_conv1'"),
        ("size = 32", "size = 32\nsize = 64", 9, "Cannot overwrite a value"),
        ("[settings]", "[setings]", 7, "Did you mean settings?"),
        ('weights = "random"', "creator = 3", 5, "Expected creator as a text"),
        ("size = 32", 'start = "skech.png"', 8, "skech.png"),
        ("[settings]\n", "", 7, "Settings come below [settings]"),
        ('weights = "random"', 'weights = "none"', 5, "learned or random"),
        ('output = "results"', "output = 3", 4, "Expected output as a folder"),
        ('["town", "cat"]', "7", 1, "Expected photos as a text"),
        ('"night.png", "cat"', '"night.png", 7', 2, "Expected paintings as a text"),
        ("[3, 10, 30]", "[3, 10,", 10, "Expected a plan as TOML"),
        ('photos = ["town"', 'photos = ["town', 1, "Expected a plan as TOML"),
        ("size = 32", 'statistic = "sliced"\ntile = 256', None, "adds up over tiles"),
        ('output = "results"\n', "", None, "a line output = …"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    folder: Path, old: str, new: str, line: int | None, words: str
) -> None:
    assert old in GOOD
    with pytest.raises(SettingsError) as refused:
        read(folder, GOOD.replace(old, new, 1))
    place = f"{folder / 'plan.toml'}" + ("" if line is None else f", line {line}")
    assert any(
        one.startswith(f"{place}: ") and words in one for one in str(refused.value).splitlines()
    ), str(refused.value)


def test_pictures_that_cannot_be_used_have_their_line(folder: Path) -> None:
    (folder / "plan.toml").write_text(
        GOOD.replace('"cat"]\n', '"catt"]\n').replace('"night.png"', '"nigth.png"')
    )
    plan = read_plan(folder / "plan.toml")
    assert len(plan.jobs) == 3
    lines = [fault.partition(": ")[0] for fault in plan.faults]
    assert lines == [f"{folder / 'plan.toml'}, line {number}" for number in (1, 3)]


def test_all_faults_are_named_not_the_first(folder: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        read(folder, GOOD.replace("photos", "fotos").replace('weights = "random"', "weights = 1"))
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00\x01"])
def test_a_file_that_is_no_text_is_refused(folder: Path, content: bytes) -> None:
    with pytest.raises(SettingsError, match="Expected a plan"):
        read(folder, content)


def test_a_plan_that_is_missing_or_has_no_picture_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.toml"):
        read_plan(folder / "nothing.toml")
    with pytest.raises(PictureError, match=r"line 1: Expected photos to paint"):
        read(folder, GOOD.replace('["town", "cat"]', "[]"))
