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

/** Ask the kernel; each answer settles the promise of its question. */
function connect(model) {
  const open = new Map();
  const prefix = Math.random().toString(36).slice(2, 8);
  let count = 0;
  const hear = (message, buffers) => {
    const waiting = open.get(message?.id);
    if (!waiting) return;
    if (message.progress !== undefined) {
      waiting.progress?.(message, buffers);
      return;
    }
    open.delete(message.id);
    if (message.answer) waiting.resolve({ ...message.answer, buffers });
    else waiting.reject(message.cancelled ? new DOMException("Cancelled.", "AbortError") : new Error(message.error));
  };
  model.on("msg:custom", hear);
  return {
    ask(question, { signal, progress } = {}) {
      const id = `${prefix}-${++count}`;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject, progress });
        signal?.addEventListener("abort", () => {
          if (open.delete(id)) model.send({ id, ask: "cancel" });
          reject(new DOMException("No longer wanted.", "AbortError"));
        });
        model.send({ id, ...question });
      });
    },
    close() {
      for (const id of open.keys()) model.send({ id, ask: "cancel" });
      open.clear();
      model.off("msg:custom", hear);
    },
  };
}

const bytesOf = (buffer) => new Uint8Array(buffer.buffer ?? buffer, buffer.byteOffset ?? 0, buffer.byteLength);

const MOST_BYTES = 240e6; // of maps kept; a layer of three pictures takes up to 33 MB

/** The layers' maps, asked for once; those not looked at for long are forgotten when they are too many. */
function makeStore(overview, wire) {
  const kept = new Map(); // name → promise; the last one was used last
  const facts = new Map(overview.layers.map((layer, depth) => [layer.name, { ...layer, depth }]));
  const keys = overview.pictures.map(({ key }) => key);

  async function fetchLayer(name, signal) {
    const layer = facts.get(name);
    const pooled = layer.kind === "pooling";
    const before = pooled ? load(overview.layers[layer.depth - 1].name) : null;
    const answer = await wire.ask({ ask: "layer", layer: name }, { signal });
    const source = await before;
    const blocks = await Promise.all(answer.buffers.map((block) => inflate(bytesOf(block))));
    const pictures = {};
    for (const key of keys) {
      const picture = answer.pictures[key];
      const from = source?.pictures[key];
      const bytes = pooled
        ? pool(from.bytes, layer.channels, from.rows, from.columns, overview.pooling, from.maximum, picture.maximum)
        : blocks[picture.buffer];
      pictures[key] = { ...picture, bytes };
    }
    return { name, layer, pictures, differences: answer.differences ?? {}, style_share: answer.style_share ?? {} };
  }

  function load(name, signal) {
    const promise = kept.get(name) ?? fetchLayer(name, signal);
    kept.delete(name);
    kept.set(name, promise);
    promise.then(forgetOld, () => kept.delete(name));
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

  return { load, facts, keys };
}

/** One channel's map as a view of the block. */
function mapOf(picture, channel) {
  const size = picture.rows * picture.columns;
  return picture.bytes.subarray(channel * size, (channel + 1) * size);
}

// ── Small pieces of the page ─────────────────────────────────────────────────────────────────────

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "path", "rect", "line", "title"]);

/** Make an element: attributes by name, `on…` are listeners; children are elements or text. */
function make(tag, attributes = {}, ...children) {
  const element = SHAPES.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const part = (name, ...children) => make("div", { class: `stylelab-explorer-${name}` }, ...children);

/** Several choices of which one holds, as buttons in a row; arrow keys move. */
function makeChoice(label, options, onchoose) {
  const buttons = new Map();
  const choose = (value, focus) => {
    for (const [other, button] of buttons) {
      button.setAttribute("aria-checked", other === value);
      button.tabIndex = other === value ? 0 : -1;
    }
    if (focus) buttons.get(value).focus();
  };
  for (const [value, words] of options) {
    const click = () => { choose(value); onchoose(value); };
    buttons.set(value, make("button", { type: "button", role: "radio", onclick: click }, words));
  }
  const group = make("div", { class: "stylelab-explorer-choice", role: "radiogroup", "aria-label": label }, ...buttons.values());
  group.addEventListener("keydown", (event) => {
    const values = [...buttons.keys()];
    const now = values.findIndex((value) => buttons.get(value).tabIndex === 0);
    const next = neighbour(event.key, now, values.length);
    if (next === null) return;
    event.preventDefault();
    choose(values[next], true);
    onchoose(values[next]);
  });
  return { element: group, choose, buttons };
}

/** Where an arrow key leads in a row of `count`; null for other keys. */
function neighbour(key, now, count, across = 1, page = across) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, PageUp: -page, PageDown: page };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (!(key in steps)) return null;
  return Math.min(Math.max(now + steps[key], 0), count - 1);
}

/** Show a map on a canvas, one pixel a unit. */
function paintMap(canvas, map, rows, columns, pixels) {
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const out = new Uint32Array(image.data.buffer);
  for (let at = 0; at < out.length; at++) out[at] = pixels[map[at]];
  context.putImageData(image, 0, 0);
}

/** Show a square of a picture on a canvas; what lies outside stays clear. */
function paintSquare(canvas, bitmap, [top, left, bottom, right]) {
  Object.assign(canvas, { width: right - left, height: bottom - top }); // clears it
  if (!bitmap) return;
  canvas.style.imageRendering = right - left > 120 ? "auto" : "pixelated";
  canvas.getContext("2d").drawImage(bitmap, -left, -top);
}

function after(milliseconds, action) {
  let timer = 0;
  const wait = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...values);
  };
  wait.stop = () => clearTimeout(timer);
  return wait;
}

/** What a waiting part says, in a line; `null` empties it. */
function makeStatus() {
  const element = make("p", { class: "stylelab-explorer-status", role: "status" });
  const late = after(1500, () => { element.textContent = "Waiting for the kernel. If a cell is running, this comes after it."; });
  return {
    element,
    wait(words) { element.textContent = words; element.classList.remove("is-error"); late(); },
    say(words) { late.stop(); element.textContent = words ?? ""; element.classList.remove("is-error"); },
    fail(error, again) {
      late.stop();
      element.classList.add("is-error");
      element.replaceChildren(`${error.message} `, make("button", { type: "button", onclick: again }, "try again"));
    },
    stop: late.stop,
  };
}

// ── The parts of the panel ───────────────────────────────────────────────────────────────────────

/** The network on a line: one button a layer, with what it answers to the first picture. */
function makeStrip(explorer) {
  const { overview, state } = explorer;
  const buttons = new Map();
  const strip = bytesOf(explorer.model.get("strip"));
  const highest = Math.max(...overview.layers.map((layer) => layer.layer_style_loss ?? 0));
  const faces = new Map(); // canvas of each layer
  const first = overview.pictures[0].key;
  const blocks = new Map();
  for (const layer of overview.layers) {
    const [block] = layer.name.split("_");
    blocks.set(block, [...(blocks.get(block) ?? []), layer]);
  }
  const grid = make("div", { class: "stylelab-explorer-strip", role: "radiogroup", "aria-label": "Layers of VGG19, in order of depth" });
  const go = after(140, (name) => explorer.open(name));
  for (const [block, layers] of blocks) {
    const row = part("block-layers");
    for (const layer of layers) {
      const canvas = make("canvas", { "aria-hidden": "true" });
      faces.set(layer, canvas);
      const [down, across] = layer.shapes[first];
      const loss = layer.layer_style_loss;
      const button = make("button", {
        type: "button", role: "radio", class: `stylelab-explorer-layer is-${layer.kind}`, title: layer.name,
        "aria-label": `${layer.name}, ${layer.channels} channels of ${down} × ${across} units`,
        onclick: () => explorer.open(layer.name),
      }, canvas, make("span", {}, ...layer.name.split("_")[1].split(/(?=\d)/).map((words) => make("span", {}, words))));
      if (highest > 0) {
        const bar = make("i", { "aria-hidden": "true", title: `style loss ${short(loss)}` });
        bar.style.setProperty("--part", (loss ?? 0) / highest);
        button.append(bar);
      }
      buttons.set(layer.name, button);
      row.append(button);
    }
    const [down, across] = layers[0].shapes[first];
    const heading = part("block-name", make("b", {}, block.replace("block", "block ")),
      make("span", {}, `${layers[0].channels} × ${down} × ${across}`));
    const group = part("block", heading, row);
    group.style.setProperty("--layers", layers.length);
    grid.append(group);
  }
  const names = [...buttons.keys()];
  const mark = (wanted) => {
    for (const [name, button] of buttons) {
      button.setAttribute("aria-checked", name === wanted);
      button.tabIndex = name === wanted ? 0 : -1;
    }
  };
  grid.addEventListener("keydown", (event) => {
    const next = neighbour(event.key, names.findIndex((name) => buttons.get(name).tabIndex === 0), names.length);
    if (next === null) return;
    event.preventDefault();
    mark(names[next]);
    buttons.get(names[next]).focus();
    go(names[next]); // once the keys rest: each layer is megabytes
  });
  explorer.on(["picture"], () => {
    for (const [layer, canvas] of faces) {
      const [rows, columns, from] = layer.strip[state.picture];
      paintMap(canvas, strip.subarray(from, from + rows * columns), rows, columns, PIXELS);
    }
  });
  const facts = make("p", { class: "stylelab-explorer-facts" });
  explorer.on(["layer"], () => {
    mark(state.layer);
    const layer = explorer.store.facts.get(state.layer);
    const [down, across] = layer.shapes[first];
    const loss = layer.layer_style_loss;
    facts.replaceChildren(make("b", {}, layer.name),
      `${layer.channels} channels of ${down} × ${across} units, one every ${layer.stride === 1 ? "pixel" : `${layer.stride} pixels`}. ` +
      `Each sees ${layer.receptive_field} × ${layer.receptive_field} pixels of the picture.` +
      (typeof loss !== "number" ? "" : ` Style loss of this layer: ${short(loss)}; the bars under the layers compare them.`));
  });
  explorer.leave(go.stop);
  return [grid, facts];
}

/** Which maps the grid shows, in which order, on which scale, with the colour bar. */
function makeToolbar(explorer) {
  const { overview, state, store } = explorer;
  const pictures = makeChoice("Maps of which picture", store.keys.map((key) => [key, key]), (picture) => explorer.change({ picture }));
  const order = make("select", { onchange: () => explorer.change({ order: order.value }) });
  const scale = makeChoice("Scale: brightest is the maximum of",
    [["channel", "this channel"], ["layer", "this layer"], ["network", "the whole network"]], (scale) => explorer.change({ scale }));
  const lift = make("button", { type: "button", class: "stylelab-explorer-plain", title: "Brightness by the square root of the value, not evenly", onclick: () => explorer.change({ lift: !state.lift }) }, "lift faint values");
  const numbers = part("numbers", ...["0", "", ""].map((words) => make("span", {}, words)));
  const ticks = new Map(store.keys.map((key) => [key, make("i", { class: `is-${key}` })]));
  const bar = part("bar", ...ticks.values());
  const stops = Array.from({ length: 9 }, (_, index) => `rgb(${COLOURS[Math.round((index * 255) / 8)]})`);
  bar.style.background = `linear-gradient(to right, ${stops})`;
  bar.setAttribute("aria-hidden", "true");

  explorer.on(["data"], () => {
    const choices = [["number", "number"], ["strength", "strength (mean)"], ["maximum", "maximum"]];
    for (const pair of Object.keys(state.data?.differences ?? {})) choices.push([`difference ${pair}`, `difference ${pair.replace("|", " – ")}`]);
    for (const [key, shares] of Object.entries(state.data?.style_share ?? {})) if (shares) choices.push([`share ${key}`, `part in the style loss, ${key}`]);
    order.replaceChildren(...choices.map(([value, words]) => make("option", { value }, words)));
    order.value = choices.some(([value]) => value === state.order) ? state.order : "number";
  });
  explorer.on(["picture"], () => pictures.choose(state.picture));
  explorer.on(["scale"], () => scale.choose(state.scale));
  explorer.on(["lift"], () => lift.setAttribute("aria-pressed", state.lift));
  explorer.on(["data", "scale", "lift", "channel"], () => {
    if (!state.data) return;
    const white = explorer.white();
    numbers.children[1].textContent = short(white / (state.lift ? 4 : 2));
    numbers.children[2].textContent = short(white);
  });
  explorer.on(["data", "scale", "lift", "channel", "hover", "pins", "picture"], () => {
    if (!state.data) return;
    for (const [key, tick] of ticks) tick.style.left = `${100 * brightness(explorer.valueAt(key), explorer.white(), state.lift)}%`;
  });
  const label = (words) => make("span", { "aria-hidden": "true" }, words);
  return part("toolbar",
    part("tool", overview.pictures.length > 1 ? part("tool", label("Maps of"), pictures.element) : null,
      make("label", { class: "stylelab-explorer-tool" }, make("span", {}, "Order by"), order)),
    part("tool", label("Scale"), scale.element, part("scale", bar, numbers), lift));
}

const GAP = 2, LEAST = 24; // pixels between two maps; least width of one, to be hit by a finger

/** All channels of the layer at a glance: one canvas, under a list of options that can be focused. */
function makeGrid(explorer) {
  const { state } = explorer;
  const canvas = make("canvas", { "aria-hidden": "true" });
  const options = make("div", { class: "stylelab-explorer-options", role: "listbox", "aria-label": "Channels" });
  const sheet = part("sheet", canvas, options);
  const box = part("channels", sheet);
  const status = makeStatus();
  const legend = make("p", { class: "stylelab-explorer-legend" });
  const told = make("p", { class: "stylelab-explorer-told", "aria-hidden": "true" });
  const cells = []; // options in the order shown
  let layout = null, shrunk = new Map(), order = [];

  function lay() {
    if (!state.data || !box.clientWidth) return;
    const { layer, pictures } = state.data;
    const { rows, columns } = pictures[state.picture];
    const most = parseFloat(getComputedStyle(box).maxHeight) - 6;
    const next = arrange(layer.channels, columns / rows, box.clientWidth - 6, most, LEAST, GAP);
    const lines = Math.ceil(layer.channels / next.columns);
    Object.assign(sheet.style, { width: `${next.columns * (next.width + GAP) - GAP}px`, height: `${lines * (next.height + GAP) - GAP}px` });
    options.style.gridTemplateColumns = `repeat(${next.columns}, ${next.width}px)`;
    options.style.gridAutoRows = `${next.height}px`;
    layout = { ...next, lines };
    shrunk = new Map();
    paint();
  }

  function label() {
    if (!state.data) return;
    const { layer } = state.data;
    const picture = state.data.pictures[state.picture];
    const removed = explorer.removed();
    order = explorer.order();
    while (cells.length < layer.channels) cells.push(make("div", { role: "option", id: `${explorer.id}-${cells.length}`, tabindex: -1 }));
    const counts = { "is-silent": [`silent in the ${state.picture}`, 0], "is-everywhere": ["fires everywhere", 0], "is-removed": ["removed from the loss", removed.length] };
    order.forEach((channel, place) => {
      const cell = cells[place];
      const does = habit(picture.maximum[channel], picture.zeros[channel]);
      const out = removed.includes(channel);
      const mark = { silent: "is-silent", "fires everywhere": "is-everywhere" }[does];
      if (mark) counts[mark][1]++;
      cell.dataset.channel = channel;
      cell.className = [mark, out && "is-removed"].filter(Boolean).join(" ");
      cell.setAttribute("aria-label", [`channel ${channel}`, does || `maximum ${short(picture.maximum[channel])}, fires at ${percent(1 - picture.zeros[channel])}`, out ? "removed from the style loss" : ""].filter(Boolean).join(", "));
    });
    options.replaceChildren(...cells.slice(0, layer.channels));
    options.setAttribute("aria-label", `${layer.channels} channels of ${layer.name}, maps of the ${state.picture}`);
    legend.replaceChildren(
      ...Object.entries(counts).filter(([, [, count]]) => count).map(([mark, [words, count]]) => make("span", { class: mark }, `${words}: ${count}`)),
      make("span", { class: "is-note" }, state.scale === "channel" ? "Each map on its own scale: bright does not mean strong." : "One scale for all maps: bright means strong."));
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
    if (!shrunk.has(name)) {
      const picture = state.data.pictures[state.picture];
      shrunk.set(name, shrink(mapOf(picture, channel), picture.rows, picture.columns, height, width));
    }
    return shrunk.get(name);
  }

  function paint() {
    if (!state.data || !layout) return;
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
    if (channel === undefined || !state.data) { told.textContent = ""; return; }
    const picture = state.data.pictures[state.picture];
    told.replaceChildren(make("b", {}, `channel ${channel}`), ` maximum ${short(picture.maximum[channel])}, mean ${short(picture.mean[channel])}, zeros ${percent(picture.zeros[channel])}`);
  }

  const channelOf = (event) => event.target.closest("[role=option]")?.dataset.channel;
  options.addEventListener("click", (event) => {
    const channel = channelOf(event);
    if (channel !== undefined) explorer.change({ channel: Number(channel) });
  });
  options.addEventListener("pointermove", (event) => tell(channelOf(event)));
  options.addEventListener("pointerleave", () => tell(undefined));
  options.addEventListener("keydown", (event) => {
    const now = order.indexOf(state.channel);
    const next = neighbour(event.key, now, order.length, layout?.columns, 4 * layout?.columns);
    if (next === null) return;
    event.preventDefault();
    explorer.change({ channel: order[next] });
    cells[next].focus();
    tell(order[next]);
  });

  explorer.on(["data"], () => { box.scrollTop = 0; });
  explorer.on(["data", "picture", "order", "removed", "scale"], label);
  explorer.on(["data", "picture"], lay);
  explorer.on(["order", "scale", "lift"], paint);
  explorer.on(["channel"], select);
  explorer.on(["waiting"], () => {
    box.classList.toggle("is-waiting", Boolean(state.waiting));
    if (state.waiting instanceof Error) status.fail(state.waiting, () => explorer.open(state.layer));
    else if (state.waiting) status.wait(`Asking the kernel for ${state.layer} …`);
    else status.say(null);
  });
  const watcher = new ResizeObserver(() => lay());
  watcher.observe(box);
  explorer.leave(() => { watcher.disconnect(); status.stop(); });
  return make("section", { class: "stylelab-explorer-grid", "aria-label": "All channels of the layer" }, box, status.element, told, legend);
}

/** The pictures side by side, each with the chosen channel's map, and one unit followed through all. */
function makeStage(explorer) {
  const { state, overview } = explorer;
  const number = make("input", { type: "number", min: 0, "aria-label": "Channel", onchange: () => {
    const last = explorer.store.facts.get(state.layer).channels - 1;
    explorer.change({ channel: Math.min(Math.max(Math.round(Number(number.value)) || 0, 0), last) });
    number.value = state.channel;
  } });
  const step = (by) => () => {
    const order = explorer.order();
    explorer.change({ channel: order[Math.min(Math.max(order.indexOf(state.channel) + by, 0), order.length - 1)] });
  };
  const of = make("span", {});
  const words = make("p", { class: "stylelab-explorer-summary" });
  const heard = make("p", { class: "stylelab-explorer-hidden", "aria-live": "polite" });
  const say = after(500, (text) => { heard.textContent = text; });
  const large = make("button", { type: "button", class: "stylelab-explorer-plain", "aria-pressed": "false", onclick: () => explorer.change({ large: !state.large }) }, "larger pictures");
  const back = make("button", { type: "button", class: "stylelab-explorer-plain", hidden: true, onclick: () => explorer.change({ pins: {} }) }, "back to the strongest unit");
  const notes = overview.pictures.filter((picture) => picture.sizes_note).map(({ title, sizes_note: note }) => ` The ${title} is ${note}.`);
  const hint = part("pointing", make("p", { class: "stylelab-explorer-hint" }, "Point at a picture or a map to read a unit and what it sees; click to stay there.", ...notes), back);
  explorer.on(["pins"], () => { back.hidden = !Object.values(state.pins).some(Boolean); });
  const figures = part("figures", ...overview.pictures.map((picture) => makeFigure(explorer, picture, say)));
  figures.style.setProperty("--pictures", overview.pictures.length);
  figures.classList.toggle("is-single", overview.pictures.length === 1);

  explorer.on(["data", "channel"], () => {
    if (!state.data) return;
    number.max = state.data.layer.channels - 1;
    number.value = state.channel;
    of.textContent = `of 0 … ${number.max} in ${state.data.name}`;
    const text = summary(state.data, explorer.store.keys, state.channel);
    words.textContent = text;
    say(`Channel ${state.channel} of ${state.data.name}. ${text}`);
  });
  explorer.on(["large"], () => {
    explorer.root.classList.toggle("is-large", state.large);
    large.setAttribute("aria-pressed", state.large);
  });
  explorer.leave(say.stop);
  const heading = part("heading", make("h3", {}, "Channel"), number, of,
    make("button", { type: "button", class: "stylelab-explorer-step", "aria-label": "channel before", onclick: step(-1) }, "‹"),
    make("button", { type: "button", class: "stylelab-explorer-step", "aria-label": "next channel", onclick: step(1) }, "›"), large);
  return make("section", { class: "stylelab-explorer-stage", "aria-label": "The chosen channel" }, heading, words, heard, figures, hint);
}

/** One picture, its map, and what the followed unit sees and says. */
function makeFigure(explorer, { key, title, width, height }, say) {
  const { state } = explorer;
  const picture = make("canvas", { width, height, "aria-hidden": "true" });
  const map = make("canvas", { "aria-hidden": "true" });
  const field = make("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    ...["is-outside", "is-halo", "is-inside"].map((name) => make("rect", { class: name })));
  const dots = [make("i", {}), make("i", {})];
  const shown = make("div", { class: "stylelab-explorer-picture" }, picture, field, dots[0]);
  const frame = make("div", { class: "stylelab-explorer-map", tabindex: 0, role: "application", "aria-roledescription": "map with a followed unit" }, map, dots[1]);
  for (const box of [shown, frame]) box.style.aspectRatio = `${width} / ${height}`;
  const value = make("output", { class: "stylelab-explorer-value" });
  const place = make("span", { class: "stylelab-explorer-place" });
  const patch = make("canvas", { class: "stylelab-explorer-patch", role: "img" });
  const numbers = { maximum: make("dd", {}), mean: make("dd", {}), minimum: make("dd", {}), zeros: make("dd", {}) };

  explorer.bitmaps[key]?.then((bitmap) => picture.getContext("2d").drawImage(bitmap, 0, 0));

  function draw() {
    if (!state.data) return;
    const shown = state.data.pictures[key];
    const { stride } = state.data.layer;
    paintMap(map, mapOf(shown, state.channel), shown.rows, shown.columns, explorer.pixels(key, state.channel));
    map.style.width = `${(100 * shown.columns * stride) / width}%`;
    map.style.height = `${(100 * shown.rows * stride) / height}%`;
    for (const [name, cell] of Object.entries(numbers)) {
      cell.textContent = name === "zeros" ? percent(shown.zeros[state.channel]) : short(shown[name]?.[state.channel]);
    }
  }

  function follow() {
    if (!state.data) return;
    const { layer } = state.data;
    const [row, column] = explorer.unitOf(key);
    const square = squareOf(layer, row, column);
    const [top, left, bottom, right] = square;
    const inside = [Math.max(top, 0), Math.max(left, 0), Math.min(bottom, height), Math.min(right, width)];
    const [whole, halo, solid] = field.children;
    for (const [rect, [y, x, end, edge]] of [[whole, square], [halo, inside], [solid, inside]]) {
      for (const [name, size] of Object.entries({ x, y, width: edge - x, height: end - y })) rect.setAttribute(name, size);
    }
    for (const dot of dots) {
      dot.style.left = `${(100 * (layer.first_centre + column * layer.stride + 0.5)) / width}%`;
      dot.style.top = `${(100 * (layer.first_centre + row * layer.stride + 0.5)) / height}%`;
    }
    value.textContent = short(explorer.valueAt(key));
    place.textContent = `row ${row}, column ${column}`;
    patch.setAttribute("aria-label", `What this unit sees: rows ${top} to ${bottom - 1}, columns ${left} to ${right - 1} of the ${title}`);
    explorer.bitmapNow(key, (bitmap) => paintSquare(patch, bitmap, square));
    frame.setAttribute("aria-label", `Map of channel ${state.channel}, ${title}. Row ${row}, column ${column}: ${value.textContent}. Arrow keys move, Home goes to the strongest unit.`);
  }

  function unitUnder(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const style = getComputedStyle(event.currentTarget);
    const edge = parseFloat(style.borderLeftWidth);
    const x = ((event.clientX - box.left - edge) / (box.width - 2 * edge)) * width - 0.5;
    const y = ((event.clientY - box.top - edge) / (box.height - 2 * edge)) * height - 0.5;
    const { rows, columns } = state.data.pictures[key];
    return unitAt(state.data.layer, y, x, rows, columns);
  }

  for (const box of [shown, frame]) {
    box.addEventListener("pointermove", (event) => { if (state.data) explorer.change({ hover: { key, unit: unitUnder(event) } }); });
    box.addEventListener("pointerleave", () => explorer.change({ hover: null }));
    box.addEventListener("click", (event) => { if (state.data) explorer.pin(key, unitUnder(event)); });
  }
  frame.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [-by, 0], ArrowDown: [by, 0], Home: null };
    if (!(event.key in moves) || !state.data) return;
    event.preventDefault();
    const move = moves[event.key];
    if (move) {
      const [row, column] = explorer.unitOf(key);
      const { rows, columns } = state.data.pictures[key];
      explorer.pin(key, [Math.min(Math.max(row + move[0], 0), rows - 1), Math.min(Math.max(column + move[1], 0), columns - 1)]);
    } else explorer.pin(key, null);
    const [row, column] = explorer.unitOf(key);
    say(`Row ${row}, column ${column}: ${value.textContent}`);
  });
  explorer.on(["data", "channel", "scale", "lift"], draw);
  explorer.on(["data", "channel", "hover", "pins", "picture"], follow);
  const facts = make("dl", {}, ...Object.entries(numbers).flatMap(([name, cell]) => [make("dt", {}, name), cell]));
  return make("figure", { class: `is-${key}` }, make("figcaption", {}, title), shown, frame,
    part("unit", patch, make("div", {}, make("div", { class: "stylelab-explorer-reading" }, value, place), facts)));
}

// ── The four questions ───────────────────────────────────────────────────────────────────────────

/** Questions about the chosen channel, as tabs: only the one in sight asks the kernel. */
function makeQuestions(explorer) {
  const { overview, state } = explorer;
  const questions = [["excites", "What excites it?", makeExcites], ["partners", "What fires with it?", makePartners]];
  if (overview.pictures.some(({ key }) => key === "style")) questions.push(["style", "What does it do for the style?", makeStyle]);
  if (overview.steps?.length) questions.push(["steps", "How did it change during the run?", makeSteps]);
  const tabs = new Map();
  const bar = make("div", { role: "tablist", class: "stylelab-explorer-tabs", "aria-label": "Questions about this channel" });
  const section = make("section", { class: "stylelab-explorer-questions", "aria-label": "Questions about this channel" }, bar);
  for (const [name, title, makePanel] of questions) {
    const panel = make("div", { role: "tabpanel", class: `is-${name}`, id: `${explorer.id}-${name}`, "aria-labelledby": `${explorer.id}-tab-${name}` }, ...makePanel(explorer, name));
    const tab = make("button", { type: "button", role: "tab", id: `${explorer.id}-tab-${name}`, "aria-controls": panel.id, onclick: () => explorer.change({ tab: name }) }, title);
    tabs.set(name, [tab, panel]);
    bar.append(tab);
    section.append(panel);
  }
  bar.addEventListener("keydown", (event) => {
    const names = [...tabs.keys()];
    const next = neighbour(event.key, names.indexOf(state.tab), names.length);
    if (next === null) return;
    event.preventDefault();
    explorer.change({ tab: names[next] });
    tabs.get(names[next])[0].focus();
  });
  explorer.on(["tab"], () => {
    for (const [name, [tab, panel]] of tabs) {
      tab.setAttribute("aria-selected", name === state.tab);
      tab.tabIndex = name === state.tab ? 0 : -1;
      panel.hidden = name !== state.tab;
    }
  });
  return section;
}

/** Keep a tab's answer up to date: ask once its question has rested, and drop what is no longer wanted. */
function keepAsking(explorer, tab, questions, status, show) {
  const { state } = explorer;
  let current = null, wanted = "", again = () => {};
  const run = after(120, async () => {
    current?.abort();
    const abort = (current = new AbortController());
    status.wait("Asking the kernel …");
    try {
      const answers = await Promise.all(questions().map((question) => explorer.askOnce(question, abort.signal)));
      if (abort.signal.aborted) return;
      status.say(null);
      again = () => show(...answers);
      again();
    } catch (error) {
      if (error.name === "AbortError") return;
      wanted = "";
      status.fail(error, look);
    }
  });
  function look() {
    if (state.tab !== tab || !state.data) return;
    const now = JSON.stringify(questions());
    if (now === wanted) return;
    wanted = now;
    run();
  }
  explorer.on(["data", "channel", "removed", "tab"], look);
  explorer.on(["scale", "lift"], () => { if (state.tab === tab) again(); });
  explorer.leave(() => { run.stop(); current?.abort(); status.stop(); });
}

const about = (state) => ({ layer: state.data.name, channel: state.channel });

/** The strongest places in the reader's pictures, and a picture made to excite the channel. */
function makeExcites(explorer, tab) {
  const { state, overview, store } = explorer;
  const COUNT = 8;
  const row = part("patches");
  const status = makeStatus();
  const more = make("button", { type: "button", class: "stylelab-explorer-plain", hidden: !overview.others, onclick: searchOthers },
    `search ${overview.others} more ${overview.others === 1 ? "picture" : "pictures"}`);
  let current = null;

  function tile({ picture, row: y, column: x, value, square, buffer }, buffers) {
    const shown = store.facts.get(state.layer).shapes[picture] !== undefined;
    const face = shown ? make("canvas", { "aria-hidden": "true" }) : make("img", { alt: "", src: explorer.url(buffers[buffer], "image/png") });
    if (shown) explorer.bitmapNow(picture, (bitmap) => paintSquare(face, bitmap, square));
    const words = [face, make("b", {}, short(value)), make("span", {}, picture)];
    const label = `${picture}, row ${y}, column ${x}, value ${short(value)}`;
    if (!shown) return make("div", { class: "stylelab-explorer-tile", role: "img", "aria-label": label }, ...words);
    return make("button", { type: "button", class: `stylelab-explorer-tile is-${picture}`, "aria-label": `${label}: go there`, onclick: () => explorer.pin(picture, [y, x]) }, ...words);
  }

  function fill(patches, buffers = []) {
    row.replaceChildren(...patches.map((patch) => tile(patch, buffers)));
    if (!patches.length) row.append(make("p", {}, "Nothing in the pictures shown makes this channel fire."));
  }

  /** The same search as the kernel's, in the maps that are here already. */
  function searchHere() {
    current?.abort();
    status.say(null);
    more.hidden = !overview.others;
    if (state.tab !== tab || !state.data) return;
    const { layer, pictures } = state.data;
    const apart = Math.max(layer.receptive_field / layer.stride / 2, 1);
    const found = store.keys.flatMap((picture) => {
      const { rows, columns, maximum } = pictures[picture];
      return strongestUnits(mapOf(pictures[picture], state.channel), rows, columns, COUNT, apart).map(({ row, column, byte }) =>
        ({ picture, row, column, value: (byte * maximum[state.channel]) / 255, square: squareOf(layer, row, column) }));
    });
    fill(found.sort((a, b) => b.value - a.value).slice(0, COUNT));
  }

  async function searchOthers() {
    current?.abort();
    const abort = (current = new AbortController());
    status.wait("Asking the kernel …");
    try {
      const progress = (message) => status.say(`${percent(message.progress)} ${message.note ?? ""}`);
      const answer = await explorer.wire.ask({ ask: "patches", ...about(state), count: COUNT }, { signal: abort.signal, progress });
      status.say(null);
      more.hidden = true;
      fill(answer.patches, answer.buffers);
    } catch (error) {
      if (error.name !== "AbortError") status.fail(error, searchOthers);
    }
  }

  const search = after(60, searchHere);
  explorer.on(["data", "channel", "tab"], search);
  explorer.leave(() => { search.stop(); status.stop(); current?.abort(); });
  return [
    part("column", make("h4", {}, "Where it fires most in your pictures"),
      make("p", { class: "stylelab-explorer-hint" }, "Each square is what one unit sees. Choose one to go there."), row, more, status.element),
    part("column", ...makeMaximiser(explorer, tab)),
  ];
}

/** A picture made by activation maximisation, on request, with a look at it while it grows. */
function makeMaximiser(explorer, tab) {
  const { state } = explorer;
  const status = makeStatus();
  const image = make("img", { alt: "", hidden: true });
  const bar = make("progress", { max: 1, value: 0, hidden: true, "aria-label": "Making the picture" });
  const words = make("span", { class: "stylelab-explorer-hint" });
  const start = make("button", { type: "button", class: "stylelab-explorer-plain is-main", onclick: run }, "make a picture");
  const stop = make("button", { type: "button", class: "stylelab-explorer-plain", hidden: true, onclick: () => current?.abort() }, "stop");
  const made = new Map(); // what was made stays, by layer and channel
  let current = null;

  const show = (buffer, type) => { image.hidden = false; image.src = explorer.url(buffer, type); };
  const working = (yes) => { bar.hidden = stop.hidden = !yes; start.hidden = yes; };

  async function run() {
    const name = `${state.layer} ${state.channel}`;
    const abort = (current = new AbortController());
    bar.value = 0;
    working(true);
    status.wait("Asking the kernel …");
    const progress = (message, buffers) => {
      status.say(null);
      bar.value = message.progress;
      words.textContent = message.note ?? "";
      if (buffers.length) show(buffers[0], "image/jpeg");
    };
    try {
      const { buffers, value } = await explorer.wire.ask({ ask: "maximise", ...about(state) }, { signal: abort.signal, progress });
      const text = value === undefined ? "" : `Mean activation ${short(value)}.`;
      made.set(name, [buffers[0], text]);
      if (abort.signal.aborted) return;
      working(false);
      status.say(null);
      settle();
    } catch (error) {
      working(false);
      status.say(null);
      words.textContent = "";
      if (error.name !== "AbortError") status.fail(error, run);
    }
  }

  function settle() {
    const [buffer, text] = made.get(`${state.layer} ${state.channel}`) ?? [];
    image.alt = buffer ? `A picture made to excite channel ${state.channel} of ${state.layer}` : "";
    if (buffer) show(buffer, "image/png");
    else image.hidden = true;
    words.textContent = text ?? "";
    start.textContent = buffer ? "make it again" : "make a picture";
  }

  explorer.on(["layer", "channel"], () => { current?.abort(); status.say(null); settle(); });
  explorer.leave(() => { current?.abort(); status.stop(); });
  return [make("h4", {}, "A picture made to excite it"),
    make("p", { class: "stylelab-explorer-hint" }, "Gradient ascent on the pixels, beginning with noise: what the channel would like best. Takes seconds."),
    part("made", image, make("div", {}, start, stop, bar, words, status.element))];
}

/** The channel's row of the Gram matrix, picture by picture, and the channels it fires with. */
function makePartners(explorer, tab) {
  const { state, store } = explorer;
  const PARTNERS = 6;
  const status = makeStatus();
  const rows = part("rows");
  const told = make("p", { class: "stylelab-explorer-told", "aria-hidden": "true" });
  let measure = "cosine", answer = null;
  const choice = makeChoice("Measure", [["cosine", "cosine"], ["entry", "entry of the Gram matrix"]], (value) => { measure = value; show(answer); });
  choice.choose(measure);
  const leading = store.keys.includes("style") ? "style" : store.keys[0];

  function numbersOf(key) {
    return (measure === "cosine" ? answer.cosines : answer.rows)[key];
  }

  /** Steps, one a channel, as a path: open for a line, closed for a body. */
  function steps(values, order, highest, closed) {
    const heights = order.map((channel) => 1 - Math.min(Math.max(values[channel] / highest, 0), 1));
    const line = heights.map((y, x) => `V${y}H${x + 1}`).join("");
    return closed ? `M0 1${line}V1Z` : `M0 ${heights[0]}${line}`;
  }

  function chart(key, numbers, order, highest) {
    const count = order.length;
    const mark = order.indexOf(state.channel) + 0.5;
    const svg = make("svg", { viewBox: `0 0 ${count} 1`, preserveAspectRatio: "none", role: "img", "aria-label": `Row of channel ${state.channel} in the Gram matrix of the ${key}: ${count} bars, the highest of others ${short(highest)}` },
      make("path", { class: "is-body", d: steps(numbers[key], order, highest, true) }),
      key === leading ? null : make("path", { class: `is-line is-${leading}`, d: steps(numbers[leading], order, highest, false) }),
      make("line", { x1: mark, x2: mark, y1: 0, y2: 1 }));
    const channelAt = (event) => {
      const box = svg.getBoundingClientRect();
      return order[Math.min(Math.max(Math.floor(((event.clientX - box.left) / box.width) * count), 0), count - 1)];
    };
    svg.addEventListener("pointermove", (event) => {
      const channel = channelAt(event);
      told.replaceChildren(make("b", {}, `channel ${channel}`), store.keys.map((other) => ` ${other} ${short(numbersOf(other)[channel])}`).join(","));
    });
    svg.addEventListener("pointerleave", () => { told.textContent = ""; });
    svg.addEventListener("click", (event) => explorer.change({ channel: channelAt(event) }));
    return svg;
  }

  function partner(key, channel, value) {
    const picture = state.data.pictures[key];
    const canvas = make("canvas", { "aria-hidden": "true" });
    const map = shrink(mapOf(picture, channel), picture.rows, picture.columns, 96, 96);
    paintMap(canvas, map.bytes, map.rows, map.columns, explorer.pixels(key, channel));
    return make("button", { type: "button", class: `stylelab-explorer-tile is-${key}`, "aria-label": `channel ${channel}, ${short(value)} in the ${key}: go there`, onclick: () => explorer.change({ channel }) },
      canvas, make("b", {}, short(value)), make("span", {}, `channel ${channel}`));
  }

  function show(given) {
    answer = given;
    if (!answer || !state.data) return;
    const numbers = Object.fromEntries(store.keys.map((key) => [key, numbersOf(key)]));
    const order = fallingOrder(numbers[leading]);
    const others = (key) => fallingOrder(numbers[key]).filter((channel) => channel !== state.channel);
    const highest = Math.max(...store.keys.flatMap((key) => numbers[key].filter((_, channel) => channel !== state.channel)), 1e-12);
    rows.replaceChildren(...store.keys.map((key) => make("div", { class: `stylelab-explorer-row is-${key}` },
      make("h5", {}, key), chart(key, numbers, order, highest),
      part("tiles", ...others(key).slice(0, PARTNERS).filter((channel) => numbers[key][channel] > 0).map((channel) => partner(key, channel, numbers[key][channel]))))));
  }

  keepAsking(explorer, tab, () => [{ ask: "gram", ...about(state), removed: explorer.removed() }], status, show);
  return [part("wide",
    make("h4", {}, "Its row of the Gram matrix"),
    make("p", { class: "stylelab-explorer-hint" }, leading === "style"
      ? "How much each channel of the layer fires together with this one (dashed), in the order of the style and on one scale. The red line repeats the style: a result that keeps it fills that line."
      : "How much each channel of the layer fires together with this one (dashed), in falling order."),
    make("div", { class: "stylelab-explorer-tool" }, choice.element, told), status.element, rows)];
}

/** The channel's part in the layer's style loss, a switch that removes it, and where the loss pulls. */
function makeStyle(explorer, tab) {
  const { state, store } = explorer;
  const status = makeStatus();
  const pulling = makeStatus();
  const shares = part("losses");
  const chips = part("chips");
  const maps = part("pulls");
  const out = explorer.removed;
  const put = (channels) => explorer.change({ removed: { ...state.removed, [state.data.name]: channels } });
  const box = make("button", { type: "button", role: "switch", "aria-checked": "false", class: "stylelab-explorer-switch",
    onclick: () => put(out().includes(state.channel) ? out().filter((channel) => channel !== state.channel) : [...out(), state.channel].sort((a, b) => a - b)) });

  function line(key, gram) {
    const loss = gram.loss[key];
    const without = out().length ? gram.loss_without[key] : loss * (1 - gram.share[key]);
    const which = out().length > 1 ? `the ${out().length} removed channels` : `channel ${out()[0] ?? state.channel}`;
    const bars = [["is-all", loss], ["is-left", without]].map(([name, value]) => {
      const bar = make("i", { class: name });
      bar.style.width = `${loss > 0 ? (100 * value) / loss : 0}%`;
      return bar;
    });
    return make("div", { class: `stylelab-explorer-loss is-${key}` }, make("h5", {}, key),
      make("div", { class: "stylelab-explorer-bars", "aria-hidden": "true" }, ...bars),
      make("p", {}, `${short(loss)} with all channels, ${short(without)} without ${which}: ${percent((loss - without) / loss)} less.`));
  }

  function pull({ name, maximum, bytes }, { rows, columns, picture }) {
    const words = { all: "with all channels", without: "without the removed", removed: "by the removed alone" }[name];
    const canvas = make("canvas", { role: "img", "aria-label": `Where the style loss of ${state.layer} pulls at the ${picture}, ${words}` });
    paintMap(canvas, bytes, rows, columns, pixelsFor(1, 1, state.lift));
    return make("figure", {}, canvas, make("figcaption", {}, make("b", {}, words), make("span", {}, `brightest ${short(maximum)}`)));
  }

  const showShares = (gram) => shares.replaceChildren(...store.keys.filter((key) => typeof gram.loss[key] === "number").map((key) => line(key, gram)));

  async function showPull(pulled) {
    const bytes = await Promise.all(pulled.buffers.map((block) => inflate(bytesOf(block))));
    maps.replaceChildren(...pulled.maps.map((map) => pull({ ...map, bytes: bytes[map.buffer] }, pulled)));
  }

  explorer.on(["data", "channel", "removed"], () => {
    box.setAttribute("aria-checked", out().includes(state.channel));
    box.replaceChildren(make("i", { "aria-hidden": "true" }), `remove channel ${state.channel} from the loss`);
    chips.replaceChildren(...out().map((channel) => make("button", { type: "button", "aria-label": `put channel ${channel} back`, onclick: () => put(out().filter((other) => other !== channel)) }, `channel ${channel} ×`)));
    if (out().length > 1) chips.append(make("button", { type: "button", onclick: () => put([]) }, "put all back"));
  });
  keepAsking(explorer, tab, () => [{ ask: "gram", ...about(state), removed: out() }], status, showShares);
  keepAsking(explorer, tab, () => [{ ask: "pull", layer: state.data.name, removed: out() }], pulling, showPull);
  return [
    part("column", make("h4", {}, `Its part in the style loss of the layer`),
      make("p", { class: "stylelab-explorer-hint" }, "The loss compares Gram matrices, ‖G − A‖² / ‖A‖². A channel takes part with one row and one column."), shares, box, chips, status.element),
    part("column", make("h4", {}, "Where the loss pulls"),
      make("p", { class: "stylelab-explorer-hint" }, "How strongly the layer's style loss would change each place. Each map has its own scale."), pulling.element, maps),
  ];
}

/** The channel's map at the recorded steps of a run. */
function makeSteps(explorer, tab) {
  const { state } = explorer;
  const status = makeStatus();
  const film = part("tiles");
  const map = make("canvas", { role: "img" });
  const photo = make("img", { alt: "" });
  const told = make("output", {});
  const slider = make("input", { type: "range", min: 0, value: 0, "aria-label": "Step of the run", oninput: () => turn(Number(slider.value)) });
  let answer = null, maps = [], chosen = null;

  function turn(index) {
    chosen = index;
    const step = answer.steps[index];
    slider.value = index;
    slider.setAttribute("aria-valuetext", `step ${step}`);
    told.textContent = `step ${step}: mean ${short(answer.means[index])}, maximum ${short(answer.maxima[index])}`;
    paintMap(map, maps[index], answer.rows, answer.columns, pixelsFor(1, 1, state.lift));
    map.setAttribute("aria-label", `Channel ${state.channel} at step ${step}`);
    Object.assign(photo, { src: explorer.url(answer.photos[index], "image/jpeg"), alt: `The picture at step ${step}` });
    [...film.children].forEach((tile, place) => tile.setAttribute("aria-pressed", place === index));
  }

  async function show(given, photos) {
    const all = await inflate(bytesOf(given.buffers[0]));
    answer = { ...given, photos: photos.buffers };
    const size = answer.rows * answer.columns;
    maps = answer.steps.map((_, index) => all.subarray(index * size, (index + 1) * size));
    slider.max = maps.length - 1;
    film.replaceChildren(...maps.map((each, index) => {
      const canvas = make("canvas", { "aria-hidden": "true" });
      const small = shrink(each, answer.rows, answer.columns, 96, 96);
      paintMap(canvas, small.bytes, small.rows, small.columns, pixelsFor(1, 1, state.lift));
      return make("button", { type: "button", class: "stylelab-explorer-tile", onclick: () => turn(index) }, canvas, make("span", {}, `step ${answer.steps[index]}`));
    }));
    turn(Math.min(chosen ?? maps.length - 1, maps.length - 1));
    scale.textContent = `One scale for all steps; brightest: ${short(answer.maximum)}.`;
  }

  const scale = make("p", { class: "stylelab-explorer-hint" });
  keepAsking(explorer, tab, () => [{ ask: "steps", ...about(state) }, { ask: "step_pictures" }], status, show);
  return [part("wide", make("h4", {}, "The channel's map, step by step"), scale, status.element, film,
    make("label", { class: "stylelab-explorer-slider" }, slider, told), part("pair", photo, map))];
}

// ── Putting it together ──────────────────────────────────────────────────────────────────────────

/** What the parts share: the state, the maps, and a way to hear of changes. */
function makeExplorer(model, root) {
  const overview = model.get("overview");
  const wire = connect(model);
  const store = makeStore(overview, wire);
  const listeners = [], leavers = [], answers = new Map(), chosen = new Map(), urls = new Set();
  const state = {
    layer: overview.first_layer, data: null, waiting: null, channel: 0, picture: store.keys[0], order: "number", scale: "channel", lift: false,
    hover: null, pins: {}, removed: {}, tab: "excites", large: false,
  };
  const bitmaps = {}, ready = {};
  model.get("pixels").forEach((buffer, index) => {
    const key = store.keys[index];
    bitmaps[key] = createImageBitmap(new Blob([bytesOf(buffer)], { type: "image/png" }));
    bitmaps[key].then((bitmap) => { ready[key] = bitmap; });
  });
  let opening = null;

  /** Content and result show the same places, and are followed together; the style by itself. */
  const groupOf = (key) => (overview.same_place && key !== "style" ? "painted" : key);

  const explorer = {
    model, root, overview, wire, store, state, bitmaps,
    id: `stylelab-explorer-${Math.random().toString(36).slice(2, 8)}`,
    on(names, hear) { listeners.push([names, hear]); },
    leave(action) { leavers.push(action); },
    change(changes) {
      const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
      Object.assign(state, changes);
      if (state.data) chosen.set(state.data.name, state.channel);
      for (const [names, hear] of listeners) if (names.some((name) => changed.includes(name))) hear();
    },
    begin() {
      for (const [, hear] of listeners) hear();
      return explorer.open(state.layer, true);
    },
    async open(name, first = false) {
      if (name === state.layer && state.data && !first) return;
      opening?.abort();
      const abort = (opening = new AbortController());
      explorer.change({ layer: name, waiting: name });
      try {
        const data = await store.load(name, abort.signal);
        if (abort.signal.aborted) return;
        const channel = chosen.get(name) ?? fallingOrder(data.pictures[state.picture].mean)[0];
        explorer.change({ data, channel, waiting: null, hover: null });
      } catch (error) {
        if (error.name !== "AbortError") explorer.change({ waiting: error });
      }
    },
    /** The value that is brightest, on the scale chosen, for a channel. */
    white(channel = state.channel) {
      if (state.scale === "network") return overview.network_maximum;
      if (state.scale === "layer") return state.data.layer.maximum;
      return Math.max(...store.keys.map((key) => state.data.pictures[key].maximum[channel]));
    },
    pixels(key, channel) {
      return pixelsFor(state.data.pictures[key].maximum[channel], explorer.white(channel), state.lift);
    },
    /** The channels that the reader has taken out of this layer's style loss. */
    removed: () => state.removed[state.data?.name] ?? [],
    order() {
      const { data, order, picture } = state;
      const [kind, which] = order.split(" ");
      const values = { strength: data.pictures[picture].mean, maximum: data.pictures[picture].maximum,
        difference: data.differences[which]?.values, share: data.style_share[which] }[kind];
      return values ? fallingOrder(values) : [...Array(data.layer.channels).keys()];
    },
    unitOf(key) {
      const { layer, pictures } = state.data;
      const { rows, columns } = pictures[key];
      if (state.hover && groupOf(state.hover.key) === groupOf(key)) return state.hover.unit;
      const pin = state.pins[groupOf(key)];
      if (pin) return unitAt(layer, ...pin, rows, columns);
      const leader = groupOf(state.picture) === groupOf(key) ? state.picture : store.keys.find((other) => groupOf(other) === groupOf(key));
      return explorer.strongest(leader);
    },
    strongest(key) {
      const { name, pictures } = state.data;
      const { rows, columns } = pictures[key];
      const known = `${name} ${key} ${state.channel}`;
      if (explorer.found?.[0] !== known) {
        const [best] = strongestUnits(mapOf(pictures[key], state.channel), rows, columns, 1);
        explorer.found = [known, best ? [best.row, best.column] : [rows >> 1, columns >> 1]];
      }
      return explorer.found[1];
    },
    valueAt(key) {
      const { rows, columns, maximum } = state.data.pictures[key];
      const [row, column] = explorer.unitOf(key);
      return (mapOf(state.data.pictures[key], state.channel)[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)] * maximum[state.channel]) / 255;
    },
    /** Stay at a unit, in other channels and layers too; null goes back to the strongest. */
    pin(key, unit) {
      const { first_centre: centre, stride } = state.data.layer;
      const place = unit && [centre + unit[0] * stride, centre + unit[1] * stride];
      explorer.change({ pins: { ...state.pins, [groupOf(key)]: place }, hover: null });
    },
    /** Ask what was asked before from memory. Only small answers come this way. */
    async askOnce(question, signal) {
      const name = JSON.stringify(question);
      if (!answers.has(name)) {
        const answer = await wire.ask(question, { signal });
        answers.set(name, answer);
        if (answers.size > 60) answers.delete(answers.keys().next().value);
      }
      return answers.get(name);
    },
    bitmapNow(key, use) { if (ready[key]) use(ready[key]); else bitmaps[key]?.then(use); },
    url(buffer, type) {
      const url = URL.createObjectURL(new Blob([bytesOf(buffer)], { type }));
      urls.add(url);
      if (urls.size > 60) { const [oldest] = urls; URL.revokeObjectURL(oldest); urls.delete(oldest); }
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
  const root = make("div", { class: "stylelab-explorer", role: "region", "aria-label": "Explorer of feature maps", "data-lm-suppress-shortcuts": "true" });
  const explorer = makeExplorer(model, root);
  const main = part("main", makeGrid(explorer), makeStage(explorer));
  root.append(part("body", ...makeStrip(explorer), makeToolbar(explorer), main, makeQuestions(explorer)));
  el.append(root);
  explorer.begin();
  return () => {
    explorer.close();
    root.remove();
  };
}

export default { render };
