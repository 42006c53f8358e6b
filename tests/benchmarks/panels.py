"""Measure the panels against their limits, in a real JupyterLab and a headless Chromium: make bench.

Browser times come from its own clock. Close other programs first; takes about eight minutes on
two cores.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jupyterlab_session import Lab, Notebook, Window, find_chromium, launch, new_context
from playwright.sync_api import sync_playwright

from stylelab.network.layer_facts import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from playwright.sync_api import BrowserContext, Page, WebSocket

    Rows = Iterator[tuple[str, str, str]]

ROUNDS = 5
TURNS = 6
STEPS = 48
CHANNELS = 100
MOVES = 200


def main() -> None:
    """Run every measure and print a table."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = find_chromium(playwright)
        if chromium is None:
            print("5. The panels were not measured, for want of Chromium: apt install chromium.")
            return
        browser = launch(playwright, chromium)
        with Lab(Path(folder)) as lab:
            context = new_context(browser)
            traffic = Traffic(context)
            window = Window(lab, context)
            for rows in (studio(window, traffic), explorer(window, traffic)):
                for name, value, wanted in rows:
                    print(f"{name:<58}{value:>14}   {wanted}", flush=True)
            for complaint in window.complaints:
                print(f"   the page complained: {complaint}")
        browser.close()


@contextmanager
def opened(window: Window, cells: Sequence[str]) -> Iterator[Notebook]:
    """Open a notebook, and end its kernel afterwards: what comes next wants a quiet machine."""
    notebook = Notebook(window, cells)
    try:
        yield notebook
    finally:
        notebook.close()


STUDIO = (
    "from stylelab.panels import studio\nopened = studio(size=256)\nopened",
    """
steps_alone, follow_alone = opened.runner.steps, opened.runner.follow
after_stop, stopping = [], False

def counted(*arguments, **settings):
    for progress in steps_alone(*arguments, **settings):
        if stopping:
            after_stop[-1] += 1
        yield progress

def follow_counted(order):
    global stopping
    if order is None and not stopping:
        after_stop.append(0)
    stopping = order is None
    follow_alone(order)

opened.runner.steps, opened.runner.follow = counted, follow_counted
""",
    f"""
import time
import stylelab as sl
from stylelab.panels.studio.events import ChangeSettings, Press
from stylelab.panels.studio.studio import Studio

settings = sl.Settings(size=256, steps={STEPS})
plan = sl.make_plan(sl.load_inputs("cat", "swirling_night", settings), settings)
moments = []

def timed(*arguments, **live):
    for progress in sl.transfer_steps(*arguments, **live):
        moments.append(time.perf_counter())
        yield progress

def alone():
    for _ in timed(plan):
        pass

def under(studio):
    studio.post(Press("start"))
    count = len(studio.runs) + 1
    studio.wait(lambda state: len(state.runs) == count, 300)

def seconds_per_step(run):
    moments.clear()
    run()
    return (moments[-1] - moments[0]) / (len(moments) - 1)

unseen = Studio(settings=settings)
opened.runner.steps, opened.runner.follow, unseen.runner.steps = timed, follow_alone, timed
opened.post(Press("reset"))
opened.wait()
opened.post(ChangeSettings(dict(size=256, steps={STEPS})))
runs = dict(alone=alone, seen=lambda: under(opened), unseen=lambda: under(unseen))
for run in runs.values():
    run()  # compiles
seconds = dict((name, []) for name in runs)
for turn in range({TURNS}):
    names = list(runs)
    for name in names[turn % 3:] + names[:turn % 3]:  # each goes first as often as the others
        seconds[name].append(seconds_per_step(runs[name]))
unseen.close()
""",
)

# The picture counts as live when the optimizer has changed it: its words speak of a step beyond 0,
# and a picture has come since the one of step 0.
START = """() => new Promise((resolve, reject) => {
  const image = document.querySelector(".stylelab-studio .stylelab-now");
  const before = performance.now();
  const found = { pictures: 0 };
  const watcher = new MutationObserver((changes) => {
    found.pictures += changes.some((change) => change.attributeName === "src");
    const step = Number(/after (\\d+) of/.exec(image.alt)?.[1]);
    if (found.pictures >= 1) found.start ??= performance.now() - before;
    if (found.pictures < 2 || !(step > 0)) return;
    watcher.disconnect();
    resolve([found.start, performance.now() - before]);
  });
  watcher.observe(image, { attributes: true, attributeFilter: ["src", "alt"] });
  document.querySelector(".stylelab-studio .stylelab-start").click();
  setTimeout(() => reject(new Error("no picture came")), 60000);
})"""

# The buttons and the finished picture follow the state: only then can a run be started and measured.
STOP = """() => new Promise((resolve, reject) => {
  const controls = document.querySelector(".stylelab-controls");
  const start = controls.querySelector(".stylelab-start");
  const picture = document.querySelector(".stylelab-studio .stylelab-now");
  const before = performance.now();
  let rest = null, calm = 0;
  const watcher = new MutationObserver(() => {
    clearTimeout(calm);
    if (controls.dataset.state !== "stopped") return;
    rest ??= performance.now() - before;
    if (start.ariaDisabled === "true") return;
    calm = setTimeout(() => { watcher.disconnect(); resolve(rest); }, 1000);
  });
  for (const part of [controls, picture]) watcher.observe(part, { attributes: true, subtree: true });
  controls.querySelector(".stylelab-stop").click();
  setTimeout(() => reject(new Error("the run did not stop")), 60000);
})"""


# From a weight to the first curves that mark its change.
WEIGHT = """(value) => new Promise((resolve, reject) => {
  const curves = document.querySelector(".stylelab-curves");
  const number = document.querySelector("[data-field=style_weight] .stylelab-number");
  const marks = () => curves.querySelectorAll(".stylelab-change").length;
  const before = [performance.now(), marks()];
  const watcher = new MutationObserver(() => {
    if (marks() <= before[1]) return;
    watcher.disconnect();
    resolve(performance.now() - before[0]);
  });
  watcher.observe(curves, { childList: true, subtree: true });
  number.value = value;
  number.dispatchEvent(new Event("input"));
  number.dispatchEvent(new Event("change"));
  setTimeout(() => reject(new Error("the weight had no effect")), 60000);
})"""

FRAMES = """(seconds) => new Promise((resolve) => {
  const before = performance.now();
  let frames = 0;
  const count = () => {
    frames += 1;
    if (performance.now() - before < 1000 * seconds) requestAnimationFrame(count);
    else resolve(frames / seconds);
  };
  requestAnimationFrame(count);
})"""

WATCHED_SECONDS = 8


def studio(window: Window, traffic: Traffic) -> Rows:
    """From a cell to the studio, from Start to a picture, from Stop to rest; and what it costs."""
    with opened(window, STUDIO) as notebook:
        page = notebook.page
        before = time.perf_counter()
        notebook.start(0)
        page.locator(".stylelab-studio .stylelab-start").wait_for(timeout=60_000)
        visible = time.perf_counter() - before
        page.locator(".stylelab-studio .stylelab-status", has_text="Ready").wait_for(timeout=60_000)
        ready = time.perf_counter() - before
        yield (
            "5. studio, 256 px, in a new kernel: cell to panel",
            f"{1000 * visible:.0f} ms",
            "< 3000 ms",
        )
        yield "   cell to ready", f"{1000 * ready:.0f} ms", "< 8000 ms"
        notebook.wait(0)
        page.evaluate(START)
        traffic.received = 0
        frames = page.evaluate(FRAMES, WATCHED_SECONDS)
        received = traffic.received / WATCHED_SECONDS
        weights = [page.evaluate(WEIGHT, value) for value in (20, 30, 40)]
        step = 1000 / notebook.ask("opened.state.run.speed or 1")
        yield "   weight to effect", f"{np.median(weights):.0f} ms", f"a step: {step:.0f} ms"
        yield "   frames per second of the page while painting", f"{frames:.0f}", ""
        yield "   sent while painting", f"{received / 1e3:.0f} kB/s", ""
        page.evaluate(STOP)
        notebook.run(1)
        starts, stops = [], []
        for _ in range(ROUNDS):
            starts.append(page.evaluate(START))
            stops.append(page.evaluate(STOP))
        step_0, live = np.median(starts, 0)
        yield "   warm: Start to the first picture", f"{step_0:.0f} ms", ""
        yield "   Start to the first painted one", f"{live:.0f} ms", "< 1000 ms"
        yield "      the slowest", f"{np.max(starts, 0)[1]:.0f} ms", ""
        yield "   Stop to rest", f"{np.median(stops):.0f} ms", ""
        most = max(notebook.ask("after_stop"))
        yield "   steps that end after Stop, at most", f"{most}", "≤ 1"
        notebook.run(2, seconds=1800)
        yield from overhead(notebook.ask("seconds"))


def overhead(seconds: Mapping[str, Sequence[float]]) -> Rows:
    """How much longer a step takes in a studio that a page shows, and in one that none shows."""
    alone = np.median(seconds["alone"])
    yield "   a step without a studio", f"{1000 * alone:.0f} ms", ""
    for name, limit in {"seen": "< 5 %", "unseen": ""}.items():
        yield (
            f"   time that a studio adds to a step, {name}",
            f"{np.median(seconds[name]) / alone - 1:.1%}",
            limit,
        )
        low, high = np.percentile(np.divide(seconds[name], seconds["alone"]), (25, 75)) - 1
        yield "      half of the pairs", f"{low:.1%} … {high:.1%}", ""


EXPLORER = (
    """
import stylelab as sl
from stylelab.panels import explorer

picture = sl.sample("coffee", 512)
sl.VGG19("block1_conv1")(picture)  # TensorFlow is there, as in a notebook that has used it
""",
    "opened = explorer(picture)\nopened",
)

BEGIN = """() => {
  document.querySelectorAll(".stylelab-explorer").forEach((former) => former.remove());
  window.stylelabBefore = performance.now();
}"""

# The sheet of all channels and the large map are there, painted.
OPENED = """() => {
  const sheet = document.querySelector(".stylelab-explorer-sheet canvas");
  const map = document.querySelector(".stylelab-explorer-map canvas");
  const options = document.querySelectorAll(".stylelab-explorer-options [role=option]");
  if (!sheet || !map || options.length === 0) return false;
  const painted = [sheet, map].every((canvas) => canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, 1).data.some((value) => value > 0));
  return painted && performance.now() - window.stylelabBefore;
}"""

OPEN_LAYER = """async (name) => {
  const number = document.querySelector(".stylelab-explorer [aria-label=Channel]");
  document.querySelector(`.stylelab-explorer-strip [aria-label^="${name},"]`).click();
  const options = document.querySelector(".stylelab-explorer-options");
  while (!options.getAttribute("aria-label").includes(`of ${name},`)) {
    await new Promise(requestAnimationFrame);
  }
  return Number(number.max) + 1;
}"""

# From the click until the browser has painted the frame: a message posted in a frame is heard after it.
CLICK = """(channel) => new Promise((resolve, reject) => {
  const option = document.querySelector(`.stylelab-explorer-options [data-channel="${channel}"]`);
  const number = document.querySelector(".stylelab-explorer [aria-label=Channel]");
  const posts = new MessageChannel();
  let before = 0;
  posts.port1.onmessage = () => {
    if (Number(number.value) !== channel) reject(new Error(`channel ${channel} did not come`));
    resolve(performance.now() - before);
  };
  requestAnimationFrame(() => setTimeout(() => {
    before = performance.now();
    option.click();
    requestAnimationFrame(() => posts.port2.postMessage(null));
  }));
})"""

# From the moment when the page hears of the pointer to the new value in it; and from the moment
# that the browser itself names.
LISTEN = """() => {
  const heard = (window.stylelabHeard = []);
  let now = null;
  window.addEventListener("pointermove", (event) => {
    now = [performance.now(), event.timeStamp];
  }, { capture: true });
  new MutationObserver(() => {
    if (now) heard.push(now.map((moment) => performance.now() - moment));
    now = null;
  }).observe(document.querySelector(".stylelab-explorer-value"), {
    childList: true, characterData: true, subtree: true,
  });
}"""


def explorer(window: Window, traffic: Traffic) -> Rows:
    """Opening, channels, the pointer, and what comes over the wire for one picture."""
    with opened(window, EXPLORER) as notebook:
        page = notebook.page
        notebook.run(0)
        traffic.received = 0
        opening = [open_again(notebook)]
        channels = {name: page.evaluate(OPEN_LAYER, name) for name in LAYERS}
        received = traffic.received
        random = np.random.default_rng(0)
        clicks, moves = {}, {}
        for name in ("block1_conv1", "block3_conv1", "block5_conv1"):
            page.evaluate(OPEN_LAYER, name)
            chosen = random.integers(0, channels[name], CHANNELS)
            clicks[name] = [page.evaluate(CLICK, int(channel)) for channel in chosen]
            moves[name] = follow_pointer(page, random)
        opening += [open_again(notebook) for _ in range(ROUNDS - 1)]
        yield "6. explorer, 512 px: opened, the first time", f"{opening[0]:.0f} ms", "< 3000 ms"
        yield "   opened again", f"{np.median(opening[1:]):.0f} ms", "< 3000 ms"
        for name, times in clicks.items():
            load_resized = np.percentile(times, 95)
            yield (
                f"   click to picture, 95th percentile, {name}",
                f"{load_resized:.1f} ms",
                "< 100 ms",
            )
        for name, found in moves.items():
            load_resized, whole = np.percentile(found, 95, axis=0)
            yield (
                f"   pointer to value, 95th percentile, {name}",
                f"{load_resized:.1f} ms",
                "< 16 ms",
            )
            yield f"      with the browser's own way, {len(found)} moves", f"{whole:.1f} ms", ""
        yield "   sent for one picture, all layers", f"{received / 1e6:.1f} MB", "< 30 MB"


def open_again(notebook: Notebook) -> float:
    """Run the cell; give the milliseconds until the first layer is there."""
    notebook.page.evaluate(BEGIN)
    notebook.start(1)
    took = notebook.page.wait_for_function(OPENED, timeout=60_000).json_value()
    notebook.wait(1)
    return float(took)


def follow_pointer(page: Page, random: np.random.Generator) -> list[tuple[float, float]]:
    """Move the pointer over the picture; give the milliseconds of each move that changed the value."""
    frame = page.locator(".stylelab-explorer-picture").first
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    if box is None:
        raise RuntimeError
    page.evaluate(LISTEN)
    for x, y in random.uniform(0.05, 0.95, (MOVES, 2)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    found: list[tuple[float, float]] = page.evaluate("() => window.stylelabHeard")
    return found


class Traffic:
    """Counts the bytes that a context's pages receive over websockets: all that kernels send."""

    def __init__(self, context: BrowserContext) -> None:
        self.received = 0
        context.on("page", lambda page: page.on("websocket", self._listen))

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, payload: str | bytes) -> None:
        self.received += len(payload if isinstance(payload, bytes) else payload.encode())


if __name__ == "__main__":
    main()
