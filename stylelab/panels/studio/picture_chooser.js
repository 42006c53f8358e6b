/** Thumbnails as radio buttons, and a tile for files; the whole area accepts drops. */

function render({ model, el }) {
  initPart(el, "chooser");
  el.dataset.role = model.get("role");
  const name = make("span", { class: "stylelab-chosen-name" });
  const notice = make("p", { class: "stylelab-error", role: "alert" });
  const noun = model.get("role");

  const send = (file) => {
    if (file) sendFile(model, { file: file.name }, file);
  };

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
  const drawNotice = () => {
    notice.textContent = model.get("notice");
    notice.hidden = !model.get("notice");
  };

  const legend = make("legend", {}, make("span", { class: "stylelab-group-title" }, noun), name);
  const fieldset = make("fieldset", {}, legend, chosen.tiles, notice);
  acceptDrops(el, send);
  el.append(fieldset);

  const ends = [
    follow(model, ["choices"], drawTiles),
    follow(model, ["chosen"], drawChosen),
    follow(model, ["notice"], drawNotice),
  ];
  return () => ends.forEach((end) => end());
}

export default { render };
