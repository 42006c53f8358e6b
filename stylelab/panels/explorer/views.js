/* Part of the explorer: layers, scale, all channels, and the chosen channel in each picture. */

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
      const bar = make("i", { "aria-hidden": "true", title: `style loss ${formatNumber(layer.layer_style_loss)}` });
      bar.style.setProperty("--part", layer.layer_style_loss / highest);
      button.append(bar);
    }
    return button;
  }

  function sentences({ channels, shapes, stride, receptive_field: side, layer_style_loss: loss }) {
    const every = stride === 1 ? "pixel" : `${stride} pixels`;
    return [
      `${channels} channels of ${shapes[first].join(" × ")} units, one every ${every}. `,
      `Each sees ${side} × ${side} pixels of the picture. `,
      typeof loss === "number" ? `Style loss of this layer: ${formatNumber(loss)}; the bars under the layers compare them.` : "",
    ];
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
  const label = "Layers of VGG19, in order of depth";
  const strip = make("div.strip", { role: "radiogroup", "aria-label": label }, ...blocks.values());
  const open = debounce(140, explorer.open); // once the keys rest: each layer is megabytes
  const mark = makeRovingFocus(strip, buttons, "aria-checked", open);
  explorer.onClose(open.stop);

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
    facts.replaceChildren(make("b", {}, state.layer), ...sentences(store.layers.get(state.layer)));
  });
  return [strip, facts];
}

/** Which maps the grid shows, in which order, on which scale, with the colour bar. */
function makeToolbar(explorer) {
  const { state, store } = explorer;
  const choose = (name) => (value) => explorer.change({ [name]: value });
  const named = store.keys.map((key) => [key, key]);
  const scales = [["channel", "this channel"], ["layer", "this layer"], ["network", "the whole network"]];
  const [pictures, markPicture] = makeChoice("Maps of which picture", named, choose("picture"));
  const [scale, markScale] = makeChoice("Scale: brightest is the maximum of", scales, choose("scale"));
  const order = make("select", { onchange: () => explorer.change({ order: order.value }) });
  const lift = make("button.plain", {
    title: "Brightness by the square root of the value, not evenly",
    onclick: () => explorer.change({ lift: !state.lift }),
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
      ...Object.keys(differences).map((pair) =>
        [`difference ${pair}`, `difference ${pair.replace("|", " – ")}`]),
      ...store.keys.filter((key) => shares[key]).map((key) =>
        [`share ${key}`, `part in the style loss, ${key}`]),
    ];
    order.replaceChildren(...options.map(([value, words]) =>
      make("option", { value, selected: value === state.order }, words)));
  });
  explorer.on(["picture"], () => markPicture(state.picture));
  explorer.on(["scale"], () => markScale(state.scale));
  explorer.on(["lift"], () => lift.setAttribute("aria-pressed", state.lift));
  explorer.onMaps(["data", "scale", "lift", "channel"], () => {
    half.textContent = formatNumber(explorer.white() / (state.lift ? 4 : 2));
    whole.textContent = formatNumber(explorer.white());
  });
  explorer.onMaps(["data", "scale", "lift", "channel", "hover", "pins", "picture"], () => {
    for (const [key, tick] of ticks) {
      tick.style.left = `${100 * brightness(explorer.valueAt(key), explorer.white(), state.lift)}%`;
    }
  });
  const label = (words) => make("span", { "aria-hidden": "true" }, words);
  const colours = box("scale", bar, box("numbers", make("span", {}, "0"), half, whole));
  return box("toolbar",
    box("tool", named.length > 1 ? box("tool", label("Maps of"), pictures) : null,
      make("label.tool", {}, make("span", {}, "Order by"), order)),
    box("tool", label("Scale"), scale, colours, lift));
}

const GAP = 2; // pixels between two maps
const LEAST = 18; // pixels of width of a map: what an eye can tell apart and a finger can hit
const MARKS = { silent: "is-silent", "fires everywhere": "is-everywhere" };
const OWN_SCALES = "Each map on its own scale: bright does not mean strong.";
const ONE_SCALE = "One scale for all maps: bright means strong.";

/** All channels of the layer at a glance: one canvas, under a list of options that can be focused. */
function makeGrid(explorer) {
  const { state } = explorer;
  const canvas = make("canvas");
  const options = make("div.options", { role: "listbox", "aria-label": "Channels" });
  const sheet = box("sheet", canvas, options);
  const scroller = box("channels", sheet);
  const status = makeStatus(explorer);
  const legend = make("p.legend");
  const details = make("p.details", { "aria-hidden": "true" });
  const cells = []; // in the order shown
  let layout = null, laidWidth = 0, shrunk = new Map(), order = [];
  const shown = () => state.data.pictures[state.picture];

  function layOut() {
    laidWidth = scroller.clientWidth;
    if (!laidWidth) return; // not in sight yet; the observer will tell
    const { rows, columns } = shown();
    const { width, maxHeight, paddingLeft } = getComputedStyle(scroller);
    const [wide, high] = [width, maxHeight].map((size) => parseFloat(size) - 2 * parseFloat(paddingLeft));
    layout = gridLayout(state.data.layer.channels, columns / rows, wide, high, LEAST, GAP);
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
      const does = activityWord(maximum[channel], zeros[channel]);
      const out = removed.includes(channel);
      if (does) counts[MARKS[does]]++;
      const facts = does || `maximum ${formatNumber(maximum[channel])}, fires at ${percent(1 - zeros[channel])}`;
      const fate = out ? ", removed from the style loss" : "";
      cells[place].dataset.channel = channel;
      cells[place].className = `${MARKS[does] ?? ""} ${out ? "is-removed" : ""}`;
      cells[place].setAttribute("aria-label", `channel ${channel}, ${facts}${fate}`);
    });
    options.replaceChildren(...cells.slice(0, channels));
    options.setAttribute("aria-label", `${channels} channels of ${name}, maps of the ${state.picture}`);
    explain(counts);
    select();
  }

  function explain(counts) {
    const words = {
      "is-silent": `silent in the ${state.picture}`, "is-everywhere": "fires everywhere",
      "is-removed": "removed from the loss",
    };
    const found = Object.keys(words).filter((mark) => counts[mark]);
    legend.replaceChildren(
      ...found.map((mark) => make(`span.${mark}`, {}, `${words[mark]}: ${counts[mark]}`)),
      make("span.is-note", {}, state.scale === "channel" ? OWN_SCALES : ONE_SCALE));
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
        for (let x = 0; x < width; x++) {
          out[to++] = pixels[map.bytes[from + Math.floor((x * map.columns) / width)]];
        }
      }
    });
    context.putImageData(image, 0, 0);
  }

  function showDetails(channel) {
    if (channel === undefined) return details.replaceChildren();
    const { maximum, mean, zeros } = shown();
    return details.replaceChildren(make("b", {}, `channel ${channel}`), ` maximum ${formatNumber(maximum[channel])}, `,
      `mean ${formatNumber(mean[channel])}, zeros ${percent(zeros[channel])}`);
  }

  const channelOf = (event) => event.target.closest("[role=option]")?.dataset.channel;
  options.addEventListener("click", (event) => {
    const channel = channelOf(event);
    if (channel !== undefined) explorer.change({ channel: Number(channel) });
  });
  options.addEventListener("pointermove", (event) => showDetails(channelOf(event)));
  options.addEventListener("pointerleave", () => showDetails());
  options.addEventListener("keydown", (event) => {
    const across = layout.columns;
    const next = neighbour(event.key, order.indexOf(state.channel), order.length, across, 4 * across);
    if (next === null) return;
    event.preventDefault();
    explorer.change({ channel: order[next] });
    cells[next].focus();
    showDetails(order[next]);
  });

  explorer.onMaps(["data"], () => { scroller.scrollTop = 0; });
  explorer.onMaps(["data", "picture", "order", "removed", "scale"], label);
  explorer.onMaps(["data", "picture"], layOut);
  explorer.onMaps(["order", "scale", "lift"], paint);
  explorer.onMaps(["channel"], select);
  explorer.on(["waiting"], () => {
    explorer.root.classList.toggle("is-waiting", state.waiting !== null);
    if (state.waiting instanceof Error) status.fail(state.waiting, () => explorer.open(state.layer));
    else if (state.waiting) status.wait(`Asking the kernel for ${state.layer} …`);
    else status.say();
  });
  const watcher = new ResizeObserver(() => {
    if (state.data && scroller.clientWidth !== laidWidth) layOut();
  });
  watcher.observe(scroller);
  explorer.onClose(() => watcher.disconnect());
  const name = { "aria-label": "All channels of the layer" };
  return make("section.grid", name, status.element, scroller, details, legend);
}

const POINT = "Point at a picture or a map to read a unit and what it sees; click to stay there. " +
  "Hatched parts lie outside the picture.";

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
  const enlarge = () => explorer.change({ large: !state.large });
  const large = make("button.plain", { onclick: enlarge }, "larger pictures");
  const words = make("p.summary");
  const heard = make("p.hidden", { "aria-live": "polite" });
  const say = debounce(500, (text) => { heard.textContent = text; });
  const figures = box("figures", ...overview.pictures.map((picture) => makeFigure(explorer, picture, say)));
  figures.style.setProperty("--pictures", overview.pictures.length);
  figures.classList.toggle("is-single", overview.pictures.length === 1);
  const clearPins = () => explorer.change({ pins: {} });
  const back = make("button.plain", { onclick: clearPins }, "back to the strongest unit");
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
  explorer.onClose(say.stop);
  return make("section.stage", { "aria-label": "The chosen channel" },
    box("heading", make("h3", {}, "Channel"), number, of,
      step(-1, "channel before", "‹"), step(1, "next channel", "›"), large),
    words, heard, figures, box("pointing", hint(POINT, ...sizes), back));
}

/** One picture, its map, and what the followed unit sees and says. */
function makeFigure(explorer, { key, title, width, height }, say) {
  const { state } = explorer;
  const picture = make("canvas", { width, height });
  const map = make("canvas");
  const field = make("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    make("rect.is-halo"), make("rect.is-line"));
  const dots = [make("i"), make("i")];
  const left = make("div.picture", {}, picture, field, dots[0]);
  const right = make("div.map", {
    tabindex: 0, role: "application", "aria-roledescription": "map with a followed unit",
  }, map, dots[1]);
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
      cell.textContent = (name === "zeros" ? percent : formatNumber)(shown[name][state.channel]);
    }
  }

  function follow() {
    const { layer } = state.data;
    const [row, column] = explorer.unitOf(key);
    const square = squareOf(layer, row, column);
    const [top, start, bottom, end] = square;
    const drawn = { x: start, y: top, width: end - start, height: bottom - top };
    for (const rect of field.children) for (const name in drawn) rect.setAttribute(name, drawn[name]);
    for (const dot of dots) {
      dot.style.left = `${(100 * (layer.first_centre + column * layer.stride + 0.5)) / width}%`;
      dot.style.top = `${(100 * (layer.first_centre + row * layer.stride + 0.5)) / height}%`;
    }
    value.textContent = formatNumber(explorer.valueAt(key));
    place.textContent = `row ${row}, column ${column}`;
    explorer.useBitmap(key, (bitmap) => paintSquare(patch, bitmap, square));
    patch.setAttribute("aria-label", `What this unit sees: rows ${top} to ${bottom - 1}, ` +
      `columns ${start} to ${end - 1} of the ${title}`);
    right.setAttribute("aria-label", `Map of channel ${state.channel}, ${title}. Row ${row}, ` +
      `column ${column}: ${value.textContent}. Arrow keys move, Home goes to the strongest unit.`);
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
    frame.addEventListener("pointermove", (event) => {
      if (state.data) explorer.change({ hover: { key, unit: unitUnder(event) } });
    });
    frame.addEventListener("pointerleave", () => explorer.change({ hover: null }));
    frame.addEventListener("click", (event) => {
      if (state.data) explorer.pin(key, unitUnder(event));
    });
  }
  right.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 10 : 1;
    const moves = {
      ArrowLeft: [0, -by], ArrowRight: [0, by], ArrowUp: [-by, 0], ArrowDown: [by, 0], Home: null,
    };
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
  const facts = make("dl");
  for (const [name, cell] of Object.entries(numbers)) facts.append(make("dt", {}, name), cell);
  return make(`figure.is-${key}`, {}, make("figcaption", {}, title), left, right,
    box("unit", patch, make("div", {}, box("reading", value, place), facts)));
}
