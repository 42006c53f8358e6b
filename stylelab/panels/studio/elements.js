const make = elementMaker("stylelab-");

/** Ids must differ between two views of one widget on a page. */
function uniqueId(name) {
  return `stylelab-${name}-${Math.random().toString(36).slice(2, 10)}`;
}

/**
 * Call functions now and at each change of their traits: `follow(model, { "now view": draw })`.
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

/** Show the notice of a part on its line, or the file that is being read; without any, hide the line. */
function showNotice({ notice, loading, is_error }, line) {
  const text = loading ? `Loading ${loading} …` : notice;
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
  line.classList.toggle("stylelab-wrong", Boolean(is_error && !loading));
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
 * files one after the other, so that they arrive in order. `onstate(state)` is called with what to show
 * meanwhile, as `showNotice` takes it, and with null when the kernel has the file.
 */
function sendFile(send, target, file, onstate) {
  const name = file.name || "a picture.png";
  const fail = (why) =>
    onstate({ notice: `Expected the file of a picture. Received: ${name}, ${why}`, is_error: true });
  const sendParts = async () => {
    if (file.size > MAX_BYTES) return fail("which has more than a gigabyte. Scale the picture down first.");
    const upload = { id: uniqueId("upload"), size: file.size };
    let from = 0;
    do {
      const part = await file.slice(from, from + PART_BYTES).arrayBuffer();
      send("file", { ...target, name, upload }, [part]);
      from += PART_BYTES;
    } while (from < file.size);
    onstate(null);
  };
  onstate({ loading: name });
  // A folder can be dropped, too, and a file can be gone by now.
  uploads = uploads.then(sendParts).catch(() => fail("which cannot be read. Choose it again, or another."));
}

/** A line for notices of a part of the panel: the kernel's, and the page's own while it sends a file. */
function noticeLine(get) {
  const line = make("p.notice", { role: "status" });
  let own = null;
  const draw = () => showNotice(own ?? get(), line);
  const onstate = (state) => {
    own = state;
    draw();
  };
  return { line, draw: () => { own = null; draw(); }, onstate };
}

/** A transparent file input, placed over an icon. */
function fileInput(label, onfile, several = false, accept = "image/*") {
  const input = make("input.file", {
    type: "file", accept, "aria-label": label, multiple: several,
    onchange: () => {
      [...input.files].forEach(onfile);
      input.value = ""; // the same file can be chosen again
    },
  });
  return input;
}

/** Thumbnails as radio buttons, and a tile that takes a file. */
function pictureTiles({ noun, onchoose, onfile, accept = "image/*" }) {
  const tiles = make("div.tiles");
  const radios = uniqueId("choice");
  const adder = make(
    "label.tile.adder",
    { title: `Your own ${noun}: click, or drop a file here` },
    fileInput(`Add your own ${noun}: choose files, or drop them here`, onfile, true, accept),
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
  const focus = () => (shown().find(({ checked }) => checked) ?? shown()[0])?.focus();
  return { tiles, draw, choose, focus };
}

/** The files of a drop; of a folder, the pictures in it and in the folders in it. */
async function droppedFiles({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean); // now, or never
  const found = [...files];
  if (!entries.some(({ isDirectory }) => isDirectory)) return found;
  const pictures = [];
  const read = async (entry) => {
    if (entry.isFile) pictures.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    else await readFolder(entry.createReader());
  };
  const readFolder = async (reader) => {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    for (const entry of some) await read(entry);
    if (some.length) await readFolder(reader); // it gives a hundred at a time
  };
  for (const entry of entries) await read(entry);
  const images = pictures.filter(({ type }) => type.startsWith("image/"));
  return images.length ? images : found; // a folder without pictures is refused like an odd file
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
      droppedFiles(event.dataTransfer).then((files) => files.forEach(onfile));
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

/** A cross: close, or remove. */
const CROSS =
  "M4.2 3.1 8 6.9l3.8-3.8 1.1 1.1L9.1 8l3.8 3.8-1.1 1.1L8 9.1l-3.8 3.8-1.1-1.1L6.9 8 3.1 4.2z";
