"""Screenshots of the panels for the README: python tests/browser/take_screenshots.py (two minutes)."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyterlab_session import Lab, Notebook, Window, find_chromium, launch
from PIL import Image
from playwright.sync_api import Browser, Locator, expect, sync_playwright

DOCS = Path(__file__).parents[2] / "docs"

PAINT = """
import stylelab as sl
from stylelab.panels import Recorder, explorer

photo, painting = sl.sample("cat"), sl.sample("swirling_night")
recorder = Recorder()
result = sl.transfer(photo, painting, size=384, callback=recorder, progress=False)
"""


def main() -> None:
    """Open each panel, do what a reader would, and take its picture."""
    with sync_playwright() as playwright:
        chromium = find_chromium(playwright)
        if chromium is None:
            raise SystemExit(
                "Expected a Chromium. Received: none. Install one: apt install chromium"
            )
        browser = launch(playwright, chromium)
        for take_screenshot in (studio, explorer):
            with TemporaryDirectory() as folder, Lab(Path(folder)) as lab:
                take_screenshot(lab, browser)
        browser.close()


def studio(lab: Lab, browser: Browser) -> None:
    """Two runs, the second with a weight changed during it."""
    notebook = _open(
        lab, browser, 1340, ["from stylelab.panels import studio\npanel = studio()\npanel"]
    )
    panel = notebook.run(0).locator(".stylelab-studio")
    status = panel.locator(".stylelab-status")
    for preset in ("keep the photo", "balance"):
        panel.get_by_role("button", name=preset).click()
        panel.get_by_role("button", name="Start", exact=True).click()
        expect(panel).to_contain_text("step 1", timeout=60_000)
        if preset == "balance":
            expect(panel).to_contain_text(re.compile(r"step 2\d of"), timeout=60_000)
            panel.get_by_role("button", name="paint freely").click()
        expect(status).to_contain_text("Finished", timeout=200_000)
    _save_screenshot(panel, "studio.jpg")


def explorer(lab: Lab, browser: Browser) -> None:
    """One channel of the third block, in photo, painting and result."""
    shown = "explorer(photo, style=painting, result=result, steps=recorder.pictures)"
    notebook = _open(lab, browser, 1340, [PAINT, shown])
    notebook.run(0, 200)
    panel = notebook.run(1).locator(".stylelab-explorer")
    expect(panel.locator("[role=option]").first).to_be_visible(timeout=60_000)
    panel.locator("[role=option][data-channel='137']").click()
    expect(
        panel.locator(".stylelab-explorer-patches .stylelab-explorer-tile").first
    ).to_be_visible()
    _save_screenshot(panel, "explorer.jpg")


def _open(lab: Lab, browser: Browser, width: int, cells: list[str]) -> Notebook:
    context = browser.new_context(viewport={"width": width, "height": 1900})
    window = Window(lab, context)
    notebook = Notebook(window, cells)
    notebook.command("application:toggle-left-area")
    return notebook


def _save_screenshot(panel: Locator, name: str) -> None:
    taken = Image.open(BytesIO(panel.screenshot(animations="disabled"))).convert("RGB")
    taken.save(DOCS / name, quality=90, subsampling="4:4:4", optimize=True)


if __name__ == "__main__":
    main()
