/** Finished runs: a row of buttons with thumbnails, one of which may be pressed to compare. */

function render({ model, el }) {
  initPart(el, "run-gallery");
  const title = make("p", { class: "stylelab-run-gallery-title" });
  title.append(
    make("span", { class: "stylelab-group-title" }, "Compare with"),
    make("span", { class: "stylelab-group-summary" }, "press one, and slide over the picture"),
  );
  const row = make("div", { class: "stylelab-runs", role: "group", "aria-label": "Compare with" });
  el.append(title, row);

  const button = (item) =>
    make(
      "button",
      {
        type: "button",
        class: "stylelab-run",
        "data-key": item.key,
        title: `${item.name}: ${item.line}`,
        onclick: () => sendMessage(model, { press: item.key }),
      },
      make("img", { src: `data:image/jpeg;base64,${item.thumbnail}`, alt: "", draggable: "false" }),
      make("span", { class: "stylelab-run-name" }, item.name),
      make("span", { class: "stylelab-run-line" }, item.line),
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
  const ends = [follow(model, ["items"], drawItems), follow(model, ["pressed"], drawPressed)];
  return () => ends.forEach((end) => end());
}

export default { render };
