/* Part of the explorer: the layers in a row, and the toolbar with order, scale and colour bar. */


/** The network as a row: a button for each layer, with its mean map of the chosen picture. */
function makeStrip(explorer) {
  const { overview, state, store } = explorer;
  const bytes = bytesOf(explorer.model.get("strip"));
  const highest = Math.max(...overview.layers.map((layer) => layer.layer_style_loss ?? 0));
  const [first] = store.keys;
  const buttons = new Map();
  const blocks = new Map();

  function makeButton(layer) {
    const [rows, columns] = layer.shapes[first];
    const words = layer.name.split("_")[1].split(/(?=\d)/); // "conv" is hidden in narrow windows
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
  const open = debounce(140, explorer.open); // delayed, as each layer is megabytes
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
