/** Form of the settings: presets, weights, layers, and the run. Values are kept in the kernel. */

const PER_DECADE = 20;

/** The last position of a logarithmic slider: 0 is the value 0, then 20 a power of ten. */
function positions(field) {
  return 1 + Math.round(Math.log10(field.highest / field.lowest) * PER_DECADE);
}

/** A slider of factors, with 1 in the middle and no 0. */
const FACTOR_STEPS = 6; // for a factor of 2

function factorAt(position) {
  return Number((2 ** (position / FACTOR_STEPS)).toPrecision(3));
}

function factorPosition(factor) {
  return factor > 0 ? Math.round(Math.log2(factor) * FACTOR_STEPS) : 0;
}

function valueAt(field, position) {
  if (position <= 0) return 0;
  const value = field.lowest * 10 ** ((position - 1) / PER_DECADE);
  return Number(value.toPrecision(2));
}

function positionOf(field, value) {
  if (!(value > 0)) return 0;
  const position = 1 + Math.round(Math.log10(value / field.lowest) * PER_DECADE);
  return Math.min(Math.max(position, 1), positions(field));
}

function render({ model, el }) {
  initPart(el, "form");
  const drawers = [];

  const get = (name) => model.get("values")[name];
  const put = (changes) => {
    model.set("values", { ...model.get("values"), ...changes });
    model.save_changes();
  };

  const root = make("div", { class: "stylelab-form-root" });
  const build = () => {
    drawers.length = 0;
    const fields = model.get("fields");
    root.replaceChildren(
      errorLine(),
      lookGroup(fields),
      styleGroup(fields),
      layersGroup(fields),
      runGroup(fields),
    );
    draw();
  };
  const draw = () => drawers.forEach((drawer) => drawer());

  function lookGroup(fields) {
    const chips = fields.presets.map(({ name, description }) =>
      make(
        "button",
        {
          type: "button",
          class: "stylelab-chip",
          "data-preset": name,
          title: description,
          onclick: () => sendMessage(model, { preset: name }),
        },
        name,
      ),
    );
    const line = make("p", { class: "stylelab-preset-description", role: "status" });
    drawers.push(() => {
      const preset = model.get("preset");
      chips.forEach((chip) => chip.setAttribute("aria-pressed", chip.dataset.preset === preset));
      line.textContent = model.get("description");
    });
    const row = make("div", { class: "stylelab-chips", role: "group", "aria-label": "Presets" }, ...chips);
    const look = group("look", "Look", true, row, line, ...fields.weights.map((field) => weightRow(field)));
    drawers.push(() => (look.summary.textContent = model.get("preset") || "your own"));
    return look.details;
  }

  /** Colours, size of strokes, and the statistic of the style. */
  function styleGroup(fields) {
    const { colours, scale, statistic } = fields.style;
    const mode = choice({ name: "colours", choices: colours }, uniqueId("colours"), {
      colour_space: null, // each mode has its default
    });
    const space = make("select", {
      id: uniqueId("space"),
      class: "stylelab-select",
      onchange: () => put({ colour_space: spaces()[space.selectedIndex].value }),
    });
    const spaces = () => colours.find(({ value }) => value === get("colours")).spaces;
    const where = described("colour_space", "kept in", space, "In which numbers colours are kept.");
    drawers.push(() => {
      space.replaceChildren(...spaces().map(({ label }) => make("option", {}, label)));
      space.selectedIndex = spaces().findIndex(({ value }) => value === get("colour_space"));
      where.hidden = get("colours") === "painting";
    });
    const ends = Math.round(Math.log2(scale.highest) * FACTOR_STEPS);
    const style = group(
      "style",
      "Colours and strokes",
      false,
      described("colours", "colours", mode, "Whether colours are the painting's or the photo's.", true),
      where,
      weightRow(scale, {
        least: -ends,
        most: ends,
        value: factorAt,
        position: factorPosition,
        lowest: 0.1,
      }),
      described("statistic", statistic.label, choice(statistic, uniqueId("statistic")), statistic.tip, true),
    );
    drawers.push(() => {
      const chosen = colours.find(({ value }) => value === get("colours"));
      const parts = [chosen.label.replace(/, .*/, "")];
      if (get("style_scale") !== 1) parts.push(`strokes × ${get("style_scale")}`);
      if (get("statistic") !== fields.usual.statistic) {
        parts.push(statistic.choices.find(({ value }) => value === get("statistic")).label);
      }
      style.summary.textContent = parts.join(", ");
    });
    return style.details;
  }

  /** A label, a list to choose from, and words if there are some. */
  function described(name, label, select, tip, inWords = false) {
    const row = make(
      "div",
      { class: "stylelab-described", "data-field": name, title: tip },
      make("label", { for: select.id }, label),
      select,
    );
    if (inWords) {
      const words = make("p", { class: "stylelab-words", id: `${select.id}-words` });
      select.setAttribute("aria-describedby", words.id);
      drawers.push(() => (words.textContent = model.get("words")[name]));
      row.append(words);
    }
    return row;
  }

  /** A label, an exact number, a slider, and words. Without a scale, the slider has 0 and decades. */
  function weightRow(field, given = null) {
    const id = uniqueId(field.name);
    const scale = given ?? {
      least: 0,
      most: positions(field),
      value: (position) => valueAt(field, position),
      position: (value) => positionOf(field, value),
      lowest: 0,
    };
    const slider = make("input", {
      type: "range",
      id,
      class: "stylelab-slider",
      min: scale.least,
      max: scale.most,
      step: 1,
      "aria-describedby": `${id}-words`,
      oninput: () => put({ [field.name]: scale.value(Number(slider.value)) }),
    });
    const number = make("input", {
      type: "number",
      class: "stylelab-number",
      min: scale.lowest,
      step: "any",
      "aria-label": `${field.label}, exact number`,
      onchange: () => {
        const value = number.valueAsNumber;
        if (Number.isFinite(value) && value >= scale.lowest) put({ [field.name]: value });
      },
    });
    const words = make("p", { class: "stylelab-words", id: `${id}-words` });
    drawers.push(bindInput(number, () => get(field.name)));
    drawers.push(() => {
      const value = get(field.name);
      slider.value = scale.position(value);
      const filled = (slider.value - scale.least) / (scale.most - scale.least);
      slider.style.setProperty("--filled", filled);
      slider.setAttribute("aria-valuetext", value === 0 ? "off" : String(value));
      words.textContent = model.get("words")[field.name];
    });
    return make(
      "div",
      { class: "stylelab-weight", "data-field": field.name, title: field.tip },
      make("label", { for: id }, field.label),
      number,
      slider,
      words,
    );
  }

  function layersGroup(fields) {
    const rows = fields.layers.map(layerRow);
    const head = make(
      "tr",
      {},
      make("th", { scope: "col" }, "layer"),
      make("th", { scope: "col", title: "Side, in pixels, of the square of the picture that one unit sees" }, "sees"),
      make("th", { scope: "col" }, "content"),
      make("th", { scope: "col" }, "style"),
      make("th", { scope: "col" }, "weight"),
    );
    const table = make(
      "table",
      { class: "stylelab-layers" },
      make("thead", {}, head),
      make("tbody", {}, ...rows),
    );
    const note = make(
      "p",
      { class: "stylelab-note" },
      "In order of depth; a unit sees so many pixels. Other layers restart a run, other weights do not.",
    );
    const layers = group("layers", "Layers", false, table, note);
    drawers.push(() => {
      const content = Object.keys(get("content_layers")).length;
      const style = Object.keys(get("style_layers")).length;
      layers.summary.textContent = `${content} for content, ${style} for style`;
    });
    return layers.details;
  }

  function layerRow(layer, index, all) {
    const toggle = (term) => {
      const box = make("input", {
        type: "checkbox",
        class: `stylelab-toggle stylelab-toggle-${term}`,
        "aria-label": `${layer.name} for ${term}`,
        onchange: () => put({ [`${term}_layers`]: toggled(`${term}_layers`) }),
      });
      drawers.push(() => (box.checked = layer.name in get(`${term}_layers`)));
      return box;
    };
    const toggled = (name) => {
      const now = { ...get(name) };
      if (layer.name in now) delete now[layer.name];
      else now[layer.name] = 1;
      const order = all.map((each) => each.name).filter((each) => each in now);
      return Object.fromEntries(order.map((each) => [each, now[each]]));
    };
    const field = { lowest: 0.1, highest: 10 };
    const slider = make("input", {
      type: "range",
      class: "stylelab-slider",
      min: 0,
      max: positions(field),
      step: 1,
      "aria-label": `weight of ${layer.name} in the style`,
      oninput: () => {
        const weights = get("style_layers");
        if (!(layer.name in weights)) return;
        put({ style_layers: { ...weights, [layer.name]: valueAt(field, Number(slider.value)) } });
      },
    });
    const number = make("span", { class: "stylelab-layer-number", "aria-hidden": "true" });
    drawers.push(() => {
      const weight = get("style_layers")[layer.name];
      const there = weight !== undefined;
      slider.style.visibility = there ? "visible" : "hidden";
      number.textContent = there ? String(weight) : "";
      slider.value = positionOf(field, weight ?? 1);
      slider.style.setProperty("--filled", slider.value / positions(field));
      slider.setAttribute("aria-valuetext", String(weight ?? 1));
    });
    const starts = index === 0 || all[index - 1].block !== layer.block;
    return make(
      "tr",
      { class: starts ? "stylelab-block-start" : "" , "data-layer": layer.name },
      make("th", { scope: "row" }, layer.name),
      make("td", { class: "stylelab-receptive-field" }, String(layer.receptive_field)),
      make("td", {}, toggle("content")),
      make("td", {}, toggle("style")),
      make("td", { class: "stylelab-layer-weight" }, slider, number),
    );
  }

  function runGroup(fields) {
    const estimate = make("p", { class: "stylelab-note stylelab-cost-estimate" });
    drawers.push(() => (estimate.textContent = model.get("cost_estimate")));
    const rows = make("div", { class: "stylelab-run-fields" }, ...fields.run.map(runField));
    const run = group("run", "Run", false, rows, estimate);
    drawers.push(() => {
      const optimizer = fields.run.find(({ name }) => name === "optimizer");
      const chosen = optimizer.choices.find(({ value }) => value === get("optimizer"));
      run.summary.textContent = `${get("size")} px, ${get("steps")} steps, ${chosen.label}`;
    });
    return run.details;
  }

  function runField(field) {
    const id = uniqueId(field.name);
    const input = field.choices ? choice(field, id) : wholeNumber(field, id);
    return make(
      "div",
      { class: "stylelab-run-field", "data-field": field.name, title: field.tip },
      make("label", { for: id }, field.label),
      input,
    );
  }

  function choice(field, id, alongWithIt = {}) {
    const options = field.choices.map(({ value, label }) => make("option", { value }, label));
    const select = make("select", { id, class: "stylelab-select" }, ...options);
    select.addEventListener("change", () =>
      put({ [field.name]: field.choices[select.selectedIndex].value, ...alongWithIt }),
    );
    drawers.push(() => {
      select.selectedIndex = field.choices.findIndex(({ value }) => value === get(field.name));
    });
    return select;
  }

  function wholeNumber(field, id) {
    const input = make("input", {
      type: "number",
      id,
      class: "stylelab-number",
      min: field.least,
      max: field.most,
      step: 1,
      onchange: () => {
        const value = Math.round(input.valueAsNumber);
        if (value >= field.least && value <= field.most) put({ [field.name]: value });
      },
    });
    drawers.push(bindInput(input, () => get(field.name)));
    return input;
  }

  function errorLine() {
    const notice = make("p", { class: "stylelab-error", role: "alert" });
    drawers.push(() => {
      notice.textContent = model.get("notice");
      notice.hidden = !model.get("notice");
    });
    return notice;
  }

  build();
  el.append(root);
  model.on("change:fields", build);
  const end = follow(model, ["values", "words", "preset", "description", "notice", "cost_estimate"], draw);
  return () => {
    end();
    model.off("change:fields", build);
  };
}

export default { render };
