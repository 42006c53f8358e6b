/** The widget of a mask that is drawn over a picture. */

function render({ model, el }) {
  let sending = false;
  const values = () => bytesOf(model.get("values"));
  const canvas = maskCanvas({
    rows: model.get("rows"),
    columns: model.get("columns"),
    tint: model.get("tint"),
    picture: model.get("picture"),
    brush: model.get("brush"),
    values: values(),
    onchange: (drawn) => {
      channel.ping();
      sending = true;
      model.set("values", new DataView(drawn.slice().buffer));
      sending = false;
      model.save_changes();
    },
    onbrush: (size) => {
      model.set("brush", size);
      model.save_changes();
    },
  });
  const notice = makeMask("p.notice", { "aria-live": "polite" });
  const channel = openChannelOf(model, (sentence) => { notice.textContent = sentence; });
  canvas.element.append(notice);
  el.append(canvas.element);
  const update = () => sending || canvas.update(values());
  model.on("change:values", update);
  return () => {
    model.off("change:values", update);
    channel.close();
    canvas.close();
  };
}

export { paintLine, maskSummary };
export default { render };
