/* Part of the explorer: small pieces of the page, of which the larger parts are made. */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "path", "rect", "line"]);

/**
 * Make an element. `name` is its tag and what it is here ("p.hint"; "is-…" is a state or kind);
 * attributes by name, `on…` are listeners; children are elements, text, or null.
 */
function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = SHAPES.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const each of classes) {
    element.classList.add(each.startsWith("is-") ? each : `stylelab-explorer-${each}`);
  }
  if (tag === "button") element.type = "button";
  if (tag === "canvas" && !attributes.role) element.setAttribute("aria-hidden", "true");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const box = (name, ...children) => make(`div.${name}`, {}, ...children);
const hint = (...words) => make("p.hint", {}, ...words);

/** Where an arrow key leads in a row of `count`; null for other keys. */
function neighbour(key, now, count, across = 1, page = across) {
  const steps = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, PageUp: -page, PageDown: page,
    Home: -count, End: count,
  };
  return key in steps ? Math.min(Math.max(now + steps[key], 0), count - 1) : null;
}

/** Make buttons of which one holds behave as one stop of the Tab key: arrow keys move. → mark(value) */
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

/** Several choices of which one holds, in a row. → [element, mark] */
function makeChoice(label, options, choose) {
  const buttons = new Map(options.map(([value, words]) =>
    [value, make("button", { role: "radio", onclick: () => choose(value) }, words)]));
  const group = make("div.choice", { role: "radiogroup", "aria-label": label }, ...buttons.values());
  return [group, makeRovingFocus(group, buttons, "aria-checked", choose)];
}

/** Show a map on a canvas, one pixel a unit. */
function paintMap(canvas, map, rows, columns, pixels) {
  Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const out = new Uint32Array(image.data.buffer);
  for (let at = 0; at < out.length; at++) out[at] = pixels[map[at]];
  context.putImageData(image, 0, 0);
}

const THUMBNAIL = 96; // pixels; maps in tiles are no larger

/** A small canvas with a map on it. */
function thumbnail(map, rows, columns, pixels) {
  const canvas = make("canvas");
  const part = Math.min(THUMBNAIL / Math.max(rows, columns), 1);
  const small = shrink(map, rows, columns, Math.ceil(rows * part), Math.ceil(columns * part));
  paintMap(canvas, small.bytes, small.rows, small.columns, pixels);
  return canvas;
}

/** Show a square of a picture on a canvas; what lies outside stays clear. */
function paintSquare(canvas, bitmap, [top, left, bottom, right]) {
  Object.assign(canvas, { width: right - left, height: bottom - top }); // clears it
  canvas.style.imageRendering = right - left > THUMBNAIL ? "auto" : "pixelated";
  canvas.getContext("2d").drawImage(bitmap, -left, -top);
}

/** Do something once it has not been asked for again for some time. */
function debounce(milliseconds, action) {
  let timer = 0;
  const wait = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...values);
  };
  wait.stop = () => clearTimeout(timer);
  return wait;
}

const WAIT_MILLISECONDS = 1500; // milliseconds after which a reader wonders
const WAITING = "Waiting for the kernel. If a cell is running, this comes after it.";

/** The line in which a part says that it waits, or what went wrong. */
function makeStatus(explorer) {
  const element = make("p.status", { role: "status" });
  const write = (error, ...words) => {
    late.stop();
    element.classList.toggle("is-error", error);
    element.replaceChildren(...words);
  };
  const late = debounce(WAIT_MILLISECONDS, () => write(false, WAITING));
  explorer.onClose(late.stop);
  return {
    element,
    say: (words = "") => write(false, words),
    wait(words = "Asking the kernel …") { write(false, words); late(); },
    fail: (error, again) => write(true, `${error.message} `, make("button", { onclick: again }, "try again")),
  };
}

/** One question at a time: a new one ends the one before. `work` is given the options of `wire.ask`. */
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
