/** Thumbnails as radio buttons, and a tile for files; the whole area accepts drops. */

const SIGNS = {
  turn: "M8 3V.8l3.4 3.1L8 7V4.7A3.6 3.6 0 1 0 11.6 8.3h1.7A5.3 5.3 0 1 1 8 3z",
  crop: "M4 1v3H1v1.6h3V12h6.4v3H12v-3h3v-1.6H5.6V1zM7 4v1.6h3.4V9H12V4z",
  remove: CROSS,
};

function pictureChooser({ model, send }, role) {
  const get = () => model.get(role);
  const choices = () => model.get(`${role}_choices`);
  const name = make("span.chosen-name");
  const notice = noticeLine(get);
  /** Of several files, the first one is chosen. */
  const onfile = (file, index = 0) =>
    sendFile(send, { part: role, choose: index === 0 }, file, notice.onstate);
  const chosen = pictureTiles({
    noun: role,
    onchoose: (key) => send("choose", { role, key }),
    onfile,
  });
  const sign = (kind, label, onclick) =>
    make(`button.sign.${kind}`, { title: label, "aria-label": label, onclick }, icon(SIGNS[kind]));
  const remove = sign("remove", `Remove this ${role}`, () => {
    chosen.focus();
    send("remove_picture", { role, key: get().chosen });
  });
  const turn = sign("turn", `Turn this ${role} to the right`, () => send("edit_picture", { role }));
  const cut = sign("crop", `Crop this ${role}`, () => openCropper());
  const signs = make("span.signs", {}, turn, cut, remove);
  const cropper = make("div.cropper", { hidden: true });

  /** Four sliders, one for each side; a frame on the thumbnail shows what is left. */
  function openCropper() {
    if (!get().preview) return; // it is still being computed
    const edges = { left: 0, right: 0, top: 0, bottom: 0 };
    const frame = make("div.crop-frame", { "aria-hidden": "true" });
    const show = () => {
      for (const [side, part] of Object.entries(edges)) frame.style[side] = `${part}%`;
    };
    const sliders = Object.keys(edges).map((side) => {
      const slider = make("input.slider", {
        type: "range", min: 0, max: 45, value: 0, "aria-label": `Crop from the ${side}, in per cent`,
        oninput: () => {
          edges[side] = Number(slider.value);
          slider.style.setProperty("--filled", slider.value / 45);
          show();
        },
      });
      return make("label.crop-side", {}, make("span", {}, side), slider);
    });
    const close = () => {
      cropper.hidden = true;
      cropper.replaceChildren();
      cut.focus();
    };
    const use = make("button.button.use", {
      onclick: () => {
        const part = [edges.top, edges.left, 100 - edges.bottom, 100 - edges.right];
        send("edit_picture", { role, crop: part.map((each) => each / 100) });
        close();
      },
    }, "Crop");
    const cancel = make("button.button", { onclick: close }, "Cancel");
    const preview = make("div.crop-preview", {}, jpeg(get().preview), frame);
    cropper.replaceChildren(preview, ...sliders, make("div.crop-buttons", {}, use, cancel));
    cropper.hidden = false;
    show();
    sliders[0].querySelector("input").focus();
  }

  const drawTiles = () => {
    chosen.draw(choices());
    drawChosen();
  };
  const drawChosen = () => {
    const { chosen: key, name: shown } = get();
    chosen.choose(key);
    name.textContent = shown;
    name.title = shown;
    remove.hidden = !choices().find((choice) => choice.key === key)?.is_own;
    notice.draw();
  };

  const legend = make("legend", {}, make("span.group-title", {}, role), name, signs);
  const fieldset = make("fieldset", {}, legend, chosen.tiles, cropper, notice.line);
  const element = make("div.chooser", { "data-role": role }, fieldset);
  acceptDrops(element, onfile);
  const stop = follow(model, { [`${role}_choices`]: drawTiles, [role]: drawChosen });
  return { element, stop, onfile };
}
