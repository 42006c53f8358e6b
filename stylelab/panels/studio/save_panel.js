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
  const name = make("input", {
    type: "text",
    id,
    class: "stylelab-text",
    spellcheck: "false",
    autocomplete: "off",
    onchange: () => {
      model.set("file_name", name.value);
      model.save_changes();
    },
    onkeydown: (event) => event.key === "Enter" && press(),
  });
  const press = () => {
    if (model.get("ready")) sendMessage(model, { save: name.value });
  };
  const save = make(
    "button",
    { type: "button", class: "stylelab-button stylelab-save", onclick: press },
    "Save",
  );
  const notice = make("p", { class: "stylelab-message", role: "status" });

  const code = make("pre", { class: "stylelab-code", tabindex: 0, role: "region" });
  code.setAttribute("aria-label", "The Python call that paints this picture");
  const copy = make(
    "button",
    {
      type: "button",
      class: "stylelab-button stylelab-copy",
      onclick: async () => {
        details.open = true; // what cannot be copied can be seen and selected
        const done = await copyText(model.get("code"), code);
        copied.textContent = done ? "Copied." : "Press Ctrl+C to copy.";
      },
    },
    "Copy",
  );
  const copied = make("span", { class: "stylelab-copied", role: "status" });
  const details = make(
    "details",
    { class: "stylelab-call" },
    make("summary", {}, "As Python"),
    make("div", { class: "stylelab-code-box" }, code, copy, copied),
  );
  el.append(
    make("div", { class: "stylelab-save-row" }, make("label", { for: id }, "Save as"), name, save),
    notice,
    details,
  );

  const drawName = bindInput(name, () => model.get("file_name"));
  const draw = () => {
    drawName();
    save.setAttribute("aria-disabled", !model.get("ready"));
    notice.textContent = model.get("notice");
    notice.hidden = !model.get("notice");
    notice.classList.toggle("stylelab-wrong", model.get("is_error"));
    const text = model.get("code").trimEnd();
    if (code.textContent !== text) copied.textContent = ""; // what was copied is another call
    code.textContent = text;
  };
  return follow(model, ["file_name", "code", "ready", "notice", "is_error"], draw);
}

export default { render };
