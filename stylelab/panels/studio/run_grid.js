/** Two settings with a few values each: a form that starts the runs, and the table of their pictures. */

function runGrid({ model, send }) {
  const get = (name) => model.get("grid")[name];
  const settings = [...model.get("fields").grid, { name: "painting", label: "painting" }];
  const axis = (label, first) => {
    const id = uniqueId("axis");
    const options = settings.map(({ name, label: text }) => make("option", { value: name }, text));
    const values = make("input.text", { type: "text", "aria-label": `values, ${label}`, spellcheck: "false" });
    const fill = () =>
      (values.value = settings.find(({ name }) => name === select.value).values ?? paintings());
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
