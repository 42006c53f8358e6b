/** Thumbnails as radio buttons, and a tile that takes files by click and the whole area by drop. */

function render({ model, el }) {
  becomePart(el, "chooser");
  el.dataset.role = model.get("role");
  const name = make("span", { class: "stylelab-chosen-name" });
  const says = make("p", { class: "stylelab-error", role: "alert" });
  const noun = model.get("role");

  const send = (file) => {
    if (file) sendFile(model, { file: file.name }, file);
  };

  const chosen = pictureTiles({
    noun,
    onchoose: (key) => {
      model.set("chosen", key);
      model.set("says", "");
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
  const drawSays = () => {
    says.textContent = model.get("says");
    says.hidden = !model.get("says");
  };

  const legend = make("legend", {}, make("span", { class: "stylelab-group-title" }, noun), name);
  const fieldset = make("fieldset", {}, legend, chosen.tiles, says);
  takeDrops(el, send);
  el.append(fieldset);

  const ends = [
    follow(model, ["choices"], drawTiles),
    follow(model, ["chosen"], drawChosen),
    follow(model, ["says"], drawSays),
  ];
  return () => ends.forEach((end) => end());
}

export default { render };
