/** Thumbnails as radio buttons, and a tile for files; the whole area accepts drops. */

function render({ model, el }) {
  initPart(el, "chooser");
  el.dataset.role = model.get("role");
  const name = make("span.chosen-name");
  const notice = make("p.error", { role: "alert" });
  const noun = model.get("role");
  const send = (file) => sendFile(model, { file: file.name }, file);
  const chosen = pictureTiles({
    noun,
    onchoose: (key) => {
      model.set("chosen", key);
      model.set("notice", "");
      model.save_changes();
    },
    onfile: send,
  });
  const drawTiles = () => {
    chosen.draw(model.get("choices"));
    drawChosen();
  };
  const drawChosen = () => {
    const key = model.get("chosen");
    chosen.choose(key);
    name.textContent = model.get("choices").find((choice) => choice.key === key)?.name ?? "";
  };

  const legend = make("legend", {}, make("span.group-title", {}, noun), name);
  acceptDrops(el, send);
  el.append(make("fieldset", {}, legend, chosen.tiles, notice));
  return follow(model, { choices: drawTiles, chosen: drawChosen, notice: () => showNotice(model, notice) });
}

export default { render };
