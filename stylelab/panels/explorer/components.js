/* Part of the explorer: elements and small controls that the other files use. */

const make = elementMaker("stylelab-explorer-");
const box = (name, ...children) => make(`div.${name}`, {}, ...children);
const hint = (...words) => make("p.hint", {}, ...words);

/** The index that an arrow key leads to, of `count`; null for other keys. */
function neighbour(key, now, count, across = 1, page = across) {
  const steps = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, PageUp: -page, PageDown: page,
    Home: -count, End: count,
  };
  return key in steps ? Math.min(Math.max(now + steps[key], 0), count - 1) : null;
}

/** Make a group of buttons one stop of the Tab key, in which arrow keys move. → mark(value) */
function makeRovingFocus(group, buttons, state, choose) {
  const mark = (chosen) => {
    for (const [value, button] of buttons) {
      button.setAttribute(state, value === chosen);
      button.tabIndex = value === chosen ? 0 : -1;
    }
  };
  group.addEventListener("keydown", (event) => {
    const all = [...buttons];
    const next = neighbour(event.key, all.findIndex(([, button]) => button.tabIndex === 0), all.length);
    if (next === null) return;
    event.preventDefault();
    const [value, button] = all[next];
    mark(value);
    button.focus();
    choose(value);
  });
  return mark;
}

/** A row of radio buttons. → [element, mark] */
function makeChoice(label, options, choose) {
  const buttons = new Map(options.map(([value, words]) =>
    [value, make("button", { role: "radio", onclick: () => choose(value) }, words)]));
  const group = make("div.choice", { role: "radiogroup", "aria-label": label }, ...buttons.values());
  return [group, makeRovingFocus(group, buttons, "aria-checked", choose)];
}

/** Draw a map on a canvas, one pixel a unit. */
function paintMap(canvas, map, rows, columns, pixels) {
  Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const out = new Uint32Array(image.data.buffer);
  for (let at = 0; at < out.length; at++) out[at] = pixels[map[at]];
  context.putImageData(image, 0, 0);
}

const THUMBNAIL = 96; // pixels; largest size of maps in tiles

/** A small canvas with a map. */
function thumbnail(map, rows, columns, pixels) {
  const canvas = make("canvas");
  const part = Math.min(THUMBNAIL / Math.max(rows, columns), 1);
  const small = shrink(map, rows, columns, Math.ceil(rows * part), Math.ceil(columns * part));
  paintMap(canvas, small.bytes, small.rows, small.columns, pixels);
  return canvas;
}

/** Draw a square of a picture on a canvas; transparent outside the picture. */
function paintSquare(canvas, bitmap, [top, left, bottom, right]) {
  Object.assign(canvas, { width: right - left, height: bottom - top }); // clears it
  canvas.style.imageRendering = right - left > THUMBNAIL ? "auto" : "pixelated";
  canvas.getContext("2d").drawImage(bitmap, -left, -top);
}

/** Delay an action until it has not been requested again for some time. */
function debounce(milliseconds, action) {
  let timer = 0;
  const wait = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...values);
  };
  wait.stop = () => clearTimeout(timer);
  return wait;
}

/** A line that shows that a part waits, and why if the kernel is busy, or its error. */
function makeStatus(explorer) {
  const element = make("p.status", { role: "status" });
  let waiting = "";
  const write = (error, ...words) => {
    element.classList.toggle("is-error", error);
    element.replaceChildren(...words);
  };
  explorer.on(["kernel"], () => { if (waiting) write(false, explorer.state.kernel || waiting); });
  return {
    element,
    say(words = "") { waiting = ""; write(false, words); },
    wait(words = "Asking the kernel …") { waiting = words; write(false, words); },
    fail(error, again) {
      waiting = "";
      write(true, `${error.message} `, error.lasting ? "" : make("button", { onclick: again }, "try again"));
    },
  };
}

/** One request at a time: a new one cancels the one before. `work` receives the options of `wire.ask`. */
function makeAsker(explorer, status) {
  let current = null;
  const stop = () => current?.abort();
  explorer.onClose(stop);
  return {
    stop,
    async run(work, progress) {
      stop();
      const { signal } = (current = new AbortController());
      status.wait();
      try {
        await work({ signal, progress });
        if (!signal.aborted) status.say();
      } catch (error) {
        if (signal.aborted || error.name === "AbortError") {
          if (current.signal === signal) status.say();
        } else status.fail(error, () => this.run(work, progress));
      }
    },
  };
}
