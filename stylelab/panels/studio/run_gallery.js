/** The runs: press one to look at it; what can be done with it stands below. */

const COMPARE = "M7 2v12H2.5V2zM9 2h4.5v12H9zm1.4 1.4v9.2h1.7V3.4z";
const MORE_STEPS = 50;

function runGallery({ model, send }) {
  const get = (name) => model.get("gallery")[name];
  const row = make("div.runs", { role: "group", "aria-label": "Runs" });
  const hint = make("span.group-summary", {}, "press one to look at it");
  const title = make("p.run-gallery-title", {}, make("span.group-title", {}, "Runs"), hint);
  const shownNumber = () => get("shown");
  const shownItem = () => get("items").find(({ key }) => key === String(shownNumber()));
  const action = (kind, text, title, onclick) => make(`button.button.${kind}`, { title, onclick }, text);
  const withRun = (event, values = {}) => () => send(event, { run: shownNumber(), ...values });
  const larger = action("larger", "Larger", "Go on from this picture at twice the size", () => {
    const item = shownItem();
    if (item) send("larger", { run: shownNumber(), size: 2 * item.size });
  });
  const remove = action("delete", "Delete", "Delete this run", () => {
    row.querySelector("button")?.focus();
    withRun("delete_run")();
  });
  const tools = make(
    "div.run-tools",
    { role: "group", "aria-label": "The shown run" },
    action("use-settings", "Use its settings", "Put this run's settings into the form", withRun("use_settings")),
    action("more-steps", `${MORE_STEPS} more steps`, `Go on with ${MORE_STEPS} more steps`,
      withRun("more_steps", { steps: MORE_STEPS })),
    larger,
    remove,
  );
  const element = make("div.run-gallery", {}, title, row, tools);

  const tile = ({ key, name, line, thumbnail }) => {
    const isPhoto = key === "photo";
    const show = make(
      "button.run",
      {
        "data-key": key,
        title: `${name}: ${line}`,
        onclick: () => (isPhoto ? compare() : send("show_run", { run: Number(key) })),
      },
      thumbnail ? jpeg(thumbnail) : make("span.unpainted", { "aria-hidden": "true" }, "painting …"),
      make("span.run-name", {}, name),
      make("span.run-line", {}, line),
    );
    const compare = () => send("compare", { other: key === get("compared") ? "" : key });
    const beside = make(
      "button.sign.compare",
      { "data-key": key, title: `Compare with ${name}`, "aria-label": `Compare with ${name}`, onclick: compare },
      icon(COMPARE),
    );
    return make("div.run-tile", { "data-key": key }, show, beside);
  };

  let drawn = "";
  const draw = () => {
    const live = get("live") && { key: "0", name: get("live"), line: "goes on", thumbnail: "" };
    const items = [get("photo"), ...(get("items") ?? []), live].filter(Boolean);
    element.hidden = items.length === 0;
    const names = JSON.stringify(items.map(({ key, line, thumbnail }) => [key, line, thumbnail.length]));
    if (names !== drawn) {
      const focused = row.contains(document.activeElement) && document.activeElement;
      const [key, kind] = focused ? [focused.dataset.key, focused.className] : [];
      drawn = names;
      row.replaceChildren(...items.map(tile));
      if (focused) row.querySelector(`[data-key="${CSS.escape(key)}"] [class="${kind}"]`)?.focus();
    }
    const shown = shownItem() ? String(shownNumber()) : "0";
    row.querySelectorAll("button.stylelab-run").forEach((each) => {
      if (each.dataset.key !== "photo") each.setAttribute("aria-pressed", each.dataset.key === shown);
    });
    row.querySelectorAll("button.stylelab-compare").forEach((each) => {
      each.setAttribute("aria-pressed", each.dataset.key === get("compared"));
      each.hidden = each.dataset.key === shown || each.dataset.key === "0";
    });
    tools.hidden = !get("is_kept");
  };
  return { element, stop: follow(model, { gallery: draw }) };
}
