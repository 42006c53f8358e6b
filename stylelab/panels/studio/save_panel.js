/** Save the picture; copy the Python code. */

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

function render({ model, el }) {
  initPart(el, "save-panel");
  const id = uniqueId("file");
  const name = make("input.text", {
    type: "text", id, spellcheck: "false", autocomplete: "off",
    onchange: () => {
      model.set("file_name", name.value);
      model.save_changes();
    },
    onkeydown: (event) => event.key === "Enter" && press(),
  });
  const press = () => {
    if (model.get("ready")) sendMessage(model, { save: name.value });
  };
  const save = make("button.button.save", { onclick: press }, "Save");
  const notice = make("p.message", { role: "status" });

  const label = "The Python call that paints this picture";
  const code = make("pre.code", { tabindex: 0, role: "region", "aria-label": label });
  const onclick = async () => {
    details.open = true; // what cannot be copied can be seen and selected
    const done = await copyText(model.get("code"), code);
    copied.textContent = done ? "Copied." : "Press Ctrl+C to copy.";
  };
  const copy = make("button.button.copy", { onclick }, "Copy");
  const copied = make("span.copied", { role: "status" });
  const box = make("div.code-box", {}, code, copy, copied);
  const details = make("details.call", {}, make("summary", {}, "As Python"), box);
  const row = make("div.save-row", {}, make("label", { for: id }, "Save as"), name, save);
  el.append(row, notice, details);

  const drawName = bindInput(name, () => model.get("file_name"));
  const draw = () => {
    drawName();
    save.setAttribute("aria-disabled", !model.get("ready"));
    showNotice(model, notice);
    notice.classList.toggle("stylelab-wrong", model.get("is_error"));
    const text = model.get("code").trimEnd();
    if (code.textContent !== text) copied.textContent = ""; // what was copied is another call
    code.textContent = text;
  };
  return follow(model, { "file_name code ready notice is_error": draw });
}

export default { render };
