/* Part of the explorer: the selected channel in each picture. */

const POINT = "Point at a picture or a map to read a unit and what it sees; click to stay there. " +
  "Hatched parts lie outside the picture.";

/** The pictures side by side, each with the chosen channel's map and the followed unit. */
function makeStage(explorer) {
  const { state, overview, store } = explorer;
  const last = () => state.data.layer.channels - 1;
  const refused = make("p.refused", { role: "alert" });
  const number = make("input", { type: "number", min: 0, "aria-label": "Channel", onchange: () => {
    if (!state.data) return;
    const channel = number.valueAsNumber;
    const there = Number.isInteger(channel) && channel >= 0 && channel <= last();
    if (there) explorer.change({ channel });
    refused.textContent = there ? "" : `Expected a channel of ${state.data.name}: a whole number from 0 to ` +
      `${last()}. Received: ${number.value || "no number"}. Channel ${state.channel} stays.`;
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
  const live = make("p.hidden", { "aria-live": "polite" });
  const announce = debounce(500, (text) => { live.textContent = text; });
  const figures = box("figures", ...overview.pictures.map((picture) => makeFigure(explorer, picture, announce)));
  figures.style.setProperty("--pictures", overview.pictures.length);
  figures.classList.toggle("is-single", overview.pictures.length === 1);
  const clearPins = () => explorer.change({ pins: {} });
  const back = make("button.plain", { onclick: clearPins }, "back to the strongest unit");
  const sizes = overview.pictures.filter((picture) => picture.sizes_note)
    .map(({ title, sizes_note: note }) => ` The ${title} is ${note}.`);

  explorer.onMaps(["data", "channel"], () => {
    number.max = last();
    number.value = state.channel;
    refused.textContent = "";
    of.textContent = `0 … ${last()} in ${state.data.name}`;
    words.textContent = summary(state.data, store.keys, state.channel);
    announce(`Channel ${state.channel} of ${state.data.name}. ${words.textContent}`);
  });
  explorer.on(["pins"], () => { back.hidden = !Object.values(state.pins).some(Boolean); });
  explorer.on(["large"], () => {
    explorer.root.classList.toggle("is-large", state.large);
    large.setAttribute("aria-pressed", state.large);
  });
  explorer.onClose(announce.stop);
  return make("section.stage", { "aria-label": "The chosen channel" },
    box("heading", make("h3", {}, "Channel"), number, of,
      step(-1, "channel before", "‹"), step(1, "next channel", "›"), large),
    refused, words, live, figures, box("pointing", hint(POINT, ...sizes), back));
}

/** One picture, its map, and the followed unit's receptive field and value. */
function makeFigure(explorer, { key, title, width, height }, announce) {
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
    announce(`${place.textContent}: ${value.textContent}`);
  });
  explorer.onMaps(["data", "channel", "scale", "lift"], draw);
  explorer.onMaps(["data", "channel", "hover", "pins", "picture"], follow);
  const facts = make("dl");
  for (const [name, cell] of Object.entries(numbers)) facts.append(make("dt", {}, name), cell);
  return make(`figure.is-${key}`, {}, make("figcaption", {}, title), left, right,
    box("unit", patch, make("div", {}, box("reading", value, place), facts)));
}
