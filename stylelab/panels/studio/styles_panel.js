/** Paintings with shares and regions, and the region where the photo stays. */

const KEEP = -1;

const ICONS = {
  file: "M8 1.5 4 5.5h2.9V11h2.2V5.5H12zM2.5 10v4h11v-4h-1.6v2.4H4.1V10z",
  draw: "M11.6 1.6 14.4 4.4 5.4 13.4 1.8 14.2 2.6 10.6zM10 5 4 11l-.4 1.4L5 12l6-6z",
};

function stylesPanel({ model, send }) {
  const get = (name) => model.get("styles")[name];
  const list = make("div.style-choices");
  const isFull = () => get("rows").length >= get("most");
  const onclick = () => isFull() || send("add_row");
  const another = make("button.button.another", { onclick }, "+ another painting");
  const notice = noticeLine(() => model.get("styles"));
  const keep = placeRow(KEEP, "nowhere", "the photo to keep");
  const kept = make("legend", {}, make("span.style-choice-name", {}, "keep the photo"));
  const note = make(
    "p.note",
    {},
    "A mask is a picture of the photo's size: white is where, black is not. Another painting or " +
      "place restarts a run; another share does not.",
  );
  const places = group(
    "places",
    "Styles and places",
    false,
    notice.line,
    list,
    another,
    make("fieldset.style-choice.kept", {}, kept, keep.element),
    note,
  );
  const element = make("div.styles-panel", {}, places.details);
  let rows = [];

  /** A painting's thumbnails, share and region; the first painting is chosen above. */
  function styleRow(number, position) {
    const own = () => rowOf(number);
    const name = make("span.style-choice-name");
    const legend = make("legend", {}, name);
    const element = make("fieldset.style-choice", { "data-row": number }, legend);
    let chosen = null;
    if (number > 0) {
      const onclick = () => {
        another.focus(); // as this button is removed
        send("remove_row", { row: number });
      };
      const remove = make("button.remove", { onclick }, "remove");
      legend.append(remove);
      drawLater.push(() => remove.setAttribute("aria-label", `remove ${own().name}`));
      const onfile = (file) => sendFile(send, { part: "painting", row: number }, file, notice.onstate);
      chosen = pictureTiles({
        noun: "painting",
        onchoose: (key) => send("choose_row_painting", { row: number, key }),
        onfile,
      });
      chosen.tiles.classList.add("stylelab-small-tiles");
      acceptDrops(element, onfile);
      element.append(chosen.tiles);
    }
    const share = shareRow(number);
    const place = placeRow(number, "everywhere", `painting ${position}`);
    element.append(share.element, place.element);
    const draw = () => {
      const row = own();
      name.textContent = `${position} · ${row.name}`;
      chosen?.draw(model.get("painting_choices"));
      chosen?.choose(row.painting);
      share.draw();
      place.draw();
    };
    return { number, element, draw, share };
  }

  let drawLater = [];

  /** Rows have fixed numbers: an index in the list may be another row's by the time it is used. */
  const rowOf = (number) => get("rows").find((row) => row.number === number);

  /** A painting's share of the style. */
  function shareRow(number) {
    const id = uniqueId("share");
    const percent = make("output.percent", { for: id });
    const slider = make("input.slider", {
      type: "range", id, min: 0, max: 100,
      oninput: () => drawShares(),
      onchange: () => send("share", { row: number, share: Number(slider.value) }),
    });
    const label = make("label", { for: id }, "share");
    const element = make("div.share", { title: "Its share of the style" }, label, slider, percent);
    const draw = () => {
      slider.value = rowOf(number).share;
      element.hidden = get("rows").length < 2;
    };
    return { element, draw, slider, percent };
  }

  const drawShares = () => {
    const values = rows.map(({ share }) => Number(share.slider.value));
    const whole = values.reduce((sum, value) => sum + value, 0);
    rows.forEach(({ share }, index) => {
      const part = whole ? Math.round((100 * values[index]) / whole) : 0;
      share.slider.style.setProperty("--filled", values[index] / 100);
      share.slider.setAttribute("aria-valuetext", `${part} % of the style`);
      share.percent.textContent = `${part} %`;
    });
  };

  /** Region: a list of masks, a thumbnail of the chosen one, and buttons for a file and a drawing. */
  function placeRow(number, without, target) {
    const id = uniqueId("where");
    const small = make("img.mask-small", { alt: "", draggable: "false" });
    const onchange = () => send("place", { row: number, place: select.value });
    const select = make("select.select.place", { id, onchange });
    const onfile = (file) => sendFile(send, { part: "mask", row: number }, file, notice.onstate);
    const file = fileInput(`A mask from a file, for ${target}`, onfile);
    const upload = make("span.sign.upload", { title: "A mask from a file" }, file, icon(ICONS.file));
    const pencil = make(
      "button.sign.draw",
      {
        title: "Draw a mask on the photo",
        "aria-label": `Draw a mask, for ${target}`,
        onclick: () => send("draw_mask", { row: number }),
      },
      icon(ICONS.draw),
    );
    const label = make("label", { for: id }, "where");
    const element = make("div.where", {}, label, select, small, upload, pencil);
    const draw = () => {
      const regions = model.get("regions");
      const place = number === KEEP ? get("keep") : rowOf(number).place;
      const options = regions.flatMap(({ key, name }) => [
        make("option", { value: key }, name),
        make("option", { value: `-${key}` }, `all but ${name}`),
      ]);
      select.replaceChildren(make("option", { value: "" }, without), ...options);
      select.value = place;
      const chosen = regions.find(({ key }) => key === place.replace(/^-/, ""));
      small.hidden = !chosen;
      if (chosen) small.src = `data:image/jpeg;base64,${chosen.thumbnail}`;
      else small.removeAttribute("src");
      small.classList.toggle("stylelab-inverted", place.startsWith("-"));
    };
    return { element, draw };
  }

  const draw = () => {
    const numbers = get("rows").map(({ number }) => number);
    if (rows.map(({ number }) => number).join() !== numbers.join()) {
      drawLater = [];
      rows = numbers.map((number, index) => styleRow(number, index + 1));
      list.replaceChildren(...rows.map(({ element }) => element));
    }
    rows.forEach((row) => row.draw());
    drawLater.forEach((drawer) => drawer());
    drawShares();
    keep.draw();
    another.setAttribute("aria-disabled", isFull());
    notice.draw();
    places.summary.textContent = get("summary");
  };
  return { element, stop: follow(model, { "styles regions painting_choices": draw }) };
}
