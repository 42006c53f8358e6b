/* Part of the explorer: the four questions about the chosen channel. */

/** Questions about the chosen channel, as tabs; only the visible one sends requests. */
function makeQuestions(explorer) {
  const { overview, state, store } = explorer;
  const styled = store.keys.includes("style");
  const questions = [
    ["excites", "What excites it?", makeExcites, true],
    ["partners", "What fires with it?", makePartners, true],
    ["style", "What does it do for the style?", makeStyle, styled],
    ["steps", "How did it change during the run?", makeSteps, overview.steps.length > 0],
  ].filter(([,,, there]) => there);
  const tabs = new Map();
  const panels = new Map();
  for (const [name, title, makePanel] of questions) {
    const [panel, tab] = [`${explorer.id}-${name}`, `${explorer.id}-tab-${name}`];
    panels.set(name, make(`div.is-${name}`, { role: "tabpanel", id: panel, "aria-labelledby": tab },
      ...makePanel(explorer, name)));
    tabs.set(name, make("button", {
      role: "tab", id: tab, "aria-controls": panel, onclick: () => explorer.change({ tab: name }),
    }, title));
  }
  const label = { "aria-label": "Questions about this channel" };
  const bar = make("div.tabs", { role: "tablist", ...label }, ...tabs.values());
  const mark = makeRovingFocus(bar, tabs, "aria-selected", (tab) => explorer.change({ tab }));
  explorer.on(["tab"], () => {
    mark(state.tab);
    for (const [name, panel] of panels) panel.hidden = name !== state.tab;
  });
  return make("section.questions", label, bar, ...panels.values());
}

/**
 * Keep a visible tab's answer up to date: send its requests once they stop changing, and show the answers
 * again when the scale changes.
 */
function keepAsking(explorer, tab, status, questions, show) {
  const { state } = explorer;
  const asker = makeAsker(explorer, status);
  let wanted = "", again = () => {};
  const ask = debounce(120, () => asker.run(async (options) => {
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
  explorer.onClose(ask.stop);
}

const about = (state) => ({ layer: state.data.name, channel: state.channel });
const askGram = ({ state, removed }) => ({ ask: "gram", ...about(state), removed: removed() });

const PATCHES = 8;

/** The strongest units in the reader's pictures, and activation maximisation. */
function makeExcites(explorer, tab) {
  const { state, overview, store } = explorer;
  const row = box("patches");
  const status = makeStatus(explorer);
  const asker = makeAsker(explorer, status);
  const more = make("button.plain", { hidden: !overview.others, onclick: searchOthers },
    `search ${overview.others} more ${overview.others === 1 ? "picture" : "pictures"}`);

  function tile({ picture, row: y, column: x, value, square, buffer }, buffers) {
    const ours = store.keys.includes(picture);
    const face = make(ours ? "canvas" : "img", ours ? {} : { alt: "" });
    if (ours) explorer.useBitmap(picture, (bitmap) => paintSquare(face, bitmap, square));
    else face.src = explorer.url(buffers[buffer], "image/png");
    const words = [face, make("b", {}, formatNumber(value)), make("span", {}, picture)];
    const label = `${picture}, row ${y}, column ${x}, value ${formatNumber(value)}`;
    if (!ours) return make("div.tile", { role: "img", "aria-label": label }, ...words);
    const go = () => explorer.pin(picture, [y, x]);
    return make("button.tile", { "aria-label": `${label}: go there`, onclick: go }, ...words);
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
      const units = strongestUnits(mapOf(pictures[picture], state.channel), rows, columns, PATCHES, apart);
      return units.map((unit) => ({
        ...unit, picture, value: (unit.byte * maximum[state.channel]) / 255,
        square: squareOf(layer, unit.row, unit.column),
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

  const search = debounce(60, searchHere);
  explorer.onMaps(["data", "channel", "tab"], () => {
    asker.stop();
    if (state.tab === tab) search();
  });
  explorer.onClose(search.stop);
  return [
    box("column", make("h4", {}, "Where it fires most in your pictures"),
      hint("Each square is what one unit sees. Choose one to go there."), row, more, status.element),
    box("column", ...makeMaximiser(explorer)),
  ];
}

/** Activation maximisation on request, with a preview. */
function makeMaximiser(explorer) {
  const { state } = explorer;
  const status = makeStatus(explorer);
  const asker = makeAsker(explorer, status);
  const image = make("img", { alt: "", hidden: true });
  const none = make("span.hint", {}, "none yet");
  const place = make("div.place-for-made", {}, none, image); // of one size before and after, so that nothing moves
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Making the picture" });
  const words = make("span.hint");
  // One button for start and stop, so that it keeps the focus.
  const button = make("button.plain.is-main", { onclick: () => (busy ? asker.stop() : run()) });
  const made = new Map(); // pictures made, by layer and channel
  const name = () => `${state.data.name} ${state.channel}`;
  let busy = false;

  const face = (buffer, type) => {
    image.hidden = !buffer;
    none.hidden = Boolean(buffer);
    if (buffer) image.src = explorer.url(buffer, type);
  };

  function settle() {
    const [buffer, text] = made.get(name()) ?? [];
    busy = false;
    bar.hidden = true;
    button.textContent = buffer ? "make it again" : "make a picture";
    image.alt = buffer ? `A picture made to excite channel ${state.channel} of ${state.data.name}` : "";
    words.textContent = text ?? "";
    face(buffer, "image/png");
  }

  async function run() {
    const wanted = name();
    busy = true;
    bar.hidden = false;
    bar.value = 0;
    button.textContent = "stop";
    await asker.run(async (options) => {
      const { buffers, value } = await explorer.wire.ask({ ask: "maximise", ...about(state) }, options);
      made.set(wanted, [buffers[0], typeof value === "number" ? `Activation ${formatNumber(value)}.` : ""]);
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
    hint("Gradient ascent on the pixels, beginning with noise: what the channel would like best. ",
      "Takes seconds."),
    box("made", place, make("div", {}, button, bar, words, status.element))];
}

const PARTNERS = 6;

/** The channel's row of the Gram matrix for each picture, and the channels active with it. */
function makePartners(explorer, tab) {
  const { state, store } = explorer;
  const status = makeStatus(explorer);
  const rows = box("rows");
  const details = make("p.details", { "aria-hidden": "true" });
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
      "aria-label": `Row of channel ${state.channel} in the Gram matrix of the ${key}: ${order.length} bars, ` +
        `the highest of the others ${formatNumber(highest)}`,
    }, make("path.is-body", { d: steps(values[key], order, highest, true) }));
    if (key !== leading) {
      svg.append(make(`path.is-line.is-${leading}`, { d: steps(values[leading], order, highest, false) }));
    }
    svg.append(make("line", { x1: own, x2: own, y1: 0, y2: 1 }));
    const channelAt = (event) => {
      const { left, width } = svg.getBoundingClientRect();
      const place = Math.floor(((event.clientX - left) / width) * order.length);
      return order[Math.min(Math.max(place, 0), order.length - 1)];
    };
    svg.addEventListener("pointermove", (event) => {
      const channel = channelAt(event);
      const numbers = store.keys.map((other) => ` ${other} ${formatNumber(values[other][channel])}`);
      details.replaceChildren(make("b", {}, `channel ${channel}`), numbers.join(","));
    });
    svg.addEventListener("pointerleave", () => details.replaceChildren());
    svg.addEventListener("click", (event) => explorer.change({ channel: channelAt(event) }));
    return svg;
  }

  function partner(key, channel, value) {
    const picture = state.data.pictures[key];
    const pixels = explorer.pixels(key, channel);
    const face = thumbnail(mapOf(picture, channel), picture.rows, picture.columns, pixels);
    const label = `channel ${channel}, ${formatNumber(value)} in the ${key}: go there`;
    return make("button.tile", { "aria-label": label, onclick: () => explorer.change({ channel }) },
      face, make("b", {}, formatNumber(value)), make("span", {}, `channel ${channel}`));
  }

  function show(given) {
    answer = given;
    const values = answer[measure];
    const others = (key) => fallingOrder(values[key])
      .filter((channel) => channel !== answer.channel && values[key][channel] > 0);
    const highest = Math.max(...store.keys.map((key) => values[key][others(key)[0]] ?? 0)) || 1;
    const order = fallingOrder(values[leading]);
    rows.replaceChildren(...store.keys.map((key) => {
      const tiles = others(key).slice(0, PARTNERS).map((channel) => partner(key, channel, values[key][channel]));
      return make(`div.row.is-${key}`, {}, make("h5", {}, key), chart(key, order, highest), box("tiles", ...tiles));
    }));
  }

  keepAsking(explorer, tab, status, () => [askGram(explorer)], show);
  const words = leading === "style"
    ? ", in the order of the style and on one scale. The red line repeats the style: a result that keeps it fills that line."
    : ", in falling order.";
  return [box("wide", make("h4", {}, "Its row of the Gram matrix"),
    hint("How much each channel of the layer fires together with this one (dashed)", words),
    box("tool", choice, details), status.element, rows)];
}

const PULLS = { all: "with all channels", without: "without the removed", removed: "by the removed alone" };

/** The channel's part in the layer's style loss, a switch that removes it, and the gradient of the loss. */
function makeStyle(explorer, tab) {
  const { state, store } = explorer;
  const [status, pulling] = [makeStatus(explorer), makeStatus(explorer)];
  const [shares, chips, maps] = [box("losses"), box("chips"), box("pulls")];
  const out = explorer.removed;
  const put = (channels) => explorer.change({ removed: { ...state.removed, [state.data.name]: channels } });
  const without = (channel) => out().filter((other) => other !== channel);
  const toggle = make("button.switch", { role: "switch", onclick: () => {
    const gone = out().includes(state.channel);
    put(gone ? without(state.channel) : [...out(), state.channel].sort((a, b) => a - b));
  } });

  function line(key, gram) {
    const loss = gram.loss[key];
    const rest = out().length ? gram.loss_without[key] : loss * (1 - gram.share[key]);
    const one = `channel ${out()[0] ?? state.channel}`;
    const which = out().length > 1 ? `the ${out().length} removed channels` : one;
    const bars = [["is-all", loss], ["is-left", rest]].map(([name, value]) => {
      const bar = make(`i.${name}`);
      bar.style.width = `${loss > 0 ? (100 * value) / loss : 0}%`;
      return bar;
    });
    const words = `${formatNumber(loss)} with all channels, ${formatNumber(rest)} without ${which}: `;
    return make(`div.loss.is-${key}`, {}, make("h5", {}, key),
      make("div.bars", { "aria-hidden": "true" }, ...bars),
      make("p", {}, words, `${percent((loss - rest) / loss)} less.`));
  }

  function showShares(gram) {
    const painted = store.keys.filter((key) => typeof gram.loss[key] === "number");
    shares.replaceChildren(...painted.map((key) => line(key, gram)));
  }

  async function showPull({ rows, columns, picture, buffers, ...pulled }) {
    const bytes = await inflateAll(buffers);
    maps.replaceChildren(...pulled.maps.map(({ name, maximum, buffer }) => {
      const label = `Where the style loss of ${state.data.name} pulls at the ${picture}, ${PULLS[name]}`;
      const canvas = make("canvas", { role: "img", "aria-label": label });
      paintMap(canvas, bytes[buffer], rows, columns, pixelsFor(1, 1, state.lift));
      return make("figure", {}, canvas, make("figcaption", {},
        make("b", {}, PULLS[name]), make("span", {}, `brightest ${formatNumber(maximum)}`)));
    }));
  }

  explorer.onMaps(["data", "channel", "removed"], () => {
    toggle.setAttribute("aria-checked", out().includes(state.channel));
    toggle.replaceChildren(
      make("i", { "aria-hidden": "true" }), `remove channel ${state.channel} from the loss`);
    chips.replaceChildren(...out().map((channel) => make("button", {
      "aria-label": `put channel ${channel} back`, onclick: () => put(without(channel)),
    }, `channel ${channel} ×`)));
    if (out().length > 1) chips.append(make("button", { onclick: () => put([]) }, "put all back"));
  });
  const askPull = () => ({ ask: "pull", layer: state.data.name, removed: out() });
  keepAsking(explorer, tab, status, () => [askGram(explorer)], showShares);
  keepAsking(explorer, tab, pulling, () => [askPull()], showPull);
  return [
    box("column", make("h4", {}, "Its part in the style loss of the layer"),
      hint("The loss compares Gram matrices, ‖G − A‖² / ‖A‖². ",
        "A channel takes part with one row and one column."),
      shares, toggle, chips, status.element),
    box("column", make("h4", {}, "Where the loss pulls"),
      hint("How strongly the layer's style loss would change each place. Each map has its own scale."),
      pulling.element, maps),
  ];
}

/** The channel's map at the recorded steps of a run. */
function makeSteps(explorer, tab) {
  const { state } = explorer;
  const status = makeStatus(explorer);
  const film = box("tiles");
  const map = make("canvas", { role: "img" });
  const photo = make("img");
  const details = make("output");
  const scale = hint();
  const slider = make("input", {
    type: "range", min: 0, value: 0, "aria-label": "Step of the run",
    oninput: () => turn(Number(slider.value)),
  });
  const shown = [make("label.slider", {}, slider, details), box("pair", photo, map)];
  const hide = (yes) => { for (const each of shown) each.hidden = yes; };
  let answer = null, chosen = Infinity;
  hide(true); // until there is an answer

  function turn(index) {
    chosen = index;
    const { steps, rows, columns, maps, photos, means, maxima } = answer;
    const name = `step ${steps[index]}`;
    slider.value = index;
    slider.setAttribute("aria-valuetext", name);
    details.textContent = `${name}: mean ${formatNumber(means[index])}, maximum ${formatNumber(maxima[index])}`;
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
    scale.textContent = `One scale for all steps; brightest: ${formatNumber(maximum)}.`;
    film.replaceChildren(...maps.map((each, index) => make("button.tile", { onclick: () => turn(index) },
      thumbnail(each, rows, columns, pixelsFor(1, 1, state.lift)), make("span", {}, `step ${steps[index]}`))));
    turn(Math.min(chosen, steps.length - 1));
    hide(false);
  }

  keepAsking(explorer, tab, status, () => [{ ask: "steps", ...about(state) }, { ask: "step_pictures" }], show);
  return [box("wide", make("h4", {}, "The channel's map, step by step"), scale, status.element, film,
    ...shown)];
}
