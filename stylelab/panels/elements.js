/* Part of every widget with a page of its own: how elements are made, and keys and bytes handled. */

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "rect", "line"]);

/**
 * A function that makes elements: `make("p.hint", { title: "…", onclick: … }, …children)`. Classes, after
 * the tag, get the prefix, except states ("is-…"); attributes whose name starts with "on" are listeners,
 * `false` leaves one out; children are elements, text, or null. A canvas without a role is for the eye only.
 */
function elementMaker(prefix) {
  return (name, attributes = {}, ...children) => {
    const [tag, ...classes] = name.split(".");
    const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const each of classes) element.classList.add(each.startsWith("is-") ? each : prefix + each);
    if (tag === "button") element.type = "button";
    if (tag === "canvas" && !attributes.role) element.setAttribute("aria-hidden", "true");
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  };
}

/** Listener of "focusin": JupyterLab takes arrow keys unless the very element with the focus is marked. */
function suppressShortcuts(event) {
  event.target.setAttribute("data-lm-suppress-shortcuts", "true");
}

/** Listener of "keydown": Enter ends the editing of a field, which JupyterLab keeps browsers from. */
function changeOnEnter({ key, target }) {
  if (key === "Enter" && target.type === "number") target.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The bytes of a trait or a message's buffer, without a copy. */
const bytesOf = (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
