from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from playwright.sync_api import expect

import stylelab as sl
from stylelab.panels.studio.uploads import MAX_SIDE
from stylelab.pictures.images import load_image, resize, resize_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyterlab_session import Notebook
    from playwright.sync_api import Locator
    from shared_lab import SharedLab

    from stylelab.pictures.images import Picture

CELL = """
import threading
import stylelab as sl
from stylelab import panels

studio = panels.studio(size=96, steps=200_000, optimizer="adam", runs=[])
studio
"""
TOOLS = """
def workers():
    return [each.name for each in threading.enumerate() if "stylelab" in each.name]

def settle():
    for _ in range(600):  # one thread may start another before it ends
        for each in threading.enumerate():
            if "stylelab" in each.name:
                each.join(0.2)
        if not workers():
            return

def goes_on():
    try:
        studio.wait(lambda state: state.run_state.value == "running", timeout=1)
    except TimeoutError:
        return False
    return True
"""
SHORT_CELL = """
studio = panels.studio(size=64, steps=3, runs=[])
studio
"""
OTHER_CELL = "print(sum(range(1001)))"
BUSY_CELL = """
import time
print("Waiting.")
while studio.state.run_state.value != "stopped":
    time.sleep(0.05)
print("The button was heard.")
"""
STUDIO, TOOLS_CELL, SHORT, OTHER, BUSY = range(5)

PIXELS = """(image) => {
  if (!image.complete || !image.naturalWidth) return "";
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL();
}"""

ADLER32 = """async (image) => {
  if (!image.complete || !image.naturalWidth) return -1;
  let [a, b] = [1, 0];
  for (const byte of new Uint8Array(await (await fetch(image.src)).arrayBuffer())) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}"""


class Studio:
    """What a reader has before them."""

    def __init__(self, notebook: Notebook, cell: int = STUDIO, tools: int = TOOLS_CELL) -> None:
        self.notebook = notebook
        self.root = notebook.run(cell).locator(".stylelab-studio")
        notebook.run(tools)
        self.expect_status("Ready.")

    @property
    def status(self) -> Locator:
        return self.root.locator(".stylelab-status")

    def expect_status(self, begins: str) -> None:
        expect(self.status).to_have_text(re.compile(f"^{re.escape(begins)}"))

    def expect_state(self, state: str) -> None:
        expect(self.root.locator(".stylelab-controls")).to_have_attribute("data-state", state)

    def press(self, name: str) -> None:
        button = self.button(name)
        expect(button).to_have_attribute("aria-disabled", "false")
        button.click()

    def button(self, name: str) -> Locator:
        run = self.root.get_by_role("group", name="Run", exact=True)
        return run.get_by_role("button", name=name, exact=True)

    @property
    def picture(self) -> Locator:
        return self.root.locator("img.stylelab-now")

    def pixels(self) -> str:
        pixels: str = self.picture.evaluate(PIXELS)
        return pixels

    def step(self) -> int:
        """The step that the run is at; 0 before the first one."""
        words = self.root.locator(".stylelab-progress-text").inner_text()
        found = re.match(r"step (\d+) of", words)
        return int(found[1]) if found else 0

    def expect_step_after(self, step: int) -> None:
        facts = self.root.locator(".stylelab-progress-text").element_handle()
        self.notebook.page.wait_for_function(
            "([facts, step]) => Number(/step (\\d+)/.exec(facts.textContent)?.[1] ?? 0) > step",
            arg=[facts, step],
        )

    def expect_pixels_other_than(self, pixels: str) -> str:
        self.notebook.page.wait_for_function(
            f"([image, before]) => ![before, ''].includes(({PIXELS})(image))",
            arg=[self.picture.element_handle(), pixels],
        )
        return self.pixels()

    def expect_kernels_picture(self) -> str:
        """Wait until the page shows what the kernel sent last."""
        sent = self.notebook.ask("__import__('zlib').adler32(studio.widget.now)")
        self.notebook.page.wait_for_function(
            f"async ([image, sent]) => await ({ADLER32})(image) === sent",
            arg=[self.picture.element_handle(), sent],
        )
        return self.pixels()

    def pause(self) -> None:
        """Pause, and wait until the present step has come to its end and is shown."""
        self.press("Pause")
        self.expect_state("paused")
        self.expect_status("Paused.")

    def start(self) -> None:
        """Start, and wait until the run goes on by itself."""
        self.press("Start")
        self.expect_state("running")
        self.expect_step_after(1)

    def finish(self) -> None:
        """Paint to the end."""
        self.press("Start")
        self.expect_state("finished")

    def chooser(self, role: str) -> Locator:
        return self.root.locator(f".stylelab-chooser[data-role={role}]")

    def expect_chosen(self, role: str, name: str) -> None:
        expect(self.chooser(role).locator(".stylelab-chosen-name")).to_have_text(name)


@pytest.fixture(scope="module")
def notebook(shared_lab: SharedLab) -> Iterator[Notebook]:
    notebook = shared_lab.open((CELL, TOOLS, SHORT_CELL, OTHER_CELL, BUSY_CELL))
    yield notebook
    notebook.close()


@pytest.fixture
def studio(notebook: Notebook) -> Iterator[Studio]:
    yield Studio(notebook)
    notebook.ask("studio.close()")


@pytest.fixture
def saved(notebook: Notebook) -> Iterator[Studio]:
    """A studio in a notebook that can be saved: it has no widgets of a former kernel."""
    notebook.command("notebook:clear-all-cell-outputs")
    yield Studio(notebook)
    notebook.ask("studio.close()")


@pytest.fixture
def short(studio: Studio) -> Iterator[Studio]:
    """A studio with runs of three steps."""
    yield Studio(studio.notebook, SHORT)
    studio.notebook.ask("studio.close()")


def test_the_picture_visibly_changes_while_painting(studio: Studio) -> None:
    seen = [studio.pixels()]
    studio.start()
    for _ in range(3):
        seen.append(studio.expect_pixels_other_than(seen[-1]))
    assert len(set(seen)) == 4
    expect(studio.root.locator(".stylelab-loss-curves")).to_be_visible()
    expect(studio.root.get_by_role("img", name=re.compile("^Share of the loss: "))).to_be_visible()
    expect(studio.picture).to_have_attribute(
        "alt", re.compile(r"^cat in the style of swirling night, after \d+ of 200000 steps, 96 × ")
    )


def test_a_weight_takes_effect_while_painting_without_a_restart(studio: Studio) -> None:
    studio.start()
    before = studio.step()
    studio.root.get_by_label("style weight", exact=True).press("End")
    mark = studio.root.locator(".stylelab-change")
    expect(mark.locator("title")).to_have_text(re.compile("style weight 10 → "))
    studio.expect_step_after(before + 1)
    studio.expect_state("running")
    label, weight = studio.notebook.ask(
        "studio.state.run.name, studio.state.run.settings.style_weight"
    )
    assert label == "run 1"
    assert weight > 100
    assert studio.notebook.ask("len(studio.runs)") == 0  # no run has ended


def test_the_picture_freezes_when_paused_and_continues_when_resumed(studio: Studio) -> None:
    studio.start()
    studio.pause()
    step, pixels = studio.step(), studio.expect_kernels_picture()
    assert not studio.notebook.ask("goes_on()")
    assert (studio.step(), studio.pixels()) == (step, pixels)
    studio.press("Resume")
    studio.expect_step_after(step)
    studio.expect_pixels_other_than(pixels)


def test_stopping_keeps_the_picture_and_leaves_no_thread(studio: Studio) -> None:
    studio.start()
    studio.press("Stop")
    studio.expect_state("stopped")
    expect(studio.root.locator(".stylelab-run-name")).to_have_text(["photo", "run 1"])
    assert studio.notebook.ask("workers()", before="settle()") == []
    assert studio.notebook.ask("len(studio.runs)") == 1


def test_another_layer_restarts_the_run_and_keeps_the_previous_one(studio: Studio) -> None:
    studio.start()
    studio.root.locator(".stylelab-group-layers > summary").click()
    studio.root.get_by_label("block2_conv1 for style").uncheck()
    expect(studio.root.locator(".stylelab-run-name")).to_have_text(["photo", "run 1", "run 2"])
    studio.expect_state("running")
    expect(studio.status).to_contain_text("style layers")
    expect(studio.root.get_by_role("slider", name="Compare: run 1")).to_be_visible()
    layers = studio.notebook.ask("list(studio.state.run.settings.style_layers)")
    assert "block2_conv1" not in layers


def write_picture(path: Path) -> Picture:
    random = np.random.default_rng(0)
    picture = load_image(random.random((40, 60, 3), dtype=np.float32))
    sl.save_image(path, picture)
    return load_image(path)


def test_the_users_picture_can_be_chosen_as_a_file(studio: Studio, tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "holiday.png")
    studio.chooser("photo").locator("input[type=file]").set_input_files(tmp_path / "holiday.png")
    studio.expect_chosen("photo", "holiday")
    shape, total = studio.notebook.ask(
        "studio.state.photos.choice.load().shape, float(studio.state.photos.choice.load().sum())"
    )
    assert shape == picture.shape
    assert total == pytest.approx(float(picture.sum()), rel=1e-5)
    studio.start()  # and it can be painted


DROP = """([target, name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(bytes)], name, { type: "image/png" }));
  for (const type of ["dragenter", "dragover", "drop"]) {
    const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
    target.dispatchEvent(new DragEvent(type, options));
  }
}"""


def test_the_users_picture_can_be_dropped(studio: Studio, tmp_path: Path) -> None:
    write_picture(tmp_path / "fabric.png")
    drop(studio.chooser("painting"), "fabric.png", (tmp_path / "fabric.png").read_bytes())
    studio.expect_chosen("painting", "fabric")
    expect(studio.root.locator(".stylelab-dropping")).to_have_count(0)
    assert studio.notebook.ask("studio.state.paintings.choice.load().shape") == (40, 60, 3)


def drop(target: Locator, name: str, content: bytes) -> None:
    page = target.page
    page.evaluate(DROP, [target.element_handle(), name, list(content)])


def huge_png() -> bytes:
    """A few bytes that promise a picture of 60 000 × 60 000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.png", b"This is no picture, whatever its name says."),
        ("empty.png", b""),
        ("huge.png", huge_png()),
        ("harbour.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n"),
    ],
    ids=["text", "empty", "huge", "eps"],
)
def test_an_unusable_picture_shows_a_message_and_the_studio_keeps_working(
    studio: Studio, name: str, content: bytes
) -> None:
    chooser = studio.chooser("photo")
    files: Any = {"name": name, "mimeType": "image/png", "buffer": content}
    chooser.locator("input[type=file]").set_input_files(files)
    expect(chooser.locator(".stylelab-notice")).to_have_text(re.compile(r"^Expected .*Received: "))
    studio.expect_chosen("photo", "cat")
    studio.start()


def test_a_large_photograph_is_uploaded_completely_with_its_author(
    studio: Studio, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Ada"
    pixels = np.random.default_rng(2).integers(0, 256, (1700, 2400, 3), np.uint8)
    path = tmp_path / "harbour.jpg"
    Image.fromarray(pixels).save(path, quality=95, subsampling=0, exif=exif)
    assert path.stat().st_size > 6_000_000  # three messages
    studio.chooser("photo").locator("input[type=file]").set_input_files(path)
    studio.expect_chosen("photo", "harbour")
    shape, total, author = studio.notebook.ask(
        "studio.state.photos.choice.load().shape, float(studio.state.photos.choice.load().sum()), "
        "studio.state.photos.choice.input_rights.author"
    )
    expected = resize(load_image(path), MAX_SIDE)
    assert (shape, author) == (expected.shape, "Ada")
    assert total == pytest.approx(float(expected.sum()), rel=1e-5)


def test_a_mask_stays_with_its_painting_when_one_above_is_removed(
    studio: Studio,
) -> None:
    root = studio.root
    root.locator(".stylelab-group-places > summary").click()
    for count in (2, 3):
        root.get_by_role("button", name="+ another painting").click()
        expect(root.locator(".stylelab-style-choice[data-row]")).to_have_count(count)
    names = studio.notebook.ask(
        "[each.painting.name for each in studio.state.selection.style_choices]"
    )
    root.get_by_role("button", name="Draw a mask, for painting 3").click()
    drawing = root.locator(".stylelab-drawing")
    expect(drawing).to_contain_text(f"in the style of {names[2]}")
    drawing.get_by_role("button", name="Fill").click()
    root.get_by_role("button", name=f"remove {names[1]}").click()
    expect(root.locator(".stylelab-style-choice[data-row]")).to_have_count(2)
    expect(drawing).to_contain_text(f"in the style of {names[2]}")
    use = drawing.get_by_role("button", name="Use this mask")
    colour = use.evaluate("(button) => getComputedStyle(button).backgroundColor")
    use.hover()
    expect(use).to_have_css("background-color", colour)  # its letters are white
    use.click()
    expect(root.get_by_label("where").nth(1)).to_have_value("mask 1")
    studio.notebook.expect_answer(
        "[(one.painting.name, bool(one.place)) for one in studio.state.selection.style_choices]",
        [(names[0], False), (names[2], True)],
    )
    root.locator(".stylelab-style-choice[data-row]").nth(1).get_by_role("slider").focus()
    studio.notebook.page.keyboard.press("Home")
    expect(root.locator(".stylelab-percent").nth(1)).to_have_text("0 %")
    studio.notebook.expect_answer(
        "[each.share > 0 for each in studio.state.selection.style_choices]", [True, False]
    )


def test_the_picture_is_saved_with_its_settings_and_never_overwrites(short: Studio) -> None:
    short.finish()
    expect(short.root.locator(".stylelab-save")).to_have_attribute("aria-disabled", "false")
    name = short.root.get_by_label("Save as").input_value()
    short.root.get_by_role("button", name="Save").click()
    says = short.root.locator(".stylelab-save-panel .stylelab-notice")
    path = short.notebook.folder / name
    expect(says).to_have_text(f"Saved: {path.resolve()}")
    settings = sl.read_settings(path)
    assert settings is not None
    assert settings["photo"] == "cat"
    assert settings["painting"] == "swirling night"
    assert (settings["size"], settings["steps"]) == (64, 3)
    kept = path.read_bytes()
    field = short.root.get_by_label("Save as")
    expect(field).not_to_have_value(name)
    field.fill(name)
    short.root.get_by_role("button", name="Save").click()
    expect(says).to_contain_text("which is there already")
    assert path.read_bytes() == kept


def test_two_runs_are_compared_with_the_keyboard_slider(short: Studio) -> None:
    short.finish()
    preset = short.root.get_by_role("button", name="texture only")
    preset.click()
    expect(preset).to_have_attribute("aria-pressed", "true")
    short.press("Start")
    expect(short.root.locator(".stylelab-run-name")).to_have_text(["photo", "run 1", "run 2"])
    compare = short.root.get_by_role("button", name="Compare with run 1")
    compare.click()
    expect(compare).to_have_attribute("aria-pressed", "true")
    slider = short.root.get_by_role("slider", name=re.compile("^Compare: run 1 and run 2"))
    stage = short.root.locator(".stylelab-stage")
    slider.press("Home")
    assert stage.evaluate("(stage) => stage.style.getPropertyValue('--split')") == "0%"
    slider.press("ArrowRight")
    assert stage.evaluate("(stage) => stage.style.getPropertyValue('--split')") == "1%"
    before = short.root.locator("img.stylelab-before")
    expect(before).to_be_visible()
    assert before.evaluate(PIXELS) != short.pixels()


def test_the_settings_are_copied_as_a_valid_python_call(short: Studio) -> None:
    context = short.notebook.page.context
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    short.root.get_by_label("style weight, exact number").fill("30")
    short.root.get_by_label("style weight, exact number").press("Tab")
    code = short.root.locator(".stylelab-code")
    expect(code).to_contain_text("style_weight=30")
    short.root.get_by_text("As Python").click()
    short.root.get_by_role("button", name="Copy").click()
    expect(short.root.get_by_text("Copied.")).to_be_visible()
    copied = short.notebook.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == code.inner_text().strip()
    compile(copied, "copied", "exec")
    assert "sl.transfer" in copied
    short.root.get_by_label("style weight, exact number").fill("40")
    short.root.get_by_label("style weight, exact number").press("Tab")
    expect(code).to_contain_text("style_weight=40")
    expect(short.root.get_by_text("Copied.")).to_have_count(0)  # that was another call


def write_mask(path: Path) -> None:
    """White above, black below, of the cat's size."""
    mask = np.zeros(sl.sample("cat").shape[:2], np.uint8)
    mask[:150] = 255
    Image.fromarray(mask).save(path)


def test_two_styles_in_regions_with_the_photos_colours_are_painted_and_saved(
    short: Studio, tmp_path: Path
) -> None:
    write_mask(tmp_path / "sky.png")
    root = short.root
    root.locator(".stylelab-group-places > summary").click()
    root.get_by_role("button", name="+ another painting").click()
    second = root.locator(".stylelab-style-choice[data-row='1']")
    second.get_by_role("radio", name="woodcut waves").check()
    expect(second.locator("legend")).to_contain_text("2 · woodcut waves")
    root.get_by_role("slider", name="share").last.fill("50")
    expect(root.locator(".stylelab-percent")).to_have_text(["67 %", "33 %"])
    root.get_by_label("A mask from a file, for painting 1").set_input_files(tmp_path / "sky.png")
    expect(root.get_by_label("where").first).to_contain_text("all but sky")
    second.get_by_label("where").select_option("all but sky")
    draw_across(short)
    expect(root.locator(".stylelab-group-places > summary")).to_contain_text("2 paintings, 3 masks")
    root.locator(".stylelab-group-style > summary").click()
    root.get_by_label("colours", exact=True).select_option("the photo's, by luminance")
    expect(root.locator(".stylelab-code")).to_contain_text(
        '+ 0.333 * sl.style(sl.sample("woodcut_waves"), mask=1 - sky)'
    )
    short.finish()
    name = root.get_by_label("Save as").input_value()
    root.get_by_role("button", name="Save").click()
    expect(root.locator(".stylelab-save-panel .stylelab-notice")).to_contain_text("Saved: ")
    expect_colours_of_the_cat(load_image(short.notebook.folder / name))
    settings = sl.read_settings(short.notebook.folder / name)
    assert settings is not None
    assert (settings["colours"], settings["keep"]) == ("luminance", "drawn")
    styles: Any = settings["styles"]
    assert [(style["painting"], style["place"]) for style in styles] == [
        ("swirling night", "sky"),
        ("woodcut waves", "all but sky"),
    ]


def test_a_share_takes_effect_while_painting_without_a_restart(studio: Studio) -> None:
    root = studio.root
    root.locator(".stylelab-group-places > summary").click()
    root.get_by_role("button", name="+ another painting").click()
    studio.start()
    before = studio.step()
    root.get_by_role("slider", name="share").last.press("Home")
    expect(root.locator(".stylelab-percent")).to_have_text(["100 %", "0 %"])
    mark = root.locator(".stylelab-change")
    expect(mark.locator("title")).to_have_text(re.compile("share of .* 100 → 0"))
    studio.expect_step_after(before + 1)
    assert studio.notebook.ask("len(studio.runs)") == 0  # no run has ended
    expect(root.locator(".stylelab-code")).to_contain_text("+ 0 * sl.style(")


def draw_across(studio: Studio) -> None:
    """Draw a line across the picture, and keep the photo there."""
    studio.root.get_by_role("button", name="Draw a mask, for the photo to keep").click()
    expect(studio.picture).to_be_hidden()
    box = studio.root.locator(".stylelab-mask canvas").bounding_box()
    assert box is not None
    mouse, middle = studio.notebook.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 5, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] - 5, middle, steps=3)
    mouse.up()
    studio.root.get_by_role("button", name="Use this mask").click()
    expect(studio.picture).to_be_visible()


def expect_colours_of_the_cat(picture: Picture) -> None:
    """Blue and red less luma are the photo's, but for rounding to 8 bits."""
    photo = resize_to(sl.sample("cat"), *picture.shape[:2])
    luma = np.array([0.299, 0.587, 0.114])
    chroma = [each[..., ::2] - (each @ luma)[..., None] for each in (picture, photo)]
    np.testing.assert_allclose(chroma[0], chroma[1], atol=1.1 / 255)
    assert np.abs(picture - photo).mean() > 0.01  # and yet it was painted


def choose_one_pass(studio: Studio) -> None:
    """Choose it, and wait for the first picture."""
    studio.root.get_by_role("radio", name="One pass").check()
    expect_caption(studio, "one pass: cat × swirling night, 64 × 43 px")


def expect_caption(studio: Studio, text: str) -> None:
    expect(studio.root.locator("figcaption")).to_have_text(text)


def test_a_photo_dropped_in_is_painted_in_one_pass_mixed_saved_and_refined(
    short: Studio, tmp_path: Path
) -> None:
    root, notebook = short.root, short.notebook
    choose_one_pass(short)
    expect(short.chooser("painting")).to_be_hidden()
    write_picture(tmp_path / "fabric.png")
    drop(short.chooser("photo"), "fabric.png", (tmp_path / "fabric.png").read_bytes())
    expect_caption(short, "one pass: fabric × swirling night, 64 × 43 px")
    root.get_by_role("radio", name="stained glass").check()
    expect_caption(short, "one pass: fabric × stained glass, 64 × 43 px")
    alone = short.expect_kernels_picture()
    slider = root.get_by_role("slider", name="woodcut waves")
    for _ in range(5):
        slider.press("PageUp")
    expect(slider).to_have_attribute("aria-valuetext", "33 % of the style")
    expect_caption(short, "one pass: fabric × stained glass + woodcut waves, 64 × 43 px")
    notebook.expect_answer(
        "dict(studio.state.shown_painting.request.shares)",
        {"stained_glass": 100, "woodcut_waves": 50},
    )
    assert short.expect_kernels_picture() != alone
    name = root.get_by_label("Save as").input_value()
    root.get_by_role("button", name="Save").click()
    expect(root.locator(".stylelab-save-panel .stylelab-notice")).to_contain_text("Saved: ")
    settings = sl.read_settings(notebook.folder / name)
    assert settings is not None
    assert (settings["network"], settings["photo"]) == ("seven_styles", "fabric")
    expect(root.locator(".stylelab-code")).to_contain_text("painted = sl.paint(")
    root.get_by_role("button", name="Refine").click()
    short.expect_state("finished")
    expect(root.get_by_role("radio", name="Optimize")).to_be_checked()
    expect_caption(short, "run 1: fabric × stained glass + woodcut waves, 64 × 43 px")
    expect(root.get_by_label("steps", exact=True)).to_have_value("3")  # as it was
    root.get_by_role("radio", name="One pass").check()
    expect_caption(short, "one pass: fabric × stained glass + woodcut waves, 64 × 43 px")


def test_a_slider_that_moves_fast_skips_positions_and_a_network_can_be_dropped(
    short: Studio, tmp_path: Path
) -> None:
    root, notebook = short.root, short.notebook
    choose_one_pass(short)
    root.get_by_role("slider", name="strength").evaluate(
        """(slider) => {
          for (let position = 99; position >= 20; position -= 1) {
            slider.value = position;
            slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
          }
        }"""
    )
    ask = "studio.wait(lambda state: state.shown_painting.request.strength == 0.2).is_closed"
    assert notebook.ask(ask) is False
    expect(root.locator(".stylelab-code")).to_contain_text("strength=0.2")
    assert "stylelab files" not in notebook.ask("workers()", before="settle()")  # nothing waits
    foreign = tmp_path / "letter.stylelab"
    foreign.write_bytes(b"Dear reader")
    add = root.get_by_label("Add your own network")
    add.set_input_files(foreign)
    notice = root.locator(".stylelab-one-pass .stylelab-notice")
    expect(notice).to_contain_text("Received: 'letter.stylelab', which is another kind of file.")
    expect_caption(short, "one pass: cat × swirling night, 64 × 43 px")
    own = sl.save_network(tmp_path / "mine", sl.PaintingNetwork(("sky",), width=1, blocks=0))
    root.get_by_role("radio", name="Optimize").check()
    drop(short.chooser("photo"), own.name, own.read_bytes())
    expect_caption(short, "one pass: cat × sky, 64 × 43 px")
    expect(root.get_by_label("network", exact=True)).to_have_value("mine.stylelab")
    root.get_by_role("button", name="Refine").click()
    expect(notice).to_contain_text("none that is called sky")
    short.chooser("photo").get_by_role("radio", name="coffee").press("Space")
    expect_caption(short, "one pass: coffee × sky, 64 × 43 px")


def test_another_cell_runs_while_painting(studio: Studio) -> None:
    studio.start()
    output = studio.notebook.run(OTHER)
    expect(output).to_contain_text("500500")
    studio.expect_step_after(studio.step())


def start_busy_cell(notebook: Notebook) -> None:
    """Start a cell that runs until a studio is stopped, and wait until the kernel is at it."""
    notebook.start(BUSY)
    expect(notebook.cell(BUSY).locator(".jp-InputPrompt")).to_have_text("[*]:")
    expect(notebook.output(BUSY)).to_have_text("Waiting.")


def test_the_buttons_work_while_a_cell_runs(studio: Studio) -> None:
    studio.start()
    start_busy_cell(studio.notebook)
    studio.pause()
    studio.press("Resume")
    studio.expect_state("running")
    expect(studio.notebook.cell(BUSY).locator(".jp-InputPrompt")).to_have_text("[*]:")
    studio.press("Stop")
    studio.expect_state("stopped")
    studio.notebook.wait(BUSY)
    expect(studio.notebook.output(BUSY)).to_contain_text("The button was heard.")


def test_a_kept_run_is_shown_used_again_continued_and_deleted(short: Studio) -> None:
    short.finish()
    short.root.get_by_role("button", name="paint freely").click()
    short.press("Start")
    names = short.root.locator(".stylelab-run-name")
    expect(names).to_have_text(["photo", "run 1", "run 2"])
    short.expect_state("finished")
    short.root.locator(".stylelab-run", has_text="run 1").click()
    expect(short.root.locator("figcaption")).to_contain_text("run 1: cat × swirling night")
    tools = short.root.get_by_role("group", name="The shown run")
    tools.get_by_role("button", name="Use its settings").click()
    expect(short.root.get_by_label("style weight, exact number")).to_have_value("10")
    tools.get_by_role("button", name="Delete").click()
    expect(names).to_have_text(["photo", "run 2"])
    tools.get_by_role("button", name="50 more steps").click()
    expect(names).to_have_text(["photo", "run 2", "run 3"])
    short.expect_state("finished")
    assert short.notebook.ask("studio.runs[-1].settings.steps") == 53


def test_shortcuts_start_and_pause(studio: Studio) -> None:
    studio.root.get_by_label("style weight", exact=True).focus()
    studio.notebook.page.keyboard.press("Control+Enter")
    studio.expect_state("running")
    studio.expect_step_after(1)
    studio.notebook.page.keyboard.press("Escape")
    studio.expect_state("paused")
    studio.notebook.page.keyboard.press("Control+Enter")
    studio.expect_state("running")


def test_a_picture_is_downloaded_and_a_grid_is_painted(short: Studio) -> None:
    short.finish()
    with short.notebook.page.expect_download() as downloaded:
        short.root.get_by_role("button", name="Download").click()
    assert downloaded.value.suggested_filename.startswith("stylelab_cat_swirling_night_")
    assert load_image(downloaded.value.path().read_bytes()).shape == (43, 64, 3)
    short.root.locator(".stylelab-group-compare > summary").click()
    short.root.get_by_label("values, rows").fill("3, 30")
    short.root.get_by_label("values, columns").fill("0, 1")
    short.root.get_by_role("button", name="Paint the grid").click()
    cells = short.root.locator(".stylelab-grid .stylelab-run")
    expect(cells).to_have_count(4)
    expect(short.root.locator(".stylelab-grid th[scope=row]")).to_have_text(
        ["style weight 3", "style weight 30"]
    )
    cells.first.click()
    expect(short.root.locator("figcaption")).to_contain_text("run 2")


def test_the_picture_is_zoomed_and_moved_with_the_compared_one(short: Studio) -> None:
    short.finish()
    short.root.get_by_role("button", name="Compare with photo").click()
    expect(short.root.locator("img.stylelab-before")).to_be_visible()
    short.root.get_by_role("button", name="Zoom in").click()
    short.root.get_by_role("button", name="Zoom in").press("ArrowRight")
    transforms = [
        short.root.locator(f"img.stylelab-{name}").evaluate("(image) => image.style.transform")
        for name in ("now", "before")
    ]
    assert transforms[0] == transforms[1] == "translate(-40px, 0px) scale(1.25)"
    short.root.get_by_role("button", name="Fit").click()
    expect(short.picture).to_have_attribute("style", "")


def test_a_step_that_is_looked_at_stays_while_the_run_goes_on(studio: Studio) -> None:
    ask = studio.notebook.ask
    studio.start()
    studio.expect_step_after(9)
    studio.pause()
    slider = studio.root.get_by_role("slider", name="Step of the run")
    slider.press("Home")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^frame 3 of "))
    studio.notebook.expect_answer("studio.state.frame", 2)
    ask("None", before="from stylelab.panels.studio import run_progress as limits")
    ask("None", before="limits.MAX_FRAMES = len(studio.state.run.frames)")
    studio.press("Resume")
    ask("studio.wait(lambda state: state.frame < 2).run_state.value")  # every other one is left out
    studio.pause()
    expect(slider).to_have_value(str(ask("studio.state.frame")))
    studio.expect_kernels_picture()
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "the picture")
    studio.notebook.expect_answer("studio.state.frame", None)
    step = studio.step()
    studio.press("Resume")
    studio.expect_step_after(step)
    expect(slider).to_have_attribute("aria-valuetext", "the picture")  # it follows
    ask("None", before="limits.MAX_FRAMES = 240")


def test_a_picture_is_pasted(studio: Studio, tmp_path: Path) -> None:
    write_picture(tmp_path / "fabric.png")
    content = list((tmp_path / "fabric.png").read_bytes())
    studio.root.evaluate(
        """(root, bytes) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([Uint8Array.from(bytes)], "i.png", { type: "image/png" }));
          root.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }""",
        content,
    )
    studio.expect_chosen("photo", "i")
    studio.chooser("photo").get_by_role("button", name="Turn this photo").click()
    studio.expect_chosen("photo", "i, turned")
    assert studio.notebook.ask("studio.state.photos.choice.load().shape") == (60, 40, 3)
    studio.chooser("photo").get_by_role("button", name="Remove this photo").click()
    studio.expect_chosen("photo", "cat")


def test_rerunning_the_cell_ends_the_previous_run_and_its_thread(studio: Studio) -> None:
    studio.start()
    again = Studio(studio.notebook)
    assert studio.notebook.ask("workers()", before="settle()") == []
    again.start()
    assert studio.notebook.ask("workers().count('stylelab transfer')") == 1


def test_a_kernel_restart_during_a_run_leaves_a_working_page(studio: Studio) -> None:
    studio.start()
    studio.notebook.restart_kernel()
    studio.expect_status("The kernel that made this studio is gone.")
    studio.button("Pause").click()  # which nobody hears
    box = studio.root.bounding_box()
    assert box is not None
    for column in ("left", "right"):  # no icons of broken links among them
        part = studio.root.locator(f".stylelab-{column}").bounding_box()
        assert part is not None
        assert box["x"] <= part["x"] < part["x"] + part["width"] <= box["x"] + box["width"] + 1
    studio.root.get_by_label("style weight", exact=True).press("Home")
    studio.root.get_by_role("button", name="paint freely").click()
    again = Studio(studio.notebook)
    again.start()


def test_a_run_goes_on_while_the_page_is_loaded_again_and_is_shown_as_before(
    saved: Studio,
) -> None:
    saved.root.get_by_role("button", name="paint freely").click()
    saved.start()
    step = saved.step()
    saved.notebook.reload()
    saved.expect_state("running")
    saved.expect_step_after(step)
    saved.expect_status("Painting.")
    saved.expect_chosen("painting", "swirling night")
    preset = saved.root.get_by_role("button", name="paint freely")
    expect(preset).to_have_attribute("aria-pressed", "true")
    expect(saved.root.locator(".stylelab-loss-curves")).to_be_visible()
    saved.expect_pixels_other_than(saved.pixels())
    saved.pause()  # and it hears its buttons
    saved.expect_kernels_picture()
    saved.press("Stop")
    saved.expect_state("stopped")
    (run,) = saved.notebook.ask("[(run.name, run.steps_done) for run in studio.runs]")
    assert run == ("run 1", saved.step())


@pytest.mark.parametrize("in_a_cell", [False, True], ids=["between cells", "in a cell"])
def test_interrupting_the_kernel_keeps_the_run_and_its_picture(
    studio: Studio, in_a_cell: bool
) -> None:
    notebook = studio.notebook
    studio.start()
    if in_a_cell:
        start_busy_cell(notebook)
    notebook.command("notebook:interrupt-kernel")
    if in_a_cell:
        expect(notebook.output(BUSY)).to_contain_text("KeyboardInterrupt")
    studio.expect_step_after(studio.step())
    studio.press("Stop")
    studio.expect_state("stopped")
    expect(studio.root.locator(".stylelab-run-name")).to_have_text(["photo", "run 1"])
    studio.expect_kernels_picture()
    studio.start()  # and it can be used as before


def test_two_tabs_show_one_run_which_goes_on_when_one_of_them_is_closed(
    saved: Studio, shared_lab: SharedLab
) -> None:
    saved.start()
    tab = shared_lab.open_tab()
    other = saved.notebook.in_tab(tab).output(STUDIO).locator(".stylelab-studio")
    state = other.locator(".stylelab-controls")
    expect(state).to_have_attribute("data-state", "running")
    saved.pause()
    expect(state).to_have_attribute("data-state", "paused")
    other.get_by_role("button", name="Resume", exact=True).click()
    saved.expect_state("running")
    assert tab.complaints == []
    tab.page.close()
    saved.expect_step_after(saved.step())
    saved.pause()


def test_clearing_the_output_ends_the_run(studio: Studio) -> None:
    studio.start()
    studio.notebook.command("notebook:clear-all-cell-outputs")
    expect(studio.root).to_have_count(0)
    state = studio.notebook.ask(
        "studio.wait(lambda state: state.run_state.value == 'stopped', 60).run_state.value",
        seconds=120,
    )
    assert state == "stopped"
    assert studio.notebook.ask("workers()", before="settle()") == []


def test_closing_leaves_no_thread_and_is_reported(studio: Studio) -> None:
    studio.start()
    studio.press("Close")
    studio.expect_status("Closed.")
    assert studio.notebook.ask("workers()", before="settle()") == []
    expect(studio.button("Start")).to_have_attribute("aria-disabled", "true")
