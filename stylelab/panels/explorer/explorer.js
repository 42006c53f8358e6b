/*
 * The explorer in the browser: feature maps of the reader's pictures, channel by channel.
 *
 * The kernel sends one block of bytes a layer and picture (a byte is 255 · value / the channel's
 * maximum, rounded); the rest is computed here. Only what needs floats or the network itself (Gram
 * matrices, other pictures, activation maximisation) is requested from the kernel.
 *
 * Python joins the files to one module, as a widget has one; see SCRIPTS in widget.py.
 */

const MAX_ANSWERS = 60; // cached answers to small requests
const MAX_URLS = 60; // object URLs; older ones are revoked

/** What the parts share: the state, the maps, and listeners of changes. */
function makeExplorer(model, root) {
  const overview = model.get("overview");
  const channel = openChannelOf(model, (sentence) => {
    if (sentence === KERNEL_GONE) wire.abandon();
    change({ kernel: sentence });
  });
  const wire = connect(model, channel);
  const store = makeStore(overview, wire);
  const listeners = [], closers = [];
  const answers = new Map(), chosen = new Map(), urls = new Set();
  const state = {
    layer: overview.first_layer, data: null, waiting: null, // `layer` is requested, `data` received
    channel: 0, picture: store.keys[0], order: "number", scale: "channel", lift: false,
    hover: null, pins: {}, removed: {}, tab: "excites", large: false,
    kernel: "", // why it does not answer
  };
  const bitmaps = {};
  model.get("pixels").forEach((buffer, index) => {
    const key = store.keys[index];
    bitmaps[key] = createImageBitmap(new Blob([bytesOf(buffer)], { type: "image/png" }));
    bitmaps[key].then((bitmap) => { bitmaps[key].now = bitmap; });
  });
  let opening = null, strongest = {};

  /** Content and result show the same positions and are followed together; the style by itself. */
  const groupOf = (key) => (overview.same_size && key !== "style" ? "painted" : key);

  function change(changes) {
    const changed = Object.keys(changes).filter((name) => state[name] !== changes[name]);
    Object.assign(state, changes);
    if (state.data) chosen.set(state.data.name, state.channel);
    for (const [names, listener] of listeners) if (names.some((name) => changed.includes(name))) listener();
  }

  /** Show a layer as soon as its maps are here. */
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

  /** The [row, column] of the strongest unit in a picture; the middle if all are 0. */
  function strongestUnit(key) {
    const { rows, columns } = state.data.pictures[key];
    const name = `${state.data.name} ${state.channel}`;
    if (strongest.name !== name) strongest = { name }; // computed once for each channel
    if (!strongest[key]) {
      const [unit] = strongestUnits(mapOf(state.data.pictures[key], state.channel), rows, columns, 1);
      strongest[key] = unit ? [unit.row, unit.column] : [rows >> 1, columns >> 1];
    }
    return strongest[key];
  }

  /** The [row, column] followed in a picture: under the pointer, pinned, or the strongest unit. */
  function unitOf(key) {
    const { layer, pictures } = state.data;
    const group = groupOf(key);
    if (state.hover && groupOf(state.hover.key) === group) return state.hover.unit;
    const { rows, columns } = pictures[key];
    if (state.pins[group]) return unitAt(layer, ...state.pins[group], rows, columns);
    const together = store.keys.filter((other) => groupOf(other) === group);
    return strongestUnit(together.includes(state.picture) ? state.picture : together[0]);
  }

  const explorer = {
    model, root, overview, wire, store, state, change, open, unitOf,
    id: `stylelab-explorer-${Math.random().toString(36).slice(2, 8)}`,
    on(names, listener) { listeners.push([names, listener]); },
    onMaps(names, listener) { listeners.push([names, () => { if (state.data) listener(); }]); },
    onClose(action) { closers.push(action); },
    begin() {
      for (const [, listener] of listeners) listener();
      open(state.layer);
    },
    /** The channels removed from this layer's style loss. */
    removed: () => state.removed[state.data.name] ?? [],
    /** The value shown brightest for a channel, on the chosen scale. */
    white(channel = state.channel) {
      if (state.scale === "network") return overview.network_maximum;
      if (state.scale === "layer") return state.data.layer.maximum;
      return Math.max(...store.keys.map((key) => state.data.pictures[key].maximum[channel]));
    },
    /** The pixel for each byte of a channel's map, on the chosen scale. */
    pixels(key, channel) {
      return pixelsFor(state.data.pictures[key].maximum[channel], explorer.white(channel), state.lift);
    },
    /** The layer's channels in the chosen order. */
    order() {
      const { layer, pictures, differences, style_share: shares } = state.data;
      const [kind, which] = state.order.split(" ");
      const { mean: strength, maximum } = pictures[state.picture];
      const values = { strength, maximum, difference: differences[which]?.values, share: shares[which] }[kind];
      return values ? fallingOrder(values) : [...Array(layer.channels).keys()];
    },
    /** The value of the unit followed in a picture. */
    valueAt(key) {
      const picture = state.data.pictures[key];
      const [row, column] = unitOf(key);
      const byte = mapOf(picture, state.channel)[row * picture.columns + column];
      return (byte * picture.maximum[state.channel]) / 255;
    },
    /** Follow one unit, in other channels and layers too; null follows the strongest again. */
    pin(key, unit) {
      const { first_centre: centre, stride } = state.data.layer;
      const place = unit?.map((index) => centre + index * stride);
      change({ pins: { ...state.pins, [groupOf(key)]: place }, hover: null });
    },
    /** Ask the kernel, or return the cached answer. */
    async askOnce(question, options) {
      const name = JSON.stringify(question);
      if (!answers.has(name)) {
        answers.set(name, await wire.ask(question, options));
        if (answers.size > MAX_ANSWERS) answers.delete(answers.keys().next().value);
      }
      return answers.get(name);
    },
    /** Call `use` with a picture's bitmap, as soon as it is decoded. */
    useBitmap(key, use) {
      if (bitmaps[key].now) use(bitmaps[key].now);
      else bitmaps[key].then(use);
    },
    url(buffer, type) {
      const url = URL.createObjectURL(new Blob([bytesOf(buffer)], { type }));
      urls.add(url);
      if (urls.size > MAX_URLS) {
        const [oldest] = urls;
        URL.revokeObjectURL(oldest);
        urls.delete(oldest);
      }
      return url;
    },
    close() {
      opening?.abort();
      channel.close();
      for (const action of closers) action();
      for (const url of urls) URL.revokeObjectURL(url);
      wire.close();
    },
  };
  return explorer;
}

function render({ model, el }) {
  const root = make("div", { role: "region", "aria-label": "Explorer of feature maps" });
  root.classList.add("stylelab-explorer");
  root.addEventListener("focusin", suppressShortcuts);
  root.addEventListener("keydown", changeOnEnter);
  const explorer = makeExplorer(model, root);
  const gone = make("p.gone", { role: "status" });
  explorer.on(["kernel"], () => {
    gone.textContent = explorer.state.kernel === KERNEL_GONE ? KERNEL_GONE : "";
  });
  const main = box("main", makeGrid(explorer), makeStage(explorer));
  root.append(box("body", gone, ...makeStrip(explorer), makeToolbar(explorer), main, makeQuestions(explorer)));
  el.classList.add("stylelab-explorer-host");
  el.append(root);
  explorer.begin();
  return () => {
    explorer.close();
    root.remove();
  };
}

export default { render };
