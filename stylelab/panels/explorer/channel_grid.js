/* Part of the explorer: the maps of all channels of a layer. */

const GAP = 2; // pixels between two maps
const MIN_WIDTH = 18; // width of a map in pixels that can be seen and touched
const MARKS = { silent: "is-silent", "fires everywhere": "is-everywhere" };
const OWN_SCALES = "Each map on its own scale: bright does not mean strong.";
const ONE_SCALE = "One scale for all maps: bright means strong.";

/** Maps of all channels of the layer: one canvas below a list of options that take the focus. */
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
    if (!laidWidth) return; // not visible yet; the observer calls again
    const { rows, columns } = shown();
    const { width, maxHeight, paddingLeft } = getComputedStyle(scroller);
    const [wide, high] = [width, maxHeight].map((size) => parseFloat(size) - 2 * parseFloat(paddingLeft));
    layout = gridLayout(state.data.layer.channels, columns / rows, wide, high, MIN_WIDTH, GAP);
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
