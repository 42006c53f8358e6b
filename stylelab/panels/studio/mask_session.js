/** A mask drawn over the photo, in place of the large picture. */

function maskSession({ model, send }) {
  const get = (name) => model.get("drawing")[name];
  const instruction = make("p");
  const element = make("div.drawing");
  let number = 0;
  let canvas = null;

  const onclick = () => send("use_mask", {}, [canvas.values().slice().buffer]);
  const use = make("button.button.use", { onclick }, "Use this mask");
  const cancel = make("button.button", { onclick: () => send("cancel_mask") }, "Cancel");
  const buttons = make("div.drawing-buttons", {}, instruction, use, cancel);

  const end = () => {
    canvas?.close();
    canvas = null;
    element.replaceChildren();
  };
  const draw = () => {
    if (!get("number")) return end();
    instruction.textContent = get("instruction");
    if (get("number") === number && canvas) return;
    end();
    number = get("number");
    canvas = maskCanvas({
      rows: get("rows"),
      columns: get("columns"),
      tint: get("tint"),
      picture: model.get("drawn_on"),
      brush: get("brush"),
      values: bytesOf(model.get("drawn")),
      onchange: () => {},
      onbrush: () => {},
    });
    element.replaceChildren(buttons, canvas.element);
  };
  const stop = follow(model, { "drawing drawn_on drawn": draw });
  return { element, stop: () => { stop(); end(); } };
}
