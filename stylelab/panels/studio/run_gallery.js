/** Finished runs: a row of buttons with thumbnails, one of which may be pressed to compare. */

function render({ model, el }) {
  initPart(el, "run-gallery");
  const title = make("span.group-title", {}, "Compare with");
  const hint = make("span.group-summary", {}, "press one, and slide over the picture");
  const row = make("div.runs", { role: "group", "aria-label": "Compare with" });
  el.append(make("p.run-gallery-title", {}, title, hint), row);

  const button = ({ key, name, line, thumbnail }) =>
    make(
      "button.run",
      { "data-key": key, title: `${name}: ${line}`, onclick: () => sendMessage(model, { press: key }) },
      jpeg(thumbnail),
      make("span.run-name", {}, name),
      make("span.run-line", {}, line),
    );
  const drawPressed = () => {
    row.querySelectorAll("button").forEach((each) => {
      each.setAttribute("aria-pressed", each.dataset.key === model.get("pressed"));
    });
  };
  const drawItems = () => {
    const focused = row.contains(document.activeElement) && document.activeElement.dataset.key;
    const grew = model.get("items").length > row.children.length;
    row.replaceChildren(...model.get("items").map(button));
    if (focused) row.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    if (grew) row.scrollLeft = row.scrollWidth;
    drawPressed();
  };
  return follow(model, { items: drawItems, pressed: drawPressed });
}

export default { render };
