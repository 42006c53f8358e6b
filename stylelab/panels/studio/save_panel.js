/** Save the picture, download it and others, copy the Python code. */

/** Copy text; return whether it worked. */
async function copyText(text, area) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that are not served over HTTPS have no clipboard; the older way works there.
    getSelection().selectAllChildren(area);
    return document.execCommand("copy");
  }
}

const EXPORTS = [
  ["picture", "Download", "Download the picture, with its settings and credits in the file"],
  ["film", "Film", "The steps of the shown run, as an animated picture (WebP)"],
  ["gif", "GIF", "The film as GIF, which every program shows, in 256 colours"],
  ["sheet", "Contact sheet", "All runs side by side; of a grid, its table"],
  ["zip", "All as ZIP", "Every run's picture, with its settings and credits"],
];

function savePanel({ model, send }) {
  const get = (name) => model.get("save")[name];
  const id = uniqueId("file");
  const name = make("input.text", {
    type: "text", id, spellcheck: "false", autocomplete: "off",
    oninput: () => (own = name.value),
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      press();
    },
  });
  let own = null; // the name that the reader has written
  let proposed = "";
  const press = () => {
    if (!get("ready")) return;
    send("save", { name: own ?? get("file_name") });
    own = null;
  };
  const save = make("button.button.save", { onclick: press }, "Save");
  const notice = noticeLine(() => model.get("save"));
  const possible = (kind) => {
    if (kind === "picture") return get("ready");
    return ["film", "gif"].includes(kind) ? get("has_film") : get("kept") > 0;
  };
  const exports = EXPORTS.map(([kind, text, title]) => {
    const onclick = () => possible(kind) && send("export", { kind, to_browser: true });
    return make(`button.button.export-${kind}`, { title, onclick }, text);
  });

  const label = "The Python call that paints this picture";
  const code = make("pre.code", { tabindex: 0, role: "region", "aria-label": label });
  const onclick = async () => {
    details.open = true; // what cannot be copied can be seen and selected
    send("copy_code");
    const done = await copyText(get("code"), code);
    copied.textContent = done ? "Copied." : "Press Ctrl+C to copy.";
  };
  const copy = make("button.button.copy", { onclick }, "Copy");
  const copied = make("span.copied", { role: "status" });
  const box = make("div.code-box", {}, code, copy, copied);
  const details = make("details.call", {}, make("summary", {}, "As Python"), box);
  const row = make("div.save-row", {}, make("label", { for: id }, "Save as"), name, save);
  const exportRow = make("div.export-row", { role: "group", "aria-label": "Download" }, ...exports);
  const element = make("div.save-panel", {}, row, exportRow, notice.line, details);

  const draw = () => {
    if (proposed !== get("file_name")) own = null; // of another picture, or saved
    proposed = get("file_name");
    if (name.value !== (own ?? proposed)) name.value = own ?? proposed;
    save.setAttribute("aria-disabled", !get("ready"));
    EXPORTS.forEach(([kind], index) => exports[index].setAttribute("aria-disabled", !possible(kind)));
    exportRow.hidden = !get("ready") && !get("kept");
    notice.draw();
    const text = get("code").trimEnd();
    if (code.textContent !== text) copied.textContent = ""; // what was copied is another call
    code.textContent = text;
  };
  const download = () => {
    const file = model.get("download");
    if (!file.byteLength) return;
    const url = URL.createObjectURL(new Blob([file]));
    make("a", { href: url, download: model.get("download_name") }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  const stop = follow(model, { save: draw });
  model.on("change:download", download);
  return { element, stop: () => { stop(); model.off("change:download", download); } };
}
