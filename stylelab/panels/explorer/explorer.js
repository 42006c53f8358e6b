/*
 * The explorer in the browser: what a network answers to the reader's pictures, channel by channel.
 *
 * The kernel sends one block of bytes a layer and picture (a byte is 255 · value / the channel's
 * maximum, rounded); everything the pointer and the keys ask afterwards is answered here. Only what
 * needs floats or the network itself (Gram matrices, other pictures, made pictures) goes back to it.
 *
 * In this order: arithmetic (pure functions, exported for their tests), words, the wire to the kernel,
 * small pieces of the page, the parts of the panel, and `render`, which puts them together.
 */

// ── Arithmetic ───────────────────────────────────────────────────────────────────────────────────

/** Round to the nearest integer, halves to the even one, as Python's `round` does. */
export function roundHalfEven(x) {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** The square of the picture that a unit sees: [top, left, bottom, right], bottom and right excluded. */
export function squareOf(layer, row, column) {
  const half = (layer.receptive_field - 1) / 2;
  const top = roundHalfEven(layer.first_centre + row * layer.stride - half);
  const left = roundHalfEven(layer.first_centre + column * layer.stride - half);
  return [top, left, top + layer.receptive_field, left + layer.receptive_field];
}

/** The [row, column] of the unit whose square has its centre nearest to the pixel (y, x). */
export function unitAt(layer, y, x, rows, columns) {
  const nearest = (place, count) => {
    const unit = roundHalfEven((place - layer.first_centre) / layer.stride);
    return Math.min(Math.max(unit, 0), count - 1);
  };
  return [nearest(y, rows), nearest(x, columns)];
}

/** Undo zlib's compression: bytes in, a Uint8Array out. */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Mean or maximum of each 2×2 square of [channels][rows][columns]; a last odd row or column is dropped.
 * `scales` holds each channel's value of byte 255 before, `maxima` the one that it shall have after.
 */
export function pool(bytes, channels, rows, columns, kind, scales, maxima) {
  const down = rows >> 1;
  const across = columns >> 1;
  const pooled = new Uint8Array(channels * down * across);
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    const gain = maxima[channel] > 0 ? scales[channel] / maxima[channel] : 0;
    for (let row = 0; row < down; row++) {
      let from = (channel * rows + 2 * row) * columns;
      for (let column = 0; column < across; column++, from += 2) {
        const a = bytes[from], b = bytes[from + 1];
        const c = bytes[from + columns], d = bytes[from + columns + 1];
        const byte = kind === "max" ? Math.max(a, b, c, d) : (a + b + c + d) / 4;
        pooled[to++] = Math.min(Math.round(byte * gain), 255);
      }
    }
  }
  return pooled;
}

/**
 * Make a map small enough: the maximum of each of mostRows × mostColumns equal parts, so that what is
 * brightest stays so. → {bytes, rows, columns}
 */
export function shrink(map, rows, columns, mostRows, mostColumns) {
  const down = Math.min(rows, mostRows);
  const across = Math.min(columns, mostColumns);
  if (down === rows && across === columns) return { bytes: map, rows, columns };
  const bytes = new Uint8Array(down * across);
  for (let row = 0; row < down; row++) {
    const top = Math.floor((row * rows) / down);
    const bottom = Math.floor(((row + 1) * rows) / down);
    for (let column = 0; column < across; column++) {
      const left = Math.floor((column * columns) / across);
      const right = Math.floor(((column + 1) * columns) / across);
      let most = 0;
      for (let y = top; y < bottom; y++) {
        for (let at = y * columns + left; at < y * columns + right; at++) if (map[at] > most) most = map[at];
      }
      bytes[row * across + column] = most;
    }
  }
  return { bytes, rows: down, columns: across };
}

/** The strongest units of a map that are `apart` from each other: [{row, column, byte}], none at 0. */
export function strongestUnits(map, rows, columns, count, apart = 1) {
  const left = Uint8Array.from(map);
  const reach = Math.ceil(apart) - 1;
  const found = [];
  while (found.length < count) {
    let best = 0;
    for (let at = 1; at < left.length; at++) if (left[at] > left[best]) best = at;
    if (!left[best]) break;
    const row = Math.floor(best / columns);
    const column = best % columns;
    found.push({ row, column, byte: left[best] });
    const first = Math.max(column - reach, 0);
    const last = Math.min(column + reach, columns - 1);
    for (let y = Math.max(row - reach, 0); y <= Math.min(row + reach, rows - 1); y++) {
      left.fill(0, y * columns + first, y * columns + last + 1);
    }
  }
  return found;
}

/** Indices in falling order of their values, equal ones in their own order; null counts as lowest. */
export function fallingOrder(values) {
  const value = (index) => values[index] ?? -Infinity;
  return [...values.keys()].sort((a, b) => value(b) - value(a) || a - b);
}

/**
 * How to lay out `count` maps in a box so that they come out as large as can be, all in sight if their
 * width does not fall under `least`. `aspect` is columns / rows. → {columns, width, height} of a cell
 */
export function arrange(count, aspect, boxWidth, boxHeight, least, gap) {
  const size = (columns) => {
    const width = Math.max(Math.floor((boxWidth + gap) / columns) - gap, 1);
    return { columns, width, height: Math.max(Math.round(width / aspect), 1) };
  };
  let best = size(Math.min(count, 1));
  for (let columns = 1; columns <= count; columns++) {
    const cell = size(columns);
    if (cell.width < least && columns > 1) break;
    best = cell;
    if (Math.ceil(count / columns) * (cell.height + gap) - gap <= boxHeight) break;
  }
  return best;
}

/*
 * Ember, the colours of the maps: from near black through violet and coral to cream. Lightness (OKLab's
 * L) rises evenly with the value, so that equal steps look equal, in grey and to the colour-blind too.
 */
const EMBER = [
  [0.14, 0.03, 295], [0.3, 0.115, 300], [0.47, 0.165, 345], [0.64, 0.17, 20], [0.81, 0.125, 62],
  [0.97, 0.05, 98],
]; // lightness, chroma, hue in degrees

/** The 256 colours of the maps, as [red, green, blue], 0–255. */
export function colourTable() {
  const lab = EMBER.map(([light, chroma, hue]) => {
    const angle = (hue * Math.PI) / 180;
    return [light, chroma * Math.cos(angle), chroma * Math.sin(angle)];
  });
  return Array.from({ length: 256 }, (_, index) => {
    const light = lab[0][0] + ((lab.at(-1)[0] - lab[0][0]) * index) / 255;
    const next = Math.max(lab.findIndex(([knot]) => knot >= light - 1e-9), 1);
    const [low, high] = [lab[next - 1], lab[next]];
    const part = (light - low[0]) / (high[0] - low[0]);
    return fromOklab(light, low[1] + part * (high[1] - low[1]), low[2] + part * (high[2] - low[2]));
  });
}

/** OKLab (Björn Ottosson, 2020) → sRGB, 0–255. */
function fromOklab(light, a, b) {
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((x) => {
    const encoded = x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(Math.max(encoded, 0), 1));
  });
}

const COLOURS = colourTable();
const PIXELS = Uint32Array.from(COLOURS, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r);

/** How far up the colours (0…1) a value stands: evenly, or by its square root, which lifts the faint ones. */
export function brightness(value, white, lift) {
  const part = white > 0 ? Math.min(value / white, 1) : 0;
  return lift ? Math.sqrt(part) : part;
}

/** For each byte of a map the pixel to show, when `white` is the value that is brightest. */
export function pixelsFor(scale, white, lift = false) {
  return Uint32Array.from({ length: 256 }, (_, byte) => PIXELS[Math.round(255 * brightness((byte * scale) / 255, white, lift))]);
}

// ── Words ────────────────────────────────────────────────────────────────────────────────────────

/** A number with three digits that count: 0.0123, 12.3, 1 230. */
export function short(value) {
  if (typeof value !== "number" || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return value.toExponential(1).replace("e-", "e−").replace(/^-/, "−");
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 5 }).replaceAll(",", "\u202f").replace("-", "−");
}

/** A share (0…1) in percent. */
export function percent(share) {
  if (typeof share !== "number" || Number.isNaN(share)) return "–";
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "under 0.1\u00a0%";
  const digits = value < 10 && value > 0 ? 1 : 0;
  return `${Number(value.toFixed(digits))}\u00a0%`;
}

/** One of the words for what a channel does in one picture: "silent", "fires everywhere" or "". */
export function habit(maximum, zeros) {
  if (maximum === 0) return "silent";
  return zeros === 0 ? "fires everywhere" : "";
}

const list = (words) => words.join(", ").replace(/, ([^,]*)$/, " and $1");

/** What is worth saying of a channel, in a sentence or two. */
export function summary(data, keys, channel) {
  const fires = keys.map((key) => {
    const { maximum, zeros } = data.pictures[key];
    const share = 1 - zeros[channel];
    if (maximum[channel] === 0) return `nowhere in the ${key}`;
    return share === 1 ? `everywhere in the ${key}` : `at ${percent(share)} of the ${key}`;
  });
  const painted = data.style_share?.result ? "result" : "content";
  const share = data.style_share?.[painted]?.[channel];
  const part = typeof share === "number" ? ` Without it, this layer's style loss of the ${painted} would be ${percent(share)} smaller.` : "";
  return `Fires ${list(fires)}.${part}`;
}

// ── The wire to the kernel ───────────────────────────────────────────────────────────────────────

const GONE = "The kernel that made this explorer is gone. Run its cell again to go on.";
const stopped = () => new DOMException("No longer wanted.", "AbortError");

/** Ask the kernel; each answer settles the promise of its question. */
function connect(model) {
  const open = new Map();
  const prefix = Math.random().toString(36).slice(2, 8);
  let count = 0;
  const hear = (message, buffers) => {
    const asked = open.get(message?.id);
    if (!asked) return;
    if (message.progress !== undefined) {
      asked.progress?.(message, buffers);
      return;
    }
    open.delete(message.id);
    if (message.answer) asked.resolve({ ...message.answer, buffers });
    else asked.reject(message.cancelled ? stopped() : new Error(message.error));
  };
  model.on("msg:custom", hear);
  const cancel = (id) => {
    try { model.send({ id, ask: "cancel" }); } catch { /* a kernel that is gone has nothing to cancel */ }
  };
  return {
    ask(question, { signal, progress } = {}) {
      const id = `${prefix}-${++count}`;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject, progress });
        signal?.addEventListener("abort", () => {
          if (open.delete(id)) cancel(id);
          reject(stopped());
        });
        try { model.send({ id, ...question }); } catch { reject(new Error(GONE)); }
      });
    },
    close() {
      for (const id of open.keys()) cancel(id);
      open.clear();
      model.off("msg:custom", hear);
    },
  };
}

const bytesOf = (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
const inflateAll = (buffers) => Promise.all(buffers.map((buffer) => inflate(bytesOf(buffer))));

const MOST_BYTES = 240e6; // of maps kept; a layer of three pictures takes up to 33 MB

/** The layers' maps, asked for once; those not looked at for long are forgotten when they are too many. */
function makeStore(overview, wire) {
  const kept = new Map(); // name → promise; the last one was used last
  const layers = new Map(overview.layers.map((layer, depth) => [layer.name, { ...layer, depth }]));
  const keys = overview.pictures.map(({ key }) => key);

  async function fetchLayer(name, signal) {
    const layer = layers.get(name);
    const pooled = layer.kind === "pooling";
    const before = pooled ? load(overview.layers[layer.depth - 1].name) : null;
    const answer = await wire.ask({ ask: "layer", layer: name }, { signal });
    const source = (await before)?.pictures;
    const blocks = await inflateAll(answer.buffers);
    for (const key of keys) {
      const picture = answer.pictures[key];
      const from = source?.[key];
      picture.bytes = pooled
        ? pool(from.bytes, layer.channels, from.rows, from.columns, overview.pooling, from.maximum, picture.maximum)
        : blocks[picture.buffer];
    }
    const { pictures, differences = {}, style_share = {} } = answer;
    return { name, layer, pictures, differences, style_share };
  }

  function load(name, signal) {
    const promise = kept.get(name) ?? fetchLayer(name, signal);
    kept.delete(name);
    kept.set(name, promise);
    signal?.addEventListener("abort", () => { if (!promise.done) kept.delete(name); });
    promise.then(() => { promise.done = true; return forgetOld(); }, () => kept.delete(name));
    return promise;
  }

  async function forgetOld() {
    let total = 0;
    for (const [name, promise] of [...kept].reverse()) {
      const data = await Promise.race([promise, null]);
      for (const key of keys) total += data?.pictures[key].bytes.length ?? 0;
      if (total > MOST_BYTES) kept.delete(name);
    }
  }

  return { load, layers, keys };
}

/** One channel's map as a view of the block. */
function mapOf(picture, channel) {
  const size = picture.rows * picture.columns;
  return picture.bytes.subarray(channel * size, (channel + 1) * size);
}

// ── Small pieces of the page ─────────────────────────────────────────────────────────────────────

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "path", "rect", "line"]);

/**
 * Make an element. `name` is its tag and what it is here ("p.hint"; "is-…" is a state or kind);
 * attributes by name, `on…` are listeners; children are elements, text, or null.
 */
function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = SHAPES.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const each of classes) element.classList.add(each.startsWith("is-") ? each : `stylelab-explorer-${each}`);
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
function rove(group, buttons, state, choose) {
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
  return [group, rove(group, buttons, "aria-checked", choose)];
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
  const small = shrink(map, rows, columns, THUMBNAIL, THUMBNAIL);
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
function after(milliseconds, action) {
  let timer = 0;
  const wait = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...values);
  };
  wait.stop = () => clearTimeout(timer);
  return wait;
}

/** The line in which a part says that it waits, or what went wrong. */
function makeStatus(explorer) {
  const element = make("p.status", { role: "status" });
  const write = (error, ...words) => {
    late.stop();
    element.classList.toggle("is-error", error);
    element.replaceChildren(...words);
  };
  const late = after(1500, () => write(false, "Waiting for the kernel. If a cell is running, this comes after it."));
  explorer.leave(late.stop);
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
  explorer.leave(stop);
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

// ── The parts of the panel ───────────────────────────────────────────────────────────────────────

/** The network on a line: one button a layer, with what it answers to the picture chosen. */
function makeStrip(explorer) {
  const { overview, state, store } = explorer;
  const bytes = bytesOf(explorer.model.get("strip"));
  const highest = Math.max(...overview.layers.map((layer) => layer.layer_style_loss ?? 0));
  const [first] = store.keys;
  const buttons = new Map();
  const blocks = new Map();

  function makeButton(layer) {
    const [rows, columns] = layer.shapes[first];
    const words = layer.name.split("_")[1].split(/(?=\d)/); // "conv" gives way where it is narrow
    const button = make("button.layer", {
      role: "radio", title: layer.name, onclick: () => explorer.open(layer.name),
      "aria-label": `${layer.name}, ${layer.channels} channels of ${rows} × ${columns} units`,
    }, make("canvas"), make("span", {}, ...words.map((word) => make("span", {}, word))));
    if (highest > 0) {
      const bar = make("i", { "aria-hidden": "true", title: `style loss ${short(layer.layer_style_loss)}` });
      bar.style.setProperty("--part", layer.layer_style_loss / highest);
      button.append(bar);
    }
    return button;
  }

  for (const layer of overview.layers) {
    const [name] = layer.name.split("_");
    buttons.set(layer.name, makeButton(layer));
    if (!blocks.has(name)) {
      const size = `${layer.channels} × ${layer.shapes[first].join(" × ")}`;
      const title = box("block-name", make("b", {}, name.replace("block", "block ")), make("span", {}, size));
      blocks.set(name, box("block", title, box("block-layers")));
    }
    const row = blocks.get(name).lastChild;
    row.append(buttons.get(layer.name));
    blocks.get(name).style.setProperty("--layers", row.children.length);
  }
  const strip = make("div.strip", { role: "radiogroup", "aria-label": "Layers of VGG19, in order of depth" }, ...blocks.values());
  const open = after(140, explorer.open); // once the keys rest: each layer is megabytes
  const mark = rove(strip, buttons, "aria-checked", open);
  explorer.leave(open.stop);

  explorer.on(["picture"], () => {
    for (const layer of overview.layers) {
      const [rows, columns, from] = layer.strip[state.picture];
      const canvas = buttons.get(layer.name).querySelector("canvas");
      paintMap(canvas, bytes.subarray(from, from + rows * columns), rows, columns, PIXELS);
    }
  });
  const facts = make("p.facts");
  explorer.on(["layer"], () => {
    mark(state.layer);
    const { name, channels, shapes, stride, receptive_field: side, layer_style_loss: loss } = store.layers.get(state.layer);
    facts.replaceChildren(make("b", {}, name),
      `${channels} channels of ${shapes[first].join(" × ")} units, one every ${stride === 1 ? "pixel" : `${stride} pixels`}. ` +
      `Each sees ${side} × ${side} pixels of the picture.` +
      (typeof loss === "number" ? ` Style loss of this layer: ${short(loss)}; the bars under the layers compare them.` : ""));
  });
  return [strip, facts];
}

/** Which maps the grid shows, in which order, on which scale, with the colour bar. */
function makeToolbar(explorer) {
  const { state, store } = explorer;
  const named = store.keys.map((key) => [key, key]);
  const [pictures, markPicture] = makeChoice("Maps of which picture", named, (picture) => explorer.change({ picture }));
  const scales = [["channel", "this channel"], ["layer", "this layer"], ["network", "the whole network"]];
  const [scale, markScale] = makeChoice("Scale: brightest is the maximum of", scales, (name) => explorer.change({ scale: name }));
  const order = make("select", { onchange: () => explorer.change({ order: order.value }) });
  const lift = make("button.plain", {
    title: "Brightness by the square root of the value, not evenly", onclick: () => explorer.change({ lift: !state.lift }),
  }, "lift faint values");
  const ticks = new Map(store.keys.map((key) => [key, make(`i.is-${key}`)]));
  const bar = make("div.bar", { "aria-hidden": "true" }, ...ticks.values());
  const stops = Array.from({ length: 9 }, (_, index) => `rgb(${COLOURS[Math.round((index * 255) / 8)]})`);
  bar.style.background = `linear-gradient(to right, ${stops})`;
  const [half, whole] = [make("span"), make("span")];

  explorer.onMaps(["data"], () => {
    const { differences, style_share: shares } = state.data;
    const options = [
      ["number", "number"], ["strength", "strength (mean)"], ["maximum", "maximum"],
      ...Object.keys(differences).map((pair) => [`difference ${pair}`, `difference ${pair.replace("|", " – ")}`]),
      ...store.keys.filter((key) => shares[key]).map((key) => [`share ${key}`, `part in the style loss, ${key}`]),
    ];
    order.replaceChildren(...options.map(([value, words]) => make("option", { value, selected: value === state.order }, words)));
  });
  explorer.on(["picture"], () => markPicture(state.picture));
  explorer.on(["scale"], () => markScale(state.scale));
  explorer.on(["lift"], () => lift.setAttribute("aria-pressed", state.lift));
  explorer.onMaps(["data", "scale", "lift", "channel"], () => {
    half.textContent = short(explorer.white() / (state.lift ? 4 : 2));
    whole.textContent = short(explorer.white());
  });
  explorer.onMaps(["data", "scale", "lift", "channel", "hover", "pins", "picture"], () => {
    for (const [key, tick] of ticks) {
      tick.style.left = `${100 * brightness(explorer.valueAt(key), explorer.white(), state.lift)}%`;
    }
  });
  const label = (words) => make("span", { "aria-hidden": "true" }, words);
  return box("toolbar",
    box("tool", named.length > 1 ? box("tool", label("Maps of"), pictures) : null,
      make("label.tool", {}, make("span", {}, "Order by"), order)),
    box("tool", label("Scale"), scale, box("scale", bar, box("numbers", make("span", {}, "0"), half, whole)), lift));
}

const GAP = 2; // pixels between two maps
const LEAST = 18; // pixels of width of a map: what an eye can tell apart and a finger can hit
const MARKS = { silent: "is-silent", "fires everywhere": "is-everywhere" };

/** All channels of the layer at a glance: one canvas, under a list of options that can be focused. */
function makeGrid(explorer) {
  const { state } = explorer;
  const canvas = make("canvas");
  const options = make("div.options", { role: "listbox", "aria-label": "Channels" });
  const sheet = box("sheet", canvas, options);
  const scroller = box("channels", sheet);
  const status = makeStatus(explorer);
  const legend = make("p.legend");
  const told = make("p.told", { "aria-hidden": "true" });
  const cells = []; // in the order shown
  let layout = null, shrunk = new Map(), order = [];
  const shown = () => state.data.pictures[state.picture];

  function lay() {
    if (!scroller.clientWidth) return;
    const { rows, columns } = shown();
    const { width, maxHeight, paddingLeft } = getComputedStyle(scroller);
    const [wide, high] = [width, maxHeight].map((size) => parseFloat(size) - 2 * parseFloat(paddingLeft));
    layout = arrange(state.data.layer.channels, columns / rows, wide, high, LEAST, GAP);
    layout.lines = Math.ceil(state.data.layer.channels / layout.columns);
    sheet.style.width = `${layout.columns * (layout.width + GAP) - GAP}px`;
    sheet.style.height = `${layout.lines * (layout.height + GAP) - GAP}px`;
    options.style.gridTemplateColumns = `repeat(${layout.columns}, ${layout.width}px)`;
    options.style.gridAutoRows = `${layout.height}px`;
    shrunk = new Map();
    paint();
  }

  function label() {
    const { maximum, zeros } = shown();
    const { channels, name } = state.data.layer;
    const removed = explorer.removed();
    const counts = { "is-silent": 0, "is-everywhere": 0, "is-removed": removed.length };
    order = explorer.order();
    while (cells.length < channels) cells.push(make("div", { role: "option" }));
    order.forEach((channel, place) => {
      const does = habit(maximum[channel], zeros[channel]);
      const out = removed.includes(channel);
      if (does) counts[MARKS[does]]++;
      const facts = does || `maximum ${short(maximum[channel])}, fires at ${percent(1 - zeros[channel])}`;
      cells[place].dataset.channel = channel;
      cells[place].className = `${MARKS[does] ?? ""} ${out ? "is-removed" : ""}`;
      cells[place].setAttribute("aria-label", `channel ${channel}, ${facts}${out ? ", removed from the style loss" : ""}`);
    });
    options.replaceChildren(...cells.slice(0, channels));
    options.setAttribute("aria-label", `${channels} channels of ${name}, maps of the ${state.picture}`);
    const words = { "is-silent": `silent in the ${state.picture}`, "is-everywhere": "fires everywhere", "is-removed": "removed from the loss" };
    legend.replaceChildren(
      ...Object.keys(words).filter((mark) => counts[mark]).map((mark) => make(`span.${mark}`, {}, `${words[mark]}: ${counts[mark]}`)),
      make("span.is-note", {}, state.scale === "channel" ? "Each map on its own scale: bright does not mean strong." : "One scale for all maps: bright means strong."));
    select();
  }

  function select() {
    for (const cell of cells) {
      const chosen = Number(cell.dataset.channel) === state.channel;
      cell.setAttribute("aria-selected", chosen);
      cell.tabIndex = chosen ? 0 : -1;
    }
  }

  function small(channel, width, height) {
    const name = `${state.picture} ${channel}`;
    const { rows, columns } = shown();
    if (!shrunk.has(name)) shrunk.set(name, shrink(mapOf(shown(), channel), rows, columns, height, width));
    return shrunk.get(name);
  }

  function paint() {
    if (!layout) return;
    const dense = Math.max(Math.round(window.devicePixelRatio), 1);
    const [width, height, gap] = [layout.width * dense, layout.height * dense, GAP * dense];
    const across = layout.columns * (width + gap) - gap;
    Object.assign(canvas, { width: across, height: layout.lines * (height + gap) - gap });
    const context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, canvas.height);
    const out = new Uint32Array(image.data.buffer);
    order.forEach((channel, place) => {
      const pixels = explorer.pixels(state.picture, channel);
      const map = small(channel, width, height);
      const top = Math.floor(place / layout.columns) * (height + gap);
      const left = (place % layout.columns) * (width + gap);
      for (let y = 0; y < height; y++) {
        const from = Math.floor((y * map.rows) / height) * map.columns;
        let to = (top + y) * across + left;
        for (let x = 0; x < width; x++) out[to++] = pixels[map.bytes[from + Math.floor((x * map.columns) / width)]];
      }
    });
    context.putImageData(image, 0, 0);
  }

  function tell(channel) {
    if (channel === undefined) return told.replaceChildren();
    const { maximum, mean, zeros } = shown();
    const facts = `maximum ${short(maximum[channel])}, mean ${short(mean[channel])}, zeros ${percent(zeros[channel])}`;
    return told.replaceChildren(make("b", {}, `channel ${channel}`), ` ${facts}`);
  }

  const channelOf = (event) => event.target.closest("[role=option]")?.dataset.channel;
  options.addEventListener("click", (event) => {
    const channel = channelOf(event);
    if (channel !== undefined) explorer.change({ channel: Number(channel) });
  });
  options.addEventListener("pointermove", (event) => tell(channelOf(event)));
  options.addEventListener("pointerleave", () => tell());
  options.addEventListener("keydown", (event) => {
    const next = neighbour(event.key, order.indexOf(state.channel), order.length, layout.columns, 4 * layout.columns);
    if (next === null) return;
    event.preventDefault();
    explorer.change({ channel: order[next] });
    cells[next].focus();
    tell(order[next]);
  });

  explorer.onMaps(["data"], () => { scroller.scrollTop = 0; });
  explorer.onMaps(["data", "picture", "order", "removed", "scale"], label);
  explorer.onMaps(["data", "picture"], lay);
  explorer.onMaps(["order", "scale", "lift"], paint);
  explorer.onMaps(["channel"], select);
  explorer.on(["waiting"], () => {
    explorer.root.classList.toggle("is-waiting", state.waiting !== null);
    if (state.waiting instanceof Error) status.fail(state.waiting, () => explorer.open(state.layer));
    else if (state.waiting) status.wait(`Asking the kernel for ${state.layer} …`);
    else status.say();
  });
  const watcher = new ResizeObserver(() => { if (state.data) lay(); });
  watcher.observe(scroller);
  explorer.leave(() => watcher.disconnect());
  return make("section.grid", { "aria-label": "All channels of the layer" }, status.element, scroller, told, legend);
}

/** The pictures side by side, each with the chosen channel's map, and one unit followed through all. */
function makeStage(explorer) {
  const { state, overview, store } = explorer;
  const last = () => state.data.layer.channels - 1;
  const number = make("input", { type: "number", min: 0, "aria-label": "Channel", onchange: () => {
    explorer.change({ channel: Math.min(Math.max(Math.round(Number(number.value)) || 0, 0), last()) });
    number.value = state.channel;
  } });
  const step = (by, label, words) => make("button.step", { "aria-label": label, onclick: () => {
    const order = explorer.order();
    explorer.change({ channel: order[Math.min(Math.max(order.indexOf(state.channel) + by, 0), last())] });
  } }, words);
  const of = make("span");
  const large = make("button.plain", { onclick: () => explorer.change({ large: !state.large }) }, "larger pictures");
  const words = make("p.summary");
  const heard = make("p.hidden", { "aria-live": "polite" });
  const say = after(500, (text) => { heard.textContent = text; });
  const figures = box("figures", ...overview.pictures.map((picture) => makeFigure(explorer, picture, say)));
  figures.style.setProperty("--pictures", overview.pictures.length);
  figures.classList.toggle("is-single", overview.pictures.length === 1);
  const back = make("button.plain", { onclick: () => explorer.change({ pins: {} }) }, "back to the strongest unit");
  const sizes = overview.pictures.filter((picture) => picture.sizes_note)
    .map(({ title, sizes_note: note }) => ` The ${title} is ${note}.`);

  explorer.onMaps(["data", "channel"], () => {
    number.max = last();
    number.value = state.channel;
    of.textContent = `0 … ${last()} in ${state.data.name}`;
    words.textContent = summary(state.data, store.keys, state.channel);
    say(`Channel ${state.channel} of ${state.data.name}. ${words.textContent}`);
  });
  explorer.on(["pins"], () => { back.hidden = !Object.values(state.pins).some(Boolean); });
  explorer.on(["large"], () => {
    explorer.root.classList.toggle("is-large", state.large);
    large.setAttribute("aria-pressed", state.large);
  });
  explorer.leave(say.stop);
  return make("section.stage", { "aria-label": "The chosen channel" },
    box("heading", make("h3", {}, "Channel"), number, of, step(-1, "channel before", "‹"), step(1, "next channel", "›"), large),
    words, heard, figures,
    box("pointing", hint("Point at a picture or a map to read a unit and what it sees; click to stay there.", ...sizes), back));
}

/** One picture, its map, and what the followed unit sees and says. */
function makeFigure(explorer, { key, title, width, height }, say) {
  const { state } = explorer;
  const picture = make("canvas", { width, height });
  const map = make("canvas");
  const field = make("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, make("rect.is-halo"), make("rect.is-line"));
  const dots = [make("i"), make("i")];
  const left = make("div.picture", {}, picture, field, dots[0]);
  const right = make("div.map", { tabindex: 0, role: "application", "aria-roledescription": "map with a followed unit" }, map, dots[1]);
  const value = make("output.value");
  const place = make("span.place");
  const patch = make("canvas.patch", { role: "img" });
  const numbers = Object.fromEntries(["maximum", "mean", "minimum", "zeros"].map((name) => [name, make("dd")]));
  explorer.useBitmap(key, (bitmap) => picture.getContext("2d").drawImage(bitmap, 0, 0));

  function draw() {
    const shown = state.data.pictures[key];
    const { stride } = state.data.layer;
    paintMap(map, mapOf(shown, state.channel), shown.rows, shown.columns, explorer.pixels(key, state.channel));
    map.style.width = `${(100 * shown.columns * stride) / width}%`;
    map.style.height = `${(100 * shown.rows * stride) / height}%`;
    for (const [name, cell] of Object.entries(numbers)) {
      cell.textContent = (name === "zeros" ? percent : short)(shown[name][state.channel]);
    }
  }

  function follow() {
    const { layer } = state.data;
    const [row, column] = explorer.unitOf(key);
    const square = squareOf(layer, row, column);
    const [top, start, bottom, end] = square;
    const [y, x] = [Math.max(top, 0), Math.max(start, 0)];
    const inside = { x, y, width: Math.min(end, width) - x, height: Math.min(bottom, height) - y };
    for (const rect of field.children) for (const name in inside) rect.setAttribute(name, inside[name]);
    for (const dot of dots) {
      dot.style.left = `${(100 * (layer.first_centre + column * layer.stride + 0.5)) / width}%`;
      dot.style.top = `${(100 * (layer.first_centre + row * layer.stride + 0.5)) / height}%`;
    }
    value.textContent = short(explorer.valueAt(key));
    place.textContent = `row ${row}, column ${column}`;
    explorer.useBitmap(key, (bitmap) => paintSquare(patch, bitmap, square));
    patch.setAttribute("aria-label", `What this unit sees: rows ${top} to ${bottom - 1}, columns ${start} to ${end - 1} of the ${title}`);
    right.setAttribute("aria-label", `Map of channel ${state.channel}, ${title}. Row ${row}, column ${column}: ` +
      `${value.textContent}. Arrow keys move, Home goes to the strongest unit.`);
  }

  function unitUnder(event) {
    const frame = event.currentTarget.getBoundingClientRect();
    const { rows, columns } = state.data.pictures[key];
    const y = ((event.clientY - frame.top) / frame.height) * height - 0.5;
    const x = ((event.clientX - frame.left) / frame.width) * width - 0.5;
    return unitAt(state.data.layer, y, x, rows, columns);
  }

  for (const frame of [left, right]) {
    frame.style.aspectRatio = `${width} / ${height}`;
    frame.addEventListener("pointermove", (event) => { if (state.data) explorer.change({ hover: { key, unit: unitUnder(event) } }); });
    frame.addEventListener("pointerleave", () => explorer.change({ hover: null }));
    frame.addEventListener("click", (event) => { if (state.data) explorer.pin(key, unitUnder(event)); });
  }
  right.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [-by, 0], ArrowDown: [by, 0], Home: null };
    if (!(event.key in moves) || !state.data) return;
    event.preventDefault();
    const move = moves[event.key];
    const { rows, columns } = state.data.pictures[key];
    const [row, column] = explorer.unitOf(key);
    const within = (unit, count) => Math.min(Math.max(unit, 0), count - 1);
    explorer.pin(key, move && [within(row + move[0], rows), within(column + move[1], columns)]);
    say(`${place.textContent}: ${value.textContent}`);
  });
  explorer.onMaps(["data", "channel", "scale", "lift"], draw);
  explorer.onMaps(["data", "channel", "hover", "pins", "picture"], follow);
  const facts = make("dl", {}, ...Object.entries(numbers).flatMap(([name, cell]) => [make("dt", {}, name), cell]));
  return make(`figure.is-${key}`, {}, make("figcaption", {}, title), left, right,
    box("unit", patch, make("div", {}, box("reading", value, place), facts)));
}

// ── The four questions ───────────────────────────────────────────────────────────────────────────

/** Questions about the chosen channel, as tabs: only the one in sight asks the kernel. */
function makeQuestions(explorer) {
  const { overview, state, store } = explorer;
  const questions = [["excites", "What excites it?", makeExcites], ["partners", "What fires with it?", makePartners]];
  if (store.keys.includes("style")) questions.push(["style", "What does it do for the style?", makeStyle]);
  if (overview.steps?.length) questions.push(["steps", "How did it change during the run?", makeSteps]);
  const tabs = new Map();
  const panels = new Map();
  for (const [name, title, makePanel] of questions) {
    const [panel, tab] = [`${explorer.id}-${name}`, `${explorer.id}-tab-${name}`];
    panels.set(name, make(`div.is-${name}`, { role: "tabpanel", id: panel, "aria-labelledby": tab }, ...makePanel(explorer, name)));
    tabs.set(name, make("button", { role: "tab", id: tab, "aria-controls": panel, onclick: () => explorer.change({ tab: name }) }, title));
  }
  const bar = make("div.tabs", { role: "tablist", "aria-label": "Questions about this channel" }, ...tabs.values());
  const mark = rove(bar, tabs, "aria-selected", (tab) => explorer.change({ tab }));
  explorer.on(["tab"], () => {
    mark(state.tab);
    for (const [name, panel] of panels) panel.hidden = name !== state.tab;
  });
  return make("section.questions", { "aria-label": "Questions about this channel" }, bar, ...panels.values());
}

/**
 * Keep a tab's answer up to date while it is in sight: ask once its questions have rested, and show
 * the answers again when the scale changes.
 */
function keepAsking(explorer, tab, status, questions, show) {
  const { state } = explorer;
  const asker = makeAsker(explorer, status);
  let wanted = "", again = () => {};
  const ask = after(120, () => asker.run(async (options) => {
    const answers = await Promise.all(questions().map((question) => explorer.askOnce(question, options)));
    again = () => show(...answers);
    await again();
  }));
  explorer.onMaps(["data", "channel", "removed", "tab"], () => {
    const now = JSON.stringify(questions());
    if (state.tab !== tab || now === wanted) return;
    wanted = now;
    ask();
  });
  explorer.onMaps(["scale", "lift"], () => { if (state.tab === tab) again(); });
  explorer.leave(ask.stop);
}

const about = (state) => ({ layer: state.data.name, channel: state.channel });
const PATCHES = 8;

/** The strongest places in the reader's pictures, and a picture made to excite the channel. */
function makeExcites(explorer, tab) {
  const { state, overview, store } = explorer;
  const row = box("patches");
  const status = makeStatus(explorer);
  const asker = makeAsker(explorer, status);
  const more = make("button.plain", { hidden: !overview.others, onclick: searchOthers },
    `search ${overview.others} more ${overview.others === 1 ? "picture" : "pictures"}`);

  function tile({ picture, row: y, column: x, value, square, buffer }, buffers) {
    const ours = store.keys.includes(picture);
    const face = ours ? make("canvas") : make("img", { alt: "", src: explorer.url(buffers[buffer], "image/png") });
    if (ours) explorer.useBitmap(picture, (bitmap) => paintSquare(face, bitmap, square));
    const words = [face, make("b", {}, short(value)), make("span", {}, picture)];
    const label = `${picture}, row ${y}, column ${x}, value ${short(value)}`;
    if (!ours) return make("div.tile", { role: "img", "aria-label": label }, ...words);
    return make("button.tile", { "aria-label": `${label}: go there`, onclick: () => explorer.pin(picture, [y, x]) }, ...words);
  }

  function fill(patches, buffers = []) {
    row.replaceChildren(...patches.map((patch) => tile(patch, buffers)));
    if (!patches.length) row.append(make("p", {}, "Nothing in the pictures shown makes this channel fire."));
  }

  /** The same search as the kernel's, in the maps that are here already. */
  function searchHere() {
    const { layer, pictures } = state.data;
    const apart = Math.max(layer.receptive_field / layer.stride / 2, 1);
    const found = store.keys.flatMap((picture) => {
      const { rows, columns, maximum } = pictures[picture];
      return strongestUnits(mapOf(pictures[picture], state.channel), rows, columns, PATCHES, apart)
        .map((unit) => ({
          ...unit, picture, value: (unit.byte * maximum[state.channel]) / 255, square: squareOf(layer, unit.row, unit.column),
        }));
    });
    more.hidden = !overview.others;
    fill(found.sort((a, b) => b.value - a.value).slice(0, PATCHES));
  }

  function searchOthers() {
    asker.run(async (options) => {
      const answer = await explorer.wire.ask({ ask: "patches", ...about(state), count: PATCHES }, options);
      more.hidden = true;
      fill(answer.patches, answer.buffers);
    }, (message) => status.say(`${percent(message.progress)} ${message.note ?? ""}`));
  }

  const search = after(60, searchHere);
  explorer.onMaps(["data", "channel", "tab"], () => {
    asker.stop();
    if (state.tab === tab) search();
  });
  explorer.leave(search.stop);
  return [
    box("column", make("h4", {}, "Where it fires most in your pictures"),
      hint("Each square is what one unit sees. Choose one to go there."), row, more, status.element),
    box("column", ...makeMaximiser(explorer)),
  ];
}

/** A picture made by activation maximisation, on request, with a look at it while it grows. */
function makeMaximiser(explorer) {
  const { state } = explorer;
  const status = makeStatus(explorer);
  const asker = makeAsker(explorer, status);
  const image = make("img", { alt: "" });
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Making the picture" });
  const words = make("span.hint");
  const start = make("button.plain.is-main", { onclick: run });
  const stop = make("button.plain", { onclick: asker.stop }, "stop");
  const made = new Map(); // what was made stays, by layer and channel
  const name = () => `${state.data.name} ${state.channel}`;

  const face = (buffer, type) => {
    image.hidden = !buffer;
    if (buffer) image.src = explorer.url(buffer, type);
  };

  function settle() {
    const [buffer, text] = made.get(name()) ?? [];
    bar.hidden = stop.hidden = true;
    start.hidden = false;
    start.textContent = buffer ? "make it again" : "make a picture";
    image.alt = buffer ? `A picture made to excite channel ${state.channel} of ${state.data.name}` : "";
    words.textContent = text ?? "";
    face(buffer, "image/png");
  }

  async function run() {
    const wanted = name();
    bar.hidden = stop.hidden = false;
    start.hidden = true;
    bar.value = 0;
    await asker.run(async (options) => {
      const { buffers, value } = await explorer.wire.ask({ ask: "maximise", ...about(state) }, options);
      made.set(wanted, [buffers[0], typeof value === "number" ? `Activation ${short(value)}.` : ""]);
    }, (message, buffers) => {
      status.say();
      bar.value = message.progress;
      words.textContent = message.note ?? "";
      if (buffers.length) face(buffers[0], message.preview);
    });
    settle();
  }

  explorer.onMaps(["data", "channel"], () => { asker.stop(); settle(); });
  return [make("h4", {}, "A picture made to excite it"),
    hint("Gradient ascent on the pixels, beginning with noise: what the channel would like best. Takes seconds."),
    box("made", image, make("div", {}, start, stop, bar, words, status.element))];
}

const PARTNERS = 6;

/** The channel's row of the Gram matrix, picture by picture, and the channels it fires with. */
function makePartners(explorer, tab) {
  const { state, store } = explorer;
  const status = makeStatus(explorer);
  const rows = box("rows");
  const told = make("p.told", { "aria-hidden": "true" });
  const leading = store.keys.includes("style") ? "style" : store.keys[0];
  let measure = "cosines", answer = null;
  const measures = [["cosines", "cosine"], ["rows", "entry of the Gram matrix"]];
  const [choice, mark] = makeChoice("Measure", measures, (value) => {
    mark(value);
    measure = value;
    if (answer) show(answer);
  });
  mark(measure);

  /** Steps, one a channel, as a path: open for a line, closed for a body. */
  function steps(values, order, highest, closed) {
    const heights = order.map((channel) => 1 - Math.min(Math.max(values[channel] / highest, 0), 1));
    const line = heights.map((y, x) => `V${y}H${x + 1}`).join("");
    return closed ? `M0 1${line}V1Z` : `M0 ${heights[0]}${line}`;
  }

  function chart(key, order, highest) {
    const values = answer[measure];
    const own = order.indexOf(state.channel) + 0.5;
    const svg = make("svg", {
      viewBox: `0 0 ${order.length} 1`, preserveAspectRatio: "none", role: "img",
      "aria-label": `Row of channel ${state.channel} in the Gram matrix of the ${key}: ${order.length} bars, the highest of the others ${short(highest)}`,
    }, make("path.is-body", { d: steps(values[key], order, highest, true) }),
    key === leading ? null : make(`path.is-line.is-${leading}`, { d: steps(values[leading], order, highest, false) }),
    make("line", { x1: own, x2: own, y1: 0, y2: 1 }));
    const channelAt = (event) => {
      const { left, width } = svg.getBoundingClientRect();
      const place = Math.floor(((event.clientX - left) / width) * order.length);
      return order[Math.min(Math.max(place, 0), order.length - 1)];
    };
    svg.addEventListener("pointermove", (event) => {
      const channel = channelAt(event);
      told.replaceChildren(make("b", {}, `channel ${channel}`), store.keys.map((other) => ` ${other} ${short(values[other][channel])}`).join(","));
    });
    svg.addEventListener("pointerleave", () => told.replaceChildren());
    svg.addEventListener("click", (event) => explorer.change({ channel: channelAt(event) }));
    return svg;
  }

  function partner(key, channel, value) {
    const picture = state.data.pictures[key];
    const face = thumbnail(mapOf(picture, channel), picture.rows, picture.columns, explorer.pixels(key, channel));
    const label = `channel ${channel}, ${short(value)} in the ${key}: go there`;
    return make("button.tile", { "aria-label": label, onclick: () => explorer.change({ channel }) },
      face, make("b", {}, short(value)), make("span", {}, `channel ${channel}`));
  }

  function show(given) {
    answer = given;
    const values = answer[measure];
    const others = (key) => fallingOrder(values[key]).filter((channel) => channel !== answer.channel && values[key][channel] > 0);
    const highest = Math.max(...store.keys.map((key) => values[key][others(key)[0]] ?? 0)) || 1;
    const order = fallingOrder(values[leading]);
    rows.replaceChildren(...store.keys.map((key) => make(`div.row.is-${key}`, {}, make("h5", {}, key), chart(key, order, highest),
      box("tiles", ...others(key).slice(0, PARTNERS).map((channel) => partner(key, channel, values[key][channel]))))));
  }

  keepAsking(explorer, tab, status, () => [{ ask: "gram", ...about(state), removed: explorer.removed() }], show);
  return [box("wide", make("h4", {}, "Its row of the Gram matrix"), hint(leading === "style"
    ? "How much each channel of the layer fires together with this one (dashed), in the order of the style and on one scale. The red line repeats the style: a result that keeps it fills that line."
    : "How much each channel of the layer fires together with this one (dashed), in falling order."),
  box("tool", choice, told), status.element, rows)];
}

const PULLS = { all: "with all channels", without: "without the removed", removed: "by the removed alone" };

/** The channel's part in the layer's style loss, a switch that removes it, and where the loss pulls. */
function makeStyle(explorer, tab) {
  const { state, store } = explorer;
  const [status, pulling] = [makeStatus(explorer), makeStatus(explorer)];
  const [shares, chips, maps] = [box("losses"), box("chips"), box("pulls")];
  const out = explorer.removed;
  const put = (channels) => explorer.change({ removed: { ...state.removed, [state.data.name]: channels } });
  const without = (channel) => out().filter((other) => other !== channel);
  const toggle = make("button.switch", { role: "switch", onclick: () => {
    put(out().includes(state.channel) ? without(state.channel) : [...out(), state.channel].sort((a, b) => a - b));
  } });

  function line(key, gram) {
    const loss = gram.loss[key];
    const rest = out().length ? gram.loss_without[key] : loss * (1 - gram.share[key]);
    const which = out().length > 1 ? `the ${out().length} removed channels` : `channel ${out()[0] ?? state.channel}`;
    const bars = [["is-all", loss], ["is-left", rest]].map(([name, value]) => {
      const bar = make(`i.${name}`);
      bar.style.width = `${loss > 0 ? (100 * value) / loss : 0}%`;
      return bar;
    });
    return make(`div.loss.is-${key}`, {}, make("h5", {}, key), make("div.bars", { "aria-hidden": "true" }, ...bars),
      make("p", {}, `${short(loss)} with all channels, ${short(rest)} without ${which}: ${percent((loss - rest) / loss)} less.`));
  }

  function showShares(gram) {
    const painted = store.keys.filter((key) => typeof gram.loss[key] === "number");
    shares.replaceChildren(...painted.map((key) => line(key, gram)));
  }

  async function showPull({ rows, columns, picture, buffers, ...pulled }) {
    const bytes = await inflateAll(buffers);
    maps.replaceChildren(...pulled.maps.map(({ name, maximum, buffer }) => {
      const canvas = make("canvas", { role: "img", "aria-label": `Where the style loss of ${state.data.name} pulls at the ${picture}, ${PULLS[name]}` });
      paintMap(canvas, bytes[buffer], rows, columns, pixelsFor(1, 1, state.lift));
      return make("figure", {}, canvas, make("figcaption", {}, make("b", {}, PULLS[name]), make("span", {}, `brightest ${short(maximum)}`)));
    }));
  }

  explorer.onMaps(["data", "channel", "removed"], () => {
    toggle.setAttribute("aria-checked", out().includes(state.channel));
    toggle.replaceChildren(make("i", { "aria-hidden": "true" }), `remove channel ${state.channel} from the loss`);
    chips.replaceChildren(...out().map((channel) =>
      make("button", { "aria-label": `put channel ${channel} back`, onclick: () => put(without(channel)) }, `channel ${channel} ×`)));
    if (out().length > 1) chips.append(make("button", { onclick: () => put([]) }, "put all back"));
  });
  keepAsking(explorer, tab, status, () => [{ ask: "gram", ...about(state), removed: out() }], showShares);
  keepAsking(explorer, tab, pulling, () => [{ ask: "pull", layer: state.data.name, removed: out() }], showPull);
  return [
    box("column", make("h4", {}, "Its part in the style loss of the layer"),
      hint("The loss compares Gram matrices, ‖G − A‖² / ‖A‖². A channel takes part with one row and one column."),
      shares, toggle, chips, status.element),
    box("column", make("h4", {}, "Where the loss pulls"),
      hint("How strongly the layer's style loss would change each place. Each map has its own scale."), pulling.element, maps),
  ];
}

/** The channel's map at the recorded steps of a run. */
function makeSteps(explorer, tab) {
  const { state } = explorer;
  const status = makeStatus(explorer);
  const film = box("tiles");
  const map = make("canvas", { role: "img" });
  const photo = make("img");
  const told = make("output");
  const scale = hint();
  const slider = make("input", { type: "range", min: 0, value: 0, "aria-label": "Step of the run", oninput: () => turn(Number(slider.value)) });
  let answer = null, chosen = Infinity;

  function turn(index) {
    chosen = index;
    const { steps, rows, columns, maps, photos, means, maxima } = answer;
    const name = `step ${steps[index]}`;
    slider.value = index;
    slider.setAttribute("aria-valuetext", name);
    told.textContent = `${name}: mean ${short(means[index])}, maximum ${short(maxima[index])}`;
    paintMap(map, maps[index], rows, columns, pixelsFor(1, 1, state.lift));
    map.setAttribute("aria-label", `Channel ${state.channel} at ${name}`);
    Object.assign(photo, { src: explorer.url(photos[index], "image/jpeg"), alt: `The picture at ${name}` });
    [...film.children].forEach((tile, place) => tile.setAttribute("aria-pressed", place === index));
  }

  async function show(given, { buffers: photos }) {
    const [bytes] = await inflateAll(given.buffers);
    const { rows, columns, steps, maximum } = given;
    const size = rows * columns;
    const maps = steps.map((_, index) => bytes.subarray(index * size, (index + 1) * size));
    answer = { ...given, maps, photos };
    slider.max = steps.length - 1;
    scale.textContent = `One scale for all steps; brightest: ${short(maximum)}.`;
    film.replaceChildren(...maps.map((each, index) => make("button.tile", { onclick: () => turn(index) },
      thumbnail(each, rows, columns, pixelsFor(1, 1, state.lift)), make("span", {}, `step ${steps[index]}`))));
    turn(Math.min(chosen, steps.length - 1));
  }

  keepAsking(explorer, tab, status, () => [{ ask: "steps", ...about(state) }, { ask: "step_pictures" }], show);
  return [box("wide", make("h4", {}, "The channel's map, step by step"), scale, status.element, film,
    make("label.slider", {}, slider, told), box("pair", photo, map))];
}

// ── Putting it together ──────────────────────────────────────────────────────────────────────────

const MOST_ANSWERS = 60; // small ones, kept for when they are asked for again
const MOST_URLS = 60; // of pictures shown; older ones are given back

/** What the parts share: the state, the maps, and a way to hear of changes. */
function makeExplorer(model, root) {
  const overview = model.get("overview");
  const wire = connect(model);
  const store = makeStore(overview, wire);
  const listeners = [], leavers = [];
  const answers = new Map(), chosen = new Map(), urls = new Set();
  const state = {
    layer: overview.first_layer, data: null, waiting: null, // `layer` is wanted, `data` is here
    channel: 0, picture: store.keys[0], order: "number", scale: "channel", lift: false,
    hover: null, pins: {}, removed: {}, tab: "excites", large: false,
  };
  const bitmaps = {};
  model.get("pixels").forEach((buffer, index) => {
    const key = store.keys[index];
    bitmaps[key] = createImageBitmap(new Blob([bytesOf(buffer)], { type: "image/png" }));
    bitmaps[key].then((bitmap) => { bitmaps[key].now = bitmap; });
  });
  let opening = null, strongest = [];

  /** Content and result show the same places, and are followed together; the style by itself. */
  const groupOf = (key) => (overview.same_place && key !== "style" ? "painted" : key);

  function change(changes) {
    const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
    Object.assign(state, changes);
    if (state.data) chosen.set(state.data.name, state.channel);
    for (const [names, hear] of listeners) if (names.some((name) => changed.includes(name))) hear();
  }

  /** Show a layer: at once if its maps are here, else when the kernel has sent them. */
  async function open(name) {
    if (name === state.layer && state.data?.name === name) return;
    opening?.abort();
    const { signal } = (opening = new AbortController());
    change({ layer: name, waiting: name });
    try {
      const data = await store.load(name, signal);
      if (signal.aborted) return;
      const channel = chosen.get(name) ?? fallingOrder(data.pictures[state.picture].mean)[0];
      change({ data, channel, waiting: null, hover: null });
    } catch (error) {
      if (!signal.aborted) change({ waiting: error });
    }
  }

  /** The [row, column] of the unit that fires most in a picture; the middle if none does. */
  function strongestUnit(key) {
    const { rows, columns } = state.data.pictures[key];
    const name = `${state.data.name} ${key} ${state.channel}`;
    if (strongest[0] !== name) {
      const [unit] = strongestUnits(mapOf(state.data.pictures[key], state.channel), rows, columns, 1);
      strongest = [name, unit ? [unit.row, unit.column] : [rows >> 1, columns >> 1]];
    }
    return strongest[1];
  }

  /** The [row, column] followed in a picture: under the pointer, where the reader stays, or the strongest. */
  function unitOf(key) {
    const { layer, pictures } = state.data;
    const group = groupOf(key);
    if (state.hover && groupOf(state.hover.key) === group) return state.hover.unit;
    if (state.pins[group]) return unitAt(layer, ...state.pins[group], pictures[key].rows, pictures[key].columns);
    const together = store.keys.filter((other) => groupOf(other) === group);
    return strongestUnit(together.includes(state.picture) ? state.picture : together[0]);
  }

  const explorer = {
    model, root, overview, wire, store, state, change, open, unitOf,
    id: `stylelab-explorer-${Math.random().toString(36).slice(2, 8)}`,
    on(names, hear) { listeners.push([names, hear]); },
    onMaps(names, hear) { listeners.push([names, () => { if (state.data) hear(); }]); },
    leave(action) { leavers.push(action); },
    begin() {
      for (const [, hear] of listeners) hear();
      open(state.layer);
    },
    /** The channels that the reader has taken out of this layer's style loss. */
    removed: () => state.removed[state.data.name] ?? [],
    /** The value that is brightest, on the scale chosen, for a channel. */
    white(channel = state.channel) {
      if (state.scale === "network") return overview.network_maximum;
      if (state.scale === "layer") return state.data.layer.maximum;
      return Math.max(...store.keys.map((key) => state.data.pictures[key].maximum[channel]));
    },
    pixels: (key, channel) => pixelsFor(state.data.pictures[key].maximum[channel], explorer.white(channel), state.lift),
    order() {
      const { layer, pictures, differences, style_share: shares } = state.data;
      const [kind, which] = state.order.split(" ");
      const { mean: strength, maximum } = pictures[state.picture];
      const values = { strength, maximum, difference: differences[which]?.values, share: shares[which] }[kind];
      return values ? fallingOrder(values) : [...Array(layer.channels).keys()];
    },
    valueAt(key) {
      const picture = state.data.pictures[key];
      const [row, column] = unitOf(key);
      return (mapOf(picture, state.channel)[row * picture.columns + column] * picture.maximum[state.channel]) / 255;
    },
    /** Stay at a unit, in other channels and layers too; null goes back to the strongest. */
    pin(key, unit) {
      const { first_centre: centre, stride } = state.data.layer;
      const place = unit?.map((index) => centre + index * stride);
      change({ pins: { ...state.pins, [groupOf(key)]: place }, hover: null });
    },
    /** Ask the kernel, or take the answer from memory if this was asked before. */
    async askOnce(question, options) {
      const name = JSON.stringify(question);
      if (!answers.has(name)) {
        answers.set(name, await wire.ask(question, options));
        if (answers.size > MOST_ANSWERS) answers.delete(answers.keys().next().value);
      }
      return answers.get(name);
    },
    /** Use a picture's pixels: now if they are decoded, else as soon as they are. */
    useBitmap(key, use) {
      if (bitmaps[key].now) use(bitmaps[key].now);
      else bitmaps[key].then(use);
    },
    url(buffer, type) {
      const url = URL.createObjectURL(new Blob([bytesOf(buffer)], { type }));
      urls.add(url);
      if (urls.size > MOST_URLS) {
        const [oldest] = urls;
        URL.revokeObjectURL(oldest);
        urls.delete(oldest);
      }
      return url;
    },
    close() {
      opening?.abort();
      for (const action of leavers) action();
      for (const url of urls) URL.revokeObjectURL(url);
      wire.close();
    },
  };
  return explorer;
}

function render({ model, el }) {
  const root = make("div", { class: "stylelab-explorer", role: "region", "aria-label": "Explorer of feature maps" });
  // JupyterLab takes keys for itself unless the very element that has the focus says no.
  root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  const explorer = makeExplorer(model, root);
  const main = box("main", makeGrid(explorer), makeStage(explorer));
  root.append(box("body", ...makeStrip(explorer), makeToolbar(explorer), main, makeQuestions(explorer)));
  el.append(root);
  explorer.begin();
  return () => {
    explorer.close();
    root.remove();
  };
}

export default { render };
