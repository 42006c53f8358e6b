/**
 * A mask painted over a picture. The values, one byte a pixel, are sent to the kernel when a stroke ends.
 * Pixels are 0 or 255, by whether their centre lies in the brush.
 */

const MAX_UNDO = 40;
const OPACITY = 0.55; // of the tint where the mask is 1
const MIN_RADIUS = 0.75; // radius that contains a pixel's centre wherever the brush is

const clamp = (place, end) => Math.min(Math.max(place, 0), end);

/** Set all pixels within `radius` of the line from (x, y) to (toX, toY) to `value`. */
export function paintLine(values, columns, rows, { x, y, toX, toY, radius, value }) {
  const radiusUsed = Math.max(radius, MIN_RADIUS);
  const top = clamp(Math.floor(Math.min(y, toY) - radiusUsed), rows);
  const bottom = clamp(Math.ceil(Math.max(y, toY) + radiusUsed), rows);
  const left = clamp(Math.floor(Math.min(x, toX) - radiusUsed), columns);
  const right = clamp(Math.ceil(Math.max(x, toX) + radiusUsed), columns);
  const length = (toX - x) ** 2 + (toY - y) ** 2;
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1) {
      const down = row + 0.5 - y;
      const across = column + 0.5 - x;
      // Position of the nearest point along the line.
      const along = length ? clamp((across * (toX - x) + down * (toY - y)) / length, 1) : 0;
      const distance = (across - along * (toX - x)) ** 2 + (down - along * (toY - y)) ** 2;
      if (distance <= radiusUsed ** 2) values[row * columns + column] = value;
    }
  }
}

/** A sentence with the share of the picture in the mask. */
export function maskSummary(values) {
  let sum = 0;
  for (const value of values) sum += value;
  const share = (100 * sum) / (255 * values.length);
  if (sum === 0) return "The mask is empty: nothing is painted yet.";
  return `${share < 0.1 ? "Less than 0.1" : share.toFixed(1)} % of the picture is in the mask.`;
}

const make = elementMaker("stylelab-mask-");
let panels = 0;

function render({ model, el }) {
  const rows = model.get("rows");
  const columns = model.get("columns");
  const tint = model.get("tint");
  let values = bytesOf(model.get("values")).slice();
  let history = []; // earlier values, the newest last
  let erasing = false;
  let brush = model.get("brush");
  let at = { x: columns / 2, y: rows / 2 };
  let stroke = null; // the values before the present stroke
  let pointer = null; // the id of the pointer that draws
  let spaceHeld = false;
  let sending = false;

  // ── View ──
  const hint = `stylelab-mask-hint-${(panels += 1)}`;
  const image = make("img", { alt: "", draggable: "false" });
  const canvas = make("canvas", { width: columns, height: rows });
  const ring = make("div.ring", { "aria-hidden": "true" });
  const label = "The picture to paint a mask on";
  const attributes = { role: "application", tabindex: 0, "aria-label": label, "aria-describedby": hint };
  const stage = make("div.stage", attributes, image, canvas, ring);
  const button = (words, onclick) => make("button", { onclick }, words);
  const paint = button("Paint", () => use(false));
  const erase = button("Erase", () => use(true));
  const undo = button("Undo", () => undoStroke());
  const number = make("span.number", { "aria-hidden": "true" });
  const widest = Math.ceil(Math.max(rows, columns) / 2);
  const size = make("input", { type: "range", min: 1, max: widest, value: brush });
  const tools = make(
    "div.tools",
    { role: "group", "aria-label": "Tools of the mask" },
    paint,
    erase,
    make("label", {}, "Brush", size, number),
    undo,
    button("Clear", () => change((pixels) => pixels.fill(0))),
    button("Fill", () => change((pixels) => pixels.fill(255))),
    button("Invert", () => change((pixels) => pixels.forEach((value, i) => (pixels[i] = 255 - value)))),
  );
  const status = make("p", { role: "status" });
  const notice = make("p.notice", { "aria-live": "polite" });
  const kernel = watchKernel(model, (sentence) => { notice.textContent = sentence; });
  const keys = make(
    "p",
    { id: hint },
    "Draw with the mouse, a pen or a finger. With the keyboard: arrows move the brush (with Shift, by one " +
      "pixel), Space paints and, while it is held, draws; Ctrl+Z undoes a stroke.",
  );
  el.classList.add("stylelab-mask");
  el.append(tools, stage, notice, status, keys);
  el.addEventListener("focusin", suppressShortcuts);
  const url = URL.createObjectURL(new Blob([model.get("picture")], { type: "image/jpeg" }));
  image.src = url;

  const context = canvas.getContext("2d");
  const pixels = context.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i += 1) pixels.data.set(tint, 4 * i);

  function show() {
    for (let i = 0; i < values.length; i += 1) pixels.data[4 * i + 3] = OPACITY * values[i];
    context.putImageData(pixels, 0, 0);
  }
  function showRing() {
    ring.style.left = `${(100 * at.x) / columns}%`;
    ring.style.top = `${(100 * at.y) / rows}%`;
    ring.style.width = `${(100 * brush) / columns}%`;
    ring.classList.toggle("is-eraser", erasing);
  }
  function showTools() {
    paint.setAttribute("aria-pressed", String(!erasing));
    erase.setAttribute("aria-pressed", String(erasing));
    undo.setAttribute("aria-disabled", String(history.length === 0)); // not "disabled", which loses the focus
    number.textContent = `${brush} px`;
    size.setAttribute("aria-valuetext", `${brush} pixels`);
    showRing();
  }
  function showSummary() {
    status.textContent = maskSummary(values);
  }

  // ── Actions ──
  function use(eraser) {
    erasing = eraser;
    showTools();
  }
  function remember(before) {
    history = [...history, before].slice(-MAX_UNDO);
    showTools();
  }
  function send() {
    kernel.ask();
    sending = true;
    model.set("values", new DataView(values.slice().buffer));
    sending = false;
    model.save_changes();
    showSummary();
  }
  function change(edit) {
    const before = values.slice();
    edit(values);
    remember(before);
    show();
    send();
  }
  function undoStroke() {
    if (stroke || history.length === 0) return;
    values = history.pop();
    showTools();
    show();
    send();
  }
  function begin() {
    stroke = values.slice();
  }
  function drawTo(place) {
    const line = { x: at.x, y: at.y, toX: place.x, toY: place.y, radius: brush / 2 };
    paintLine(values, columns, rows, { ...line, value: erasing ? 0 : 255 });
    at = place;
    show();
    showRing();
  }
  function end() {
    if (!stroke) return;
    remember(stroke);
    stroke = null;
    send();
  }

  // ── Mouse, pen and finger ──
  function positionOf(event) {
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * columns,
      y: ((event.clientY - box.top) / box.height) * rows,
    };
  }
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || stroke) return;
    pointer = event.pointerId;
    stage.setPointerCapture(pointer);
    at = positionOf(event);
    begin();
    drawTo(at);
  });
  stage.addEventListener("pointermove", (event) => {
    if (pointer === null && !stroke) {
      at = positionOf(event);
      showRing();
    } else if (event.pointerId === pointer) {
      const coalesced = event.getCoalescedEvents?.() ?? [];
      for (const one of coalesced.length ? coalesced : [event]) drawTo(positionOf(one));
    }
  });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    stage.addEventListener(kind, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      end();
    });
  }

  // ── Keyboard ──
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  stage.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const far = event.shiftKey ? 1 : Math.max(1, brush / 2);
      const place = { x: clamp(at.x + far * arrow[0], columns), y: clamp(at.y + far * arrow[1], rows) };
      if (spaceHeld) drawTo(place);
      else at = place;
      showRing();
      status.textContent = `Brush at column ${Math.floor(at.x)}, row ${Math.floor(at.y)}.`;
    } else if (event.key === " ") {
      if (!spaceHeld && !stroke) {
        spaceHeld = true;
        begin();
        drawTo(at);
      }
    } else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
      undoStroke();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  function endKeyStroke() {
    if (!spaceHeld) return;
    spaceHeld = false;
    end();
  }
  stage.addEventListener("keyup", (event) => event.key === " " && endKeyStroke());
  stage.addEventListener("blur", endKeyStroke);

  size.addEventListener("input", () => {
    brush = Number(size.value);
    showTools();
  });
  size.addEventListener("change", () => {
    model.set("brush", brush);
    model.save_changes();
  });

  /** Take over values set by the kernel or by another view of this widget. */
  function update() {
    if (sending) return;
    stroke = null;
    pointer = null;
    spaceHeld = false;
    remember(values);
    values = bytesOf(model.get("values")).slice();
    show();
    showSummary();
  }
  model.on("change:values", update);

  show();
  showTools();
  showSummary();
  return () => {
    model.off("change:values", update);
    kernel.stop();
    URL.revokeObjectURL(url);
  };
}

export default { render };
