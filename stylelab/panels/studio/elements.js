const make = elementMaker("stylelab-");

/** Ids must differ between two views of one widget on a page. */
function uniqueId(name) {
  return `stylelab-${name}-${Math.random().toString(36).slice(2, 10)}`;
}

/**
 * Call functions now and at each change of their traits: `follow(model, { "height width": draw })`.
 * Returns a function that stops this.
 */
function follow(model, drawers) {
  const stops = Object.entries(drawers).map(([traits, draw]) => {
    const events = traits.split(" ").map((trait) => `change:${trait}`);
    events.forEach((event) => model.on(event, draw));
    draw();
    return () => events.forEach((event) => model.off(event, draw));
  });
  return () => stops.forEach((stop) => stop());
}

/** Show the notice of a model on its line; without one, hide the line. */
function showNotice(model, line) {
  line.textContent = model.get("notice");
  line.hidden = !model.get("notice");
}

/** Update an input when its value changes, except while it is being edited. */
function bindInput(input, value) {
  let writing = false;
  input.addEventListener("input", () => (writing = true));
  const settle = () => {
    writing = false;
    draw();
  };
  input.addEventListener("change", settle);
  input.addEventListener("blur", settle);
  const draw = () => {
    if (!writing && input.value !== String(value())) input.value = value();
  };
  return draw;
}

/** URL for an `<img>` of a trait of bytes; null if it is empty. */
function pictureUrl(bytes) {
  if (!bytes || !bytes.byteLength) return null;
  return URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
}

/** Set the class of a part of the studio, and suppress JupyterLab's shortcuts in it. */
function initPart(element, name) {
  element.classList.add(`stylelab-${name}`);
  element.addEventListener("focusin", suppressShortcuts);
}

/** Send a message to the kernel; return whether there is one. */
function sendMessage(model, content, buffers) {
  try {
    model.send(content, undefined, buffers);
    return true;
  } catch {
    return false; // the kernel that made this studio was restarted or is gone
  }
}

/** A collapsible group of settings: its title, and a summary of what is chosen. */
function group(name, title, opened, ...children) {
  const summary = make("span.group-summary");
  const head = make("summary", {}, make("span.group-title", {}, title), summary);
  const body = make("div.group-body", {}, ...children);
  return { details: make(`details.group.group-${name}`, { open: opened }, head, body), summary };
}

const PART_BYTES = 3_000_000; // bytes in one message: servers may refuse larger ones
const MAX_BYTES = 1_000_000_000; // bytes of a file: more would not fit into memory, either
let uploads = Promise.resolve();

/**
 * Send a picture file to the kernel unchanged, with its metadata. A large file is sent in parts, and
 * files one after the other, so that they arrive in order.
 */
function sendFile(model, content, file) {
  const fail = (why) => model.set("notice", `Expected the file of a picture. Received: ${file.name}, ${why}`);
  const send = async () => {
    if (file.size > MAX_BYTES) return fail("which has more than a gigabyte. Scale the picture down first.");
    const upload = { id: uniqueId("upload"), size: file.size };
    let from = 0;
    do {
      const part = await file.slice(from, from + PART_BYTES).arrayBuffer();
      if (!sendMessage(model, { ...content, upload }, [part])) return;
      from += PART_BYTES;
    } while (from < file.size);
  };
  model.set("notice", "");
  // A folder can be dropped, too, and a file can be gone by now.
  uploads = uploads.then(send).catch(() => fail("which cannot be read. Choose it again, or another."));
}

/** A transparent file input, placed over an icon. */
function fileInput(label, onfile) {
  const input = make("input.file", {
    type: "file", accept: "image/*", "aria-label": label,
    onchange: () => {
      if (input.files[0]) onfile(input.files[0]);
      input.value = ""; // the same file can be chosen again
    },
  });
  return input;
}

/** Thumbnails as radio buttons, and a tile that takes a file. */
function pictureTiles({ noun, onchoose, onfile }) {
  const tiles = make("div.tiles");
  const radios = uniqueId("choice");
  const adder = make(
    "label.tile.adder",
    { title: `Your own ${noun}: click, or drop a file here` },
    fileInput(`Add your own ${noun}: choose a file, or drop it here`, onfile),
    make("span.plus", { "aria-hidden": "true" }, "+"),
    make("span.adder-text", { "aria-hidden": "true" }, "your own"),
  );
  const tile = ({ key, name, title, thumbnail }) => {
    const radio = make("input.radio", {
      type: "radio", name: radios, value: key, "aria-label": name, onchange: () => onchoose(key),
    });
    return make("label.tile", { title: `${name}: ${title}` }, radio, face({ name, thumbnail }));
  };
  /** The thumbnail; the name until it is painted. */
  const face = ({ name, thumbnail }) =>
    thumbnail ? jpeg(thumbnail) : make("span.unpainted", { "aria-hidden": "true" }, name);
  const shown = () => [...tiles.querySelectorAll("input[type=radio]")];
  const draw = (choices) => {
    if (shown().map(({ value }) => value).join() === choices.map(({ key }) => key).join()) {
      // The same tiles: their faces alone change, so that none loses the focus.
      shown().forEach((radio, index) => radio.nextSibling.replaceWith(face(choices[index])));
    } else {
      tiles.replaceChildren(...choices.map(tile), adder);
    }
  };
  const choose = (key) => shown().forEach((radio) => (radio.checked = radio.value === key));
  return { tiles, draw, choose };
}

/** Accept files that are dropped anywhere on an element. */
function acceptDrops(element, onfile) {
  let inside = 0; // dragenter and dragleave come for every child
  const handlers = {
    dragenter: () => (inside += 1),
    dragleave: () => (inside -= 1),
    dragover: preventDefault,
    drop: (event) => {
      preventDefault(event);
      inside = 0;
      const [file] = event.dataTransfer.files;
      if (file) onfile(file);
    },
  };
  function preventDefault(event) {
    event.preventDefault();
    event.stopPropagation();
  }
  for (const [kind, handle] of Object.entries(handlers)) {
    element.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      handle(event);
      element.classList.toggle("stylelab-dropping", inside > 0);
    });
  }
}

/** An image of a JPEG file in base64. */
function jpeg(file) {
  return make("img", { src: `data:image/jpeg;base64,${file}`, alt: "", draggable: "false" });
}

/** An icon of 16 × 16 units, from its path. */
function icon(path) {
  return make("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, make("path", { d: path }));
}
