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

function settingsForm({ model, send, isAnswered }) {
  const drawers = [];
  let waiting = { number: 0, values: {} }; // sent, and not handled by the kernel yet

  const form = (name) => model.get("form")[name];
  const values = () => ({ ...form("values"), ...waiting.values });
  const get = (name) => values()[name];
  const put = (changes) => {
    waiting = { number: send("settings", { values: changes }), values: { ...waiting.values, ...changes } };
    draw();
  };
  const choosePreset = (name) => (waiting = { number: send("preset", { name }), values: {} });
  const settle = () => {
    if (!isAnswered(waiting.number)) return;
    waiting.values = {};
    draw();
  };

  const notice = noticeLine(() => model.get("form"));
  const root = make("div.form-root");
  const build = () => {
    drawers.length = 0;
    const groups = [lookGroup, styleGroup, layersGroup, runGroup];
    root.replaceChildren(notice.line, ...groups.map((makeGroup) => makeGroup(model.get("fields"))));
    draw();
  };
  const draw = () => {
    notice.draw();
    drawers.forEach((drawer) => drawer());
  };

  function lookGroup(fields) {
    const chips = fields.presets.map(({ name, description }) => {
      const onclick = () => choosePreset(name);
      return make("button.chip", { "data-preset": name, title: description, onclick }, name);
    });
    const line = make("p.preset-description", { role: "status" });
    drawers.push(() => {
      const preset = form("preset");
      chips.forEach((chip) => chip.setAttribute("aria-pressed", chip.dataset.preset === preset));
      line.textContent = form("description");
    });
    const row = make("div.chips", { role: "group", "aria-label": "Presets" }, ...chips);
    const look = group("look", "Look", true, row, line, ...fields.weights.map((field) => weightRow(field)));
    drawers.push(() => (look.summary.textContent = form("preset") || "your own"));
    return look.details;
  }

  /** Colours, size of strokes, and the statistic of the style. */
  function styleGroup(fields) {
    const { colours, scale, statistic } = fields.style;
    // Each mode has its default space.
    const mode = choice({ name: "colours", choices: colours }, uniqueId("colours"), { colour_space: null });
    const onchange = () => put({ colour_space: spaces()[space.selectedIndex].value });
    const space = make("select.select", { id: uniqueId("space"), onchange });
    const spaces = () => colours.find(({ value }) => value === get("colours")).spaces;
    const where = described("colour_space", "kept in", space, "In which numbers colours are kept.");
    drawers.push(() => {
      space.replaceChildren(...spaces().map(({ label }) => make("option", {}, label)));
      space.selectedIndex = spaces().findIndex(({ value }) => value === get("colour_space"));
      where.hidden = get("colours") === "painting";
    });
    const ends = factorPosition(scale.highest);
    const factors = { least: -ends, most: ends, value: factorAt, position: factorPosition, lowest: 0.1 };
    const style = group(
      "style",
      "Colours and strokes",
      false,
      described("colours", "colours", mode, "Whether colours are the painting's or the photo's.", true),
      where,
      weightRow(scale, factors),
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
    const attributes = { "data-field": name, title: tip };
    const row = make("div.described", attributes, make("label", { for: select.id }, label), select);
    if (inWords) {
      const words = make("p.words", { id: `${select.id}-words` });
      select.setAttribute("aria-describedby", words.id);
      drawers.push(() => (words.textContent = form("words")[name]));
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
    const slider = make("input.slider", {
      type: "range", id, min: scale.least, max: scale.most, "aria-describedby": `${id}-words`,
      oninput: () => put({ [field.name]: scale.value(Number(slider.value)) }),
    });
    const number = make("input.number", {
      type: "number", min: scale.lowest, step: "any", "aria-label": `${field.label}, exact number`,
      onchange: () => {
        const value = number.valueAsNumber;
        if (Number.isFinite(value) && value >= scale.lowest) put({ [field.name]: value });
      },
    });
    const words = make("p.words", { id: `${id}-words` });
    drawers.push(bindInput(number, () => get(field.name)));
    drawers.push(() => {
      const value = get(field.name);
      slider.value = scale.position(value);
      const filled = (slider.value - scale.least) / (scale.most - scale.least);
      slider.style.setProperty("--filled", filled);
      slider.setAttribute("aria-valuetext", value === 0 ? "off" : String(value));
      words.textContent = form("words")[field.name];
    });
    const attributes = { "data-field": field.name, title: field.tip };
    const label = make("label", { for: id }, field.label);
    return make("div.weight", attributes, label, number, slider, words);
  }

  function layersGroup(fields) {
    const rows = fields.layers.map(layerRow);
    const columns = ["layer", "sees", "content", "style", "weight"];
    const heads = columns.map((words) => make("th", { scope: "col" }, words));
    heads[1].title = "Side, in pixels, of the square of the picture that one unit sees";
    const head = make("thead", {}, make("tr", {}, ...heads));
    const table = make("table.layers", {}, head, make("tbody", {}, ...rows));
    const note = make(
      "p.note",
      {},
      "In order of depth; a unit sees so many pixels. Other layers restart a run, other weights do not.",
    );
    const layers = group("layers", "Layers", false, make("div.layers-frame", {}, table), note);
    drawers.push(() => {
      const content = Object.keys(get("content_layers")).length;
      const style = Object.keys(get("style_layers")).length;
      layers.summary.textContent = `${content} for content, ${style} for style`;
    });
    return layers.details;
  }

  function layerRow(layer, index, all) {
    const toggle = (term) => {
      const box = make(`input.toggle.toggle-${term}`, {
        type: "checkbox", "aria-label": `${layer.name} for ${term}`,
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
    const slider = make("input.slider", {
      type: "range", min: 0, max: positions(field), "aria-label": `weight of ${layer.name} in the style`,
      oninput: () => {
        const weights = get("style_layers");
        if (!(layer.name in weights)) return;
        put({ style_layers: { ...weights, [layer.name]: valueAt(field, Number(slider.value)) } });
      },
    });
    const number = make("span.layer-number", { "aria-hidden": "true" });
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
      starts ? "tr.block-start" : "tr",
      { "data-layer": layer.name },
      make("th", { scope: "row" }, layer.name),
      make("td.receptive-field", {}, String(layer.receptive_field)),
      make("td", {}, toggle("content")),
      make("td", {}, toggle("style")),
      make("td.layer-weight", {}, slider, number),
    );
  }

  function runGroup(fields) {
    const estimate = make("p.note.cost-estimate");
    drawers.push(() => (estimate.textContent = form("cost_estimate")));
    const rows = make("div.run-fields", {}, ...fields.run.map(runField));
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
    const attributes = { "data-field": field.name, title: field.tip };
    return make("div.run-field", attributes, make("label", { for: id }, field.label), input);
  }

  function choice(field, id, alongWithIt = {}) {
    const options = field.choices.map(({ value, label }) => make("option", { value }, label));
    const onchange = () => put({ [field.name]: field.choices[select.selectedIndex].value, ...alongWithIt });
    const select = make("select.select", { id, onchange }, ...options);
    drawers.push(() => {
      select.selectedIndex = field.choices.findIndex(({ value }) => value === get(field.name));
    });
    return select;
  }

  function wholeNumber(field, id) {
    const input = make("input.number", {
      type: "number", id, min: field.least, max: field.most,
      onchange: () => {
        const value = Math.round(input.valueAsNumber);
        if (Number.isFinite(value)) put({ [field.name]: value });
        else draw();
      },
    });
    drawers.push(bindInput(input, () => get(field.name)));
    return input;
  }

  const onfile = (file) => sendFile(send, { part: "settings" }, file, notice.onstate);
  const element = make("div.form", {}, root);
  acceptDrops(element, onfile); // a picture that was saved here brings its settings
  build();
  const stop = follow(model, { fields: build, form: draw, answered: settle });
  return { element, stop };
}
