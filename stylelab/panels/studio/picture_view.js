/** The large picture, and another one over it with a slider between them. */

/** Show the newest picture of a trait; an older one that is decoded late is dropped. */
function imageUpdater(model, trait, image) {
  let newest = 0;
  return async () => {
    const number = ++newest;
    const url = pictureUrl(model.get(trait));
    if (url) {
      const loading = new Image();
      loading.src = url;
      await loading.decode().catch(() => {}); // so that nothing flickers
    }
    if (number !== newest) {
      if (url) URL.revokeObjectURL(url);
      return;
    }
    const old = image.src;
    image.hidden = !url;
    if (url) image.src = url;
    else image.removeAttribute("src");
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
  };
}

const MAX_ZOOM = 16;
const ZOOM_STEP = 1.25;
const PAN_STEP = 40; // pixels of the page, for an arrow key

function pictureView({ model, send, isAnswered, keys }) {
  const get = (name) => model.get("view")[name];
  const now = make("img.now", { alt: "", draggable: "false" });
  const before = make("img.before", { alt: "", draggable: "false" });
  const beforeFrame = make("div.before-frame", {}, before);
  const slider = make("input.split", {
    type: "range", min: 0, max: 100, value: 50, oninput: () => drawSplit(),
  });
  const line = make("div.split-line", { "aria-hidden": "true" });
  const nameBefore = make("span.badge.badge-before", { "aria-hidden": "true" });
  const nameNow = make("span.badge.badge-now", { "aria-hidden": "true" });
  const stage = make("div.stage", {}, now, beforeFrame, slider, line, nameBefore, nameNow);
  const caption = make("figcaption");
  let asked = 0; // number of the last message about a frame
  const frames = make("input.slider.frames", {
    type: "range", min: 0, "aria-label": "Step of the run",
    oninput: () => {
      const last = frames.value === frames.max;
      asked = send("show_frame", { frame: last ? -1 : Number(frames.value) });
      drawFrames();
    },
  });
  const frameRow = make("label.frame-row", { title: "A still picture of each step" }, "steps", frames);

  // ── Zoom and pan, the same for both pictures ──
  let zoom = 1;
  let [panX, panY] = [0, 0]; // of the picture's centre, in pixels of the page
  const drawZoom = () => {
    const [farX, farY] = [stage.clientWidth, stage.clientHeight].map((side) => (side * (zoom - 1)) / 2);
    panX = Math.min(Math.max(panX, -farX), farX);
    panY = Math.min(Math.max(panY, -farY), farY);
    const transform = zoom === 1 ? "" : `translate(${panX}px, ${panY}px) scale(${zoom})`;
    now.style.transform = before.style.transform = transform;
    stage.classList.toggle("stylelab-zoomed", zoom > 1);
    [now, before].forEach((image) => image.classList.toggle("stylelab-pixels", pixelSize() >= 2));
    zoomText.textContent = `${Math.round(100 * pixelSize())} %`;
  };
  /** Pixels of the screen for one of the picture. */
  const pixelSize = () => (zoom * stage.clientWidth * devicePixelRatio) / (get("width") || 1);
  const zoomTo = (wanted, [x, y] = [0, 0]) => {
    const next = Math.min(Math.max(wanted, 1), MAX_ZOOM);
    panX = x - ((x - panX) * next) / zoom;
    panY = y - ((y - panY) * next) / zoom;
    zoom = next;
    drawZoom();
  };
  const fromCentre = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    zoomTo(event.deltaY < 0 ? zoom * ZOOM_STEP : zoom / ZOOM_STEP, fromCentre(event));
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    if (zoom > 1) zoomTo(1);
    else zoomTo(zoom / pixelSize() > 1 ? zoom / pixelSize() : 4, fromCentre(event));
  });
  stage.addEventListener("pointerdown", (event) => {
    if (zoom === 1 || event.button !== 0 || event.target === slider) return;
    const [startX, startY] = [event.clientX - panX, event.clientY - panY];
    stage.setPointerCapture(event.pointerId);
    const move = (moved) => {
      [panX, panY] = [moved.clientX - startX, moved.clientY - startY];
      drawZoom();
    };
    const end = () => stage.removeEventListener("pointermove", move);
    stage.addEventListener("pointermove", move);
    ["pointerup", "pointercancel"].forEach((kind) => stage.addEventListener(kind, end, { once: true }));
  });
  const button = (kind, text, title, onclick) =>
    make(`button.view-button.${kind}`, { title, "aria-label": title, onclick }, text);
  const zoomText = make("span.zoom-text", { "aria-live": "polite" });
  const tools = make(
    "div.view-tools",
    { role: "group", "aria-label": "Look closely" },
    button("zoom-out", "−", "Zoom out", () => zoomTo(zoom / ZOOM_STEP)),
    zoomText,
    button("zoom-in", "+", "Zoom in", () => zoomTo(zoom * ZOOM_STEP)),
    button("fit", "Fit", "Fit the picture into its frame", () => zoomTo(1)),
    button("real-size", "1 : 1", "One pixel of the picture for one of the screen", () =>
      zoomTo(zoom / pixelSize())),
    button("full-screen", "Full screen", "Full screen; Escape leaves it", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else element.requestFullscreen?.().catch(() => {});
    }),
    frameRow,
  );
  tools.addEventListener("keydown", (event) => {
    const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!arrow || zoom === 1 || event.target === frames) return;
    event.preventDefault();
    panX += PAN_STEP * arrow[0];
    panY += PAN_STEP * arrow[1];
    drawZoom();
  });
  keys.set("Control+=", () => zoomTo(zoom * ZOOM_STEP));
  keys.set("Control+-", () => zoomTo(zoom / ZOOM_STEP));

  const element = make("div.view", {}, make("figure", {}, stage, caption), tools);

  const drawSplit = () => {
    stage.style.setProperty("--split", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${slider.value} % ${get("before_name")}`);
  };
  const drawFrames = () => {
    const count = get("frames") ?? 0;
    frameRow.hidden = count < 2;
    if (count < 2) return;
    frames.max = count; // the last place is the picture itself
    if (isAnswered(asked)) frames.value = get("frame") < 0 ? count : get("frame");
    frames.style.setProperty("--filled", frames.value / frames.max);
    const text = frames.value === frames.max ? "the picture" : `frame ${Number(frames.value) + 1} of ${count}`;
    frames.setAttribute("aria-valuetext", text);
  };
  let shownRun = null;
  const drawWords = () => {
    const comparing = model.get("before").byteLength > 0;
    stage.classList.toggle("stylelab-comparing", comparing);
    [slider, line, nameBefore, nameNow, beforeFrame].forEach((part) => (part.hidden = !comparing));
    now.alt = get("alt");
    before.alt = comparing ? get("before_name") : "";
    nameBefore.textContent = get("before_name");
    nameNow.textContent = get("name");
    slider.setAttribute("aria-label", `Compare: ${get("before_name")} and ${get("name")}`);
    caption.textContent = get("caption");
    stage.style.setProperty("--height", get("height"));
    stage.style.setProperty("--width", get("width"));
    if (shownRun !== get("run")) {
      shownRun = get("run");
      frames.max = frames.value = get("frames") ?? 0;
    }
    drawSplit();
    drawFrames();
    drawZoom();
  };

  const stop = follow(model, {
    now: imageUpdater(model, "now", now),
    before: imageUpdater(model, "before", before),
    "view before": drawWords,
  });

  let reportedWidth = 0;
  const measure = new ResizeObserver(() => {
    const width = Math.round(element.clientWidth / 10) * 10;
    if (width > 0 && width !== reportedWidth) {
      reportedWidth = width;
      send("width", { width });
    }
    drawZoom();
  });
  measure.observe(element);

  return {
    element,
    stop: () => {
      stop();
      measure.disconnect();
      for (const { src } of [now, before]) if (src.startsWith("blob:")) URL.revokeObjectURL(src);
    },
  };
}
