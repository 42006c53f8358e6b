/** Thumbnails as radio buttons, and a tile that takes files by click and the whole area by drop. */

const LONGEST = 2048;
const LARGEST_FILE = 3_000_000;

/**
 * What is sent to the kernel: the file as it is, or scaled down if it is so large that the server
 * might refuse it.
 */
async function bytesOf(file) {
  if (file.size <= LARGEST_FILE) return file.arrayBuffer();
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return file.arrayBuffer(); // the kernel reads more formats, and says so if it cannot
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = make("canvas", {
    width: Math.round(bitmap.width * scale),
    height: Math.round(bitmap.height * scale),
  });
  const context = canvas.getContext("2d");
  context.fillStyle = "white"; // what shines through, as in load_image
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
  return blob.arrayBuffer();
}

function render({ model, el }) {
  becomePart(el, "chooser");
  el.dataset.role = model.get("role");
  const radios = uniqueId("choice");
  const name = make("span", { class: "stylelab-chosen-name" });
  const says = make("p", { class: "stylelab-error", role: "alert" });
  const tiles = make("div", { class: "stylelab-tiles" });
  const noun = model.get("role");

  const send = async (file) => {
    if (!file) return;
    model.set("says", "");
    tell(model, { file: file.name }, [await bytesOf(file)]);
  };

  const input = make("input", {
    type: "file",
    accept: "image/*",
    class: "stylelab-file",
    "aria-label": `Add your own ${noun}: choose a file, or drop it here`,
    onchange: () => {
      send(input.files[0]);
      input.value = ""; // the same file can be chosen again
    },
  });
  const adder = make(
    "label",
    { class: "stylelab-tile stylelab-adder", title: `Your own ${noun}: click, or drop a file here` },
    input,
    make("span", { class: "stylelab-plus", "aria-hidden": "true" }, "+"),
    make("span", { class: "stylelab-adder-text", "aria-hidden": "true" }, "your own"),
  );

  const tile = (choice) => {
    const radio = make("input", {
      type: "radio",
      name: radios,
      value: choice.key,
      class: "stylelab-radio",
      "aria-label": choice.name,
      onchange: () => {
        model.set("chosen", choice.key);
        model.set("says", "");
        model.save_changes();
      },
    });
    const title = `${choice.name}: ${choice.title}`;
    return make("label", { class: "stylelab-tile", title }, radio, face(choice));
  };

  /** The thumbnail; the name until it is painted. */
  const face = ({ name, thumbnail }) =>
    thumbnail
      ? make("img", { src: `data:image/jpeg;base64,${thumbnail}`, alt: "", draggable: "false" })
      : make("span", { class: "stylelab-unpainted", "aria-hidden": "true" }, name);

  const drawTiles = () => {
    const choices = model.get("choices");
    const shown = [...tiles.querySelectorAll("input[type=radio]")];
    if (shown.map(({ value }) => value).join() === choices.map(({ key }) => key).join()) {
      // The same tiles: their faces alone change, so that none loses the focus.
      shown.forEach((radio, index) => radio.nextSibling.replaceWith(face(choices[index])));
    } else {
      tiles.replaceChildren(...choices.map(tile), adder);
    }
    drawChosen();
  };
  const drawChosen = () => {
    const chosen = model.get("chosen");
    tiles.querySelectorAll("input[type=radio]").forEach((radio) => {
      radio.checked = radio.value === chosen;
    });
    name.textContent = model.get("choices").find(({ key }) => key === chosen)?.name ?? "";
  };
  const drawSays = () => {
    says.textContent = model.get("says");
    says.hidden = !model.get("says");
  };

  const legend = make("legend", {}, make("span", { class: "stylelab-group-title" }, noun), name);
  const fieldset = make("fieldset", {}, legend, tiles, says);
  let inside = 0; // dragenter and dragleave come for every child
  const hovering = (change) => {
    inside = change === 0 ? 0 : inside + change;
    el.classList.toggle("stylelab-dropping", inside > 0);
  };
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  el.addEventListener("dragenter", (event) => carriesFiles(event) && hovering(1));
  el.addEventListener("dragleave", (event) => carriesFiles(event) && hovering(-1));
  el.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  el.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    hovering(0);
    send(event.dataTransfer.files[0]);
  });
  el.append(fieldset);

  const ends = [
    follow(model, ["choices"], drawTiles),
    follow(model, ["chosen"], drawChosen),
    follow(model, ["says"], drawSays),
  ];
  return () => ends.forEach((end) => end());
}

export default { render };
