/** Two settings with a few values each: a form that starts the runs, and the table of their pictures. */

const GRID_SETTINGS = {
  style_weight: ["style weight", "3, 10, 30"],
  content_weight: ["content weight", "0.5, 1, 2"],
  total_variation_weight: ["smoothness", "0, 30, 300"],
  style_scale: ["size of strokes", "0.5, 1, 2"],
  seed: ["seed", "0, 1, 2"],
  steps: ["steps", "30, 60, 120"],
  size: ["size", "128, 256"],
  pooling: ["pooling", "avg, max"],
  optimizer: ["optimizer", "lbfgs, adam"],
  statistic: ["what counts as style", "gram, mean_covariance"],
  painting: ["painting", ""],
};

function runGrid({ model, send }) {
  const get = (name) => model.get("grid")[name];
  const axis = (label, first) => {
    const id = uniqueId("axis");
    const options = Object.entries(GRID_SETTINGS).map(([value, [text]]) => make("option", { value }, text));
    const values = make("input.text", { type: "text", "aria-label": `values, ${label}`, spellcheck: "false" });
    const fill = () => (values.value = select.value === "painting" ? paintings() : GRID_SETTINGS[select.value][1]);
    const select = make("select.select", { id, onchange: fill }, ...options);
    select.value = first;
    fill();
    const element = make("div.axis", {}, make("label", { for: id }, label), select, values);
    const read = () => [select.value, values.value.split(",").map((one) => readValue(select.value, one.trim()))];
    return { element, read };
  };
  const paintings = () =>
    model.get("painting_choices").slice(0, 3).map(({ name }) => name).join(", ");
  const readValue = (setting, text) => {
    if (setting === "painting") {
      return model.get("painting_choices").find(({ name, key }) => name === text || key === text)?.key ?? text;
    }
    return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  };
  const rows = axis("rows", "style_weight");
  const columns = axis("columns", "seed");
  const onclick = () => send("grid", { rows: rows.read(), columns: columns.read() });
  const start = make("button.button.start-grid", { onclick }, "Paint the grid");
  const note = make("p.note", {}, "Each combination is a run, with the other settings as they are. Stop ends it.");
  const table = make("table.grid", { hidden: true });
  const compare = group("compare", "Compare settings", false, rows.element, columns.element, start, note, table);
  const element = make("div.run-grid", {}, compare.details);

  let wasThere = false;
  const draw = () => {
    const isThere = Boolean(get("rows"));
    compare.summary.textContent = isThere && get("left") ? `${get("left")} to follow` : "";
    table.hidden = !isThere;
    if (isThere && !wasThere) compare.details.open = true;
    wasThere = isThere;
    if (!isThere) return;
    const head = make("tr", {}, make("td"), ...get("columns").map((text) => make("th", { scope: "col" }, text)));
    const body = get("rows").map((row) =>
      make("tr", {}, make("th", { scope: "row" }, row), ...get("columns").map((column) => cellOf(row, column))),
    );
    table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
  };
  const cellOf = (row, column) => {
    const cell = get("cells")[`${row}|${column}`];
    if (!cell) return make("td");
    if (!cell.thumbnail) return make("td", {}, make("span.unpainted", {}, cell.state));
    const show = make("button.run", {
      title: `${row}, ${column}`,
      "aria-label": `${cell.name}: ${row}, ${column}`,
      "aria-pressed": cell.number === get("shown"),
      onclick: () => send("show_run", { run: cell.number }),
    }, jpeg(cell.thumbnail));
    return make("td", {}, show);
  };
  return { element, stop: follow(model, { grid: draw }) };
}
